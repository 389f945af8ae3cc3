/**
 * pfctl's ruleset optimizer, which works on every rule set that is loaded unless `set ruleset-optimization none` (pf.conf(5);
 * sbin/pfctl/pfctl_optimize.c): among adjacent rules of one kind those that others include go, six and more that differ in one
 * address become one rule with a table, and the rest is put in order for pf's skip steps. A label keeps a rule where it is.
 */
import type { Family } from './address.ts';
import type { HostNode } from './pf-expand.ts';
import { isEverything, renderHostKey, renderPortKey } from './pf-rule-key.ts';
import type { End, Host, Pool, Rule } from './pf-rules.ts';
import { orderForSkips } from './pf-skip-order.ts';

export const OPTIMIZATIONS = ['none', 'basic', 'profile'] as const;
export type Optimization = (typeof OPTIMIZATIONS)[number];

export const isOptimization = (name: string): name is Optimization =>
  OPTIMIZATIONS.some((one) => one === name);

/** So many rules are slower than one rule with a table. */
const TABLE_THRESHOLD = 6;

const EVERYTHING: Host = { kind: 'any' };

const isAddress = (host: Host): boolean => host.kind === 'any' || host.kind === 'prefix';

const renderPoolKey = (pool: Pool | null | undefined): string =>
  pool === null || pool === undefined
    ? ''
    : JSON.stringify([
        renderHostKey(pool.host),
        pool.type,
        pool.isSticky,
        pool.isStaticPort,
        pool.lowPort,
        pool.highPort,
        pool.hashKey,
      ]);

/** Rules that are never moved nor merged (BARRIER). */
const isBarrier = (rule: Rule): boolean =>
  rule.label !== '' || rule.probability !== null || (rule.maxStates ?? 0) > 0 || rule.anchor !== null;

/**
 * What all rules of a block have in common (BREAK, and all that pfctl's list of fields does not name). It names `max-mss`, `min-ttl` and
 * `set tos`, and takes no notice of them.
 */
const blockKey = (rule: Rule): string =>
  JSON.stringify([
    rule.tag,
    rule.keepState,
    rule.queue,
    rule.route?.kind,
    renderPoolKey(rule.route?.pool),
    renderPoolKey(rule.nat),
    renderPoolKey(rule.rdr),
    rule.allowOpts,
    rule.answer,
    rule.isIfBound,
    rule.isSloppy,
    rule.isUnsynced,
    rule.hasFlow,
    rule.action,
    rule.log,
    rule.quick,
    rule.rtable,
    rule.prio,
    rule.setPrio,
    rule.setTos !== null,
    rule.scrub?.noDf === true,
    rule.scrub?.randomId === true,
    rule.scrub?.reassembleTcp === true,
  ]);

/** A group may hold the interface of any other rule, now or later. */
const isGroup = (name: string | null): boolean => name !== null && !/[0-9]$/.test(name);

const blocksOf = (rules: readonly Rule[]): readonly (readonly Rule[])[] => {
  const blocks: Rule[][] = [];
  let key: string | null = null;
  for (const rule of rules) {
    const own = isBarrier(rule) ? null : blockKey(rule);
    const block = blocks.at(-1);
    const first = block?.[0]?.interface ?? null;
    const isApart = (isGroup(first) || isGroup(rule.interface)) && first !== rule.interface;
    if (block === undefined || own === null || own !== key || isApart) blocks.push([rule]);
    else block.push(rule);
    key = own;
  }
  return blocks;
};

/** A rule of a block as its duplicates are looked for. */
interface Shape {
  readonly interface: string | null;
  readonly direction: string | null;
  readonly protocol: string | null;
  readonly flags: string | null;
  readonly sourcePort: string | null;
  readonly destinationPort: string | null;
  readonly source: Host;
  readonly destination: Host;
  readonly family: Family | null;
  readonly isSourceNegated: boolean;
  readonly isDestinationNegated: boolean;
  readonly rest: string;
}

const shapeOf = (rule: Rule): Shape => ({
  interface: rule.interface,
  direction: rule.direction,
  protocol: rule.protocol,
  flags: rule.tcpFlags === null ? null : `${rule.tcpFlags.set}/${rule.tcpFlags.of}`,
  sourcePort: renderPortKey(rule.source.port),
  destinationPort: renderPortKey(rule.destination.port),
  source: rule.source.host,
  destination: rule.destination.host,
  family: rule.family,
  isSourceNegated: rule.source.isNegated,
  isDestinationNegated: rule.destination.isNegated,
  rest: JSON.stringify([
    rule.isInterfaceNegated,
    rule.rdomain,
    rule.isTaggedNegated,
    rule.tagged,
    rule.user,
    rule.icmpType,
    rule.icmpCode,
    // tos 0 is no condition
    rule.tos ?? 0,
  ]),
});

const keyOf = (shape: Shape): string =>
  JSON.stringify({
    ...shape,
    source: renderHostKey(shape.source),
    destination: renderHostKey(shape.destination),
  });

/** All but the addresses: rules that agree in it can share a table. */
const mergeKeyOf = (rule: Rule): string =>
  keyOf({ ...shapeOf(rule), source: EVERYTHING, destination: EVERYTHING });

const doesContainHost = (outer: Host, inner: Host): boolean => {
  if (outer.kind === 'any') return inner.kind === 'prefix' && inner.prefix.length > 0;
  if (outer.kind !== 'prefix' || inner.kind !== 'prefix') return false;
  const { family, value, length } = outer.prefix;
  const shift = BigInt((family === 'inet' ? 32 : 128) - length);
  return length < inner.prefix.length && inner.prefix.value >> shift === value >> shift;
};

/** `inner` without what `outer` does not ask for. */
const widen = (outer: Shape, inner: Shape): Shape => {
  const address = (end: 'source' | 'destination', negation: `is${'Source' | 'Destination'}Negated`): Host => {
    if (isEverything(outer[end]) && !outer[negation] && !inner[negation]) return EVERYTHING;
    const isWithin =
      outer[negation] === inner[negation] &&
      outer.family === inner.family &&
      doesContainHost(outer[end], inner[end]);
    return isWithin ? outer[end] : inner[end];
  };
  const isProtocolWithin = outer.protocol === null || outer.protocol === inner.protocol;
  return {
    ...inner,
    interface: outer.interface === null ? null : inner.interface,
    direction: outer.direction === null ? null : inner.direction,
    flags: isProtocolWithin && outer.flags === null ? null : inner.flags,
    protocol: outer.protocol === null ? null : inner.protocol,
    sourcePort: outer.sourcePort === null ? null : inner.sourcePort,
    destinationPort: outer.destinationPort === null ? null : inner.destinationPort,
    source: address('source', 'isSourceNegated'),
    destination: address('destination', 'isDestinationNegated'),
    family: outer.family === null ? null : inner.family,
  };
};

/** Without the rules that another rule of the block includes. */
const withoutIncluded = (rules: readonly Rule[]): readonly Rule[] => {
  const left = rules.map((rule) => {
    const shape = shapeOf(rule);
    return { rule, shape, key: keyOf(shape), isGone: false };
  });
  for (const [i, one] of left.entries()) {
    if (one.isGone) continue;
    for (const other of left.slice(i + 1)) {
      if (other.isGone) continue;
      if (one.key === keyOf(widen(one.shape, other.shape))) other.isGone = true;
      else if (other.key === keyOf(widen(other.shape, one.shape))) {
        one.isGone = true;
        break;
      }
    }
  }
  return left.filter((one) => !one.isGone).map((one) => one.rule);
};

/** Addresses that may become a table. */
interface Gathered {
  /** The name it has while it may still come to nothing. */
  readonly temporary: string;
  readonly hosts: HostNode[];
  isMade: boolean;
}

export interface OptimizerWorld {
  readonly temporaryName: () => string;
  /** Makes the table and gives the name that it has from then on. */
  readonly makeTable: (hosts: readonly HostNode[], temporary: string) => string;
}

type EndName = 'source' | 'destination';

const nodeOf = (end: End, family: Family | null): HostNode => ({
  family,
  host:
    end.host.kind === 'any' && family !== null
      ? { kind: 'prefix', prefix: { family, value: 0n, length: 0 } }
      : end.host,
  isNegated: false,
  weight: 0,
  scope: null,
});

/** Rules that differ in one address: from the sixth on they are one rule with a table. */
const withTables = (rules: readonly Rule[], world: OptimizerWorld): readonly Rule[] => {
  const left = rules.map((rule) => ({
    rule,
    key: mergeKeyOf(rule),
    tables: { source: null, destination: null } as { [end in EndName]: Gathered | null },
    isGone: false,
  }));
  type Candidate = (typeof left)[number];
  const isSame = (a: Candidate, b: Candidate, end: EndName): boolean =>
    a.rule[end].isNegated === b.rule[end].isNegated &&
    renderHostKey(a.rule[end].host) === renderHostKey(b.rule[end].host);
  const canShare = (a: Candidate, b: Candidate, end: EndName): boolean => {
    const other = end === 'source' ? 'destination' : 'source';
    return (
      a.key === b.key &&
      a.tables[other] === null &&
      b.tables.source === null &&
      b.tables.destination === null &&
      !isSame(a, b, end) &&
      isSame(a, b, other) &&
      isAddress(a.rule[end].host) &&
      isAddress(b.rule[end].host)
    );
  };
  const isLong = (table: Gathered | null): table is Gathered =>
    table !== null && table.hosts.length >= TABLE_THRESHOLD;

  for (const [i, one] of left.entries()) {
    if (one.isGone) continue;
    for (const other of left.slice(i + 1)) {
      if (other.isGone) continue;
      const end = canShare(one, other, 'destination')
        ? 'destination'
        : canShare(one, other, 'source')
          ? 'source'
          : null;
      if (end === null) continue;
      const { family } = one.rule;
      const table = one.tables[end] ?? {
        temporary: world.temporaryName(),
        hosts: [nodeOf(one.rule[end], family)],
        isMade: false,
      };
      one.tables[end] = table;
      table.hosts.push(nodeOf(other.rule[end], family));
      if (isLong(table)) other.isGone = true;
      else other.tables[end] = table;
    }
  }
  return left.flatMap(({ rule, tables, isGone }) => {
    if (isGone) return [];
    const end = isLong(tables.source) ? 'source' : 'destination';
    const table = tables[end];
    if (!isLong(table)) return [rule];
    if (table.isMade) return [];
    table.isMade = true;
    const name = world.makeTable(table.hosts, table.temporary);
    return [{ ...rule, [end]: { ...rule[end], host: { kind: 'table', name } } }];
  });
};

/**
 * The rules as pfctl loads them. `profile` is the same as `basic`: it looks for the rules of before among those that the kernel has,
 * and finds none, for the kernel's bear the process that loaded them (sys/net/pf_ioctl.c, cpid).
 */
export const optimize = (rules: readonly Rule[], world: OptimizerWorld): readonly Rule[] =>
  blocksOf(rules).flatMap((block) =>
    block.length === 1 ? block : orderForSkips(withTables(withoutIncluded(block), world)),
  );
