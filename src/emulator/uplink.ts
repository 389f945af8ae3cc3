/**
 * The far side of an interface: a gateway that answers ARP and the internet behind it, with latency, jitter, loss, and the ways in
 * which they fail silently. Knows nothing of pf or routes; it sees packets as they are on the wire.
 */
import type { Address, Prefix } from './address.ts';
import { createPrefix, doesContain, parseAddress, parseInterfaceAddress } from './address.ts';
import type { DhcpDescription } from './dhcp-lease.ts';
import type { SlaacDescription, UmbDescription } from './learned.ts';
import type { Packet } from './packet.ts';
import type { PppoeDescription } from './pppoe.ts';
import type { Random } from './random.ts';

export interface UplinkDescription {
  readonly name: string;
  readonly interface: string;
  /** This router's address on the link, with its prefix length (pppoe: without): its own, or what the other end gives out. */
  readonly address: string;
  readonly gateway: string;
  /** Address and gateway come by DHCP. */
  readonly dhcp?: DhcpDescription;
  /** A pppoe(4) session; the gateway is the peer. */
  readonly pppoe?: PppoeDescription;
  /** A umb(4) modem. */
  readonly umb?: UmbDescription;
  /** address6 and gateway6 come by router advertisements. */
  readonly slaac?: SlaacDescription;
  /** False: the interface is not there yet (`createInterface`, or `attach`). Default true. */
  readonly isPresentAtStart?: boolean;
  readonly address6?: string;
  readonly gateway6?: string;
  /** Round trip to any target behind the gateway. Default 8. */
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  /** 0-1, each way taken together. Default 0. */
  readonly loss?: number;
  /** Prefixes beside the link's own that the provider routes here and accepts as a source. */
  readonly routed?: readonly string[];
}

/**
 * A captive portal: pings get through, connections and questions do not until somebody has logged in. It says nothing, resets and
 * refuses, or answers in the place of whoever is asked.
 */
export type Portal = 'drops' | 'resets' | 'lies';

export interface Uplink {
  readonly name: string;
  readonly interface: string;
  gateway: string;
  gateway6: string | null;
  latencyMs: number;
  jitterMs: number;
  /** 0-1. */
  loss: number;
  /** The gateway answers, nothing behind it does, and nobody says so. */
  isDark: boolean;
  /** The same in one family alone. */
  darkFamily: Address['family'] | null;
  /** The gateway itself is gone: no answers, and no ARP for who asks anew. */
  isGatewayDead: boolean;
  portal: Portal | null;
  /** Targets that are silent on this link only. */
  readonly blackholes: Set<string>;
  /** How many answers a lucky packet gets; above 1 makes ping say DUP!. */
  copies: number;
  readonly routed: readonly Prefix[];
  /** Packets that reached the far side of this link since the start. */
  carried: number;
}

export type Exchange =
  | {
      readonly kind: 'lost';
      readonly why: 'loss' | 'dark' | 'gateway-dead' | 'blackhole' | 'portal' | 'foreign-source';
    }
  | {
      readonly kind: 'answered';
      readonly afterMs: number;
      readonly copies: number;
      readonly ttl: number;
      /** It is a portal that answers, not the one who was asked. */
      readonly portal: Portal | null;
    };

export const createUplink = (description: UplinkDescription): Uplink => ({
  name: description.name,
  interface: description.interface,
  gateway: description.gateway,
  gateway6: description.gateway6 ?? null,
  latencyMs: description.latencyMs ?? 8,
  jitterMs: description.jitterMs ?? 1,
  loss: description.loss ?? 0,
  isDark: false,
  darkFamily: null,
  isGatewayDead: false,
  portal: null,
  blackholes: new Set(),
  copies: 1,
  routed: (description.routed ?? []).flatMap((text) => {
    const parsed = parseInterfaceAddress(text);
    return parsed === null ? [] : [createPrefix(parsed.address.family, parsed.address.value, parsed.length)];
  }),
  carried: 0,
});

/** The gateway's link-level address, made up from its IP address so that it is stable. */
export const lladdrOf = (address: Address): string =>
  `c2:c2:${[24n, 16n, 8n, 0n]
    .map((shift) =>
      Number((address.value >> shift) & 0xffn)
        .toString(16)
        .padStart(2, '0'),
    )
    .join(':')}`;

/** Whether somebody on the link answers ARP for this address. */
export const isArpAnswered = (uplink: Uplink, address: string): boolean =>
  !uplink.isGatewayDead &&
  (address === uplink.gateway || address.split('%')[0] === uplink.gateway6?.split('%')[0]);

/** What becomes of a packet that has left by this link; `isOwn` says whether its source is an address of the link's network. */
export const exchange = (uplink: Uplink, packet: Packet, isOwn: boolean, random: Random): Exchange => {
  uplink.carried++;
  if (uplink.isGatewayDead) return { kind: 'lost', why: 'gateway-dead' };
  const isGateway = packet.destination === uplink.gateway || packet.destination === uplink.gateway6;
  const source = parseAddress(packet.source);
  // providers drop what does not come from the address or prefix that they gave out (BCP 38)
  if (!isOwn && !(source !== null && uplink.routed.some((prefix) => doesContain(prefix, source))))
    return { kind: 'lost', why: 'foreign-source' };
  const isDark = uplink.isDark || (source !== null && source.family === uplink.darkFamily);
  if (isDark && !isGateway) return { kind: 'lost', why: 'dark' };
  if (uplink.blackholes.has(packet.destination)) return { kind: 'lost', why: 'blackhole' };
  const isCaught = !isGateway && (packet.protocol === 'tcp' || packet.protocol === 'udp');
  const portal = isCaught ? uplink.portal : null;
  if (portal === 'drops') return { kind: 'lost', why: 'portal' };
  if (random.chance(uplink.loss)) return { kind: 'lost', why: 'loss' };
  const base = isGateway ? Math.min(uplink.latencyMs, 1) : uplink.latencyMs;
  const afterMs = Math.max(0.05, base + (isGateway ? 0.5 : uplink.jitterMs) * random.next());
  return { kind: 'answered', afterMs, copies: uplink.copies, ttl: isGateway ? 255 : 57, portal };
};
