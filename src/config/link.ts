/**
 * `[probe]`, `[link.X]` and `[link.X.probe]`: reads them, judges what takes more than one key or more than one link, and
 * settles each link's settings from its own keys, the common ones and the defaults.
 */
import type { LinkSettings, ProbeSettings } from '../core/model.ts';
import { asTable, checkName, type Given, keyOf, type Report, readTable } from './read.ts';
import { DEFAULT_PROBE, DEFAULTS, found, linkShape, probeShape } from './schema.ts';
import type { Place, Table } from './toml.ts';

/** `[probe]` or `[link.X.probe]`; `table` is null and `given` empty when it is not there. */
export interface ProbeTable {
  readonly key: string;
  readonly table: Table | null;
  readonly given: Given<typeof probeShape>;
}

export interface LinkTable {
  readonly name: string;
  readonly key: string;
  readonly table: Table;
  readonly given: Given<typeof linkShape>;
  readonly probe: ProbeTable;
}

// ---- probe -----------------------------------------------------------------------------------------------------

/** Reads the probe table inside another; a target that is listed twice is told here, as it is no trouble of one. */
export const readProbe = (outer: Table, outerKey: string, report: Report): ProbeTable => {
  const key = keyOf(outerKey, 'probe');
  const table = asTable(outer.entries.get('probe')?.node, key, `[${key}]`, report);
  const given = table === null ? {} : readTable(probeShape, [], table, key, report);
  const targets = table?.entries.get('targets')?.node;
  const seen = new Set<unknown>();
  for (const [index, element] of (targets?.kind === 'array' ? targets.elements : []).entries()) {
    if (element.kind !== 'scalar') continue;
    if (seen.has(element.value)) {
      report(element.at, `${key}.targets[${index}]`, `${found(element.value)} is listed twice`);
    }
    seen.add(element.value);
  }
  return { key, table, given };
};

/** Innermost first. A key that is given but wrong counts as given: its error is told, and none that follows from it. */
const pickProbe = <K extends keyof ProbeSettings>(
  tables: readonly ProbeTable[],
  name: K,
): { readonly at: Place | null; readonly value: ProbeSettings[K] | undefined } => {
  const entry = tables[0]?.table?.entries.get(name);
  if (tables[0] === undefined) return { at: null, value: DEFAULT_PROBE[name] };
  if (entry === undefined) return { at: null, value: pickProbe(tables.slice(1), name).value };
  const given: Partial<ProbeSettings> = tables[0].given;
  return { at: entry.node.at, value: given[name] };
};

/** `quorum` and `targets` may come from different tables; told once, where the innermost of the two stands. */
export const checkQuorum = (tables: readonly [ProbeTable, ...ProbeTable[]], report: Report): void => {
  const quorum = pickProbe(tables, 'quorum');
  const targets = pickProbe(tables, 'targets');
  const [{ key }] = tables;
  if (quorum.value === undefined || targets.value === undefined || quorum.value <= targets.value.length)
    return;
  const count = targets.value.length;
  if (quorum.at !== null) {
    const range = `a whole number from 1 to ${count}, the number of targets`;
    report(quorum.at, `${key}.quorum`, `expected ${range}, found ${quorum.value}`);
  } else if (targets.at !== null) {
    report(
      targets.at,
      `${key}.targets`,
      `expected at least ${quorum.value} targets, the quorum, found ${count}`,
    );
  }
};

// ---- links -----------------------------------------------------------------------------------------------------

/** Reads every link of `[link]`, by name; null for one that is no table. */
export const readLinks = (links: Table, report: Report): ReadonlyMap<string, LinkTable | null> => {
  const read = new Map<string, LinkTable | null>();
  for (const [name, entry] of links.entries) {
    const key = keyOf('link', name);
    checkName(name, entry.keyAt, key, report);
    const table = asTable(entry.node, key, '[link.fibre]', report);
    const given = table === null ? {} : readTable(linkShape, ['probe'], table, key, report);
    read.set(name, table && { name, key, table, given, probe: readProbe(table, key, report) });
  }
  return read;
};

/** No two links may have the same value of a key. Told at the second. */
const checkUnique = (
  links: readonly LinkTable[],
  name: 'interface' | 'gateway' | 'rtable',
  why: (value: string, first: string) => string,
  report: Report,
): void => {
  const first = new Map<string | number, string>();
  for (const link of links) {
    const value = link.given[name];
    const node = link.table.entries.get(name)?.node;
    if (value === undefined || node === undefined) continue;
    const other = first.get(value);
    if (other !== undefined) report(node.at, `${link.key}.${name}`, why(found(value), other));
    else first.set(value, link.key);
  }
};

/** What takes more than one link, or a link and its probe settings. */
export const checkLinks = (links: readonly LinkTable[], probe: ProbeTable, report: Report): void => {
  checkUnique(links, 'interface', (value, first) => `${value} is the interface of ${first}, too`, report);
  checkUnique(
    links,
    'gateway',
    (value, first) =>
      `${value} is the gateway of ${first}, too: pf looks the gateway up in the routing table, so it cannot tell ` +
      'these links apart; give one of them another network',
    report,
  );
  checkUnique(links, 'rtable', (value, first) => `${value} is the routing table of ${first}, too`, report);
  for (const link of links) {
    checkQuorum([link.probe, probe], report);
    const { gateway } = link.given;
    const node = link.table.entries.get('gateway')?.node;
    const targets = pickProbe([link.probe, probe], 'targets').value;
    const isTarget = targets?.some((each) => each.kind === 'address' && each.address === gateway);
    if (node !== undefined && isTarget && targets?.some((each) => each.kind === 'gateway')) {
      const what = `${found(gateway)} is among its probe targets, beside "gateway": the same target twice`;
      report(node.at, `${link.key}.gateway`, what);
    }
  }
};

/** Null for a link without interface or gateway, which is an error already. */
export const settleLink = (link: LinkTable, probe: ProbeTable): LinkSettings | null => {
  const { interface: name, gateway, weight, tier, nat, rtable } = link.given;
  if (name === undefined || gateway === undefined) return null;
  return {
    name: link.name,
    interface: name,
    gateway,
    weight: weight ?? DEFAULTS.weight,
    tier: tier ?? DEFAULTS.tier,
    nat: nat ?? DEFAULTS.nat,
    rtable: rtable ?? null,
    probe: { ...DEFAULT_PROBE, ...probe.given, ...link.probe.given },
  };
};
