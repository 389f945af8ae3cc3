/**
 * The real clock. Monotonic time is performance.now(), which does not follow the wall clock; only this file and log.ts
 * ask what time people think it is.
 */
import { performance } from 'node:perf_hooks';
import { mono } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';

/** setTimeout fires at once when asked for more than this, so longer delays are cut (24.8 days). */
const LONGEST_DELAY = 2 ** 31 - 1;

export const createClock = (): Clock => ({
  now: () => mono(performance.now()),
  wall: () => Date.now(),
  after: (delay, fire) => {
    const timer = setTimeout(fire, Math.min(Math.max(0, delay), LONGEST_DELAY));
    return () => clearTimeout(timer);
  },
});
