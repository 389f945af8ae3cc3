/** Draws what a second administrator does to pf and to the routes. */
import type { Random } from '../emulator/random.ts';
import { drawGap } from './draw-gap.ts';
import type { Happening, StoryEvent, World } from './story.ts';

export const drawAdmin = (random: Random, world: World): readonly StoryEvent[] => {
  const pfctl = (...args: string[]): Happening => ({ kind: 'admin', command: 'pfctl', args });
  const rules = pfctl('-f', '/etc/pf.conf');
  const one = (happening: Happening): readonly StoryEvent[] => [{ afterMs: drawGap(random), happening }];
  switch (random.below(8)) {
    case 0:
      return [...one(pfctl('-Fa')), ...one(rules)];
    case 1:
      return one(rules);
    case 2:
      return one(pfctl('-a', 'uplinkd', '-F', 'rules'));
    case 3:
      return one(pfctl('-t', 'uplinkd_local', '-T', 'delete', '224.0.0.0/4'));
    case 4:
      return one(pfctl('-t', 'uplinkd_local', '-T', 'add', '172.16.0.0/12'));
    case 5:
      return one(pfctl('-t', 'uplinkd_default', '-T', 'flush'));
    case 6:
      return one(pfctl('-F', 'states'));
    default: {
      const number = 101 + random.below(world.uplinks.length);
      return one({
        kind: 'admin',
        command: 'route',
        args: ['-T', String(number), '-n', 'delete', 'default'],
      });
    }
  }
};
