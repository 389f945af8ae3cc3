/** Draws clean exits, as rcctl(8) orders them, and the start that follows. */
import { createRandom } from '../emulator/random.ts';
import type { AbsenceDraw } from './draw-absence.ts';
import { drawGap } from './draw-gap.ts';
import type { StoryEvent } from './story.ts';

/** In one world of three; drawn apart, so that the others have the histories that they had. */
export const createExitDraw = (seed: number, absence: AbsenceDraw): (() => readonly StoryEvent[]) => {
  const random = createRandom(seed).fork('exits');
  const isRestarted = random.chance(0.33);
  return () =>
    isRestarted && random.chance(0.12)
      ? absence.whileDead(
          [{ afterMs: drawGap(random), happening: { kind: 'terminate' } }],
          [{ afterMs: drawGap(random), happening: { kind: 'start', remembers: true } }],
        )
      : [];
};
