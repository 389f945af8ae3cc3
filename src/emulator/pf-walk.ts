/**
 * A packet through pf on one interface in one direction: pf states first, then the rules, last match or quick, translation, the
 * pf state that is made (sys/net/pf.c: pf_test, pf_match_rule, pf_test_rule, pf_create_state). Routing is the router's.
 */
import type { Packet } from './packet.ts';
import { isEchoRequest } from './packet.ts';
import type { Place, Walk } from './pf-match.ts';
import { doesInterfaceMatch, mismatch } from './pf-match.ts';
import { choose, findPort } from './pf-pool.ts';
import type { Direction, Rule } from './pf-rules.ts';
import type { PfState, StateKey } from './pf-state.ts';
import { createKey, keyText, openingLevel, openingTimeout, stepState } from './pf-state.ts';

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

const isSkipped = (place: Place): boolean => {
  for (const name of place.firewall.skips) if (doesInterfaceMatch(place, name)) return true;
  return false;
};

/** Walks a packet through pf. Without a matching rule it passes, and no pf state is made. */
export const testPacket = (place: Place, packet: Packet): Verdict => {
  const { firewall, nic, direction, now } = place;
  if (!firewall.isEnabled || isSkipped(place))
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
