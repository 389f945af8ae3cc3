/**
 * The core's first entry point: `observe` takes one fact in. It only keeps what was seen; what follows from all of it is worked
 * out by `settle` (turn.ts).
 */
import { adminModeOf, ofTheseLinks, withAdminMode } from './admin.ts';
import { isAlike } from './alike.ts';
import { recallCarp, stepCarpResult } from './carp.ts';
import { stepRefused } from './confirm.ts';
import { type Conflict, findConflicts } from './conflict.ts';
import { countPath, stepCountDone } from './counting.ts';
import { isRoutedByItself } from './default-route.ts';
import { doubtAfterError } from './doubt.ts';
import { type Engine, mapPaths, routeWishes, say } from './engine.ts';
import { UNMEASURED } from './estimate.ts';
import { type Evidence, findEvidence, isRead, learnWishOf } from './evidence.ts';
import { distrustGap } from './gap.ts';
import { excuseRoute, stepEvidence, stepRoute } from './health.ts';
import { type Heard, hear, pathOfProbe, slackOf, stepStarts } from './hear.ts';
import { findFormer, forgetFormer, holdUnknown, pooledUnder } from './inherited.ts';
import { recallAdmin, recallPath, recallRtables, recallUsers } from './memory.ts';
import { bookMonth, meterBurstAnswer, recallMeters } from './meter.ts';
import type { AdminMode, InterfaceTable, LearntGateway, Settings } from './model.ts';
import type { Note } from './note.ts';
import type { Observation } from './observation.ts';
import {
  findLostPrefixes,
  findOutlived,
  findRemoved,
  forgetLeft,
  leaveBehind,
  type Outlived,
  recallPlace,
} from './outlived.ts';
import { findIdles, idleNotes } from './pace.ts';
import { forgetApplied, stepPfResult } from './reconcile.ts';
import { recallRecords } from './record.ts';
import { reloadPaths } from './reload.ts';
import { doubtRoutes, stepMended, stepRouteResults } from './routing.ts';
import { allocateRtables, ownersOf } from './rtable.ts';
import type { Ruleset } from './rule.ts';
import { draftEngine } from './shape.ts';
import { stepSweepResult } from './sweep.ts';
import { type Millis, type Mono, millis, plus } from './time.ts';
import type { PfResult } from './transaction.ts';

/** How long a start waits at most for every path to be judged before it replaces rules that it found. */
const LONGEST_START = 15_000;

const findAllEvidence = (engine: Engine, now: Mono): Engine => {
  const { settings, interfaces, learnt, memory } = engine;
  if (settings === null || interfaces === null) return engine;
  const sight = { interfaces, learnt };
  const conflicts = findConflicts(settings.links, sight, engine.rtables);
  const outlived: Outlived[] = [];
  const found = mapPaths({ ...engine, conflicts }, (unseen) => {
    const path = recallPlace(unseen, memory);
    const link = settings.links.find((each) => each.name === path.link);
    if (link === undefined || !isRead(learnt, learnWishOf(link, path.family, path.rdomain))) return path;
    const mode = adminModeOf(engine.admin, link.name);
    const reason = mode === 'disabled' ? 'admin' : (conflicts.get(path.key)?.reason ?? null);
    const seen = findEvidence(link, path.family, sight);
    const isRefused = reason !== null && (mode === 'disabled' || seen.kind === 'ready');
    const evidence: Evidence = isRefused ? { kind: 'missing', reason } : seen;
    const isFirst = path.evidence === null && evidence.kind === 'ready';
    const recalled = isFirst ? recallPath(path, memory, evidence.identity, now) : path;
    const isDrained = mode === 'drained';
    const found = stepEvidence(recalled, evidence, now);
    const stepped = found.isDrained === isDrained ? found : { ...found, isDrained };
    outlived.push(findOutlived(link, path, stepped, engine.sweep.pooledBefore.has(path.key)));
    const isThere = stepped.evidence?.kind === 'ready' && isRoutedByItself(link, stepped);
    return isThere ? stepRoute(stepped, true, now) : stepped;
  });
  // Once every path has its evidence, what was remembered has served, and grows old.
  const isServed = [...found.paths.values()].every((path) => path.evidence !== null);
  const isNews = ({ path, with: rival, what }: Conflict): boolean => {
    const was = engine.conflicts.get(path);
    return was?.with !== rival || was.what !== what;
  };
  const notes = [...conflicts.values()]
    .filter(isNews)
    .map(({ path, with: rival, what }): Note => ({ kind: 'conflict', path, with: rival, what }));
  return say(leaveBehind({ ...found, memory: isServed ? null : memory }, outlived), ...notes);
};

const startLength = ({ links }: Settings): Millis => {
  const judgedAfter = links.map(
    ({ probe }) =>
      1000 + probe.fall * probe.interval + (probe.timeout === 'auto' ? UNMEASURED : probe.timeout),
  );
  return millis(Math.min(LONGEST_START, Math.max(0, ...judgedAfter)));
};

const takeSettings = (engine: Engine, settings: Settings, now: Mono): Engine => {
  const rtables = allocateRtables(engine.rtables, settings.links, engine.interfaces);
  const paths = reloadPaths(engine.paths, engine.settings, settings, rtables, now);
  const lost = { kills: findLostPrefixes(engine.settings, settings, rtables), sweep: null, place: null };
  // Whoever makes us read the file again may have changed pf as well, behind a look that is under way.
  const left = leaveBehind({ ...engine, pf: { ...forgetApplied(engine.pf), inspectAt: now } }, [
    lost,
    ...findRemoved(engine, settings),
  ]);
  const admin = ofTheseLinks(engine.admin, settings.links);
  const idles = findIdles(settings, engine.meters, engine.calendar, now);
  const taken: Engine = {
    ...left,
    settings,
    rtables,
    admin,
    paths,
    idles,
    pf: { ...left.pf, mustCheck: true, holders: holdUnknown(left.pf.holders, settings, engine.settings) },
    sweep: {
      ...left.sweep,
      holders: holdUnknown(left.sweep.holders, settings, engine.settings),
      pooledBefore: new Set([...left.sweep.pooledBefore, ...pooledUnder(engine)]),
    },
    former: findFormer(engine.former, engine.settings, settings),
    startEnds: engine.startEnds ?? plus(now, startLength(settings)),
  };
  const without = settings.links.filter((link) => !rtables.byLink.has(link.name));
  const notes: readonly Note[] = [
    ...(engine.settings === null
      ? [...admin].map(([link, to]) => ({ kind: 'admin', link, from: to, to }) as const)
      : []),
    ...idleNotes(settings, engine.idles, idles, engine.meters, engine.calendar),
    ...without.map((link) => ({ kind: 'no-rtable-left', link: link.name }) as const),
  ];
  return findAllEvidence(say(taken, ...notes), now);
};

/** A fresh reading. New routing domains may take a routing table number that was given to a link. */
const takeInterfaces = (
  engine: Engine,
  interfaces: InterfaceTable,
  learnt: readonly LearntGateway[],
  now: Mono,
): Engine => {
  const { settings } = engine;
  if (settings === null) return { ...engine, interfaces, learnt };
  // Most readings show what the last one did, and everything follows from that already.
  const isNews = engine.memory !== null || !isAlike([interfaces, learnt], [engine.interfaces, engine.learnt]);
  if (!isNews) return engine;
  const rtables = allocateRtables(engine.rtables, settings.links, interfaces);
  const paths = reloadPaths(engine.paths, settings, settings, rtables, now);
  return findAllEvidence({ ...engine, interfaces, learnt, rtables, paths }, now);
};

/**
 * A start that remembers nothing must not number the routing tables anew: rules and pf states of the life before name the old
 * numbers, and would lead to whichever link has them by now. Rules tell of links that carry something; pf states may be left on
 * others, of which only their routes tell.
 */
const takeNumbers = (engine: Engine, result: PfResult, now: Mono): Engine => {
  const { settings, interfaces } = engine;
  if (engine.isNumbered || settings === null) return engine;
  const numbered = { ...engine, isNumbered: true, rtablesFound: [] };
  const named = result.kind === 'inspected' ? result.rtablesHeld : [];
  const byLink = new Map([
    ...ownersOf(engine.rtablesFound, settings.links),
    ...named.map(({ link, rtable }) => [link, rtable] as const),
  ]);
  if (byLink.size === 0) return numbered;
  const rtables = allocateRtables({ ...engine.rtables, byLink }, settings.links, interfaces);
  const paths = reloadPaths(engine.paths, settings, settings, rtables, now);
  return findAllEvidence({ ...numbered, rtables, paths }, now);
};

/** Routing tables were set, or could not be. */
const takeRoutes = (
  engine: Engine,
  { id, results }: Extract<Observation, { kind: 'routes' }>,
  now: Mono,
): Engine => {
  const reconcile = engine.settings?.reconcile ?? millis(0);
  const { lane, notes } = stepRouteResults(engine.routes, id, results, reconcile, now);
  // The path may have become another one while its route was being set.
  const { inFlight } = engine.routes;
  const asked = new Set((inFlight?.id === id ? inFlight.wishes : []).map((wish) => JSON.stringify(wish)));
  const wanted = new Set(
    routeWishes(engine).flatMap((wish) => (asked.has(JSON.stringify(wish)) ? wish.id : [])),
  );
  const answers = new Map(results.flatMap((result) => (wanted.has(result.id) ? [[result.id, result]] : [])));
  const mended = [...engine.paths.values()].filter(({ key, isRouted }) => {
    const answer = answers.get(key);
    return isRouted && answer?.kind === 'ensured' && answer.changed;
  });
  const { lane: routes, excused } = stepMended(
    lane,
    mended.map(({ key }) => key),
    now,
  );
  const routed = mapPaths(engine, (path) => {
    const answer = answers.get(path.key);
    if (answer === undefined) return path;
    return excused.has(path.key) ? excuseRoute(path, now) : stepRoute(path, answer.kind === 'ensured', now);
  });
  return say({ ...routed, routes }, ...notes);
};

/** What a transaction or a sweep has done is no longer to be remembered. */
const forgetDone = (engine: Engine): Engine => forgetLeft(forgetFormer(engine));

const takeAdmin = (engine: Engine, link: string, to: AdminMode, now: Mono): Engine => {
  const from = adminModeOf(engine.admin, link);
  if (from === to) return engine;
  const told = { ...engine, admin: withAdminMode(engine.admin, link, to) };
  return findAllEvidence(say(told, { kind: 'admin', link, from, to }), now);
};

const hearProbe = (engine: Engine, heard: Heard, now: Mono): Engine => {
  const key = pathOfProbe(heard.probe);
  const path = engine.paths.get(key);
  if (path === undefined) return engine;
  const after = hear(path, heard, slackOf(engine.starts), now);
  if (after === path) return engine;
  const starts = stepStarts(engine.starts, path, heard, now);
  const meters =
    heard.kind === 'probe-answer' ? meterBurstAnswer(engine.meters, path, heard.probe) : engine.meters;
  const next = draftEngine(engine);
  next.starts = starts;
  next.meters = meters;
  next.paths = new Map(engine.paths).set(key, after);
  return next;
};

/** Bytes go into the month that the clock says it is, and idle intervals follow what is left of it. */
const takeCalendar = (engine: Engine, month: string, ends: Mono, now: Mono): Engine => {
  const { settings } = engine;
  const was = engine.calendar;
  // What was sent since the last look at the clock belongs to the month that has ended meanwhile; a clock that is stepped ends none.
  const hasEnded = was !== null && was.month !== month && now >= was.ends;
  const meters = hasEnded ? bookMonth(engine.meters, was.month) : engine.meters;
  const told = { ...engine, calendar: { month, ends }, meters: bookMonth(meters, month) };
  if (settings === null) return told;
  const idles = findIdles(settings, told.meters, told.calendar, now);
  return say({ ...told, idles }, ...idleNotes(settings, engine.idles, idles, told.meters, told.calendar));
};

/** Takes in one fact. `now` never goes back. Facts about probes or transactions that are no longer wanted are ignored. */
export const observe = (before: Engine, observation: Observation, now: Mono): Engine => {
  const engine = distrustGap(before, now);
  switch (observation.kind) {
    case 'memory':
      return {
        ...engine,
        memory: observation.memory,
        rtables: recallRtables(observation.memory),
        isNumbered: observation.memory.rtables.length > 0,
        admin: recallAdmin(observation.memory),
        carp: recallCarp(observation.memory.carp),
        former: recallUsers(observation.memory),
        sweep: { ...engine.sweep, pooledBefore: new Set(observation.memory.pooled) },
        records: recallRecords(observation.memory, now),
        meters: recallMeters(observation.memory.months),
      };
    case 'settings':
      return takeSettings(engine, observation.settings, now);
    case 'interfaces':
      return takeInterfaces(engine, observation.interfaces, observation.learnt ?? [], now);
    case 'admin':
      return takeAdmin(engine, observation.link, observation.mode, now);
    case 'interface-status': {
      const { name, up, carrier } = observation;
      const interfaces = engine.interfaces?.map((each) =>
        each.name === name ? { ...each, up, carrier } : each,
      );
      return interfaces === undefined ? engine : takeInterfaces(engine, interfaces, engine.learnt, now);
    }
    case 'calendar':
      return takeCalendar(engine, observation.month, plus(now, observation.left), now);
    case 'route-event': {
      const { rtable } = observation;
      const ids = routeWishes(engine)
        .filter((wish) => wish.rtable === rtable)
        .map((wish) => wish.id);
      return { ...engine, routes: doubtRoutes(engine.routes, ids) };
    }
    case 'probe-started':
    case 'probe-sent':
    case 'probe-answer':
      return hearProbe(engine, observation, now);
    case 'probe-error':
      return hearProbe(doubtAfterError(engine, observation, now), observation, now);
    case 'probe-ended': {
      const { probe, how, restartIn } = observation;
      const isSteady = engine.paths
        .get(pathOfProbe(probe))
        ?.targets.some((target) => target.probe.key === probe);
      const ended = hearProbe(engine, observation, now);
      return isSteady === true ? say(ended, { kind: 'probe-ended', probe, how, restartIn }) : ended;
    }
    case 'probe-refused': {
      const isKnown = engine.paths.get(pathOfProbe(observation.probe))?.confirming.isRefused;
      if (isKnown !== false) return engine;
      const refused = mapPaths(engine, (path) => ({ ...path, confirming: stepRefused(path.confirming) }));
      return say(refused, { kind: 'confirm-refused', text: observation.text });
    }
    case 'counted': {
      const { id, counted } = observation;
      const held = engine.pf.appliedRules;
      const ruleset: Ruleset | null = held === null ? null : JSON.parse(held);
      const read = mapPaths(engine, (path) => countPath(path, id, ruleset, counted));
      return { ...read, count: stepCountDone(engine.count, id) };
    }
    case 'pf': {
      const reconcile = engine.settings?.reconcile ?? millis(0);
      const { lane, notes } = stepPfResult(engine.pf, observation.id, observation.result, reconcile, now);
      return say(takeNumbers(forgetDone({ ...engine, pf: lane }), observation.result, now), ...notes);
    }
    case 'tables':
      return { ...engine, rtablesFound: observation.found };
    case 'swept': {
      const { lane, notes } = stepSweepResult(engine.sweep, observation.id, observation.result, now);
      return say(forgetDone({ ...engine, sweep: lane }), ...notes);
    }
    case 'routes':
      return takeRoutes(engine, observation, now);
    case 'carp': {
      const { lane, notes } = stepCarpResult(engine.carp, observation.id, observation.failure, now);
      return say({ ...engine, carp: lane }, ...notes);
    }
    case 'trouble':
      return say(engine, { kind: 'trouble', source: observation.source, text: observation.text });
    case 'trouble-over':
      return say(engine, { kind: 'trouble-over', source: observation.source });
  }
};
