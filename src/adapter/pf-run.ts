/**
 * One call of pfctl(8): what it said, or why it failed, as data. Shared by all that this program does with pf; it knows
 * neither transactions nor rules.
 */
import type { Fingerprint, PfFailure } from '../core/transaction.ts';
import type { Commands } from '../port/commands.ts';
import { parsePfctlFailure, parseRules } from '../text/pfctl.ts';
import { renderRunFailure } from './ending.ts';

/** Milliseconds that one pfctl may take. */
const TIMEOUT = 5000;

export type Said =
  | { readonly kind: 'said'; readonly stdout: string; readonly stderr: string }
  | {
      readonly kind: 'refused';
      readonly because: 'no-anchor' | 'no-table' | 'other';
      readonly failure: PfFailure;
    };

export interface Pfctl {
  run(args: readonly string[], stdin?: string): Promise<Said>;
  /** The rules that the anchor holds now. One that does not exist holds none. */
  readRules(anchor: string): Promise<Fingerprint | PfFailure>;
}

export const inWords = (text: string): PfFailure => ({ text, line: null, rule: null });

export const isFailure = (read: Fingerprint | PfFailure): read is PfFailure => !Array.isArray(read);

export const createPfctl = (commands: Commands): Pfctl => {
  const run: Pfctl['run'] = async (args, stdin) => {
    const options = stdin === undefined ? { timeoutMs: TIMEOUT } : { timeoutMs: TIMEOUT, stdin };
    const result = await commands.run('pfctl', args, options);
    if (result.kind !== 'exited') {
      return { kind: 'refused', because: 'other', failure: inWords(renderRunFailure('pfctl', result)) };
    }
    const found = parsePfctlFailure(result.code, result.stderr);
    if (found === null) return { kind: 'said', stdout: result.stdout, stderr: result.stderr };
    const text = found.text === '' ? renderRunFailure('pfctl', result) : found.text;
    const rule = found.line === null ? null : ((stdin ?? '').split('\n')[found.line - 1] ?? null);
    const because = found.kind === 'no-anchor' || found.kind === 'no-table' ? found.kind : 'other';
    return { kind: 'refused', because, failure: { text, line: found.line, rule } };
  };
  return {
    run,
    readRules: async (anchor) => {
      const said = await run(['-a', anchor, '-sr']);
      if (said.kind === 'said') return parseRules(said.stdout);
      return said.because === 'no-anchor' ? [] : said.failure;
    },
  };
};
