/**
 * `[policy.X]` and its members: links by name, with what the link says unless the member says otherwise.
 */
import type { Member, PolicySettings } from '../core/model.ts';
import type { LinkTable } from './link.ts';
import { checkPool, type PoolMember } from './pool.ts';
import { asTable, checkName, type Given, keyOf, plainValue, type Report, readTable } from './read.ts';
import { DEFAULT_LINK, DEFAULT_POLICY, memberShape, policyShape } from './schema.ts';
import { suggest } from './suggest.ts';
import type { Node, Table } from './toml.ts';
import { found } from './value.ts';

type MemberKeys = Given<typeof memberShape>;

/** The link's own tier and weight, unless the member says otherwise. `table` is the member's, null for a mere name. */
const memberOf = (link: LinkTable, given: MemberKeys = {}, table: Table | null = null): PoolMember => {
  const known = (name: 'tier' | 'weight'): number | null => {
    if (table?.entries.has(name)) return given[name] ?? null;
    return link.table.entries.has(name) ? (link.given[name] ?? null) : DEFAULT_LINK[name];
  };
  return { table: link, tier: known('tier'), weight: known('weight') };
};

/** All links by name; null for one that could not be read, which is an error already. */
type Links = ReadonlyMap<string, LinkTable | null>;

/** A link's name, or `{ link, tier, weight }`. Null when what it says is wrong. */
const readMember = (node: Node, key: string, links: Links, report: Report): PoolMember | null => {
  const given: MemberKeys =
    node.kind === 'table' ? readTable(memberShape, [], node, key, report) : readName(node, key, report);
  if (given.link === undefined) return null;
  const link = links.get(given.link);
  if (link === undefined) {
    const inner = node.kind === 'table' ? node.entries.get('link')?.node : undefined;
    const what = `expected the name of a link, found ${found(given.link)}${suggest(given.link, [...links.keys()])}`;
    report((inner ?? node).at, inner === undefined ? key : `${key}.link`, what);
  }
  return link ? memberOf(link, given, node.kind === 'table' ? node : null) : null;
};

const readName = (node: Node, key: string, report: Report): MemberKeys => {
  const value = plainValue(node);
  if (typeof value === 'string') return { link: value };
  report(node.at, key, `expected the name of a link or { link = "fibre", tier = 1 }, found ${found(value)}`);
  return {};
};

const readMembers = (node: Node, key: string, links: Links, report: Report): readonly PoolMember[] => {
  const members = new Map<string, PoolMember>();
  if (node.kind !== 'array' || node.elements.length === 0) {
    const what = node.kind === 'array' ? 'none' : found(plainValue(node));
    report(node.at, key, `expected an array of one or more links, found ${what}`);
    return [];
  }
  for (const [index, element] of node.elements.entries()) {
    const inner = `${key}[${index}]`;
    const member = readMember(element, inner, links, report);
    if (member === null) continue;
    const { name } = member.table;
    if (members.has(name)) report(element.at, inner, `${found(name)} is a member already`);
    members.set(name, member);
  }
  return [...members.values()];
};

/** Why a name that looks well cannot be a policy's: its table or its tag has another meaning. */
const reservedPolicy = (name: string): string | null => {
  if (name === 'local') return 'reserved: its table would be that of the local networks';
  if (/_inet6?$/.test(name)) return 'reserved: its table would be that of another policy in one family';
  return /^inbound(_|$)/.test(name)
    ? `reserved: the tag uplink_${name} is for connections from outside`
    : null;
};

const allMembers = (links: Links): readonly PoolMember[] =>
  [...links.values()].filter((link) => link !== null).map((link) => memberOf(link));

/** A tier or weight that is wrong is an error already, so what stands in for it does not matter. */
const settleMember = ({ table, tier, weight }: PoolMember): Member => ({
  link: table.name,
  tier: tier ?? DEFAULT_LINK.tier,
  weight: weight ?? DEFAULT_LINK.weight,
});

/** Reads every policy of `[policy]`; without any there is `default`, with all links. */
export const readPolicies = (
  policies: Table | null,
  links: Links,
  report: Report,
): readonly PolicySettings[] => {
  if (policies === null || policies.entries.size === 0) {
    return [{ name: 'default', members: allMembers(links).map(settleMember), ...DEFAULT_POLICY }];
  }
  const read: PolicySettings[] = [];
  for (const [name, entry] of policies.entries) {
    const key = keyOf('policy', name);
    checkName(name, entry.keyAt, key, report);
    const reserved = reservedPolicy(name);
    if (reserved !== null) report(entry.keyAt, key, `expected another name, ${reserved}`);
    const table = asTable(entry.node, key, '[policy.default]', report);
    if (table === null) continue;
    const given = readTable(policyShape, ['members'], table, key, report);
    const node = table.entries.get('members')?.node;
    const members =
      node === undefined ? allMembers(links) : readMembers(node, `${key}.members`, links, report);
    checkPool(key, table, given, members, report);
    read.push({ name, members: members.map(settleMember), ...DEFAULT_POLICY, ...given });
  }
  return read;
};
