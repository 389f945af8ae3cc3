/**
 * Everything beyond this machine's interfaces: the uplinks with their gateways, the servers that give out addresses there, and what becomes
 * of a packet that has left. Knows no routes and no rules.
 */
import { createPrefix, doesContain, parseAddress } from './address.ts';
import type { DhcpServer } from './dhcp-lease.ts';
import { createDhcpServer } from './dhcp-lease.ts';
import type { Nic } from './nic.ts';
import { isLinkUp } from './nic.ts';
import type { Packet } from './packet.ts';
import type { Concentrator } from './pppoe.ts';
import type { Random } from './random.ts';
import type { Exchange, Portal, Uplink, UplinkDescription } from './uplink.ts';
import { createUplink, exchange } from './uplink.ts';

export interface FarSide {
  readonly uplinks: ReadonlyMap<string, Uplink>;
  /** The uplink behind an interface. */
  behind(nic: string): Uplink | null;
  /** By the uplink's name or its interface's. Throws a RangeError when there is none. */
  need(name: string): Uplink;
  dhcpServerOf(uplink: string): DhcpServer | null;
  concentratorOf(uplink: string): Concentrator | null;
  /** What the far side of an interface does with a packet that left by it. */
  answer(nic: Nic, packet: Packet): Exchange;
  setDark(uplink: string, isDark: boolean): void;
  /** In one family alone; null: in none. */
  setDarkFamily(uplink: string, family: Uplink['darkFamily']): void;
  setGatewayDead(uplink: string, isDead: boolean): void;
  /** Loss in 0-1. */
  setLoss(uplink: string, loss: number): void;
  setLatency(uplink: string, latencyMs: number, jitterMs?: number): void;
  setBlackhole(uplink: string, target: string, isSilent: boolean): void;
  /** Whether a host that is behind no uplink, in the LAN, is there to answer. All are at first. */
  setHostThere(address: string, isThere: boolean): void;
  /** A captive portal; null: none, or somebody has logged in. */
  setPortal(uplink: string, portal: Portal | null): void;
  /** Another gateway answers from now on (renumbering); addresses and routes are changed apart from it. */
  setGateway(uplink: string, gateway: string): void;
}

export const createFarSide = (machine: {
  readonly uplinks: readonly UplinkDescription[];
  readonly random: Random;
  readonly nicOf: (name: string) => Nic | null;
}): FarSide => {
  const uplinks = new Map<string, Uplink>();
  const byNic = new Map<string, Uplink>();
  const parents = new Map<string, string>();
  const dhcpServers = new Map<string, DhcpServer>();
  const concentrators = new Map<string, Concentrator>();
  const absent = new Set<string>();
  for (const description of machine.uplinks) {
    const uplink = createUplink(description);
    const { name, address, gateway, dhcp, pppoe } = description;
    uplinks.set(name, uplink);
    byNic.set(uplink.interface, uplink);
    if (dhcp !== undefined) dhcpServers.set(name, createDhcpServer(dhcp, address, gateway));
    if (pppoe === undefined) continue;
    parents.set(uplink.interface, pppoe.parent);
    concentrators.set(name, {
      address: address.split('/')[0] ?? '',
      peer: gateway,
      isSilent: false,
      isGranting: true,
    });
  }

  const need = (name: string): Uplink => {
    const one = uplinks.get(name) ?? byNic.get(name);
    if (one === undefined) throw new RangeError(`emulator: no uplink ${name}`);
    return one;
  };

  /** Whether the other end has given out the packet's source; what somebody still has is not enough. */
  const isOwnSource = (on: Nic, packet: Packet, uplink: Uplink): boolean => {
    const source = parseAddress(packet.source);
    if (source === null) return false;
    const lease = dhcpServers.get(uplink.name);
    const session = concentrators.get(uplink.name);
    if (source.family === 'inet' && lease !== undefined)
      return doesContain(createPrefix('inet', lease.address.value, lease.length), source);
    if (source.family === 'inet' && session !== undefined) return source.text === session.address;
    return on.addresses.some((one) =>
      doesContain(createPrefix(one.address.family, one.address.value, one.length), source),
    );
  };

  const answer: FarSide['answer'] = (on, packet) => {
    const uplink = byNic.get(on.name);
    if (uplink === undefined && absent.has(packet.destination)) return { kind: 'lost', why: 'blackhole' };
    if (uplink === undefined)
      return {
        kind: 'answered',
        afterMs: 0.2 + machine.random.next() * 0.3,
        copies: 1,
        ttl: 255,
        portal: null,
      };
    // a session does not know that its parent has no cable
    const parent = parents.get(on.name);
    const by = parent === undefined ? null : machine.nicOf(parent);
    if (parent !== undefined && (by === null || !isLinkUp(by))) return { kind: 'lost', why: 'dark' };
    return exchange(uplink, packet, isOwnSource(on, packet, uplink), machine.random);
  };

  return {
    uplinks,
    behind: (nic) => byNic.get(nic) ?? null,
    need,
    dhcpServerOf: (uplink) => dhcpServers.get(uplink) ?? null,
    concentratorOf: (uplink) => concentrators.get(uplink) ?? null,
    answer,
    setDarkFamily: (name, family) => {
      need(name).darkFamily = family;
    },
    setDark: (name, isDark) => {
      need(name).isDark = isDark;
    },
    setGatewayDead: (name, isDead) => {
      need(name).isGatewayDead = isDead;
    },
    setLoss: (name, loss) => {
      need(name).loss = loss;
    },
    setLatency: (name, latencyMs, jitterMs) => {
      const uplink = need(name);
      uplink.latencyMs = latencyMs;
      uplink.jitterMs = jitterMs ?? uplink.jitterMs;
    },
    setBlackhole: (name, target, isSilent) => {
      const { blackholes } = need(name);
      if (isSilent) blackholes.add(target);
      else blackholes.delete(target);
    },
    setHostThere: (address, isThere) => {
      if (isThere) absent.delete(address);
      else absent.add(address);
    },
    setPortal: (name, portal) => {
      need(name).portal = portal;
    },
    setGateway: (name, gateway) => {
      const uplink = need(name);
      if (gateway.includes(':')) uplink.gateway6 = gateway;
      else uplink.gateway = gateway;
    },
  };
};
