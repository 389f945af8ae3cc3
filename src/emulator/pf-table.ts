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

export type Feedback = 'A' | 'D' | 'C' | 'M' | null;

export interface TableChange {
  readonly added: readonly TableAddress[];
  readonly deleted: readonly TableAddress[];
  readonly changed: readonly TableAddress[];
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

/** `-T zero`: the table's counters with those of all its addresses. What least-states counts by is no such counter. */
export const zeroTable = (table: Table, now: number): void => {
  table.cleared = now;
  table.matches = 0;
  table.misses = 0;
  for (const entry of table.entries.values()) entry.cleared = now;
};

/** `-T zero ADDRESS`: those that are in it. */
export const zeroAddresses = (
  table: Table,
  addresses: readonly TableAddress[],
  now: number,
): readonly TableAddress[] =>
  addresses.filter((address) => {
    const entry = table.entries.get(keyOf(address));
    if (entry === undefined) return false;
    entry.cleared = now;
    return true;
  });

export const addAddresses = (table: Table, addresses: readonly TableAddress[], now: number): TableChange => {
  const added = addresses.filter((address) => {
    if (table.entries.has(keyOf(address))) return false;
    enter(table, address, now);
    return true;
  });
  return { added, deleted: [], changed: [] };
};

export const deleteAddresses = (table: Table, addresses: readonly TableAddress[]): TableChange => ({
  added: [],
  deleted: addresses.filter((address) => {
    const there = table.entries.get(keyOf(address));
    return (
      there !== undefined && there.isNegated === address.isNegated && entriesOf(table).delete(keyOf(address))
    );
  }),
  changed: [],
});

/** One step in the kernel: nobody ever sees the table half replaced. */
export const replaceAddresses = (
  table: Table,
  addresses: readonly TableAddress[],
  now: number,
): TableChange => {
  const wanted = new Set(addresses.map(keyOf));
  const added: TableAddress[] = [];
  const changed: TableAddress[] = [];
  for (const address of addresses) {
    const there = table.entries.get(keyOf(address));
    if (there === undefined) {
      enter(table, address, now);
      added.push(address);
    } else if (there.isNegated !== address.isNegated) {
      entriesOf(table).set(keyOf(address), { ...there, isNegated: address.isNegated });
      changed.push(address);
    }
  }
  const deleted = sortAddresses(table.entries.values()).filter((entry) => !wanted.has(keyOf(entry)));
  for (const entry of deleted) entriesOf(table).delete(keyOf(entry));
  return { added, deleted: [...deleted].reverse(), changed };
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
