/** Draws stalls of the whole machine, while the world goes on breaking. */
import { createRandom } from '../emulator/random.ts';
import { type Damage, drawDamage } from './draw-damage.ts';
import { drawGap } from './draw-gap.ts';
import type { StoryEvent, StoryUplink, World } from './story.ts';

/** In one world of five; drawn apart, so that the others have the histories that they had. */
export const createStallDraw = (
  seed: number,
  { uplinks }: World,
  damage: Damage,
): (() => readonly StoryEvent[]) => {
  const random = createRandom(seed).fork('machine');
  const isDrawn = random.chance(0.2);
  const breakSomething = (): readonly StoryEvent[] =>
    drawDamage(random, uplinks[random.below(uplinks.length)] as StoryUplink, damage);
  return () =>
    isDrawn && random.chance(0.12)
      ? [
          { afterMs: drawGap(random), happening: { kind: 'stall' } },
          ...Array.from({ length: random.below(3) }, breakSomething).flat(),
          { afterMs: drawGap(random), happening: { kind: 'go-on' } },
        ]
      : [];
};
