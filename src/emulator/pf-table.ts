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
  /** Milliseconds since 1970 at which its counters start. */
  readonly cleared: number;
  /** pf states that chose this entry from a pool (least-states counts them). */
  active: number;
  /** Chosen at least once: pf shows counters from then on. */
  isCounted: boolean;
}

export interface Table {
  readonly name: string;
  readonly anchor: string;
  isPersist: boolean;
  isConst: boolean;
  hasCounters: boolean;
  entries: Map<string, TableEntry>;
  readonly cleared: number;
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
  table.entries.set(keyOf(address), { ...address, cleared: now, active: 0, isCounted: false });
};

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
      there !== undefined && there.isNegated === address.isNegated && table.entries.delete(keyOf(address))
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
      table.entries.set(keyOf(address), { ...there, isNegated: address.isNegated });
      changed.push(address);
    }
  }
  const deleted = sortAddresses(table.entries.values()).filter((entry) => !wanted.has(keyOf(entry)));
  for (const entry of deleted) table.entries.delete(keyOf(entry));
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

/** The entries that a pool can choose from, in their order. */
export const poolEntries = (table: Table, family: Family): readonly TableEntry[] =>
  sortAddresses(table.entries.values()).filter((entry) => entry.prefix.family === family && !entry.isNegated);
