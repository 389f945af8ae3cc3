/**
 * A target of a path: its probe, its window, and what the two say of it. Whether the path is any good with such targets is
 * health.ts's business.
 */

import { longestWait } from './estimate.ts';
import { type Quality, readQuality } from './figures.ts';
import { judgedOutcomes, stepPatience } from './loss.ts';
import type { Ask, Family, PathKey, Probe, ProbeSettings, Target } from './model.ts';
import { familyOfTarget, isLinkLocal } from './model.ts';
import { nameTarget } from './target-name.ts';
import { type Millis, type Mono, millis } from './time.ts';
import {
  carryWindow,
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
  /** What is measured, and how: a window is kept for as long as this is the same. */
  readonly measure: string;
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
  /** Between two requests, in place of the settings' interval; null: that. */
  readonly pace: Millis | null;
  /** How often targets of its have been begun anew: a child of one that was before tells nothing of the one that has its measure. */
  readonly incarnation: number;
}

/** What its packets leave by. */
export interface Way {
  readonly gateway: string;
  readonly address: string;
  readonly identity: string;
}

/** As ping(8) wants it: the same link-local address may be on every interface. */
const withScope = (path: Asked, address: string): string =>
  isLinkLocal(address) ? `${address}%${path.interface}` : address;

/** Who asks by starting a process does so no more often than this. */
const SHORTEST_RUN = millis(1000);

/** How a program of the administrator's is told what to ask, and by which way. */
const environmentOf = (path: Asked, way: Way, longest: Millis): Readonly<Record<string, string>> => ({
  UPLINKD_LINK: path.key.slice(0, path.key.lastIndexOf('/')),
  UPLINKD_FAMILY: path.family,
  UPLINKD_INTERFACE: path.interface,
  UPLINKD_RTABLE: String(path.rtable),
  UPLINKD_ADDRESS: withScope(path, way.address),
  UPLINKD_GATEWAY: withScope(path, way.gateway),
  UPLINKD_TIMEOUT: String(longest / 1000),
});

const askOf = (target: Target, path: Asked, way: Way, longest: Millis): Ask => {
  switch (target.kind) {
    case 'gateway':
    case 'address':
      return { kind: 'ping' };
    case 'tcp':
      return { kind: 'tcp', port: target.port };
    case 'dns':
      return { kind: 'dns', name: target.name };
    case 'exec':
      return { kind: 'exec', command: target.command, environment: environmentOf(path, way, longest) };
  }
};

/** The probes of a path whose evidence is present: one for each different thing that is to be asked. */
export const newTargets = (path: Asked, way: Way): readonly TargetHealth[] => {
  const { timeout, targets, loss } = path.settings;
  const longest = longestWait(timeout);
  const found = new Map<string, TargetHealth>();
  for (const target of targets) {
    if ((familyOfTarget(target) ?? path.family) !== path.family) continue;
    const address = withScope(
      path,
      target.kind === 'gateway' || target.kind === 'exec' ? way.gateway : target.address,
    );
    const ask = askOf(target, path, way, longest);
    // An address that is pinged is one target, whatever it is called.
    const name = ask.kind === 'ping' ? address : nameTarget(target);
    if (found.has(name)) continue;
    const isSingle = ask.kind !== 'ping';
    const own = millis(Math.max(isSingle ? SHORTEST_RUN : 0, path.settings.interval));
    const interval = path.pace === null ? own : millis(Math.max(own, path.pace));
    const limit = isSingle ? `/${longest}` : '';
    const measure = `${path.key}/${name} ${way.identity}@${path.rtable}/${interval}${limit}`;
    found.set(name, {
      target: nameTarget(target),
      measure,
      probe: {
        key: path.incarnation > 1 ? `${measure}.${path.incarnation}` : measure,
        path: path.key,
        family: path.family,
        ask,
        longest,
        address,
        rtable: path.rtable,
        interval,
        count: null,
      },
      verdict: 'unknown',
      // As many outcomes at every pace: of fewer the last losses would be a greater share, and a change of pace would be a fall.
      window: newWindow(interval, timeout, windowSize(loss.window, own), isSingle),
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
    const kept = targets.find((target) => target.measure === each.measure);
    if (kept === undefined) return each;
    const window = retuneWindow(kept.window, each.window.timeout, each.window.size);
    return { ...kept, target: each.target, window };
  });

/** The same targets in another rhythm: asked anew, judged as they were. */
export const repaceTargets = (
  targets: readonly TargetHealth[],
  fresh: readonly TargetHealth[],
): readonly TargetHealth[] =>
  fresh.map((each) => {
    const was = targets.find(({ target }) => target === each.target);
    return was === undefined
      ? each
      : { ...was, measure: each.measure, probe: each.probe, window: carryWindow(was.window, each.window) };
  });

/** What a target's quality is judged by. */
export const qualityOf = ({ window }: TargetHealth): Quality =>
  readQuality({ outcomes: judgedOutcomes(window) });

/** Whether a mark of loss is reached, by enough outcomes and losses to mean anything. */
export const isLossy = (quality: Quality, mark: number): boolean =>
  quality.outcomes >= FEWEST_OUTCOMES && quality.lost >= FEWEST_LOSSES && quality.lossPercent >= mark;

/**
 * A target that failed by losses which were slow answers: one has come to a request that had left by `fell.by`, when the
 * last of those did that were taken for lost. What came at the very instant of the fall has been heard in it.
 */
export const isAcquitted = (target: TargetHealth, fell: Fall | null): boolean => {
  const { heard } = target.window;
  return fell !== null && heard !== null && heard.at > fell.at && heard.sent <= fell.by;
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
  /** A burst is to say whether losses in a row are a failure. */
  readonly isAsking: boolean;
}

/** Bursts are made of such (confirm.ts): programs of the administrator's may be slow, and are not run several at a time. */
export const canConfirm = ({ probe }: TargetHealth): boolean => probe.ask.kind !== 'exec';

/** It is failing now, whatever was said of it before. What answers `rise` times in a row is not, whatever the window remembers. */
const isFailing = (target: TargetHealth, { fall, rise, loss }: ProbeSettings, isAsking = false): boolean =>
  (target.window.lossesInRow >= fall && !isAsking) ||
  (target.window.answersInRow < rise && isLossy(qualityOf(target), loss.down));

/**
 * Acquitted, and not failing by what is left: by losses before those by which it fell, or by those of a time-out that is
 * fixed, it would fail again at the next look.
 */
const isCleared = (target: TargetHealth, { settings, fell }: Judging): boolean =>
  isAcquitted(target, fell) && !isFailing({ ...target, window: stepPatience(target.window) }, settings);

const judge = (target: TargetHealth, judging: Judging): Verdict => {
  const { verdict, window } = target;
  if (verdict === 'failed' && isCleared(target, judging)) return 'answers';
  // One that is given the longest time has been asked about already.
  const isAsking = judging.isAsking && canConfirm(target) && verdict !== 'failed' && !window.isPatient;
  if (isFailing(target, judging.settings, isAsking)) return 'failed';
  const hasRisen = window.answersInRow >= judging.settings.rise;
  // Its outage is still in the window: `rise` answers tell of the present.
  if (verdict === 'failed') return hasRisen ? 'answers' : 'failed';
  const isEnough = verdict === 'unknown' && judging.isStarting ? window.answersInRow >= 1 : hasRisen;
  return isEnough ? 'answers' : verdict;
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
  const isSlow = isCleared(read, judging);
  return {
    ...target,
    verdict,
    window: isSlow ? stepPatience(window) : onlyLast(window, judging.settings.rise),
  };
};
