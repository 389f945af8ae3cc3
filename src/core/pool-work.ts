/** Applied against desired for a policy's own anchor: what has to be written there, and what that makes of it. */
import { remembered } from './remembered.ts';
import type { PoolAnchor, PoolTable, Ruleset } from './rule.ts';
import type { PoolWork } from './transaction.ts';

/** Equal rules have equal text. */
export const rulesKey = remembered((ruleset: Ruleset): string => JSON.stringify(ruleset));

type Weights = ReadonlyMap<string, number>;

const weightsOf = (pool: PoolAnchor | undefined, table: string): Weights =>
  new Map(
    pool?.tables
      .find(({ name }) => name === table)
      ?.entries.map(({ address, weight }) => [address, weight] as const),
  );

/**
 * What a pool's anchor needs. New members and gone ones are a replace, a new weight is a delete and an add, entry by
 * entry; its rules are only loaded when they are new themselves, since a load makes pf forget sticky clients. Nor does a
 * load change the weight of an entry that stands.
 */
export const workOnPool = (applied: PoolAnchor | undefined, wanted: PoolAnchor): PoolWork | null => {
  const isReplaced = ({ name, entries }: PoolTable): boolean => {
    const has = weightsOf(applied, name);
    return has.size !== entries.length || entries.some(({ address }) => !has.has(address));
  };
  // All entries of a table, not only those that differ: least-states counts from the moment that an entry is added.
  // Alone in its table an entry's weight means nothing, and the table must never be empty.
  const isReweighed = ({ name, entries }: PoolTable): boolean => {
    const has = weightsOf(applied, name);
    // Of entries that may have stood before our time the weight is not known, whatever balance they are for now.
    return (
      entries.length > 1 &&
      (applied === undefined ||
        entries.some(({ address, weight }) => (has.get(address) ?? weight) !== weight))
    );
  };
  const reweigh = wanted.tables.filter(isReweighed);
  const common = { anchor: wanted.anchor, reweigh };
  if (applied === undefined || rulesKey(applied.rules) !== rulesKey(wanted.rules))
    return { ...common, load: wanted, replace: [] };
  const replace = wanted.tables.filter(isReplaced);
  return replace.length + reweigh.length === 0 ? null : { ...common, load: null, replace };
};

/** A pool's anchor with the weights that its entries have had, but in the tables that are weighed anew. */
export const keepWeights = (
  applied: PoolAnchor | undefined,
  wanted: PoolAnchor,
  reweighed: readonly PoolTable[] = [],
): PoolAnchor => ({
  ...wanted,
  tables: wanted.tables.map((table) => {
    if (reweighed.some(({ name }) => name === table.name)) return table;
    const had = weightsOf(applied, table.name);
    const entries = table.entries.map(({ address, weight }) => ({
      address,
      weight: had.get(address) ?? weight,
    }));
    return { name: table.name, entries };
  }),
});
