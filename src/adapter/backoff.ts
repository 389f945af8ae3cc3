/** Delays that double: 100 ms, 200 ms, … up to a bound, then that for ever. It owns a number, no timer. */
import { type Millis, millis } from '../core/time.ts';

export interface Backoff {
  /** The delay for this attempt; the next is twice as long. */
  next(): Millis;
  /** It worked: the next delay is the first again. */
  reset(): void;
}

/** `first` and `longest`: more than 0. */
export const createBackoff = (first: Millis, longest: Millis): Backoff => {
  let delay = first;
  return {
    next: () => {
      const now = delay;
      delay = millis(Math.min(delay * 2, longest));
      return now;
    },
    reset: () => {
      delay = first;
    },
  };
};
