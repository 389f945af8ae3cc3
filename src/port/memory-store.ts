/** Port: where what must survive a restart is kept. */
import type { Memory } from '../core/memory.ts';

export interface MemoryStore {
  /** What was kept, if it is of this boot and can be read; null otherwise. */
  recall(): Memory | null;
  /** Replaces what was kept, atomically. Failure is logged once and otherwise without consequence. */
  keep(memory: Memory): void;
}
