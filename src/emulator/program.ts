/**
 * What a command of the emulated machine is: a function that gets its arguments, a standard input on demand, and ways to print and
 * to end. The same programs run behind executables (server.ts) and in process (commands.ts).
 */
import type { Router } from './router.ts';

export interface Invocation {
  readonly router: Router;
  /** The name it was called by: `ping` or `ping6`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly pid: number;
  /** Of the user that runs it: not every question needs root, every change does. */
  readonly isRoot: boolean;
  /** The routing table that the process is in (getrtable(2)): 0, unless route(8) has started it elsewhere. */
  readonly rtable: number;
  /** Becomes another program, as execvp(3) does; false when there is none of that name. */
  become(name: string, args: readonly string[], rtable: number): boolean;
  out(text: string): void;
  err(text: string): void;
  /** Goes on once what was printed has been taken off the pipe; never within the call. For output without bound. */
  whenRead(then: () => void): void;
  /** Ends the program; what comes after is ignored. */
  exit(code: number): void;
  /** Calls back with the whole standard input once it is closed. */
  stdin(use: (text: string) => void): void;
  /** The standard input as it comes. */
  stdinChunks(onChunk: (text: string) => void, onClose: () => void): void;
  /** Runs when the program is killed or its caller is gone; also after `exit`. */
  onEnd(clean: () => void): void;
  /** What to do at a signal; without it SIGINFO does nothing, and any other ends the program. */
  onSignal(signal: 'SIGINT' | 'SIGINFO', handle: () => void): void;
  /** A file that the program reads; null when there is none. */
  readFile(path: string): string | null;
}

export type Program = (invocation: Invocation) => void;

export interface Options {
  /** The options in order, each with its argument or null. */
  readonly given: readonly { readonly letter: string; readonly value: string | null }[];
  readonly rest: readonly string[];
  /** What getopt(3) says when it does not like one; the rest is then meaningless. */
  readonly problem: string | null;
}

/** getopt(3): letters, a colon after those that take an argument; stops at the first word. */
export const parseOptions = (args: readonly string[], letters: string): Options => {
  const given: { letter: string; value: string | null }[] = [];
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') return { given, rest: args.slice(i + 1), problem: null };
    if (!arg.startsWith('-') || arg === '-') break;
    for (let j = 1; j < arg.length; j++) {
      const letter = arg.charAt(j);
      const at = letters.indexOf(letter);
      if (at < 0 || letter === ':') return { given, rest: [], problem: `unknown option -- ${letter}` };
      if (letters.charAt(at + 1) !== ':') {
        given.push({ letter, value: null });
        continue;
      }
      const value = j + 1 < arg.length ? arg.slice(j + 1) : args[++i];
      if (value === undefined)
        return { given, rest: [], problem: `option requires an argument -- ${letter}` };
      given.push({ letter, value });
      break;
    }
  }
  return { given, rest: args.slice(i), problem: null };
};
