/** Whether one rule takes a packet: interface, addresses, ports, flags, tags, chance, in pf's order, with pf's skip steps (sys/net/pf.c, pf_match_rule). */
import { doesContain, isLinkLocal, parseAddress } from './address.ts';
import type { Nic } from './nic.ts';
import type { Packet } from './packet.ts';
import { isAdvertisement, isEchoRequest, isSolicitation, prioOf, tosOf } from './packet.ts';
import type { Firewall } from './pf.ts';
import { interfaceAddresses, tableFor } from './pf.ts';
import type { Direction, End, Rule, TcpMatch } from './pf-rules.ts';
import { doesPortMatch, doesUserMatch } from './pf-rules.ts';
import type { NodeKind, SourceNode } from './pf-source-node.ts';
import type { Actions } from './pf-state.ts';
import { doesTableMatch } from './pf-table.ts';

/** Where and when a packet is tested. */
export interface Place {
  readonly firewall: Firewall;
  readonly nic: Nic;
  readonly direction: Direction;
  /** Milliseconds on the router's clock. */
  readonly now: number;
}

/** A packet on its way through the rules: what earlier rules have made of it, and the best rule so far. */
export interface Walk extends Place {
  readonly packet: Packet;
  readonly rdomain: number;
  readonly matchRules: Rule[];
  readonly nodes: { [Kind in NodeKind]?: SourceNode };
  actions: Actions;
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

/** A name in a rule: an interface, a group, `any`. */
export const doesInterfaceMatch = (place: Place, name: string): boolean =>
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
      if (table === null) return end.isNegated;
      // pf counts by the anchor's table, which is not there: the main rule set's is only asked
      const doesCount = table.anchor === anchor;
      return doesTableMatch(table, parsed, doesCount) !== end.isNegated;
    }
    case 'no-route': {
      // pf does not ask for addresses of one link (pf_routable)
      const isRoutable = isLinkLocal(parsed) || walk.firewall.world.isRoutable(walk.rtable, parsed);
      return isRoutable === end.isNegated;
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
export const mismatch = (walk: Walk, anchor: string, rule: Rule, i: number): number | null => {
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
    if (rule.user !== null && !doesUserMatch(rule.user, packet.user ?? null)) return next;
  } else {
    if (rule.icmpType !== null && rule.icmpType !== packet.icmpType) return next;
    // answers make no pf states; an advertisement passes without one
    if (
      rule.keepState &&
      !rule.isSloppy &&
      !isEchoRequest(packet) &&
      !isSolicitation(packet) &&
      !isAdvertisement(packet)
    )
      return next;
  }
  // to pf, no tos is 0
  if (rule.tos !== null && rule.tos !== 0 && rule.tos !== tosOf(packet)) return next;
  if (rule.probability !== null && rule.probability <= walk.firewall.random.below(4294967294) + 1)
    return next;
  if (rule.tagged !== null && (rule.tagged === (walk.tag ?? packet.tag)) === rule.isTaggedNegated)
    return next;
  if (rule.prio !== null && rule.prio !== prioOf(packet)) return next;
  return null;
};
