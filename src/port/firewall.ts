/** Port: pf. The caller has at most one transaction under way. */
import type { PfResult, PfTransaction, Sweep, SweepResult } from '../core/transaction.ts';

export interface Firewall {
  /** Never rejects: failure is a result. `loading` is called at the moment `pfctl -f -` is started. */
  carry(transaction: PfTransaction, loading?: () => void): Promise<PfResult>;
  /** Never rejects. Runs beside transactions. */
  sweep(sweep: Sweep): Promise<SweepResult>;
}
