/**
 * pf states: the table of connections, found by key and interface, aged by protocol (sys/net/pf.c). A pf state keeps the rule that made
 * it, with its label, and its gateway, whatever becomes of the rule set.
 */
import type { Family } from './address.ts';
import type { Protocol, TcpFlags } from './packet.ts';
import type { Direction, Rule } from './pf-rules.ts';
import type { SourceNode } from './pf-source-node.ts';
import { createStateIndex } from './pf-state-index.ts';
import type { Table } from './pf-table.ts';
import { uncountActive } from './pf-table.ts';
import type { AdaptiveName, TimeoutName, Timeouts } from './pf-timeout.ts';
import { adaptiveOf } from './pf-timeout.ts';

/** Both ends in pf's order: 0 is where an incoming packet comes from, 1 where it goes. */
export interface StateKey {
  readonly rdomain: number;
  readonly address0: string;
  readonly port0: number;
  readonly address1: string;
  readonly port1: number;
}

export interface Peer {
  level: number;
  readonly sequence: number;
  readonly window: number;
}

/** What a pf state does to each packet of its own: `set prio`, `set tos`, `set queue`. */
export interface Actions {
  /** Second: for what is urgent (an ACK without payload, low delay). */
  readonly prio: readonly [number, number] | null;
  readonly tos: number | null;
  readonly queue: readonly [string, string] | null;
}

export const NO_ACTIONS: Actions = { prio: null, tos: null, queue: null };

export interface PfState {
  readonly id: bigint;
  readonly direction: Direction;
  /** `all` for floating ones. */
  readonly interface: string;
  readonly family: Family;
  readonly protocol: Protocol;
  readonly wire: StateKey;
  readonly stack: StateKey;
  readonly rule: Rule;
  readonly anchorRule: Rule | null;
  readonly matchRules: readonly Rule[];
  readonly route: {
    readonly kind: 'route-to' | 'reply-to';
    readonly gateway: string;
    /** Where this pf state counts as active (least-states). */
    readonly table: Table | null;
  } | null;
  readonly nodes: readonly SourceNode[];
  readonly actions: Actions;
  /** Routing table of packets in the pf state's own direction; null leaves it. */
  readonly rtable: number | null;
  readonly tag: string | null;
  readonly source: Peer;
  readonly destination: Peer;
  timeout: TimeoutName;
  /** Milliseconds on the router's clock. */
  readonly created: number;
  touched: number;
  /** In the pf state's direction, and back. */
  readonly packets: [number, number];
  readonly bytes: [number, number];
  /** The second in which it is looked at next; the state table's own. */
  bucket: number;
  isAlive: boolean;
}

const LEVEL = { CLOSED: 0, SYN_SENT: 2, ESTABLISHED: 4, CLOSING: 7, FIN_WAIT_2: 9, TIME_WAIT: 10 } as const;

/** The key of a packet: ends in pf's order for its direction. */
export const createKey = (
  direction: Direction,
  rdomain: number,
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
): StateKey =>
  direction === 'in'
    ? { rdomain, address0: source, port0: sourcePort, address1: destination, port1: destinationPort }
    : { rdomain, address0: destination, port0: destinationPort, address1: source, port1: sourcePort };

export interface StateTable {
  readonly all: ReadonlyMap<bigint, PfState>;
  find(direction: Direction, family: Family, protocol: Protocol, key: StateKey, nic: string): PfState | null;
  isWireTaken(family: Family, protocol: Protocol, key: StateKey): boolean;
  insert(pfState: PfState): void;
  /** `now` is when it ends: its source nodes may be left without a pf state. */
  remove(pfState: PfState, now: number): void;
  /** Its time-out has become shorter. */
  hasten(pfState: PfState): void;
  /** Those of all have changed. */
  hastenAll(): void;
  /** When it times out, as things are. */
  expiresAt(pfState: PfState): number;
  /** Ends what has timed out; cheap when asked often. */
  purge(now: number): void;
}

/** What is left of a time-out with so many pf states, in seconds (sys/net/pf.c, pf_state_expires). */
const adapt = (
  seconds: number,
  states: number,
  { 'adaptive.start': start, 'adaptive.end': end }: Pick<Timeouts, AdaptiveName>,
): number => {
  if (end === 0 || states <= start || start >= end) return seconds;
  return states >= end ? 0 : Math.floor((seconds * (end - states)) / (end - start));
};

/** What a rule's own limit makes of them; one too low for that goes by the number of all. */
const ownAdaptation = ({ maxStates }: Rule): Pick<Timeouts, AdaptiveName> | null =>
  maxStates === null || maxStates < 10 ? null : adaptiveOf(maxStates);

/** `timeouts` may change; then `hastenAll` is to be called. */
export const createStateTable = (
  timeouts: Timeouts,
  counters: { inserts: number; removals: number },
): StateTable => {
  const all = new Map<bigint, PfState>();
  const byWire = createStateIndex((pfState) => pfState.wire);
  const byStack = createStateIndex((pfState) => pfState.stack);
  // by the second in which they may have timed out: a hundred thousand pf states must not be walked every second
  const buckets = new Map<number, PfState[]>();
  let purgedAt = Number.NEGATIVE_INFINITY;
  // theirs may come nearer whenever their rule makes another one
  const limited = new Set<PfState>();

  const expiresAt = (pfState: PfState): number => {
    const { rule } = pfState;
    const seconds = timeouts[pfState.timeout];
    const own = ownAdaptation(rule);
    const left =
      own === null ? adapt(seconds, all.size, timeouts) : adapt(seconds, rule.counters.current, own);
    return pfState.touched + left * 1000;
  };
  const schedule = (pfState: PfState): void => {
    const second = Math.ceil(expiresAt(pfState) / 1000);
    if (second >= pfState.bucket) return;
    pfState.bucket = second;
    const bucket = buckets.get(second);
    if (bucket === undefined) buckets.set(second, [pfState]);
    else bucket.push(pfState);
  };
  const remove = (pfState: PfState, now: number): void => {
    if (!all.delete(pfState.id)) return;
    counters.removals++;
    limited.delete(pfState);
    pfState.isAlive = false;
    byWire.remove(pfState);
    byStack.remove(pfState);
    pfState.rule.counters.current--;
    if (pfState.anchorRule !== null) pfState.anchorRule.counters.current--;
    for (const rule of pfState.matchRules) rule.counters.current--;
    const { route } = pfState;
    if (route !== null && route.table !== null) uncountActive(route.table, pfState.family, route.gateway);
    for (const node of pfState.nodes) if (!node.isGone && --node.states === 0) node.emptySince = now;
  };
  return {
    all,
    find: (direction, family, protocol, key, nic) =>
      (direction === 'in' ? byWire : byStack).find(family, protocol, key, nic),
    isWireTaken: byWire.has,
    insert: (pfState) => {
      all.set(pfState.id, pfState);
      counters.inserts++;
      if (ownAdaptation(pfState.rule) !== null) limited.add(pfState);
      byWire.insert(pfState);
      byStack.insert(pfState);
      pfState.rule.counters.current++;
      pfState.rule.counters.created++;
      if (pfState.anchorRule !== null) {
        pfState.anchorRule.counters.current++;
        pfState.anchorRule.counters.created++;
      }
      for (const rule of pfState.matchRules) rule.counters.current++;
      for (const node of pfState.nodes) node.states++;
      schedule(pfState);
    },
    remove,
    hasten: schedule,
    expiresAt,
    hastenAll: () => {
      for (const pfState of all.values()) schedule(pfState);
    },
    purge: (now) => {
      if (now - purgedAt < 1000) return;
      purgedAt = now;
      const until = Math.floor(now / 1000);
      const due: number[] = [];
      for (const second of buckets.keys()) if (second <= until) due.push(second);
      for (const second of due.sort((a, b) => a - b)) {
        const bucket = buckets.get(second) ?? [];
        buckets.delete(second);
        for (const pfState of bucket) {
          // it may have been put into an earlier one since
          if (!pfState.isAlive || pfState.bucket !== second) continue;
          const end = expiresAt(pfState);
          if (end <= now) remove(pfState, end);
          else {
            pfState.bucket = Number.POSITIVE_INFINITY;
            schedule(pfState);
          }
        }
      }
      // no bucket knows how many there would be
      for (const pfState of all.size > timeouts['adaptive.start'] ? all.values() : limited) {
        const end = expiresAt(pfState);
        if (end <= now) remove(pfState, end);
      }
    },
  };
};

/** How a new pf state stands after its first packet. */
export const openingTimeout = (protocol: Protocol): TimeoutName => {
  switch (protocol) {
    case 'tcp':
      return 'tcp.first';
    case 'udp':
      return 'udp.first';
    case 'icmp':
    case 'ipv6-icmp':
      return 'icmp.first';
  }
};

export const openingLevel = (protocol: Protocol): number =>
  protocol === 'tcp' ? LEVEL.SYN_SENT : protocol === 'udp' ? 1 : 0;

const stepTcp = (sender: Peer, receiver: Peer, flags: TcpFlags): TimeoutName => {
  if (flags.syn && sender.level < LEVEL.SYN_SENT) sender.level = LEVEL.SYN_SENT;
  if (flags.fin && sender.level < LEVEL.CLOSING) sender.level = LEVEL.CLOSING;
  if (flags.ack) {
    if (receiver.level === LEVEL.SYN_SENT) receiver.level = LEVEL.ESTABLISHED;
    else if (receiver.level === LEVEL.CLOSING) receiver.level = LEVEL.FIN_WAIT_2;
  }
  if (flags.rst) {
    sender.level = LEVEL.TIME_WAIT;
    receiver.level = LEVEL.TIME_WAIT;
  }
  const low = Math.min(sender.level, receiver.level);
  const high = Math.max(sender.level, receiver.level);
  if (low >= LEVEL.FIN_WAIT_2) return 'tcp.closed';
  if (low >= LEVEL.CLOSING) return 'tcp.finwait';
  if (low < LEVEL.ESTABLISHED) return 'tcp.opening';
  return high >= LEVEL.CLOSING ? 'tcp.closing' : 'tcp.established';
};

const stepUdp = (sender: Peer, receiver: Peer): TimeoutName => {
  if (sender.level < 1) sender.level = 1;
  if (receiver.level === 1) receiver.level = 2;
  return sender.level === 2 && receiver.level === 2 ? 'udp.multiple' : 'udp.single';
};

/** A further packet of a connection: moves its levels and its time-out. */
export const stepState = (pfState: PfState, direction: Direction, flags: TcpFlags, now: number): void => {
  const isForward = direction === pfState.direction;
  const sender = isForward ? pfState.source : pfState.destination;
  const receiver = isForward ? pfState.destination : pfState.source;
  pfState.touched = now;
  switch (pfState.protocol) {
    case 'tcp':
      pfState.timeout = stepTcp(sender, receiver, flags);
      return;
    case 'udp':
      pfState.timeout = stepUdp(sender, receiver);
      return;
    case 'icmp':
    case 'ipv6-icmp':
      pfState.timeout = 'icmp.error';
  }
};
