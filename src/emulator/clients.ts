/**
 * The LAN behind the router: clients that open TCP and UDP flows to the internet, packet by packet through pf and back, and traffic that
 * runs on the clock and counts by uplink. What a client sees is all it knows: delivered, refused, or silence.
 */
import type { Packet, Protocol, TcpFlags } from './packet.ts';
import { answerTo } from './packet.ts';
import type { Random } from './random.ts';
import type { Router } from './router.ts';

export interface FlowDescription {
  /** The client's address in the LAN. */
  readonly client: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly to: string;
  /** Default 443 (tcp), 53 (udp). */
  readonly port?: number;
  /** Default: one that the client has not used yet. */
  readonly sourcePort?: number;
}

export type Outcome =
  /** The answer came back. `uplink` is null when it left by an interface that is no uplink. */
  | {
      readonly kind: 'delivered';
      readonly interface: string;
      readonly uplink: string | null;
      readonly gateway: string;
      /** The source address and port as the far end saw them. */
      readonly natAddress: string;
      readonly natPort: number;
      readonly afterMs: number;
      /** The packet as it was on the wire, with its prio, tos and queue. */
      readonly packet: Packet;
    }
  | { readonly kind: 'refused'; readonly how: 'rst' | 'unreachable' }
  /** Nothing came back. `interface` is where it left, null if it never did. For tests only: a client cannot know. */
  | {
      readonly kind: 'silence';
      readonly interface: string | null;
      readonly natAddress: string | null;
      readonly why: string;
    };

export interface Flow {
  readonly description: Required<FlowDescription>;
  /** TCP: the handshake was completed and no RST has come since. UDP, ICMP: always true. */
  readonly isOpen: boolean;
  readonly history: readonly Outcome[];
  /** Sends one packet (TCP: opens the connection first if it is not open) and says what became of it. */
  send(): Outcome;
  /** TCP: closes the connection with FIN both ways. */
  close(): void;
}

export interface TrafficOptions {
  /** LAN addresses to use in turn. */
  readonly clients: readonly string[];
  readonly newConnectionsPerSecond: number;
  /** 0-1; the rest is UDP with ports of its own. Default 0.7. */
  readonly tcpShare?: number;
  /** Long UDP flows with fixed ports, one packet per `everyMs`. */
  readonly udpFlows?: readonly {
    readonly client: string;
    readonly to: string;
    readonly port: number;
    readonly sourcePort: number;
    readonly everyMs: number;
  }[];
  /** Where new connections go. Default: four documentation addresses. */
  readonly targets?: readonly string[];
}

export interface TrafficCount {
  /** New connections that were answered, by uplink name. */
  readonly delivered: ReadonlyMap<string, number>;
  readonly refused: number;
  readonly silent: number;
  readonly total: number;
}

export interface Traffic {
  /** The long UDP flows, in the order of the options. */
  readonly flows: readonly Flow[];
  /** Counts since the last mark. */
  count(): TrafficCount;
  mark(): void;
  stop(): void;
}

export interface Lan {
  open(description: FlowDescription): Flow;
  startTraffic(options: TrafficOptions): Traffic;
  /**
   * A connection from the internet that arrives on an uplink at this router's address (or at `to`, in the LAN, where that is routed
   * here); the answer must come back on the same link.
   */
  inbound(description: {
    readonly uplink: string;
    readonly from: string;
    readonly port: number;
    readonly to?: string;
    readonly protocol?: 'tcp' | 'udp';
  }): Outcome;
}

/** Ports that clients take for themselves. */
const FIRST_PORT = 20_000;
const LAST_PORT = 60_000;
/** ReachableTime (RFC 4861). */
const REACHABLE_MS = 30_000;
const SIZES = { syn: 60, ack: 52, data: 120, udp: 76, icmp: 84 } as const;

export const createLan = (router: () => Router, lanInterface: string): Lan => {
  let nextPort = FIRST_PORT;
  let random: Random | null = null;
  const chance = (): Random => {
    random ??= router().random.fork('clients');
    return random;
  };
  const uplinkOf = (nic: string): string | null =>
    [...router().uplinks.values()].find((uplink) => uplink.interface === nic)?.name ?? null;

  // an inet6 client must know where its router is, and asks again after half a minute
  const reachable = new Map<string, number>();
  const findRouter = (client: string): string | null => {
    const there = router();
    const now = there.clock.now();
    if ((reachable.get(client) ?? Number.NEGATIVE_INFINITY) > now) return null;
    const own = there.nic(lanInterface)?.addresses.filter((one) => one.address.family === 'inet6') ?? [];
    const target = own.find((one) => one.address.scope !== null) ?? own[0];
    const stopped = target === undefined ? null : there.solicit(lanInterface, client, target.address.text);
    if (stopped === null) reachable.set(client, now + REACHABLE_MS);
    return stopped;
  };

  /** One packet out and its answer back in. */
  const trip = (packet: Packet, answerFlags: TcpFlags, answerBytes: number): Outcome => {
    const there = router();
    if (packet.family === 'inet6') {
      const stopped = findRouter(packet.source);
      if (stopped !== null) return { kind: 'silence', interface: null, natAddress: null, why: stopped };
    }
    const out = there.forward(packet, lanInterface);
    switch (out.kind) {
      case 'refused':
        return out;
      case 'dropped':
        return { kind: 'silence', interface: null, natAddress: null, why: out.why };
      case 'local':
        return {
          kind: 'delivered',
          interface: lanInterface,
          uplink: null,
          gateway: '',
          natAddress: packet.source,
          natPort: packet.sourcePort,
          afterMs: 0.2,
          packet,
        };
      case 'sent': {
        const silence = (why: string): Outcome => ({
          kind: 'silence',
          interface: out.nic.name,
          natAddress: out.packet.source,
          why,
        });
        const far = there.answer(out.nic, out.packet);
        if (far.kind === 'lost') return silence(far.why);
        const back = there.forward(answerTo(out.packet, answerFlags, answerBytes), out.nic.name);
        if (back.kind !== 'sent' || back.nic.name !== lanInterface)
          return silence(`the answer was ${back.kind}`);
        if (back.packet.destination !== packet.source || back.packet.destinationPort !== packet.sourcePort)
          return silence('the answer was for somebody else');
        return {
          kind: 'delivered',
          interface: out.nic.name,
          uplink: uplinkOf(out.nic.name),
          gateway: out.nextHop,
          natAddress: out.packet.source,
          natPort: out.packet.sourcePort,
          afterMs: far.afterMs,
          packet: out.packet,
        };
      }
    }
  };

  const open = (wanted: FlowDescription): Flow => {
    nextPort = nextPort >= LAST_PORT ? FIRST_PORT : nextPort + 1;
    const description: Required<FlowDescription> = {
      ...wanted,
      port: wanted.port ?? (wanted.protocol === 'tcp' ? 443 : wanted.protocol === 'udp' ? 53 : 8),
      sourcePort: wanted.sourcePort ?? nextPort,
    };
    const isInet6 = description.to.includes(':');
    const protocol: Protocol =
      description.protocol === 'icmp' ? (isInet6 ? 'ipv6-icmp' : 'icmp') : description.protocol;
    const packet = (flags: TcpFlags, bytes: number): Packet => ({
      family: isInet6 ? 'inet6' : 'inet',
      protocol,
      source: description.client,
      sourcePort: description.sourcePort,
      destination: description.to,
      destinationPort: description.protocol === 'icmp' ? (isInet6 ? 128 : 8) : description.port,
      flags,
      icmpType: description.protocol === 'icmp' ? (isInet6 ? 128 : 8) : null,
      bytes,
      tag: null,
      rtable: 0,
    });
    const history: Outcome[] = [];
    let isOpen = description.protocol !== 'tcp';
    const send = (): Outcome => {
      if (description.protocol === 'udp') return trip(packet({}, SIZES.udp), {}, SIZES.udp);
      if (description.protocol === 'icmp') return trip(packet({}, SIZES.icmp), {}, SIZES.icmp);
      if (!isOpen) {
        const first = trip(packet({ syn: true }, SIZES.syn), { syn: true, ack: true }, SIZES.syn);
        if (first.kind !== 'delivered') return first;
        isOpen = true;
        // the handshake's third packet has no answer of its own
        router().forward(packet({ ack: true }, SIZES.ack), lanInterface);
      }
      const outcome = trip(packet({ ack: true, psh: true }, SIZES.data), { ack: true }, SIZES.ack);
      if (outcome.kind === 'refused') isOpen = false;
      return outcome;
    };
    return {
      description,
      get isOpen() {
        return isOpen;
      },
      history,
      send: () => {
        const outcome = send();
        history.push(outcome);
        if (history.length > 1000) history.splice(0, 500);
        return outcome;
      },
      close: () => {
        if (description.protocol !== 'tcp' || !isOpen) return;
        isOpen = false;
        trip(packet({ fin: true, ack: true }, SIZES.ack), { fin: true, ack: true }, SIZES.ack);
        router().forward(packet({ ack: true }, SIZES.ack), lanInterface);
      },
    };
  };

  const startTraffic = (options: TrafficOptions): Traffic => {
    const targets = options.targets ?? ['203.0.113.80', '203.0.113.81', '198.18.0.10', '198.18.7.20'];
    const { clock } = router();
    let delivered = new Map<string, number>();
    let refused = 0;
    let silent = 0;
    let total = 0;
    let isStopped = false;
    const timers = new Set<() => void>();
    const every = (ms: number, run: () => void): void => {
      let cancel = (): void => {};
      const turn = (): void => {
        timers.delete(cancel);
        if (isStopped) return;
        run();
        cancel = clock.after(ms, turn);
        timers.add(cancel);
      };
      cancel = clock.after(ms, turn);
      timers.add(cancel);
    };
    const pick = <T>(all: readonly T[]): T | undefined => all[chance().below(all.length)];
    const connect = (): void => {
      const client = pick(options.clients);
      const to = pick(targets);
      if (client === undefined || to === undefined) return;
      const isTcp = chance().chance(options.tcpShare ?? 0.7);
      const flow = open({ client, to, protocol: isTcp ? 'tcp' : 'udp', port: isTcp ? 443 : 5000 });
      const outcome = flow.send();
      total++;
      if (outcome.kind === 'delivered') {
        const name = outcome.uplink ?? outcome.interface;
        delivered.set(name, (delivered.get(name) ?? 0) + 1);
        flow.close();
      } else if (outcome.kind === 'refused') refused++;
      else silent++;
    };
    if (options.newConnectionsPerSecond > 0) every(1000 / options.newConnectionsPerSecond, connect);
    const flows = (options.udpFlows ?? []).map((one) => {
      const flow = open({
        client: one.client,
        to: one.to,
        protocol: 'udp',
        port: one.port,
        sourcePort: one.sourcePort,
      });
      every(one.everyMs, () => void flow.send());
      return flow;
    });
    return {
      flows,
      count: () => ({ delivered, refused, silent, total }),
      mark: () => {
        delivered = new Map();
        refused = 0;
        silent = 0;
        total = 0;
      },
      stop: () => {
        isStopped = true;
        for (const cancel of timers) cancel();
        timers.clear();
      },
    };
  };

  const inbound: Lan['inbound'] = ({ uplink: name, from, port, to, protocol = 'tcp' }) => {
    const there = router();
    const uplink = there.uplinks.get(name);
    const nic = uplink === undefined ? null : there.nic(uplink.interface);
    const family = from.includes(':') ? 'inet6' : 'inet';
    const own = nic?.addresses.find((one) => one.address.family === family && one.address.scope === null);
    if (uplink === undefined || nic === null || own === undefined)
      return { kind: 'silence', interface: null, natAddress: null, why: 'no such uplink or no address' };
    nextPort = nextPort >= LAST_PORT ? FIRST_PORT : nextPort + 1;
    const packet: Packet = {
      family,
      protocol,
      source: from,
      sourcePort: nextPort,
      destination: to ?? own.address.text,
      destinationPort: port,
      flags: protocol === 'tcp' ? { syn: true } : {},
      icmpType: null,
      bytes: SIZES.syn,
      tag: null,
      rtable: nic.rdomain,
    };
    const come = there.forward(packet, nic.name);
    const answerFlags: TcpFlags = protocol === 'tcp' ? { syn: true, ack: true } : {};
    if (come.kind === 'refused') return come;
    if (come.kind === 'dropped') return { kind: 'silence', interface: null, natAddress: null, why: come.why };
    const answer = answerTo(come.packet, answerFlags, SIZES.syn);
    const back =
      come.kind === 'local'
        ? there.send({ ...answer, rtable: come.packet.rtable }, true)
        : there.forward(answer, come.nic.name);
    if (back.kind !== 'sent')
      return { kind: 'silence', interface: null, natAddress: null, why: `the answer was ${back.kind}` };
    const isRight =
      back.nic.name === nic.name &&
      back.packet.source === packet.destination &&
      back.packet.sourcePort === port &&
      back.packet.destination === from;
    if (!isRight)
      return {
        kind: 'silence',
        interface: back.nic.name,
        natAddress: back.packet.source,
        why: 'the answer left elsewhere',
      };
    const far = there.answer(back.nic, back.packet);
    if (far.kind === 'lost')
      return { kind: 'silence', interface: nic.name, natAddress: back.packet.source, why: far.why };
    return {
      kind: 'delivered',
      interface: nic.name,
      uplink: name,
      gateway: back.nextHop,
      natAddress: back.packet.source,
      natPort: back.packet.sourcePort,
      afterMs: far.afterMs,
      packet: back.packet,
    };
  };

  return { open, startTraffic, inbound };
};
