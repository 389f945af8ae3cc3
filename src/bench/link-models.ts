/** The links that false downs are simulated on: what is typical of them, not of any one. The figures are ours; change them here. */
import type { LinkModel } from './channel.ts';

export interface NamedModel {
  readonly name: string;
  readonly model: LinkModel;
  /** Days simulated as they come, and copies at each episode: enough for the figure, and no more. */
  readonly days: number;
  readonly forks: number;
}

const SECOND = 1000;
const MINUTE = 60_000;

/** Short round trips, hardly any jitter. */
const fibre: LinkModel = {
  gatewayMs: 2,
  targetMs: 8,
  jitterMs: 0.3,
  jitterSigma: 0.8,
  loss: 0,
  bursts: null,
  stalls: null,
};

/** A full buffer now and then. */
const dsl: LinkModel = {
  ...fibre,
  gatewayMs: 9,
  targetMs: 20,
  jitterMs: 2,
  jitterSigma: 0.7,
  stalls: { everyMs: 10 * MINUTE, medianMs: 100, sigma: 0.8 },
};

/** Long and uneven round trips; the radio pauses and then delivers everything at once. */
const mobile: LinkModel = {
  ...fibre,
  gatewayMs: 28,
  targetMs: 45,
  jitterMs: 8,
  jitterSigma: 0.7,
  stalls: { everyMs: 3 * MINUTE, medianMs: 180, sigma: 0.8 },
};

const LINKS: readonly (readonly [string, LinkModel])[] = [
  ['fibre', fibre],
  ['dsl', dsl],
  ['mobile', mobile],
];
const LOSSES: readonly number[] = [0.1, 1, 3, 5];

/** One percent of the time nothing passes, in bursts of this mean length. */
const burstsOf = (deadMs: number): LinkModel['bursts'] => ({ goodMs: 99 * deadMs, deadMs });

export const RANDOM_LOSS: readonly NamedModel[] = LINKS.flatMap(([name, model]) =>
  LOSSES.map((percent) => ({
    name: `${name}, ${percent}% loss`,
    model: { ...model, loss: percent / 100 },
    days: percent < 1 ? 1 : 0.5,
    forks: percent < 1 ? 8 : 4,
  })),
);

export const BURSTY_LOSS: readonly NamedModel[] = [20, 100, 300].map((deadMs) => ({
  name: `dsl, 1% in bursts of ${deadMs} ms`,
  model: { ...dsl, bursts: burstsOf(deadMs) },
  days: 0.5,
  forks: Math.max(1, Math.min(4, deadMs / SECOND / 0.1)),
}));
