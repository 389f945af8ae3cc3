/** What is taken out when the daemon leaves with `on_exit = "flush"`: everything that it has put there, but for the paths' own routing tables. */
import type { Engine } from './engine.ts';
import { localTableName } from './tables.ts';
import type { PfTransaction, RouteWish } from './transaction.ts';
import { desiredNow } from './turn.ts';

export interface Farewell {
  readonly pf: PfTransaction;
  readonly routes: readonly RouteWish[];
}

/**
 * Null: everything stays as it is. `<anchor>_local` stays in any case: pf.conf's rules are about what is not in it, and
 * without it the machine would be out of reach.
 */
export const sayFarewell = (engine: Engine): Farewell | null => {
  const { settings } = engine;
  const desired = desiredNow(engine);
  if (settings === null || desired === null || settings.onExit === 'keep') return null;
  const tables = desired.tables.filter(({ name }) => name !== localTableName(settings));
  return {
    pf: {
      kind: 'apply',
      id: engine.pf.nextId,
      anchor: desired.anchor,
      check: false,
      ruleset: [],
      tables: tables.map(({ name }) => ({ name, addresses: [] })),
      pools: desired.pools.map((pool) => ({
        anchor: pool.anchor,
        load: {
          anchor: pool.anchor,
          rules: [],
          tables: pool.tables.map(({ name }) => ({ name, entries: [] })),
        },
        replace: [],
        reweigh: [],
      })),
      kills: [],
    },
    routes: (['inet', 'inet6'] as const).map((family) => ({
      kind: 'own',
      id: `own/${family}`,
      family,
      rtable: 0,
      gateways: [],
    })),
  };
};
