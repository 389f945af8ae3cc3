/**
 * `[policy.X]` and its members: links by name, with what the link says unless the member says otherwise.
 */
import type { Member, PolicySettings } from '../core/model.ts';
import type { LinkTable } from './link.ts';
import {
  asTable,
  checkName,
  type Given,
  keyOf,
  plainValue,
  type Report,
  readTable,
  suggest,
} from './read.ts';
import { DEFAULTS, found, memberShape, policyShape } from './schema.ts';
import type { Node, Table } from './toml.ts';

const memberOf = (link: LinkTable): Member => ({
  link: link.name,
  tier: link.given.tier ?? DEFAULTS.tier,
  weight: link.given.weight ?? DEFAULTS.weight,
});

/** All links by name; null for one that could not be read, which is an error already. */
type Links = ReadonlyMap<string, LinkTable | null>;

/** A link's name, or `{ link, tier, weight }`. Null when what it says is wrong. */
const readMember = (node: Node, key: string, links: Links, report: Report): Member | null => {
  const given: Given<typeof memberShape> =
    node.kind === 'table' ? readTable(memberShape, [], node, key, report) : readName(node, key, report);
  if (given.link === undefined) return null;
  const link = links.get(given.link);
  if (link === undefined) {
    const inner = node.kind === 'table' ? node.entries.get('link')?.node : undefined;
    const what = `expected the name of a link, found ${found(given.link)}${suggest(given.link, [...links.keys()])}`;
    report((inner ?? node).at, inner === undefined ? key : `${key}.link`, what);
  }
  return link ? { ...memberOf(link), ...given, link: link.name } : null;
};

const readName = (node: Node, key: string, report: Report): Given<typeof memberShape> => {
  const value = plainValue(node);
  if (typeof value === 'string') return { link: value };
  report(node.at, key, `expected the name of a link or { link = "fibre", tier = 1 }, found ${found(value)}`);
  return {};
};

const readMembers = (node: Node, key: string, links: Links, report: Report): readonly Member[] => {
  const members = new Map<string, Member>();
  if (node.kind !== 'array' || node.elements.length === 0) {
    const what = node.kind === 'array' ? 'none' : found(plainValue(node));
    report(node.at, key, `expected an array of one or more links, found ${what}`);
    return [];
  }
  for (const [index, element] of node.elements.entries()) {
    const inner = `${key}[${index}]`;
    const member = readMember(element, inner, links, report);
    if (member === null) continue;
    if (members.has(member.link)) report(element.at, inner, `${found(member.link)} is a member already`);
    members.set(member.link, member);
  }
  return [...members.values()];
};

/** Why a name that looks well cannot be a policy's: its table or its tag has another meaning. */
const reservedPolicy = (name: string): string | null => {
  if (name === 'local') return 'reserved: its table would be that of the local networks';
  return /^inbound(_|$)/.test(name)
    ? `reserved: the tag uplink_${name} is for connections from outside`
    : null;
};

const allMembers = (links: Links): readonly Member[] =>
  [...links.values()].filter((link) => link !== null).map(memberOf);

/** Reads every policy of `[policy]`; without any there is `default`, with all links. */
export const readPolicies = (
  policies: Table | null,
  links: Links,
  report: Report,
): readonly PolicySettings[] => {
  const { balance, empty } = DEFAULTS;
  if (policies === null || policies.entries.size === 0) {
    return [{ name: 'default', members: allMembers(links), balance, empty }];
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
    read.push({ name, members, balance, empty, ...given });
  }
  return read;
};
