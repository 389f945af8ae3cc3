/** The sweep lane by itself: one at a time, again after a while, retries, and what is remembered of the results. */
import t from 'tap';
import { holdStates } from '../../src/core/kill.ts';
import type { PathKey } from '../../src/core/model.ts';
import { renderNote } from '../../src/core/note.ts';
import {
  holdSwept,
  newSweepLane,
  planSweep,
  type SweepLane,
  stepSweepResult,
  sweepDeadline,
} from '../../src/core/sweep.ts';
import { mono } from '../../src/core/time.ts';
import type { Sweep, SweepResult } from '../../src/core/transaction.ts';

const own = ['10.0.0.2'];
const a = { path: 'a/inet', link: 'a', gateway: '10.0.0.1', again: false } as const;
const b = { path: 'b/inet', link: 'b', gateway: '10.1.0.1', again: false } as const;
const old = { path: 'c/inet', link: 'c', gateway: '10.2.0.9', again: false } as const;
const swept = (...killed: readonly { link: string; count: number; again: boolean }[]): SweepResult => ({
  kind: 'swept',
  killed,
  spared: [],
});
const failed = (text = 'no'): SweepResult => ({ kind: 'failed', failure: { text, line: null, rule: null } });
const held = (...paths: readonly PathKey[]): SweepLane => ({
  ...newSweepLane,
  holders: holdStates(new Map(), paths),
});
const fly = (lane: SweepLane, gateways: Sweep['gateways'], now: number) => {
  const planned = planSweep(lane, gateways, own, mono(now));
  if (planned.sweep === null) throw new Error('nothing planned');
  return { lane: planned.lane, sweep: planned.sweep };
};
const texts = (step: ReturnType<typeof stepSweepResult>): readonly string[] =>
  step.notes.map((note) => renderNote(note).text);

t.test('one at a time', async (t) => {
  t.equal(planSweep(held(), [], own, mono(0)).sweep, null);
  const { lane, sweep } = fly(held('a/inet'), [a], 0);
  t.same(sweep, { id: 1, gateways: [a], exempt: own });
  t.equal(planSweep(lane, [b], own, mono(1)).sweep, null);
  t.equal(sweepDeadline(lane, ['a/inet']), null, 'its result will wake us');
  const landed = stepSweepResult(lane, 1, swept({ link: 'a', count: 3, again: false }), mono(2000));
  t.same(texts(landed), ['pf: killed 3 states of a']);
  t.equal(landed.lane.killed, 3);
  t.equal(fly(landed.lane, [b], 2001).sweep.id, 2);
});

t.test('looks again after a while, and then no more', async (t) => {
  const first = fly(held('a/inet', 'b/inet'), [a], 0);
  const landed = stepSweepResult(
    first.lane,
    1,
    swept({ link: 'a', count: 3, again: false }),
    mono(2000),
  ).lane;
  t.equal(sweepDeadline(landed, ['a/inet']), 3000);
  t.equal(sweepDeadline(landed, []), null, 'it is wanted again');
  const second = fly(landed, [{ ...a, again: true }], 3000);
  const rest = stepSweepResult(second.lane, 2, swept({ link: 'a', count: 0, again: true }), mono(5000));
  t.same(
    rest.notes.map((note) => renderNote(note).severity),
    ['debug'],
  );
  t.same([...rest.lane.holders.keys()], ['b/inet']);
  t.equal(sweepDeadline(rest.lane, ['a/inet']), null);
});

t.test('a failure is told once, and tried again ever more slowly', async (t) => {
  let lane = held('a/inet');
  let now = 0;
  const told: string[] = [];
  for (const wait of [100, 200, 400, 800]) {
    const flight = fly(lane, [a], now);
    const step = stepSweepResult(flight.lane, flight.sweep.id, failed(), mono(now));
    told.push(...texts(step));
    lane = step.lane;
    t.equal(sweepDeadline(lane, ['a/inet']), now + wait);
    t.equal(planSweep(lane, [a], own, mono(now + wait - 1)).sweep, null);
    now += wait;
  }
  t.same(told, ['pf: cannot look for states on dead links: no; again in 100ms']);
  const other = fly(lane, [a], now);
  t.equal(stepSweepResult(other.lane, other.sweep.id, failed('other'), mono(now)).notes.length, 1);
  const mended = stepSweepResult(
    other.lane,
    other.sweep.id,
    swept({ link: 'a', count: 1, again: false }),
    mono(now),
  ).lane;
  t.match(mended, { failures: 0, failure: null, retryAt: null });

  t.test('and leaves no deadline behind when there is nothing left to do', async (t) => {
    // a came back, b was done with long ago
    const planned = planSweep(lane, [], own, mono(now));
    t.equal(planned.sweep, null);
    t.equal(sweepDeadline(planned.lane, ['b/inet']), null);
    const early = planSweep(lane, [], own, mono(now - 1)).lane;
    t.equal(sweepDeadline(early, ['b/inet']), null, 'no wake at all, also before the next try is due');
  });

  t.test('and waits for the next try over a moment in which nothing can be swept', async (t) => {
    const away = planSweep(lane, null, own, mono(now - 1));
    t.equal(away.sweep, null);
    t.equal(away.lane.retryAt, now);
    t.equal(planSweep(away.lane, [a], own, mono(now - 1)).sweep, null, 'not before its time');
    t.not(planSweep(away.lane, [a], own, mono(now)).sweep, null);
  });
});

t.test('results of another sweep are ignored', async (t) => {
  const { lane } = fly(held('a/inet'), [a], 0);
  t.same(stepSweepResult(lane, 7, swept(), mono(5)), { lane, notes: [] });
  t.same(stepSweepResult(newSweepLane, 1, swept(), mono(5)), { lane: newSweepLane, notes: [] });
});

t.test('what was not to go any more is not taken for swept', async (t) => {
  const { lane, sweep } = fly(
    { ...held('a/inet', 'b/inet'), outlived: [{ ...old, isKept: false }] },
    [a, b],
    0,
  );
  const result: SweepResult = { kind: 'swept', killed: [], spared: [a.gateway, old.gateway] };
  const landed = stepSweepResult(lane, sweep.id, result, mono(2000)).lane;
  t.equal(landed.holders.get('a/inet'), null, 'due at once if it dies again');
  t.equal(landed.holders.get('b/inet'), 3000);
  t.match(landed.outlived, [{ gateway: old.gateway }]);
  t.same(fly(landed, [a], 2000).sweep.gateways, [{ ...old, isKept: false }, a]);
});

t.test('connections that come while a sweep is under way are not taken for swept', async (t) => {
  for (const again of [false, true]) {
    const { lane, sweep } = fly(held('a/inet', 'b/inet'), [{ ...a, again }, b], 0);
    const back = holdSwept(lane, ['a/inet']);
    t.equal(planSweep(back, [a], own, mono(1)).sweep, null, 'still one at a time');
    const landed = stepSweepResult(back, sweep.id, swept(), mono(2000)).lane;
    t.equal(landed.holders.get('a/inet'), null, 'due at once if it dies again');
    t.equal(landed.holders.get('b/inet'), 3000);
  }
});
