/** An address out of a translation or routing pool, and a free port for it (sys/net/pf_lb.c, with what OPENBSD.md found about it). */
import type { Family } from './address.ts';
import { renderValue } from './address.ts';
import { isEchoRequest } from './packet.ts';
import { interfaceAddresses, tableFor } from './pf.ts';
import type { Walk } from './pf-match.ts';
import type { Pool } from './pf-rules.ts';
import { createKey, keyText } from './pf-state.ts';
import type { TableEntry } from './pf-table.ts';
import { poolEntries } from './pf-table.ts';

const chooseWeighted = (pool: Pool, entries: readonly TableEntry[]): TableEntry | null => {
  // pf's weighted round-robin: one cycle a weight step, entries lighter than the step are passed over. 3:1 comes out 2:1
  // in the long run on a real kernel (OPENBSD.md 1); the emulator reproduces that share, not pf's cursor
  const heaviest = Math.max(...entries.map((entry) => entry.weight ?? 1));
  if (heaviest === 1) return entries[pool.cursor++ % entries.length] ?? null;
  const turns = entries.flatMap((entry) =>
    new Array<TableEntry>(Math.max(1, (entry.weight ?? 1) - 1)).fill(entry),
  );
  return turns[pool.cursor++ % turns.length] ?? null;
};

export interface Chosen {
  readonly address: string;
  readonly entry: TableEntry | null;
}

/** An address out of a pool; null when it has none of the family, or for what pf cannot map. */
export const choose = (walk: Walk, anchor: string, pool: Pool, family: Family): Chosen | null => {
  const { host } = pool;
  const text = (value: bigint): string => renderValue(family, value);
  switch (host.kind) {
    case 'any':
      return null;
    case 'prefix':
      if (host.prefix.family !== family) return null;
      // pf copies an empty counter here: packets go to 0.0.0.0 (OPENBSD.md 2, point 1)
      if (pool.type === 'least-states') return { address: family === 'inet' ? '0.0.0.0' : '::', entry: null };
      return { address: text(host.prefix.value), entry: null };
    case 'interface': {
      const all = interfaceAddresses(walk.firewall, host.name, host.modifiers).filter(
        (one) => one.prefix.family === family,
      );
      // `(if:0)` is one address and the interface's first, for inet6 that is the link-local one; `(if)` goes round the global ones
      const usable = host.modifiers.noAlias ? all : all.filter((one) => one.scope === null);
      const one = usable[pool.type === 'none' ? 0 : pool.cursor++ % Math.max(1, usable.length)];
      return one === undefined ? null : { address: text(one.prefix.value), entry: null };
    }
    case 'table': {
      const table = tableFor(walk.firewall, anchor, host.name);
      const entries = table === null ? [] : poolEntries(table, family);
      const first = entries[0];
      if (first === undefined) return null;
      // weights only count when rule and table live in the same anchor (OPENBSD.md 2, point 2)
      const isWeighted = table?.anchor === anchor;
      const weightOf = (entry: TableEntry): number => (isWeighted ? (entry.weight ?? 1) : 1);
      let entry: TableEntry | null = first;
      if (pool.type === 'random') entry = entries[walk.firewall.random.below(entries.length)] ?? null;
      else if (pool.type === 'least-states') {
        entry = entries.reduce(
          (best, one) => (one.active / weightOf(one) < best.active / weightOf(best) ? one : best),
          first,
        );
      } else
        entry = isWeighted
          ? chooseWeighted(pool, entries)
          : (entries[pool.cursor++ % entries.length] ?? null);
      return entry === null ? null : { address: text(entry.prefix.value), entry };
    }
  }
};

/** A free port for a translated connection; null when there is none. */
export const findPort = (walk: Walk, pool: Pool, address: string): number | null => {
  const { packet } = walk;
  const isIcmp = packet.icmpType !== null;
  if (isIcmp && !isEchoRequest(packet)) return walk.sourcePort;
  const isFree = (port: number): boolean =>
    !walk.firewall.states.isWireTaken(
      keyText(
        packet.family,
        packet.protocol,
        createKey(walk.direction, walk.rdomain, address, port, walk.destination, walk.destinationPort),
      ),
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
