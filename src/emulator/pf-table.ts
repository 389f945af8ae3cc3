/**
 * pf's tables: addresses with negation and weight, kept per anchor, replaced as a whole, matched by the longest prefix
 * (sys/net/pf_table.c). Weights of entries that stay never change (OPENBSD.md 2, point 3).
 */
import type { Address, Family, Prefix } from './address.ts';
import { bitsOf, doesContain, renderValue } from './address.ts';

export interface TableAddress {
  readonly prefix: Prefix;
  readonly isNegated: boolean;
  /** Null: none given, counts as 1. */
  readonly weight: number | null;
}

export interface TableEntry extends TableAddress {
  /** The address without its mask. */
  readonly text: string;
  /** Milliseconds since 1970 at which its counters start. */
  cleared: number;
  /** pf states that least-states has sent here, whichever rule it was; other kinds of pool do not count. */
  active: number;
  /** Chosen by least-states at least once: pf shows counters from then on. */
  isCounted: boolean;
}

export interface Table {
  readonly name: string;
  readonly anchor: string;
  isPersist: boolean;
  isConst: boolean;
  hasCounters: boolean;
  readonly entries: ReadonlyMap<string, TableEntry>;
  cleared: number;
  matches: number;
  misses: number;
}

/** Added, deleted, changed, cleared, given twice, in the way of one with the other sign; a blank: none of these. */
export type Feedback = 'A' | 'D' | 'C' | 'Z' | 'X' | 'Y' | ' ';

/** What became of an address that was given. */
export interface Marked {
  readonly address: TableAddress;
  readonly mark: Feedback;
}

const keyOf = (address: TableAddress): string =>
  `${address.prefix.family} ${address.prefix.value} ${address.prefix.length}`;

/** What a pool sees of a table; worked out once after each change, for it is asked at every new connection. */
interface View {
  readonly inet: readonly TableEntry[];
  readonly inet6: readonly TableEntry[];
  readonly weights: TableWeights | null;
}
const views = new WeakMap<Table, View>();

/** Only this file changes a table, and each change drops the view. */
const entriesOf = (table: Table): Map<string, TableEntry> => {
  views.delete(table);
  return table.entries as Map<string, TableEntry>;
};

export const createTable = (anchor: string, name: string, cleared: number): Table => ({
  name,
  anchor,
  isPersist: false,
  isConst: false,
  hasCounters: false,
  entries: new Map(),
  cleared,
  matches: 0,
  misses: 0,
});

/** `10.0.0.0/8`, `!192.0.2.1`: as -T show prints it after its three columns. */
export const renderTableAddress = (address: TableAddress): string => {
  const { prefix } = address;
  const mask = prefix.length < bitsOf(prefix.family) ? `/${prefix.length}` : '';
  return `${address.isNegated ? '!' : ' '}${renderValue(prefix.family, prefix.value)}${mask}`;
};

/** In the order of the kernel's radix tree: by family, address, and the longer mask first. */
export const sortAddresses = <T extends TableAddress>(addresses: Iterable<T>): readonly T[] =>
  [...addresses].sort((a, b) => {
    if (a.prefix.family !== b.prefix.family) return a.prefix.family === 'inet' ? -1 : 1;
    if (a.prefix.value !== b.prefix.value) return a.prefix.value < b.prefix.value ? -1 : 1;
    return b.prefix.length - a.prefix.length;
  });

const enter = (table: Table, address: TableAddress, now: number): void => {
  const text = renderValue(address.prefix.family, address.prefix.value);
  entriesOf(table).set(keyOf(address), { ...address, text, cleared: now, active: 0, isCounted: false });
};

/** A table of its own with the same entries: what `-n` works on. */
export const copyTable = (table: Table): Table => ({
  ...table,
  entries: new Map([...table.entries].map(([key, entry]) => [key, { ...entry }])),
});

/** With what least-states counts by (pf_table.c, pfr_clstats_kentries). */
const zeroEntry = (entry: TableEntry, now: number): void => {
  entry.cleared = now;
  entry.active = 0;
  entry.isCounted = false;
};

/** `-T zero`: the table's counters with those of all its addresses. */
export const zeroTable = (table: Table, now: number): void => {
  table.cleared = now;
  table.matches = 0;
  table.misses = 0;
  for (const entry of table.entries.values()) zeroEntry(entry, now);
};

/** `-T zero ADDRESS` (pfr_clr_astats). */
export const zeroAddresses = (
  table: Table,
  addresses: readonly TableAddress[],
  now: number,
): readonly Marked[] =>
  addresses.map((address) => {
    const entry = table.entries.get(keyOf(address));
    if (entry === undefined) return { address, mark: ' ' };
    zeroEntry(entry, now);
    return { address, mark: 'Z' };
  });

/** From the last to the first, and so they are reported (pfr_add_addrs). */
export const addAddresses = (
  table: Table,
  addresses: readonly TableAddress[],
  now: number,
): readonly Marked[] => {
  const added = new Set<string>();
  return [...addresses].reverse().map((address) => {
    const there = table.entries.get(keyOf(address));
    if (added.has(keyOf(address))) return { address, mark: 'X' };
    if (there !== undefined) return { address, mark: there.isNegated === address.isNegated ? ' ' : 'Y' };
    enter(table, address, now);
    added.add(keyOf(address));
    return { address, mark: 'A' };
  });
};

/** pfr_del_addrs() */
export const deleteAddresses = (table: Table, addresses: readonly TableAddress[]): readonly Marked[] => {
  const doomed = new Set<string>();
  const marked = addresses.map((address): Marked => {
    const there = table.entries.get(keyOf(address));
    if (there === undefined) return { address, mark: ' ' };
    if (there.isNegated !== address.isNegated) return { address, mark: 'Y' };
    if (doomed.has(keyOf(address))) return { address, mark: 'X' };
    doomed.add(keyOf(address));
    return { address, mark: 'D' };
  });
  for (const key of doomed) entriesOf(table).delete(key);
  return marked;
};

/** One step in the kernel: nobody ever sees the table half replaced. First what was given, then what went (pfr_set_addrs). */
export const replaceAddresses = (
  table: Table,
  addresses: readonly TableAddress[],
  now: number,
): readonly Marked[] => {
  const wanted = new Set<string>();
  const marked = addresses.map((address): Marked => {
    const key = keyOf(address);
    if (wanted.has(key)) return { address, mark: 'X' };
    wanted.add(key);
    const there = table.entries.get(key);
    if (there === undefined) {
      enter(table, address, now);
      return { address, mark: 'A' };
    }
    if (there.isNegated === address.isNegated) return { address, mark: ' ' };
    const changed = { ...there, isNegated: address.isNegated };
    zeroEntry(changed, now);
    entriesOf(table).set(key, changed);
    return { address, mark: 'C' };
  });
  const deleted = sortAddresses(table.entries.values()).filter((entry) => !wanted.has(keyOf(entry)));
  for (const entry of deleted) entriesOf(table).delete(keyOf(entry));
  return [...marked, ...[...deleted].reverse().map((address): Marked => ({ address, mark: 'D' }))];
};

/** The entry that decides about an address: the longest prefix that has it. */
export const lookupAddress = (table: Table, address: Address): TableEntry | null => {
  let best: TableEntry | null = null;
  for (const entry of table.entries.values())
    if ((best === null || entry.prefix.length > best.prefix.length) && doesContain(entry.prefix, address))
      best = entry;
  return best;
};

export const doesTableMatch = (table: Table, address: Address): boolean => {
  const entry = lookupAddress(table, address);
  const hit = entry !== null && !entry.isNegated;
  if (hit) table.matches++;
  else table.misses++;
  return hit;
};

export const clearAddresses = (table: Table): void => entriesOf(table).clear();

export interface TableWeights {
  readonly max: number;
  /** Of the weights that were given. */
  readonly divisor: number;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

const viewOf = (table: Table): View => {
  const known = views.get(table);
  if (known !== undefined) return known;
  const usable = sortAddresses(table.entries.values()).filter((entry) => !entry.isNegated);
  const weights = [...table.entries.values()].flatMap((entry) =>
    entry.weight === null ? [] : [entry.weight],
  );
  const view: View = {
    inet: usable.filter((entry) => entry.prefix.family === 'inet'),
    inet6: usable.filter((entry) => entry.prefix.family === 'inet6'),
    weights: weights.length === 0 ? null : { max: Math.max(...weights), divisor: weights.reduce(gcd) },
  };
  views.set(table, view);
  return view;
};

/** The entries that a pool can choose from, in their order. */
export const poolEntries = (table: Table, family: Family): readonly TableEntry[] => viewOf(table)[family];

/** Null when no entry has a weight. */
export const tableWeights = (table: Table): TableWeights | null => viewOf(table).weights;

/** A pf state that least-states had sent to an address ends: pf looks the address up anew, so one that was deleted and added counts down too. */
export const uncountActive = (table: Table, family: Family, text: string): void => {
  const entry = hostEntry(table, family, text);
  if (entry !== null && entry.active > 0) entry.active--;
};

/** The entry that is this very address, or null. */
export const hostEntry = (table: Table, family: Family, text: string): TableEntry | null =>
  viewOf(table)[family].find((entry) => entry.text === text && entry.prefix.length === bitsOf(family)) ??
  null;
