/** At rest everything has to be right: what the daemon believes, what it shows, what pf holds, and that it has stopped. */
import { pathKey } from '../core/model.ts';
import { desiredNow } from '../core/turn.ts';
import { takeSnapshot } from '../daemon/snapshot.ts';
import { renderRuleset } from '../text/pf.ts';
import { statusSchema } from '../wire/status.ts';
import { hasElsewhere } from './elsewhere.ts';
import { judgeOwnTraffic } from './judge-own.ts';
import type { Life } from './life.ts';
import { type Claim, detectionMs, returnMs, type Scene } from './scene.ts';

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

const judgeHealth = (scene: Scene): void => {
  const now = scene.clock.now();
  for (const [key, path] of scene.truth.paths) {
    const health = scene.engine()?.paths.get(key);
    // Pings that were silent have lost what the world has not.
    const lasted = now - Math.max(path.since, scene.blindUntil());
    const said = `${key} has been ${path.standing} for ${Math.round(lasted)} ms, and is said to be ${health?.health} (${health?.reason})`;
    const mode = scene.operator().modeOf(path.link.name);
    if (mode === 'disabled') {
      if (health?.reason !== 'admin')
        scene.report('what an operator says holds', `${path.link.name} is disabled. ${said}`);
      continue;
    }
    if (scene.operator().silence(path.link.name) < returnMs(path.link)) continue;
    if (path.standing === 'good' && lasted > returnMs(path.link) && health?.health !== 'up')
      scene.report('health is what the world is', said);
    if (path.standing === 'dead' && lasted > detectionMs(path.link) && health?.health !== 'down')
      scene.report('health is what the world is', said);
  }
};

const judgeShow = (scene: Scene, life: Life, held: Pf): void => {
  const engine = scene.engine();
  if (engine === null) return;
  const facts = {
    version: '0',
    pid: 1,
    config: '/etc/uplinkd.conf',
    startedAt: life.startedAt,
    settingsLoadedAt: life.startedAt,
  };
  const claim: Claim = 'show tells the truth';
  const status = takeSnapshot(engine, facts, life.loop.history(), life.loop.reactions(), scene.clock.now());
  const parsed = statusSchema.safeParse(JSON.parse(JSON.stringify(status)));
  if (!parsed.success) scene.report(claim, parsed.error.message);
  for (const { name, admin } of status.links)
    if (admin !== scene.operator().modeOf(name))
      scene.report(
        'what an operator says holds',
        `${name} was ${scene.operator().modeOf(name)}, show says ${admin}`,
      );
  const rules = linesOf(held.get(scene.settings().anchor) ?? '');
  if (rules.join('\n') !== status.pf.rules.join('\n')) scene.report(claim, 'other rules than pf holds');
  if (status.pf.applied !== 'known' || status.pf.failure !== null)
    scene.report(claim, `pf at rest: ${JSON.stringify({ ...status.pf, rules: [], pools: [] })}`);
};

const judgeStates = (scene: Scene): void => {
  const now = scene.clock.now();
  const { links } = scene.settings();
  for (const pfState of scene.router.firewall.states.all.values()) {
    const [, name = '', kind] = (pfState.rule.label ?? '').split(':');
    const link = links.find((each) => each.name === name);
    if (link === undefined || kind === 'probe' || kind === 'in' || pfState.tag === null) continue;
    const key = pathKey(name, pfState.family);
    const isDead = scene.truth.lasting(key, 'dead', now) > detectionMs(link) + 10_000;
    if (!isDead && scene.operator().lasting(name, 'disabled') < detectionMs(link) + 10_000) continue;
    if (!hasElsewhere(scene, key, pfState.tag)) continue;
    scene.report(
      'no pf state is left on a dead path',
      `${key}: ${pfState.protocol} ${pfState.stack.address1} ${pfState.rule.label} of ${pfState.tag}`,
    );
  }
};

const judgeBounds = (scene: Scene, life: Life): void => {
  const engine = scene.engine();
  if (engine === null) return;
  const claim: Claim = 'memory, queues and children are bounded';
  const probes = new Set([...engine.paths.values()].flatMap((path) => (path.isRouted ? path.targets : [])));
  const pings = scene.router.faults.running().filter(({ command }) => command.startsWith('ping'));
  const monitors = scene.router.faults.running('route', /monitor/);
  // One that has just died is not running.
  if (pings.length > probes.size) scene.report(claim, `${pings.length} pings for ${probes.size} probes`);
  if (monitors.length > 1) scene.report(claim, `${monitors.length} monitors`);
  const pending = life.process.pending();
  if (pending > 20 + 6 * probes.size) scene.report(claim, `${pending} timers and commands are pending`);
  const sizes = { notes: engine.notes.length, history: life.loop.history().length - 256 };
  for (const [what, size] of Object.entries(sizes)) if (size > 0) scene.report(claim, `${what}: ${size}`);
  for (const path of engine.paths.values())
    for (const target of path.targets)
      if (target.window.outcomes.length > 10_000) scene.report(claim, `${path.key}: ${target.target}`);
};

export const judgeRest = (scene: Scene, life: Life, held: Pf): void => {
  scene.truth.look(scene.settings(), scene.clock.now());
  judgeHealth(scene);
  judgePf(scene, held);
  judgeShow(scene, life, held);
  judgeStates(scene);
  judgeOwnTraffic(scene);
  judgeBounds(scene, life);
};
