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

  const swap = (i: number, j: number): void => {
    const a = heap[i];
    const b = heap[j];
    if (a === undefined || b === undefined) return;
    heap[i] = b;
    heap[j] = a;
  };
  const less = (i: number, j: number): boolean => {
    const a = heap[i];
    const b = heap[j];
    return a !== undefined && b !== undefined && isBefore(a, b);
  };
  const push = (timer: Timer): void => {
    heap.push(timer);
    let i = heap.length - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!less(i, parent)) break;
      swap(i, parent);
      i = parent;
    }
  };
  const pop = (): Timer | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    let i = 0;
    for (;;) {
      const left = 2 * i + 1;
      const right = left + 1;
      let least = i;
      if (less(left, least)) least = left;
      if (less(right, least)) least = right;
      if (least === i) return first;
      swap(i, least);
      i = least;
    }
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
