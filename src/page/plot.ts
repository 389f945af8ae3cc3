/**
 * One target's plot as SVG: a band from the median to 95% of the round-trip times, the median as a line, loss as bars from the
 * top. Colours are classes; the figures are in words beside it, since nobody can read a picture aloud.
 */
import type { Bin, Scale } from '../wire/series.ts';
import { type Html, html } from './html.ts';

const WIDTH = 640;
const HEIGHT = 132;
const LEFT = 58;
const RIGHT = 6;
const TOP = 10;
const BOTTOM = 20;
/** Height of the strip at the top that is for loss. */
const LOSS = 18;

const inner = WIDTH - LEFT - RIGHT;
const floor = HEIGHT - BOTTOM;
const ceiling = TOP + LOSS + 6;

/** 1, 2 or 5 times a power of ten, the first that is not less. */
const niceCeiling = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 0.1)));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
};

const two = (value: number): string => String(value).padStart(2, '0');
/** Local time of the router. */
const tickLabel = (ms: number, scale: Scale): string => {
  const at = new Date(ms);
  return scale.name === 'month'
    ? `${at.getDate()}.${at.getMonth() + 1}.`
    : `${two(at.getHours())}:${two(at.getMinutes())}`;
};

const tickEvery: Readonly<Record<Scale['name'], number>> = {
  hour: 600_000,
  day: 14_400_000,
  month: 5 * 86_400_000,
};

const short = (value: number): string => String(Number(value.toFixed(1)));

/** How far apart the measured bins usually are: an idle metered link is asked once in many of them. */
const spacingOf = (bins: readonly Bin[]): number => {
  const steps = bins.slice(1).map(({ index }, at) => index - (bins[at]?.index ?? index));
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 1;
};

/** Bins without a gap between them: a line must not cross what was not measured. */
const runsOf = (bins: readonly Bin[], spacing: number): readonly (readonly Bin[])[] => {
  const runs: Bin[][] = [];
  for (const bin of bins) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last !== undefined && bin.index - last.index <= 2 * spacing) run.push(bin);
    else runs.push([bin]);
  }
  return runs;
};

export const renderPlot = (bins: readonly Bin[], scale: Scale, nowMs: number, label: string): Html => {
  const end = Math.floor(nowMs / scale.widthMs);
  const begin = end - scale.bins + 1;
  const shown = bins.filter(({ index }) => index >= begin && index <= end);
  const answered = shown.filter(({ sent, lost }) => sent > lost);
  const top = niceCeiling(Math.max(1, ...answered.map(({ p95Ms }) => p95Ms)));
  const step = inner / scale.bins;
  const x = (index: number): number => LEFT + (index - begin + 0.5) * step;
  const y = (ms: number): number => floor - (Math.min(ms, top) / top) * (floor - ceiling);
  const point = (index: number, ms: number): string => `${short(x(index))},${short(y(ms))}`;

  const runs = runsOf(answered, spacingOf(shown));
  const bands = runs.map((run) => {
    const upper = run.map(({ index, p95Ms }) => point(index, p95Ms));
    const lower = [...run].reverse().map(({ index, p50Ms }) => point(index, p50Ms));
    return html`<polygon class="band" points="${[...upper, ...lower].join(' ')}"/>`;
  });
  const lines = runs.map((run) => {
    const points = run.map(({ index, p50Ms }) => point(index, p50Ms));
    // A single point is a line without length, which round ends make a dot.
    return html`<polyline class="median" points="${[...points, ...(points.length === 1 ? points : [])].join(' ')}"/>`;
  });
  const losses = shown
    .filter(({ lost }) => lost > 0)
    .map(({ index, lost, sent }) => {
      const height = Math.max(2, (lost / sent) * LOSS);
      const width = Math.max(step, 1.6);
      return html`<rect class="loss" x="${short(x(index) - width / 2)}" y="${TOP}" width="${short(width)}" height="${short(height)}"/>`;
    });
  const every = tickEvery[scale.name];
  const offset = new Date(nowMs).getTimezoneOffset() * 60_000;
  const firstTick = Math.ceil((begin * scale.widthMs - offset) / every) * every + offset;
  const ticks = Array.from({ length: 12 }, (_, number) => firstTick + number * every)
    .filter((ms) => ms / scale.widthMs <= end)
    .map((ms) => {
      const at = short(x(ms / scale.widthMs - 0.5));
      return html`<line class="tick" x1="${at}" x2="${at}" y1="${floor}" y2="${floor + 4}"/><text class="axis" x="${at}" y="${HEIGHT - 5}" text-anchor="middle">${tickLabel(ms, scale)}</text>`;
    });
  const marks = [0, top / 2, top].map(
    (ms) =>
      html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${short(y(ms))}" y2="${short(y(ms))}"/><text class="axis" x="${LEFT - 5}" y="${short(y(ms) + 3.5)}" text-anchor="end">${short(ms)}</text>`,
  );
  const none =
    answered.length === 0 && losses.length === 0
      ? html`<text class="axis" x="${LEFT + inner / 2}" y="${(floor + ceiling) / 2}" text-anchor="middle">nothing measured yet</text>`
      : null;
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}"><text class="axis" x="${LEFT - 5}" y="${TOP + 9}" text-anchor="end">loss</text>${marks}${ticks}${bands}${lines}${losses}${none}</svg>`;
};

/** Of the bins that a plot shows: its figures in words. */
export const summarise = (
  bins: readonly Bin[],
  scale: Scale,
  nowMs: number,
): { readonly lossPercent: number; readonly p50Ms: number; readonly p95Ms: number } | null => {
  const begin = Math.floor(nowMs / scale.widthMs) - scale.bins;
  const shown = bins.filter(({ index }) => index > begin);
  const sent = shown.reduce((sum, bin) => sum + bin.sent, 0);
  if (sent === 0) return null;
  const lost = shown.reduce((sum, bin) => sum + bin.lost, 0);
  const answered = shown.filter((bin) => bin.sent > bin.lost);
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return {
    lossPercent: (100 * lost) / sent,
    p50Ms: middle(answered.map(({ p50Ms }) => p50Ms)),
    p95Ms: middle(answered.map(({ p95Ms }) => p95Ms)),
  };
};
