/** Nothing grows: children and the core's own collections at every look, and at rest what has to have ended by then as well. */
import type { Engine } from '../core/engine.ts';
import type { Life } from './life.ts';
import type { Claim, Scene } from './scene.ts';

const CLAIM: Claim = 'memory, queues and children are bounded';

/** What hangs is ended by its time-out, and those of a life that was killed may outlive it; a few at once are no growth. */
const FEW = 8;

const exceed = (scene: Scene, sizes: Readonly<Record<string, readonly [number, number]>>): void => {
  for (const [what, [size, most]] of Object.entries(sizes))
    if (size > most) scene.report(CLAIM, `${what}: ${size}, and at most ${most}`);
};

/** By what each is of: probes, paths, links and policies there are a few of. */
const collectionsOf = ({ pf, sweep, former, leftBehind, records, meters, ...engine }: Engine) => {
  const paths = engine.paths.size;
  const links = engine.settings?.links.length ?? 0;
  return {
    // Three labels each, of the links of now and of those that a reload has taken out.
    'kills of what was left': [pf.outlived.length, 6 * paths + FEW],
    'gateways to be swept': [sweep.outlived.length, 3 * paths + FEW],
    'paths of former policies': [former.size, 2 * paths + FEW],
    'places left behind': [leftBehind.size, paths],
    // What is recalled is there before the paths are.
    records: [records.size, engine.interfaces === null ? records.size : paths],
    meters: [meters.size, links + FEW],
  } as const;
};

/** At any moment. */
export const judgeGrowth = (scene: Scene): void => {
  const engine = scene.engine();
  if (engine === null || !scene.isRunning()) return;
  const children = new Map<string, number>();
  for (const { command } of scene.router.faults.running())
    children.set(command, (children.get(command) ?? 0) + 1);
  const count = (...commands: readonly string[]): number =>
    commands.reduce((sum, command) => sum + (children.get(command) ?? 0), 0);
  const links = engine.settings?.links.length ?? 0;
  exceed(scene, {
    'children that probe': [count('ping', 'ping6', 'nc', 'dig'), engine.probes.length + FEW],
    pfctl: [count('pfctl'), FEW],
    ifconfig: [count('ifconfig'), FEW],
    route: [count('route'), 2 * links + FEW],
    ...collectionsOf(engine),
  });
};

export const judgeBounds = (scene: Scene, life: Life): void => {
  const engine = scene.engine();
  if (engine === null) return;
  const probes = new Set([...engine.paths.values()].flatMap((path) => (path.isRouted ? path.targets : [])));
  const pings = scene.router.faults.running().filter(({ command }) => command.startsWith('ping'));
  const windows = [...engine.paths.values()].flatMap(({ targets }) =>
    targets.map(({ window }) => window.outcomes.length),
  );
  exceed(scene, {
    // One that has just died is not running.
    pings: [pings.length, probes.size],
    monitors: [scene.router.faults.running('route', /monitor/).length, 1],
    'timers and commands': [life.process.pending(), 20 + 6 * probes.size],
    notes: [engine.notes.length, 0],
    history: [life.loop.history().length, 256],
    outcomes: [Math.max(0, ...windows), 10_000],
  });
};
