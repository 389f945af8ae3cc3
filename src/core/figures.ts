/**
 * What a window's outcomes tell: loss, and the mean, spread, quantiles and jitter of the round-trip times. Reads only; the
 * window itself is window.ts.
 */
import { type Millis, millis } from './time.ts';

/** A round-trip time, or null for a loss. */
export type Outcome = Millis | null;

/** What a link's quality is judged by. */
export interface Quality {
  readonly outcomes: number;
  readonly lost: number;
  /** 0 to 100; 0 when there are no outcomes. */
  readonly lossPercent: number;
  /** Over the answers among the outcomes; null when there are none. */
  readonly meanRtt: Millis | null;
}

/** The remembered outcomes in short: read at every turn, so one pass and nothing sorted. */
export const readQuality = ({ outcomes }: { readonly outcomes: readonly Outcome[] }): Quality => {
  let answered = 0;
  let sum = 0;
  // By number: an iterator over what holds numbers and nulls makes an object of each (V8), and this is gone through at every answer.
  for (let at = 0; at < outcomes.length; at += 1) {
    const rtt = outcomes[at] ?? null;
    if (rtt === null) continue;
    answered += 1;
    sum += rtt;
  }
  const lost = outcomes.length - answered;
  return {
    outcomes: outcomes.length,
    lost,
    lossPercent: lost === 0 ? 0 : (100 * lost) / outcomes.length,
    meanRtt: answered === 0 ? null : millis(sum / answered),
  };
};

/** What a window counts: answers, losses, doubled answers, and answers that came too late to be any. */
export interface Counts {
  readonly answered: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly stray: number;
}

/**
 * What has been counted since it was `before`. A window that has become another one begins at nothing. Of losses that were none
 * nothing is taken off, but an answer in the place of one is no further request.
 */
export const countedSince = (before: Counts | undefined, now: Counts): Counts => {
  const hasBegunAnew =
    before === undefined ||
    before.answered > now.answered ||
    before.duplicates > now.duplicates ||
    before.stray > now.stray;
  if (hasBegunAnew) return now;
  const answered = now.answered - before.answered;
  return {
    answered,
    lost: Math.max(now.lost - before.lost, 0 - answered),
    duplicates: now.duplicates - before.duplicates,
    stray: now.stray - before.stray,
  };
};

export interface RttFigures {
  readonly last: Millis;
  readonly mean: Millis;
  /** Mean absolute deviation from the mean. */
  readonly deviation: Millis;
  readonly p50: Millis;
  readonly p95: Millis;
  /** Mean absolute difference of one answer's time from that of the answer before; 0 of a single one. */
  readonly jitter: Millis;
}

const quantile = (sorted: readonly number[], q: number): Millis =>
  millis(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0);

const jitterOf = (rtts: readonly number[]): Millis => {
  if (rtts.length < 2) return millis(0);
  const sum = rtts.reduce((total, rtt, n) => (n === 0 ? 0 : total + Math.abs(rtt - (rtts[n - 1] ?? rtt))), 0);
  return millis(sum / (rtts.length - 1));
};

/** Loss in percent of the remembered outcomes (0 when there are none), and figures over the answers among them. */
export const readWindow = (window: {
  readonly outcomes: readonly Outcome[];
}): { readonly lossPercent: number; readonly rtt: RttFigures | null } => {
  const { lossPercent, meanRtt } = readQuality(window);
  const rtts = window.outcomes.filter((outcome) => outcome !== null);
  const last = rtts.at(-1);
  if (last === undefined || meanRtt === null) return { lossPercent, rtt: null };
  const deviation = rtts.reduce((sum, rtt) => sum + Math.abs(rtt - meanRtt), 0) / rtts.length;
  const sorted = [...rtts].sort((a, b) => a - b);
  return {
    lossPercent,
    rtt: {
      last,
      mean: meanRtt,
      deviation: millis(deviation),
      p50: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95),
      jitter: jitterOf(rtts),
    },
  };
};
