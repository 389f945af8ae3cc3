/** Lines of a plot: joined where something was measured as often as usual, broken where it was not. */
import t from 'tap';
import { renderPlot } from '../../src/page/plot.ts';
import { type Bin, scales } from '../../src/wire/series.ts';

const [scale] = scales;
const end = scale.bins;
const bin = (ago: number, lost = 0): Bin => ({ index: end - ago, sent: 1, lost, p50Ms: 20, p95Ms: 30 });
const lines = (bins: readonly Bin[]): readonly string[] =>
  [
    ...renderPlot(bins, scale, end * scale.widthMs, 'x').text.matchAll(/<polyline[^>]* points="([^"]*)"/g),
  ].map(([, points = '']) => points);

t.test('a single point is a line without length, which is drawn as a dot', async (t) => {
  const [line = ''] = lines([bin(10)]);
  const [one, two, ...more] = line.split(' ');
  t.ok(one !== undefined && one !== '' && one === two && more.length === 0, line);
});

t.test('a link that is seldom asked has one line, though some of its points are close', async (t) => {
  t.equal(lines([100, 99, 90, 80, 70].map((ago) => bin(ago))).length, 1);
});

t.test('what was lost between is no line', async (t) => {
  const bins = [
    bin(30),
    bin(29, 1),
    bin(28, 1),
    bin(27, 1),
    bin(26),
    bin(25, 1),
    bin(24, 1),
    bin(23, 1),
    bin(22),
  ];
  t.equal(lines(bins).length, 3);
});
