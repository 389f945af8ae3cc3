/**
 * What is to be done: the lanes (pf, sweep, routes, carp, count), planned from what was concluded. Most turns are of an answer to a
 * ping after which every path stands as it did, and find the lanes as the last turn has left them, before any of them wants to be
 * planned again. Then they rest: planning them would come to the same, and is left out.
 */
import { type CarpTransaction, carpRoleOf, planCarp } from './carp.ts';
import type { Concluded, Conclusions, Premises } from './conclusion.ts';
import { wantsReading } from './confirm.ts';
import { askPath, planCount } from './counting.ts';
import { type Decision, decisionKey } from './decide.ts';
import { type Engine, mapPaths } from './engine.ts';
import { dueSweep, findLeft, isPooled } from './kill.ts';
import type { PathKey } from './model.ts';
import type { Note } from './note.ts';
import type { PathHealth } from './path.ts';
import { isSettled, pfDeadline, planPf } from './reconcile.ts';
import { forgetRoutes, planRoutes, routeDeadline } from './routing.ts';
import { holdSwept, keepOutlived, planSweep, sweepDeadline } from './sweep.ts';
import { localTableName } from './tables.ts';
import { policyNotes } from './tell.ts';
import { earliest, type Mono } from './time.ts';
import type { Kill, PfTransaction, RouteTransaction, Sweep } from './transaction.ts';

export interface Plan {
  readonly engine: Engine;
  /** To be carried out now. */
  readonly pf: PfTransaction | null;
  readonly sweep: Sweep | null;
  readonly routes: RouteTransaction | null;
  readonly carp: CarpTransaction | null;
  readonly count: { readonly id: number; readonly anchor: string } | null;
  readonly notes: readonly Note[];
  /** When the lanes want to be planned again if nothing changes. */
  readonly until: Mono | null;
}

/** How the last planning has left the lanes, since when they rest on it, and until when. */
export interface Resting {
  readonly from: Mono;
  readonly startEnds: Mono | null;
  readonly pf: Engine['pf'];
  readonly sweep: Engine['sweep'];
  readonly routes: Engine['routes'];
  readonly carp: Engine['carp'];
  readonly count: Engine['count'];
  readonly until: Mono | null;
}

/** For an engine of which nothing has changed, since the lanes were planned, that conclusions are drawn from. */
export const isResting = (engine: Engine, now: Mono): boolean => {
  const { resting } = engine;
  if (resting === null || now < resting.from || (resting.until !== null && now >= resting.until))
    return false;
  // What else probes may have brought: a burst that waits for pf's answer.
  for (const { confirming } of engine.paths.values()) if (wantsReading(confirming)) return false;
  return (
    resting.startEnds === engine.startEnds &&
    resting.pf === engine.pf &&
    resting.sweep === engine.sweep &&
    resting.routes === engine.routes &&
    resting.carp === engine.carp &&
    resting.count === engine.count
  );
};

/** The plan of an engine whose lanes rest. */
export const planNothing = (engine: Engine): Plan => ({
  engine,
  pf: null,
  sweep: null,
  routes: null,
  carp: null,
  count: null,
  notes: [],
  until: engine.resting?.until ?? null,
});

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

const isBackup = ({ settings, interfaces }: Premises): boolean =>
  carpRoleOf(settings, interfaces) === 'backup';

/** The paths whose states must go; pfsync(4) would end those of a backup on the master, too. */
const findUnwanted = (
  onBackup: boolean,
  { stranded }: Conclusions,
  left: readonly PathKey[],
): readonly PathKey[] => (onBackup ? [] : [...stranded, ...left]);

/** The paths whose states must go by now, of an engine that something was decided in. */
const findUnwantedNow = ({ concluded, decidedAt }: Engine, now: Mono): readonly PathKey[] => {
  if (concluded === null) return [];
  const { premises, conclusions } = concluded;
  const { left } = findLeft(conclusions.leaving, decidedAt, now);
  return findUnwanted(isBackup(premises), conclusions, left);
};

/** Nor what a path has outlived. */
const mayKill = ({ concluded }: Engine): boolean => concluded !== null && !isBackup(concluded.premises);

/**
 * Whether a kill of the transaction under way is wanted still, now that its turn has come: pfctl may have taken seconds for what comes
 * before it, and the link be back. What a path has outlived goes in any case.
 */
export const isKillWanted = (engine: Engine, kill: Kill, now: Mono): boolean =>
  engine.pf.outlived.includes(kill) ? mayKill(engine) : findUnwantedNow(engine, now).includes(kill.path);

/** The same of a state that the sweep under way has found, by its gateway. */
export const isSweepWanted = (engine: Engine, gateway: string, now: Mono): boolean => {
  const { inFlight, outlived } = engine.sweep;
  const found = (inFlight?.gateways ?? []).filter((each) => each.gateway === gateway);
  const isOutlived = found.some((each) => outlived.some((known) => known === each));
  const unwanted = findUnwantedNow(engine, now);
  return isOutlived ? mayKill(engine) : found.some(({ path }) => unwanted.includes(path));
};

/** `engine`: with its paths as they are at `now`, and as the last turn has left everything else, but for what was observed. */
export const planLanes = (engine: Engine, { premises, conclusions }: Concluded, now: Mono): Plan => {
  const { settings, interfaces } = premises;
  const { decisions, desired } = conclusions;
  const isNew = conclusions !== engine.concluded?.conclusions;
  const decidedAt = isNew ? findDecidedAt(engine, decisions, now) : engine.decidedAt;
  const { left, next: leavesAt } = findLeft(conclusions.leaving, decidedAt, now);
  const onBackup = isBackup(premises);
  const unwanted = findUnwanted(onBackup, conclusions, left);
  const counting = planCount(engine.count, engine.paths.values());
  const asked = counting.id;
  const counted = asked === null ? engine : mapPaths(engine, (path) => askPath(path, asked));
  const writes = mayWrite(engine, now);
  const pf = planPf(engine.pf, {
    desired,
    unwanted,
    health: engine.paths,
    mayWrite: writes,
    mayKill: !onBackup,
    now,
  });
  const pooled = unwanted.filter(
    (path) => engine.sweep.pooledBefore.has(path) || isPooled(settings, engine.paths, engine.paths.get(path)),
  );
  // Whatever is being loaded now may send connections where there were none.
  const isLoading =
    pf.transaction?.kind === 'apply' && (pf.transaction.ruleset !== null || pf.transaction.pools.length > 0);
  const held = keepOutlived(
    isLoading ? holdSwept(engine.sweep, [...engine.pf.paths, ...desired.paths]) : engine.sweep,
    conclusions.gateways,
  );
  const canSweep = writes && !onBackup && isSettled(pf.lane, desired);
  const sweep = planSweep(
    held,
    canSweep
      ? dueSweep(
          held.holders,
          pooled,
          {
            settings,
            paths: engine.paths,
            pooledBefore: held.pooledBefore,
            sight: { interfaces, learnt: engine.learnt },
          },
          now,
        )
      : null,
    desired.tables.find(({ name }) => name === localTableName(settings))?.addresses ?? [],
    now,
  );
  // A default route goes with the address that it leaves by, in every table, and nothing puts it back.
  const routes = engine.isNumbered
    ? planRoutes(forgetRoutes(engine.routes, conclusions.unrouted), conclusions.routes, now)
    : { lane: engine.routes, transaction: null };
  const carp = planCarp(engine.carp, settings, interfaces, decisions, isJudged(engine, now), now);
  const isStarting = engine.startEnds !== null && now < engine.startEnds;
  const until = earliest(
    pfDeadline(pf.lane, writes ? unwanted : []),
    canSweep ? sweepDeadline(sweep.lane, pooled) : null,
    leavesAt,
    routeDeadline(routes.lane),
    carp.deadline,
    isStarting ? engine.startEnds : null,
  );
  const lanes = {
    pf: pf.lane,
    sweep: sweep.lane,
    routes: routes.lane,
    carp: carp.lane,
    count: counting.lane,
  };
  const { startEnds } = engine;
  return {
    engine: {
      ...counted,
      ...lanes,
      decisions,
      decidedAt,
      said: writes ? decisions : engine.said,
      resting: { from: now, until, startEnds, ...lanes },
    },
    pf: pf.transaction,
    sweep: sweep.sweep,
    routes: routes.transaction,
    carp: carp.transaction,
    count: asked === null ? null : { id: asked, anchor: settings.anchor },
    notes: [
      ...(writes && engine.said !== decisions ? policyNotes(engine.said, decisions) : []),
      ...carp.notes,
    ],
    until,
  };
};
