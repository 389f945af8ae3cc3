/**
 * Plays a story in virtual time: the real daemon on the emulated machine, with the judges looking on. It ends with the story or
 * with the first claim that does not hold. The same story always ends the same way.
 */
import { parseConfig, renderConfigError } from '../config/parse.ts';
import { LONGEST } from '../core/damping.ts';
import { families, type Settings } from '../core/model.ts';
import { createInProcessCommands } from '../emulator/commands.ts';
import { AFTER_FAULT_MS, createDisturbance } from './disturbance.ts';
import { READ_MS } from './forgotten.ts';
import { watchKills } from './judge-kill.ts';
import { createLogJudge } from './judge-log.ts';
import { type Moments, watchMoments } from './judge-moment.ts';
import { ownRoutes } from './judge-own.ts';
import { type AskPf, judgeRest, type Pf, readPf } from './judge-rest.ts';
import { createTraffic } from './judge-traffic.ts';
import { beginLife, type Disk, type Life } from './life.ts';
import { createMachine, withWitness } from './machine.ts';
import { createOperator } from './operator.ts';
import { perform } from './perform.ts';
import { type Broken, type Claim, detectionMs, returnMs, type Scene } from './scene.ts';
import { type Happening, LAST_GOOD, type Story, type World } from './story.ts';
import { createTruth } from './truth.ts';

export interface Played {
  readonly broken: Broken | null;
  readonly simulatedMs: number;
  /** Timers that fired: everything that happened on the machine. */
  readonly steps: number;
  readonly happenings: number;
  readonly packets: number;
  readonly loads: number;
  readonly log: readonly string[];
}

const LOG_KEPT = 400;
const QUIET_MS = 70_000;

/** Promises settle between the steps of the clock, as they would between events: Node runs all of them before its next tick. */
const settlePromises = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** A turn of Node's own loop, which costs five times as much: it tells of rejections that nobody has handled, and hears signals. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const settingsOf = (text: string): Settings | null => {
  const parsed = parseConfig(text, 'uplinkd.conf');
  return parsed.kind === 'ok' ? parsed.settings : null;
};

export const firstSettings = (world: World): Settings => {
  const parsed = parseConfig(world.configs.get('first') ?? '', 'first');
  if (parsed.kind === 'ok') return parsed.settings;
  throw new Error(parsed.errors.map(renderConfigError).join('\n'));
};

/** Which number a link's routing table has is history. */
const renderPf = (held: Pf): string =>
  [...held]
    .map(([what, text]) => `${what}:\n${text}`)
    .join('\n')
    .replace(/ rtable \d+/g, ' rtable N');

export const play = async (story: Story): Promise<Played> => {
  const { world } = story;
  const { clock, router } = createMachine(world);
  const truth = createTruth(router);
  /** Something may wait for its turn in a microtask: what a timer of the machine's own has done, a packet or a look of a judge, leaves none. */
  let isStirred = true;
  const stir = (): void => {
    isStirred = true;
  };
  const machine = createInProcessCommands(router, { onResult: stir });
  const disk: Disk = { memory: null, lastGood: '' };
  const log: string[] = [];
  let broken: Broken | null = null;
  let settings = firstSettings(world);
  let life: Life | null = null;
  let moments: Moments | null = null;
  let forgottenAt = 0;
  /** One that has been told to end, and may take its time. */
  let leaving: Life | null = null;
  let adminCalls = 0;
  let steps = 0;
  let mainRules = -1;
  let happenings = 0;

  const disturbance = createDisturbance({ clock, router, settings: () => settings });
  const scene: Scene = {
    world,
    clock,
    router,
    truth,
    settings: () => settings,
    engine: () => life?.loop.engine() ?? null,
    calmAt: () => (scene.isRunning() ? disturbance.calmAt() : Number.POSITIVE_INFINITY),
    blindUntil: disturbance.blindUntil,
    isPfConfLoaded: () => router.firewall.rulesets.get('')?.rules.length === mainRules,
    foreignUntil: disturbance.foreignUntil,
    hearsAt: () => (scene.isRunning() ? disturbance.hearsAt() : Number.POSITIVE_INFINITY),
    hearsWithin: disturbance.hearsWithin,
    writesAt: disturbance.writesAt,
    startedAt: () => life?.startedAt ?? 0,
    forgottenAt: () => forgottenAt,
    isRunning: () => life?.process.isAlive === true && !life.process.isPaused && life !== leaving,
    isAdminBusy: () => adminCalls > 0,
    operator: () => operator,
    report: (claim: Claim, text: string) => {
      broken ??= { claim, text, atMs: clock.now() };
    },
    broken: () => broken,
  };
  const operator = createOperator(scene);
  const judgeLog = createLogJudge(scene);
  const traffic = createTraffic(scene);
  const commands = withWitness(machine, scene);

  const run = async (until: number): Promise<void> => {
    await breathe();
    for (let next = clock.next(); next !== null && next <= until && broken === null; next = clock.next()) {
      clock.step();
      steps += 1;
      disturbance.look();
      if (isStirred) await settlePromises();
      isStirred = false;
    }
    if (broken === null) clock.advance(until - clock.now());
  };

  const begin = (remembers: boolean): void => {
    disturbance.begin();
    if (!remembers) {
      operator.forget();
      disk.memory = null;
    }
    // Gone for good: a life that is killed before it has written anything leaves nothing.
    if (disk.memory === null) forgottenAt = clock.now();
    // What it finds: the truth is looked at seldom otherwise.
    clock.after(READ_MS, () => truth.look(settings, clock.now()));
    operator.keep(settings);
    judgeLog.forget('start');
    log.push(`${clock.now()} --- start${remembers ? '' : ' afresh'}`);
    life = beginLife(
      {
        clock,
        commands,
        onInput: stir,
        disk,
        hear: (severity, text) => {
          log.push(`${clock.now()} ${severity} ${text}`);
          if (log.length > 2 * LOG_KEPT) log.splice(0, LOG_KEPT);
          judgeLog.hear(severity, text);
        },
        onUnreadable: (text) => scene.report('the memory of a life is understood by the next', text),
        onLastGood: (text) => {
          router.files.set(LAST_GOOD, text);
        },
      },
      settings,
      remembers,
    );
  };
  const end = (): void => {
    life?.process.kill();
  };

  /** As main.ts does at SIGTERM. */
  const terminate = (ending: Life): void => {
    const isCalm = clock.now() >= scene.calmAt();
    const used = router.faults.used;
    const { onExit, anchor } = settings;
    leaving = ending;
    void ending.loop.leave().then(() => {
      ending.process.kill();
      if (!isCalm || onExit === 'keep' || router.faults.used !== used || adminCalls > 0) return;
      const rules = router.firewall.rulesets.get(anchor)?.rules.length ?? 0;
      const routes = families.flatMap((family) => ownRoutes(scene, family));
      if (rules + routes.length > 0)
        scene.report('a clean exit leaves what it is to leave', `${rules} rules, ${routes.length} routes`);
    });
  };

  const admin = (command: 'pfctl' | 'route', args: readonly string[]): void => {
    const before = router.faults.used;
    adminCalls += 1;
    void machine.run(command, args, { timeoutMs: 10_000 }).then((result) => {
      adminCalls -= 1;
      const isMain = command === 'pfctl' && args.join(' ') === '-f /etc/pf.conf';
      const isClean = before === router.faults.used;
      if (isMain && isClean && result.kind === 'exited' && result.code !== 0)
        scene.report('pf.conf loads with what was kept for the next boot', result.stderr);
    });
  };
  const ask: AskPf = async (args) => {
    let said: string | null = null;
    adminCalls += 1;
    void machine.run('pfctl', args, { timeoutMs: 10_000 }).then((result) => {
      adminCalls -= 1;
      said = result.kind === 'exited' ? result.stdout : '';
    });
    for (let turn = 0; turn < 50 && said === null && broken === null; turn += 1) await run(clock.now() + 5);
    return said ?? '';
  };

  /** What has failed too often is held back for its own good, for so long at most. */
  const outlastDamping = async (): Promise<void> => {
    const isDamped = (): boolean =>
      [...(life?.loop.engine().paths.values() ?? [])].some(({ reason }) => reason === 'damped');
    const end = clock.now() + LONGEST;
    while (isDamped() && clock.now() < end && broken === null) await run(clock.now() + 5000);
  };

  const rest = async (): Promise<void> => {
    disturbance.clear();
    life?.process.resume();
    const ending = leaving;
    while (ending?.process.isAlive === true && broken === null) await run(clock.now() + 100);
    if (life?.process.isAlive !== true) begin(true);
    disturbance.disturb(AFTER_FAULT_MS);
    const slowest = Math.max(...settings.links.map((link) => returnMs(link)));
    await run(Math.max(disturbance.calmAt(), clock.now()) + slowest + 2 * settings.reconcile);
    await outlastDamping();
    const before = life?.loop.engine().pf.counts;
    await run(clock.now() + QUIET_MS);
    const after = life?.loop.engine().pf.counts;
    if (broken !== null || life === null) return;
    const isSteady = [...truth.paths.values()].every(
      ({ standing, since }) => standing !== 'grey' && clock.now() - since > QUIET_MS + slowest,
    );
    if (isSteady && before !== undefined && (before.loads !== after?.loads || before.killed !== after.killed))
      scene.report('nothing is written at rest', `${JSON.stringify(before)} -> ${JSON.stringify(after)}`);
    if (scene.isPfConfLoaded()) judgeRest(scene, life, await readPf(scene, ask));
    judgeLog.rest();
  };

  /** What a start finds is what it would have made: nothing moves. */
  const restart = async (remembers: boolean): Promise<void> => {
    const isSteady = [...truth.paths.values()].every(({ standing }) => standing !== 'grey');
    if (broken !== null || !isSteady || !scene.isPfConfLoaded() || clock.now() < disturbance.blindUntil())
      return;
    const before = await readPf(scene, ask);
    const version = router.firewall.world.version();
    end();
    await run(clock.now() + 1000);
    begin(remembers);
    const slowest = Math.max(...settings.links.map((link) => Math.max(returnMs(link), detectionMs(link))));
    await run(clock.now() + slowest + 30_000);
    const after = await readPf(scene, ask);
    // A lease may end just then.
    if (broken !== null || router.firewall.world.version() !== version) return;
    const counts = life?.loop.engine().pf.counts;
    const how = remembers ? 'remembering' : 'afresh';
    if (renderPf(before) !== renderPf(after))
      scene.report(
        'a fresh start would do the same',
        `${how}:\n${renderPf(before)}\n---\n${renderPf(after)}`,
      );
    // Without its memory it may have had to guess meanwhile.
    else if (remembers && counts !== undefined && counts.loads > 0)
      scene.report('a fresh start would do the same', `${how}: ${counts.loads} loads of what was there`);
  };

  const happen = async (happening: Happening): Promise<void> => {
    happenings += 1;
    log.push(`${clock.now()} --- ${JSON.stringify(happening)}`);
    perform(router, world, happening);
    switch (happening.kind) {
      case 'rest':
        await rest();
        break;
      case 'kill':
        end();
        break;
      case 'terminate':
        if (life !== null && scene.isRunning()) terminate(life);
        break;
      case 'start':
        if (life?.process.isAlive !== true) {
          begin(happening.remembers);
        }
        break;
      case 'pause':
        life?.process.pause();
        break;
      case 'resume':
        life?.process.resume();
        disturbance.meet(happening);
        break;
      case 'by-hand':
        if (life !== null && scene.isRunning()) operator.say(life, happening.link, happening.mode);
        break;
      case 'wall':
        clock.stepWall(happening.ms);
        break;
      case 'reload': {
        const next = settingsOf(world.configs.get(happening.config) ?? '');
        if (next === null || next.anchor !== settings.anchor) break;
        settings = next;
        disturbance.meet(happening);
        judgeLog.forget('reload');
        if (life?.process.isAlive === true) {
          operator.keep(settings);
          moments?.keep(settings);
          life.loop.reload(settings);
        }
        break;
      }
      case 'admin':
        admin(happening.command, happening.args);
        judgeLog.interrupt();
        disturbance.meet(happening);
        break;
      case 'child':
      case 'fault':
      case 'overflow':
        disturbance.meet(happening);
        break;
      case 'carrier':
      case 'ifconfig':
      case 'detach':
      case 'attach':
      case 'dark':
      case 'dark-family':
      case 'gateway-dead':
      case 'loss':
      case 'latency':
      case 'blackhole':
      case 'renumber':
      case 'offer':
      case 'ask':
      case 'expire':
      case 'far-silent':
      case 'dhcpleased':
        break;
    }
    truth.look(settings, clock.now());
  };

  try {
    watchKills(scene);
    truth.look(settings, 0);
    admin('pfctl', ['-f', '/etc/pf.conf']);
    await run(100);
    mainRules = router.firewall.rulesets.get('')?.rules.length ?? 0;
    begin(true);
    traffic.start();
    moments = watchMoments(scene, judgeLog);
    await run(30_000);
    for (const event of story.events) {
      if (broken !== null) break;
      if (event.afterMs > 0) await run(clock.now() + event.afterMs);
      if (broken === null) await happen(event.happening);
    }
    if (story.events.at(-1)?.happening.kind === 'rest') {
      await restart(true);
      // Without its memory it cannot know what was said by hand.
      if (!operator.hasSpoken()) await restart(false);
    }
  } catch (error) {
    scene.report(
      'nothing is thrown',
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  }
  const loads = (life as Life | null)?.loop.engine().pf.counts.loads ?? 0;
  end();
  await breathe();
  return {
    broken: scene.broken(),
    simulatedMs: clock.now(),
    steps,
    happenings,
    packets: traffic.packets(),
    loads,
    log: log.slice(-LOG_KEPT),
  };
};
