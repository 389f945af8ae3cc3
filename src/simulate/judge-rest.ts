/** At rest everything has to be right: what the daemon believes, what it shows, what pf holds, and that it has stopped. */
import { desiredNow } from '../core/turn.ts';
import { renderRuleset } from '../text/pf.ts';
import { hasElsewhere } from './elsewhere.ts';
import { isOfForgottenPool, isOfForgottenUser } from './forgotten.ts';
import { judgeBounds } from './judge-bounds.ts';
import { judgeHealth } from './judge-health.ts';
import { judgeOwnTraffic } from './judge-own.ts';
import { judgeShow } from './judge-show.ts';
import type { Life } from './life.ts';
import { detectionMs, type Scene } from './scene.ts';
import { pathOf } from './state-path.ts';

/** What pf prints, by what was asked. */
export type Pf = ReadonlyMap<string, string>;
export type AskPf = (args: readonly string[]) => Promise<string>;

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Everything of ours that pf holds, as pfctl prints it. */
export const readPf = async (scene: Scene, ask: AskPf): Promise<Pf> => {
  const { anchor } = scene.settings();
  const held = new Map<string, string>();
  const engine = scene.engine();
  const desired = engine === null ? null : desiredNow(engine);
  held.set(anchor, await ask(['-a', anchor, '-sr']));
  for (const pool of desired?.pools ?? []) {
    held.set(pool.anchor, await ask(['-a', pool.anchor, '-sr']));
    for (const { name } of pool.tables)
      held.set(`${pool.anchor} <${name}>`, await ask(['-a', pool.anchor, '-t', name, '-T', 'show']));
  }
  for (const { name } of desired?.tables ?? []) held.set(`<${name}>`, await ask(['-t', name, '-T', 'show']));
  return held;
};

const judgePf = (scene: Scene, held: Pf): void => {
  const engine = scene.engine();
  const desired = engine === null ? null : desiredNow(engine);
  if (engine === null || desired === null) {
    scene.report('pf holds what is decided', 'nothing is decided');
    return;
  }
  const wanted = new Map<string, string>([
    [desired.anchor, renderRuleset(desired.ruleset)],
    ...desired.pools.map((pool) => [pool.anchor, renderRuleset(pool.rules)] as const),
    ...desired.pools.flatMap((pool) =>
      pool.tables.map(
        ({ name, entries }) =>
          [`${pool.anchor} <${name}>`, entries.map(({ address }) => address).join('\n')] as const,
      ),
    ),
    ...desired.tables.map(({ name, addresses }) => [`<${name}>`, addresses.join('\n')] as const),
  ]);
  for (const [what, text] of wanted) {
    const isTable = what.includes('<');
    const order = (lines: readonly string[]): string => (isTable ? [...lines].sort() : lines).join('\n');
    const there = order(linesOf(held.get(what) ?? ''));
    if (there !== order(linesOf(text)))
      scene.report(
        'pf holds what is decided',
        `${what} holds\n${there}\nand should hold\n${order(linesOf(text))}`,
      );
  }
};

const judgeStates = (scene: Scene): void => {
  const { truth, operator } = scene;
  const now = scene.clock.now();
  for (const pfState of scene.router.firewall.states.all.values()) {
    const { tag, rule, protocol, stack } = pfState;
    if (tag === null || /:(?:probe|in)$/.test(rule.label) || isOfForgottenPool(scene, pfState)) continue;
    const key = pathOf(scene, pfState);
    const path = key === null ? undefined : truth.paths.get(key);
    if (path === undefined || isOfForgottenUser(scene, pfState, path.link.name)) continue;
    const goneMs = Math.max(
      truth.lasting(path.key, 'dead', now),
      operator().lasting(path.link.name, 'disabled'),
    );
    if (goneMs <= detectionMs(path.link) + 10_000 || !hasElsewhere(scene, path.key, tag)) continue;
    scene.report(
      'no pf state is left on a dead path',
      `${path.key}: ${protocol} ${stack.address1} ${rule.label} of ${tag}`,
    );
  }
};

export const judgeRest = (scene: Scene, life: Life, held: Pf): void => {
  scene.truth.look(scene.settings(), scene.clock.now());
  judgeHealth(scene, 'health is what the world is', (path) => scene.engine()?.paths.get(path.key));
  judgePf(scene, held);
  judgeShow(scene, life, linesOf(held.get(scene.settings().anchor) ?? ''));
  judgeStates(scene);
  judgeOwnTraffic(scene);
  judgeBounds(scene, life);
};
