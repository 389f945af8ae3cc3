/** What a command has of the process that runs it, and how it complains. */
import { inColour, type Paint, plain, printable } from './terminal.ts';

/** 0 done, 1 failed, 2 usage; of `exec` that of the command. */
export type ExitCode = number;

export interface Outside {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly isColoured: boolean;
  /** Of the screen that `out` writes to; null: it is a pipe or a file. */
  readonly columns: number | null;
  /** For anything but `monitor`. */
  readonly timeoutMs: number;
  /** Runs a program to its end, on our own terminal; its exit status. */
  readonly run: (path: string, args: readonly string[]) => Promise<ExitCode>;
}

/** Control characters are made visible, line by line: some of the text comes from elsewhere. */
export const complain = (outside: Outside, text: string): ExitCode => {
  outside.err(`uplinkctl: ${text.split('\n').map(printable).join('\n')}\n`);
  return 1;
};

export const paintOf = (outside: Outside): Paint => (outside.isColoured ? inColour : plain);
