/**
 * pf's tables: addresses with negation and weight, kept per anchor, replaced as a whole, matched by the longest prefix
 * (sys/net/pf_table.c). Weights of entries that stay never change (OPENBSD.md 2, point 3).
 */
import type { Address, Family, Prefix } from './address.ts';
import { bitsOf, doesContain, parseAddress, renderValue } from './address.ts';
import type { Action, Direction } from './pf-rules.ts';

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
  /** From the first thing that is counted on, a choice of least-states included; XPass is not counted by entry. */
  traffic: TableTraffic | null;
}

/** By direction, and by what rules that name the table did to the packet: block, match, pass, XPass. */
export interface TableTraffic {
  readonly packets: number[];
  readonly bytes: number[];
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
  traffic: TableTraffic;
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
  /** What addresses were found by. */
  readonly found: Map<string, TableEntry | null>;
}
const views = new WeakMap<Table, View>();

/** Only this file changes a table, and each change drops the view. */
const entriesOf = (table: Table): Map<string, TableEntry> => {
  views.delete(table);
  return table.entries as Map<string, TableEntry>;
};

export const noTraffic = (): TableTraffic => ({ packets: Array(8).fill(0), bytes: Array(8).fill(0) });

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
  traffic: noTraffic(),
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
  entriesOf(table).set(keyOf(address), { ...address, text, cleared: now, active: 0, traffic: null });
};

/** With what least-states counts by (pf_table.c, pfr_clstats_kentries). */
const zeroEntry = (entry: TableEntry, now: number): void => {
  entry.cleared = now;
  entry.active = 0;
  entry.traffic = null;
};

/** `-T zero`: the table's counters with those of all its addresses. */
export const zeroTable = (table: Table, now: number): void => {
  table.cleared = now;
  table.matches = 0;
  table.misses = 0;
  table.traffic = noTraffic();
  for (const entry of table.entries.values()) zeroEntry(entry, now);
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
    zeroEntry(entry, now);
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
      const entry = { ...there, isNegated: address.isNegated };
      zeroEntry(entry, now);
      entriesOf(table).set(keyOf(address), entry);
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

export const doesTableMatch = (table: Table, address: Address, doesCount: boolean): boolean => {
  const entry = lookupAddress(table, address);
  const hit = entry !== null && !entry.isNegated;
  if (doesCount) table[hit ? 'matches' : 'misses']++;
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
    found: new Map(),
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
  if (entry === null) return;
  if (entry.active > 0) entry.active--;
  entry.traffic ??= noTraffic();
};

/** The entry that is this very address, or null. */
export const hostEntry = (table: Table, family: Family, text: string): TableEntry | null =>
  viewOf(table)[family].find((entry) => entry.text === text && entry.prefix.length === bitsOf(family)) ??
  null;

const FOUND_SIZE = 4096;

/** As lookupAddress(), and quick for what was asked before: it is asked for every packet. */
const lookupText = (table: Table, text: string): TableEntry | null => {
  const { found } = viewOf(table);
  const known = found.get(text);
  if (known !== undefined) return known;
  const address = parseAddress(text);
  const entry = address === null ? null : lookupAddress(table, address);
  if (found.size >= FOUND_SIZE) found.clear();
  found.set(text, entry);
  return entry;
};

const WAYS = { block: 0, match: 1, pass: 2 } as const;
const XPASS = 3;

const addTraffic = ({ packets, bytes }: TableTraffic, i: number, length: number): void => {
  packets[i] = (packets[i] ?? 0) + 1;
  bytes[i] = (bytes[i] ?? 0) + length;
};

/** A packet of a rule that names the table (pf_table.c, pfr_update_stats). XPass: the table does not bear the rule out, or not any more. */
export const countTraffic = (
  table: Table,
  text: string,
  isNegated: boolean,
  action: Action,
  direction: Direction,
  length: number,
): void => {
  const entry = lookupText(table, text);
  const isBorneOut = (entry !== null && !entry.isNegated) !== isNegated;
  const first = direction === 'in' ? 0 : 4;
  addTraffic(table.traffic, first + (isBorneOut ? WAYS[action] : XPASS), length);
  if (entry === null || !isBorneOut || !table.hasCounters) return;
  entry.traffic ??= noTraffic();
  addTraffic(entry.traffic, first + WAYS[action], length);
};
