/**
 * What pf counts when a packet has passed or was blocked: by rule, anchor rule, pf state, source node and table (sys/net/pf.c,
 * pf_counters_inc). Interfaces are pf-traffic.ts.
 */
import type { Packet } from './packet.ts';
import { tableFor } from './pf.ts';
import type { Place } from './pf-match.ts';
import type { Direction, End, Rule } from './pf-rules.ts';
import type { PfState } from './pf-state.ts';
import { countTraffic } from './pf-table.ts';

const countRule = (rule: Rule, direction: Direction, bytes: number): void => {
  const { counters } = rule;
  if (direction === 'in') {
    counters.packetsIn++;
    counters.bytesIn += bytes;
  } else {
    counters.packetsOut++;
    counters.bytesOut += bytes;
  }
};

const countEnd = (place: Place, rule: Rule, end: End, address: string, bytes: number): void => {
  if (end.host.kind !== 'table') return;
  const table = tableFor(place.firewall, rule.home, end.host.name);
  if (table !== null) countTraffic(table, address, end.isNegated, rule.action, place.direction, bytes);
};

/** By the rule that decided about it, without a pf state. */
export const countPacket = (place: Place, rule: Rule, anchorRule: Rule | null, packet: Packet): void => {
  const { source, destination, bytes } = packet;
  countRule(rule, place.direction, bytes);
  if (anchorRule !== null) countRule(anchorRule, place.direction, bytes);
  countEnd(place, rule, rule.source, source, bytes);
  countEnd(place, rule, rule.destination, destination, bytes);
};

/** Of a pf state. Tables are asked about the addresses that it has given, which need not be those that the rule has matched. */
export const countState = (place: Place, pfState: PfState, bytes: number): void => {
  const { rule, anchorRule, wire, stack } = pfState;
  const isIn = pfState.direction === 'in';
  const source = isIn ? stack.address0 : wire.address1;
  const destination = isIn ? stack.address1 : wire.address0;
  const isForward = place.direction === pfState.direction;
  countRule(rule, place.direction, bytes);
  countEnd(place, rule, rule.source, source, bytes);
  countEnd(place, rule, rule.destination, destination, bytes);
  if (anchorRule !== null) countRule(anchorRule, place.direction, bytes);
  for (const match of pfState.matchRules) {
    // for match rules, in is forward
    countRule(match, isForward ? 'in' : 'out', bytes);
    countEnd(place, match, match.source, source, bytes);
    countEnd(place, match, match.destination, destination, bytes);
  }
  for (const node of pfState.nodes) {
    node.packets++;
    node.bytes += bytes;
  }
  const i = isForward ? 0 : 1;
  pfState.packets[i]++;
  pfState.bytes[i] += bytes;
};
