/**
 * How long an answer may take, learnt from those that came: RFC 6298's smoothed round-trip time and its variation. Karn's
 * rule has nothing to do here, since an answer names its request. Knows nothing of losses; that is window.ts.
 */
import type { Timeout } from './model.ts';
import { type Millis, millis } from './time.ts';

export interface Estimate {
  readonly mean: number;
  /** Smoothed absolute difference from the mean. */
  readonly deviation: number;
}

/** A longer silence than this is a loss for good; an answer within it makes up for a loss that was said too soon. */
export const CEILING = millis(3000);
/** RFC 6298, 2.1: before anything was measured. */
export const UNMEASURED = millis(1000);
/** What is added to the mean at least: on a line that never varies the first late answer would be a loss. */
const LEAST_MARGIN = 20;
const MOST_LEAST_MARGIN = 150;

/** The longest that a request may be waited for. */
export const longestWait = (timeout: Timeout): Millis => (timeout === 'auto' ? CEILING : timeout);

/** RFC 6298, 2.2 and 2.3. */
export const stepEstimate = (estimate: Estimate | null, sample: number): Estimate => {
  if (estimate === null) return { mean: sample, deviation: sample / 2 };
  const { mean, deviation } = estimate;
  return {
    mean: mean + (sample - mean) / 8,
    deviation: deviation + (Math.abs(mean - sample) - deviation) / 4,
  };
};

/**
 * After how long a request is lost, its `losses`-th in a row: twice as long for each (RFC 6298, 5.5), since a round-trip
 * time that has just grown looks like a loss. The least margin follows the interval: who asks often wants to know soon.
 */
export const autoTimeout = (estimate: Estimate | null, interval: Millis, losses: number): Millis => {
  const least = Math.min(MOST_LEAST_MARGIN, Math.max(LEAST_MARGIN, interval / 5));
  if (estimate === null) return UNMEASURED;
  const once = estimate.mean + Math.max(least, 4 * estimate.deviation);
  return millis(Math.min(CEILING, once * 2 ** Math.min(losses, 10)));
};
