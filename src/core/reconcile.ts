/**
 * The pf lane: applied against desired -> the next transaction, or nothing. At most one is under way; the next one is
 * planned from the newest desired content, so whatever changed meanwhile is in it and what was superseded never runs.
 *
 * `applied` is unknown at the start, after every failure and after a reload. It then becomes what an inspection found
 * to be there, and later what a transaction that succeeded has set. What was only tried is never recorded.
 */

import { afterKills, dueKills, holdStates, killDeadline, type StateHolders } from './kill.ts';
import type { PathKey } from './model.ts';
import type { Note } from './note.ts';
import type { PathHealth } from './path.ts';
import { keepWeights, rulesKey, workOnPool } from './pool-work.ts';
import { remembered } from './remembered.ts';
import type { PoolAnchor, Ruleset, Table } from './rule.ts';
import { earliest, type Millis, type Mono, millis, plus } from './time.ts';
import type {
  Fingerprint,
  Kill,
  PfFailure,
  PfResult,
  PfStep,
  PfTransaction,
  PoolWork,
} from './transaction.ts';

export interface DesiredPf {
  readonly anchor: string;
  readonly ruleset: Ruleset;
  readonly tables: readonly Table[];
  readonly pools: readonly PoolAnchor[];
  /** Paths that new connections are sent to by this ruleset. */
  readonly paths: readonly PathKey[];
}

export interface PfLane {
  /** The anchor's ruleset as known to be in pf, as comparable text; null: unknown or known to be wrong. */
  readonly appliedRules: string | null;
  readonly appliedTables: ReadonlyMap<string, string>;
  /** Pools by their anchor, as we have set or found them. A reload does not forget them: what differs is written piecemeal. */
  readonly appliedPools: ReadonlyMap<string, PoolAnchor>;
  /** The main rule set lacks the line that calls the anchor, and that has been said. */
  readonly isUncalled: boolean;
  /** What pf printed for the ruleset last loaded or found, and which ruleset that was. */
  readonly printed: { readonly of: string; readonly lines: Fingerprint } | null;
  /** Whether pf has been looked at since `applied` became unknown. */
  readonly looked: boolean;
  /** The ruleset that the last look compared with. */
  readonly lookedFor: string | null;
  /** How many rules the anchor held when it was first looked at; null before. */
  readonly rulesAtStart: number | null;
  /** Paths that the last ruleset of ours sent connections to, whether or not we heard of success; or the one that was found. */
  readonly paths: readonly PathKey[];
  readonly inFlight: { readonly transaction: PfTransaction; readonly desired: DesiredPf } | null;
  readonly nextId: number;
  /** Failures in a row. */
  readonly failures: number;
  readonly retryAt: Mono | null;
  readonly failure: PfFailure | null;
  /** What the failure is of: `kill` leaves nothing behind that an inspection could find. */
  readonly failedStep: PfStep | 'inspect' | null;
  /** The desired content that failed: another one is tried at once, without waiting. */
  readonly failedOn: string | null;
  readonly inspectAt: Mono | null;
  /** Settings are new: check the text before it is loaded. */
  readonly mustCheck: boolean;
  readonly holders: StateHolders;
  /** Kills of what paths have left behind (outlived.ts), until they have been done. */
  readonly outlived: readonly Kill[];
  readonly counts: { readonly loads: number; readonly failures: number; readonly killed: number };
}

export const newPfLane: PfLane = {
  appliedRules: null,
  appliedTables: new Map(),
  appliedPools: new Map(),
  isUncalled: false,
  printed: null,
  looked: false,
  lookedFor: null,
  rulesAtStart: null,
  paths: [],
  inFlight: null,
  nextId: 1,
  failures: 0,
  retryAt: null,
  failure: null,
  failedStep: null,
  failedOn: null,
  inspectAt: null,
  mustCheck: true,
  holders: new Map(),
  outlived: [],
  counts: { loads: 0, failures: 0, killed: 0 },
};

/** What a life before had started may write behind our back until then: no pfctl is waited for as long (adapter/pfctl.ts). */
const LATE_WRITERS = millis(15_000);
const FIRST_RETRY = 100;
const LAST_RETRY = 30_000;

/** 100 ms, 200 ms, … 30 s */
export const backoff = (failures: number): Millis =>
  millis(Math.min(LAST_RETRY, FIRST_RETRY * 2 ** Math.min(failures - 1, 20)));

const tableKey = remembered((table: Table): string => table.addresses.join(' '));
const desiredKey = remembered((desired: DesiredPf): string =>
  JSON.stringify([desired.anchor, desired.ruleset, desired.tables, desired.pools]),
);

/** Nothing is known of what pf holds any more: look before anything else is written. */
export const forgetApplied = (lane: PfLane): PfLane => ({
  ...lane,
  appliedRules: null,
  appliedTables: new Map(),
  looked: false,
});

const tablesToWrite = (lane: PfLane, desired: DesiredPf): readonly Table[] =>
  desired.tables.filter((table) => lane.appliedTables.get(table.name) !== tableKey(table));

const poolsToWrite = (lane: PfLane, desired: DesiredPf): readonly PoolWork[] =>
  desired.pools.flatMap((pool) => workOnPool(lane.appliedPools.get(pool.anchor), pool) ?? []);

export interface PfPlanInput {
  readonly desired: DesiredPf;
  /** Paths whose states must go. */
  readonly unwanted: readonly PathKey[];
  readonly health: ReadonlyMap<PathKey, PathHealth>;
  /** Not before every path is judged: a restart must not replace good rules by guesses. */
  readonly mayWrite: boolean;
  /** Not on the backup of a pair of routers. */
  readonly mayKill: boolean;
  readonly now: Mono;
}

/** The transaction that brings pf closest to what is desired now, or null; and the lane with it under way. */
export const planPf = (
  lane: PfLane,
  input: PfPlanInput,
): { readonly lane: PfLane; readonly transaction: PfTransaction | null } => {
  const { desired, unwanted, health, mayWrite, mayKill, now } = input;
  const isWaiting = lane.retryAt !== null && now < lane.retryAt && lane.failedOn === desiredKey(desired);
  if (lane.inFlight !== null || isWaiting) return { lane, transaction: null };
  const common = { id: lane.nextId, anchor: desired.anchor };
  const fly = (transaction: PfTransaction, next: PfLane = lane) => ({
    lane: { ...next, inFlight: { transaction, desired }, nextId: lane.nextId + 1, retryAt: null },
    transaction,
  });
  const isDue = lane.inspectAt !== null && now >= lane.inspectAt;
  const writesRules = lane.appliedRules !== rulesKey(desired.ruleset);
  const tables = tablesToWrite(lane, desired);
  const pools = poolsToWrite(lane, desired);
  const kills = mayKill ? [...lane.outlived, ...dueKills(lane.holders, unwanted, health, now)] : [];
  const hasWork = mayWrite && (writesRules || tables.length > 0 || pools.length > 0 || kills.length > 0);
  // A start may have looked before it knew its own mind (routing tables were still being set): what it then takes for a
  // difference may be just what is desired by now, and to load it would write what is there.
  const isFirst = lane.counts.loads === 0 && lane.failures === 0;
  const isStale = isFirst && hasWork && writesRules && lane.lookedFor !== rulesKey(desired.ruleset);
  // What is urgent goes before what is routine, but nothing is written blindly.
  if (!lane.looked || isStale || (isDue && !hasWork)) {
    const { ruleset } = desired;
    const fingerprint = lane.printed?.of === rulesKey(ruleset) ? lane.printed.lines : null;
    return fly(
      { kind: 'inspect', ...common, ruleset, fingerprint, tables: desired.tables, pools: desired.pools },
      { ...lane, inspectAt: null },
    );
  }
  if (!hasWork) return { lane, transaction: null };
  const ruleset = writesRules ? desired.ruleset : null;
  // From here on states may be made on these links, whether or not we hear of success.
  const isSteering = writesRules || pools.length > 0;
  const paths = isSteering ? desired.paths : lane.paths;
  // And until now they were made where the rules before have sent them: on a path that one policy has left for another's
  // last resort, after its kills.
  const holders = holdStates(lane.holders, isSteering ? [...lane.paths, ...paths] : []);
  return fly(
    { kind: 'apply', ...common, check: writesRules && lane.mustCheck, ruleset, tables, pools, kills },
    { ...lane, holders, paths, mustCheck: lane.mustCheck && !writesRules },
  );
};

const isPoolApplied = (lane: PfLane, pool: PoolAnchor): boolean => {
  const applied = lane.appliedPools.get(pool.anchor);
  return applied !== undefined && workOnPool(applied, pool) === null;
};

/**
 * The pools after an inspection: one that is as desired is known from now on; of one that differs, what we have set before
 * still counts, unless it should have been as desired: then somebody else wrote, and nothing is known of it.
 */
const poolsFound = (
  lane: PfLane,
  desired: DesiredPf,
  differing: readonly string[],
): ReadonlyMap<string, PoolAnchor> =>
  new Map(
    desired.pools.flatMap((pool): readonly (readonly [string, PoolAnchor])[] => {
      const applied = lane.appliedPools.get(pool.anchor);
      // An inspection does not see weights: what we have set tells them.
      if (!differing.includes(pool.anchor)) return [[pool.anchor, keepWeights(applied, pool)]];
      // Nor is anything known of one that could not be written.
      const isUnknown = applied === undefined || isPoolApplied(lane, pool) || lane.failedStep === 'pool';
      return isUnknown ? [] : [[pool.anchor, applied]];
    }),
  );

/** Everything desired is known to be in pf, and nothing is under way. */
export const isSettled = (lane: PfLane, desired: DesiredPf): boolean =>
  lane.inFlight === null &&
  lane.appliedRules === rulesKey(desired.ruleset) &&
  tablesToWrite(lane, desired).length === 0 &&
  poolsToWrite(lane, desired).length === 0;

const failed = (
  lane: PfLane,
  result: PfResult & { kind: 'failed' },
  { transaction, desired: on }: NonNullable<PfLane['inFlight']>,
  now: Mono,
): { lane: PfLane; notes: readonly Note[] } => {
  const failures = lane.failures + 1;
  const retryIn = backoff(failures);
  const isNews = lane.failure?.text !== result.failure.text || lane.failure.line !== result.failure.line;
  return {
    lane: {
      ...forgetApplied(lane),
      failures,
      failure: result.failure,
      failedStep: result.step,
      failedOn: desiredKey(on),
      mustCheck: lane.mustCheck || (transaction.kind === 'apply' && transaction.check),
      retryAt: plus(now, retryIn),
      counts: { ...lane.counts, failures: lane.counts.failures + 1 },
    },
    notes: isNews
      ? [{ kind: 'pf-failed', anchor: on.anchor, step: result.step, failure: result.failure, retryIn }]
      : [],
  };
};

/** The result of the transaction under way. Results of any other are ignored. */
export const stepPfResult = (
  lane: PfLane,
  id: number,
  result: PfResult,
  reconcile: Millis,
  now: Mono,
): { readonly lane: PfLane; readonly notes: readonly Note[] } => {
  const flight = lane.inFlight;
  if (flight === null || flight.transaction.id !== id) return { lane, notes: [] };
  const { transaction, desired } = flight;
  const isFirst = result.kind === 'inspected' && lane.rulesAtStart === null;
  const lookIn = isFirst ? millis(Math.min(LATE_WRITERS, reconcile)) : reconcile;
  // What is written now and then must not put off the look at what nobody has written, and a look that was asked for during another
  // one is for what that may have missed.
  const inspectAt = lane.inspectAt ?? plus(now, lookIn);
  const landed: PfLane = { ...lane, inFlight: null, inspectAt };
  if (result.kind === 'failed') return failed(landed, result, flight, now);
  const worked: PfLane = {
    ...landed,
    failures: 0,
    failure: null,
    failedStep: null,
    failedOn: null,
    retryAt: null,
  };
  // An inspection that finds work to do has mended nothing yet: the failure stands, and its backoff grows on. Nor has
  // one that was made for a failed kill; a routine one says that there was nothing left to kill.
  const isFound = result.kind === 'inspected' && result.differences.length === 0;
  const isMended =
    lane.failure !== null &&
    (result.kind === 'applied' || (isFound && (lane.looked || lane.failedStep !== 'kill')));
  const recovered: readonly Note[] = isMended
    ? [{ kind: 'pf-recovered', anchor: desired.anchor, failures: lane.failures }]
    : [];
  if (result.kind === 'inspected') {
    // What differs now was known to be there: somebody else wrote.
    const isForeign =
      lane.looked &&
      ((result.rulesDiffer && lane.appliedRules === rulesKey(desired.ruleset)) ||
        desired.pools.some(
          (pool) => result.poolsThatDiffer.includes(pool.anchor) && isPoolApplied(lane, pool),
        ) ||
        desired.tables.some(
          (table) =>
            result.tablesThatDiffer.includes(table.name) &&
            lane.appliedTables.get(table.name) === tableKey(table),
        ));
    const differing = new Set(result.tablesThatDiffer);
    const isUncalled = result.isCalled === null ? lane.isUncalled : !result.isCalled;
    return {
      lane: {
        ...(isMended
          ? worked
          : { ...worked, failures: lane.failures, failure: lane.failure, failedStep: lane.failedStep }),
        looked: true,
        lookedFor: rulesKey(desired.ruleset),
        isUncalled,
        appliedPools: poolsFound(lane, desired, result.poolsThatDiffer),
        rulesAtStart: lane.rulesAtStart ?? result.rulesHeld,
        appliedRules: result.rulesDiffer ? null : rulesKey(desired.ruleset),
        // Rules of an earlier life, found as they should be, are in force like our own.
        paths: result.rulesDiffer ? lane.paths : desired.paths,
        printed: result.rulesDiffer
          ? lane.printed
          : { of: rulesKey(desired.ruleset), lines: result.fingerprint },
        appliedTables: new Map(
          desired.tables
            .filter(({ name }) => !differing.has(name))
            .map((table) => [table.name, tableKey(table)]),
        ),
      },
      notes: [
        ...(isForeign ? [{ kind: 'pf-foreign', differences: result.differences } as const] : []),
        ...(isUncalled && !lane.isUncalled ? [{ kind: 'pf-uncalled', anchor: desired.anchor } as const] : []),
        ...recovered,
      ],
    };
  }
  if (transaction.kind !== 'apply') return { lane: landed, notes: [] };
  const written = desired.pools.flatMap((pool) => {
    const work = transaction.pools.find(({ anchor }) => anchor === pool.anchor);
    return work === undefined
      ? []
      : [[pool.anchor, keepWeights(lane.appliedPools.get(pool.anchor), pool, work.reweigh)] as const];
  });
  const { loadTook } = result;
  const loads: readonly Note[] =
    transaction.ruleset === null || loadTook === null
      ? []
      : [{ kind: 'pf-loaded', anchor: desired.anchor, rules: transaction.ruleset.length, took: loadTook }];
  const done = transaction.kills.flatMap((kill, at) => {
    const count = result.killed[at] ?? null;
    return count === null ? [] : [{ kill, count }];
  });
  const killed = done.map(
    ({ kill: { link, again }, count }): Note => ({ kind: 'pf-killed', link, count, again }),
  );
  return {
    lane: {
      ...worked,
      appliedRules: rulesKey(desired.ruleset),
      printed:
        result.fingerprint === null
          ? lane.printed
          : { of: rulesKey(desired.ruleset), lines: result.fingerprint },
      appliedTables: new Map([
        ...lane.appliedTables,
        ...transaction.tables.map((table) => [table.name, tableKey(table)] as const),
      ]),
      appliedPools: new Map([...lane.appliedPools, ...written]),
      holders: afterKills(
        lane.holders,
        done.flatMap(({ kill }) => (lane.outlived.includes(kill) ? [] : kill)),
        now,
      ),
      // By identity: what has become outlived meanwhile looks the same, and is to be killed again.
      outlived: lane.outlived.filter((outlived) => !done.some(({ kill }) => kill === outlived)),
      counts: {
        ...lane.counts,
        loads: lane.counts.loads + loads.length,
        killed: lane.counts.killed + done.reduce((sum, { count }) => sum + count, 0),
      },
    },
    notes: [...recovered, ...loads, ...killed],
  };
};

/** When this lane wants to be planned again by itself. */
export const pfDeadline = (lane: PfLane, unwanted: readonly PathKey[]): Mono | null =>
  lane.inFlight !== null
    ? null
    : (lane.retryAt ?? earliest(lane.inspectAt, killDeadline(lane.holders, unwanted)));
