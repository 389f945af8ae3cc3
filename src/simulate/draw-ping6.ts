/** Draws what becomes of the children that ask over inet6, where there is any. */
import { createRandom } from '../emulator/random.ts';
import { pick } from './draw-config.ts';
import { drawGap } from './draw-gap.ts';
import type { StoryEvent, World } from './story.ts';

/** In one world of three that have inet6; drawn apart, so that the others have the histories that they had. */
export const createPing6Draw = (seed: number, { uplinks }: World): (() => readonly StoryEvent[]) => {
  const random = createRandom(seed).fork('child6');
  const isDrawn = uplinks.some(({ address6 }) => address6 !== null) && random.chance(0.33);
  return () =>
    isDrawn && random.chance(0.2)
      ? [
          {
            afterMs: drawGap(random),
            happening: {
              kind: 'child',
              command: 'ping6',
              match: pick(random, '', '', '2620:fe::fe'),
              what: pick(random, 'kill', 'kill', 'cut', 'junk', 'mute'),
            },
          },
        ]
      : [];
};
