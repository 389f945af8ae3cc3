/**
 * The one door to a process, and the only importer of execa: absolute path, argv, no shell, a fixed environment, a
 * time-out, an output bound, failure as data. It knows nothing of what the commands mean.
 */
import { StringDecoder } from 'node:string_decoder';
import { getSystemErrorMap } from 'node:util';
import { execa } from 'execa';
import { millis } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { CommandName, Commands, RunOptions, RunResult, StreamEnd } from '../port/commands.ts';
import { createClock } from './clock.ts';

const OPENBSD_PATH: Readonly<Record<CommandName, string>> = {
  ifconfig: '/sbin/ifconfig',
  route: '/sbin/route',
  ping: '/sbin/ping',
  ping6: '/sbin/ping6',
  nc: '/usr/bin/nc',
  pfctl: '/sbin/pfctl',
  dhcpleasectl: '/usr/sbin/dhcpleasectl',
  sysctl: '/sbin/sysctl',
  logger: '/usr/bin/logger',
};

/** Where a program is: in `directory`, or in OpenBSD's own place. */
export const pathOfCommand = (directory: string | null, command: CommandName): string =>
  directory === null ? OPENBSD_PATH[command] : `${directory}/${command}`;

const ENVIRONMENT = { LC_ALL: 'C', PATH: '/sbin:/bin:/usr/sbin:/usr/bin' };

/** 1 MiB: a full `ifconfig` of a router with 500 interfaces is a quarter of it. */
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** What a stream's command may leave unread on its standard input before further writes are dropped. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** After SIGKILL a process is gone at once, unless the kernel holds it; the caller is not kept waiting for that. */
const AFTER_KILL = millis(500);
/** From SIGTERM to SIGKILL. */
const UNTIL_SIGKILL_MS = 1000;
/** What a command that reads to the end may take for it, on a machine that is busy, before SIGTERM. */
const TO_READ_ON_MS = 5000;
/** How long the output of a command that has exited may be held open by a process it left behind. */
const AFTER_EXIT_MS = 1000;

/** Commands that end by themselves when their input does and must be let, or the last lines are lost. */
const readsToTheEnd: ReadonlySet<CommandName> = new Set<CommandName>(['logger']);

const spawnOptions = { cwd: '/', env: ENVIRONMENT, extendEnv: false, reject: false, buffer: false } as const;

interface Ending {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly cause?: unknown;
  readonly shortMessage?: string | undefined;
}

const whyNotStarted = (path: string, ending: Ending): string => {
  const { cause } = ending;
  if (cause instanceof Error && 'errno' in cause && typeof cause.errno === 'number') {
    return `${path}: ${getSystemErrorMap().get(cause.errno)?.[1] ?? cause.message}`;
  }
  return `${path}: ${cause instanceof Error ? cause.message : (ending.shortMessage ?? 'cannot be started')}`;
};

const streamEnd = (path: string, ending: Ending): StreamEnd => {
  if (ending.exitCode !== undefined) return { kind: 'exited', code: ending.exitCode };
  if (ending.signal !== undefined) return { kind: 'killed', signal: ending.signal };
  return { kind: 'not-started', why: whyNotStarted(path, ending) };
};

const ignore = (): void => {};

/** execa throws on these, at once, whatever `reject` says. */
const cannotBePassed = (argument: string): boolean => argument.includes('\0');

/**
 * The real commands. With `directory`, each program is taken from there by its name, otherwise from OpenBSD's own
 * place. `maxOutputBytes` bounds standard output and error of one `run` together.
 */
export const createCommands = (settings: {
  readonly directory: string | null;
  readonly maxOutputBytes?: number;
  /** Of the time-outs of `run`. */
  readonly clock?: Pick<Clock, 'after'>;
}): Commands => {
  const { directory, maxOutputBytes = MAX_OUTPUT_BYTES, clock = createClock() } = settings;
  const pathOf = (command: CommandName): string => pathOfCommand(directory, command);

  const run = (command: CommandName, args: readonly string[], options: RunOptions): Promise<RunResult> =>
    new Promise((resolve) => {
      const { stdin, timeoutMs, signal } = options;
      if (signal?.aborted === true) {
        resolve({ kind: 'cancelled' });
        return;
      }
      const path = pathOf(command);
      if (args.some(cannotBePassed)) {
        resolve({ kind: 'not-started', why: `${path}: argument with a null byte` });
        return;
      }
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let held = 0;
      let ended = false;
      let cutFor: 'timed-out' | 'cancelled' | 'too-much-output' | null = null;
      let cancelAfterKill = ignore;

      const child = execa(path, args, {
        ...spawnOptions,
        stdin: stdin === undefined ? 'ignore' : 'pipe',
        killSignal: 'SIGKILL',
        forceKillAfterDelay: false,
      });

      const texts = (): { readonly stdout: string; readonly stderr: string } => ({
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      });
      const finish = (ending: Ending): void => {
        if (ended) return;
        ended = true;
        cancelTimer();
        cancelAfterKill();
        signal?.removeEventListener('abort', onAbort);
        if (cutFor === 'timed-out') resolve({ kind: 'timed-out', ...texts() });
        else if (cutFor !== null) resolve({ kind: cutFor });
        else {
          const end = streamEnd(path, ending);
          resolve(end.kind === 'not-started' ? end : { ...end, ...texts() });
        }
      };
      const cut = (why: 'timed-out' | 'cancelled' | 'too-much-output'): void => {
        if (cutFor !== null || ended) return;
        cutFor = why;
        child.kill('SIGKILL');
        // A process that the command left behind may hold these open for ever.
        child.stdin?.destroy();
        child.stdout.destroy();
        child.stderr.destroy();
        cancelAfterKill = clock.after(AFTER_KILL, () => finish({}));
      };
      const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
        held += chunk.length;
        if (held > maxOutputBytes) cut('too-much-output');
        else if (cutFor === null) chunks.push(chunk);
      };
      const onAbort = (): void => cut('cancelled');
      const cancelTimer = clock.after(millis(timeoutMs), () => cut('timed-out'));
      signal?.addEventListener('abort', onAbort, { once: true });
      child.stdout.on('data', keep(stdout));
      child.stderr.on('data', keep(stderr));
      // A command that exits without reading its input breaks the pipe: its exit status says what is to be said.
      child.stdin?.on('error', ignore);
      if (stdin !== undefined) child.stdin?.end(stdin);
      child.then(finish, (error: unknown) => finish({ cause: error }));
    });

  const stream: Commands['stream'] = (command, args, handlers) => {
    const path = pathOf(command);
    if (args.some(cannotBePassed)) {
      const why = `${path}: argument with a null byte`;
      queueMicrotask(() => handlers.onEnd({ kind: 'not-started', why }));
      return { pid: undefined, write: ignore, stop: ignore };
    }
    let ended = false;
    let stopping = false;
    let lateTimer: NodeJS.Timeout | undefined;
    const child = execa(path, args, {
      ...spawnOptions,
      stdin: 'pipe',
      killSignal: 'SIGTERM',
      forceKillAfterDelay: UNTIL_SIGKILL_MS,
      cleanup: !readsToTheEnd.has(command),
    });
    const deliver = (source: NodeJS.ReadableStream, handler: (chunk: string) => void): (() => void) => {
      const decoder = new StringDecoder('utf8');
      source.on('data', (chunk: Buffer) => {
        const text = decoder.write(chunk);
        if (text !== '' && !ended) handler(text);
      });
      return () => {
        const rest = decoder.end();
        if (rest !== '') handler(rest);
      };
    };
    const endings = [deliver(child.stdout, handlers.onStdout), deliver(child.stderr, handlers.onStderr)];
    const finish = (ending: Ending): void => {
      if (ended) return;
      for (const end of endings) end();
      ended = true;
      clearTimeout(lateTimer);
      handlers.onEnd(streamEnd(path, ending));
    };
    child.stdin.on('error', ignore);
    child.once('exit', () => {
      lateTimer = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, AFTER_EXIT_MS);
    });
    child.then(finish, (error: unknown) => finish({ cause: error }));
    return {
      pid: child.pid,
      write: (text) => {
        if (!ended && !stopping && child.stdin.writable && child.stdin.writableLength < MAX_UNREAD_BYTES) {
          child.stdin.write(text);
        }
      },
      stop: () => {
        if (ended || stopping) return;
        stopping = true;
        child.stdin.end();
        if (!readsToTheEnd.has(command)) {
          child.kill('SIGTERM');
          return;
        }
        const grace = setTimeout(() => child.kill('SIGTERM'), TO_READ_ON_MS);
        child.once('exit', () => clearTimeout(grace));
      },
    };
  };

  return { run, stream };
};
