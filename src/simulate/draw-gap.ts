/** Draws the time from one event to the next. */
import type { Random } from '../emulator/random.ts';

/** Most interesting is what comes while the daemon is busy with what came before. */
export const drawGap = (random: Random): number => {
  const kind = random.next();
  if (kind < 0.12) return 0;
  if (kind < 0.35) return 1 + random.below(12);
  if (kind < 0.6) return 10 + random.below(1000);
  if (kind < 0.9) return 1000 + random.below(15_000);
  return 15_000 + random.below(45_000);
};
