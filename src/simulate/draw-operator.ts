/** Draws what an operator says of links by hand, between the failures, and whether he takes it back before a rest. */
import { createRandom } from '../emulator/random.ts';
import { pick } from './draw-config.ts';
import { drawGap } from './draw-gap.ts';
import type { StoryEvent, World } from './story.ts';

export interface OperatorDraw {
  /** After a burst. */
  interfere(): readonly StoryEvent[];
  /** Before a rest. */
  relent(): readonly StoryEvent[];
}

/** In two worlds of five; drawn apart, so that the others have the histories that they had. */
export const createOperatorDraw = (seed: number, { uplinks }: World): OperatorDraw => {
  const random = createRandom(seed).fork('operator');
  const isAtWork = random.chance(0.4);
  const held = new Set<string>();
  return {
    interfere: () => {
      if (!isAtWork || !random.chance(0.25)) return [];
      const link = uplinks[random.below(uplinks.length)]?.name ?? '';
      const mode = pick(random, 'drained', 'drained', 'disabled', 'enabled');
      if (mode === 'enabled') held.delete(link);
      else held.add(link);
      return [{ afterMs: drawGap(random), happening: { kind: 'by-hand', link, mode } }];
    },
    relent: () =>
      [...held]
        .filter(() => random.chance(0.6))
        .map((link): StoryEvent => {
          held.delete(link);
          return { afterMs: random.below(2000), happening: { kind: 'by-hand', link, mode: 'enabled' } };
        }),
  };
};
