/** Port: pf. The caller has at most one transaction under way. */
import type { Counted } from '../core/counting.ts';
import type { Kill, PfResult, PfTransaction, Sweep, SweepResult } from '../core/transaction.ts';

/** What is asked and told while a transaction is carried out. */
export interface CarryHooks {
  /** `pfctl -f -` is started. */
  readonly loading?: () => void;
  /** It is this kill's turn: is it wanted still? Without this each one is. */
  readonly isWanted?: (kill: Kill) => boolean;
}

export interface Firewall {
  /** Never rejects: failure is a result. */
  carry(transaction: PfTransaction, hooks?: CarryHooks): Promise<PfResult>;
  /**
   * Never rejects. Runs beside transactions. `isWanted` is asked before each state that was found by a gateway is killed; without it
   * all are.
   */
  sweep(sweep: Sweep, isWanted?: (gateway: string) => boolean): Promise<SweepResult>;
  /** What pf has counted for the rules of an anchor that have a label; null if it does not say so at once. Never rejects. */
  count(anchor: string): Promise<readonly Counted[] | null>;
}
