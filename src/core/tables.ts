/**
 * Desired tables of the main rule set: what is never sent to an uplink, and the gateways in use for people with rules of
 * their own. The tables of pools are ruleset.ts's.
 */
import { networkOf, renderPrefix } from './address.ts';
import type { Decision } from './decide.ts';
import {
  families,
  type InterfaceTable,
  isLinkLocal,
  type PathKey,
  type PolicySettings,
  pathKey,
  type Settings,
} from './model.ts';
import type { PathHealth } from './path.ts';
import type { Table } from './rule.ts';
import { knownGateway, linkOf } from './ruleset.ts';

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

export const localTableName = (settings: Settings): string => `${settings.anchor}_local`;

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
  return { name: localTableName(settings), addresses: [...found].sort() };
};

/** pf's limit on the name of a table, PF_TABLE_NAME_SIZE less its end. */
const LONGEST_TABLE_NAME = 31;

/** Gateways that may stand in a route-to: not the link-local ones, which pf would strip of their scope. */
const activeGateways = (
  settings: Settings,
  decisions: readonly Decision[],
  paths: ReadonlyMap<PathKey, PathHealth>,
): readonly string[] => {
  const found = decisions.flatMap((decision) =>
    decision.shares.flatMap((share) => {
      const link = linkOf(settings, share.link);
      const path = paths.get(pathKey(share.link, decision.family));
      // A gateway in another routing domain is nothing that a rule of the main one could reach.
      if (link === undefined || path === undefined || path.rdomain !== 0) return [];
      const gateway = knownGateway(link, path);
      return gateway === null || isLinkLocal(gateway) ? [] : [gateway];
    }),
  );
  return [...new Set(found)].sort();
};

/**
 * `<anchor>_<policy>`: the gateways that new connections go to now, for people with rules of their own; and the same per
 * family (`…_inet`, `…_inet6`) where a policy has both, unless that name is too long for pf or another policy's.
 */
const policyTables = (
  settings: Settings,
  policy: PolicySettings,
  decisions: readonly Decision[],
  paths: ReadonlyMap<PathKey, PathHealth>,
): readonly Table[] => {
  const name = `${settings.anchor}_${policy.name}`;
  const own = decisions.filter((decision) => decision.policy === policy.name);
  const used = families.filter((family) => own.some((decision) => decision.family === family));
  return [
    { name, addresses: activeGateways(settings, own, paths) },
    ...(used.length < 2 ? [] : used)
      .map((family) => ({
        name: `${name}_${family}`,
        addresses: activeGateways(
          settings,
          own.filter((decision) => decision.family === family),
          paths,
        ),
      }))
      .filter((table) => table.name.length <= LONGEST_TABLE_NAME)
      .filter((table) => !settings.policies.some((each) => table.name === `${settings.anchor}_${each.name}`)),
  ];
};

/** What the tables of the main rule set should hold. */
export const desireTables = (
  settings: Settings,
  decisions: readonly Decision[],
  interfaces: InterfaceTable,
  paths: ReadonlyMap<PathKey, PathHealth>,
): readonly Table[] => [
  localTable(settings, interfaces),
  ...settings.policies.flatMap((policy) => policyTables(settings, policy, decisions, paths)),
];
