/**
 * What the status page plots: loss and round-trip times of each target, for the last hour, day and month, in rings of bins
 * that never grow. Pure: time comes in, wall clock for where a sample belongs, monotonic for whether the wall clock can be
 * believed. It is here and not in the core since no decision depends on it; its form on disk is series-file.ts.
 */
import { type Mono, since } from '../core/time.ts';

export interface Scale {
  readonly name: 'hour' | 'day' | 'month';
  readonly widthMs: number;
  readonly bins: number;
}

/** 15 seconds, 6 minutes, 3 hours: about as many bins as a plot has room for. */
export const scales: readonly [Scale, Scale, Scale] = [
  { name: 'hour', widthMs: 15_000, bins: 240 },
  { name: 'day', widthMs: 360_000, bins: 240 },
  { name: 'month', widthMs: 10_800_000, bins: 248 },
];

/** Links come and go; what nobody has measured for longest gives way. */
export const MOST_SERIES = 64;

export interface Bin {
  /** Wall clock in units of the scale's width, since 1970. */
  readonly index: number;
  readonly sent: number;
  readonly lost: number;
  /** Of the answers; 0 where there is none. */
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** The youngest bin: round-trip times in sixteenths of an octave, so that quantiles can be told of any number of them. */
interface OpenBin {
  readonly index: number;
  readonly sent: number;
  readonly lost: number;
  readonly octaves: ReadonlyMap<number, number>;
}

interface Ring {
  /** Ascending; bins in which nothing was sent are absent. */
  readonly bins: readonly Bin[];
  readonly open: OpenBin | null;
}

export interface Series {
  /** `fibre/inet 9.9.9.9`: the path, and the target as configured. */
  readonly key: string;
  readonly rings: readonly [Ring, Ring, Ring];
}

export interface SeriesStore {
  /** Longest unmeasured first. */
  readonly series: readonly Series[];
  /** The last instant at which the wall clock was believed; null before the first. */
  readonly anchor: { readonly wallMs: number; readonly mono: Mono; readonly isFloor: boolean } | null;
  /** Since when the wall clock has been elsewhere than it should be. */
  readonly doubtSince: Mono | null;
}

export interface OutcomeSample {
  readonly key: string;
  readonly sent: number;
  readonly lost: number;
  /** Of the answers, as far as they are known. */
  readonly rttsMs: readonly number[];
}

const STEPS = 16;
const octaveOf = (ms: number): number => Math.round(Math.log2(Math.max(0.01, ms)) * STEPS);
const msOf = (octave: number): number => 2 ** (octave / STEPS);

const quantile = (octaves: ReadonlyMap<number, number>, q: number): number => {
  const sorted = [...octaves].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [octave, count] of sorted) {
    seen += count;
    if (seen > q * total) return msOf(octave);
  }
  const last = sorted.at(-1);
  return last === undefined ? 0 : msOf(last[0]);
};

const closed = ({ index, sent, lost, octaves }: OpenBin): Bin => ({
  index,
  sent,
  lost,
  p50Ms: quantile(octaves, 0.5),
  p95Ms: quantile(octaves, 0.95),
});

/** Two halves of one bin, from before a restart and after it: quantiles can then only be weighed. */
const mergeBins = (a: Bin, b: Bin): Bin => {
  const [answersA, answersB] = [a.sent - a.lost, b.sent - b.lost];
  const weigh = (x: number, y: number): number =>
    answersA + answersB === 0 ? 0 : (x * answersA + y * answersB) / (answersA + answersB);
  return {
    index: a.index,
    sent: a.sent + b.sent,
    lost: a.lost + b.lost,
    p50Ms: weigh(a.p50Ms, b.p50Ms),
    p95Ms: weigh(a.p95Ms, b.p95Ms),
  };
};

/** All bins of a ring, the youngest as it is so far. */
export const binsOf = ({ bins, open }: Ring): readonly Bin[] => {
  if (open === null) return bins;
  const last = bins.at(-1);
  const now = closed(open);
  return last?.index === now.index ? [...bins.slice(0, -1), mergeBins(last, now)] : [...bins, now];
};

const emptyRing: Ring = { bins: [], open: null };
export const emptyStore: SeriesStore = { series: [], anchor: null, doubtSince: null };

/** Bins that have left the scale, and those of a time that has not come: they were dated by a wrong clock. */
const prune = (bins: readonly Bin[], index: number, scale: Scale): readonly Bin[] =>
  bins.filter((bin) => bin.index > index - scale.bins && bin.index <= index);

const stepRing = (ring: Ring, scale: Scale, sample: OutcomeSample, wallMs: number): Ring => {
  const index = Math.floor(wallMs / scale.widthMs);
  const isSame = ring.open?.index === index;
  const bins = isSame ? ring.bins : prune(binsOf(ring), index, scale);
  const open = isSame && ring.open !== null ? ring.open : { index, sent: 0, lost: 0, octaves: new Map() };
  const octaves = new Map(open.octaves);
  for (const rtt of sample.rttsMs) octaves.set(octaveOf(rtt), (octaves.get(octaveOf(rtt)) ?? 0) + 1);
  return { bins, open: { index, sent: open.sent + sample.sent, lost: open.lost + sample.lost, octaves } };
};

/** A clock that is set by more than this is not believed at once: a router without a battery starts in 1970. */
const BELIEVED_STEP_MS = 3_600_000;
/** But not for ever either. */
const DOUBT_MS = 600_000;

/** Whether samples can be dated by this wall clock. */
const stepClock = (
  store: SeriesStore,
  wallMs: number,
  now: Mono,
): SeriesStore & { readonly isBelieved: boolean } => {
  const { anchor, doubtSince } = store;
  const believed = {
    ...store,
    anchor: { wallMs, mono: now, isFloor: false },
    doubtSince: null,
    isBelieved: true,
  };
  if (anchor === null) return believed;
  const ahead = wallMs - (anchor.wallMs + since(now, anchor.mono));
  const isElsewhere = ahead < -BELIEVED_STEP_MS || (!anchor.isFloor && ahead > BELIEVED_STEP_MS);
  if (!isElsewhere) return believed;
  if (doubtSince !== null && since(now, doubtSince) >= DOUBT_MS) return believed;
  return { ...store, doubtSince: doubtSince ?? now, isBelieved: false };
};

/** Takes in what has been measured since the last call. */
export const stepSeries = (
  store: SeriesStore,
  samples: readonly OutcomeSample[],
  wallMs: number,
  now: Mono,
): SeriesStore => {
  const { isBelieved, ...clocked } = stepClock(store, wallMs, now);
  const measured = samples.filter(({ sent }) => sent > 0);
  if (!isBelieved || measured.length === 0) return clocked;
  const known = new Map(clocked.series.map((each) => [each.key, each]));
  const fresh = measured.map((sample): Series => {
    const rings = known.get(sample.key)?.rings ?? [emptyRing, emptyRing, emptyRing];
    const [hour, day, month] = scales;
    return {
      key: sample.key,
      rings: [
        stepRing(rings[0], hour, sample, wallMs),
        stepRing(rings[1], day, sample, wallMs),
        stepRing(rings[2], month, sample, wallMs),
      ],
    };
  });
  const keys = new Set(fresh.map(({ key }) => key));
  const others = clocked.series.filter(({ key }) => !keys.has(key));
  return { ...clocked, series: [...others, ...fresh].slice(-MOST_SERIES) };
};

/** What was kept, at the start of another life. The clock is not behind its youngest bin, or it is wrong. */
export const restoreSeries = (
  kept: readonly {
    readonly key: string;
    readonly rings: readonly [readonly Bin[], readonly Bin[], readonly Bin[]];
  }[],
  now: Mono,
): SeriesStore => {
  const youngest = Math.max(
    0,
    ...kept.flatMap(({ rings: [hour] }) => hour.map(({ index }) => index * scales[0].widthMs)),
  );
  const ring = (bins: readonly Bin[]): Ring => ({ bins, open: null });
  return {
    series: kept.map(({ key, rings: [hour, day, month] }) => ({
      key,
      rings: [ring(hour), ring(day), ring(month)],
    })),
    anchor: youngest === 0 ? null : { wallMs: youngest, mono: now, isFloor: true },
    doubtSince: null,
  };
};
