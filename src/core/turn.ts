/**
 * The core's other entry point: `settle` works out what follows from everything observed so far, and hands out what is to
 * be done. What is desired always follows from the whole picture, never from the event that caused the turn.
 */
import { type CarpTransaction, carpRoleOf, planCarp } from './carp.ts';
import { type Concluded, conclude, learnWishes } from './conclusion.ts';
import { askPath, planCount } from './counting.ts';
import { type Decision, decisionKey } from './decide.ts';
import { distrustGap, type Engine, mapPaths } from './engine.ts';
import type { PathHealth } from './health.ts';
import { findProbes, firstDue, judgePaths, pathNotes } from './judge.ts';
import { dueSweep, findLeft, isPooled } from './kill.ts';
import type { LearnWish, Probe } from './model.ts';
import type { Note } from './note.ts';
import { type DesiredPf, isSettled, pfDeadline, planPf } from './reconcile.ts';
import { keepRecords } from './record.ts';
import { forgetRoutes, planRoutes, routeDeadline } from './routing.ts';
import { holdSwept, keepOutlived, planSweep, sweepDeadline } from './sweep.ts';
import { localTableName } from './tables.ts';
import { policyNotes } from './tell.ts';
import { earliest, type Mono } from './time.ts';
import type { PfTransaction, RouteTransaction, Sweep } from './transaction.ts';

/** What a turn hands out. */
export interface Turn {
  readonly engine: Engine;
  /** Every probe that should be running now. */
  readonly probes: readonly Probe[];
  /** Every gateway that should be looked for beside each reading of the interfaces. */
  readonly learn: readonly LearnWish[];
  /** To be carried out now; their results are observations. */
  readonly pf: PfTransaction | null;
  readonly sweep: Sweep | null;
  readonly routes: RouteTransaction | null;
  readonly carp: CarpTransaction | null;
  /** pf is to be asked what it has counted in this anchor. */
  readonly count: { readonly id: number; readonly anchor: string } | null;
  /** Wake at this instant even if nothing is observed. */
  readonly deadline: Mono | null;
  readonly notes: readonly Note[];
}

const findDecidedAt = (
  engine: Engine,
  decisions: readonly Decision[],
  now: Mono,
): ReadonlyMap<string, Mono> =>
  new Map(
    decisions.map((decision) => {
      const key = decisionKey(decision);
      const was = engine.decisions.find((each) => decisionKey(each) === key);
      const isSame = JSON.stringify(was?.shares) === JSON.stringify(decision.shares);
      return [key, isSame ? (engine.decidedAt.get(key) ?? now) : now];
    }),
  );

/** What pf should hold by the last turn; null before there are settings and a reading of the interfaces. */
export const desiredNow = ({ concluded }: Engine): DesiredPf | null =>
  concluded === null ? null : concluded.conclusions.desired;

/**
 * What is worked out once and kept until it is another is taken out: the next turn works out everything from the rest of
 * the engine, with the same result.
 */
export const forgetWorkedOut = (engine: Engine): Engine => ({
  ...engine,
  concluded: null,
  judged: new Map(),
  probes: [],
});

/** A path that is not judged yet, or that rules cannot name before its routing table is there. */
const isOpen = (path: PathHealth): boolean =>
  path.reason === 'starting' ||
  (path.evidence?.kind === 'ready' && !path.isRouted && path.reason !== 'no-route');

/** After a start: every path is judged, or has had the time for it. */
const isJudged = ({ startEnds, paths }: Engine, now: Mono): boolean =>
  startEnds === null || now >= startEnds || ![...paths.values()].some(isOpen);

/**
 * A start must not replace good rules by guesses: while paths are unjudged, what pf holds stays. Unless it holds
 * nothing, when any guess is better, or what we have loaded sends connections to a path that is down by now.
 */
const mayWrite = (engine: Engine, now: Mono): boolean => {
  const { pf } = engine;
  const isBare = pf.rulesAtStart === 0 && pf.paths.length === 0;
  return (
    isJudged(engine, now) ||
    isBare ||
    [...engine.paths.values()].some((path) => path.health === 'down' && pf.paths.includes(path.key))
  );
};

/** Works out what follows at `now` from everything observed so far. */
export const settle = (before: Engine, now: Mono): Turn => {
  const engine = distrustGap(before, now);
  const { settings, interfaces } = engine;
  if (settings === null || interfaces === null) {
    return {
      engine: { ...engine, notes: [] },
      probes: [],
      learn: settings === null ? [] : learnWishes(settings, engine.rtables),
      pf: null,
      sweep: null,
      routes: null,
      carp: null,
      count: null,
      deadline: null,
      notes: engine.notes,
    };
  }
  const isPostponed = engine.judgeAt !== null && now < engine.judgeAt;
  const judgeAt = isPostponed ? engine.judgeAt : null;
  const stepped = isPostponed
    ? { ...engine, judged: new Map() }
    : { ...engine, ...judgePaths(engine.paths, engine.judged, now) };
  const { judged } = stepped;
  const concluded: Concluded = conclude(engine.concluded, {
    settings,
    interfaces,
    rtables: engine.rtables,
    paths: stepped.paths,
  });
  const { conclusions } = concluded;
  const { decisions, desired } = conclusions;
  const isNew = conclusions !== engine.concluded?.conclusions;
  const decidedAt = isNew ? findDecidedAt(engine, decisions, now) : engine.decidedAt;
  const { left, next: leavesAt } = findLeft(conclusions.leaving, decidedAt, now);
  const isBackup = carpRoleOf(settings, interfaces) === 'backup';
  // pfsync(4) would end them on the master, too.
  const unwanted = isBackup ? [] : [...conclusions.stranded, ...left];
  const counting = planCount(stepped.count, stepped.paths.values());
  const asked = counting.id;
  const counted = asked === null ? stepped : mapPaths(stepped, (path) => askPath(path, asked));
  const writes = mayWrite(stepped, now);
  const pf = planPf(stepped.pf, {
    desired,
    unwanted,
    health: stepped.paths,
    mayWrite: writes,
    mayKill: !isBackup,
    now,
  });
  const pooled = unwanted.filter(
    (path) =>
      stepped.sweep.pooledBefore.has(path) || isPooled(settings, stepped.paths, stepped.paths.get(path)),
  );
  // Whatever is being loaded now may send connections where there were none.
  const isLoading =
    pf.transaction?.kind === 'apply' && (pf.transaction.ruleset !== null || pf.transaction.pools.length > 0);
  const held = keepOutlived(
    isLoading ? holdSwept(stepped.sweep, [...stepped.pf.paths, ...desired.paths]) : stepped.sweep,
    conclusions.gateways,
  );
  const canSweep = writes && !isBackup && isSettled(pf.lane, desired);
  const sweep = planSweep(
    held,
    canSweep ? dueSweep(held.holders, pooled, settings, stepped.paths, now, held.pooledBefore) : null,
    desired.tables.find(({ name }) => name === localTableName(settings))?.addresses ?? [],
    now,
  );
  // A default route goes with the address that it leaves by, in every table, and nothing puts it back.
  const routes = planRoutes(forgetRoutes(stepped.routes, conclusions.unrouted), conclusions.routes, now);
  const carp = planCarp(stepped.carp, settings, interfaces, decisions, isJudged(stepped, now), now);
  const isStarting = engine.startEnds !== null && now < engine.startEnds;
  const deadline = earliest(
    isPostponed ? judgeAt : firstDue(judged),
    pfDeadline(pf.lane, writes ? unwanted : []),
    canSweep ? sweepDeadline(sweep.lane, pooled) : null,
    leavesAt,
    routeDeadline(routes.lane),
    carp.deadline,
    isStarting ? engine.startEnds : null,
  );
  const notes = [
    ...engine.notes,
    ...pathNotes(engine.settled, stepped.paths, now),
    ...(writes && engine.said !== decisions ? policyNotes(engine.said, decisions) : []),
    ...carp.notes,
  ];
  const probes = findProbes(engine.probes, counted.paths);
  return {
    engine: {
      ...counted,
      count: counting.lane,
      decisions,
      decidedAt,
      concluded,
      probes,
      judgeAt,
      pf: pf.lane,
      sweep: sweep.lane,
      routes: routes.lane,
      carp: carp.lane,
      records: keepRecords(engine.records, engine.settled, counted.paths, now),
      settled: counted.paths,
      said: writes ? decisions : engine.said,
      deadline,
      notes: [],
    },
    probes,
    learn: conclusions.learn,
    pf: pf.transaction,
    sweep: sweep.sweep,
    routes: routes.transaction,
    carp: carp.transaction,
    count: asked === null ? null : { id: asked, anchor: settings.anchor },
    deadline,
    notes,
  };
};
