/**
 * The turns that processes get. While the machine is stalled (it swaps, or its hypervisor has other things to do) no program goes on, and
 * what was due comes in order once it does; the kernel, which forwards packets and ages pf states, is not held.
 */
import type { EmulatorClock } from './clock.ts';

export interface Userland {
  /** The programs' own clock: it tells the time, and fires late. */
  readonly clock: EmulatorClock;
  stall(): void;
  goOn(): void;
}

export const createUserland = (clock: EmulatorClock): Userland => {
  let isStalled = false;
  let due: (() => void)[] = [];
  const give = (turn: () => void): void => {
    if (isStalled) due.push(turn);
    else turn();
  };
  return {
    clock: {
      now: () => clock.now(),
      wall: () => clock.wall(),
      after: (delayMs, fire) => {
        let isCancelled = false;
        const turn = (): void => {
          if (!isCancelled) fire();
        };
        const cancel = clock.after(delayMs, () => give(turn));
        return () => {
          isCancelled = true;
          cancel();
        };
      },
    },
    stall: () => {
      isStalled = true;
    },
    goOn: () => {
      isStalled = false;
      for (const turn of due) clock.after(0, () => give(turn));
      due = [];
    },
  };
};
