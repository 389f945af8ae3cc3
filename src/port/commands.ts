/**
 * Port: the commands of OpenBSD's base system, seen from above.
 *
 * The real implementation (adapter/run.ts) starts processes by absolute path and never a shell; the emulator
 * implements the same interface in memory. Failure is data: neither `run` nor `stream` ever throws or rejects.
 */

/** The closed list of programs that uplinkd may start. */
export type CommandName =
  | 'ifconfig'
  | 'route'
  | 'ping'
  | 'ping6'
  | 'nc'
  | 'pfctl'
  | 'dhcpleasectl'
  | 'sysctl'
  | 'logger';

export interface RunOptions {
  /** Written to the command's standard input, which is then closed. Empty by default. */
  readonly stdin?: string;
  /** Milliseconds after which the command is killed with SIGKILL; the outcome is then `timed-out`. */
  readonly timeoutMs: number;
  /** Cancels the command (SIGKILL); the outcome is then `cancelled`. */
  readonly signal?: AbortSignal;
}

/** How a command that was run to completion ended. `stdout` and `stderr` hold what arrived until then. */
export type RunResult =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'timed-out'; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'cancelled' }
  /** It printed more than the bound and was killed. */
  | { readonly kind: 'too-much-output' }
  /** It could not be started at all: no such file, no permission, no more processes. */
  | { readonly kind: 'not-started'; readonly why: string };

/** How a long-running command ended. */
export type StreamEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly why: string };

export interface StreamHandlers {
  /** Bytes as they come, decoded as UTF-8, cut anywhere. Lines are the reader's business (text/lines.ts). */
  readonly onStdout: (chunk: string) => void;
  readonly onStderr: (chunk: string) => void;
  /** Called exactly once, after the last chunk, also when the command could not be started. */
  readonly onEnd: (end: StreamEnd) => void;
}

export interface Stream {
  /** The process id, for the log; undefined when it could not be started or has none. */
  readonly pid: number | undefined;
  /** Writes one chunk to the command's standard input. Ignored after the end. */
  write(text: string): void;
  /** Ends the command (SIGTERM, then SIGKILL a second later). `onEnd` follows. */
  stop(): void;
}

export interface Commands {
  run(command: CommandName, args: readonly string[], options: RunOptions): Promise<RunResult>;
  stream(command: CommandName, args: readonly string[], handlers: StreamHandlers): Stream;
}
