/**
 * A packet through pf on one interface in one direction: pf states first, then the rules, last match or quick, translation, the
 * pf state that is made (sys/net/pf.c: pf_test, pf_match_rule, pf_test_rule, pf_create_state). Routing is the router's.
 */
import type { Packet } from './packet.ts';
import { isAdvertisement, isEchoRequest, isSolicitation } from './packet.ts';
import { act, rewrite, withRule } from './pf-action.ts';
import type { Place, Walk } from './pf-match.ts';
import { doesInterfaceMatch, mismatch } from './pf-match.ts';
import { choose, findPort, redirectedPort } from './pf-pool.ts';
import type { Direction, Rule } from './pf-rules.ts';
import type { SourceNode } from './pf-source-node.ts';
import type { PfState, StateKey } from './pf-state.ts';
import { createKey, NO_ACTIONS, openingLevel, openingTimeout, stepState } from './pf-state.ts';
import { solicitedNode } from './solicited-node.ts';

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
    const asking = { anchor, rule, kind: 'nat-to', pool: rule.nat, source: walk.source } as const;
    const chosen = choose(walk, asking, walk.packet.family);
    const port = chosen === null ? null : findPort(walk, rule.nat, chosen.address);
    if (chosen === null || port === null) return false;
    walk.source = chosen.address;
    walk.sourcePort = port;
  }
  if (rule.rdr !== null) {
    // bitmask keeps the host part of what is translated, which is the destination here
    const source = rule.rdr.type === 'bitmask' ? walk.destination : walk.source;
    const chosen = choose(walk, { anchor, rule, kind: 'rdr-to', pool: rule.rdr, source }, walk.packet.family);
    if (chosen === null) return false;
    walk.destination = chosen.address;
    walk.destinationPort = redirectedPort(rule, rule.rdr, walk.destinationPort);
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
      walk.actions = withRule(walk.actions, rule);
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
  for (const node of pfState.nodes) {
    node.packets++;
    node.bytes += bytes;
  }
  const i = place.direction === pfState.direction ? 0 : 1;
  pfState.packets[i]++;
  pfState.bytes[i] += bytes;
};

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
      place.firewall.states.remove(pfState, now);
      place.firewall.counters.removals++;
      return judge(place, packet);
    }
    if (low >= 4) return { kind: 'block', answer: 'none', why: 'state-mismatch', rule: null };
  }
  const before = pfState.timeout;
  stepState(pfState, direction, packet.flags, now);
  if (pfState.timeout !== before) place.firewall.states.hasten(pfState);
  countState(place, pfState, packet.bytes);
  // an incoming packet becomes what the stack sees, an outgoing one what the wire sees
  const key = direction === 'in' ? pfState.stack : pfState.wire;
  const from = direction === 'in' ? pfState.wire : pfState.stack;
  const isForward = direction === pfState.direction;
  const rtable =
    isForward && pfState.rtable !== null ? pfState.rtable : key === from ? packet.rtable : key.rdomain;
  return {
    kind: 'pass',
    packet: rewrite(packet, direction, key, pfState.actions, pfState.tag ?? packet.tag, rtable),
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

const nodesOf = (walk: Walk): readonly SourceNode[] => {
  const { 'nat-to': nat, 'rdr-to': rdr, 'route-to': route } = walk.nodes;
  return nat === undefined && rdr === undefined && route === undefined
    ? []
    : [nat, rdr, route].filter((node) => node !== undefined);
};

const peer = (firewall: Walk['firewall'], level: number): PfState['source'] => ({
  level,
  sequence: firewall.random.below(4294967296),
  window: 64512 + firewall.random.below(1024),
});

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
  const isSame =
    walk.source === packet.source &&
    walk.sourcePort === packet.sourcePort &&
    walk.destination === packet.destination &&
    walk.destinationPort === packet.destinationPort &&
    stackRdomain === walk.rdomain;
  const isFirstWire = direction === 'in' || isSame;
  const isFirstStack = direction === 'out' || isSame;
  const wire = isFirstWire ? first : second;
  const stack = isFirstStack ? first : second;
  const nic = rule.isIfBound ? walk.nic.name : 'all';
  const clash = firewall.states.find(direction, packet.family, packet.protocol, first, walk.nic.name);
  if (clash !== null && clash.interface === nic) {
    firewall.counters.stateInsert++;
    return drop('state-insert');
  }
  const chosen =
    rule.route === null
      ? null
      : choose(
          walk,
          {
            anchor: walk.ruleAnchor,
            rule,
            kind: 'route-to',
            pool: rule.route.pool,
            source: packet.source,
          },
          packet.family,
        );
  if (rule.route !== null && chosen === null) {
    firewall.counters.noRoute++;
    return drop('no-route');
  }
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
        : { kind: rule.route.kind, gateway: chosen.address, table: chosen.table },
    nodes: nodesOf(walk),
    actions: walk.actions,
    rtable: walk.rtable === packet.rtable ? null : walk.rtable,
    tag: walk.tag ?? packet.tag,
    source: peer(firewall, openingLevel(packet.protocol)),
    destination: peer(firewall, 0),
    timeout: openingTimeout(packet.protocol),
    created: walk.now,
    touched: walk.now,
    packets: [0, 0],
    bytes: [0, 0],
    bucket: Number.POSITIVE_INFINITY,
    isAlive: true,
  };
  firewall.states.insert(pfState);
  firewall.counters.inserts++;
  countState(walk, pfState, packet.bytes);
  const key = direction === 'in' ? stack : wire;
  return {
    kind: 'pass',
    packet: rewrite(packet, direction, key, walk.actions, pfState.tag, walk.rtable),
    pfState,
    gateway: doesRoute(pfState, direction) ? (pfState.route?.gateway ?? null) : null,
    isRerouted: direction === 'out' && isElsewhere(stack, wire),
  };
};

const passUnchanged = (packet: Packet, rtable: number): Verdict => ({
  kind: 'pass',
  packet: { ...packet, rtable },
  pfState: null,
  gateway: null,
  isRerouted: false,
});

const isSkipped = (place: Place): boolean => {
  for (const name of place.firewall.skips) if (doesInterfaceMatch(place, name)) return true;
  return false;
};

const judge = (place: Place, packet: Packet): Verdict => {
  const { firewall, nic, direction, now } = place;
  firewall.states.purge(now);
  const rdomain = firewall.world.rdomainOf(packet.rtable);
  const isAnswer = isAdvertisement(packet);
  // who asks for a neighbour asks its multicast address
  const from = isAnswer ? solicitedNode(packet.source) : packet.source;
  firewall.counters.searches++;
  const { family, protocol, sourcePort, destination, destinationPort } = packet;
  const key = createKey(direction, rdomain, from, sourcePort, destination, destinationPort);
  const known = firewall.states.find(direction, family, protocol, key, nic.name);
  if (known !== null && isAnswer) return passUnchanged(packet, packet.rtable);
  if (known !== null) return passState(place, packet, known);
  // written out, for it is made for every packet without a pf state: V8 is slow at a literal that begins with a spread
  const walk: Walk = {
    firewall,
    nic,
    direction,
    now,
    packet,
    rdomain,
    matchRules: [],
    nodes: {},
    actions: NO_ACTIONS,
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
  // pf's own last rule: pass, no state. It has no actions, so those of match rules are lost
  if (rule === null) return passUnchanged({ ...packet, tag: walk.tag ?? packet.tag }, walk.rtable);
  if (rule.rtable !== null) walk.rtable = rule.rtable;
  walk.actions = withRule(walk.actions, rule);
  if (!translate(walk, walk.ruleAnchor, rule)) {
    firewall.counters.translate++;
    return drop('translate');
  }
  if (rule.action === 'block') return block(walk, rule);
  const makesState = packet.icmpType === null || isEchoRequest(packet) || isSolicitation(packet);
  if (rule.keepState && makesState) return createState(walk, rule);
  count(walk, rule, packet.bytes);
  count(walk, walk.anchorRule, packet.bytes);
  // without a pf state only the last rule's own actions are taken
  const marks = act(packet, withRule(NO_ACTIONS, rule));
  return passUnchanged({ ...packet, ...marks, tag: walk.tag ?? packet.tag }, walk.rtable);
};

/** Walks a packet through pf. Without a matching rule it passes, and no pf state is made. */
export const testPacket = (place: Place, packet: Packet): Verdict => {
  if (!place.firewall.isEnabled || isSkipped(place)) return passUnchanged(packet, packet.rtable);
  const verdict = judge(place, packet);
  place.firewall.traffic.count(place.nic.name, place.direction, packet, verdict.kind === 'pass');
  return verdict;
};
