/**
 * The core's whole picture and its first entry point: `observe` takes one fact in. It only keeps what was seen; what
 * follows from all of it is worked out by `settle` (turn.ts).
 */
import { type AdminModes, adminModeOf, ofTheseLinks, withAdminMode } from './admin.ts';
import type { Decision } from './decide.ts';
import { type Evidence, findEvidence } from './evidence.ts';
import { type PathHealth, stepEvidence, stepRoute, type TargetHealth } from './health.ts';
import type { StateHolders } from './kill.ts';
import { type Memory, recallAdmin, recallPath, recallRtables } from './memory.ts';
import {
  type AdminMode,
  families,
  gatewayOf,
  type InterfaceTable,
  isLinkLocal,
  type PathKey,
  pathKey,
  type Settings,
} from './model.ts';
import type { Note } from './note.ts';
import type { Observation } from './observation.ts';
import { forgetApplied, newPfLane, type PfLane, stepPfResult } from './reconcile.ts';
import { reloadPaths } from './reload.ts';
import { doubtRoutes, newRouteLane, type RouteLane, stepRouteResults } from './routing.ts';
import { allocateRtables, noRtables, type RtableNumbers } from './rtable.ts';
import { newSweepLane, type SweepLane, stepSweepResult } from './sweep.ts';
import { type Millis, type Mono, millis, plus, since } from './time.ts';
import type { RouteWish } from './transaction.ts';
import { startWindow, stepAnswer, stepChildGone, stepSendError, stepSkipped, type Window } from './window.ts';

/** A turn this much after its deadline: what ping has printed meanwhile may be unread yet. */
const LATE = millis(250);
/** It is waited for this long, but not twice in a row: on a slow machine every turn may be late, and links still die. */
const UNREAD_WAIT = millis(100);
/** A turn this much after its deadline means that we slept, and the pings perhaps as well. */
const SLEPT = millis(2000);
/** How long a start waits at most for every path to be judged before it replaces rules that it found. */
const LONGEST_START = 15_000;

export interface Engine {
  readonly settings: Settings | null;
  readonly rtables: RtableNumbers;
  readonly interfaces: InterfaceTable | null;
  /** From before a restart; of use until each path's first evidence. */
  readonly memory: Memory | null;
  /** What an operator has said by hand. */
  readonly admin: AdminModes;
  readonly paths: ReadonlyMap<PathKey, PathHealth>;
  readonly decisions: readonly Decision[];
  /** Per policy and family, since when its shares are what they are. */
  readonly decidedAt: ReadonlyMap<string, Mono>;
  readonly pf: PfLane;
  readonly sweep: SweepLane;
  readonly routes: RouteLane;
  readonly startEnds: Mono | null;
  /** Set by a late turn: probes are not judged before this instant. Null again once they have been. */
  readonly judgeAt: Mono | null;
  /** The decisions as they were last said: while a start holds back, nothing is said of what is not done. */
  readonly said: readonly Decision[];
  /** The paths as they were when the last turn ended: what is said is what changed since. */
  readonly settled: ReadonlyMap<PathKey, PathHealth>;
  /** When settle() asked to be woken last. */
  readonly deadline: Mono | null;
  /** Not handed out yet. */
  readonly notes: readonly Note[];
}

export const newEngine: Engine = {
  settings: null,
  rtables: noRtables,
  interfaces: null,
  memory: null,
  admin: new Map(),
  paths: new Map(),
  decisions: [],
  decidedAt: new Map(),
  pf: newPfLane,
  sweep: newSweepLane,
  routes: newRouteLane,
  startEnds: null,
  judgeAt: null,
  said: [],
  settled: new Map(),
  deadline: null,
  notes: [],
};

export const mapPaths = (engine: Engine, step: (path: PathHealth) => PathHealth): Engine => ({
  ...engine,
  paths: new Map([...engine.paths].map(([key, path]) => [key, step(path)])),
});

const say = (engine: Engine, ...notes: readonly Note[]): Engine =>
  notes.length === 0 ? engine : { ...engine, notes: [...engine.notes, ...notes] };

/**
 * If this turn is late, nobody was listening. A little: what came meanwhile is read before anything is judged. A lot: the
 * losses of that time are ours, not the links', and do not count.
 */
export const distrustGap = (engine: Engine, now: Mono): Engine => {
  if (engine.deadline === null || now <= plus(engine.deadline, LATE)) return engine;
  const by = since(now, engine.deadline);
  if (by <= SLEPT) return { ...engine, deadline: null, judgeAt: engine.judgeAt ?? plus(now, UNREAD_WAIT) };
  const skipped = mapPaths({ ...engine, deadline: null }, (path) => ({
    ...path,
    // Nor did anybody see that a path on hold stayed good.
    goodSince: path.goodSince === null ? null : plus(path.goodSince, by),
    targets: path.targets.map((target) => ({ ...target, window: stepSkipped(target.window, now) })),
  }));
  return say(skipped, { kind: 'late', by });
};

const findAllEvidence = (engine: Engine, now: Mono): Engine => {
  const { settings, interfaces } = engine;
  if (settings === null || interfaces === null) return engine;
  // Every path has its evidence from here on: what was remembered has served, and grows old.
  return mapPaths({ ...engine, memory: null }, (path) => {
    const link = settings.links.find((each) => each.name === path.link);
    if (link === undefined) return path;
    const mode = adminModeOf(engine.admin, link.name);
    const evidence: Evidence =
      mode === 'disabled'
        ? { kind: 'missing', reason: 'admin' }
        : findEvidence(link, path.family, interfaces);
    const isFirst = path.evidence === null && evidence.kind === 'ready';
    const recalled = isFirst ? recallPath(path, engine.memory, evidence.identity, now) : path;
    return { ...stepEvidence(recalled, evidence, now), isDrained: mode === 'drained' };
  });
};

const startLength = (settings: Settings): Millis =>
  millis(
    Math.min(
      LONGEST_START,
      ...[
        Math.max(0, ...settings.links.map(({ probe }) => 1000 + probe.fall * probe.interval + probe.timeout)),
      ],
    ),
  );

/** Links that were not known until now may hold states of an earlier life of this daemon. */
const holdUnknown = (holders: StateHolders, settings: Settings, before: Settings | null): StateHolders => {
  const pathsOf = (of: Settings | null): readonly PathKey[] =>
    of?.links.flatMap((link) =>
      families
        .filter((family) => gatewayOf(link, family) !== null)
        .map((family) => pathKey(link.name, family)),
    ) ?? [];
  const known = new Set(pathsOf(before));
  const unknown = pathsOf(settings).filter((path) => !known.has(path));
  return new Map([...unknown.map((path) => [path, null] as const), ...holders]);
};

const takeSettings = (engine: Engine, settings: Settings, now: Mono): Engine => {
  const rtables = allocateRtables(engine.rtables, settings.links, engine.interfaces);
  const paths = reloadPaths(engine.paths, engine.settings, settings, rtables, now);
  const pf = forgetApplied(engine.pf);
  const admin = ofTheseLinks(engine.admin, settings.links);
  const taken: Engine = {
    ...engine,
    settings,
    rtables,
    admin,
    paths,
    pf: { ...pf, mustCheck: true, holders: holdUnknown(pf.holders, settings, engine.settings) },
    sweep: { ...engine.sweep, holders: holdUnknown(engine.sweep.holders, settings, engine.settings) },
    startEnds: engine.startEnds ?? plus(now, startLength(settings)),
  };
  const without = settings.links.filter((link) => !rtables.byLink.has(link.name));
  const notes: readonly Note[] = [
    ...(engine.settings === null
      ? [...admin].map(([link, to]) => ({ kind: 'admin', link, from: to, to }) as const)
      : []),
    ...without.map((link) => ({ kind: 'no-rtable-left', link: link.name }) as const),
  ];
  return findAllEvidence(say(taken, ...notes), now);
};

/** A fresh reading. New routing domains may take a routing table number that was given to a link. */
const takeInterfaces = (engine: Engine, interfaces: InterfaceTable, now: Mono): Engine => {
  const { settings } = engine;
  if (settings === null) return { ...engine, interfaces };
  const rtables = allocateRtables(engine.rtables, settings.links, interfaces);
  const paths = reloadPaths(engine.paths, settings, settings, rtables, now);
  return findAllEvidence({ ...engine, interfaces, rtables, paths }, now);
};

const takeAdmin = (engine: Engine, link: string, to: AdminMode, now: Mono): Engine => {
  const from = adminModeOf(engine.admin, link);
  if (from === to) return engine;
  const told = { ...engine, admin: withAdminMode(engine.admin, link, to) };
  return findAllEvidence(say(told, { kind: 'admin', link, from, to }), now);
};

const stepProbe = (engine: Engine, probe: string, step: (target: TargetHealth) => TargetHealth): Engine =>
  mapPaths(engine, (path) =>
    path.targets.some((target) => target.probe.key === probe)
      ? {
          ...path,
          targets: path.targets.map((target) => (target.probe.key === probe ? step(target) : target)),
        }
      : path,
  );

const stepProbeWindow = (engine: Engine, probe: string, step: (window: Window) => Window): Engine =>
  stepProbe(engine, probe, (target) => ({ ...target, window: step(target.window) }));

/** Takes in one fact. `now` never goes back. Facts about probes or transactions that are no longer wanted are ignored. */
export const observe = (before: Engine, observation: Observation, now: Mono): Engine => {
  const engine = distrustGap(before, now);
  switch (observation.kind) {
    case 'memory':
      return {
        ...engine,
        memory: observation.memory,
        rtables: recallRtables(observation.memory),
        admin: recallAdmin(observation.memory),
      };
    case 'settings':
      return takeSettings(engine, observation.settings, now);
    case 'interfaces':
      return takeInterfaces(engine, observation.interfaces, now);
    case 'admin':
      return takeAdmin(engine, observation.link, observation.mode, now);
    case 'interface-status': {
      const { name, up, carrier } = observation;
      const interfaces = engine.interfaces?.map((each) =>
        each.name === name ? { ...each, up, carrier } : each,
      );
      return interfaces === undefined ? engine : takeInterfaces(engine, interfaces, now);
    }
    case 'route-event': {
      const isOfTable = (path: PathKey): boolean => engine.paths.get(path)?.rtable === observation.rtable;
      return { ...engine, routes: doubtRoutes(engine.routes, isOfTable) };
    }
    case 'probe-started':
      return stepProbeWindow(engine, observation.probe, (window) => startWindow(window, now));
    case 'probe-answer':
      return stepProbe(engine, observation.probe, (target) => ({
        ...target,
        window: stepAnswer(target.window, observation, now),
        complaint: null,
      }));
    case 'probe-error':
      return stepProbe(engine, observation.probe, (target) => ({
        ...target,
        window: stepSendError(target.window, now),
        complaint: observation.text,
      }));
    case 'probe-ended': {
      const { probe, how, restartIn } = observation;
      const isWanted = [...engine.paths.values()].some((path) =>
        path.targets.some((each) => each.probe.key === probe),
      );
      const ended = stepProbeWindow(engine, probe, (window) => stepChildGone(window, now));
      return isWanted ? say(ended, { kind: 'probe-ended', probe, how, restartIn }) : ended;
    }
    case 'pf': {
      const reconcile = engine.settings?.reconcile ?? millis(0);
      const { lane, notes } = stepPfResult(engine.pf, observation.id, observation.result, reconcile, now);
      return say({ ...engine, pf: lane }, ...notes);
    }
    case 'swept': {
      const { lane, notes } = stepSweepResult(engine.sweep, observation.id, observation.result, now);
      return say({ ...engine, sweep: lane }, ...notes);
    }
    case 'routes': {
      const reconcile = engine.settings?.reconcile ?? millis(0);
      const { lane, notes } = stepRouteResults(
        engine.routes,
        observation.id,
        observation.results,
        reconcile,
        now,
      );
      const { inFlight } = engine.routes;
      const routed = mapPaths({ ...engine, routes: lane }, (path) => {
        const result = observation.results.find((each) => each.path === path.key);
        // The path may have become another one while its route was being set.
        const [wish] = wishesOf(engine.settings, [path]);
        const isAsked =
          inFlight?.id === observation.id &&
          inFlight.wishes.some(
            (each) =>
              each.path === wish?.path && each.rtable === wish.rtable && each.gateway === wish.gateway,
          );
        return result === undefined || !isAsked ? path : stepRoute(path, result.kind === 'ensured', now);
      });
      return say(routed, ...notes);
    }
    case 'trouble':
      return say(engine, { kind: 'trouble', source: observation.source, text: observation.text });
    case 'trouble-over':
      return say(engine, { kind: 'trouble-over', source: observation.source });
  }
};

/** The default route that each path wants in its table. A link-local gateway needs its scope there. */
export const wishesOf = (settings: Settings | null, paths: Iterable<PathHealth>): readonly RouteWish[] =>
  [...paths].flatMap((path) => {
    if (path.evidence?.kind !== 'ready') return [];
    const { gateway } = path.evidence;
    const link = settings?.links.find((each) => each.name === path.link);
    const scope = isLinkLocal(gateway) && link !== undefined ? `%${link.interface}` : '';
    return [{ path: path.key, family: path.family, rtable: path.rtable, gateway: `${gateway}${scope}` }];
  });
