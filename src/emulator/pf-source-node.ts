/**
 * Source nodes: which address a pool has given a source before (`sticky-address`), by rule, kind and source (sys/net/pf.c, pf_src_tree).
 * A node belongs to one rule object, so every load of a rule set forgets it. Knows nothing of pools: it only remembers.
 */
import type { Family } from './address.ts';
import { parseAddress } from './address.ts';
import type { Rule } from './pf-rules.ts';

export type NodeKind = 'nat-to' | 'rdr-to' | 'route-to';

export interface SourceNode {
  readonly rule: Rule;
  readonly kind: NodeKind;
  readonly family: Family;
  readonly source: string;
  readonly address: string;
  /** Milliseconds on the router's clock. */
  readonly created: number;
  /** pf states that hold it. */
  states: number;
  packets: number;
  bytes: number;
  /** When its last pf state went. */
  emptySince: number;
  /** Killed or stale: pf states that had it have it no more. */
  isGone: boolean;
}

export interface SourceNodes {
  /** How many there are, those that nobody holds any more and that were not swept yet included. */
  size(now: number): number;
  find(rule: Rule, kind: NodeKind, family: Family, source: string, now: number): SourceNode | null;
  insert(node: Pick<SourceNode, 'rule' | 'kind' | 'family' | 'source' | 'address' | 'created'>): SourceNode;
  remove(node: SourceNode): void;
  /** By rule, kind, family and address, as pfctl shows them. */
  list(now: number): readonly SourceNode[];
  clear(): void;
  /** What `pfctl -vsi` says of them (pf_status.scounters); `pfctl -F info` sets it to nothing. */
  readonly counts: { searches: number; inserts: number; removals: number };
}

/** pf looks for nodes that nobody holds every `interval` (10 s); src.track is 0, so those go. */
const INTERVAL_MS = 10_000;
const KINDS: readonly NodeKind[] = ['nat-to', 'rdr-to', 'route-to'];

const compare = (a: SourceNode, b: SourceNode): number => {
  if (a.kind !== b.kind) return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
  if (a.family !== b.family) return a.family === 'inet' ? -1 : 1;
  const one = parseAddress(a.source)?.value ?? 0n;
  const two = parseAddress(b.source)?.value ?? 0n;
  return one < two ? -1 : one > two ? 1 : 0;
};

export const createSourceNodes = (): SourceNodes => {
  const byRule = new Map<Rule, Map<string, SourceNode>>();
  const counts = { searches: 0, inserts: 0, removals: 0 };
  let sweptAt = 0;
  const keyOf = (kind: NodeKind, family: Family, source: string): string => `${kind} ${family} ${source}`;

  const remove = (node: SourceNode): void => {
    node.isGone = true;
    counts.removals++;
    const nodes = byRule.get(node.rule);
    nodes?.delete(keyOf(node.kind, node.family, node.source));
    if (nodes?.size === 0) byRule.delete(node.rule);
  };
  const sweep = (now: number): void => {
    const tick = Math.floor(now / INTERVAL_MS);
    if (tick === sweptAt) return;
    sweptAt = tick;
    for (const nodes of byRule.values())
      for (const node of nodes.values())
        if (node.states === 0 && Math.floor(node.emptySince / INTERVAL_MS) < tick) remove(node);
  };
  return {
    size: (now) => {
      sweep(now);
      let count = 0;
      for (const nodes of byRule.values()) count += nodes.size;
      return count;
    },
    find: (rule, kind, family, source, now) => {
      sweep(now);
      counts.searches++;
      return byRule.get(rule)?.get(keyOf(kind, family, source)) ?? null;
    },
    insert: (wanted) => {
      counts.inserts++;
      const node: SourceNode = {
        ...wanted,
        states: 0,
        packets: 0,
        bytes: 0,
        emptySince: wanted.created,
        isGone: false,
      };
      const nodes = byRule.get(node.rule) ?? new Map<string, SourceNode>();
      nodes.set(keyOf(node.kind, node.family, node.source), node);
      byRule.set(node.rule, nodes);
      return node;
    },
    remove,
    counts,
    list: (now) => {
      sweep(now);
      return [...byRule.values()].flatMap((nodes) => [...nodes.values()].sort(compare));
    },
    clear: () => {
      for (const nodes of [...byRule.values()]) for (const node of [...nodes.values()]) remove(node);
    },
  };
};
