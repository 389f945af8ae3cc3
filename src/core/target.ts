/**
 * A target of a path: its probe, its window, and what the two say of it. Whether the path is any good with such targets is
 * health.ts's business.
 */

import { type Quality, readQuality } from './figures.ts';
import { judgedOutcomes, stepPatience } from './loss.ts';
import type { Family, PathKey, Probe, ProbeSettings } from './model.ts';
import { isLinkLocal } from './model.ts';
import type { Mono } from './time.ts';
import {
  FEWEST_OUTCOMES,
  newWindow,
  onlyLast,
  retuneWindow,
  stepReading,
  type Window,
  windowSize,
} from './window.ts';

/** One loss is chance, even where it is a tenth of all outcomes: it takes two for a share to be a mark reached. */
const FEWEST_LOSSES = 2;

/** What a target's probes say of it. */
export type Verdict = 'unknown' | 'answers' | 'failed';

export interface TargetHealth {
  /** As configured: `gateway` or an address. */
  readonly target: string;
  readonly probe: Probe;
  readonly verdict: Verdict;
  readonly window: Window;
  /** ping's last complaint since the last answer. */
  readonly complaint: string | null;
}

/** What a path's probes need to know of it. */
export interface Asked {
  readonly key: PathKey;
  readonly family: Family;
  readonly interface: string;
  readonly rtable: number;
  readonly settings: ProbeSettings;
}

/** As ping(8) wants it: the same link-local address may be on every interface. */
const withScope = (path: Asked, address: string): string =>
  isLinkLocal(address) ? `${address}%${path.interface}` : address;

/** The probes of a path whose evidence is present: one for each different address that is to be pinged. */
export const newTargets = (path: Asked, gateway: string, identity: string): readonly TargetHealth[] => {
  const { interval, timeout, targets, loss } = path.settings;
  const found = new Map<string, TargetHealth>();
  for (const target of targets) {
    if (target.kind === 'address' && target.family !== path.family) continue;
    const configured = target.kind === 'gateway' ? gateway : target.address;
    const address = withScope(path, configured);
    if (found.has(address)) continue;
    found.set(address, {
      target: target.kind === 'gateway' ? 'gateway' : configured,
      probe: {
        key: `${path.key}/${address} ${identity}@${path.rtable}/${interval}`,
        path: path.key,
        family: path.family,
        address,
        rtable: path.rtable,
        interval,
        count: null,
      },
      verdict: 'unknown',
      window: newWindow(interval, timeout, windowSize(loss.window, interval)),
      complaint: null,
    });
  }
  return [...found.values()];
};

/** The same targets under new settings: a window is kept wherever the same thing is measured in the same way. */
export const retuneTargets = (
  targets: readonly TargetHealth[],
  fresh: readonly TargetHealth[],
): readonly TargetHealth[] =>
  fresh.map((each) => {
    const kept = targets.find((target) => target.probe.key === each.probe.key);
    if (kept === undefined) return each;
    const window = retuneWindow(kept.window, each.window.timeout, each.window.size);
    return { ...kept, target: each.target, window };
  });

/** What a target's quality is judged by. */
export const qualityOf = ({ window }: TargetHealth): Quality =>
  readQuality({ outcomes: judgedOutcomes(window) });

/** Whether a mark of loss is reached, by enough outcomes and losses to mean anything. */
export const isLossy = (quality: Quality, mark: number): boolean =>
  quality.outcomes >= FEWEST_OUTCOMES && quality.lost >= FEWEST_LOSSES && quality.lossPercent >= mark;

/**
 * A target that failed by losses which were slow answers: one has come to a request that had left by `fellBy`, when the
 * last of those did that were taken for lost.
 */
export const isAcquitted = (target: TargetHealth, fell: Fall | null): boolean => {
  const { heard } = target.window;
  return fell !== null && heard !== null && heard.at >= fell.at && heard.sent <= fell.by;
};

export interface Fall {
  readonly at: Mono;
  readonly by: Mono;
}

export interface Judging {
  readonly settings: ProbeSettings;
  /** Nothing is known of the path yet: one answer is enough. */
  readonly isStarting: boolean;
  /** How the path went down by losses while it was usable. */
  readonly fell: Fall | null;
}

const judge = (target: TargetHealth, judging: Judging): Verdict => {
  const { fall, rise, loss } = judging.settings;
  const { answersInRow, lossesInRow } = target.window;
  if (target.verdict === 'failed' && isAcquitted(target, judging.fell)) return 'answers';
  if (lossesInRow >= fall) return 'failed';
  // Its outage is still in the window: `rise` answers tell of the present.
  if (target.verdict === 'failed') return answersInRow >= rise ? 'answers' : 'failed';
  // What answers `rise` times in a row is not failing now, whatever the window remembers.
  if (answersInRow < rise && isLossy(qualityOf(target), loss.down)) return 'failed';
  const enough = target.verdict === 'unknown' && judging.isStarting ? 1 : rise;
  return answersInRow >= enough ? 'answers' : target.verdict;
};

/** Reads the window at `now` and judges. What changes nothing is the same target. */
export const stepTarget = (target: TargetHealth, judging: Judging, now: Mono): TargetHealth => {
  const window = stepReading(target.window, now);
  const read = window === target.window ? target : { ...target, window };
  const verdict = judge(read, judging);
  if (verdict === target.verdict) return read;
  const hasRecovered = target.verdict === 'failed' && verdict === 'answers';
  if (!hasRecovered) return { ...target, verdict, window };
  // A target that has recovered begins anew: what it lost before would make it fail again at once. One that had only
  // become slow has lost nothing yet.
  const isSlow = isAcquitted(read, judging.fell);
  return {
    ...target,
    verdict,
    window: isSlow ? stepPatience(window) : onlyLast(window, judging.settings.rise),
  };
};
