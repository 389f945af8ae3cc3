/** Draws restarts at rest, which have to change nothing; what comes after them is met by a younger daemon. */
import { createRandom } from '../emulator/random.ts';
import type { StoryEvent } from './story.ts';

/** In one world of four, after some rests; drawn apart, so that the others have the histories that they had. */
export const createRestartDraw = (seed: number): (() => readonly StoryEvent[]) => {
  const random = createRandom(seed).fork('restart');
  const isDrawn = random.chance(0.25);
  return () =>
    isDrawn && random.chance(0.4)
      ? [{ afterMs: 0, happening: { kind: 'restart', remembers: random.chance(0.6) } }]
      : [];
};
