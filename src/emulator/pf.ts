/**
 * What pf holds: rule sets by anchor, tables, pf states, options, counters; loading them as one step, and asking for them. Evaluation is
 * pf-walk.ts, text is pfctl*.ts.
 */
import type { Family } from './address.ts';
import type { PfWorld, ResolvedHost } from './pf-host.ts';
import { addressesNamed } from './pf-host.ts';
import type { ParsedRuleset, RulesetSection } from './pf-parse.ts';
import { renderHostKey, renderPortKey } from './pf-rule-key.ts';
import type { End, InterfaceModifiers, Rule } from './pf-rules.ts';
import type { DebugLevel, QueueDefinition } from './pf-source.ts';
import type { SourceNodes } from './pf-source-node.ts';
import { createSourceNodes } from './pf-source-node.ts';
import type { PfState, StateTable } from './pf-state.ts';
import { createStateTable } from './pf-state.ts';
import type { Table, TableAddress } from './pf-table.ts';
import { createTable, replaceAddresses } from './pf-table.ts';
import type { Timeouts } from './pf-timeout.ts';
import { DEFAULTS } from './pf-timeout.ts';
import type { TrafficCounters } from './pf-traffic.ts';
import { createTrafficCounters } from './pf-traffic.ts';
import type { Random } from './random.ts';

/** Where evaluation goes on when a rule does not match in one attribute: pf's skip steps. They show in `Evaluations:`. */
export interface Skips {
  readonly interface: number;
  readonly direction: number;
  readonly rdomain: number;
  readonly family: number;
  readonly protocol: number;
  readonly source: number;
  readonly sourcePort: number;
  readonly destination: number;
  readonly destinationPort: number;
}

export interface Ruleset {
  readonly rules: readonly Rule[];
  readonly skips: readonly Skips[];
}

export interface PfCounters {
  searches: number;
  inserts: number;
  removals: number;
  match: number;
  memory: number;
  stateMismatch: number;
  stateInsert: number;
  stateLimit: number;
  translate: number;
  noRoute: number;
}

export interface Firewall {
  readonly world: PfWorld & {
    readonly version: () => number;
    /** Milliseconds on the router's clock. */
    readonly now: () => number;
  };
  readonly random: Random;
  readonly states: StateTable;
  readonly timeouts: Timeouts;
  readonly nodes: SourceNodes;
  readonly rulesets: Map<string, Ruleset>;
  readonly tables: Map<string, Table>;
  readonly counters: PfCounters;
  /** By interface. */
  readonly traffic: TrafficCounters;
  readonly limits: Map<string, number>;
  /** Packets that `max` of a rule has stopped; `-F info` leaves that. */
  ruleLimitHits: number;
  /** `creatorid:` of every pf state here. */
  readonly creator: string;
  skips: Set<string>;
  debug: DebugLevel;
  queues: readonly QueueDefinition[];
  isEnabled: boolean;
  /** Milliseconds on the router's clock at which pf was switched on or off. */
  since: number;
  nextId: bigint;
  nextAutomatic: number;
  /** Told of pf states that are ended by pfctl, before they are gone. */
  onKill: ((dead: readonly PfState[]) => void) | null;
}

const FIRST_LIMITS: readonly (readonly [string, number])[] = [
  ['states', 100_000],
  ['src-nodes', 10_000],
  ['frags', 16_384],
  ['tables', 1000],
  ['table-entries', 200_000],
  ['pktdelay-pkts', 10_000],
  ['anchors', 512],
];

const NOTHING: Readonly<PfCounters> = {
  searches: 0,
  inserts: 0,
  removals: 0,
  match: 0,
  memory: 0,
  stateMismatch: 0,
  stateInsert: 0,
  stateLimit: 0,
  translate: 0,
  noRoute: 0,
};

export const createFirewall = (world: Firewall['world'], random: Random): Firewall => {
  const timeouts = { ...DEFAULTS };
  const counters = { ...NOTHING };
  const creator = Math.floor(random.next() * 4294967296);
  return {
    world,
    random,
    states: createStateTable(timeouts, counters),
    timeouts,
    nodes: createSourceNodes(),
    rulesets: new Map([['', { rules: [], skips: [] }]]),
    tables: new Map(),
    counters,
    traffic: createTrafficCounters(world.now()),
    limits: new Map(FIRST_LIMITS),
    ruleLimitHits: 0,
    creator: creator.toString(16).padStart(8, '0'),
    skips: new Set(),
    debug: 'err',
    queues: [],
    isEnabled: true,
    since: world.now(),
    nextId: (BigInt(0x6b000000 + random.below(0xffffff)) << 32n) + 1n,
    nextAutomatic: 0,
    onKill: null,
  };
};

/** `pfctl -F info` (DIOCCLRSTATUS): the counters of `-s info`, and since when; rules and interfaces keep theirs. */
export const clearCounters = (firewall: Firewall): void => {
  Object.assign(firewall.counters, NOTHING);
  Object.assign(firewall.nodes.counts, { searches: 0, inserts: 0, removals: 0 });
  firewall.since = firewall.world.now();
};

/** `pfctl -F Reset`: `set skip`, debug level and limits as before any rule set. */
export const resetOptions = (firewall: Firewall): void => {
  firewall.debug = 'err';
  firewall.skips.clear();
  for (const [name, value] of FIRST_LIMITS) firewall.limits.set(name, value);
};

const endText = (end: End): string => `${end.isNegated ? '!' : ''}${renderHostKey(end.host)}`;
const portText = (end: End): string => renderPortKey(end.port) ?? '';

const skipsOf = (rules: readonly Rule[]): readonly Skips[] => {
  const after = (attribute: (rule: Rule) => string): number[] => {
    const texts = rules.map(attribute);
    const next = new Array<number>(rules.length).fill(rules.length);
    for (let i = rules.length - 2; i >= 0; i--)
      next[i] = texts[i] === texts[i + 1] ? (next[i + 1] ?? rules.length) : i + 1;
    return next;
  };
  const columns = {
    interface: after((rule) => `${rule.interface} ${rule.isInterfaceNegated}`),
    direction: after((rule) => String(rule.direction)),
    rdomain: after((rule) => `${rule.rdomain} ${rule.isInterfaceNegated}`),
    family: after((rule) => String(rule.family)),
    protocol: after((rule) => String(rule.protocol)),
    source: after((rule) => endText(rule.source)),
    sourcePort: after((rule) => portText(rule.source)),
    destination: after((rule) => endText(rule.destination)),
    destinationPort: after((rule) => portText(rule.destination)),
  };
  const at = (column: readonly number[], i: number): number => column[i] ?? rules.length;
  return rules.map((_, i) => ({
    interface: at(columns.interface, i),
    direction: at(columns.direction, i),
    rdomain: at(columns.rdomain, i),
    family: at(columns.family, i),
    protocol: at(columns.protocol, i),
    source: at(columns.source, i),
    sourcePort: at(columns.sourcePort, i),
    destination: at(columns.destination, i),
    destinationPort: at(columns.destinationPort, i),
  }));
};

const tableKey = (anchor: string, name: string): string => `${anchor}\n${name}`;

export const tableAt = (firewall: Firewall, anchor: string, name: string): Table | null =>
  firewall.tables.get(tableKey(anchor, name)) ?? null;

/** The table that a rule in `anchor` means: its own, else the main rule set's. */
export const tableFor = (firewall: Firewall, anchor: string, name: string): Table | null =>
  tableAt(firewall, anchor, name) ?? tableAt(firewall, '', name);

export const makeTable = (firewall: Firewall, anchor: string, name: string, wall: number): Table => {
  const there = tableAt(firewall, anchor, name);
  if (there !== null) return there;
  const made = createTable(anchor, name, wall);
  firewall.tables.set(tableKey(anchor, name), made);
  return made;
};

export const dropTable = (firewall: Firewall, table: Table): void => {
  firewall.tables.delete(tableKey(table.anchor, table.name));
};

const tableNames = (rule: Rule): readonly string[] =>
  [rule.source.host, rule.destination.host, rule.nat?.host, rule.rdr?.host, rule.route?.pool.host].flatMap(
    (host) => (host?.kind === 'table' ? [host.name] : []),
  );

/** How many rules of any rule set name the table. */
export const referencesOf = (firewall: Firewall, table: Table): number => {
  let count = 0;
  for (const [anchor, ruleset] of firewall.rulesets)
    if (anchor === table.anchor)
      for (const rule of ruleset.rules)
        count += tableNames(rule).filter((name) => name === table.name).length;
  return count;
};

/** How many anchors have a table of that name, or rules that name it, and so hold on to the main rule set's (pf_table.c, pfrkt_root). */
export const anchorReferencesOf = (firewall: Firewall, table: Table): number => {
  if (table.anchor !== '') return 0;
  const anchors = new Set<string>();
  for (const one of firewall.tables.values()) if (one.name === table.name) anchors.add(one.anchor);
  for (const [anchor, ruleset] of firewall.rulesets)
    if (ruleset.rules.some((rule) => tableNames(rule).includes(table.name))) anchors.add(anchor);
  anchors.delete('');
  return anchors.size;
};

const isBelow = (path: string, parent: string): boolean => parent === '' || path.startsWith(`${parent}/`);

/** All anchors that exist: with rules, with tables, called from a rule, or above one that does. */
export const anchorPaths = (firewall: Firewall): readonly string[] => {
  const paths = new Set<string>();
  const add = (path: string): void => {
    const parts = path.split('/');
    for (let i = 1; i <= parts.length; i++) paths.add(parts.slice(0, i).join('/'));
  };
  for (const [path, ruleset] of firewall.rulesets) if (path !== '' && ruleset.rules.length > 0) add(path);
  for (const table of firewall.tables.values()) if (table.anchor !== '') add(table.anchor);
  for (const ruleset of firewall.rulesets.values())
    for (const rule of ruleset.rules) if (rule.anchor !== null) add(rule.anchor.path);
  return [...paths].sort();
};

export const doesAnchorExist = (firewall: Firewall, path: string): boolean =>
  path === '' || anchorPaths(firewall).includes(path);

/** The names of the direct children of an anchor, sorted. */
export const childrenOf = (firewall: Firewall, path: string): readonly string[] => {
  const start = path === '' ? 0 : path.length + 1;
  return anchorPaths(firewall)
    .filter((one) => isBelow(one, path) && one !== path && !one.slice(start).includes('/'))
    .map((one) => one.slice(start));
};

export const setRules = (firewall: Firewall, anchor: string, rules: readonly Rule[], pid: number): void => {
  for (const old of firewall.rulesets.get(anchor)?.rules ?? []) old.number = null;
  for (const rule of rules) {
    rule.insertedBy = pid;
    rule.home = anchor;
  }
  firewall.rulesets.set(anchor, { rules, skips: skipsOf(rules) });
};

/** Rules and tables of one anchor, with those of the anchors written inside it. */
const loadSection = (
  firewall: Firewall,
  anchor: string,
  content: RulesetSection,
  how: { readonly pid: number; readonly wall: number },
): void => {
  setRules(firewall, anchor, content.rules, how.pid);
  for (const definition of content.tables) {
    const table = makeTable(firewall, anchor, definition.name, how.wall);
    table.isPersist = definition.isPersist;
    table.isConst = definition.isConst;
    table.hasCounters = definition.hasCounters;
    if (definition.hosts === null) continue;
    const addresses = definition.hosts.flatMap((node): TableAddress[] =>
      node.host.kind === 'prefix'
        ? [
            {
              prefix: node.host.prefix,
              isNegated: node.isNegated,
              weight: node.weight === 0 ? null : node.weight,
            },
          ]
        : [],
    );
    replaceAddresses(table, addresses, how.wall);
  }
  // an anchor written inside without any rule is called and not loaded: what it holds stays
  for (const one of content.inline) if (one.rules.length > 0) loadSection(firewall, one.path, one, how);
  // last, for the tables that the optimizer makes are here, whichever of the anchors inside names them
  const isHeld = (table: Table): boolean =>
    table.isPersist || referencesOf(firewall, table) > 0 || anchorReferencesOf(firewall, table) > 0;
  for (const table of [...firewall.tables.values()])
    if (table.anchor === anchor && !isHeld(table)) dropTable(firewall, table);
};

/** Loads a parsed rule set into an anchor (`''` is the main one): rules, tables and queues in one step. */
export const loadRuleset = (
  firewall: Firewall,
  anchor: string,
  content: ParsedRuleset,
  how: { readonly pid: number; readonly wall: number },
): void => {
  loadSection(firewall, anchor, content, how);
  if (anchor !== '') return;
  firewall.queues = content.queues;
  Object.assign(firewall.timeouts, DEFAULTS, content.timeouts);
  firewall.states.hastenAll();
};

const dynamic = new WeakMap<Firewall, Map<string, { version: number; hosts: readonly ResolvedHost[] }>>();

/** The addresses that `(em0)` means now; remembered until an interface changes, for it is asked at every packet. */
export const interfaceAddresses = (
  firewall: Firewall,
  name: string,
  modifiers: InterfaceModifiers,
): readonly ResolvedHost[] => {
  const cache = dynamic.get(firewall) ?? new Map();
  dynamic.set(firewall, cache);
  const key = `${name}${modifiers.network}${modifiers.broadcast}${modifiers.peer}${modifiers.noAlias}`;
  const version = firewall.world.version();
  const known = cache.get(key);
  if (known !== undefined && known.version === version) return known.hosts;
  const hosts = addressesNamed(firewall.world, name, modifiers);
  cache.set(key, { version, hosts });
  return hosts;
};

/** What `-vv` prints after a dynamic address. */
export const countInterfaceAddresses = (
  firewall: Firewall,
  name: string,
  modifiers: InterfaceModifiers,
  family: Family | null,
): number =>
  interfaceAddresses(firewall, name, modifiers).filter(
    (host) => family === null || host.prefix.family === family,
  ).length;

/** Ends pf states; gives how many. Nobody is told: no RST, no ICMP (OPENBSD.md 3d). */
export const killStates = (firewall: Firewall, doesMatch: (pfState: PfState) => boolean): number => {
  const now = firewall.world.now();
  const dead: PfState[] = [];
  for (const pfState of firewall.states.all.values()) if (doesMatch(pfState)) dead.push(pfState);
  if (dead.length > 0) firewall.onKill?.(dead);
  for (const pfState of dead) firewall.states.remove(pfState, now);
  return dead.length;
};
