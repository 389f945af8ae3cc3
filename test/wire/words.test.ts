/** Shares in words: rounded so that all of it, and nothing, are said of no other share. */
import t from 'tap';
import { renderAvailability, renderPercent, renderWait } from '../../src/wire/words.ts';

t.test('availability', async (t) => {
  const rows: readonly (readonly [number, number, string])[] = [
    [0, 0, '-'],
    [0, 86_400_000, '0.00%'],
    [86_399_999, 86_400_000, '99.99%'],
    [86_400_000, 86_400_000, '100%'],
    [86_400_001, 86_400_000, '100%'],
    [-5, 86_400_000, '0.00%'],
  ];
  for (const [usableMs, knownMs, text] of rows) t.equal(renderAvailability({ usableMs, knownMs }), text);
});

t.test('losses', async (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '0%'],
    [0.01, '0.1%'],
    [0.84, '0.8%'],
    [10.4, '10%'],
    [99.7, '99%'],
    [100, '100%'],
  ];
  for (const [percent, text] of rows) t.equal(renderPercent(percent), text);
});

t.test('how long something takes yet', async (t) => {
  t.equal(renderWait(-3), '0s');
  t.equal(renderWait(6001), '7s');
  t.equal(renderWait(60_000), '60s');
  t.equal(renderWait(90_000), '1m30s');
});
