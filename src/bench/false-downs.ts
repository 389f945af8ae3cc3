/**
 * How often a path that works would be called down, per year, by simulation. A false down is one of a path that has passed
 * something within the last second: what is shut for longer is an outage, short as it may be, and finding it no mistake.
 *
 * Such things are rare, and years of pings take too long, so the rare part is made frequent (importance sampling). A day or
 * so is simulated as it comes. Whenever something happens that a false down could begin with, the simulation is copied,
 * and the copies go on in a worse future: at a loss after a quiet time, one in which nearly everything is lost; at a burst or
 * stall, one in which it is nearly as long as an outage. A copy that ends in a false down counts for as much as its future
 * is likelier by the model's chances than by those that it was drawn by. Such an episode lasts until the next burst or
 * stall, or some seconds; episodes do not overlap, and what happens outside all of them is counted as it comes. So nothing
 * is counted twice, and nothing is left out.
 */
import type { Settings } from '../core/model.ts';
import { createRandom } from '../emulator/random.ts';
import type { LinkModel } from './channel.ts';
import { type Estimate, estimate } from './figures.ts';
import {
  closeNow,
  createSimulatedPath,
  forkPath,
  isShutFor,
  type SimulatedPath,
  stepSimulatedPath,
} from './simulated-path.ts';

const YEAR_MS = 365.25 * 86_400_000;
/** From here on it is an outage. */
const OUTAGE_MS = 1000;
/** How long an episode lasts at most: what a loss leads to has happened by then. */
const EPISODE_MS = 6000;
/** The chance of loss in the copies, and the typical length of a burst or stall. */
const WORSE_LOSS = 0.8;
const WORSE_CLOSURE_MS = 700;
/** Until all is up and round trips are known. */
const WARM_UP_MS = 60_000;

export interface FalseDowns {
  readonly years: number;
  /** False downs that came by themselves. */
  readonly counted: number;
  /** Those of them outside of all episodes. */
  readonly outside: number;
  /** Downs of a path that was shut for a second or more. */
  readonly outages: number;
  /** Times that it became degraded. */
  readonly degraded: number;
  /** False downs per year in the episodes. */
  readonly inside: Estimate;
}

/** The weight of the future that a copy has met if it ended in a false down, else 0. */
const tryFuture = (path: SimulatedPath, end: number): number => {
  while (path.now < end) {
    const happened = stepSimulatedPath(path, end);
    if (path.health === 'down') return isShutFor(path, OUTAGE_MS) ? 0 : path.weight;
    if (happened === 'closure') return 0;
  }
  return 0;
};

const isUsable = ({ health }: SimulatedPath): boolean => health === 'up' || health === 'degraded';

export const simulateFalseDowns = (
  settings: Settings,
  model: LinkModel,
  options: { readonly days: number; readonly forks: number; readonly seed: number },
): FalseDowns => {
  const { days, forks, seed } = options;
  const path = createSimulatedPath(settings, model, seed);
  const futures = createRandom(seed).fork('futures');
  const end = WARM_UP_MS + days * 86_400_000;
  const values: number[] = [];
  const count = { all: 0, outside: 0, outages: 0, degraded: 0 };
  let episodeEnds = 0;

  const beginEpisode = (begin: 'loss' | 'closure'): void => {
    episodeEnds = path.now + EPISODE_MS;
    let sum = 0;
    for (let fork = 0; fork < forks; fork += 1) {
      const random = createRandom(futures.below(2 ** 32));
      const copy = forkPath(path, random, begin === 'loss' ? WORSE_LOSS : model.loss);
      if (begin === 'closure') closeNow(copy, WORSE_CLOSURE_MS);
      sum += tryFuture(copy, episodeEnds);
    }
    values.push(sum / forks);
  };

  while (path.now < end) {
    const before = path.health;
    const wasUsable = isUsable(path);
    const happened = stepSimulatedPath(path, end);
    if (path.now < WARM_UP_MS) continue;
    if (wasUsable && path.health === 'down') {
      const isOutage = isShutFor(path, OUTAGE_MS);
      if (isOutage) count.outages += 1;
      else count.all += 1;
      if (!isOutage && path.now > episodeEnds) count.outside += 1;
    }
    if (before === 'up' && path.health === 'degraded') count.degraded += 1;
    if (!wasUsable) continue;
    if (happened === 'closure' || (happened === 'loss' && path.now > episodeEnds)) beginEpisode(happened);
  }
  const years = (end - WARM_UP_MS) / YEAR_MS;
  const { mean, halfWidth, nonZero } = estimate(values);
  const perYear = values.length / years;
  return {
    years,
    counted: count.all,
    outside: count.outside,
    outages: count.outages,
    degraded: count.degraded,
    inside: { mean: mean * perYear, halfWidth: halfWidth * perYear, nonZero },
  };
};
