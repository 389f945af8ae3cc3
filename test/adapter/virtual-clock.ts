/** A clock that only moves when a test says so. Between two timers everything that was promised gets its turn. */
import { type Millis, type Mono, mono } from '../../src/core/time.ts';
import type { Clock } from '../../src/port/clock.ts';

export interface VirtualClock extends Clock {
  /** Lets `ms` pass, firing what falls due, in order. */
  advance(ms: number): Promise<void>;
  /** Lets promises and immediates settle; no time passes. */
  settle(): Promise<void>;
  /** Timers that have not fired. */
  pending(): number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

export const createVirtualClock = (): VirtualClock => {
  let now = 1000;
  let order = 0;
  const timers = new Set<Timer>();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const next = (until: number): Timer | undefined =>
    [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
  return {
    now: (): Mono => mono(now),
    wall: () => Date.UTC(2026, 10, 20, 9, 5, 3, 123) + now - 1000,
    after: (delay: Millis, fire) => {
      order += 1;
      const timer = { at: now + Math.max(0, delay), order, fire };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    settle,
    advance: async (ms) => {
      const until = now + ms;
      await settle();
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        timers.delete(timer);
        now = timer.at;
        timer.fire();
        await settle();
      }
      now = until;
    },
    pending: () => timers.size,
  };
};
