/**
 * What a probe's child reports, taken into the path that it is of: steady probes into their windows, those of a burst
 * into the burst. What follows from it is for health.ts.
 */
import { isOfBurst } from './burst.ts';
import { stepBurstAnswer, stepBurstEnded, stepBurstError, stepBurstStarted } from './confirm.ts';
import { REFUSED_BY_PF } from './doubt.ts';
import { type Estimate, stepEstimate } from './estimate.ts';
import type { PathKey } from './model.ts';
import type { Observation } from './observation.ts';
import type { PathHealth } from './path.ts';
import { draftPath } from './shape.ts';
import type { TargetHealth } from './target.ts';
import { type Millis, type Mono, millis } from './time.ts';
import { startWindow, stepAnswer, stepChildGone, stepSendError, stepSent, type Window } from './window.ts';

export type Heard = Extract<
  Observation,
  { kind: 'probe-started' | 'probe-sent' | 'probe-answer' | 'probe-error' | 'probe-ended' }
>;

/** The path that a probe is of, by its key. */
export const pathOfProbe = (probe: string): PathKey => {
  const slash = probe.indexOf('/');
  const link = probe.slice(0, slash);
  return probe.startsWith('inet6/', slash + 1) ? `${link}/inet6` : `${link}/inet`;
};

/**
 * Until a child that was started now has sent its first request, as far as others tell. No more than usual: any answer
 * clears a path, so a child may be late by all of its burst before that could matter.
 */
const LEAST_SLACK = 5;
const MOST_SLACK = 500;
/** Before any has told. */
const UNKNOWN_SLACK = millis(50);

export const slackOf = (starts: Estimate | null): Millis =>
  starts === null
    ? UNKNOWN_SLACK
    : millis(Math.min(MOST_SLACK, Math.max(LEAST_SLACK, starts.mean + starts.deviation)));

/** A child's first answer tells how long it took to begin. */
export const stepStarts = (
  starts: Estimate | null,
  path: PathHealth,
  heard: Heard,
  now: Mono,
): Estimate | null => {
  if (heard.kind !== 'probe-answer' || heard.rtt === null || heard.duplicate) return starts;
  const started =
    path.targets.find(({ probe }) => probe.key === heard.probe)?.window ??
    path.confirming.burst?.targets.find(({ probe }) => probe.key === heard.probe);
  if (started?.started === undefined || started.started === null) return starts;
  // How long other programs take says nothing of ping.
  if ('probe' in started && started.probe.ask.kind !== 'ping') return starts;
  const interval = 'interval' in started ? started.interval : started.probe.interval;
  const sample = now - heard.rtt - heard.seq * interval - started.started;
  // A child whose first answers were lost was started long ago, as far as anybody can tell.
  return sample < 0 || sample > MOST_SLACK ? starts : stepEstimate(starts, sample);
};

const withWindow = (
  { target, measure, probe, verdict }: TargetHealth,
  window: Window,
  complaint: string | null,
): TargetHealth => ({ target, measure, probe, verdict, window, complaint });

const inTarget = (target: TargetHealth, heard: Heard, now: Mono): TargetHealth => {
  switch (heard.kind) {
    case 'probe-started':
      return withWindow(target, startWindow(target.window, now), target.complaint);
    case 'probe-sent':
      return withWindow(target, stepSent(target.window, now), target.complaint);
    case 'probe-answer':
      return withWindow(target, stepAnswer(target.window, heard, now), null);
    case 'probe-error':
      return withWindow(target, stepSendError(target.window, now), heard.text);
    case 'probe-ended':
      return withWindow(target, stepChildGone(target.window, now), target.complaint);
  }
};

/** The path with what was heard in it; the same path if the probe is none of its own. */
export const hear = (path: PathHealth, heard: Heard, slack: Millis, now: Mono): PathHealth => {
  if (path.targets.some(({ probe }) => probe.key === heard.probe)) {
    const next = draftPath(path);
    next.targets = path.targets.map((target) =>
      target.probe.key === heard.probe ? inTarget(target, heard, now) : target,
    );
    return next;
  }
  if (!isOfBurst(path.confirming.burst, heard.probe)) return path;
  switch (heard.kind) {
    case 'probe-started':
      return { ...path, confirming: stepBurstStarted(path.confirming, heard.probe, slack, now) };
    case 'probe-answer':
      return { ...path, confirming: stepBurstAnswer(path.confirming, heard.probe, heard.seq, now) };
    case 'probe-ended':
      return { ...path, confirming: stepBurstEnded(path.confirming, heard.probe) };
    case 'probe-error': {
      // What pf has refused never was on the link. Steady requests go on, and decide by `fall`.
      const step = heard.text === REFUSED_BY_PF ? stepBurstEnded : stepBurstError;
      return { ...path, confirming: step(path.confirming, heard.probe) };
    }
    case 'probe-sent':
      return path;
  }
};
