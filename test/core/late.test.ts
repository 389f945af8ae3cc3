/** Windows whose time-out follows what was measured: late answers take losses back, and everything adds up as if they had been in time. */

import t from 'tap';
import { autoTimeout, CEILING, type Estimate, stepEstimate, UNMEASURED } from '../../src/core/estimate.ts';
import { readWindow } from '../../src/core/figures.ts';
import { judgedOutcomes, stepPatience, timeoutOf } from '../../src/core/loss.ts';
import { millis, mono } from '../../src/core/time.ts';
import {
  lossDue,
  newWindow,
  startWindow,
  stepAnswer,
  stepReading,
  stepSendError,
  type Window,
} from '../../src/core/window.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';

const SECOND = millis(1000);

t.test('the estimate', async (t) => {
  const steady = (rtt: number, count = 200): Estimate | null =>
    Array.from({ length: count }).reduce<Estimate | null>((so) => stepEstimate(so, rtt), null);
  t.equal(autoTimeout(null, SECOND, 0), UNMEASURED);
  t.equal(autoTimeout(null, SECOND, 5), UNMEASURED, 'nothing to multiply');
  t.same(stepEstimate(null, 100), { mean: 100, deviation: 50 }, 'RFC 6298, 2.2');
  t.same(stepEstimate({ mean: 100, deviation: 50 }, 200), { mean: 112.5, deviation: 62.5 }, '2.3');
  const rows: readonly (readonly [number, number, number, number])[] = [
    [10, 1000, 0, 160],
    [10, 100, 0, 30],
    [10, 40, 0, 30],
    [600, 1000, 0, 750],
    [10, 1000, 1, 320],
    [10, 1000, 2, 640],
    [10, 1000, 60, CEILING],
    [9000, 1000, 0, CEILING],
  ];
  for (const [rtt, interval, losses, wanted] of rows) {
    const got = autoTimeout(steady(rtt), millis(interval), losses);
    t.ok(Math.abs(got - wanted) < 1, `${rtt} ms, every ${interval} ms, ${losses} lost: ${got}`);
  }
  const first = stepEstimate(steady(10), 1100);
  t.ok(autoTimeout(first, SECOND, 0) > 1100, 'one answer of a new time is enough to wait for the next');
});

/** Ten answers of 10 ms, the last of them to request 9 at 9.5 s. */
const measured = (): Window => {
  let window = startWindow(newWindow(SECOND, 'auto', 20), mono(0));
  for (let seq = 0; seq < 10; seq += 1) window = answer(window, 510 + seq * 1000, seq);
  return window;
};
const answer = (window: Window, at: number, seq: number, rtt = 10): Window =>
  stepAnswer(window, { seq, rtt: millis(rtt), duplicate: false }, mono(at));
const read = (window: Window, at: number): Window => stepReading(window, mono(at));
const facts = ({ answered, lost, late, answersInRow, lossesInRow, duplicates }: Window) =>
  [answered, lost, late, answersInRow, lossesInRow, duplicates].join(' ');
const told = (window: Window): string =>
  window.outcomes.map((rtt) => (rtt === null ? 'l' : rtt > 100 ? 'S' : 'a')).join('');

t.test('late answers', async (t) => {
  const before = measured();
  // answered, lost, late, answers and losses in a row, duplicates
  t.equal(facts(before), '10 0 0 10 0 0');
  const lost = read(before, 10_700);
  t.equal(facts(lost), '10 1 0 0 1 0', 'a loss is said long before a second is over');
  t.equal(told(lost), 'aaaaaaaaaal');

  const back = answer(lost, 11_400, 10, 900);
  t.equal(facts(back), '11 0 1 11 0 0', 'and taken back, counted as late as well');
  t.equal(told(back), 'aaaaaaaaaaS');
  t.equal(back.outcomes.at(-1), 900);
  t.ok(timeoutOf(back) > 900, 'and learnt from');

  const two = read(lost, 11_900);
  t.equal(facts(two), '10 2 0 0 2 0', 'the second is waited for twice as long');
  t.equal(facts(read(lost, 11_700)), '10 1 0 0 1 0');
  const second = answer(two, 12_100, 11, 600);
  t.equal(facts(second), '11 1 1 1 0 0', 'the younger one first: the older stands');
  t.equal(told(second), 'aaaaaaaaaalS');
  t.equal(facts(answer(second, 12_200, 10, 1700)), '12 0 2 12 0 0', 'until it comes, too');
  t.equal(facts(answer(two, 12_100, 10, 1600)), '11 1 1 0 1 0', 'the older one first: the younger stands');
  t.equal(facts(answer(answer(two, 12_100, 10, 1600), 12_150, 11, 650)), '12 0 2 12 0 0');

  t.equal(facts(answer(two, 13_510, 10, 3010)), '10 2 1 0 2 0', 'beyond the ceiling it stays lost');
  t.equal(facts(answer(lost, 11_510, 11)), '11 1 0 1 0 0', 'an answer in time after a loss is no late one');
  const old = Array.from({ length: 25 }).reduce<Window>(
    (so, _, n) => answer(so, 11_510 + n * 1000, 11 + n),
    lost,
  );
  t.equal(old.outcomes.length, 20);
  t.notOk(told(old).includes('l'), 'it has left the window');
  const unread = answer(before, 10_700, 10, 200);
  t.equal(facts(unread), '11 0 1 11 0 0', 'late, and we had not even looked yet');
});

t.test('another child numbers anew: nothing is taken back from the one before', async (t) => {
  const lost = read(measured(), 10_700);
  const other = answer(startWindow(lost, mono(11_000)), 11_400, 0);
  t.equal(facts(other), '11 1 0 1 0 0');
});

t.test('patience', async (t) => {
  const two = read(measured(), 11_900);
  const patient = stepPatience(two);
  t.equal(facts(patient), '10 0 0 10 0 0', 'what was said too soon is open again');
  t.equal(told(patient), 'aaaaaaaaaa');
  t.equal(lossDue(patient), 13_500, 'until the ceiling');
  t.equal(stepPatience(patient), patient, 'once');
  t.equal(facts(read(patient, 16_000)), '10 3 0 0 3 0');
  const back = answer(patient, 11_900, 10, 1400);
  t.equal(facts(back), '11 0 0 11 0 0');
  t.equal(back.isPatient, false, 'an answer ends it');
  const refused = stepPatience(stepSendError(read(measured(), 10_700), mono(11_510)));
  t.equal(facts(refused), '10 2 0 0 2 0', 'what could not be sent is lost, whatever anybody says');
  const fixed = read(startWindow(newWindow(SECOND, millis(200)), mono(0)), 3000);
  t.equal(stepPatience(fixed), fixed, 'a fixed time-out is what it says');
});

t.test('jitter', async (t) => {
  const jitter = (rtts: readonly (number | null)[]) =>
    readWindow({ outcomes: rtts.map((rtt) => (rtt === null ? null : millis(rtt))) }).rtt?.jitter;
  t.equal(jitter([5]), 0);
  t.equal(jitter([5, 5, 5]), 0);
  t.equal(jitter([10, 20, 10, 20]), 10);
  t.equal(jitter([10, null, 40]), 30, 'of answers that follow each other, whatever was lost between');
  t.equal(jitter([null]), undefined);
});

/** When all is over, it is as if every answer within the ceiling had been in time, whenever losses were said. */
t.test('windows equal a recount', async (t) => {
  const history = fc.record({
    interval: fc.constantFrom(100, 1000),
    fates: fc.array(
      fc.option(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 3500 })), { freq: 4 }),
      {
        minLength: 1,
        maxLength: 60,
      },
    ),
    size: fc.constantFrom(5, 100),
    readEvery: fc.integer({ min: 1, max: 2000 }),
  });
  check(
    t,
    fc.property(history, ({ interval, fates, size, readEvery }) => {
      let window = startWindow(newWindow(millis(interval), 'auto', size), mono(0));
      // the phase is known from the first
      const all = [5, ...fates];
      const arrivals = all
        .flatMap((rtt, seq) => (rtt === null ? [] : [{ at: 500 + seq * interval + rtt, seq, rtt }]))
        .sort((a, b) => a.at - b.at);
      const end = 500 + all.length * interval - 1 + CEILING;
      const reads = Array.from({ length: Math.floor(end / readEvery) }, (_, n) => n * readEvery);
      for (const at of [...new Set([...reads, ...arrivals.map((each) => each.at), end])].sort(
        (a, b) => a - b,
      )) {
        if (at > end) break;
        for (const each of arrivals.filter((arrival) => arrival.at === at)) {
          window = answer(window, at, each.seq, each.rtt);
        }
        // nothing leaves after the last of them
        window = read(window, Math.min(at, 500 + all.length * interval - 1));
        must(window.outcomes.length <= size, 'remembers too much');
        must(window.outcomes.length === Math.min(size, window.answered + window.lost), 'forgets too much');
        must(window.recent.length <= CEILING / interval + 2, 'recent grows');
      }
      for (let due = lossDue(window); window.next < all.length && due !== null; due = lossDue(window)) {
        window = read(window, due);
      }
      const isGood = all.map((rtt) => rtt !== null && rtt <= CEILING);
      const good = isGood.filter(Boolean).length;
      must(window.answered === good, `answered ${window.answered}, not ${good}`);
      must(window.lost === all.length - good, `lost ${window.lost}, not ${all.length - good}`);
      must(window.duplicates === 0, 'duplicates from nowhere');
      const answersInRow = all.length - 1 - isGood.lastIndexOf(false);
      const lossesInRow = all.length - 1 - isGood.lastIndexOf(true);
      must(
        window.answersInRow === answersInRow,
        `${window.answersInRow} answers in a row, not ${answersInRow}`,
      );
      must(window.lossesInRow === lossesInRow, `${window.lossesInRow} losses in a row, not ${lossesInRow}`);
      if (size < all.length) return;
      const sorted = (list: readonly (number | null)[]): string =>
        list
          .map((rtt) => rtt ?? -1)
          .sort((a, b) => a - b)
          .join(' ');
      must(
        sorted(window.outcomes) === sorted(all.map((rtt) => (rtt !== null && rtt <= CEILING ? rtt : null))),
        `remembers ${window.outcomes.join(' ')}`,
      );
    }),
  );
});

t.test('quality does not look at losses that may be taken back', async (t) => {
  const path = (window: Window) =>
    judgedOutcomes(window)
      .map((rtt) => (rtt === null ? 'l' : 'a'))
      .join('');
  const two = read(measured(), 11_900);
  t.equal(path(two), 'aaaaaaaaaa');
  t.equal(told(two), 'aaaaaaaaaall');
  t.equal(path(answer(two, 12_600, 12, 90)), 'aaaaaaaaaaa');
  const later = Array.from({ length: 4 }).reduce<Window>(
    (so, _, n) => answer(so, 12_510 + n * 1000, 12 + n),
    two,
  );
  t.equal(path(later), 'aaaaaaaaaallaaaa', 'when no answer can come any more, they count');
  t.equal(path(stepSendError(measured(), mono(10_510))), 'aaaaaaaaaal', 'what could not be sent is lost');
});
