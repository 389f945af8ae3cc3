/**
 * pf, through pfctl(8). It decides nothing: what to write, when to try again and which pf states may die is the core's
 * business. Its one memory is what was last loaded and seen in pf, for the next boot (last-good.ts).
 */
import type { PoolAnchor, PoolTable, Ruleset } from '../core/rule.ts';
import type { PfResult, PfTransaction, PoolWork } from '../core/transaction.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands } from '../port/commands.ts';
import type { Firewall } from '../port/firewall.ts';
import { renderBootRules } from '../text/pf-boot.ts';
import type { LastGood } from './last-good.ts';
import { type Apply, apply } from './pf-apply.ts';
import { createCount } from './pf-count.ts';
import { inspect } from './pf-inspect.ts';
import { createPfctl } from './pf-run.ts';
import { createSweep } from './pf-sweep.ts';

type Inspect = Extract<PfTransaction, { kind: 'inspect' }>;

/** Of a table that was replaced as a whole, or of whose entries some have a new weight. */
const withTables = (pool: PoolAnchor, work: PoolWork): PoolAnchor => {
  const tableNow = (table: PoolTable): PoolTable => {
    const entries = (work.replace.find((each) => each.name === table.name) ?? table).entries;
    const heavy = work.reweigh.find((each) => each.name === table.name)?.entries ?? [];
    return {
      name: table.name,
      entries: entries.map((entry) => heavy.find((each) => each.address === entry.address) ?? entry),
    };
  };
  const added = work.replace.filter((table) => !pool.tables.some((each) => each.name === table.name));
  return { ...pool, tables: [...pool.tables, ...added].map(tableNow) };
};

/** Follows what pf holds for sure, and hands it on whenever it is known as a whole. */
const createMemory = (lastGood: LastGood | null) => {
  let ruleset: Ruleset | null = null;
  const pools = new Map<string, PoolAnchor>();
  const keep = (): void => {
    if (lastGood === null || ruleset === null) return;
    let text: string;
    try {
      text = renderBootRules(ruleset, [...pools.values()]);
    } catch {
      // A pool that could not be rendered was never loaded either.
      return;
    }
    lastGood.keep(text);
  };
  return {
    applied: (done: Apply): void => {
      for (const work of done.pools) {
        const known = work.load ?? pools.get(work.anchor);
        if (known !== undefined) pools.set(work.anchor, work.load ?? withTables(known, work));
      }
      // What is taken out on leaving is nothing to begin the next boot with.
      if (done.ruleset?.length === 0) return;
      ruleset = done.ruleset ?? ruleset;
      keep();
    },
    inspected: (wanted: Inspect, result: PfResult): void => {
      if (result.kind !== 'inspected') return;
      // Those that differ as well: what follows may be a replace of tables alone.
      for (const pool of wanted.pools) pools.set(pool.anchor, pool);
      if (!result.rulesDiffer) ruleset = wanted.ruleset;
      if (!result.rulesDiffer && result.poolsThatDiffer.length === 0) keep();
    },
  };
};

export const createFirewall = ({
  commands,
  clock,
  lastGood = null,
}: {
  readonly commands: Commands;
  readonly clock: Clock;
  readonly lastGood?: LastGood | null;
}): Firewall => {
  const pfctl = createPfctl(commands);
  const memory = createMemory(lastGood);
  return {
    carry: async (transaction, { loading = () => {}, isWanted = () => true } = {}) => {
      switch (transaction.kind) {
        case 'apply':
          return apply(pfctl, clock, transaction, {
            loading,
            isWanted,
            verified: () => memory.applied(transaction),
          });
        case 'inspect': {
          const result = await inspect(pfctl, transaction);
          memory.inspected(transaction, result);
          return result;
        }
      }
    },
    sweep: createSweep({ commands, clock, pfctl }),
    count: createCount(commands),
  };
};
