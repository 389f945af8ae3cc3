/** `SEED=…` gives another one, to be played alone. */
import { isGiven, SEED } from '../chance.ts';
import { hold } from './hold.ts';

hold(SEED, isGiven ? 1 : 3, true);
