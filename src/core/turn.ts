/**
 * The core's other entry point: `settle` works out what follows from everything observed so far, and hands out what is to
 * be done. What is desired always follows from the whole picture, never from the event that caused the turn.
 */
import { type Decision, decidePolicy, decisionKey } from './decide.ts';
import { distrustGap, type Engine, mapPaths, routeWishes } from './engine.ts';
import { learnWishOf } from './evidence.ts';
import { type PathHealth, pathDeadline, stepPath } from './health.ts';
import { dueSweep, findLeft, findStranded, isPooled } from './kill.ts';
import {
  families,
  type InterfaceTable,
  type LearnWish,
  type PathKey,
  type Probe,
  pathKey,
  type Settings,
} from './model.ts';
import type { Note } from './note.ts';
import { type DesiredPf, isSettled, pfDeadline, planPf } from './reconcile.ts';
import { forgetRoutes, planRoutes, routeDeadline } from './routing.ts';
import { rdomainOf } from './rtable.ts';
import { desirePools, desireRuleset } from './ruleset.ts';
import { holdSwept, keepOutlived, planSweep, sweepDeadline } from './sweep.ts';
import { desireTables, localTableName } from './tables.ts';
import { healthNotes, policyNotes } from './tell.ts';
import { earliest, type Mono } from './time.ts';
import type { PfTransaction, RouteTransaction, RouteWish, Sweep } from './transaction.ts';

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

const desiredPf = (
  engine: Engine,
  settings: Settings,
  decisions: readonly Decision[],
  stranded: readonly PathKey[],
  interfaces: InterfaceTable,
): DesiredPf => {
  const input = { settings, decisions, paths: engine.paths, stranded };
  const paths = decisions.flatMap(({ family, shares }) => shares.map((share) => pathKey(share.link, family)));
  return {
    anchor: settings.anchor,
    ruleset: desireRuleset(input),
    tables: desireTables(settings, decisions, interfaces, engine.paths),
    pools: desirePools(input),
    paths: [...new Set(paths)],
  };
};

/** What pf should hold by the last turn; null before there are settings and a reading of the interfaces. */
export const desiredNow = (engine: Engine): DesiredPf | null => {
  const { settings, interfaces, decisions } = engine;
  if (settings === null || interfaces === null) return null;
  return desiredPf(engine, settings, decisions, findStranded(settings, engine.paths, decisions), interfaces);
};

/** A path that is not judged yet, or that rules cannot name before its routing table is there. */
const isOpen = (path: PathHealth): boolean =>
  path.reason === 'starting' ||
  (path.evidence?.kind === 'ready' && !path.isRouted && path.reason !== 'no-route');

/**
 * A start must not replace good rules by guesses: while paths are unjudged, what pf holds stays. Unless it holds
 * nothing, when any guess is better, or what we have loaded sends connections to a path that is down by now.
 */
const mayWrite = (engine: Engine, now: Mono): boolean => {
  const { pf, startEnds } = engine;
  const paths = [...engine.paths.values()];
  const isJudged = startEnds === null || now >= startEnds || !paths.some(isOpen);
  const isBare = pf.rulesAtStart === 0 && pf.paths.length === 0;
  return isJudged || isBare || paths.some((path) => path.health === 'down' && pf.paths.includes(path.key));
};

/** Where this machine tells the gateways that the configuration does not. */
const learnWishes = ({ settings, rtables }: Engine): readonly LearnWish[] =>
  (settings?.links ?? []).flatMap((link) =>
    families.flatMap((family) => learnWishOf(link, family, rdomainOf(rtables, link.name)) ?? []),
  );

/** Works out what follows at `now` from everything observed so far. */
export const settle = (before: Engine, now: Mono): Turn => {
  const engine = distrustGap(before, now);
  const { settings, interfaces } = engine;
  if (settings === null || interfaces === null) {
    return {
      engine: { ...engine, notes: [] },
      probes: [],
      learn: learnWishes(engine),
      pf: null,
      sweep: null,
      routes: null,
      deadline: null,
      notes: engine.notes,
    };
  }
  const isPostponed = engine.judgeAt !== null && now < engine.judgeAt;
  const judgeAt = isPostponed ? engine.judgeAt : null;
  const stepped = isPostponed ? engine : mapPaths(engine, (path) => stepPath(path, now));
  const paths = [...stepped.paths.values()];
  const decisions = settings.policies.flatMap((policy) => decidePolicy(policy, settings, stepped.paths));
  const decidedAt = findDecidedAt(engine, decisions, now);
  const stranded = findStranded(settings, stepped.paths, decisions);
  const { left, next: leavesAt } = findLeft(settings, stepped.paths, decisions, decidedAt, now);
  const unwanted = [...stranded, ...left];
  const desired = desiredPf(stepped, settings, decisions, stranded, interfaces);
  const writes = mayWrite(stepped, now);
  const pf = planPf(stepped.pf, { desired, unwanted, health: stepped.paths, mayWrite: writes, now });
  const pooled = unwanted.filter((path) => isPooled(settings, stepped.paths, stepped.paths.get(path)));
  // Whatever is being loaded now may send connections where there were none.
  const isLoading =
    pf.transaction?.kind === 'apply' && (pf.transaction.ruleset !== null || pf.transaction.pools.length > 0);
  const held = keepOutlived(
    isLoading ? holdSwept(stepped.sweep, desired.paths) : stepped.sweep,
    paths.flatMap((path) => (path.evidence?.kind === 'ready' ? [path.evidence.gateway] : [])),
  );
  const canSweep = writes && isSettled(pf.lane, desired);
  const sweep = planSweep(
    held,
    canSweep ? dueSweep(held.holders, pooled, settings, stepped.paths, now) : null,
    desired.tables.find(({ name }) => name === localTableName(settings))?.addresses ?? [],
    now,
  );
  // A default route goes with the address that it leaves by, in every table, and nothing puts it back.
  const isUnrouted = (id: RouteWish['id']): boolean =>
    [...stepped.paths.values()].some((path) => path.key === id && !path.isRouted);
  const routes = planRoutes(forgetRoutes(stepped.routes, isUnrouted), routeWishes(stepped), now);
  const isStarting = engine.startEnds !== null && now < engine.startEnds;
  const deadline = earliest(
    ...(isPostponed ? [judgeAt] : paths.map(pathDeadline)),
    pfDeadline(pf.lane, writes ? unwanted : []),
    canSweep ? sweepDeadline(sweep.lane, pooled) : null,
    leavesAt,
    routeDeadline(routes.lane),
    isStarting ? engine.startEnds : null,
  );
  const notes = [
    ...engine.notes,
    ...paths.flatMap((path) => healthNotes(engine.settled.get(path.key), path, now)),
    ...(writes ? policyNotes(engine.said, decisions) : []),
  ];
  return {
    engine: {
      ...stepped,
      decisions,
      decidedAt,
      judgeAt,
      pf: pf.lane,
      sweep: sweep.lane,
      routes: routes.lane,
      settled: stepped.paths,
      said: writes ? decisions : engine.said,
      deadline,
      notes: [],
    },
    probes: paths
      .filter((path) => path.isRouted)
      .flatMap((path) => path.targets.map((target) => target.probe)),
    learn: learnWishes(stepped),
    pf: pf.transaction,
    sweep: sweep.sweep,
    routes: routes.transaction,
    deadline,
    notes,
  };
};
