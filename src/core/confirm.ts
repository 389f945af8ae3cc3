/**
 * Confirming: the first loss on a path starts a burst, a few requests in quick succession to every target that has not
 * failed, so that death or innocence is known at once and not after `fall` intervals. Bursts are rationed, since random
 * loss must not multiply the traffic. While one runs pf is asked whether packets still come in by the link: a path that
 * carries traffic is not dead, it has only become slow (PEERS.md S17). Nor does it say anything on a machine that is too busy to
 * run it, which a witness tells.
 *
 * Programs of the administrator's take no part in it: they may be slow, and are not written to be run several at a time.
 *
 * It knows neither hold nor policies: what a dead path means is health.ts's business.
 */

import { BURST_COUNT, type Burst, type BurstTarget, isHeard, isUnheard, newBurst, prolong } from './burst.ts';
import { stepPatience, withoutLosses, withoutRow } from './loss.ts';
import type { ProbeSettings } from './model.ts';
import { canConfirm, type TargetHealth } from './target.ts';
import { type Millis, type Mono, millis, mono, plus, since } from './time.ts';
import { newestLoss } from './window.ts';

/** Bursts that may follow each other, of which the last is kept for a path that no target defends any more. */
const MOST_CREDIT = 3;
/** Intervals until there is another. So bursts add a fifth to the traffic at most, whatever is lost. */
const INTERVALS_EACH = 20;
/** No path is waited for longer than that because it has stalled before. */
const LONGEST_STALL = millis(1500);
/** So long is it kept in mind. */
const STALLS_KEPT = millis(7 * 86_400_000);
const STALL_MARGIN = 1.25;

export interface Confirming {
  readonly burst: Burst | null;
  /** Bursts that may be begun, as of `at`. */
  readonly credit: { readonly count: number; readonly at: Mono };
  /** Losses of each target when it was last looked at: more of them is a new one. */
  readonly lossesSeen: readonly number[];
  readonly begun: number;
  /** ping has said that it will not. */
  readonly isRefused: boolean;
  /** The last burst ended without a verdict: until there is another, `fall` decides alone. */
  readonly isVoid: boolean;
  /** The witness of the last burst was not heard: this machine was too busy to say anything. */
  readonly isDeaf: boolean;
  /** When the request had left whose loss began the last burst. */
  readonly suspectedAt: Mono;
  /** Silence that was no death: how long a request is to be waited for because of it, and until when. */
  readonly stall: { readonly wait: Millis; readonly until: Mono } | null;
}

export const newConfirming = (now: Mono): Confirming => ({
  burst: null,
  credit: { count: MOST_CREDIT, at: now },
  lossesSeen: [],
  begun: 0,
  isRefused: false,
  isVoid: false,
  isDeaf: false,
  suspectedAt: now,
  stall: null,
});

const creditAt = ({ credit }: Confirming, interval: Millis, now: Mono): number =>
  Math.min(MOST_CREDIT, credit.count + Math.max(0, since(now, credit.at)) / (INTERVALS_EACH * interval));

const beginBurst = (
  confirming: Confirming,
  targets: readonly TargetHealth[],
  interval: Millis,
  now: Mono,
): Confirming => {
  const begun = confirming.begun + 1;
  const { stall } = confirming;
  const lost = targets.flatMap(({ verdict, window }) =>
    verdict === 'failed' || window.lossesInRow === 0 ? [] : [newestLoss(window) ?? now],
  );
  const suspectedAt = mono(Math.min(now, ...lost));
  const notBefore = stall === null || stall.until < now ? now : plus(suspectedAt, stall.wait);
  return {
    ...confirming,
    begun,
    isVoid: false,
    suspectedAt,
    credit: { count: Math.max(0, creditAt(confirming, interval, now) - 1), at: now },
    burst: newBurst(targets, begun, interval, notBefore, now),
  };
};

/** Begins a burst if something was lost since the last look, `mayBegin`, and there is credit for one. */
export const stepSuspicion = (
  confirming: Confirming,
  targets: readonly TargetHealth[],
  settings: ProbeSettings,
  mayBegin: boolean,
  now: Mono,
): Confirming => {
  const { lossesSeen: seen, burst, isRefused } = confirming;
  if (seen.length === targets.length && targets.every(({ window }, n) => window.lost === seen[n])) {
    return confirming;
  }
  const looked = { ...confirming, lossesSeen: targets.map(({ window }) => window.lost) };
  const isNew = targets.some(
    (target, n) =>
      target.verdict !== 'failed' &&
      canConfirm(target) &&
      target.window.lost > (seen[n] ?? target.window.lost),
  );
  if (!isNew || !mayBegin || !settings.confirm || isRefused || burst !== null) return looked;
  const suspects = targets.filter((target) => target.verdict !== 'failed' && canConfirm(target));
  const isDefended = suspects.some(({ window }) => window.lossesInRow === 0);
  if (creditAt(confirming, settings.interval, now) < (isDefended ? 2 : 1)) return looked;
  return beginBurst(looked, targets, settings.interval, now);
};

/** A burst could say whether losses in a row are more than chance. */
export const mayAsk = ({ isRefused, isVoid }: Confirming, settings: ProbeSettings): boolean =>
  settings.confirm && !isRefused && !isVoid;

/**
 * The burst that has the last word before losses in a row take a path down. It needs no credit: where they come by chance,
 * so many on so many targets are rare.
 */
export const beginLast = (
  confirming: Confirming,
  targets: readonly TargetHealth[],
  interval: Millis,
  now: Mono,
): Confirming =>
  beginBurst({ ...confirming, lossesSeen: targets.map(({ window }) => window.lost) }, targets, interval, now);

/** After a burst: losses that came in while it ran are no reason for another. */
export const endBurst = (confirming: Confirming, targets: readonly TargetHealth[]): Confirming => ({
  ...confirming,
  burst: null,
  lossesSeen: targets.map(({ window }) => window.lost),
});

/** Targets after a burst that found the path dead: what was asked and has not answered has failed. */
export const failTargets = (targets: readonly TargetHealth[], burst: Burst): readonly TargetHealth[] =>
  targets.map((target) =>
    isHeard(burst, target) || !canConfirm(target)
      ? target
      : { ...target, verdict: 'failed', window: withoutRow(target.window) },
  );

/** Targets after a burst that has cleared the path: where one was heard, losses before that are no row any more. */
export const clearTargets = (targets: readonly TargetHealth[], burst: Burst): readonly TargetHealth[] =>
  targets.map((target) =>
    isHeard(burst, target) ? { ...target, window: withoutLosses(target.window) } : target,
  );

/**
 * The path was silent, and is found not to have been dead: what has stalled once will again, as radio links and full buffers
 * do, and is waited for next time. A stall that is longer than any wait teaches nothing.
 */
export const stepStall = (confirming: Confirming, now: Mono): Confirming => {
  const { suspectedAt, stall } = confirming;
  const lasted = since(now, suspectedAt);
  if (lasted > LONGEST_STALL) return confirming;
  const known = stall === null || stall.until < now ? 0 : stall.wait;
  const wait = millis(Math.min(LONGEST_STALL, Math.max(known, STALL_MARGIN * lasted)));
  return { ...confirming, stall: { wait, until: plus(now, STALLS_KEPT) } };
};

/** Targets of a path that carries traffic: their losses were said too soon. */
export const excuseTargets = (targets: readonly TargetHealth[]): readonly TargetHealth[] =>
  targets.map((target) =>
    target.verdict === 'failed' ? target : { ...target, window: stepPatience(target.window) },
  );

// ---- what is heard while a burst runs ----------------------------------------------------------------------------

const inBurst = (confirming: Confirming, step: (burst: Burst) => Burst): Confirming => {
  const burst = confirming.burst === null ? null : step(confirming.burst);
  return burst === confirming.burst ? confirming : { ...confirming, burst };
};

const inTarget = (
  confirming: Confirming,
  probe: string,
  step: (target: BurstTarget) => BurstTarget,
): Confirming =>
  inBurst(confirming, (burst) => ({
    ...burst,
    targets: burst.targets.map((target) => (target.probe.key === probe ? step(target) : target)),
  }));

/** Its child was started: it takes `slack` until it has sent something. */
export const stepBurstStarted = (
  confirming: Confirming,
  probe: string,
  slack: Millis,
  now: Mono,
): Confirming =>
  inTarget(confirming, probe, (target) => ({ ...target, started: now, sent: plus(now, slack) }));

const isWitness = ({ burst }: Confirming, probe: string): boolean => burst?.witness?.probe.key === probe;

export const stepBurstAnswer = (confirming: Confirming, probe: string, seq: number, now: Mono): Confirming =>
  isWitness(confirming, probe)
    ? inBurst(confirming, (burst) =>
        burst.witness === null || seq < BURST_COUNT - 1
          ? burst
          : { ...burst, witness: { ...burst.witness, heard: now } },
      )
    : inTarget(confirming, probe, (target) => ({ ...target, started: null, isAnswered: true }));

/** A witness that may not send, as where pf blocks lo0, or that has ended early says nothing. */
const dropWitness = (confirming: Confirming): Confirming =>
  inBurst(confirming, (burst) => (isUnheard(burst) ? { ...burst, witness: null } : burst));

export const stepBurstError = (confirming: Confirming, probe: string): Confirming =>
  isWitness(confirming, probe) ? dropWitness(confirming) : confirming;

/** We were to run at `from`, and do only `now`. */
export const stepBurstLate = (confirming: Confirming, from: Mono, now: Mono): Confirming =>
  inBurst(confirming, (burst) => prolong(burst, from, now));

/** A child that ended without being asked to says nothing of the path. */
export const stepBurstEnded = (confirming: Confirming, probe: string): Confirming => {
  if (isWitness(confirming, probe)) return dropWitness(confirming);
  return confirming.burst?.targets.some((target) => target.probe.key === probe && !target.isAnswered)
    ? { ...confirming, burst: null, isVoid: true }
    : confirming;
};

export const stepRefused = (confirming: Confirming): Confirming => ({
  ...confirming,
  isRefused: true,
  burst: null,
});

export const wantsReading = ({ burst }: Confirming): boolean => burst?.passive.isWanted ?? false;

/** pf is being asked. */
export const stepAsked = (confirming: Confirming, id: number): Confirming =>
  inBurst(confirming, (burst) => ({
    ...burst,
    passive: { ...burst.passive, isWanted: false, asked: id },
  }));

/** pf's answer: packets that came in by the link until now; null: it cannot be told. */
export const stepCounted = (confirming: Confirming, id: number, packets: number | null): Confirming =>
  inBurst(confirming, (burst) => {
    const { passive, judgeAt } = burst;
    if (passive.asked !== id) return burst;
    if (judgeAt === null) return { ...burst, passive: { ...passive, asked: null, first: packets } };
    // Counters begin anew at each load of rules, so fewer packets than before say nothing.
    const hasGrown = passive.first !== null && packets !== null && packets > passive.first;
    return { ...burst, judgeAt: burst.began, passive: { ...passive, asked: null, hasGrown } };
  });
