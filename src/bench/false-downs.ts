/**
 * How often a path that works would be called down, per year, by simulation. What lets nothing through for a second or
 * more is an outage, short as it may be, and a down in it or right after it no false one.
 *
 * Such things are rare, and years of pings take too long, so the rare part is made frequent (importance sampling). A day or
 * so is simulated as it comes. Whenever something happens that a false down could begin with, the simulation is copied,
 * and the copies go on in a worse future: at a loss after a quiet time, one in which nearly everything is lost; at a burst or
 * stall, one in which it is nearly as long as an outage. A copy that ends in a false down counts for as much as its future
 * is likelier by the model's chances than by those that it was drawn by. An episode that a loss began is over when the last
 * request to each target was answered, one that a burst or stall began after some seconds, and both at the next burst or
 * stall. So episodes do not overlap; and what happens outside all of them is counted as it comes.
 */
import type { Settings } from '../core/model.ts';
import { createRandom } from '../emulator/random.ts';
import { isOut, type LinkModel } from './channel.ts';
import { type Estimate, estimate } from './figures.ts';
import {
  closeNow,
  createSimulatedPath,
  forkPath,
  isQuiet,
  type SimulatedPath,
  stepSimulatedPath,
} from './simulated-path.ts';

const YEAR_MS = 365.25 * 86_400_000;
/** What a burst or stall leads to has happened by then. */
const AFTER_CLOSURE_MS = 6000;
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
  /** Downs that were for an outage. */
  readonly outages: number;
  /** Times that it became degraded. */
  readonly degraded: number;
  /** False downs per year in the episodes. */
  readonly inside: Estimate;
}

type Episode = { readonly kind: 'loss' } | { readonly kind: 'closure'; readonly until: number };

const isOver = (episode: Episode, path: SimulatedPath): boolean =>
  episode.kind === 'loss' ? isQuiet(path) : path.now >= episode.until;

/** The weight of the future that a copy has met if it ended in a false down, else 0. */
const tryFuture = (path: SimulatedPath, episode: Episode): number => {
  const end = episode.kind === 'closure' ? episode.until : Number.POSITIVE_INFINITY;
  while (!isOver(episode, path)) {
    const happened = stepSimulatedPath(path, end);
    if (path.health === 'down') return isOut(path.channel, path.now) ? 0 : path.weight;
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
  let episode: Episode | null = null;

  const sample = (begun: Episode): number => {
    let sum = 0;
    for (let fork = 0; fork < forks; fork += 1) {
      const random = createRandom(futures.below(2 ** 32));
      const copy = forkPath(path, random, begun.kind === 'loss' ? WORSE_LOSS : model.loss);
      if (begun.kind === 'closure') closeNow(copy, WORSE_CLOSURE_MS);
      sum += tryFuture(copy, begun);
    }
    return sum / forks;
  };

  while (path.now < end) {
    const before = path.health;
    const wasUsable = isUsable(path);
    const happened = stepSimulatedPath(path, end);
    if (path.now < WARM_UP_MS) continue;
    if (wasUsable && path.health === 'down') {
      const isOutage = isOut(path.channel, path.now);
      if (isOutage) count.outages += 1;
      else count.all += 1;
      if (!isOutage && episode === null) count.outside += 1;
    }
    if (before === 'up' && path.health === 'degraded') count.degraded += 1;
    if (episode !== null && isOver(episode, path)) episode = null;
    if (happened === 'closure') episode = { kind: 'closure', until: path.now + AFTER_CLOSURE_MS };
    else if (happened === 'loss' && episode === null) episode = { kind: 'loss' };
    else continue;
    // None can begin in a path that is down already.
    if (wasUsable) values.push(sample(episode));
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
