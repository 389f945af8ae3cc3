/** Draws what happens while the daemon is dead or stopped: the world goes on breaking, pf is changed, and so is the file. */
import { createRandom } from '../emulator/random.ts';
import { drawAdmin } from './draw-admin.ts';
import { pick } from './draw-config.ts';
import { type Damage, drawDamage } from './draw-damage.ts';
import { drawGap } from './draw-gap.ts';
import type { Happening, StoryEvent, StoryUplink, World } from './story.ts';

export interface AbsenceDraw {
  /** Between an end and the start that follows. */
  whileDead(end: readonly StoryEvent[], start: readonly StoryEvent[]): readonly StoryEvent[];
  /** Between SIGSTOP and SIGCONT; some never go on. */
  whileStopped(pause: readonly StoryEvent[], resume: readonly StoryEvent[]): readonly StoryEvent[];
}

/** In one world of three; drawn apart, so that the others have the histories that they had. */
export const createAbsenceDraw = (seed: number, world: World, damage: Damage): AbsenceDraw => {
  const random = createRandom(seed).fork('away');
  const isDrawn = random.chance(0.33);
  const one = (happening: Happening): readonly StoryEvent[] => [{ afterMs: drawGap(random), happening }];
  const breakSomething = (): readonly StoryEvent[] => {
    const uplink = world.uplinks[random.below(world.uplinks.length)] as StoryUplink;
    return drawDamage(random, uplink, damage);
  };
  const changeFile = (): readonly StoryEvent[] =>
    one({ kind: 'reload', config: pick(random, 'first', 'second', 'third', 'fourth', 'fifth') });
  const meanwhile = (): readonly StoryEvent[] => {
    const kind = random.next();
    if (kind < 0.6) return breakSomething();
    return kind < 0.8 ? drawAdmin(random, world) : changeFile();
  };
  const several = (): readonly StoryEvent[] => Array.from({ length: random.below(4) }, meanwhile).flat();
  return {
    whileDead: (end, start) => (isDrawn ? [...end, ...several(), ...start] : [...end, ...start]),
    whileStopped: (pause, resume) => {
      if (!isDrawn) return [...pause, ...resume];
      const isKilled = random.chance(0.2);
      const killed = [...one({ kind: 'kill' }), ...one({ kind: 'start', remembers: random.chance(0.7) })];
      return [...pause, ...several(), ...(isKilled ? killed : resume)];
    },
  };
};
