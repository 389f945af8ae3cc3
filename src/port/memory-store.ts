/** Port: where what must survive a restart is kept. */
import type { Memory } from '../core/memory.ts';

export interface MemoryStore {
  /** What was kept and is still true, after a reboot or without one; null if it cannot be read. */
  recall(): Memory | null;
  /** Replaces what was kept, atomically, as old as its `age` says. Failure is logged once and otherwise without consequence. */
  keep(memory: Memory): void;
}
