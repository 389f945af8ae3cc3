/**
 * The core's other entry point: `settle` works out what follows from everything observed so far, and hands out what is to
 * be done. What is desired always follows from the whole picture, never from the event that caused the turn.
 */
import type { CarpTransaction } from './carp.ts';
import { conclude, isConcluded, learnWishes } from './conclusion.ts';
import type { Decision } from './decide.ts';
import { type Engine, mapPaths } from './engine.ts';
import { distrustGap } from './gap.ts';
import { pathDeadline, stepPace } from './health.ts';
import { findProbes, firstDue, type Judgement, judgePaths, pathNotes } from './judge.ts';
import { stepMeters } from './meter.ts';
import type { LearnWish, PathKey, Probe } from './model.ts';
import type { Note } from './note.ts';
import { paceOf } from './pace.ts';
import { isResting, planLanes, planNothing } from './plan.ts';
import type { DesiredPf } from './reconcile.ts';
import { keepRecords } from './record.ts';
import { draftEngine } from './shape.ts';
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
  resting: null,
  judged: new Map(),
  probes: [],
});

/**
 * Metered links as often as they are needed; whoever is asked in another rhythm has another instant to be looked at. It is judged as
 * before: that is what decided its pace.
 */
const pacePaths = (engine: Engine, decisions: readonly Decision[]): Engine => {
  if (engine.idles.size === 0) return engine;
  const paced = mapPaths(engine, (path) =>
    stepPace(path, paceOf(path, engine.idles.get(path.link), decisions)),
  );
  if (paced === engine) return engine;
  const judged = [...engine.judged].map(([key, was]): [PathKey, Judgement] => {
    const path = paced.paths.get(key) ?? was.path;
    return [key, path === was.path ? was : { path, due: pathDeadline(path) }];
  });
  return { ...paced, judged: new Map(judged) };
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
  const { paths: seen, judged } = isPostponed
    ? { paths: engine.paths, judged: new Map() }
    : judgePaths(engine.paths, engine.judged, now);
  const stepped = draftEngine(engine);
  stepped.paths = seen;
  stepped.judged = judged;
  const premises = { settings, interfaces, rtables: engine.rtables, paths: seen, former: engine.former };
  const holds = isConcluded(engine.concluded, premises);
  const concluded = holds
    ? { premises, conclusions: engine.concluded.conclusions }
    : conclude(engine.concluded, premises);
  const { conclusions } = concluded;
  const paced = pacePaths(stepped, conclusions.decisions);
  const plan = holds && isResting(paced, now) ? planNothing(paced) : planLanes(paced, concluded, now);
  const { paths } = plan.engine;
  const deadline = earliest(isPostponed ? judgeAt : firstDue(paced.judged), plan.until);
  const probes = findProbes(engine.probes, paths);
  const { pf, sweep, routes, carp, count } = plan;
  const next = draftEngine(plan.engine);
  next.concluded = concluded;
  next.probes = probes;
  next.judgeAt = judgeAt;
  next.meters = stepMeters(engine.meters, engine.settled, paths);
  next.records = keepRecords(engine.records, engine.settled, paths, now);
  next.settled = paths;
  next.deadline = deadline;
  next.notes = [];
  return {
    engine: next,
    probes,
    learn: conclusions.learn,
    pf,
    sweep,
    routes,
    carp,
    count,
    deadline,
    notes: [...engine.notes, ...pathNotes(engine.settled, paths, now), ...plan.notes],
  };
};
