/**
 * Commands in memory, for everything that is about time: a test answers each `run`, and speaks for each stream. Time-outs
 * and cancelling are kept here as the real ones keep them.
 */
import { millis } from '../../src/core/time.ts';
import type { Clock } from '../../src/port/clock.ts';
import type { CommandName, Commands, RunResult, Stream, StreamEnd } from '../../src/port/commands.ts';

export interface FakeStream {
  readonly command: CommandName;
  readonly args: readonly string[];
  readonly startedAt: number;
  readonly written: string[];
  /** `stop` was called. */
  stopped: boolean;
  ended: boolean;
  /** Speaks on stdout, as it stands. */
  say(text: string): void;
  complain(text: string): void;
  end(end: StreamEnd): void;
}

export interface FakeRun {
  readonly command: CommandName;
  readonly args: readonly string[];
  readonly stdin: string | undefined;
  readonly startedAt: number;
}

/** `never`: hangs until it is timed out or cancelled. `after` milliseconds: takes so long. */
export type Answer = RunResult | 'never' | { readonly after: number; readonly result: RunResult };

export interface FakeCommands extends Commands {
  readonly runs: FakeRun[];
  readonly streams: FakeStream[];
  /** Answers every `run` from now on. */
  answer(answer: (run: FakeRun) => Answer): void;
  /** What becomes of every stream started from now on, if not `alive`. */
  failStreams(end: StreamEnd | null): void;
  /** The stream that was started last. */
  latest(): FakeStream;
  living(): readonly FakeStream[];
}

export const exited = (code: number, stdout = '', stderr = ''): RunResult => ({
  kind: 'exited',
  code,
  stdout,
  stderr,
});

export const createFakeCommands = (clock: Clock): FakeCommands => {
  const runs: FakeRun[] = [];
  const streams: FakeStream[] = [];
  let answer: (run: FakeRun) => Answer = () => exited(0);
  let failure: StreamEnd | null = null;
  return {
    runs,
    streams,
    answer: (next) => {
      answer = next;
    },
    failStreams: (end) => {
      failure = end;
    },
    latest: () => {
      const last = streams.at(-1);
      if (last === undefined) throw new Error('nothing was started');
      return last;
    },
    living: () => streams.filter((stream) => !stream.ended),
    run: (command, args, { stdin, timeoutMs, signal }) =>
      new Promise((resolve) => {
        const run = { command, args, stdin, startedAt: clock.now() };
        runs.push(run);
        const given = answer(run);
        const finish = (result: RunResult): void => {
          cancel();
          cancelTimeout();
          resolve(result);
        };
        let cancel = () => {};
        const cancelTimeout = clock.after(millis(timeoutMs), () =>
          finish({ kind: 'timed-out', stdout: '', stderr: '' }),
        );
        signal?.addEventListener('abort', () => finish({ kind: 'cancelled' }));
        if (given === 'never') return;
        if ('after' in given) cancel = clock.after(millis(given.after), () => finish(given.result));
        else queueMicrotask(() => finish(given));
      }),
    stream: (command, args, handlers): Stream => {
      const fake: FakeStream = {
        command,
        args,
        startedAt: clock.now(),
        written: [],
        stopped: false,
        ended: false,
        say: (text) => handlers.onStdout(text),
        complain: (text) => handlers.onStderr(text),
        end: (end) => {
          if (fake.ended) return;
          fake.ended = true;
          handlers.onEnd(end);
        },
      };
      streams.push(fake);
      const end = failure;
      if (end !== null) queueMicrotask(() => fake.end(end));
      return {
        pid: end?.kind === 'not-started' ? undefined : streams.length,
        write: (text) => {
          if (!fake.ended) fake.written.push(text);
        },
        stop: () => {
          if (fake.stopped || fake.ended) return;
          fake.stopped = true;
          queueMicrotask(() => fake.end({ kind: 'killed', signal: 'SIGTERM' }));
        },
      };
    },
  };
};
