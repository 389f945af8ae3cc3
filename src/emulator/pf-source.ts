/**
 * A rule set being read: one token of lookahead, complaints with file and line, and yacc's manner of recovering from an error
 * (one `syntax error`, then silence until three tokens were taken). Shared by the parts of the parser; knows no rule.
 */

import type { HostNode } from './pf-expand.ts';
import type { PfWorld } from './pf-host.ts';
import type { Optimization } from './pf-optimize.ts';
import type { Token } from './pf-token.ts';
import { createLexer } from './pf-token.ts';

/** Thrown inside the parser to leave a statement; never leaves pf-parse.ts. `isSyntax` asks for the words "syntax error". */
export class Refusal extends Error {
  readonly isSyntax: boolean;
  constructor(isSyntax: boolean) {
    super('refused');
    this.isSyntax = isSyntax;
  }
}

export interface QueueDefinition {
  readonly name: string;
  readonly interface: string | null;
  readonly parent: string | null;
  readonly isDefault: boolean;
  /** A bandwidth is given, if only none. */
  readonly hasBandwidth: boolean;
  /** It takes part in sharing: a bandwidth of more than nothing. */
  readonly isShared: boolean;
  readonly hasFlows: boolean;
  /** Packets that wait at most; null: what the scheduler takes. */
  readonly limit: number | null;
  /** As pfctl prints it. */
  readonly text: string;
}

/** As `pfctl -si` shows it. */
export type DebugLevel = 'emerg' | 'alert' | 'crit' | 'err' | 'warn' | 'notice' | 'info' | 'debug';

/** What the parser may ask or do outside itself. */
export interface ParseWorld extends PfWorld {
  readonly readFile: (path: string) => string | null;
  /** Anchors other than `path` that have a table of this name, as pfctl names them. */
  readonly anchorsWithTable: (name: string, path: string) => readonly string[];
  /** `set skip` takes effect as it is read, even in an anchor (OPENBSD.md 2, point 10). `none` takes back all, those of before too. */
  readonly setSkip: (names: readonly string[] | 'none') => void;
  readonly setLimit: (name: string, value: number) => void;
  readonly setDebug: (level: DebugLevel) => void;
  /** A name for the table behind a list of addresses that may yet come to nothing. */
  readonly temporaryName: () => string;
  /** Its name from when it is made on; `-n` makes none. */
  readonly automaticName: (temporary: string) => string;
  /** A key for `source-hash` without one: another one at every load. */
  readonly randomKey: () => string;
}

export interface Source {
  readonly world: ParseWorld;
  /** The anchor that the rules being read belong to; changes inside `anchor … { }`. */
  anchor: string;
  readonly queues: QueueDefinition[];
  readonly automatic: { readonly name: string; readonly hosts: readonly HostNode[] }[];
  blockAnswer: 'drop' | 'return';
  isIfBoundByDefault: boolean;
  /** Null until something is said of it; then `basic` is meant. */
  optimization: Optimization | null;
  peek(): Token;
  take(): Token;
  /** Takes the token if it is this keyword or mark. */
  skip(text: string): boolean;
  is(...texts: readonly string[]): boolean;
  expect(text: string): void;
  word(): string;
  number(): number;
  skipNewlines(): void;
  /** `file:line: message`, counted as an error. */
  complain(message: string): void;
  /** Complains and leaves the statement. */
  refuse(message: string): never;
  /** Leaves the statement with `syntax error`, unless yacc would keep quiet. */
  syntaxError(): never;
  /** The emulator knows less than pf: says so and leaves the statement. */
  unknown(what: string): never;
  /** Goes on with what stands in a file. */
  include(path: string): void;
  /** Says something on stderr that is not counted by itself. */
  say(line: string): void;
}

export interface SourceState {
  readonly source: Source;
  readonly errors: () => number;
  readonly recover: (refusal: Refusal) => void;
  /** One that is fixed stays as it is, whatever comes later. */
  readonly setMacro: (name: string, value: string, isFixed?: boolean) => void;
  readonly unusedMacros: () => readonly string[];
  readonly stderr: readonly string[];
}

/** Opens `text` under the name that pfctl would print (`stdin`, a path). */
export const openSource = (text: string, file: string, anchor: string, world: ParseWorld): SourceState => {
  const macros = new Map<string, string>();
  const fixed = new Set<string>();
  const used = new Set<string>();
  const stderr: string[] = [];
  let errors = 0;
  let quiet = 0;
  const complain = (message: string): void => {
    errors++;
    stderr.push(`${lexer.place()}: ${message}`);
  };
  const macroOf = (name: string): string | null => {
    used.add(name);
    return macros.get(name) ?? null;
  };
  const lexer = createLexer(text, file, macroOf, complain);
  let ahead: Token | null = null;

  const peek = (): Token => {
    ahead ??= lexer.next();
    return ahead;
  };
  const take = (): Token => {
    const token = peek();
    ahead = null;
    if (quiet > 0) quiet--;
    return token;
  };
  const isText = (token: Token, text: string): boolean =>
    (token.kind === 'keyword' || token.kind === 'mark' || token.kind === 'newline') && token.text === text;
  const syntaxError = (): never => {
    throw new Refusal(true);
  };
  const refuse = (message: string): never => {
    complain(message);
    throw new Refusal(false);
  };
  const source: Source = {
    world,
    anchor,
    queues: [],
    automatic: [],
    blockAnswer: 'drop',
    isIfBoundByDefault: false,
    optimization: null,
    peek,
    take,
    skip: (text) => {
      if (!isText(peek(), text)) return false;
      take();
      return true;
    },
    is: (...texts) => texts.some((text) => isText(peek(), text)),
    expect: (text) => {
      if (!isText(peek(), text)) syntaxError();
      take();
    },
    word: () => {
      if (peek().kind !== 'word') syntaxError();
      return take().text;
    },
    number: () => {
      if (peek().kind !== 'number') syntaxError();
      return Number(take().text);
    },
    skipNewlines: () => {
      while (peek().kind === 'newline') take();
    },
    complain,
    refuse,
    syntaxError,
    include: (path) => {
      const inner = world.readFile(path);
      const problem =
        inner === null
          ? 'No such file or directory'
          : lexer.include(inner, path)
            ? null
            : 'Too many open files';
      if (problem === null) return;
      stderr.push(`pfctl: pushfile: ${path}: ${problem}`);
      refuse(`failed to include file ${path}`);
    },
    unknown: (what) => refuse(`emulator: ${what} not known`),
    say: (line) => {
      stderr.push(line);
    },
  };
  return {
    source,
    errors: () => errors,
    stderr,
    setMacro: (name, value, isFixed = false) => {
      if (fixed.has(name)) return;
      if (isFixed) fixed.add(name);
      // a macro that is set again is a new one
      macros.delete(name);
      used.delete(name);
      macros.set(name, value);
    },
    unusedMacros: () => [...macros.keys()].filter((name) => !used.has(name)),
    recover: (refusal) => {
      if (refusal.isSyntax && quiet === 0) complain('syntax error');
      errors++;
      quiet = 3;
      while (peek().kind !== 'newline' && peek().kind !== 'end') ahead = null;
      if (peek().kind === 'newline') take();
    },
  };
};
