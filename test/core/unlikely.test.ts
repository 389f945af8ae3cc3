/**
 * Single checks of the core for what histories hardly ever come to: each was broken once on purpose, and no other test had noticed.
 */
import t from 'tap';
import { recallAvailability } from '../../src/core/availability.ts';
import {
  beginLast,
  newConfirming,
  stepBurstEnded,
  stepStall,
  stepSuspicion,
} from '../../src/core/confirm.ts';
import { newEngine } from '../../src/core/engine.ts';
import { holdEnds, skipPath } from '../../src/core/health.ts';
import { rememberPresent } from '../../src/core/memory.ts';
import { meterOf, stepMeters } from '../../src/core/meter.ts';
import type { InterfaceTable, LearntGateway } from '../../src/core/model.ts';
import { observe } from '../../src/core/observe.ts';
import type { PathHealth } from '../../src/core/path.ts';
import { isResting } from '../../src/core/plan.ts';
import { rememberRecords } from '../../src/core/record.ts';
import { stepTarget, type TargetHealth } from '../../src/core/target.ts';
import { millis, mono } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import { interfacesOf, linkSettings, probeSettings, readyPath, settingsOf } from './example.ts';
import { createWorld } from './world.ts';

const HOUR = 3_600_000;
const probe = probeSettings({
  timeout: 'auto',
  confirm: true,
  loss: { degraded: 10, recover: null, down: 50, window: millis(30_000) },
});
const a = linkSettings('a', 0, { probe });
const b = linkSettings('b', 1, { probe });
const path = readyPath(a, 0);
const [target] = path.targets;
if (target === undefined) throw new Error('no target');
const having = (window: Partial<Window>, more: Partial<TargetHealth> = {}): TargetHealth => ({
  ...target,
  ...more,
  window: { ...target.window, ...window },
});

t.test(
  'a target that was acquitted, and has lost half of its window besides, has not recovered',
  async (t) => {
    const settings = path.settings;
    const fell = { at: mono(80_000), by: mono(79_000) };
    const judging = { settings, isStarting: false, fell, isAsking: false };
    const acquitted = {
      heard: { at: mono(80_500), sent: mono(78_000) },
      answersInRow: 1,
      answered: 5,
      lost: 15,
    };
    const half = Array.from({ length: 20 }, (_, n) => (n % 4 === 3 ? millis(20) : null));
    const failed = having({ ...acquitted, outcomes: half }, { verdict: 'failed' });
    t.equal(stepTarget(failed, judging, mono(81_000)).verdict, 'failed');
    const whole = having({ ...acquitted, outcomes: half.map(() => millis(20)) }, { verdict: 'failed' });
    t.equal(stepTarget(whole, judging, mono(81_000)).verdict, 'answers');
  },
);

t.test(
  'a hold that ended while we slept is not over before another answer could have been missing',
  async (t) => {
    const held: PathHealth = { ...path, health: 'unknown', reason: 'hold', goodSince: mono(0) };
    const now = mono(600_000);
    const by = millis(590_000);
    t.equal(holdEnds(held), 10_000, 'it would have ended just when we fell asleep');
    const after = holdEnds(skipPath(held, by, now));
    t.equal(after, now + path.settings.interval);
  },
);

t.test('losses that the last burst was about begin no other when its children end', async (t) => {
  const silent = [having({ lost: 3, lossesInRow: 3 }, { verdict: 'answers' })];
  const began = beginLast({ ...newConfirming(mono(0)), lossesSeen: [0] }, silent, millis(1000), mono(5000));
  const child = began.burst?.targets[0]?.probe.key ?? '';
  const ended = stepBurstEnded(began, child);
  t.equal(ended.burst, null);
  t.equal(stepSuspicion(ended, silent, path.settings, true, mono(5001)).burst, null);
  const more = [having({ lost: 4, lossesInRow: 4 }, { verdict: 'answers' })];
  t.not(stepSuspicion(ended, more, path.settings, true, mono(6000)).burst, null, 'another loss does');
});

t.test('a stall of long ago is neither waited for nor remembered', async (t) => {
  const silent = [having({ lost: 1, lossesInRow: 1 }, { verdict: 'answers' })];
  const now = mono(1_000_000);
  for (const [until, wait, kept] of [
    [now + 1, 1200, 1200],
    [now, 1200, 1200],
    [now - 1, 0, 250],
  ] as const) {
    const stalled = { ...newConfirming(mono(0)), stall: { wait: millis(1200), until: mono(until) } };
    const { burst } = beginLast(stalled, silent, millis(1000), now);
    t.equal(burst?.notBefore, now + wait);
    t.equal(stepStall({ ...stalled, suspectedAt: mono(now - 200) }, now).stall?.wait, kept);
  }
});

t.test('a window that has begun anew takes no bytes back', async (t) => {
  const key = path.key;
  const fresh = new Map([[key, { ...path, targets: [having({})] }]]);
  for (const had of [{ duplicates: 2 }, { stray: 2 }, { lost: 2 }, { answered: 2 }]) {
    const before = new Map([[key, { ...path, targets: [having(had)] }]]);
    const meter = meterOf(stepMeters(new Map(), before, fresh), 'a');
    t.same([meter.out, meter.in, meter.unbooked], [0, 0, 0], Object.keys(had).join());
  }
});

t.test('losses that were none, among many answers, cost nothing again', async (t) => {
  const paths = (had: Parameters<typeof having>[0]) =>
    new Map([[path.key, { ...path, targets: [having(had)] }]]);
  const cost = (lost: number, answered: number): readonly number[] => {
    const before = paths({ answered: 5000, lost: 9 });
    const meter = meterOf(stepMeters(new Map(), before, paths({ answered, lost })), 'a');
    return [meter.out, meter.in];
  };
  t.same(cost(6, 5000), [0, 0], 'they had not left');
  t.same(cost(8, 5001), [0, 84], 'one was answered');
  t.same(cost(6, 5001), [0, 84], 'both');
  t.same(cost(10, 5001), [168, 84]);
});

t.test('a kept hour or day that claims to go on for longer ends with the next one', async (t) => {
  const memory = { hours: [[]], hourLeft: millis(5 * HOUR), days: [[]], dayLeft: millis(500 * HOUR) };
  const { hours, days } = recallAvailability(memory, millis(0), mono(0));
  t.equal(hours.ends, HOUR);
  t.equal(days.ends, 24 * HOUR);
  const over = recallAvailability({ ...memory, hourLeft: millis(-5) }, millis(0), mono(0));
  t.ok(over.hours.ends > 0);
});

t.test('lanes that rested at a later instant are planned again', async (t) => {
  const { pf, sweep, routes, carp, count, startEnds } = newEngine;
  const resting = { from: mono(100), until: null, startEnds, pf, sweep, routes, carp, count };
  t.equal(isResting({ ...newEngine, resting }, mono(100)), true);
  t.equal(isResting({ ...newEngine, resting }, mono(99)), false);
});

t.test('numbers that are given out are not taken from what pf holds later', async (t) => {
  const world = createWorld();
  world.load(settingsOf([a, b]));
  world.interfaces(interfacesOf(2));
  while (world.engine().pf.inFlight?.transaction.kind !== 'inspect' || world.now() < 20_000) world.run(1);
  const engine = world.engine();
  const id = engine.pf.inFlight?.transaction.id ?? 0;
  const result = {
    kind: 'inspected',
    differences: ['rules'],
    rulesDiffer: true,
    tablesThatDiffer: [],
    poolsThatDiffer: [],
    isCalled: true,
    rulesHeld: 2,
    rtablesHeld: [{ link: 'a', rtable: 177 }],
    fingerprint: [],
  } as const;
  const after = observe(engine, { kind: 'pf', id, result }, mono(world.now()));
  t.not(after.pf, engine.pf, 'the look is taken in');
  t.equal(after.rtables.byLink.get('a'), 101);
});

t.test('a path that is recognised late after a restart has not changed then', async (t) => {
  const settings = settingsOf([linkSettings('a', 0, { probe, gateway: 'dhcp' }), b]);
  const learnt: readonly LearntGateway[] = [
    { interface: 'em0', family: 'inet', source: { kind: 'lease' }, gateway: '10.0.0.1' },
  ];
  const see = (interfaces: InterfaceTable, gateways: readonly LearntGateway[]) =>
    ({ kind: 'interfaces', interfaces, learnt: gateways }) as const;
  const world = createWorld();
  world.load(settings);
  world.tell(see(interfacesOf(2), learnt));
  world.run(60_000);
  const { paths, rtables, admin, carp, records } = world.engine();
  const now = mono(world.now());
  const memory = {
    ...rememberPresent(paths.values(), rtables, admin, carp.added, now),
    records: rememberRecords(records, paths, now),
  };
  const old = records.get('a/inet')?.transitions.length ?? 0;
  t.equal(old, 1);
  const next = createWorld();
  next.tell({ kind: 'memory', memory });
  next.load(settings);
  // The command that tells of leases has failed.
  next.tell(see(interfacesOf(2), []));
  next.run(2000);
  t.equal(next.engine().paths.get('a/inet')?.reason, 'starting');
  next.tell(see(interfacesOf(2), learnt));
  next.run(2000);
  t.equal(next.engine().paths.get('a/inet')?.health, 'up');
  t.equal(next.engine().records.get('a/inet')?.transitions.length, old);
});
