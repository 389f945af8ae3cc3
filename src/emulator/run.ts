/**
 * Starts a command of the emulated machine: finds the program, applies the fault that is due, keeps track of what runs, and guarantees one
 * end. Used by server.ts for executables and by commands.ts in process.
 */
import { dhcpleasectl } from './dhcpleasectl.ts';
import { dig } from './dig.ts';
import type { CallFault } from './fault.ts';
import { ifconfig } from './ifconfig.ts';
import { logger } from './logger.ts';
import { nc } from './nc.ts';
import { netstat } from './netstat.ts';
import { pfctl } from './pfctl.ts';
import { ping } from './ping.ts';
import type { Program } from './program.ts';
import { route } from './route.ts';
import type { Router } from './router.ts';
import { sysctl } from './sysctl.ts';

/** The programs by name, as a directory of executables has them. */
export const PROGRAMS: Readonly<Record<string, Program>> = {
  ifconfig,
  route,
  ping,
  ping6: ping,
  nc,
  dig,
  pfctl,
  dhcpleasectl,
  netstat,
  sysctl,
  logger,
};

/** By a word that may be anything. */
const programOf = (name: string): Program | undefined =>
  Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;

export interface Start {
  readonly name: string;
  readonly args: readonly string[];
  /** The caller's process id, if it has a real one. */
  readonly pid?: number;
  /** Default true. */
  readonly isRoot?: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Calls back when the reader has taken what was printed. Without it the program goes on at the next turn of the clock. */
  readonly whenRead?: (then: () => void) => void;
  /** Called once. `signal` is null after an exit. */
  readonly onEnd: (code: number, signal: string | null) => void;
  /** Asks for the standard input: chunks, then the end. */
  readonly stdin: (onChunk: (text: string) => void, onClose: () => void) => void;
  readonly readFile: (path: string) => string | null;
  /** Becomes a real program by its path, and tells how that has ended; false if there is none. */
  readonly become?: (path: string, args: readonly string[]) => boolean;
}

export interface Started {
  readonly pid: number;
  /** As kill(1) does it: the program may have its own idea of SIGINT and SIGINFO. */
  signal(signal: string): void;
  /** Ends it by a signal, whatever it thinks. */
  kill(signal: string): void;
}

const linesAfterFirst = (text: string, line: string): string => {
  const at = text.indexOf('\n');
  return at < 0 ? text : `${text.slice(0, at + 1)}${line}\n${text.slice(at + 1)}`;
};

export const startProgram = (router: Router, start: Start): Started => {
  const { name, args } = start;
  const { faults } = router;
  const { clock } = router.userland;
  const program = programOf(name);
  const fault: CallFault | null = faults.take(name, args);
  const pid = start.pid ?? router.nextPid();
  faults.note(name, args, clock.now());
  const cleanups: (() => void)[] = [];
  const handlers = new Map<string, () => void>();
  let isOver = false;
  let isMute = false;
  let printed = 0;
  let isMarked = false;

  const end = (code: number, signal: string | null): void => {
    if (isOver) return;
    isOver = true;
    for (const clean of cleanups.splice(0)) clean();
    start.onEnd(code, signal);
  };
  const later = (ms: number, run: () => void): void => {
    const cancel = clock.after(ms, run);
    cleanups.push(cancel);
  };
  const exit = (code: number): void => {
    if (isOver || isMute) return;
    if (fault?.kind === 'late') later(fault.ms, () => end(code, null));
    else end(fault?.kind === 'partial' ? (fault.code ?? code) : code, null);
  };
  const out = (text: string): void => {
    if (isOver || isMute) return;
    if (fault?.kind === 'partial') {
      const rest = text.slice(0, Math.max(0, fault.bytes - printed));
      printed += text.length;
      if (rest !== '') start.out(rest);
    } else if (fault?.kind === 'extra-line' && !isMarked) {
      isMarked = true;
      start.out(linesAfterFirst(text, fault.line));
    } else start.out(text);
  };

  cleanups.push(
    faults.enter({
      command: name,
      args,
      pid,
      startedAt: clock.now(),
      kill: (signal) => end(0, signal),
      mute: () => {
        isMute = true;
      },
      inject: (text) => {
        if (!isOver) start.out(text);
      },
    }),
  );
  const runIn = (what: Program, called: string, words: readonly string[], rtable: number): void =>
    what({
      router: router.forPrograms,
      name: called,
      args: words,
      pid,
      isRoot: start.isRoot !== false,
      rtable,
      become: (next, more, into) => {
        const path = next.split('/').at(-1) ?? next;
        const other = programOf(path);
        if (other === undefined) {
          // One of the machine that all of this runs on; only an executable can become that.
          return next.startsWith('/') && start.become?.(next, more) === true;
        }
        runIn(other, path, more, into);
        return true;
      },
      out,
      err: (text) => {
        if (!isOver && !isMute) start.err(text);
      },
      whenRead: (then) => {
        const go = (): void => {
          if (!isOver) then();
        };
        if (start.whenRead === undefined) later(0, go);
        else start.whenRead(go);
      },
      exit,
      stdin: (use) => {
        let text = '';
        start.stdin(
          (chunk) => {
            text += chunk;
          },
          () => {
            if (!isOver) use(text);
          },
        );
      },
      stdinChunks: (onChunk, onClose) =>
        start.stdin(
          (chunk) => {
            if (!isOver) onChunk(chunk);
          },
          () => {
            if (!isOver) onClose();
          },
        ),
      onEnd: (clean) => {
        if (isOver) clean();
        else cleanups.push(clean);
      },
      onSignal: (signal, handle) => {
        handlers.set(signal, handle);
      },
      readFile: (path) => router.files.get(path) ?? start.readFile(path),
    });
  const begin = (): void => {
    if (isOver) return;
    if (program !== undefined) runIn(program, name, args, 0);
    else {
      start.err(`${name}: not found\n`);
      end(127, null);
    }
  };
  switch (fault?.kind) {
    case 'fail':
      if (fault.stdout !== undefined) start.out(fault.stdout);
      if (fault.stderr !== undefined) start.err(fault.stderr);
      end(fault.code, null);
      break;
    case 'not-started':
      start.err(`${name}: ${fault.why}\n`);
      end(127, null);
      break;
    case 'hang':
      break;
    case 'slow':
      later(fault.ms, begin);
      break;
    case 'late':
    case 'partial':
    case 'extra-line':
    case undefined:
      begin();
  }
  return {
    pid,
    signal: (signal) => {
      const handle = isMute || isOver ? undefined : handlers.get(signal);
      if (handle !== undefined) handle();
      else if (signal !== 'SIGINFO') end(0, signal);
    },
    kill: (signal) => end(0, signal),
  };
};
