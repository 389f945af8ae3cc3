/** Nothing grows: children and the core's own collections at every look, and at rest what has to have ended by then as well. */
import type { Engine } from '../core/engine.ts';
import type { Life } from './life.ts';
import type { Claim, Scene } from './scene.ts';

const CLAIM: Claim = 'memory, queues and children are bounded';

/** What hangs is ended by its time-out, and those of a life that was killed may outlive it; a few at once are no growth. */
const FEW = 8;

const PROBES: ReadonlySet<string> = new Set(['ping', 'ping6', 'nc', 'dig']);

/** Nothing is made of what is all right: this is asked at every look. */
const bound = (scene: Scene, what: string, size: number, most: number): void => {
  if (size > most) scene.report(CLAIM, `${what}: ${size}, and at most ${most}`);
};

/** By what each is of: probes, paths, links and policies there are a few of. */
const boundCollections = (scene: Scene, engine: Engine): void => {
  const { pf, sweep, former, leftBehind, records, meters } = engine;
  const paths = engine.paths.size;
  // Three labels each, of the links of now and of those that a reload has taken out.
  bound(scene, 'kills of what was left', pf.outlived.length, 6 * paths + FEW);
  bound(scene, 'gateways to be swept', sweep.outlived.length, 3 * paths + FEW);
  bound(scene, 'paths of former policies', former.size, 2 * paths + FEW);
  // Those of links that are taken out last until their states are ended.
  bound(scene, 'places left behind', leftBehind.size, 2 * paths + FEW);
  // What is recalled is there before the paths are.
  bound(scene, 'records', records.size, engine.interfaces === null ? records.size : paths);
  bound(scene, 'meters', meters.size, (engine.settings?.links.length ?? 0) + FEW);
};

/** At any moment. */
export const judgeGrowth = (scene: Scene): void => {
  const engine = scene.engine();
  if (engine === null || !scene.isRunning()) return;
  let probes = 0;
  let pfctls = 0;
  let ifconfigs = 0;
  let routes = 0;
  for (const { command } of scene.router.faults.running()) {
    if (PROBES.has(command)) probes += 1;
    else if (command === 'pfctl') pfctls += 1;
    else if (command === 'ifconfig') ifconfigs += 1;
    else if (command === 'route') routes += 1;
  }
  bound(scene, 'children that probe', probes, engine.probes.length + FEW);
  bound(scene, 'pfctl', pfctls, FEW);
  bound(scene, 'ifconfig', ifconfigs, FEW);
  bound(scene, 'route', routes, 2 * (engine.settings?.links.length ?? 0) + FEW);
  boundCollections(scene, engine);
};

export const judgeBounds = (scene: Scene, life: Life): void => {
  const engine = scene.engine();
  if (engine === null) return;
  const probes = new Set([...engine.paths.values()].flatMap((path) => (path.isRouted ? path.targets : [])));
  const pings = scene.router.faults.running().filter(({ command }) => command.startsWith('ping'));
  const windows = [...engine.paths.values()].flatMap(({ targets }) =>
    targets.map(({ window }) => window.outcomes.length),
  );
  // One that has just died is not running.
  bound(scene, 'pings', pings.length, probes.size);
  bound(scene, 'monitors', scene.router.faults.running('route', /monitor/).length, 1);
  bound(scene, 'timers and commands', life.process.pending(), 20 + 6 * probes.size);
  bound(scene, 'notes', engine.notes.length, 0);
  bound(scene, 'history', life.loop.history().length, 256);
  bound(scene, 'outcomes', Math.max(0, ...windows), 10_000);
};
