/**
 * A link as pings see it, by chance: round trips with a long tail and with spikes, losses one by one, bursts in which nothing passes
 * (Gilbert and Elliott's two states, in time and not in packets, so that closely spaced probes meet the same burst), and
 * stalls, which hold everything back and then deliver it at once, as radio links and full buffers do. All targets of a path
 * share its link, so bursts and stalls hit them together.
 */
import type { Random } from '../emulator/random.ts';

/** What is shut for this long is out, not just bursty or stalled. */
const OUTAGE_MS = 1000;
/** How long after it an outage still counts as the cause of what is noticed. */
const NOTICE_MS = 2000;

export interface LinkModel {
  /** Round trip of an empty line, to the gateway and to what is behind it. */
  readonly gatewayMs: number;
  readonly targetMs: number;
  /** On top of that, log-normal: its median, and the deviation of its logarithm. */
  readonly jitterMs: number;
  readonly jitterSigma: number;
  /** Some answers take longer by themselves: how many, 0 to 1, and by how much (log-normal). */
  readonly spikes: { readonly share: number; readonly medianMs: number; readonly sigma: number } | null;
  /** Share of echo requests that are lost, each by itself, 0 to 1. */
  readonly loss: number;
  /** How long it is good and then dead, on average, both exponential. */
  readonly bursts: { readonly goodMs: number; readonly deadMs: number } | null;
  /** How far apart they are on average (Poisson), and how long they last (log-normal). */
  readonly stalls: { readonly everyMs: number; readonly medianMs: number; readonly sigma: number } | null;
}

/** Where the link stands. Changed by each request, in the order of time; copied to try another future. */
export interface Channel {
  readonly model: LinkModel;
  readonly random: Random;
  /** In a burst until `turnsAt`, or good until then. */
  isDead: boolean;
  turnsAt: number;
  stalledUntil: number;
  stallsAt: number;
  /** Since when nothing passes at once; null: it is open. */
  shutSince: number | null;
  /** When it last opened again after an outage. */
  outageEnded: number;
}

const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random.next());

/** One of Box and Muller's two. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

export const createChannel = (model: LinkModel, random: Random): Channel => ({
  model,
  random,
  isDead: false,
  turnsAt: model.bursts === null ? Number.POSITIVE_INFINITY : exponential(random, model.bursts.goodMs),
  stalledUntil: 0,
  stallsAt: model.stalls === null ? Number.POSITIVE_INFINITY : exponential(random, model.stalls.everyMs),
  shutSince: null,
  outageEnded: Number.NEGATIVE_INFINITY,
});

export const copyChannel = (channel: Channel, random: Random): Channel => ({ ...channel, random });

/** When the next burst or stall begins. */
export const nextClosure = ({ isDead, turnsAt, stallsAt }: Channel): number =>
  isDead ? stallsAt : Math.min(turnsAt, stallsAt);

/** Lets the link's own time pass until `at`, which is not after the next closure. */
export const advanceChannel = (channel: Channel, at: number): void => {
  const { bursts } = channel.model;
  let opens = channel.stalledUntil;
  if (bursts !== null && channel.isDead) {
    opens = Math.max(opens, channel.turnsAt);
    if (channel.turnsAt <= at) {
      channel.isDead = false;
      channel.turnsAt += exponential(channel.random, bursts.goodMs);
    }
  }
  if (channel.shutSince === null || opens > at) return;
  if (opens - channel.shutSince >= OUTAGE_MS) channel.outageEnded = opens;
  channel.shutSince = null;
};

/** Whether there is an outage at `at`, or was one so short a time ago that its losses are just being noticed. */
export const isOut = (channel: Channel, at: number): boolean => {
  advanceChannel(channel, at);
  const { shutSince, outageEnded } = channel;
  return (shutSince !== null && at - shutSince >= OUTAGE_MS) || at - outageEnded < NOTICE_MS;
};

/**
 * Begins the closure that is due. With `typicalMs`, its length is drawn from a distribution around that one: what comes back
 * is how much likelier that length is in the model.
 */
export const beginClosure = (channel: Channel, at: number, typicalMs: number | null): number => {
  const { model, random } = channel;
  const { bursts, stalls } = model;
  advanceChannel(channel, at);
  channel.shutSince ??= at;
  if (bursts !== null && channel.turnsAt <= at) {
    const mean = typicalMs ?? bursts.deadMs;
    const length = exponential(random, mean);
    channel.isDead = true;
    channel.turnsAt = at + length;
    return (mean / bursts.deadMs) * Math.exp(length / mean - length / bursts.deadMs);
  }
  if (stalls === null) return 1;
  const shift = typicalMs === null ? 0 : Math.log(typicalMs / stalls.medianMs) / stalls.sigma;
  const deviation = normal(random) + shift;
  const length = stalls.medianMs * Math.exp(stalls.sigma * deviation);
  channel.stalledUntil = Math.max(channel.stalledUntil, at + length);
  channel.stallsAt = at + exponential(random, stalls.everyMs);
  return Math.exp(shift * (shift / 2 - deviation));
};

const logNormal = (random: Random, median: number, sigma: number): number =>
  median * Math.exp(sigma * normal(random));

/** How long a request that leaves at `at` and is not lost takes until its answer is there, and whether by a spike. */
export const drawRtt = (
  channel: Channel,
  at: number,
  isGateway: boolean,
): { readonly rttMs: number; readonly isSpike: boolean } => {
  const { model, random, stalledUntil } = channel;
  const { spikes } = model;
  const line = isGateway ? model.gatewayMs : model.targetMs;
  const isSpike = spikes !== null && random.next() < spikes.share;
  const spike = isSpike ? logNormal(random, spikes.medianMs, spikes.sigma) : 0;
  const jitter = logNormal(random, model.jitterMs, model.jitterSigma);
  return { rttMs: Math.max(0, stalledUntil - at) + line + jitter + spike, isSpike };
};
