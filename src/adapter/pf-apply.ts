/**
 * Writes to pf what a transaction says, step by step in its order (core/transaction.ts), and stops at the first that fails.
 * It decides nothing.
 */
import type { PoolAnchor, PoolTable, Table } from '../core/rule.ts';
import { type Millis, since } from '../core/time.ts';
import type {
  Fingerprint,
  Kill,
  PfFailure,
  PfResult,
  PfStep,
  PfTransaction,
  PoolWork,
} from '../core/transaction.ts';
import type { Clock } from '../port/clock.ts';
import { renderEntries, renderPoolAnchor, renderRuleset } from '../text/pf.ts';
import { parseKilled, parseTableShow } from '../text/pfctl.ts';
import { findRuleDifference, isSameRule, linesOf } from './pf-difference.ts';
import { inWords, isFailure, type Pfctl, type Said } from './pf-run.ts';

export type Apply = Extract<PfTransaction, { kind: 'apply' }>;

export interface ApplyHooks {
  /** At the moment `pfctl -f -` is started for the anchor. */
  readonly loading: () => void;
  /** All is written and was read back; only the kills are left. */
  readonly verified: () => void;
  /** Asked right before each kill. */
  readonly isWanted: (kill: Kill) => boolean;
}

/** Text or why there is none: nothing may be thrown at the loop. */
const attempt = (render: () => string): string | PfFailure => {
  try {
    return render();
  } catch (error) {
    return inWords(String(error));
  }
};

const failureOf = (said: Said): PfFailure | null => (said.kind === 'refused' ? said.failure : null);

/** Reads an anchor back after a load. */
const readBack = async (
  pfctl: Pfctl,
  anchor: string,
  rules: readonly string[],
): Promise<Fingerprint | PfFailure> => {
  const held = await pfctl.readRules(anchor);
  if (isFailure(held)) return held;
  const difference = findRuleDifference(anchor, held, rules, isSameRule);
  return difference === null ? held : inWords(difference);
};

const writeTable = (pfctl: Pfctl, where: readonly string[], lines: string): Promise<Said> =>
  lines === ''
    ? pfctl.run([...where, '-T', 'replace'])
    : pfctl.run([...where, '-T', 'replace', '-f', '-'], lines);

/**
 * pf never changes the weight of an entry that is there (OPENBSD.md, section 2), so each is taken out and put in again. The last
 * one stays: an empty table drops packets, and alone its weight does not matter.
 */
const reweigh = async (
  pfctl: Pfctl,
  where: readonly string[],
  table: PoolTable,
): Promise<PfFailure | null> => {
  const said = await pfctl.run([...where, '-T', 'show']);
  if (said.kind === 'refused') return said.failure;
  const held = parseTableShow(said.stdout);
  if (held === null) return inWords(`table ${table.name} shows something that is no address`);
  for (const entry of table.entries) {
    if (!held.some((address) => address !== entry.address)) continue;
    const lines = attempt(() => renderEntries([entry]));
    if (typeof lines !== 'string') return lines;
    const failure =
      failureOf(await pfctl.run([...where, '-T', 'delete', entry.address])) ??
      failureOf(await pfctl.run([...where, '-T', 'add', '-f', '-'], lines));
    if (failure !== null) return failure;
  }
  return null;
};

const loadPool = async (pfctl: Pfctl, pool: PoolAnchor): Promise<PfFailure | null> => {
  const text = attempt(() => renderPoolAnchor(pool));
  if (typeof text !== 'string') return text;
  const failure = failureOf(await pfctl.run(['-a', pool.anchor, '-f', '-'], text));
  if (failure !== null) return failure;
  const held = await readBack(pfctl, pool.anchor, linesOf(renderRuleset(pool.rules)));
  return isFailure(held) ? held : null;
};

/** Tables before rules: what the rules point to is there when they are. */
const applyPool = async (
  pfctl: Pfctl,
  { anchor, load, replace, reweigh: heavy }: PoolWork,
): Promise<PfFailure | null> => {
  const where = (table: PoolTable): readonly string[] => ['-a', anchor, '-t', table.name];
  for (const table of replace) {
    const lines = attempt(() => renderEntries(table.entries));
    if (typeof lines !== 'string') return lines;
    const failure = failureOf(await writeTable(pfctl, where(table), lines));
    if (failure !== null) return failure;
  }
  if (load !== null) {
    const failure = await loadPool(pfctl, load);
    if (failure !== null) return failure;
  }
  // A load leaves entries that were there before with the weight that they had.
  for (const table of heavy) {
    const failure = await reweigh(pfctl, where(table), table);
    if (failure !== null) return failure;
  }
  return null;
};

const replaceTable = (pfctl: Pfctl, table: Table): Promise<Said> =>
  writeTable(pfctl, ['-t', table.name], table.addresses.map((address) => `${address}\n`).join(''));

export const apply = async (
  pfctl: Pfctl,
  clock: Clock,
  wanted: Apply,
  hooks: ApplyHooks,
): Promise<PfResult> => {
  const failed = (step: PfStep, failure: PfFailure): PfResult => ({ kind: 'failed', step, failure });
  const { anchor, ruleset } = wanted;
  for (const work of wanted.pools) {
    const failure = await applyPool(pfctl, work);
    if (failure !== null) return failed('pool', failure);
  }

  let loadTook: Millis | null = null;
  let text = '';
  if (ruleset !== null) {
    const rendered = attempt(() => renderRuleset(ruleset));
    if (typeof rendered !== 'string') return failed(wanted.check ? 'check' : 'load', rendered);
    text = rendered;
    if (wanted.check) {
      const refusal = failureOf(await pfctl.run(['-n', '-a', anchor, '-f', '-'], text));
      if (refusal !== null) return failed('check', refusal);
    }
    const startedAt = clock.now();
    hooks.loading();
    const failure = failureOf(await pfctl.run(['-a', anchor, '-f', '-'], text));
    if (failure !== null) return failed('load', failure);
    loadTook = since(clock.now(), startedAt);
  }

  for (const table of wanted.tables) {
    const failure = failureOf(await replaceTable(pfctl, table));
    if (failure !== null) return failed('table', failure);
  }

  let fingerprint: Fingerprint | null = null;
  if (ruleset !== null) {
    const held = await readBack(pfctl, anchor, linesOf(text));
    if (isFailure(held)) return failed('read-back', held);
    fingerprint = held;
  }
  hooks.verified();

  const killed: (number | null)[] = [];
  for (const kill of wanted.kills) {
    if (!hooks.isWanted(kill)) {
      killed.push(null);
      continue;
    }
    const { what, rdomains } = kill;
    let count = 0;
    for (const rdomain of rdomains) {
      const domain = rdomain === 0 ? [] : ['-V', String(rdomain)];
      const args = [
        ...domain,
        ...(what.kind === 'label' ? ['-k', 'label', '-k', what.label] : ['-k', what.network]),
      ];
      const said = await pfctl.run(args);
      if (said.kind === 'refused') return failed('kill', said.failure);
      const some = parseKilled(said.stderr);
      if (some === null)
        return failed('kill', inWords(`pfctl ${args.join(' ')}: does not say what it killed`));
      count += some;
    }
    killed.push(count);
  }
  return { kind: 'applied', fingerprint, loadTook, killed };
};
