/**
 * Desired pf content as data: the anchor's rules, the tables of the main rule set, the kills. text/pf.ts turns the
 * rules into pf.conf(5); nothing here knows that language.
 */
import { networkOf, renderPrefix } from './address.ts';
import type { Decision } from './decide.ts';
import type { Family, InterfaceTable, Settings } from './model.ts';

/** How a rule sends a packet to a link. */
export type Via =
  | { readonly kind: 'route-to'; readonly gateway: string }
  | { readonly kind: 'rtable'; readonly rtable: number };

export type Rule =
  /** Lets this machine's own probes out by their link, whatever pf.conf blocks (DESIGN.md 3, point 11). */
  | { readonly kind: 'probe'; readonly link: string; readonly interface: string; readonly family: Family }
  /** Sends new connections of a policy to a link; with `probability` below 1 only that share of those that get here. */
  | {
      readonly kind: 'choose';
      readonly policy: string;
      readonly family: Family;
      readonly link: string;
      readonly probability: number;
      readonly via: Via;
    }
  /** The end of every policy: what nothing has taken is refused, in either family (fail closed). */
  | { readonly kind: 'refuse'; readonly policy: string }
  /** Lets a policy's connections out by a link, with that link's address if `nat`, by an if-bound state. */
  | {
      readonly kind: 'leave';
      readonly policy: string;
      readonly family: Family;
      readonly link: string;
      readonly interface: string;
      readonly nat: boolean;
    };

export type Ruleset = readonly Rule[];

/** A table of the main rule set, replaced as a whole. Addresses are canonical text, `/length` unless a host, sorted. */
export interface Table {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** What the outside of this machine may never be sent to an uplink: link-local, multicast, broadcast, loopback. */
const neverSent: readonly string[] = [
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255',
  '::1',
  'fe80::/10',
  'ff00::/8',
];

/**
 * `<anchor>_local`: this machine's own addresses, the networks of its interfaces that are no link, the configured
 * ones, and what is never routed. A link's own network is not in it: what goes there is a policy's like the rest.
 */
const localTable = (settings: Settings, interfaces: InterfaceTable): Table => {
  const linked = new Set(settings.links.map((link) => link.interface));
  const found = new Set(neverSent);
  for (const prefix of settings.local) found.add(renderPrefix(prefix));
  for (const each of interfaces.filter(({ rdomain }) => rdomain === 0)) {
    for (const own of each.addresses) {
      // All of fe80::/10 is in anyway, and without its scope such an address means nothing.
      if (own.address.startsWith('fe80:')) continue;
      found.add(own.address);
      if (own.peer !== null && !linked.has(each.name)) found.add(own.peer);
      if (own.peer === null && !linked.has(each.name))
        found.add(renderPrefix(networkOf(own.address, own.prefixLength)));
    }
  }
  found.delete('0.0.0.0');
  return { name: `${settings.anchor}_local`, addresses: [...found].sort() };
};

/** `<anchor>_<policy>`: the gateways that new connections go to now, for people with rules of their own. */
const policyTable = (settings: Settings, decision: Decision): Table => ({
  name: `${settings.anchor}_${decision.policy}`,
  addresses: settings.links
    .filter((link) => decision.shares.some((share) => share.link === link.name))
    .map((link) => link.gateway)
    .sort(),
});

/** The chain: each rule takes its share of what the rules before it have left, the last one all of the rest. */
const chooseRules = (settings: Settings, decision: Decision): readonly Rule[] => {
  let left = decision.shares.reduce((sum, share) => sum + share.weight, 0);
  return decision.shares.flatMap((share): readonly Rule[] => {
    const link = settings.links.find((each) => each.name === share.link);
    if (link === undefined) return [];
    const probability = share.weight / left;
    left -= share.weight;
    const via: Via = { kind: 'route-to', gateway: link.gateway };
    return [
      { kind: 'choose', policy: decision.policy, family: decision.family, link: link.name, probability, via },
    ];
  });
};

/** What the anchor should hold. Equal settings and decisions give an equal ruleset. */
export const desireRuleset = (settings: Settings, decisions: readonly Decision[]): Ruleset => [
  ...settings.links.map(
    (link): Rule => ({ kind: 'probe', link: link.name, interface: link.interface, family: 'inet' }),
  ),
  ...settings.policies.flatMap((policy): readonly Rule[] => [
    ...decisions.filter((each) => each.policy === policy.name).flatMap((each) => chooseRules(settings, each)),
    { kind: 'refuse', policy: policy.name },
  ]),
  ...settings.policies.flatMap((policy): readonly Rule[] =>
    settings.links
      .filter((link) => policy.members.some((member) => member.link === link.name))
      .map((link) => ({
        kind: 'leave',
        policy: policy.name,
        family: 'inet',
        link: link.name,
        interface: link.interface,
        nat: link.nat,
      })),
  ),
];

/** What the tables of the main rule set should hold. */
export const desireTables = (
  settings: Settings,
  decisions: readonly Decision[],
  interfaces: InterfaceTable,
): readonly Table[] => [
  localTable(settings, interfaces),
  ...decisions.map((decision) => policyTable(settings, decision)),
];
