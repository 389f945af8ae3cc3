/**
 * The simulation: the same seeds each time, and a few new ones for every change of the code (test/chance.ts), which are printed.
 * What breaks is played again with `npm run simulate -- --seed N --hours 0.2`, which also shrinks it.
 */
import t from 'tap';
import { drawHistory } from '../../src/simulate/draw-history.ts';
import { drawWorld } from '../../src/simulate/draw-world.ts';
import { play } from '../../src/simulate/play.ts';
import { isGiven, SEED } from '../chance.ts';

const HOURS = 0.2;
const FIXED = Number(process.env['SEEDS'] ?? 40);
const FRESH = 3;

const fixed = Array.from({ length: FIXED }, (_, at) => at + 1);
const fresh = Array.from({ length: FRESH }, (_, at) => (SEED + at) % 2 ** 31);

t.setTimeout(3_000_000);

t.test('every claim holds', { timeout: 3_000_000 }, async (t) => {
  for (const seed of isGiven ? [SEED] : [...fixed, ...fresh]) {
    const world = drawWorld(seed);
    const { broken, log } = await play({ world, events: drawHistory(seed, world, HOURS) });
    if (seed > FIXED) t.comment(`SEED=${seed}`);
    t.equal(
      broken === null ? 'held' : `${broken.claim}: ${broken.text}`,
      'held',
      `npm run simulate -- --seed ${seed} --hours ${HOURS}${broken === null ? '' : `\n${log.slice(-20).join('\n')}`}`,
    );
  }
});
