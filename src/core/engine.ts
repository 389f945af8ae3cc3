/**
 * The core's whole picture, as a value. `observe` (observe.ts) takes facts in, `settle` (turn.ts) works out what follows from all
 * of it.
 */
import type { AdminModes } from './admin.ts';
import { type CarpLane, newCarpLane } from './carp.ts';
import type { Concluded } from './conclusion.ts';
import type { Conflict } from './conflict.ts';
import { type CountLane, newCountLane } from './counting.ts';
import type { Decision } from './decide.ts';
import { wishRoutes } from './default-route.ts';
import type { Estimate } from './estimate.ts';
import type { Judgements } from './judge.ts';
import type { PathUsers } from './kill.ts';
import type { Memory } from './memory.ts';
import type { Meters } from './meter.ts';
import type { InterfaceTable, LearntGateway, PathKey, Probe, Settings } from './model.ts';
import type { Note } from './note.ts';
import type { Calendar, Idles } from './pace.ts';
import type { LastReady, PathHealth } from './path.ts';
import type { Resting } from './plan.ts';
import { newPfLane, type PfLane } from './reconcile.ts';
import type { Records } from './record.ts';
import { newRouteLane, type RouteLane } from './routing.ts';
import { noRtables, type RtableFound, type RtableNumbers } from './rtable.ts';
import { newSweepLane, type SweepLane } from './sweep.ts';
import type { Mono } from './time.ts';
import type { RouteWish } from './transaction.ts';

export interface Engine {
  readonly settings: Settings | null;
  readonly rtables: RtableNumbers;
  /** It is known which numbers the life before had given out: from its memory, or from the rules and routes that it has left. */
  readonly isNumbered: boolean;
  /** Until then: what was found in the routing tables. */
  readonly rtablesFound: readonly RtableFound[];
  readonly interfaces: InterfaceTable | null;
  /** Gateways that no file names, as they were at the last reading. */
  readonly learnt: readonly LearntGateway[];
  /** Paths that the kernel cannot tell from another one. */
  readonly conflicts: ReadonlyMap<PathKey, Conflict>;
  /** From before a restart; of use until each path's first evidence. */
  readonly memory: Memory | null;
  /** What an operator has said by hand. */
  readonly admin: AdminModes;
  readonly carp: CarpLane;
  readonly paths: ReadonlyMap<PathKey, PathHealth>;
  readonly decisions: readonly Decision[];
  /** Per policy and family, since when its shares are what they are. */
  readonly decidedAt: ReadonlyMap<string, Mono>;
  readonly pf: PfLane;
  readonly sweep: SweepLane;
  /** Policies that had a path under earlier settings and have it no longer, while what they have left there is there. */
  readonly former: PathUsers;
  /** Where paths were ready before, while what they have left there is still to go (outlived.ts). */
  readonly leftBehind: ReadonlyMap<PathKey, LastReady>;
  readonly routes: RouteLane;
  readonly count: CountLane;
  /** What has become of each path, for people. */
  readonly records: Records;
  /** What probes have cost, and the month that they are counted in. */
  readonly meters: Meters;
  readonly calendar: Calendar | null;
  /** How often metered links are probed while they are idle. */
  readonly idles: Idles;
  /** How long a child takes until it has sent something. */
  readonly starts: Estimate | null;
  readonly startEnds: Mono | null;
  /** Set by a late turn: probes are not judged before this instant. Null again once they have been. */
  readonly judgeAt: Mono | null;
  /** The decisions as they were last said: while a start holds back, nothing is said of what is not done. */
  readonly said: readonly Decision[];
  /** The paths as they were when the last turn ended: what is said is what changed since. */
  readonly settled: ReadonlyMap<PathKey, PathHealth>;
  /** What the last turn has concluded, and from what. */
  readonly concluded: Concluded | null;
  /** How the last turn that planned the lanes has left them. */
  readonly resting: Resting | null;
  /** The paths as they were judged last, and when each has to be looked at again if it stays as it is. */
  readonly judged: Judgements;
  /** The probes as they were handed out last: the same list for as long as they are the same. */
  readonly probes: readonly Probe[];
  /** When settle() asked to be woken last. */
  readonly deadline: Mono | null;
  /** Not handed out yet. */
  readonly notes: readonly Note[];
}

export const newEngine: Engine = {
  settings: null,
  rtables: noRtables,
  isNumbered: false,
  rtablesFound: [],
  interfaces: null,
  learnt: [],
  conflicts: new Map(),
  memory: null,
  admin: new Map(),
  carp: newCarpLane,
  paths: new Map(),
  decisions: [],
  decidedAt: new Map(),
  pf: newPfLane,
  sweep: newSweepLane,
  former: new Map(),
  leftBehind: new Map(),
  routes: newRouteLane,
  count: newCountLane,
  records: new Map(),
  meters: new Map(),
  calendar: null,
  idles: new Map(),
  starts: null,
  startEnds: null,
  judgeAt: null,
  said: [],
  settled: new Map(),
  concluded: null,
  resting: null,
  judged: new Map(),
  probes: [],
  deadline: null,
  notes: [],
};

/** What changes no path is the same engine: whoever compares need not look further. */
export const mapPaths = (engine: Engine, step: (path: PathHealth) => PathHealth): Engine => {
  let paths: Map<PathKey, PathHealth> | null = null;
  for (const path of engine.paths.values()) {
    const stepped = step(path);
    if (stepped === path) continue;
    paths ??= new Map(engine.paths);
    paths.set(path.key, stepped);
  }
  return paths === null ? engine : { ...engine, paths };
};

export const say = (engine: Engine, ...notes: readonly Note[]): Engine =>
  notes.length === 0 ? engine : { ...engine, notes: [...engine.notes, ...notes] };

/** What the routing tables should hold now. */
export const routeWishes = ({ settings, paths }: Engine): readonly RouteWish[] =>
  settings === null ? [] : wishRoutes(settings, paths);
