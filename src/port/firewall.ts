/** Port: pf. The caller has at most one transaction under way. */
import type { Counted } from '../core/counting.ts';
import type { PfResult, PfTransaction, Sweep, SweepResult } from '../core/transaction.ts';

export interface Firewall {
  /** Never rejects: failure is a result. `loading` is called at the moment `pfctl -f -` is started. */
  carry(transaction: PfTransaction, loading?: () => void): Promise<PfResult>;
  /** Never rejects. Runs beside transactions. */
  sweep(sweep: Sweep): Promise<SweepResult>;
  /** What pf has counted for the rules of an anchor that have a label; null if it does not say so at once. Never rejects. */
  count(anchor: string): Promise<readonly Counted[] | null>;
}
