/**
 * One burst (confirm.ts): its requests, its witness, and what its silence says and when. It does not know why it was begun, nor what
 * follows from it.
 */
import { timeoutOf } from './loss.ts';
import type { Probe } from './model.ts';
import { canConfirm, type TargetHealth } from './target.ts';
import { type Millis, type Mono, millis, mono, plus } from './time.ts';

/** Requests to each target. */
export const BURST_COUNT = 4;
/** OpenBSD's clock ticks every 10 ms: hardly finer. */
const SHORTEST_SPACING = 15;
const LONGEST_SPACING = 30;
/** A child that has not been started by then was no help. */
const LONGEST_START = millis(1000);
/** How long a witness is waited for: about what `fall` takes without a burst, which then decides. */
const LONGEST_WITNESS = millis(3000);
/** How long pf may take for its second answer. */
const PF_WAIT = millis(150);
/** No burst is prolonged by more than that because we were kept from running. */
const LONGEST_LATE = 1000;
/** Answers that wait in a pipe are read before a timer that is due again: we may have been busy just now. */
const UNREAD_WAIT = millis(3);

export interface BurstTarget {
  readonly probe: Probe;
  /** After how long each of its requests is lost. */
  readonly timeout: Millis;
  /** The child's start, and when the first of its requests leaves. */
  readonly started: Mono | null;
  readonly sent: Mono | null;
  readonly isAnswered: boolean;
}

/** What pf says of packets that came in by the link. */
interface Passive {
  /** pf is to be asked. */
  readonly isWanted: boolean;
  /** The reading under way. */
  readonly asked: number | null;
  /** At the burst's start; null: not known. */
  readonly first: number | null;
  readonly hasGrown: boolean;
}

/**
 * A ping of this machine to itself, the last child of a burst: silence is the link's once as many requests have gone the same way
 * through this machine and come back. On one too busy to run its children it comes late, as do their answers.
 */
interface Witness {
  readonly probe: Probe;
  /** When its last answer was read. */
  readonly heard: Mono | null;
}

export interface Burst {
  readonly began: Mono;
  /** How long we have been kept from running since then. */
  readonly late: Millis;
  /** Null: it can say nothing, since it could not send. */
  readonly witness: Witness | null;
  /** The path has stalled before: no verdict until it would be over. */
  readonly notBefore: Mono;
  readonly targets: readonly BurstTarget[];
  readonly passive: Passive;
  /** Set when all requests are lost: the path is dead at this instant unless something is heard until then. */
  readonly judgeAt: Mono | null;
}

const spacingOf = (interval: Millis): Millis =>
  millis(Math.min(LONGEST_SPACING, Math.max(SHORTEST_SPACING, Math.round(interval / 20))));

const witnessOf = (probe: Probe, begun: number, spacing: Millis): Probe => ({
  ...probe,
  key: `${probe.path}/witness#${begun}`,
  family: 'inet',
  ask: { kind: 'ping' },
  address: '127.0.0.1',
  rtable: 0,
  interval: spacing,
  count: BURST_COUNT,
});

/** The `nth` burst of a path, to those of its targets that have not failed; `notBefore`: no verdict until then. */
export const newBurst = (
  targets: readonly TargetHealth[],
  nth: number,
  interval: Millis,
  notBefore: Mono,
  now: Mono,
): Burst => {
  const spacing = spacingOf(interval);
  const some = targets[0]?.probe;
  return {
    began: now,
    late: millis(0),
    witness: some === undefined ? null : { probe: witnessOf(some, nth, spacing), heard: null },
    notBefore,
    targets: targets
      .filter((target) => target.verdict !== 'failed' && canConfirm(target))
      .map(({ probe, window }) => ({
        probe: { ...probe, key: `${probe.key}#${nth}`, interval: spacing, count: BURST_COUNT },
        // Twice as long as for the one whose loss has begun it: it may only have become slow.
        timeout: timeoutOf({ ...window, lossesInRow: 1 }),
        started: null,
        sent: null,
        isAnswered: false,
      })),
    passive: { isWanted: true, asked: null, first: null, hasGrown: false },
    judgeAt: null,
  };
};

export const isUnheard = ({ witness }: Burst): boolean => witness !== null && witness.heard === null;

/** When the last request leaves; not before the witness has come round to its own. Null before the child has been started. */
const lastSent = ({ witness }: Burst, { sent, probe }: BurstTarget): Mono | null =>
  sent === null
    ? null
    : mono(Math.max(sent + (BURST_COUNT - 1) * probe.interval, witness?.heard ?? Number.NEGATIVE_INFINITY));

/** When all that is not answered is lost. */
const lostBy = (burst: Burst): Mono => {
  const ends = burst.targets.map((target) => {
    const last = lastSent(burst, target);
    return last === null ? plus(burst.began, LONGEST_START) : plus(last, target.timeout);
  });
  const heard = isUnheard(burst) ? plus(burst.began, LONGEST_WITNESS) : burst.began;
  return plus(mono(Math.max(burst.notBefore, heard, ...ends)), burst.late);
};

/**
 * A target that was heard since the burst began, whether it has answered that or a steady request. What came at the very instant
 * was known when it began.
 */
export const isHeard = (burst: Burst, { probe, window }: TargetHealth): boolean =>
  (window.heard !== null && window.heard.at > burst.began) ||
  burst.targets.some((target) => target.isAnswered && target.probe.key.startsWith(`${probe.key}#`));

export type BurstVerdict =
  | { readonly kind: 'open'; readonly burst: Burst }
  /** Too few of its children ran to say anything. */
  | { readonly kind: 'void' }
  /** Packets come in by the link: it is alive, and slower than we thought. */
  | { readonly kind: 'carrying' }
  /** `by`: when the last request left that was not answered. */
  | { readonly kind: 'dead'; readonly by: Mono };

/** What an unanswered burst says at `now`. That enough targets have answered is for the caller to see first. */
export const stepBurst = (burst: Burst, now: Mono): BurstVerdict => {
  if (burst.passive.hasGrown) return { kind: 'carrying' };
  if (burst.judgeAt === null) {
    if (now < lostBy(burst)) return { kind: 'open', burst };
    const sent = burst.targets.map((target) => lastSent(burst, target));
    if (sent.includes(null) || isUnheard(burst)) return { kind: 'void' };
    const { first } = burst.passive;
    const passive = { ...burst.passive, isWanted: first !== null };
    const judgeAt = plus(now, first === null ? UNREAD_WAIT : PF_WAIT);
    return { kind: 'open', burst: { ...burst, passive, judgeAt } };
  }
  if (now < burst.judgeAt) return { kind: 'open', burst };
  const by = Math.max(burst.began, ...burst.targets.map((target) => lastSent(burst, target) ?? burst.began));
  return { kind: 'dead', by: mono(by) };
};

export const burstDeadline = (burst: Burst | null): Mono | null =>
  burst === null ? null : (burst.judgeAt ?? lostBy(burst));

export const isOfBurst = (burst: Burst | null, probe: string): boolean =>
  burst !== null &&
  (burst.witness?.probe.key === probe || burst.targets.some((target) => target.probe.key === probe));

/** We were to run at `from`, and do only `now`: what was not over by then is waited for as much longer. */
export const prolong = (burst: Burst, from: Mono, now: Mono): Burst => {
  if (burst.judgeAt !== null || from >= lostBy(burst)) return burst;
  const by = now - Math.max(from, burst.began);
  return { ...burst, late: millis(Math.min(LONGEST_LATE, burst.late + Math.max(0, by))) };
};
