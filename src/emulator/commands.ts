/** The emulated machine's commands in process: port/commands.ts over a router and its clock, for simulation and tests without child processes. */
import type { CommandName, Commands, RunResult, Stream, StreamEnd } from '../port/commands.ts';
import type { Router } from './router.ts';
import { startProgram } from './run.ts';

/** How long a command takes until it has started, in milliseconds on the router's clock. */
export interface InProcessOptions {
  readonly startMs?: number;
  readonly outputBound?: number;
  /** Whether root runs them. Default true. */
  readonly isRoot?: boolean;
  /** Called as the result of a command is handed over: whoever awaits it goes on in a microtask. */
  readonly onResult?: () => void;
}

const OUTPUT_BOUND = 8 * 1024 * 1024;

export const createInProcessCommands = (router: Router, options: InProcessOptions = {}): Commands => {
  const { faults } = router;
  // Whoever waits for a command is a process as well.
  const { clock } = router.userland;
  const startMs = options.startMs ?? 2;
  const bound = options.outputBound ?? OUTPUT_BOUND;
  const isRoot = options.isRoot ?? true;

  const run: Commands['run'] = (command, args, how) =>
    new Promise<RunResult>((resolve) => {
      let stdout = '';
      let stderr = '';
      let isDone = false;
      let stop: (() => void) | null = null;
      const cancels: (() => void)[] = [];
      const onAbort = (): void => finish({ kind: 'cancelled' });
      const finish = (result: RunResult): void => {
        if (isDone) return;
        isDone = true;
        for (const cancel of cancels) cancel();
        how.signal?.removeEventListener('abort', onAbort);
        stop?.();
        options.onResult?.();
        resolve(result);
      };
      const take = (text: string, isError: boolean): void => {
        if (isDone) return;
        if (isError) stderr += text;
        else stdout += text;
        if (stdout.length + stderr.length > bound) finish({ kind: 'too-much-output' });
      };
      if (how.signal?.aborted === true) return finish({ kind: 'cancelled' });
      how.signal?.addEventListener('abort', onAbort);
      cancels.push(clock.after(how.timeoutMs, () => finish({ kind: 'timed-out', stdout, stderr })));
      cancels.push(
        clock.after(startMs, () => {
          const started = startProgram(router, {
            name: command,
            args,
            isRoot,
            out: (text) => take(text, false),
            err: (text) => take(text, true),
            onEnd: (code, signal) => {
              // the end is seen a moment after the work was done, as with a process
              cancels.push(
                clock.after(startMs / 2, () =>
                  finish(
                    signal === null
                      ? { kind: 'exited', code, stdout, stderr }
                      : { kind: 'killed', signal, stdout, stderr },
                  ),
                ),
              );
            },
            stdin: (onChunk, onClose) => {
              onChunk(how.stdin ?? '');
              onClose();
            },
            readFile: () => null,
          });
          stop = () => started.kill('SIGKILL');
          if (isDone) stop();
        }),
      );
    });

  const stream = (
    command: CommandName,
    args: readonly string[],
    handlers: Parameters<Commands['stream']>[2],
  ): Stream => {
    let isOver = false;
    let kill: ((signal: string) => void) | null = null;
    let chunks: string[] = [];
    let onChunk: ((text: string) => void) | null = null;
    const end = (how: StreamEnd): void => {
      if (isOver) return;
      isOver = true;
      handlers.onEnd(how);
    };
    const pid = router.nextPid();
    const cancel = clock.after(startMs, () => {
      if (isOver) return;
      const started = startProgram(router, {
        name: command,
        args,
        isRoot,
        pid,
        out: (text) => {
          if (!isOver) handlers.onStdout(text);
        },
        err: (text) => {
          if (!isOver) handlers.onStderr(text);
        },
        onEnd: (code, signal) => {
          clock.after(0, () => end(signal === null ? { kind: 'exited', code } : { kind: 'killed', signal }));
        },
        stdin: (take) => {
          onChunk = take;
          for (const chunk of chunks) take(chunk);
          chunks = [];
        },
        readFile: () => null,
      });
      kill = started.kill;
    });
    return {
      pid,
      write: (text) => {
        if (isOver) return;
        if (onChunk === null) chunks.push(text);
        else onChunk(text);
      },
      stop: () => {
        if (isOver) return;
        cancel();
        if (kill === null) clock.after(0, () => end({ kind: 'killed', signal: 'SIGTERM' }));
        else kill('SIGTERM');
      },
    };
  };

  return {
    run: (command, args, how) => {
      // a program that cannot be started never gets as far as being one
      const due = faults.takeNotStarted(command, args);
      return due === null ? run(command, args, how) : Promise.resolve({ kind: 'not-started', why: due });
    },
    stream: (command, args, handlers) => {
      const due = faults.takeNotStarted(command, args);
      if (due === null) return stream(command, args, handlers);
      clock.after(0, () => handlers.onEnd({ kind: 'not-started', why: due }));
      return { pid: undefined, write: () => {}, stop: () => {} };
    },
  };
};
