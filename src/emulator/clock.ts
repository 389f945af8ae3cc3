/**
 * The emulator's only source of time: a clock that is handed in. Real time for executables and the demo, virtual time
 * for simulation. Both satisfy port/clock.ts as well, so that a daemon and its router can share one. Knows nothing of routers.
 */
import type { Mono } from '../core/time.ts';

export interface EmulatorClock {
  /** Milliseconds since an arbitrary origin; never goes back. */
  now(): Mono;
  /** Milliseconds since 1970, for what commands print. */
  wall(): number;
  /** Calls `fire` once, `delayMs` from now. The returned function cancels. */
  after(delayMs: number, fire: () => void): () => void;
}

/** Real time. Its timers keep a process alive, as those of a router would. */
export const createRealClock = (): EmulatorClock => ({
  now: () => performance.now() as Mono,
  wall: () => Date.now(),
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
});

export interface VirtualClock extends EmulatorClock {
  /** The instant of the next timer, or null when there is none. */
  next(): number | null;
  /** Runs every timer that is due within `ms` from now, in order, and leaves the clock there. */
  advance(ms: number): void;
  /** Runs the next timer, whenever it is due. False when there is none. */
  step(): boolean;
  /** Moves the wall clock alone, as a clock step does. */
  stepWall(ms: number): void;
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

const isBefore = (a: Timer, b: Timer): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);

/** Time that moves only when told. `wall` is the wall clock at the start (default: 20 Nov 2026 09:00 UTC). */
export const createVirtualClock = (wall = Date.UTC(2026, 10, 20, 9)): VirtualClock => {
  // a binary heap: thousands of pings and time-outs are pending at a time, and a sorted array would be the bottleneck
  const heap: Timer[] = [];
  let now = 0;
  let order = 0;
  let wallOffset = wall;

  const push = (timer: Timer): void => {
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBefore(timer, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = timer;
  };
  const pop = (): Timer | undefined => {
    const first = heap[0];
    const last = heap.pop();
    const { length } = heap;
    if (last === undefined || length === 0) return first;
    let at = 0;
    for (let down = 1; down < length; down = 2 * at + 1) {
      let least = heap[down];
      const right = down + 1 < length ? heap[down + 1] : undefined;
      if (least !== undefined && right !== undefined && isBefore(right, least)) {
        least = right;
        down += 1;
      }
      if (least === undefined || !isBefore(least, last)) break;
      heap[at] = least;
      at = down;
    }
    heap[at] = last;
    return first;
  };
  const peek = (): Timer | undefined => {
    while (heap[0]?.cancelled) pop();
    return heap[0];
  };
  const step = (): boolean => {
    const timer = peek();
    if (timer === undefined) return false;
    pop();
    now = Math.max(now, timer.due);
    timer.cancelled = true;
    timer.fire();
    return true;
  };
  return {
    now: () => now as Mono,
    wall: () => wallOffset + now,
    after: (delayMs, fire) => {
      const timer: Timer = { due: now + Math.max(0, delayMs), order: order++, fire, cancelled: false };
      push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
    next: () => peek()?.due ?? null,
    advance: (ms) => {
      const end = now + ms;
      for (let timer = peek(); timer !== undefined && timer.due <= end; timer = peek()) step();
      now = end;
    },
    step,
    stepWall: (ms) => {
      wallOffset += ms;
    },
  };
};
