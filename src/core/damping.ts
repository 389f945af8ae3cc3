/**
 * Flap damping after RFC 2439: each fall of a usable path is a penalty that decays by half in a fixed time. A path that has
 * collected too much of it is held back, however good it looks, until the penalty is small again. Knows nothing of what a
 * fall is; that is health.ts.
 */
import { type Millis, type Mono, millis, plus, since } from './time.ts';

/** For one fall. The numbers themselves mean nothing, but how they relate. */
export const FLAP = 1000;
export const HALF_LIFE = millis(120_000);
/** From here on the path is held back: by the third fall within some two minutes. */
export const SUPPRESS = 2000;
/** Below this it is not any more. */
export const REUSE = 1000;
/** Nothing is held for longer, whatever it has done. */
export const LONGEST = millis(600_000);
const CAP = REUSE * 2 ** (LONGEST / HALF_LIFE);

export interface Damping {
  /** As of `at`. */
  readonly penalty: number;
  readonly at: Mono;
  /** It was suppressed; it is until the penalty has decayed. */
  readonly isSuppressed: boolean;
}

export const newDamping = (now: Mono): Damping => ({ penalty: 0, at: now, isSuppressed: false });

export const penaltyAt = ({ penalty, at }: Damping, now: Mono): number =>
  penalty * 2 ** (-Math.max(0, since(now, at)) / HALF_LIFE);

/** A usable path has fallen. */
export const stepFlap = (damping: Damping, now: Mono): Damping => {
  const penalty = Math.min(CAP, penaltyAt(damping, now) + FLAP);
  return { penalty, at: now, isSuppressed: isDamped(damping, now) || penalty >= SUPPRESS };
};

/** The last fall was none. */
export const stepPardon = (damping: Damping, now: Mono): Damping => {
  const penalty = Math.max(0, penaltyAt(damping, now) - FLAP);
  return { penalty, at: now, isSuppressed: damping.isSuppressed && penalty >= REUSE };
};

/** When the path may be used again; null: it may now, as far as this goes. */
export const reuseAt = (damping: Damping, now: Mono): Mono | null => {
  if (!damping.isSuppressed || damping.penalty <= REUSE) return null;
  const wait: Millis = millis(Math.ceil(HALF_LIFE * Math.log2(damping.penalty / REUSE)));
  const at = plus(damping.at, wait);
  return at > now ? at : null;
};

export const isDamped = (damping: Damping, now: Mono): boolean => reuseAt(damping, now) !== null;
