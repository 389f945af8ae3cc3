/**
 * The simulation: the same seeds each time, and a few new ones for every change of the code (test/chance.ts), which are printed.
 * What breaks is played again with `npm run simulate -- --seed N --hours 0.2`, which also shrinks it. They are in several files, which
 * run side by side where there are the cores for it.
 */
import t from 'tap';
import { drawHistory } from '../../src/simulate/draw-history.ts';
import { drawWorld } from '../../src/simulate/draw-world.ts';
import { play } from '../../src/simulate/play.ts';

const HOURS = 0.2;

/** The `count` seeds from `first` on hold. */
export const hold = (first: number, count: number, isNew = false): void => {
  t.setTimeout(3_000_000);
  t.test('every claim holds', { timeout: 3_000_000 }, async (t) => {
    for (let seed = first; seed < first + count; seed += 1) {
      const world = drawWorld(seed);
      const { broken, log } = await play({ world, events: drawHistory(seed, world, HOURS) });
      if (isNew) t.comment(`SEED=${seed}`);
      t.equal(
        broken === null ? 'held' : `${broken.claim}: ${broken.text}`,
        'held',
        `npm run simulate -- --seed ${seed} --hours ${HOURS}${broken === null ? '' : `\n${log.slice(-20).join('\n')}`}`,
      );
    }
  });
};
