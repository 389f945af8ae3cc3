/**
 * A rest: nothing is in the daemon's way any more, time passes until everything has had what it may take, and then it all has to be
 * right; and what a restart at rest would change: nothing.
 */
import { LONGEST } from '../core/damping.ts';
import type { Administrator } from './administrator.ts';
import { AFTER_FAULT_MS, type Disturbance } from './disturbance.ts';
import { renderRoutes } from './judge-own.ts';
import { type AskPf, judgeRest, type Pf, readPf } from './judge-rest.ts';
import type { Lives } from './lives.ts';
import { detectionMs, returnMs, type Scene } from './scene.ts';

export interface Resting {
  rest(): Promise<void>;
  /** What a start finds is what it would have made. */
  restart(remembers: boolean): Promise<void>;
}

const QUIET_MS = 70_000;
/** pfctl answers within this. */
const ASKED_MS = 250;

/** Which number a link's routing table has is history. */
const renderPf = (held: Pf): string =>
  [...held]
    .map(([what, text]) => `${what}:\n${text}`)
    .join('\n')
    .replace(/ rtable \d+/g, ' rtable N');

export const createResting = (machine: {
  readonly scene: Scene;
  readonly lives: Lives;
  readonly disturbance: Disturbance;
  readonly administrator: Administrator;
  /** Lets time pass, up to an instant or to the first claim that breaks. */
  readonly pass: (until: number) => Promise<void>;
}): Resting => {
  const { scene, lives, disturbance, administrator, pass } = machine;
  const { clock, router, truth } = scene;
  const isBroken = (): boolean => scene.broken() !== null;

  const ask: AskPf = async (args) => {
    let said: string | null = null;
    void administrator.ask(args).then((text) => {
      said = text;
    });
    for (let turn = 0; turn < ASKED_MS / 5 && said === null && !isBroken(); turn += 1)
      await pass(clock.now() + 5);
    return said ?? '';
  };

  const readAll = async (): Promise<string> =>
    `${renderPf(await readPf(scene, ask))}\nroutes:\n${renderRoutes(scene)}`;

  /** What has failed too often is held back for its own good, for so long at most. */
  const outlastDamping = async (): Promise<void> => {
    const isDamped = (): boolean =>
      [...(scene.engine()?.paths.values() ?? [])].some(({ reason }) => reason === 'damped');
    const end = clock.now() + LONGEST;
    while (isDamped() && clock.now() < end && !isBroken()) await pass(clock.now() + 5000);
  };

  const rest = async (): Promise<void> => {
    disturbance.clear();
    lives.now()?.process.resume();
    while (lives.isLeaving() && !isBroken()) await pass(clock.now() + 100);
    if (lives.now()?.process.isAlive !== true) lives.begin(true);
    disturbance.disturb(AFTER_FAULT_MS);
    const { links, reconcile } = lives.settings();
    const slowest = Math.max(...links.map((link) => returnMs(link)));
    await pass(Math.max(disturbance.calmAt(), clock.now()) + slowest + 2 * reconcile);
    await outlastDamping();
    const before = scene.engine()?.pf.counts;
    await pass(clock.now() + QUIET_MS);
    const after = scene.engine()?.pf.counts;
    const life = lives.now();
    if (isBroken() || life === null) return;
    const isSteady = [...truth.paths.values()].every(
      ({ standing, since }) => standing !== 'grey' && clock.now() - since > QUIET_MS + slowest,
    );
    if (isSteady && before !== undefined && (before.loads !== after?.loads || before.killed !== after.killed))
      scene.report('nothing is written at rest', `${JSON.stringify(before)} -> ${JSON.stringify(after)}`);
    if (scene.isPfConfLoaded()) judgeRest(scene, life, await readPf(scene, ask));
  };

  const restart = async (remembers: boolean): Promise<void> => {
    const isSteady = [...truth.paths.values()].every(({ standing }) => standing !== 'grey');
    if (isBroken() || !isSteady || !scene.isPfConfLoaded() || clock.now() < disturbance.blindUntil()) return;
    // Without its memory it cannot know what was said by hand.
    if (!remembers && scene.operator().hasSpoken()) return;
    const before = await readAll();
    const version = router.firewall.world.version();
    lives.kill();
    await pass(clock.now() + 1000);
    lives.begin(remembers);
    const { links } = lives.settings();
    const slowest = Math.max(...links.map((link) => Math.max(returnMs(link), detectionMs(link))));
    await pass(clock.now() + slowest + 30_000);
    const after = await readAll();
    // A lease may end just then.
    if (isBroken() || router.firewall.world.version() !== version) return;
    const counts = scene.engine()?.pf.counts;
    const how = remembers ? 'remembering' : 'afresh';
    if (before !== after)
      scene.report('a fresh start would do the same', `${how}:\n${before}\n---\n${after}`);
    // Without its memory it may have had to guess meanwhile.
    else if (remembers && counts !== undefined && counts.loads > 0)
      scene.report('a fresh start would do the same', `${how}: ${counts.loads} loads of what was there`);
  };

  return { rest, restart };
};
