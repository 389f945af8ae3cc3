/** Looks whether pf holds what it should: the anchor, the policies' own anchors, the tables, and the call of it all. Writes nothing. */
import type { Fingerprint, PfFailure, PfResult, PfTransaction } from '../core/transaction.ts';
import { renderRuleset } from '../text/pf.ts';
import { parseRuleRtables } from '../text/pf-rtable.ts';
import { parseTableShow, parseTableWeights } from '../text/pfctl.ts';
import { findRuleDifference, findTableDifferences, findWeightDifferences, linesOf } from './pf-difference.ts';
import { inWords, isFailure, type Pfctl } from './pf-run.ts';

type Inspect = Extract<PfTransaction, { kind: 'inspect' }>;

const isEqual = (one: string, other: string): boolean => one === other;

/**
 * The main rule set evaluates the anchor: by its name, or as one of all (`anchor "*"`). Rules inside of inline anchors are
 * indented.
 */
const doesCall = (rules: string, anchor: string): boolean => {
  const quoted = anchor.replace(/[^A-Za-z0-9_/]/g, '\\$&');
  return new RegExp(String.raw`^ *anchor "/?(?:${quoted}|\*)"(?: |$)`, 'm').test(rules);
};

export const inspect = async (pfctl: Pfctl, wanted: Inspect): Promise<PfResult> => {
  const failed = (failure: PfFailure): PfResult => ({ kind: 'failed', step: 'inspect', failure });

  /** What is wrong with a table: in words, empty if nothing is. */
  const lookAtTable = async (
    anchor: string | null,
    name: string,
    addresses: readonly string[],
    weights: ReadonlyMap<string, number> | null,
  ): Promise<readonly string[] | PfFailure> => {
    const said = await pfctl.run([
      ...(anchor === null ? [] : ['-a', anchor]),
      '-t',
      name,
      '-T',
      'show',
      ...(weights === null ? [] : ['-v']),
    ]);
    const shown = anchor === null ? name : `${name} of ${anchor}`;
    if (said.kind === 'refused') {
      // pf says the same of a table whose anchor is not there.
      return said.because === 'other' ? said.failure : [`table ${shown} does not exist`];
    }
    const entries = parseTableShow(said.stdout);
    if (entries === null) return [`table ${shown} shows something that is no address`];
    const found = findTableDifferences(shown, addresses, entries);
    return weights === null || found.length > 0
      ? found
      : findWeightDifferences(shown, weights, parseTableWeights(said.stdout));
  };

  let rules: Fingerprint;
  let poolRules: readonly (readonly string[])[];
  try {
    rules = wanted.fingerprint ?? linesOf(renderRuleset(wanted.ruleset));
    poolRules = wanted.pools.map((pool) => linesOf(renderRuleset(pool.rules)));
  } catch (error) {
    return failed(inWords(String(error)));
  }

  const held = await pfctl.readRules(wanted.anchor);
  if (isFailure(held)) return failed(held);
  const ruleDifference = findRuleDifference(wanted.anchor, held, rules, isEqual);
  const differences = ruleDifference === null ? [] : [ruleDifference];

  const poolsThatDiffer: string[] = [];
  for (const [at, pool] of wanted.pools.entries()) {
    const inPool = await pfctl.readRules(pool.anchor);
    if (isFailure(inPool)) return failed(inPool);
    const difference = findRuleDifference(pool.anchor, inPool, poolRules[at] ?? [], isEqual);
    const found = difference === null ? [] : [difference];
    for (const table of pool.tables) {
      const addresses = table.entries.map((entry) => entry.address);
      // Alone in its table an entry's weight means nothing.
      const weights = new Map(
        addresses.length < 2 ? [] : table.entries.map((each) => [each.address, each.weight]),
      );
      const looked = await lookAtTable(pool.anchor, table.name, addresses, weights);
      if (isFailure(looked)) return failed(looked);
      found.push(...looked);
    }
    if (found.length > 0) poolsThatDiffer.push(pool.anchor);
    differences.push(...found);
  }

  const tablesThatDiffer: string[] = [];
  for (const table of wanted.tables) {
    const found = await lookAtTable(null, table.name, table.addresses, null);
    if (isFailure(found)) return failed(found);
    if (found.length > 0) tablesThatDiffer.push(table.name);
    differences.push(...found);
  }

  const main = await pfctl.run(['-sr']);
  return {
    kind: 'inspected',
    differences,
    rulesDiffer: ruleDifference !== null,
    tablesThatDiffer,
    poolsThatDiffer,
    isCalled: main.kind === 'said' ? doesCall(main.stdout, wanted.anchor) : null,
    rulesHeld: held.length,
    rtablesHeld: parseRuleRtables(held),
    fingerprint: held,
  };
};
