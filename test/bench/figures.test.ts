/** The few numbers that the bench's verdicts rest on, against ones that can be looked up. */
import t from 'tap';
import { estimate, highestMean, summarise } from '../../src/bench/figures.ts';

t.test('a summary is of measurements that were made, by nearest rank', async (t) => {
  const figures = Array.from({ length: 30 }, (_, at) => 30 - at);
  t.same(summarise(figures), { count: 30, min: 1, median: 15, p95: 29, max: 30 });
  t.same(summarise([7]), { count: 1, min: 7, median: 7, p95: 7, max: 7 });
});

t.test('how many rare events there may be where so few were seen', async (t) => {
  // Half of the 90 % quantiles of chi square with 2, 4 and 12 degrees of freedom.
  for (const [count, mean] of [
    [0, 2.996],
    [1, 4.744],
    [5, 10.513],
    [100, 118.1],
  ] as const) {
    t.ok(Math.abs(highestMean(count) - mean) < 0.001 * mean, `${count}: ${highestMean(count)}`);
  }
});

t.test('a mean, and how sure it is', async (t) => {
  t.same(estimate([]), { mean: 0, halfWidth: 0, nonZero: 0 });
  const { mean, halfWidth, nonZero } = estimate([0, 0, 2, 2]);
  t.same([mean, nonZero], [1, 2]);
  t.ok(Math.abs(halfWidth - 1.96 * Math.sqrt(4 / 3 / 4)) < 1e-9, String(halfWidth));
});
