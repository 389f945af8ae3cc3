/**
 * A packet through pf on one interface in one direction: pf states first, then the rules, last match or quick, translation, the
 * pf state that is made (sys/net/pf.c: pf_test, pf_match_rule, pf_test_rule, pf_create_state). Routing is the router's.
 */
import type { Family } from './address.ts';
import { doesContain, parseAddress, renderValue } from './address.ts';
import type { Nic } from './nic.ts';
import type { Packet } from './packet.ts';
import { isEchoRequest } from './packet.ts';
import type { Firewall } from './pf.ts';
import { interfaceAddresses, tableFor } from './pf.ts';
import type { Direction, End, Pool, Rule, TcpMatch } from './pf-rules.ts';
import { doesPortMatch } from './pf-rules.ts';
import type { PfState, StateKey } from './pf-state.ts';
import { createKey, keyText, openingLevel, openingTimeout, stepState } from './pf-state.ts';
import type { TableEntry } from './pf-table.ts';
import { doesTableMatch, poolEntries } from './pf-table.ts';

export type Verdict =
  | {
      readonly kind: 'pass';
      readonly packet: Packet;
      readonly pfState: PfState | null;
      /** Set when this packet leaves by route-to or reply-to instead of the routing table. */
      readonly gateway: string | null;
      /** Going out, the destination or the routing domain was changed back or translated: the route is looked up again. */
      readonly isRerouted: boolean;
    }
  | {
      readonly kind: 'block';
      readonly answer: 'none' | 'rst' | 'unreachable';
      readonly why: string;
      readonly rule: Rule | null;
    };

interface Place {
  readonly firewall: Firewall;
  readonly nic: Nic;
  readonly direction: Direction;
  /** Milliseconds on the router's clock. */
  readonly now: number;
}

interface Walk extends Place {
  readonly packet: Packet;
  readonly rdomain: number;
  readonly matchRules: Rule[];
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
  tag: string | null;
  rtable: number;
  rule: Rule | null;
  ruleAnchor: string;
  anchorRule: Rule | null;
}

const doesInterfaceMatch = (place: Place, name: string): boolean =>
  name === 'all' ||
  place.nic.name === name ||
  (name === 'any' && place.nic.kind !== 'loopback') ||
  place.firewall.world.groupsOf(place.nic).includes(name);

const doesEndMatch = (walk: Walk, anchor: string, end: End, address: string): boolean => {
  const { host } = end;
  if (host.kind === 'any') return !end.isNegated;
  const parsed = parseAddress(address);
  if (parsed === null) return false;
  switch (host.kind) {
    case 'prefix':
      return doesContain(host.prefix, parsed) !== end.isNegated;
    case 'interface':
      return (
        interfaceAddresses(walk.firewall, host.name, host.modifiers).some((one) =>
          doesContain(one.prefix, parsed),
        ) !== end.isNegated
      );
    case 'table': {
      const table = tableFor(walk.firewall, anchor, host.name);
      // an address that no table can have is not "not in the table" for pf either: a missing table matches nothing
      return table === null ? end.isNegated : doesTableMatch(table, parsed) !== end.isNegated;
    }
  }
};

const LETTERS = { F: 'fin', S: 'syn', R: 'rst', P: 'psh', A: 'ack' } as const;
const doFlagsMatch = (packet: Packet, match: TcpMatch): boolean =>
  [...match.of].every((letter) => {
    const name = LETTERS[letter as keyof typeof LETTERS];
    return (name !== undefined && packet.flags[name] === true) === match.set.includes(letter);
  });

/** The first rule to look at next, or null when this one matches. */
const mismatch = (walk: Walk, anchor: string, rule: Rule, i: number): number | null => {
  const { packet } = walk;
  const skips = walk.firewall.rulesets.get(anchor)?.skips[i];
  const next = i + 1;
  if (rule.interface !== null && doesInterfaceMatch(walk, rule.interface) === rule.isInterfaceNegated)
    return skips?.interface ?? next;
  if (rule.direction !== null && rule.direction !== walk.direction) return skips?.direction ?? next;
  if (rule.rdomain !== null && (rule.rdomain === walk.rdomain) === rule.isInterfaceNegated)
    return skips?.rdomain ?? next;
  if (rule.family !== null && rule.family !== packet.family) return skips?.family ?? next;
  if (rule.protocol !== null && rule.protocol !== packet.protocol) return skips?.protocol ?? next;
  if (!doesEndMatch(walk, anchor, rule.source, walk.source)) return skips?.source ?? next;
  if (!doesEndMatch(walk, anchor, rule.destination, walk.destination)) return skips?.destination ?? next;
  if (packet.protocol === 'tcp' && rule.tcpFlags !== null && !doFlagsMatch(packet, rule.tcpFlags))
    return next;
  if (packet.protocol === 'tcp' || packet.protocol === 'udp') {
    if (rule.source.port !== null && !doesPortMatch(rule.source.port, walk.sourcePort))
      return skips?.sourcePort ?? next;
    if (rule.destination.port !== null && !doesPortMatch(rule.destination.port, walk.destinationPort))
      return skips?.destinationPort ?? next;
  } else {
    if (rule.icmpType !== null && rule.icmpType !== packet.icmpType) return next;
    // answers make no pf states
    if (rule.keepState && !isEchoRequest(packet)) return next;
  }
  if (rule.tos !== null || rule.prio !== null) return next;
  if (rule.probability !== null && rule.probability <= walk.firewall.random.below(4294967294) + 1)
    return next;
  if (rule.tagged !== null && (rule.tagged === (walk.tag ?? packet.tag)) === rule.isTaggedNegated)
    return next;
  return null;
};

const chooseWeighted = (pool: Pool, entries: readonly TableEntry[]): TableEntry | null => {
  // pf's weighted round-robin: one cycle a weight step, entries lighter than the step are passed over. 3:1 comes out 2:1
  // in the long run on a real kernel (OPENBSD.md 1); the emulator reproduces that share, not pf's cursor
  const heaviest = Math.max(...entries.map((entry) => entry.weight ?? 1));
  if (heaviest === 1) return entries[pool.cursor++ % entries.length] ?? null;
  const turns = entries.flatMap((entry) =>
    new Array<TableEntry>(Math.max(1, (entry.weight ?? 1) - 1)).fill(entry),
  );
  return turns[pool.cursor++ % turns.length] ?? null;
};

interface Chosen {
  readonly address: string;
  readonly entry: TableEntry | null;
}

/** An address out of a pool; null when it has none of the family, or for what pf cannot map. */
const choose = (walk: Walk, anchor: string, pool: Pool, family: Family): Chosen | null => {
  const { host } = pool;
  const text = (value: bigint): string => renderValue(family, value);
  switch (host.kind) {
    case 'any':
      return null;
    case 'prefix':
      if (host.prefix.family !== family) return null;
      // pf copies an empty counter here: packets go to 0.0.0.0 (OPENBSD.md 2, point 1)
      if (pool.type === 'least-states') return { address: family === 'inet' ? '0.0.0.0' : '::', entry: null };
      return { address: text(host.prefix.value), entry: null };
    case 'interface': {
      const all = interfaceAddresses(walk.firewall, host.name, host.modifiers).filter(
        (one) => one.prefix.family === family,
      );
      // `(if:0)` is one address and the interface's first, for inet6 that is the link-local one; `(if)` goes round the global ones
      const usable = host.modifiers.noAlias ? all : all.filter((one) => one.scope === null);
      const one = usable[pool.type === 'none' ? 0 : pool.cursor++ % Math.max(1, usable.length)];
      return one === undefined ? null : { address: text(one.prefix.value), entry: null };
    }
    case 'table': {
      const table = tableFor(walk.firewall, anchor, host.name);
      const entries = table === null ? [] : poolEntries(table, family);
      const first = entries[0];
      if (first === undefined) return null;
      // weights only count when rule and table live in the same anchor (OPENBSD.md 2, point 2)
      const isWeighted = table?.anchor === anchor;
      const weightOf = (entry: TableEntry): number => (isWeighted ? (entry.weight ?? 1) : 1);
      let entry: TableEntry | null = first;
      if (pool.type === 'random') entry = entries[walk.firewall.random.below(entries.length)] ?? null;
      else if (pool.type === 'least-states') {
        entry = entries.reduce(
          (best, one) => (one.active / weightOf(one) < best.active / weightOf(best) ? one : best),
          first,
        );
      } else
        entry = isWeighted
          ? chooseWeighted(pool, entries)
          : (entries[pool.cursor++ % entries.length] ?? null);
      return entry === null ? null : { address: text(entry.prefix.value), entry };
    }
  }
};

/** A free port for a translated connection; null when there is none. */
const findPort = (walk: Walk, pool: Pool, address: string): number | null => {
  const { packet } = walk;
  const isIcmp = packet.icmpType !== null;
  if (isIcmp && !isEchoRequest(packet)) return walk.sourcePort;
  const isFree = (port: number): boolean =>
    !walk.firewall.states.isWireTaken(
      keyText(
        packet.family,
        packet.protocol,
        createKey(walk.direction, walk.rdomain, address, port, walk.destination, walk.destinationPort),
      ),
    );
  if (pool.isStaticPort) return isFree(walk.sourcePort) ? walk.sourcePort : null;
  const low = isIcmp ? 1 : pool.lowPort;
  const high = isIcmp ? 65535 : pool.highPort;
  const span = high - low + 1;
  const start = walk.firewall.random.below(span);
  for (let i = 0; i < span; i++) {
    const port = low + ((start + i) % span);
    if (isFree(port)) return port;
  }
  return null;
};

/** Applies a rule's nat-to and rdr-to to what later rules see. False: pf drops the packet. */
const translate = (walk: Walk, anchor: string, rule: Rule): boolean => {
  if (rule.nat !== null) {
    const chosen = choose(walk, anchor, rule.nat, walk.packet.family);
    const port = chosen === null ? null : findPort(walk, rule.nat, chosen.address);
    if (chosen === null || port === null) return false;
    walk.source = chosen.address;
    walk.sourcePort = port;
  }
  if (rule.rdr !== null) {
    const chosen = choose(walk, anchor, rule.rdr, walk.packet.family);
    if (chosen === null) return false;
    walk.destination = chosen.address;
    if (rule.rdr.lowPort !== 0) walk.destinationPort = rule.rdr.lowPort;
  }
  return true;
};

type Outcome = 'on' | 'quick' | 'failed';

const evaluate = (walk: Walk, anchor: string, caller: Rule | null): Outcome => {
  const rules = walk.firewall.rulesets.get(anchor)?.rules ?? [];
  for (let i = 0; i < rules.length; ) {
    const rule = rules[i];
    if (rule === undefined) break;
    rule.counters.evaluations++;
    const jump = mismatch(walk, anchor, rule, i);
    if (jump !== null) {
      i = jump;
      continue;
    }
    if (rule.tag !== null) walk.tag = rule.tag;
    if (rule.anchor !== null) {
      const { path, isWildcard } = rule.anchor;
      const prefix = path === '' ? '' : `${path}/`;
      const paths = isWildcard
        ? [...walk.firewall.rulesets.keys()]
            .filter((one) => one !== '' && one.startsWith(prefix) && !one.slice(prefix.length).includes('/'))
            .sort()
        : [path];
      for (const one of paths) {
        const outcome = evaluate(walk, one, rule);
        if (outcome !== 'on') return outcome;
        if (rule.quick && walk.anchorRule === rule) return 'quick';
      }
    } else if (rule.action === 'match') {
      walk.matchRules.unshift(rule);
      if (rule.rtable !== null) walk.rtable = rule.rtable;
      if (!translate(walk, anchor, rule)) return 'failed';
      if (rule.quick) return 'quick';
    } else {
      walk.rule = rule;
      walk.ruleAnchor = anchor;
      walk.anchorRule = caller;
      if (rule.quick) return 'quick';
    }
    i++;
  }
  return 'on';
};

const count = (place: Place, rule: Rule | null, bytes: number): void => {
  if (rule === null) return;
  if (place.direction === 'in') {
    rule.counters.packetsIn++;
    rule.counters.bytesIn += bytes;
  } else {
    rule.counters.packetsOut++;
    rule.counters.bytesOut += bytes;
  }
};

const countState = (place: Place, pfState: PfState, bytes: number): void => {
  count(place, pfState.rule, bytes);
  count(place, pfState.anchorRule, bytes);
  for (const rule of pfState.matchRules) count(place, rule, bytes);
  const i = place.direction === pfState.direction ? 0 : 1;
  pfState.packets[i]++;
  pfState.bytes[i] += bytes;
};

/** The packet with the ends of a key, as seen in a direction. */
const rewrite = (packet: Packet, direction: Direction, key: StateKey): Packet => ({
  ...packet,
  source: direction === 'in' ? key.address0 : key.address1,
  sourcePort: direction === 'in' ? key.port0 : key.port1,
  destination: direction === 'in' ? key.address1 : key.address0,
  destinationPort: direction === 'in' ? key.port1 : key.port0,
});

/** Whether an outgoing packet's destination differs between two keys. */
const isElsewhere = (a: StateKey, b: StateKey): boolean =>
  a.address0 !== b.address0 || a.rdomain !== b.rdomain;

const doesRoute = (pfState: PfState, direction: Direction): boolean =>
  pfState.route !== null && (pfState.route.kind === 'reply-to') !== (pfState.direction === direction);

const passState = (place: Place, packet: Packet, pfState: PfState): Verdict => {
  const { direction, now } = place;
  if (packet.protocol === 'tcp' && packet.flags.syn === true && packet.flags.ack !== true) {
    const low = Math.min(pfState.source.level, pfState.destination.level);
    if (low >= 9) {
      // both ends are done: the port is used anew
      place.firewall.states.remove(pfState);
      place.firewall.counters.removals++;
      return testPacket(place, packet);
    }
    if (low >= 4) return { kind: 'block', answer: 'none', why: 'state-mismatch', rule: null };
  }
  stepState(pfState, direction, packet.flags, now);
  countState(place, pfState, packet.bytes);
  // an incoming packet becomes what the stack sees, an outgoing one what the wire sees
  const key = direction === 'in' ? pfState.stack : pfState.wire;
  const from = direction === 'in' ? pfState.wire : pfState.stack;
  const isForward = direction === pfState.direction;
  const rtable =
    isForward && pfState.rtable !== null ? pfState.rtable : key === from ? packet.rtable : key.rdomain;
  return {
    kind: 'pass',
    packet: { ...rewrite(packet, direction, key), tag: pfState.tag ?? packet.tag, rtable },
    pfState,
    gateway: doesRoute(pfState, direction) ? (pfState.route?.gateway ?? null) : null,
    isRerouted: direction === 'out' && isElsewhere(from, key),
  };
};

const block = (walk: Walk, rule: Rule): Verdict => {
  count(walk, rule, walk.packet.bytes);
  count(walk, walk.anchorRule, walk.packet.bytes);
  const { packet } = walk;
  const answer = ((): 'none' | 'rst' | 'unreachable' => {
    if (rule.answer === 'drop') return 'none';
    if (packet.protocol === 'tcp' && rule.answer !== 'return-icmp')
      return packet.flags.rst === true ? 'none' : 'rst';
    if (rule.answer === 'return-rst') return 'none';
    return packet.icmpType === null || isEchoRequest(packet) ? 'unreachable' : 'none';
  })();
  return { kind: 'block', answer, why: 'blocked', rule };
};

const drop = (why: string): Verdict => ({ kind: 'block', answer: 'none', why, rule: null });

const createState = (walk: Walk, rule: Rule): Verdict => {
  const { firewall, packet, direction } = walk;
  const limit = firewall.limits.get('states') ?? 0;
  if (
    firewall.states.all.size >= limit ||
    (rule.maxStates !== null && rule.counters.current >= rule.maxStates)
  ) {
    firewall.counters.stateLimit++;
    return drop('state-limit');
  }
  const stackRdomain = firewall.world.rdomainOf(walk.rtable);
  const first = createKey(
    direction,
    walk.rdomain,
    packet.source,
    packet.sourcePort,
    packet.destination,
    packet.destinationPort,
  );
  const second = createKey(
    direction,
    stackRdomain,
    walk.source,
    walk.sourcePort,
    walk.destination,
    walk.destinationPort,
  );
  const text = (key: StateKey): string => keyText(packet.family, packet.protocol, key);
  const isSame = text(first) === text(second);
  const wire = direction === 'in' || isSame ? first : second;
  const stack = direction === 'out' || isSame ? first : second;
  const nic = rule.isIfBound ? walk.nic.name : 'all';
  const clash = firewall.states.find(direction, text(direction === 'in' ? wire : stack), walk.nic.name);
  if (clash !== null && clash.interface === nic) {
    firewall.counters.stateInsert++;
    return drop('state-insert');
  }
  const chosen = rule.route === null ? null : choose(walk, walk.ruleAnchor, rule.route.pool, packet.family);
  if (rule.route !== null && chosen === null) {
    firewall.counters.noRoute++;
    return drop('no-route');
  }
  if (chosen?.entry) {
    chosen.entry.active++;
    chosen.entry.isCounted = true;
  }
  const peer = (level: number): PfState['source'] => ({
    level,
    sequence: firewall.random.below(4294967296),
    window: 64512 + firewall.random.below(1024),
  });
  const pfState: PfState = {
    id: firewall.nextId++,
    direction,
    interface: nic,
    family: packet.family,
    protocol: packet.protocol,
    wire,
    stack,
    rule,
    anchorRule: walk.anchorRule,
    matchRules: walk.matchRules,
    route:
      rule.route === null || chosen === null
        ? null
        : { kind: rule.route.kind, gateway: chosen.address, entry: chosen.entry },
    rtable: walk.rtable === packet.rtable ? null : walk.rtable,
    tag: walk.tag ?? packet.tag,
    source: peer(openingLevel(packet.protocol)),
    destination: peer(0),
    timeout: openingTimeout(packet.protocol),
    created: walk.now,
    touched: walk.now,
    packets: [0, 0],
    bytes: [0, 0],
  };
  firewall.states.insert(pfState);
  firewall.counters.inserts++;
  countState(walk, pfState, packet.bytes);
  const outcome = rewrite(packet, direction, direction === 'in' ? stack : wire);
  return {
    kind: 'pass',
    packet: { ...outcome, tag: pfState.tag, rtable: walk.rtable },
    pfState,
    gateway: doesRoute(pfState, direction) ? (pfState.route?.gateway ?? null) : null,
    isRerouted: direction === 'out' && isElsewhere(stack, wire),
  };
};

/** Walks a packet through pf. Without a matching rule it passes, and no pf state is made. */
export const testPacket = (place: Place, packet: Packet): Verdict => {
  const { firewall, nic, direction, now } = place;
  if (!firewall.isEnabled || [...firewall.skips].some((name) => doesInterfaceMatch(place, name)))
    return { kind: 'pass', packet, pfState: null, gateway: null, isRerouted: false };
  firewall.states.purge(now);
  const rdomain = firewall.world.rdomainOf(packet.rtable);
  const key = createKey(
    direction,
    rdomain,
    packet.source,
    packet.sourcePort,
    packet.destination,
    packet.destinationPort,
  );
  firewall.counters.searches++;
  const known = firewall.states.find(direction, keyText(packet.family, packet.protocol, key), nic.name);
  if (known !== null) return passState(place, packet, known);
  const walk: Walk = {
    ...place,
    packet,
    rdomain,
    matchRules: [],
    source: packet.source,
    sourcePort: packet.sourcePort,
    destination: packet.destination,
    destinationPort: packet.destinationPort,
    tag: null,
    rtable: packet.rtable,
    rule: null,
    ruleAnchor: '',
    anchorRule: null,
  };
  if (evaluate(walk, '', null) === 'failed') {
    firewall.counters.translate++;
    return drop('translate');
  }
  const { rule } = walk;
  firewall.counters.match++;
  if (rule === null) {
    // pf's own last rule: pass, no state
    return {
      kind: 'pass',
      packet: { ...packet, tag: walk.tag ?? packet.tag, rtable: walk.rtable },
      pfState: null,
      gateway: null,
      isRerouted: false,
    };
  }
  if (rule.rtable !== null) walk.rtable = rule.rtable;
  if (!translate(walk, walk.ruleAnchor, rule)) {
    firewall.counters.translate++;
    return drop('translate');
  }
  if (rule.action === 'block') return block(walk, rule);
  if (rule.keepState && (packet.icmpType === null || isEchoRequest(packet))) return createState(walk, rule);
  count(walk, rule, packet.bytes);
  count(walk, walk.anchorRule, packet.bytes);
  return {
    kind: 'pass',
    packet: { ...packet, tag: walk.tag ?? packet.tag, rtable: walk.rtable },
    pfState: null,
    gateway: null,
    isRerouted: false,
  };
};
