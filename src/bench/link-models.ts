/** The links that false downs are simulated on: what is typical of them, not of any one. The figures are ours; change them here. */
import type { LinkModel } from './channel.ts';

export interface NamedModel {
  readonly name: string;
  readonly model: LinkModel;
  /** Days simulated as they come, and copies at each episode: enough for the figure, and no more. */
  readonly days: number;
  readonly forks: number;
}

const MINUTE = 60_000;

/** Short round trips, hardly any jitter. */
const fibre: LinkModel = {
  gatewayMs: 2,
  targetMs: 8,
  jitterMs: 0.3,
  jitterSigma: 0.8,
  spikes: null,
  loss: 0,
  bursts: null,
  stalls: null,
};

const dsl: LinkModel = {
  ...fibre,
  gatewayMs: 9,
  targetMs: 20,
  jitterMs: 2,
  jitterSigma: 0.7,
  spikes: { share: 0.001, medianMs: 100, sigma: 0.7 },
};

/** Long and uneven round trips. */
const mobile: LinkModel = {
  ...fibre,
  gatewayMs: 28,
  targetMs: 45,
  jitterMs: 8,
  jitterSigma: 0.7,
  spikes: { share: 0.005, medianMs: 200, sigma: 0.7 },
};

const LINKS: readonly (readonly [string, LinkModel])[] = [
  ['fibre', fibre],
  ['dsl', dsl],
  ['mobile', mobile],
];
const LOSSES: readonly number[] = [0.1, 1, 3, 5];

/** Packets are lost one by one. */
export const RANDOM_LOSS: readonly NamedModel[] = LINKS.flatMap(([name, model]) =>
  LOSSES.map((percent) => ({
    name: `${name}, ${percent}% loss`,
    model: { ...model, loss: percent / 100 },
    days: percent < 1 ? 1 : 0.5,
    forks: percent < 1 ? 8 : 4,
  })),
);

/** The same, and everything is held back now and then: by a full buffer on DSL, by the radio on a mobile link. */
export const STALLS: readonly NamedModel[] = [
  {
    name: 'dsl, 1% loss, stalls',
    model: { ...dsl, loss: 0.01, stalls: { everyMs: 10 * MINUTE, medianMs: 100, sigma: 0.8 } },
    days: 1,
    forks: 20,
  },
  {
    name: 'mobile, 1% loss, stalls',
    model: { ...mobile, loss: 0.01, stalls: { everyMs: 3 * MINUTE, medianMs: 180, sigma: 0.8 } },
    days: 1,
    forks: 10,
  },
];

/** One percent of the time nothing passes, in bursts of this mean length. */
export const BURSTY_LOSS: readonly NamedModel[] = [20, 100, 300].map((deadMs) => ({
  name: `dsl, 1% in bursts of ${deadMs} ms`,
  model: { ...dsl, bursts: { goodMs: 99 * deadMs, deadMs } },
  days: 0.5,
  forks: deadMs < 100 ? 1 : 4,
}));
