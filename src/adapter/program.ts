/**
 * A program of the administrator's, run to its end: absolute path, argv, no shell, an environment of its own, in a process
 * group of its own so that it can be ended with all that it has started. run.ts is for OpenBSD's commands, which need none of
 * this. Never throws, and keeps nobody waiting: a flood of output ends it, since reading it would be our own delay.
 */
import { StringDecoder } from 'node:string_decoder';
import { getSystemErrorMap } from 'node:util';
import { execa } from 'execa';
import { type Millis, millis } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import { createLineReader } from '../text/lines.ts';
import { createClock } from './clock.ts';

/** Where a hook finds its commands; also those of packages. */
const PATH = '/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin';
const MAX_OUTPUT_BYTES = 65_536;
const MAX_LINE = 1024;
/** From SIGTERM to SIGKILL. */
const UNTIL_SIGKILL = millis(1000);
/** How long its output may be held open by what it has left behind. */
const AFTER_EXIT = millis(200);

export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-much-output' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'not-started'; readonly why: string };

export interface ProgramCall {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly timeoutMs: number;
  /** Each line of standard output and error, bounded, as it comes. */
  readonly onLine: (line: string, isError: boolean) => void;
}

export interface Program {
  /** Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** Kills it and its children at once. */
  stop(): void;
}

/** Runs a program. */
export type RunProgram = (call: ProgramCall) => Program;

const ignore = (): void => {};

const whyNotStarted = (cause: unknown): string => {
  if (!(cause instanceof Error)) return 'cannot be started';
  const known =
    'errno' in cause && typeof cause.errno === 'number' ? getSystemErrorMap().get(cause.errno) : undefined;
  return known?.[1] ?? cause.message;
};

/** The whole group, unless nothing is left of it. */
const killGroup = (leader: number, signal: 'SIGTERM' | 'SIGKILL'): void => {
  try {
    process.kill(-leader, signal);
  } catch {
    // ESRCH: all gone.
  }
};

const readLines = (
  source: NodeJS.ReadableStream,
  onLine: (line: string) => void,
  onBytes: (count: number) => void,
): (() => void) => {
  const lines = createLineReader({ maxLength: MAX_LINE });
  const decoder = new StringDecoder('utf8');
  source.on('data', (chunk: Buffer) => {
    for (const line of lines.push(decoder.write(chunk))) onLine(line);
    onBytes(chunk.length);
  });
  source.on('error', ignore);
  return () => {
    const rest = lines.end();
    if (rest !== null && rest !== '') onLine(rest);
  };
};

export const createRunProgram =
  (clock: Pick<Clock, 'after'>): RunProgram =>
  ({ command, environment, stdin, timeoutMs, onLine }) => {
    const [path, ...args] = command;
    let cut: 'timed-out' | 'too-much-output' | 'stopped' | null = null;
    let isOver = false;
    let stop = ignore;
    const ended = new Promise<ProgramEnd>((resolve) => {
      const child = execa(path, args, {
        cwd: '/',
        env: { PATH, ...environment },
        extendEnv: false,
        reject: false,
        buffer: false,
        stdin: 'pipe',
        detached: true,
        cleanup: false,
      });
      const leader = child.pid;
      let held = 0;
      const cancels: (() => void)[] = [];
      const later = (delay: Millis, what: () => void): void => {
        cancels.push(clock.after(delay, what));
      };
      const closeOutput = (): void => {
        child.stdout.destroy();
        child.stderr.destroy();
      };
      const kill = (why: NonNullable<typeof cut>): void => {
        if (isOver || cut !== null) return;
        cut = why;
        if (leader === undefined) return;
        if (why !== 'timed-out') {
          closeOutput();
          killGroup(leader, 'SIGKILL');
          return;
        }
        killGroup(leader, 'SIGTERM');
        later(UNTIL_SIGKILL, () => {
          killGroup(leader, 'SIGKILL');
          closeOutput();
        });
      };
      stop = () => kill('stopped');
      later(millis(timeoutMs), () => kill('timed-out'));
      const count = (bytes: number): void => {
        held += bytes;
        if (held > MAX_OUTPUT_BYTES) kill('too-much-output');
      };
      const flushes = [
        readLines(child.stdout, (line) => cut !== 'stopped' && onLine(line, false), count),
        readLines(child.stderr, (line) => cut !== 'stopped' && onLine(line, true), count),
      ];
      child.stdin.on('error', ignore);
      child.stdin.end(stdin);
      child.once('exit', () => later(AFTER_EXIT, closeOutput));
      const finish = (end: {
        exitCode?: number | undefined;
        signal?: string | undefined;
        cause?: unknown;
      }): void => {
        isOver = true;
        for (const cancel of cancels) cancel();
        for (const flush of flushes) flush();
        // What it has left behind in its group: one hook at a time means all of it.
        if (leader !== undefined) killGroup(leader, 'SIGKILL');
        if (cut !== null) resolve({ kind: cut });
        else if (end.exitCode !== undefined) resolve({ kind: 'exited', code: end.exitCode });
        else if (end.signal !== undefined) resolve({ kind: 'killed', signal: end.signal });
        else {
          resolve({ kind: 'not-started', why: whyNotStarted(end.cause) });
        }
      };
      child.then(finish, (cause: unknown) => finish({ cause }));
    });
    return { ended, stop: () => stop() };
  };

export const runProgram: RunProgram = createRunProgram(createClock());
