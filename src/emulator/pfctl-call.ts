/** One call of pfctl: its options, its usage, and the ways in which it stops at once. Shared by the parts of pfctl; does nothing itself. */
import type { Optimization } from './pf-optimize.ts';
import type { Invocation } from './program.ts';

export const USAGE = `usage: pfctl [-deghNnPqrvz] [-a anchor] [-D macro=value] [-F modifier] [-f file]
	[-i interface] [-K key] [-k key] [-L statefile] [-o level]
	[-p device] [-S statefile] [-s modifier [-R id]]
	[-t table -T command [address ...]] [-V rdomain] [-x level]
`;
export interface Call {
  readonly invocation: Invocation;
  readonly anchor: string;
  readonly isRecursive: boolean;
  readonly isWildcard: boolean;
  readonly verbosity: number;
  readonly isQuiet: boolean;
  readonly isDryRun: boolean;
  readonly nic: string | null;
  readonly rdomain: number;
  /** -R: the rule that -s is about; null: any. */
  readonly ruleNumber: number | null;
  /** -z: rules forget what they have counted. */
  readonly doesClear: boolean;
  /** -D, which no file can change. */
  readonly macros: readonly (readonly [string, string])[];
  /** -o, before what the rule set says. */
  readonly optimization: Optimization | null;
}

/** Thrown by what ends pfctl at once, as errx() and usage() do. */
export class Stop extends Error {
  readonly code: number;
  constructor(code: number) {
    super('stop');
    this.code = code;
  }
}

export const die = (invocation: Invocation, message: string, code = 1): never => {
  invocation.err(`pfctl: ${message}\n`);
  throw new Stop(code);
};

export const usage = (invocation: Invocation, message?: string): never => {
  if (message !== undefined) invocation.err(`pfctl: ${message}\n`);
  invocation.err(USAGE);
  throw new Stop(1);
};
