/**
 * Rules -> the file for `load anchor "uplinkd" from FILE` in pf.conf(5): what forwards from the first second of a boot until
 * the daemon runs. If pfctl refused one line of it, pf.conf as a whole would fail, so it holds only what loads on a
 * machine that has just started. It does not know where the file is.
 */
import type { PoolAnchor, PoolTable, Rule, Ruleset } from '../core/rule.ts';
import { renderRule, renderTable } from './pf.ts';

type Choose = Extract<Rule, { kind: 'choose' }>;
type Pool = Extract<Rule, { kind: 'pool' }>;

const isSameChain = (one: Rule | undefined, other: Rule): boolean =>
  one?.kind === 'choose' &&
  other.kind === 'choose' &&
  one.policy === other.policy &&
  one.family === other.family &&
  one.from?.address === other.from?.address &&
  one.from?.length === other.from?.length;

/**
 * A chain without the links that are steered by rtable: the daemon makes those tables, and a rule that names a missing one is
 * refused. The others keep their shares relative to each other, and the last one takes the rest.
 */
const withoutRtables = (chain: readonly Choose[]): readonly Choose[] => {
  let left = 1;
  const shares = chain.map((rule) => {
    const share = left * rule.probability;
    left -= share;
    return { rule, share };
  });
  const kept = shares.filter(({ rule }) => rule.via.kind === 'route-to');
  return kept.map(({ rule, share }, at) => {
    if (at === kept.length - 1) return { ...rule, probability: 1 };
    const rest = kept.slice(at).reduce((sum, each) => sum + each.share, 0);
    return { ...rule, probability: share / rest };
  });
};

const chainsOf = (ruleset: Ruleset): readonly (readonly Rule[])[] => {
  const chains: Rule[][] = [];
  for (const rule of ruleset) {
    const last = chains.at(-1);
    if (last !== undefined && isSameChain(last[0], rule)) last.push(rule);
    else chains.push([rule]);
  }
  return chains;
};

/**
 * The pools stand in the main anchor itself: pfctl of 7.8 puts a table that is defined in an inline anchor of an anchor into the
 * wrong place (pfctl_load_tables prepends the path twice), and a file of its own would be one more that must exist.
 */
const inlinePools = (call: Extract<Rule, { kind: 'call' }>, pools: readonly PoolAnchor[]) => {
  const own = pools.flatMap((pool) =>
    pool.rules.flatMap((rule): readonly { readonly rule: Pool; readonly table: PoolTable }[] => {
      if (rule.kind !== 'pool' || rule.policy !== call.policy || rule.family !== call.family) return [];
      const table = pool.tables.find((each) => each.name === rule.table);
      // Without gateways packets would vanish unanswered; so they get to the policy's last rule, which refuses them.
      return table === undefined || table.entries.length === 0 ? [] : [{ rule, table }];
    }),
  );
  return own.map(({ rule, table }) => {
    const name = `pool_${rule.policy}_${rule.family}`;
    return { rule: { ...rule, table: name }, table: { ...table, name } };
  });
};

/** Tables first, then the rules, in pf.conf(5). Throws as renderRule (text/pf.ts). */
export const renderBootRules = (ruleset: Ruleset, pools: readonly PoolAnchor[]): string => {
  const tables: PoolTable[] = [];
  const rules = chainsOf(ruleset).flatMap((chain): readonly Rule[] =>
    chain
      .flatMap((rule): readonly Rule[] => {
        if (rule.kind === 'choose') return [];
        if (rule.kind !== 'call') return [rule];
        const found = inlinePools(rule, pools);
        tables.push(...found.map((each) => each.table));
        return found.map((each) => each.rule);
      })
      .concat(withoutRtables(chain.filter((rule) => rule.kind === 'choose'))),
  );
  return (
    tables.map((each) => renderTable(each, { persist: false })).join('') +
    rules.map((rule) => `${renderRule(rule)}\n`).join('')
  );
};
