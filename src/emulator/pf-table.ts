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

/** A table of its own with the same entries: what `-n` works on. */
export const copyTable = (table: Table): Table => ({
  ...table,
  entries: new Map([...table.entries].map(([key, entry]) => [key, { ...entry }])),
});

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
