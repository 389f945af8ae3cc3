/**
 * `[link.X]`: reads every link, judges what takes more than one key or more than one link, and settles each link's
 * settings from its own keys and the defaults. Its probe table is probe.ts.
 */
import { comparePrefixes, containsAddress, renderPrefix } from '../core/address.ts';
import { type Family, gatewayWords, isLinkLocal, type LinkSettings, type Prefix } from '../core/model.ts';
import {
  checkIdle,
  checkMarks,
  checkQuorum,
  type ProbeTable,
  pickTargets,
  readProbe,
  settleProbe,
} from './probe.ts';
import { asTable, checkName, type Given, keyOf, type Report, readTable } from './read.ts';
import { DEFAULT_LINK, linkShape } from './schema.ts';
import type { Place, Table } from './toml.ts';
import { found } from './value.ts';

export interface LinkTable {
  readonly name: string;
  /** `link.fibre`, fit to be shown. */
  readonly key: string;
  readonly table: Table;
  readonly given: Given<typeof linkShape>;
  readonly probe: ProbeTable;
}

/** Reads every link of `[link]`, by name; null for one that is no table. */
export const readLinks = (links: Table, report: Report): ReadonlyMap<string, LinkTable | null> => {
  const read = new Map<string, LinkTable | null>();
  // `[link]` with the keys of a link below: one name is missing, and not a table for each key.
  const stray = [...links.entries].find(([, { node }]) => node.kind === 'scalar');
  for (const [name, entry] of links.entries) {
    const key = keyOf('link', name);
    if (entry.node.kind === 'scalar' && name !== stray?.[0] && name in linkShape) {
      read.set(name, null);
      continue;
    }
    checkName(name, entry.keyAt, key, report);
    const table = asTable(entry.node, key, '[link.fibre]', report);
    const given = table === null ? {} : readTable(linkShape, ['probe'], table, key, report);
    read.set(name, table && { name, key, table, given, probe: readProbe(table, key, report) });
  }
  return read;
};

const placeOf = (link: LinkTable, name: keyof typeof linkShape): Place | null =>
  link.table.entries.get(name)?.node.at ?? null;

const familiesOf = ({ given }: LinkTable): readonly Family[] => [
  ...(given.gateway === undefined ? [] : ['inet' as const]),
  ...(given.gateway6 === undefined ? [] : ['inet6' as const]),
];

// ---- one link --------------------------------------------------------------------------------------------------

/** A gateway that is listed as a target by its address, too, would count twice. */
const checkGatewayTarget = (
  link: LinkTable,
  name: 'gateway' | 'gateway6',
  probe: ProbeTable,
  report: Report,
) => {
  const at = placeOf(link, name);
  const address = link.given[name];
  const targets = pickTargets([link.probe, probe]);
  const isTarget = targets?.some((each) => each.kind === 'address' && each.address === address);
  if (at !== null && isTarget && targets?.some((each) => each.kind === 'gateway')) {
    const what = `${found(address)} is among its probe targets, beside "gateway": the same target twice`;
    report(at, `${link.key}.${name}`, what);
  }
};

const checkLink = (link: LinkTable, probe: ProbeTable, report: Report): void => {
  const { key, given } = link;
  if (placeOf(link, 'gateway') === null && placeOf(link, 'gateway6') === null) {
    report(link.table.at, key, 'expected gateway or gateway6, found neither');
  }
  const via = placeOf(link, 'via');
  const isLearnt6 = gatewayWords.some((word) => word === given.gateway6);
  if (via !== null && given.via === 'route-to' && (isLearnt6 || isLinkLocal(given.gateway6 ?? ''))) {
    const which = isLearnt6
      ? 'a gateway6 that is learnt, which is a link-local one'
      : 'a link-local gateway6';
    const what = `"route-to" does not work with ${which}, whose scope pf loses: leave via out`;
    report(via, `${key}.via`, what);
  }
  const nat6 = placeOf(link, 'nat6');
  const prefixes = given.prefix6 ?? (placeOf(link, 'prefix6') === null ? [] : null);
  if (nat6 !== null && given.nat6 === 'prefix' && prefixes?.length === 0) {
    const what = '"prefix" needs prefix6, the networks that the provider has delegated to this link';
    report(nat6, `${key}.nat6`, what);
  }
  // What -nv prints says these of every link; only what would be lost is an error. A wrong value is one already.
  const isLost = { nat6: (given.nat6 ?? 'no') !== 'no', prefix6: (given.prefix6 ?? []).length > 0 };
  for (const name of ['nat6', 'prefix6'] as const) {
    const at = placeOf(link, name);
    if (at !== null && isLost[name] && placeOf(link, 'gateway6') === null) {
      report(at, `${key}.${name}`, 'expected gateway6 beside it: this link has no inet6 path');
    }
  }
  const budget = placeOf(link, 'budget');
  const isMetered = given.metered ?? placeOf(link, 'metered') !== null;
  if (budget !== null && !isMetered)
    report(budget, `${key}.budget`, 'expected metered = true beside it: only metered links are probed less');
  checkGatewayTarget(link, 'gateway', probe, report);
  checkGatewayTarget(link, 'gateway6', probe, report);
};

// ---- more than one link ----------------------------------------------------------------------------------------

/** No two links may have the same value of a key. Told at the second. */
const checkUnique = (
  links: readonly LinkTable[],
  name: 'interface' | 'rtable',
  why: (value: string, first: string) => string,
  report: Report,
): void => {
  const first = new Map<string | number, string>();
  for (const link of links) {
    const value = link.given[name];
    const at = placeOf(link, name);
    if (value === undefined || at === null) continue;
    const other = first.get(value);
    if (other !== undefined) report(at, `${link.key}.${name}`, why(found(value), other));
    else first.set(value, link.key);
  }
};

interface PlacedPrefix {
  readonly link: string;
  readonly prefix: Prefix;
  readonly at: Place;
  readonly key: string;
  /** In the order of the file. */
  readonly order: number;
}

const placedPrefixes = (links: readonly LinkTable[]): readonly PlacedPrefix[] =>
  links
    .flatMap(({ key, table, given }) => {
      const node = table.entries.get('prefix6')?.node;
      return (given.prefix6 ?? []).map((prefix, index) => ({
        link: key,
        prefix,
        at: (node?.kind === 'array' ? node.elements[index] : undefined)?.at ?? table.at,
        key: `${key}.prefix6[${index}]`,
      }));
    })
    .map((each, order) => ({ ...each, order }));

/**
 * A source address must belong to one link. Of two networks one is in the other or they have nothing in common, so in
 * the order of addresses it is enough to remember those that the present one is in. Told at the later of the two.
 */
const checkPrefixes = (links: readonly LinkTable[], report: Report): void => {
  const told = new Set<PlacedPrefix>();
  let around: readonly PlacedPrefix[] = [];
  const sorted = placedPrefixes(links).toSorted(
    (a, b) => comparePrefixes(a.prefix, b.prefix) || a.order - b.order,
  );
  for (const each of sorted) {
    around = around.filter(({ prefix }) => containsAddress(prefix, each.prefix.address));
    const twin = around.find(
      ({ link, prefix }) => link === each.link && prefix.length === each.prefix.length,
    );
    const other = twin ?? around.find(({ link }) => link !== each.link);
    around = [...around, each];
    if (other === undefined) continue;
    const [first, second] = other.order < each.order ? [other, each] : [each, other];
    if (told.has(second)) continue;
    told.add(second);
    const shown = found(renderPrefix(second.prefix));
    report(
      second.at,
      second.key,
      first === twin || second === twin
        ? `${shown} is listed twice`
        : `${shown} overlaps ${found(renderPrefix(first.prefix))} of ${first.link}: a source belongs to one link`,
    );
  }
};

/** What takes more than one key of a link, more than one link, or a link and its probe settings. */
export const checkLinks = (links: readonly LinkTable[], probe: ProbeTable, report: Report): void => {
  checkUnique(links, 'interface', (value, first) => `${value} is the interface of ${first}, too`, report);
  // The same gateway on two links is well with a routing domain each, which only the machine knows (core/conflict.ts).
  checkUnique(links, 'rtable', (value, first) => `${value} is the routing table of ${first}, too`, report);
  checkPrefixes(links, report);
  checkMarks([probe], report);
  checkIdle([probe], report);
  const told = new Set<string>();
  for (const link of links) {
    checkLink(link, probe, report);
    checkQuorum(link.key, familiesOf(link), [link.probe, probe], told, report);
    checkMarks([link.probe, probe], report);
    checkIdle([link.probe, probe], report);
  }
};

/** Null for a link without interface or gateway, which is an error already. */
export const settleLink = (link: LinkTable, probe: ProbeTable): LinkSettings | null => {
  const { interface: name, ...given } = link.given;
  if (name === undefined || familiesOf(link).length === 0) return null;
  return {
    ...DEFAULT_LINK,
    ...given,
    name: link.name,
    interface: name,
    probe: settleProbe(link.probe, probe),
  };
};
