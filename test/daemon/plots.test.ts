/** What is taken from the windows, and when it is written. */
import t from 'tap';
import { newEngine } from '../../src/core/engine.ts';
import type { PathHealth } from '../../src/core/path.ts';
import { millis } from '../../src/core/time.ts';
import { createPlots, takeOutcomes } from '../../src/daemon/plots.ts';
import { parseSeriesFile } from '../../src/wire/series-file.ts';
import { createVirtualClock } from '../adapter/virtual-clock.ts';
import { linkSettings, readyPath } from '../core/example.ts';

const withOutcomes = (outcomes: readonly (number | null)[], answered: number, lost: number): PathHealth => {
  const path = readyPath(linkSettings('a', 0), 0);
  return {
    ...path,
    targets: path.targets.map((target) => ({
      ...target,
      window: {
        ...target.window,
        outcomes: outcomes.map((outcome) => (outcome === null ? null : millis(outcome))),
        answered,
        lost,
      },
    })),
  };
};
const pathsOf = (path: PathHealth) => new Map([[path.key, path]]);

t.test('only what is new, and what has left the window is counted by the rest', async (t) => {
  const first = takeOutcomes(new Map(), pathsOf(withOutcomes([1, 2, null], 2, 1)));
  t.match(first.samples, [{ key: 'a/inet 9.9.9.9', sent: 3, lost: 1, rttsMs: [1, 2] }]);
  const second = takeOutcomes(first.seen, pathsOf(withOutcomes([1, 2, null, 3], 3, 1)));
  t.match(second.samples, [{ sent: 1, lost: 0, rttsMs: [3] }]);
  t.match(takeOutcomes(second.seen, pathsOf(withOutcomes([3], 3, 1))).samples, [{ sent: 0 }]);
  const burst = takeOutcomes(second.seen, pathsOf(withOutcomes([4, null], 9, 5)));
  t.match(burst.samples, [{ sent: 10, lost: 5, rttsMs: [4] }]);
  const fewer = takeOutcomes(burst.seen, pathsOf(withOutcomes([4], 9, 3)));
  t.match(fewer.samples, [{ sent: 0 }], 'losses that were none');
  const back = takeOutcomes(fewer.seen, pathsOf(withOutcomes([4, 5], 10, 2)));
  t.match(back.samples, [{ sent: 0 }], 'an answer in the place of a loss');
  const path = withOutcomes([4, 5, 6], 11, 2);
  const targets = path.targets.map((target) => ({ ...target, probe: { ...target.probe, key: 'another' } }));
  t.match(
    takeOutcomes(back.seen, pathsOf({ ...path, targets })).samples,
    [{ sent: 1, lost: 0, rttsMs: [6] }],
    'another child, and the same window',
  );
  const anew = takeOutcomes(burst.seen, pathsOf(withOutcomes([5], 1, 0)));
  t.match(anew.samples, [{ sent: 1, lost: 0, rttsMs: [5] }], 'counters that begin anew');
});

t.test('written every ten minutes and at the end, and not at all while nobody can see it', async (t) => {
  const clock = createVirtualClock();
  const writes: number[] = [];
  let count = 0;
  const plots = createPlots({
    clock,
    engine: () => {
      count += 1;
      return { ...newEngine, paths: pathsOf(withOutcomes([7], count, 0)) };
    },
    file: {
      read: () => [],
      write: (bytes) => {
        writes.push(clock.now());
        t.match(parseSeriesFile(bytes), [{ key: 'a/inet 9.9.9.9' }]);
      },
    },
  });
  await clock.advance(100_000);
  t.equal(count, 0);
  plots.configure(true);
  await clock.advance(599_000);
  t.strictSame(writes, [], 'flash wears out');
  await clock.advance(700_000);
  t.equal(writes.length, 2);
  plots.configure(false);
  t.equal(writes.length, 3);
  await clock.advance(700_000);
  plots.stop();
  t.equal(writes.length, 3);
  t.equal(clock.pending(), 0);
});
