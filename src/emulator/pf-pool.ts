/**
 * An address out of a translation or routing pool, and a free port for it: every pool type, weights, `sticky-address` (sys/net/pf_lb.c,
 * pf_table.c pfr_pool_get(), and what OPENBSD.md found about them). The cursors are pf's own, with their known flaws.
 */
import type { Family, Prefix } from './address.ts';
import { bitsOf, doesContain, maskOf, parseAddress, renderValue } from './address.ts';
import { isEchoRequest } from './packet.ts';
import { interfaceAddresses, tableFor } from './pf.ts';
import { hashSource } from './pf-hash.ts';
import type { Walk } from './pf-match.ts';
import type { Pool, Rule } from './pf-rules.ts';
import type { NodeKind } from './pf-source-node.ts';
import { createKey } from './pf-state.ts';
import type { Table, TableEntry, TableWeights } from './pf-table.ts';
import { hostEntry, lookupAddress, noTraffic, poolEntries, tableWeights, uncountActive } from './pf-table.ts';

export interface Chosen {
  readonly address: string;
  /** The table in which this choice counts as an active state; null unless the pool is a table with least-states. */
  readonly table: Table | null;
}

/** Who asks: the rule, which of its pools, and for which source. */
export interface Asking {
  readonly anchor: string;
  readonly rule: Rule;
  readonly kind: NodeKind;
  readonly pool: Pool;
  readonly source: string;
}

interface Choice {
  readonly pool: Pool;
  /** Counts each look at it. */
  readonly table: Table;
  readonly entries: readonly TableEntry[];
  /** All entries of the table, also those of the other family: pf draws its index out of these. */
  readonly total: number;
  /** Null when weights do not count. */
  readonly weights: TableWeights | null;
}

const weightOf = (entry: TableEntry): number => entry.weight ?? 1;

/** pfr_pool_get(): the entry at the cursor, or the next one when the counter has left it; all entries are single addresses here. */
const find = ({ pool, entries, total, weights }: Choice): TableEntry | null => {
  let index = pool.cursor;
  let usesCounter = index >= 0 && index < total;
  if (!usesCounter) index = 0;
  const start = index;
  let hasWrapped = false;
  for (;;) {
    if (hasWrapped && index === start) return null;
    let entry = entries[index];
    if (entry === undefined) {
      entry = entries[0];
      if (hasWrapped || entry === undefined) return null;
      index = 0;
      hasWrapped = true;
    }
    if (index === 0 && usesCounter && weights !== null) {
      pool.currentWeight -= weights.divisor;
      if (pool.currentWeight < 1) pool.currentWeight = weights.max;
    }
    if (usesCounter && pool.counter !== null && pool.counter !== entry.prefix.value) {
      index++;
      usesCounter = false;
      continue;
    }
    pool.counter = entry.prefix.value;
    pool.cursor = index;
    return entry;
  }
};

const get = (choice: Choice): TableEntry | null => {
  const entry = find(choice);
  if (entry === null) choice.table.misses++;
  else choice.table.matches++;
  return entry;
};

/** The first address, from the start if what the counter stands at has been removed. */
const getFirst = (choice: Choice): TableEntry | null => {
  const entry = get(choice);
  if (entry !== null) return entry;
  choice.pool.counter = null;
  return get(choice);
};

const step = (pool: Pool): void => {
  if (pool.counter !== null) pool.counter++;
};

/** 3:1 comes out as 2:1, as on a real kernel (OPENBSD.md 1): the cursor is read twice a choice. */
const roundRobin = (choice: Choice): TableEntry | null => {
  const { pool, weights } = choice;
  let entry = getFirst(choice);
  if (entry !== null && weights !== null)
    // bounded, for the world may hold what no kernel does
    for (let i = 0; i < 1_000_000; i++) {
      entry = get(choice);
      if (entry === null || weightOf(entry) >= pool.currentWeight) break;
      step(pool);
    }
  step(pool);
  return entry;
};

const leastStates = (choice: Choice): TableEntry | null => {
  const { pool, weights } = choice;
  const load = (entry: TableEntry): number =>
    weights === null ? entry.active : Math.floor((65535 * entry.active) / weightOf(entry));
  const first = getFirst(choice);
  let best = first;
  while (first !== null && best !== null) {
    step(pool);
    const next = get(choice);
    if (next === null) return null;
    if (load(next) < load(best)) best = next;
    if (next === first || best.active === 0) break;
  }
  return best;
};

/** An index below the number of all entries, and the first entry where this family has fewer. */
const atIndex = ({ pool, table, entries, total }: Choice, number: number): TableEntry | null => {
  const index = total === 0 ? 0 : number % total;
  const entry = entries[index] ?? entries[0] ?? null;
  pool.cursor = index;
  pool.counter = entry?.prefix.value ?? null;
  table.matches++;
  return entry;
};

/** The network part of a prefix and the host part of something else. */
const join = (prefix: Prefix, hosts: bigint): bigint => {
  const mask = maskOf(prefix.family, prefix.length);
  const all = maskOf(prefix.family, bitsOf(prefix.family));
  return (prefix.value & mask) | (hosts & (mask ^ all));
};

const choosePrefix = (walk: Walk, asking: Asking, prefix: Prefix, family: Family): string | null => {
  const { pool } = asking;
  const { random } = walk.firewall;
  const isHost = prefix.length === bitsOf(family);
  switch (pool.type) {
    case 'none':
      return renderValue(family, prefix.value);
    // the address is the prefix's own, the rest is the source's
    case 'bitmask':
      return renderValue(family, join(prefix, parseAddress(asking.source)?.value ?? 0n));
    case 'random': {
      let hosts = 0n;
      for (let i = 0; i < 4; i++) hosts = (hosts << 32n) | BigInt(random.below(4294967296));
      return renderValue(family, join(prefix, hosts));
    }
    case 'source-hash': {
      const value = parseAddress(asking.source)?.value ?? 0n;
      const hosts = BigInt(hashSource(pool.hashKey, value));
      return renderValue(family, join(prefix, (hosts << 96n) | (hosts << 64n) | (hosts << 32n) | hosts));
    }
    case 'round-robin': {
      if (isHost) return renderValue(family, prefix.value);
      const value = join(prefix, pool.counter ?? 0n);
      pool.counter = value + 1n;
      return renderValue(family, value);
    }
    // pf copies an empty counter here: packets go to 0.0.0.0 (OPENBSD.md 2, point 1)
    case 'least-states':
      return family === 'inet' ? '0.0.0.0' : '::';
  }
};

const chooseEntry = (walk: Walk, asking: Asking, table: Table, family: Family): TableEntry | null => {
  const { pool } = asking;
  const choice: Choice = {
    pool,
    table,
    entries: poolEntries(table, family),
    total: table.entries.size,
    // weights only count when rule and table live in the same anchor (OPENBSD.md 2, point 2)
    weights: table.anchor === asking.anchor ? tableWeights(table) : null,
  };
  if (choice.entries.length === 0) return null;
  switch (pool.type) {
    case 'random':
      return atIndex(choice, walk.firewall.random.below(Math.max(1, choice.total)));
    case 'source-hash':
      return atIndex(choice, hashSource(pool.hashKey, parseAddress(asking.source)?.value ?? 0n));
    case 'least-states':
      return leastStates(choice);
    case 'round-robin':
      return roundRobin(choice);
    case 'none':
    case 'bitmask':
      return null;
  }
};

const chooseAnew = (walk: Walk, asking: Asking, family: Family): Chosen | null => {
  const { pool } = asking;
  const { host } = pool;
  switch (host.kind) {
    case 'any':
    case 'no-route':
      return null;
    case 'prefix': {
      if (host.prefix.family !== family) return null;
      const address = choosePrefix(walk, asking, host.prefix, family);
      return address === null ? null : { address, table: null };
    }
    case 'interface': {
      const all = interfaceAddresses(walk.firewall, host.name, host.modifiers).filter(
        (one) => one.prefix.family === family,
      );
      // `(if:0)` is one address and the interface's first, for inet6 that is the link-local one; `(if)` goes round the global ones
      const usable = host.modifiers.noAlias ? all : all.filter((one) => one.scope === null);
      const one = usable[pool.type === 'none' ? 0 : pool.cursor++ % Math.max(1, usable.length)];
      return one === undefined ? null : { address: renderValue(family, one.prefix.value), table: null };
    }
    case 'table': {
      const table = tableFor(walk.firewall, asking.anchor, host.name);
      const entry = table === null ? null : chooseEntry(walk, asking, table, family);
      if (entry === null) return null;
      return { address: entry.text, table: pool.type === 'least-states' ? table : null };
    }
  }
};

/** Whether the pool still has an address that a source node remembers. */
const isStillThere = (walk: Walk, asking: Asking, family: Family, text: string): boolean => {
  const { host } = asking.pool;
  const address = parseAddress(text);
  if (address === null) return false;
  switch (host.kind) {
    case 'any':
    case 'no-route':
      return false;
    case 'prefix':
      return doesContain(host.prefix, address);
    case 'interface':
      return interfaceAddresses(walk.firewall, host.name, host.modifiers).some(
        (one) => one.prefix.family === family && one.prefix.value === address.value,
      );
    case 'table': {
      const table = tableFor(walk.firewall, asking.anchor, host.name);
      const entry = table === null ? null : lookupAddress(table, address);
      return entry !== null && !entry.isNegated;
    }
  }
};

const countActive = (table: Table, family: Family, address: string): boolean => {
  const entry = hostEntry(table, family, address);
  if (entry === null) return false;
  entry.active++;
  entry.traffic ??= noTraffic();
  return true;
};

/** What the source had before, if that is still in the pool; a stale node is dropped. */
const chooseAgain = (walk: Walk, asking: Asking, family: Family): Chosen | null => {
  const { kind, pool, rule, source } = asking;
  const { nodes } = walk.firewall;
  const node = nodes.find(rule, kind, family, source, walk.now);
  if (node === null) return null;
  if (!isStillThere(walk, asking, family, node.address)) {
    nodes.remove(node);
    return null;
  }
  walk.nodes[kind] = node;
  const table =
    pool.type === 'least-states' && pool.host.kind === 'table'
      ? tableFor(walk.firewall, asking.anchor, pool.host.name)
      : null;
  if (table !== null && !countActive(table, family, node.address)) return null;
  return { address: node.address, table };
};

/**
 * An address out of a pool; null when it has none of the family, for what pf cannot map, and when there is no room for a source node.
 * A choice whose `table` is not null has been counted there.
 */
export const choose = (walk: Walk, asking: Asking, family: Family): Chosen | null => {
  const { kind, pool, rule, source } = asking;
  const isSticky = pool.isSticky && pool.type !== 'none';
  if (isSticky) {
    const known = chooseAgain(walk, asking, family);
    if (known !== null) return known;
  }
  const chosen = chooseAnew(walk, asking, family);
  if (chosen === null) return null;
  if (chosen.table !== null) countActive(chosen.table, family, chosen.address);
  if (!pool.isSticky) return chosen;
  const { nodes, limits } = walk.firewall;
  if (nodes.size(walk.now) >= (limits.get('src-nodes') ?? 0)) {
    if (chosen.table !== null) uncountActive(chosen.table, family, chosen.address);
    return null;
  }
  const node = { rule, kind, family, source, address: chosen.address, created: walk.now };
  walk.nodes[kind] = nodes.find(rule, kind, family, source, walk.now) ?? nodes.insert(node);
  return chosen;
};

/** A free port for a translated connection; null when there is none. */
export const findPort = (walk: Walk, pool: Pool, address: string): number | null => {
  const { packet } = walk;
  const isIcmp = packet.icmpType !== null;
  if (isIcmp && !isEchoRequest(packet)) return walk.sourcePort;
  const isFree = (port: number): boolean =>
    !walk.firewall.states.isWireTaken(
      packet.family,
      packet.protocol,
      createKey(walk.direction, walk.rdomain, address, port, walk.destination, walk.destinationPort),
    );
  if (pool.isStaticPort) return isFree(walk.sourcePort) ? walk.sourcePort : null;
  const low = isIcmp ? 1 : pool.lowPort;
  const high = isIcmp ? 65535 : pool.highPort;
  const span = high - low + 1;
  const start = walk.firewall.random.below(span);
  for (let i = 0; i < span; i++) {
    const port = low + ((start + i) % span);
    if (isFree(port)) return port;
  }
  return null;
};

/** Where rdr-to sends a port: a range of the rule is laid over the pool's, again and again (sys/net/pf_lb.c, pf_get_transaddr). */
export const redirectedPort = ({ destination }: Rule, { lowPort, highPort }: Pool, port: number): number => {
  if (highPort === 0) return lowPort === 0 ? port : lowPort;
  const count = (highPort - lowPort + 1) & 0xffff || 1;
  const to = (((port - (destination.port?.low ?? 0)) % count) + lowPort) >>> 0;
  return to > 65_535 ? (to - 65_535) & 0xffff : to;
};
