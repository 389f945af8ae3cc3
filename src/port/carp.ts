/** Port: the demote counter of a group of carp(4) interfaces. */
import type { CarpTransaction } from '../core/carp.ts';

export interface CarpCounter {
  /** Null if what is ours of the counter is now what was wanted, or why not. Never rejects. */
  carry(transaction: CarpTransaction): Promise<string | null>;
}
