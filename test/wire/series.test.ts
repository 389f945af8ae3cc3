/** The rings: bins, quantiles, a clock that is set, a restart, and the file that they are kept in. */

import t from 'tap';
import { type Mono, mono } from '../../src/core/time.ts';
import {
  binsOf,
  emptyStore,
  MOST_SERIES,
  restoreSeries,
  type SeriesStore,
  scales,
  stepSeries,
} from '../../src/wire/series.ts';
import { MOST_BYTES, parseSeriesFile, renderSeriesFile } from '../../src/wire/series-file.ts';
import fc from '../chance.ts';

/** A wall clock and a monotonic one that run together. */
const EPOCH = Date.UTC(2026, 10, 20);
const wallAt = (now: number): number => EPOCH + now;

const sample = (rttsMs: readonly number[], lost = 0, key = 'a/inet gateway') => ({
  key,
  sent: rttsMs.length + lost,
  lost,
  rttsMs,
});

const feed = (store: SeriesStore, from: number, to: number, rtt = 10, wall = wallAt): SeriesStore => {
  let fed = store;
  for (let at = from; at < to; at += 5000)
    fed = stepSeries(fed, [sample([rtt, rtt, rtt, rtt], 1)], wall(at), mono(at));
  return fed;
};

const ringOf = (store: SeriesStore, scale: 0 | 1 | 2) => {
  const [series] = store.series;
  return series === undefined ? [] : binsOf(series.rings[scale]);
};

t.test('bins of each scale, and their figures', async (t) => {
  const store = feed(emptyStore, 0, 3_600_000);
  t.equal(ringOf(store, 0).length, 240);
  t.equal(ringOf(store, 1).length, 10);
  t.equal(ringOf(store, 2).length, 1);
  const [bin] = ringOf(store, 0);
  t.match(bin, { sent: 15, lost: 3 });
  t.ok(Math.abs((bin?.p50Ms ?? 0) - 10) < 0.3);
  t.equal(ringOf(feed(store, 3_600_000, 7_200_000), 0).length, 240, 'a ring never grows');
});

t.test('quantiles are within a few percent', async (t) => {
  const rtts = Array.from({ length: 1000 }, (_, index) => 5 + index / 10);
  const [bin] = ringOf(stepSeries(emptyStore, [sample(rtts)], wallAt(0), mono(0)), 0);
  t.ok(Math.abs((bin?.p50Ms ?? 0) / 55 - 1) < 0.03, String(bin?.p50Ms));
  t.ok(Math.abs((bin?.p95Ms ?? 0) / 100 - 1) < 0.03, String(bin?.p95Ms));
  const [lost] = ringOf(stepSeries(emptyStore, [sample([], 5)], wallAt(0), mono(0)), 0);
  t.match(lost, { sent: 5, lost: 5, p50Ms: 0 });
});

t.test('a clock that is set a little follows at once', async (t) => {
  const store = feed(emptyStore, 0, 600_000);
  const back = feed(store, 600_000, 660_000, 20, (at) => wallAt(at) - 300_000);
  const bins = ringOf(back, 0);
  t.equal(bins.at(-1)?.index, Math.floor((wallAt(655_000) - 300_000) / 15_000));
  t.ok(Math.abs((bins.at(-1)?.p50Ms ?? 0) - 20) < 1, 'what was dated by the wrong clock is gone');
  t.strictSame(
    bins.map(({ index }) => index),
    [...new Set(bins.map(({ index }) => index))].sort((a, b) => a - b),
  );
});

t.test('a boot in 1970, put right within a minute: nothing is lost', async (t) => {
  const store = restoreSeries(
    feed(emptyStore, 0, 3_600_000).series.map(({ key, rings }) => ({
      key,
      rings: [binsOf(rings[0]), binsOf(rings[1]), binsOf(rings[2])],
    })),
    mono(9_000_000),
  );
  const wrong = feed(store, 9_000_000, 9_060_000, 20, () => 86_400_000);
  t.equal(ringOf(wrong, 0).length, 240, 'the clock is not believed');
  const right = feed(wrong, 9_060_000, 9_100_000, 30, (at) => wallAt(at - 9_000_000 + 3_700_000));
  const bins = ringOf(right, 0);
  t.ok(bins.length > 220 && Math.abs((bins.at(-1)?.p50Ms ?? 0) - 30) < 1, `${bins.length} bins`);
});

t.test('a clock that stays elsewhere is believed after ten minutes', async (t) => {
  const store = feed(emptyStore, 0, 600_000);
  for (const by of [-86_400_000, 86_400_000]) {
    const wall = (at: number): number => wallAt(at) + by;
    t.equal(ringOf(feed(store, 600_000, 1_190_000, 20, wall), 0).length, 40);
    const bins = ringOf(feed(store, 600_000, 1_300_000, 20, wall), 0);
    t.equal(bins.at(-1)?.index, Math.floor(wall(1_295_000) / 15_000));
    t.ok(bins.every(({ p50Ms }) => Math.abs(p50Ms - 20) < 1));
  }
});

t.test('64 series at most; the one that nobody measures goes', async (t) => {
  let store = emptyStore;
  for (let number = 0; number < 80; number += 1)
    store = stepSeries(store, [sample([1], 0, `l${number}`)], wallAt(number), mono(number));
  t.equal(store.series.length, MOST_SERIES);
  t.equal(store.series[0]?.key, 'l16');
  t.equal(renderSeriesFile(store).length, MOST_BYTES);
  t.ok(MOST_BYTES < 400_000, `${MOST_BYTES} bytes`);
});

t.test('a restart: the same plots, and the open bin goes on', async (t) => {
  const store = feed(emptyStore, 0, 3_605_000);
  const kept = parseSeriesFile(renderSeriesFile(store)) ?? [];
  const again = restoreSeries(kept, mono(0) as Mono);
  for (const scale of [0, 1, 2] as const) {
    const [before, after] = [ringOf(store, scale).slice(-scales[scale].bins), ringOf(again, scale)];
    t.equal(after.length, before.length);
    t.ok(
      after.every((bin, at) => {
        const was = before[at];
        return (
          bin.index === was?.index &&
          bin.sent === was.sent &&
          bin.lost === was.lost &&
          Math.abs(bin.p50Ms - was.p50Ms) < 0.02
        );
      }),
    );
  }
  const on = stepSeries(again, [sample([30, 30, 30, 30])], wallAt(3_606_000), mono(1000));
  const [last] = ringOf(on, 0).slice(-1);
  t.match(last, { sent: 9, lost: 1 }, 'both halves of the bin');
  t.ok(Math.abs((last?.p50Ms ?? 0) - 20) < 1);
});

t.test('round-trip times and counts of any size survive the file', async () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.02, max: 60_000, noNaN: true }),
      fc.nat({ max: 200_000 }),
      fc.nat({ max: 9 }),
      (rtt, sent, lost) => {
        const many = { key: 'k', sent: sent + lost, lost, rttsMs: [rtt] };
        const store = stepSeries(emptyStore, [many], wallAt(0), mono(0));
        const [bin] = parseSeriesFile(renderSeriesFile(store))?.[0]?.rings[0] ?? [];
        if (sent + lost === 0) return bin === undefined;
        const share = (bin?.lost ?? 0) / (bin?.sent ?? 1);
        return (
          Math.abs((bin?.p50Ms ?? 0) - rtt) <= rtt * 0.03 + 1 &&
          share > 0 === lost > 0 &&
          Math.abs(share - lost / (sent + lost)) < 1e-4
        );
      },
    ),
    { numRuns: 300 },
  );
});

t.test('whatever else a file holds is nothing', async (t) => {
  const good = renderSeriesFile(feed(emptyStore, 0, 60_000));
  t.ok(parseSeriesFile(good) !== null);
  for (let at = 0; at < good.length; at += 97) {
    const bad = good.slice();
    bad[at] = (bad[at] ?? 0) ^ 0x10;
    if (parseSeriesFile(bad) !== null) t.fail(`byte ${at}`);
    if (parseSeriesFile(good.subarray(0, at)) !== null) t.fail(`cut at ${at}`);
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => parseSeriesFile(bytes) === null));
});

t.test('two halves of a bin in which nothing was answered, and bins older than the ring', async (t) => {
  const lost = { key: 'a/inet gateway', sent: 2, lost: 2, rttsMs: [] };
  const before = stepSeries(emptyStore, [lost], EPOCH, mono(0));
  const again = restoreSeries(parseSeriesFile(renderSeriesFile(before)) ?? [], mono(0));
  const after = stepSeries(again, [lost], EPOCH + 1000, mono(1000));
  t.match(ringOf(after, 0), [{ sent: 4, lost: 4, p50Ms: 0, p95Ms: 0 }]);
  // the ring itself is pruned when a bin begins: a store made by hand shows that the file is as well
  const bin = (index: number) => ({ index, sent: 1, lost: 0, p50Ms: 1, p95Ms: 1 });
  const old = restoreSeries([{ key: 'a', rings: [[bin(1), bin(1000)], [], []] }], mono(0));
  t.same(parseSeriesFile(renderSeriesFile(old))?.[0]?.rings, [[bin(1000)], [], []]);
});
