/**
 * Plays a story in virtual time: the real daemon on the emulated machine, with the judges looking on. It ends with the story or
 * with the first claim that does not hold. The same story always ends the same way.
 */
import { createInProcessCommands } from '../emulator/commands.ts';
import { createAdministrator } from './administrator.ts';
import { AFTER_RELOAD_MS, createDisturbance } from './disturbance.ts';
import { watchKills } from './judge-kill.ts';
import { createLogJudge } from './judge-log.ts';
import { type Moments, watchMoments } from './judge-moment.ts';
import { createTraffic } from './judge-traffic.ts';
import { createLives } from './lives.ts';
import { createMachine, withWitness } from './machine.ts';
import { createOperator } from './operator.ts';
import { perform } from './perform.ts';
import { createResting } from './rest.ts';
import type { Broken, Claim, Scene } from './scene.ts';
import type { Happening, Story } from './story.ts';
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

const NOTHING_PLAYED: Played = {
  broken: null,
  simulatedMs: 0,
  steps: 0,
  happenings: 0,
  packets: 0,
  loads: 0,
  log: [],
};
const LOG_KEPT = 400;

/** Promises settle between the steps of the clock, as they would between events: Node runs all of them before its next tick. */
const settlePromises = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** A turn of Node's own loop, which costs five times as much: it tells of rejections that nobody has handled, and hears signals. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const renderThrown = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

const playOnMachine = async ({ world, events }: Story): Promise<Played> => {
  const { clock, router } = createMachine(world);
  const truth = createTruth(router);
  /** Something may wait for its turn in a microtask: what a timer of the machine's own has done, a packet or a look of a judge, leaves none. */
  let isStirred = true;
  const stir = (): void => {
    isStirred = true;
  };
  const machine = createInProcessCommands(router, { onResult: stir });
  const log: string[] = [];
  let broken: Broken | null = null;
  let moments: Moments | null = null;
  let steps = 0;
  let mainRules = -1;
  let happenings = 0;
  let isAtRest = false;

  const disturbance = createDisturbance({ clock, router, settings: () => lives.settings() });
  const scene: Scene = {
    world,
    clock,
    router,
    truth,
    settings: () => lives.settings(),
    engine: () => lives.now()?.loop.engine() ?? null,
    calmAt: () => (lives.isRunning() ? disturbance.calmAt() : Number.POSITIVE_INFINITY),
    blindUntil: disturbance.blindUntil,
    isPfConfLoaded: () => router.firewall.rulesets.get('')?.rules.length === mainRules,
    foreignUntil: disturbance.foreignUntil,
    hearsAt: () => (lives.isRunning() ? disturbance.hearsAt() : Number.POSITIVE_INFINITY),
    hearsWithin: disturbance.hearsWithin,
    writesAt: disturbance.writesAt,
    startedAt: () => lives.now()?.startedAt ?? 0,
    forgottenAt: () => lives.forgottenAt(),
    isRunning: () => lives.isRunning(),
    isAdminBusy: () => administrator.isBusy(),
    operator: () => operator,
    report: (claim: Claim, text: string) => {
      broken ??= { claim, text, atMs: clock.now() };
    },
    broken: () => broken,
  };
  const operator = createOperator(scene);
  const judgeLog = createLogJudge(scene);
  const administrator = createAdministrator(scene, machine);
  const lives = createLives(world, {
    scene,
    commands: withWitness(machine, scene),
    onInput: stir,
    hear: (severity, text) => {
      log.push(`${clock.now()} ${severity} ${text}`);
      if (log.length > 2 * LOG_KEPT) log.splice(0, LOG_KEPT);
      judgeLog.hear(severity, text);
    },
    onBegin: (remembers) => {
      disturbance.begin();
      if (!remembers) operator.forget();
      operator.keep(lives.settings());
      judgeLog.forget('start');
      log.push(`${clock.now()} --- start${remembers ? '' : ' afresh'}`);
    },
    onReload: (settings) => {
      disturbance.disturb(AFTER_RELOAD_MS);
      judgeLog.forget('reload');
      operator.keep(settings);
      moments?.keep(settings);
    },
  });

  const traffic = createTraffic(scene);

  const pass = async (until: number): Promise<void> => {
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
  const resting = createResting({ scene, lives, disturbance, administrator, pass });

  const happen = async (happening: Happening): Promise<void> => {
    happenings += 1;
    log.push(`${clock.now()} --- ${JSON.stringify(happening)}`);
    perform(router, world, happening);
    switch (happening.kind) {
      case 'rest':
        await resting.rest();
        judgeLog.rest();
        break;
      case 'restart':
        if (isAtRest) await resting.restart(happening.remembers);
        break;
      case 'kill':
        lives.kill();
        break;
      case 'terminate':
        lives.terminate();
        break;
      case 'start':
        if (lives.now()?.process.isAlive !== true) lives.begin(happening.remembers);
        break;
      case 'pause':
      case 'stall':
        lives.now()?.process.pause();
        break;
      case 'resume':
      case 'go-on':
        lives.now()?.process.resume();
        disturbance.meet(happening);
        break;
      case 'by-hand': {
        const life = lives.now();
        if (life !== null && scene.isRunning()) operator.say(life, happening.link, happening.mode);
        break;
      }
      case 'wall':
        clock.stepWall(happening.ms);
        break;
      case 'reload':
        lives.hangUp(world.configs.get(happening.config) ?? '');
        break;
      case 'admin':
        administrator.run(happening.command, happening.args);
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
    isAtRest = happening.kind === 'rest' || (happening.kind === 'restart' && isAtRest);
    truth.look(lives.settings(), clock.now());
  };

  try {
    watchKills(scene);
    truth.look(lives.settings(), 0);
    administrator.run('pfctl', ['-f', '/etc/pf.conf']);
    await pass(100);
    mainRules = router.firewall.rulesets.get('')?.rules.length ?? 0;
    lives.begin(true);
    traffic.start();
    moments = watchMoments(scene, judgeLog);
    await pass(30_000);
    for (const event of events) {
      if (broken !== null) break;
      if (event.afterMs > 0) await pass(clock.now() + event.afterMs);
      if (broken === null) await happen(event.happening);
    }
    if (isAtRest) {
      await resting.restart(true);
      await resting.restart(false);
    }
  } catch (error) {
    scene.report('nothing is thrown', renderThrown(error));
  }
  const loads = scene.engine()?.pf.counts.loads ?? 0;
  lives.kill();
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

/** What is thrown is a breach like any other: while the world is set up, in the middle, or where nobody awaits it. */
export const play = async (story: Story): Promise<Played> => {
  let thrown: string | null = null;
  const onThrown = (error: unknown): void => {
    thrown ??= renderThrown(error);
  };
  process.on('unhandledRejection', onThrown);
  process.on('uncaughtException', onThrown);
  let played: Played = NOTHING_PLAYED;
  try {
    played = await playOnMachine(story);
  } catch (error) {
    onThrown(error);
  } finally {
    process.off('unhandledRejection', onThrown);
    process.off('uncaughtException', onThrown);
  }
  if (thrown === null || played.broken !== null) return played;
  return { ...played, broken: { claim: 'nothing is thrown', text: thrown, atMs: played.simulatedMs } };
};
