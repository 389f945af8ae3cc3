import t from 'tap';
import { earliest, millis, mono, plus, renderDuration, since } from '../../src/core/time.ts';

t.test('lengths as people read them', async (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [-5, '0ms'],
    [0, '0ms'],
    [0.4, '0ms'],
    [850, '850ms'],
    [999.4, '999ms'],
    [999.6, '1.0s'],
    [2149, '2.1s'],
    [59_999, '59.9s'],
    [60_000, '1m00s'],
    [252_000, '4m12s'],
    [3_599_999, '59m59s'],
    [3_600_000, '1h00m'],
    [11_220_000, '3h07m'],
    [86_399_999, '23h59m'],
    [86_400_000, '1d00h'],
    [273_600_000, '3d04h'],
  ];
  for (const [length, text] of rows) t.equal(renderDuration(millis(length)), text, `${length}`);
});

t.test('arithmetic', async (t) => {
  t.equal(plus(mono(5), millis(7)), 12);
  t.equal(since(mono(5), mono(7)), -2);
  t.equal(earliest(), null);
  t.equal(earliest(null, null), null);
  t.equal(earliest(null, mono(7), mono(3), null), 3);
});
