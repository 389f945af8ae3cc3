/**
 * pf, through pfctl(8): carries one transaction, step by step, and stops at the first that fails. It decides nothing:
 * what to write, when to try again and which pf states may die is the core's business.
 */

import type { Table } from '../core/ruleset.ts';
import { millis, since } from '../core/time.ts';
import type { Fingerprint, PfFailure, PfResult, PfTransaction } from '../core/transaction.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands } from '../port/commands.ts';
import type { Firewall } from '../port/firewall.ts';
import { renderRuleset as renderRules } from '../text/pf.ts';
import { parseKilled, parsePfctlFailure, parseRules, parseTableShow } from '../text/pfctl.ts';
import { renderRunFailure } from './ending.ts';

const TIMEOUT = millis(5000);
/** Addresses named one by one in a difference; the others are counted. */
const MAX_NAMED = 3;

type Apply = Extract<PfTransaction, { kind: 'apply' }>;
type Inspect = Extract<PfTransaction, { kind: 'inspect' }>;
type Failed = Extract<PfResult, { kind: 'failed' }>;

/** What one pfctl printed, or why it failed. */
type Said =
  | { readonly kind: 'said'; readonly stdout: string; readonly stderr: string }
  | {
      readonly kind: 'refused';
      readonly because: 'no-anchor' | 'no-table' | 'other';
      readonly failure: PfFailure;
    };

const failed = (step: Failed['step'], failure: PfFailure): Failed => ({ kind: 'failed', step, failure });
const inWords = (text: string): PfFailure => ({ text, line: null, rule: null });

const countRules = (count: number): string => `${count} rule${count === 1 ? '' : 's'}`;
const labelOf = (rule: string): string => /\blabel "([^"]*)"/.exec(rule)?.[1] ?? '';
const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** The first place where pf's rules are not the wanted ones by `same`, in words, or null. */
const findRuleDifference = (
  anchor: string,
  held: readonly string[],
  wanted: readonly string[],
  same: (one: string, other: string) => boolean,
): string | null => {
  if (held.length !== wanted.length) {
    return `anchor ${anchor} holds ${countRules(held.length)}, not ${wanted.length}`;
  }
  const at = held.findIndex((rule, index) => !same(rule, wanted[index] ?? ''));
  return at === -1 ? null : `anchor ${anchor}: rule ${at + 1} is ${held[at]}, not ${wanted[at]}`;
};

/** `10.0.0.1/32` and `10.0.0.1` are the same entry. */
const bareHost = (address: string): string => address.replace(address.includes(':') ? /\/128$/ : /\/32$/, '');

const nameSome = (addresses: readonly string[]): string => {
  const more = addresses.length - MAX_NAMED;
  return `${addresses.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

const findTableDifferences = (table: Table, held: readonly string[]): readonly string[] => {
  const has = new Set(held.map(bareHost));
  const wants = new Set(table.addresses.map(bareHost));
  const lacking = [...wants].filter((address) => !has.has(address));
  const foreign = [...has].filter((address) => !wants.has(address));
  return [
    ...(lacking.length === 0 ? [] : [`table ${table.name} lacks ${nameSome(lacking)}`]),
    ...(foreign.length === 0 ? [] : [`table ${table.name} should not have ${nameSome(foreign)}`]),
  ];
};

export const createFirewall = (settings: {
  readonly commands: Commands;
  readonly clock: Clock;
}): Firewall => {
  const { commands, clock } = settings;

  const pfctl = async (args: readonly string[], stdin?: string): Promise<Said> => {
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

  /** The rules that the anchor holds now. One that does not exist holds none. */
  const readRules = async (anchor: string): Promise<Fingerprint | PfFailure> => {
    const said = await pfctl(['-a', anchor, '-sr']);
    if (said.kind === 'said') return parseRules(said.stdout);
    return said.because === 'no-anchor' ? [] : said.failure;
  };
  const isFailure = (read: Fingerprint | PfFailure): read is PfFailure => !Array.isArray(read);

  const writeTable = (table: Table): Promise<Said> =>
    table.addresses.length === 0
      ? pfctl(['-t', table.name, '-T', 'replace'])
      : pfctl(['-t', table.name, '-T', 'replace', '-f', '-'], `${table.addresses.join('\n')}\n`);

  const apply = async (wanted: Apply, loading: () => void): Promise<PfResult> => {
    const { anchor, ruleset } = wanted;
    let loadTook: ReturnType<typeof millis> | null = null;
    let fingerprint: Fingerprint | null = null;
    let text = '';
    if (ruleset !== null) {
      try {
        text = renderRules(ruleset);
      } catch (error) {
        return failed(wanted.check ? 'check' : 'load', inWords(String(error)));
      }
      if (wanted.check) {
        const checked = await pfctl(['-n', '-a', anchor, '-f', '-'], text);
        if (checked.kind === 'refused') return failed('check', checked.failure);
      }
      const startedAt = clock.now();
      loading();
      const loaded = await pfctl(['-a', anchor, '-f', '-'], text);
      if (loaded.kind === 'refused') return failed('load', loaded.failure);
      loadTook = since(clock.now(), startedAt);
    }
    for (const table of wanted.tables) {
      const written = await writeTable(table);
      if (written.kind === 'refused') return failed('table', written.failure);
    }
    if (ruleset !== null) {
      const held = await readRules(anchor);
      if (isFailure(held)) return failed('read-back', held);
      const difference = findRuleDifference(
        anchor,
        held,
        linesOf(text),
        (one, other) => labelOf(one) === labelOf(other),
      );
      if (difference !== null) return failed('read-back', inWords(difference));
      fingerprint = held;
    }
    const killed: { readonly link: string; readonly count: number; readonly again: boolean }[] = [];
    for (const { link, label, again } of wanted.kills) {
      const said = await pfctl(['-k', 'label', '-k', label]);
      if (said.kind === 'refused') return failed('kill', said.failure);
      const count = parseKilled(said.stderr);
      if (count === null)
        return failed('kill', inWords(`pfctl -k label -k ${label}: does not say what it killed`));
      killed.push({ link, count, again });
    }
    return { kind: 'applied', fingerprint, loadTook, killed };
  };

  const inspect = async (wanted: Inspect): Promise<PfResult> => {
    const held = await readRules(wanted.anchor);
    if (isFailure(held)) return failed('inspect', held);
    let rules: readonly string[];
    try {
      rules = wanted.fingerprint ?? linesOf(renderRules(wanted.ruleset));
    } catch (error) {
      return failed('inspect', inWords(String(error)));
    }
    const ruleDifference = findRuleDifference(wanted.anchor, held, rules, (one, other) => one === other);
    const differences = ruleDifference === null ? [] : [ruleDifference];
    const tablesThatDiffer: string[] = [];
    for (const table of wanted.tables) {
      const said = await pfctl(['-t', table.name, '-T', 'show']);
      if (said.kind === 'refused' && said.because !== 'no-table') return failed('inspect', said.failure);
      const entries = said.kind === 'said' ? parseTableShow(said.stdout) : [];
      const found =
        said.kind === 'refused'
          ? [`table ${table.name} does not exist`]
          : entries === null
            ? [`table ${table.name} shows something that is no address`]
            : findTableDifferences(table, entries);
      if (found.length > 0) tablesThatDiffer.push(table.name);
      differences.push(...found);
    }
    return {
      kind: 'inspected',
      differences,
      rulesDiffer: ruleDifference !== null,
      tablesThatDiffer,
      rulesHeld: held.length,
      fingerprint: held,
    };
  };

  return {
    carry: (transaction, loading = () => {}) => {
      switch (transaction.kind) {
        case 'apply':
          return apply(transaction, loading);
        case 'inspect':
          return inspect(transaction);
      }
    },
  };
};
