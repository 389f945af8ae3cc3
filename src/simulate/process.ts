/**
 * The daemon's process as the machine sees it: it can be stopped, go on, and be killed at any instant. Everything that
 * reaches the daemon comes through its clock and its commands, so that is where it is cut off. What it has started runs on
 * without it: a pfctl under way loads its rules whether or not anybody waits for it. A kill may come between an answer and what
 * follows from it (the promises of the same instant): then nothing follows.
 */
import { millis } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands, RunResult, Stream } from '../port/commands.ts';

export interface Process {
  readonly clock: Clock;
  readonly commands: Commands;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  /** SIGKILL. */
  kill(): void;
  /** Any other that it handles: one that is stopped hears it when it goes on, once however often it was sent. */
  signal(name: string, handle: () => void): void;
  readonly isPaused: boolean;
  readonly isAlive: boolean;
  /** Timers, and commands that it waits for. */
  readonly pending: () => number;
}

/** `onInput` is called whenever something reaches the daemon, before it does. */
export const createProcess = (clock: Clock, commands: Commands, onInput: () => void): Process => {
  let isAlive = true;
  let isPaused = false;
  let timers: (() => void)[] = [];
  let input: (() => void)[] = [];
  const streams = new Set<Stream>();
  const signals = new Set<string>();
  const nothing = (): void => {};
  let armed = 0;
  let running = 0;

  const deliver = (queue: 'timer' | 'input', fire: () => void): void => {
    if (!isAlive) return;
    onInput();
    if (!isPaused) fire();
    else if (queue === 'timer') timers.push(fire);
    else input.push(fire);
  };

  return {
    clock: {
      now: () => clock.now(),
      wall: () => clock.wall(),
      after: (delay, fire) => {
        if (!isAlive) return nothing;
        let isCancelled = false;
        let isOver = false;
        armed += 1;
        const end = (): void => {
          if (!isOver) armed -= 1;
          isOver = true;
        };
        const cancel = clock.after(delay, () => {
          end();
          deliver('timer', () => {
            if (!isCancelled) fire();
          });
        });
        return () => {
          isCancelled = true;
          end();
          cancel();
        };
      },
    },
    commands: {
      run: (command, args, options) =>
        new Promise<RunResult>((resolve) => {
          if (!isAlive) return;
          running += 1;
          void commands.run(command, args, options).then((result) => {
            running -= 1;
            deliver('input', () => resolve(result));
          });
        }),
      stream: (command, args, handlers) => {
        if (!isAlive) return { pid: undefined, stop: nothing, write: nothing };
        const stream = commands.stream(command, args, {
          onStdout: (chunk) => deliver('input', () => handlers.onStdout(chunk)),
          onStderr: (chunk) => deliver('input', () => handlers.onStderr(chunk)),
          onEnd: (end) => {
            streams.delete(stream);
            deliver('input', () => handlers.onEnd(end));
          },
        });
        streams.add(stream);
        return stream;
      },
    },
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
      // Node looks at its timers first, and at what has come in after that.
      const waiting = [...timers, ...input];
      timers = [];
      input = [];
      for (const fire of waiting) clock.after(millis(0), () => deliver('input', fire));
    },
    signal: (name, handle) => {
      if (signals.has(name)) return;
      signals.add(name);
      deliver('input', () => {
        signals.delete(name);
        handle();
      });
    },
    kill: () => {
      isAlive = false;
      timers = [];
      input = [];
      // They write into a pipe that nobody reads, and die of it.
      for (const stream of streams) stream.stop();
      streams.clear();
    },
    get isPaused() {
      return isPaused;
    },
    get isAlive() {
      return isAlive;
    },
    pending: () => armed + running + streams.size,
  };
};
