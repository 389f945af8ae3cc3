/**
 * What the targets of a path say together: whether enough of them do, and what most of those that answer tell of the path's
 * quality. What follows from it for the path is health.ts's business.
 */
import type { Quality } from './figures.ts';
import type { PathHealth } from './path.ts';
import { isLossy, qualityOf, type TargetHealth } from './target.ts';
import { FEWEST_OUTCOMES } from './window.ts';

/** Back at these shares of the marks. Of the latency it is most, since half would keep a link that was slow once degraded for good. */
const LOSS_BACK = 0.5;
const LATENCY_BACK = 0.8;

/** A gateway that is also named by its address is one target, so there may be fewer than were configured. */
export const quorumOf = (path: PathHealth): number => Math.min(path.settings.quorum, path.targets.length);

/**
 * Whether the targets of which `counts` is true are enough: `quorum` of them, and not the gateway alone where anything
 * behind it is pinged. A provider whose network is dead behind a live gateway is dead (PEERS.md S2).
 */
export const isQuorate = (path: PathHealth, counts: (target: TargetHealth) => boolean): boolean => {
  let counted = 0;
  let countedBehind = 0;
  let behind = 0;
  for (const target of path.targets) {
    const isBehind = target.target !== 'gateway';
    if (isBehind) behind += 1;
    if (!counts(target)) continue;
    counted += 1;
    if (isBehind) countedBehind += 1;
  }
  return counted >= quorumOf(path) && (behind === 0 || countedBehind > 0);
};

/**
 * What the targets that answer tell of the path's quality: those that have not failed, and the gateway only where it is
 * all that is pinged, since it says nothing of what is lost behind it. Null while most of them have too few outcomes.
 */
const qualitiesOf = (path: PathHealth): readonly Quality[] | null => {
  const isGatewayAll = path.targets.every(({ target }) => target === 'gateway');
  const measured: Quality[] = [];
  let answering = 0;
  for (const target of path.targets) {
    if (target.verdict === 'failed' || (target.target === 'gateway' && !isGatewayAll)) continue;
    answering += 1;
    const quality = qualityOf(target);
    if (quality.outcomes >= FEWEST_OUTCOMES) measured.push(quality);
  }
  return measured.length > answering / 2 ? measured : null;
};

/** A path that was too slow is not any more below this round-trip time. */
const quickMark = ({ latency }: PathHealth['settings']): number =>
  latency.recover ?? LATENCY_BACK * (latency.degraded ?? Number.POSITIVE_INFINITY);

/** It is degraded by what was: the last `rise` outcomes of enough targets are what those of a good path are. */
export const isRecovering = (path: PathHealth): boolean => {
  const { rise } = path.settings;
  const quick = quickMark(path.settings);
  return (
    path.health === 'degraded' &&
    isQuorate(path, ({ window }) => {
      const last = window.outcomes.slice(-rise);
      return last.length === rise && last.every((rtt) => rtt !== null && rtt < quick);
    })
  );
};

/** Standard deviations. What is further out is rarely chance. */
const UNLIKELY = 3;

/** All targets together have lost more than a link that loses `percent` of all does by chance. */
const isBeyondChance = (qualities: readonly Quality[], percent: number): boolean => {
  const outcomes = qualities.reduce((sum, each) => sum + each.outcomes, 0);
  const lost = qualities.reduce((sum, each) => sum + each.lost, 0);
  const expected = (outcomes * percent) / 100;
  return lost - expected >= UNLIKELY * Math.sqrt(expected * (1 - percent / 100));
};

/**
 * Why a usable path is degraded; null when it is not. Each mark has a lower one to come back; what lies between keeps
 * the path as it is, and so does a want of outcomes (after a restart, or under another interval).
 */
export const degradedBy = (path: PathHealth): 'probe-loss' | 'probe-latency' | null => {
  const { loss, latency } = path.settings;
  const isDegraded = path.health === 'degraded';
  const was = path.reason === 'probe-latency' ? path.reason : 'probe-loss';
  const qualities = qualitiesOf(path);
  if (qualities === null) return isDegraded ? was : null;
  // The median, and of two in the middle the better: what one of two targets sees is that target's trouble (PEERS.md S3).
  const isMedian = (claim: (quality: Quality) => boolean): boolean =>
    qualities.filter(claim).length > qualities.length / 2;
  const recover = loss.recover ?? LOSS_BACK * loss.degraded;
  // A link that is well, though not free of losses, has the mark in some short window every few minutes.
  const isCertain = isBeyondChance(qualities, Math.min(recover, LOSS_BACK * loss.degraded));
  if (isCertain && isMedian((each) => isLossy(each, loss.degraded))) return 'probe-loss';
  const mark = latency.degraded ?? Number.POSITIVE_INFINITY;
  const slow = isDegraded ? quickMark(path.settings) : mark;
  const isSlow = isMedian(({ meanRtt }) => meanRtt !== null && meanRtt >= slow);
  const isStillLossy = isDegraded && isMedian((each) => each.lossPercent >= recover);
  if (isStillLossy && (was === 'probe-loss' || !isSlow)) return 'probe-loss';
  return isSlow ? 'probe-latency' : null;
};
