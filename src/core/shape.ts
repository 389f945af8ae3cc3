/**
 * Drafts: copies of the values that change with every answer to every ping, written out field by field. Whoever has made a draft may
 * write to it until it is handed out; from then on it is a value like any other. `{ ...value, change }` is as good for all else, but
 * V8 up to Node 20 gives each copy of a copy a shape (hidden class) of its own, and then has to look up by name every field of
 * everything that is passed such values. Drafts all have one shape, as `npm run simulate -- --speed` shows. A field that is forgotten here
 * does not compile.
 */
import type { Engine } from './engine.ts';
import type { PathHealth } from './path.ts';
import type { Window } from './window.ts';

export type Draft<Value> = { -readonly [Field in keyof Value]: Value[Field] };

export const draftEngine = (engine: Engine): Draft<Engine> => ({
  settings: engine.settings,
  rtables: engine.rtables,
  isNumbered: engine.isNumbered,
  rtablesFound: engine.rtablesFound,
  interfaces: engine.interfaces,
  learnt: engine.learnt,
  conflicts: engine.conflicts,
  memory: engine.memory,
  admin: engine.admin,
  carp: engine.carp,
  paths: engine.paths,
  decisions: engine.decisions,
  decidedAt: engine.decidedAt,
  pf: engine.pf,
  sweep: engine.sweep,
  former: engine.former,
  leftBehind: engine.leftBehind,
  routes: engine.routes,
  count: engine.count,
  records: engine.records,
  meters: engine.meters,
  calendar: engine.calendar,
  idles: engine.idles,
  starts: engine.starts,
  startEnds: engine.startEnds,
  judgeAt: engine.judgeAt,
  said: engine.said,
  settled: engine.settled,
  concluded: engine.concluded,
  resting: engine.resting,
  judged: engine.judged,
  probes: engine.probes,
  deadline: engine.deadline,
  notes: engine.notes,
});

export const draftPath = (path: PathHealth): Draft<PathHealth> => ({
  key: path.key,
  link: path.link,
  family: path.family,
  interface: path.interface,
  rtable: path.rtable,
  rdomain: path.rdomain,
  via: path.via,
  settings: path.settings,
  pace: path.pace,
  evidence: path.evidence,
  lastReady: path.lastReady,
  health: path.health,
  reason: path.reason,
  since: path.since,
  goodSince: path.goodSince,
  isDrained: path.isDrained,
  isRouted: path.isRouted,
  incarnation: path.incarnation,
  targets: path.targets,
  confirming: path.confirming,
  fell: path.fell,
  damping: path.damping,
});

export const draftWindow = (window: Window): Draft<Window> => ({
  interval: window.interval,
  timeout: window.timeout,
  isSingle: window.isSingle,
  estimate: window.estimate,
  isPatient: window.isPatient,
  started: window.started,
  known: window.known,
  next: window.next,
  settled: window.settled,
  size: window.size,
  outcomes: window.outcomes,
  answersInRow: window.answersInRow,
  lossesInRow: window.lossesInRow,
  answered: window.answered,
  lost: window.lost,
  late: window.late,
  duplicates: window.duplicates,
  stray: window.stray,
  recent: window.recent,
  heard: window.heard,
});
