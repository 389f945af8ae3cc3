/** Draws a cable that is pulled while the routing socket is full, and then nothing for a while: only RTM_DESYNC tells of it. */
import { createRandom } from '../emulator/random.ts';
import type { StoryEvent, World } from './story.ts';

/** In one world of six; drawn apart, so that the others have the histories that they had. */
export const createUnheardDraw = (seed: number, { uplinks }: World): (() => readonly StoryEvent[]) => {
  const random = createRandom(seed).fork('unheard');
  const isDrawn = random.chance(0.17);
  return () => {
    if (!isDrawn || !random.chance(0.15)) return [];
    const uplink = uplinks[random.below(uplinks.length)];
    const cable = uplink?.learnt?.kind === 'pppoe' ? uplink.learnt.parent : (uplink?.interface ?? '');
    return [
      { afterMs: 15_000 + random.below(10_000), happening: { kind: 'overflow', isFull: true } },
      { afterMs: random.below(300), happening: { kind: 'carrier', interface: cable, isThere: false } },
      { afterMs: random.below(1000), happening: { kind: 'overflow', isFull: false } },
      { afterMs: 6000, happening: { kind: 'carrier', interface: cable, isThere: true } },
    ];
  };
};
