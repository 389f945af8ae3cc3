/**
 * The path health machine: everything that affects a path's health lives here. Hard evidence decides at once; where
 * it is present, probes decide.
 *
 *   from                       when                                    to
 *   any                        evidence missing                        down (its reason)
 *   any                        evidence of another path, or back       unknown (probing)
 *   unknown (starting)         `quorum` targets answer once            up
 *   unknown (probing)          `quorum` targets answer `rise` times    unknown (hold)
 *   down (probe-loss)          `quorum` targets answer `rise` times    unknown (hold)
 *   unknown (hold)             good for `hold`                         up, or unknown (damped) if it fell too often
 *   unknown (damped)           its penalty has decayed                 up
 *   unknown (damped)           no longer `quorum` targets              unknown (probing)
 *   unknown (hold)             no longer `quorum` targets              unknown (probing)
 *   unknown, up, degraded      `quorum` out of reach: targets failed   down (probe-loss)
 *   unknown                    its routing table cannot be set         down (no-route)
 *   up                         loss at its degraded mark               degraded (probe-loss)
 *   up                         latency at its degraded mark            degraded (probe-latency)
 *   degraded (probe-latency)   loss at its degraded mark               degraded (probe-loss)
 *   degraded (probe-loss)      loss well below its mark, latency not   degraded (probe-latency)
 *   degraded (probe-latency)   latency well below its mark, loss not   degraded (probe-loss)
 *   degraded                   both well below their marks             up
 *
 * The last six rows need no time of their own, so a path that turns up may be degraded at the same instant. A target
 * fails by `fall` losses in a row or by `loss.down` percent of its window, and recovers when `rise` answers in a row
 * have come and its window is below `loss.down` again. No latency fails a target, so none takes a path down.
 *
 * It knows nothing of policies: that a path on hold may be used when nothing else can is decide.ts's business.
 */
import { burstDeadline, isHeard, isUnheard, stepBurst } from './burst.ts';
import {
  beginLast,
  type Confirming,
  clearTargets,
  endBurst,
  excuseTargets,
  failTargets,
  mayAsk,
  newConfirming,
  stepStall,
  stepSuspicion,
} from './confirm.ts';
import { isDamped, reuseAt, stepFlap, stepPardon } from './damping.ts';
import type { Evidence } from './evidence.ts';
import { withoutLosses } from './loss.ts';
import type { Health, ProbeSettings, Reason } from './model.ts';
import { isUsable, type PathHealth } from './path.ts';
import { degradedBy, isQuorate } from './quorum.ts';
import {
  canConfirm,
  type Fall,
  isAcquitted,
  newTargets,
  repaceTargets,
  retuneTargets,
  stepTarget,
  type TargetHealth,
} from './target.ts';
import { earliest, type Millis, type Mono, millis, mono, plus } from './time.ts';
import { lossDue, newestLoss, stepSkipped } from './window.ts';

/** One that is damped would be up; what it goes on doing counts (RFC 2439). Taken down by hand is no fall. */
const isFlap = (path: PathHealth, health: Health, reason: Reason): boolean =>
  path.settings.damping &&
  (isUsable(path) || path.reason === 'damped') &&
  health === 'down' &&
  reason !== 'admin';

const withHealth = (path: PathHealth, health: Health, reason: Reason, now: Mono): PathHealth =>
  path.health === health && path.reason === reason
    ? path
    : {
        ...path,
        health,
        reason,
        // A new reason for the same health (down for another cause) does not make it any younger.
        since: path.health === health ? path.since : now,
        goodSince: reason === 'hold' ? now : null,
        fell: null,
        damping: isFlap(path, health, reason) ? stepFlap(path.damping, now) : path.damping,
      };

const identityOf = (evidence: Evidence | null): string | null =>
  evidence?.kind === 'ready' ? evidence.identity : null;

/** New hard evidence. Evidence that is as it was changes nothing at all. */
export const stepEvidence = (path: PathHealth, evidence: Evidence, now: Mono): PathHealth => {
  if (evidence.kind === 'missing') {
    const bare = {
      ...path,
      evidence,
      isRouted: false,
      targets: [],
      confirming: newConfirming(now),
    };
    return withHealth(bare, 'down', evidence.reason, now);
  }
  if (identityOf(path.evidence) === evidence.identity) return path;
  const isFirst = path.evidence === null;
  const begun = { ...path, incarnation: path.incarnation + 1 };
  const ready = {
    ...begun,
    evidence,
    lastReady: { gateway: evidence.gateway, address: evidence.address, rdomain: path.rdomain },
    isRouted: false,
    targets: newTargets(begun, evidence),
    confirming: newConfirming(now),
  };
  return isFirst ? ready : withHealth(ready, 'unknown', 'probing', now);
};

/** The path's routing table was set, or could not be. */
export const stepRoute = (path: PathHealth, isRouted: boolean, now: Mono): PathHealth => {
  if (path.evidence?.kind !== 'ready') return path;
  if (isRouted) {
    const routed = path.isRouted ? path : { ...path, isRouted };
    return path.reason === 'no-route' ? withHealth(routed, 'unknown', 'probing', now) : routed;
  }
  // A path that has its probes running is judged by them.
  return path.isRouted ? path : withHealth(path, 'down', 'no-route', now);
};

/** A usable path is up or degraded, as its targets that answer say. */
const stepQuality = (path: PathHealth, now: Mono): PathHealth => {
  const by = degradedBy(path);
  return by === null ? withHealth(path, 'up', 'answering', now) : withHealth(path, 'degraded', by, now);
};

/** `by`, or when the newest of the requests had left that were taken for lost. */
const fallOf = (path: PathHealth, by: Mono | null, now: Mono): Fall => ({
  at: now,
  by: by ?? mono(Math.max(...path.targets.map(({ window }) => newestLoss(window) ?? 0))),
});

/** Down by losses. If it was usable until now, `by` tells which answers would still clear it. */
const fallBy = (path: PathHealth, stepped: PathHealth, by: Mono | null, now: Mono): PathHealth => {
  const { confirming, targets } = stepped;
  // What it was asked about is decided.
  const decided = confirming.burst === null ? confirming : endBurst(confirming, targets);
  const down = withHealth({ ...stepped, confirming: decided }, 'down', 'probe-loss', now);
  return isUsable(path) ? { ...down, fell: fallOf(stepped, by, now) } : down;
};

const readTargets = (path: PathHealth, isAsking: boolean, now: Mono): PathHealth => {
  const isStarting = path.reason === 'starting';
  const judging = { settings: path.settings, isStarting, fell: path.fell, isAsking };
  let isSame = true;
  const targets = path.targets.map((target) => {
    const after = stepTarget(target, judging, now);
    isSame &&= after === target;
    return after;
  });
  return isSame ? path : { ...path, targets };
};

const isLost = (path: PathHealth): boolean => !isQuorate(path, (target) => target.verdict !== 'failed');

/** A path on which a loss is worth a burst. */
const isWatched = (path: PathHealth): boolean =>
  isUsable(path) || path.reason === 'hold' || path.reason === 'damped';

const isHeldBack = (path: PathHealth, now: Mono): boolean =>
  path.settings.damping && isDamped(path.damping, now);

/** Another loss on each target that the quorum hangs on: that is rarely chance. */
const isSuspect = (path: PathHealth): boolean => {
  const most = Math.min(2, path.settings.fall);
  return !isQuorate(
    path,
    (target) =>
      target.verdict !== 'failed' &&
      (!canConfirm(target) || target.window.lossesInRow < most || target.window.isPatient),
  );
};

/**
 * The targets as their windows tell. Before losses in a row alone take the path down a burst is asked: some of them in a
 * row come by chance where loss is common, but hardly a burst of them as well.
 */
const judgeTargets = (path: PathHealth, now: Mono): PathHealth => {
  const plain = readTargets(path, false, now);
  if (!isWatched(path) || !mayAsk(path.confirming, path.settings) || !isSuspect(plain)) return plain;
  const asking = readTargets(path, true, now);
  if (isLost(asking)) return plain;
  const { confirming, targets, settings } = asking;
  return confirming.burst === null
    ? { ...asking, confirming: beginLast(confirming, targets, settings.interval, now) }
    : asking;
};

/** What was lost while this machine did not hear itself is no row, and what is open counts neither way. */
const skipTargets = (targets: readonly TargetHealth[], now: Mono): readonly TargetHealth[] =>
  targets.map((target) => ({ ...target, window: withoutLosses(stepSkipped(target.window, now)) }));

/** Begins, follows and ends a burst. `by` is set when it has found the path dead. */
const confirmPath = (
  path: PathHealth,
  now: Mono,
): { readonly path: PathHealth; readonly by: Mono | null } => {
  const follow = (confirming: Confirming): PathHealth =>
    confirming === path.confirming ? path : { ...path, confirming };
  const { burst } = path.confirming;
  const isOn = isWatched(path);
  if (burst === null || !isOn) {
    const settings = path.pace === null ? path.settings : { ...path.settings, interval: path.pace };
    const suspicion = stepSuspicion(path.confirming, path.targets, settings, isOn, now);
    return { path: follow(burst === null ? suspicion : { ...suspicion, burst: null }), by: null };
  }
  const end = (targets = path.targets, isVoid = false, isDeaf = false): PathHealth => {
    // Nothing is asked any more; and where a row has ended, the next request is waited for less long.
    const read = readTargets({ ...path, targets }, false, now);
    return { ...read, confirming: { ...endBurst(path.confirming, read.targets), isVoid, isDeaf } };
  };
  if (isQuorate(path, (target) => isHeard(burst, target)))
    return { path: end(clearTargets(path.targets, burst)), by: null };
  const verdict = stepBurst(burst, now);
  switch (verdict.kind) {
    case 'open':
      return {
        path: verdict.burst === burst ? path : follow({ ...path.confirming, burst: verdict.burst }),
        by: null,
      };
    case 'void':
      // Once: a machine that never hears itself must find dead links dead all the same.
      return isUnheard(burst) && !path.confirming.isDeaf
        ? { path: end(skipTargets(path.targets, now), false, true), by: null }
        : { path: end(path.targets, true), by: null };
    case 'carrying':
      return { path: end(excuseTargets(path.targets)), by: null };
    case 'dead':
      return { path: end(clearTargets(failTargets(path.targets, burst), burst)), by: verdict.by };
  }
};

/** Reads every window at `now` and takes the step that follows, if one does. What changes nothing is the same path. */
export const stepPath = (path: PathHealth, now: Mono): PathHealth => {
  if (path.evidence?.kind !== 'ready') return path;
  const { path: stepped, by } = confirmPath(judgeTargets(path, now), now);
  const { hold } = path.settings;
  const isGood = isQuorate(stepped, (target) => target.verdict === 'answers');
  if (isLost(stepped)) return path.reason === 'no-route' ? stepped : fallBy(path, stepped, by, now);
  if (isUsable(path)) return stepQuality(stepped, now);
  switch (path.reason) {
    case 'starting':
      return isGood ? stepQuality(stepped, now) : stepped;
    case 'probing':
    case 'probe-loss':
      // It was never down: its answers are late, and so was the verdict too soon.
      if (isQuorate(stepped, (target) => isAcquitted(target, path.fell))) {
        const { damping, confirming } = stepped;
        const pardoned = {
          damping: stepPardon(damping, now),
          confirming: stepStall(confirming, now),
        };
        return stepQuality({ ...stepped, ...pardoned }, now);
      }
      return isGood ? stepPath(withHealth(stepped, 'unknown', 'hold', now), now) : stepped;
    case 'hold':
      if (!isGood) return withHealth(stepped, 'unknown', 'probing', now);
      if (now < plus(path.goodSince ?? now, hold)) return stepped;
      return isHeldBack(stepped, now)
        ? withHealth(stepped, 'unknown', 'damped', now)
        : stepQuality(stepped, now);
    case 'damped':
      if (!isGood) return withHealth(stepped, 'unknown', 'probing', now);
      return isHeldBack(stepped, now) ? stepped : stepQuality(stepped, now);
    case 'answering':
    case 'probe-latency':
    case 'admin':
    case 'interface-absent':
    case 'interface-down':
    case 'carrier-down':
    case 'no-address':
    case 'no-gateway':
    case 'gateway-off-link':
    case 'same-gateway':
    case 'same-network':
    case 'same-rdomain':
    case 'no-route':
      return stepped;
  }
};

/** Enough targets answered their last probe: the first credible sign of life, long before `rise` and `hold`. */
export const isAnswering = (path: PathHealth): boolean =>
  path.evidence?.kind === 'ready' &&
  // One loss does not undo what `rise` answers have shown, least of all where losses are expected.
  (path.reason === 'hold' ||
    path.reason === 'damped' ||
    path.health === 'degraded' ||
    (path.targets.length > 0 && isQuorate(path, (target) => target.window.answersInRow > 0)));

/** When a path that is held back, or damped, will be up if nothing happens; null when it is neither. */
export const holdEnds = (path: PathHealth): Mono | null => {
  if (path.reason === 'damped') return reuseAt(path.damping, path.since);
  return path.reason === 'hold' && path.goodSince !== null ? plus(path.goodSince, path.settings.hold) : null;
};

/**
 * Nobody looked for `by`, until `now`: requests of that time count neither way, a burst that ran into it says nothing, and
 * a path that is held back has to be seen good once more, since nobody saw that it stayed so.
 */
export const skipPath = (path: PathHealth, by: Millis, now: Mono): PathHealth => {
  const later = millis(by + path.settings.interval);
  const { goodSince, damping, targets, confirming } = path;
  return {
    ...path,
    goodSince: goodSince === null ? null : plus(goodSince, later),
    damping: path.reason === 'damped' ? { ...damping, at: plus(damping.at, later) } : damping,
    targets: targets.map((target) => ({ ...target, window: stepSkipped(target.window, now) })),
    confirming: confirming.burst === null ? confirming : endBurst(confirming, targets),
  };
};

/**
 * Its routing table had lost its default route, and has it again: what could not leave says nothing of the link (nor do pings that
 * were refused for want of it), and what was asked meanwhile is asked again if there is reason to.
 */
export const excuseRoute = (path: PathHealth, now: Mono): PathHealth => {
  const { confirming } = path;
  const targets = skipTargets(path.targets, now);
  return {
    ...path,
    targets,
    confirming: confirming.burst === null ? confirming : endBurst(confirming, targets),
  };
};

/** When this path wants to be looked at next. */
export const pathDeadline = (path: PathHealth): Mono | null =>
  earliest(
    holdEnds(path),
    burstDeadline(path.confirming.burst),
    ...path.targets.map((target) => lossDue(target.window)),
  );

/** The same path, asked more or less often from now on; what was measured stays. */
export const stepPace = (path: PathHealth, pace: Millis | null): PathHealth => {
  if (pace === path.pace) return path;
  const paced = { ...path, pace, incarnation: path.incarnation + 1 };
  if (path.evidence?.kind !== 'ready') return paced;
  return {
    ...paced,
    targets: repaceTargets(path.targets, newTargets(paced, path.evidence)),
    // Its requests would be beside targets that are no more.
    confirming: { ...path.confirming, burst: null },
  };
};

/**
 * The same path under new settings: health, windows and running probes are kept wherever the same thing is measured
 * in the same way. `path` is of the same link, interface and gateway.
 */
export const retunePath = (path: PathHealth, settings: ProbeSettings): PathHealth => {
  const retuned = { ...path, settings };
  if (path.evidence?.kind !== 'ready') return retuned;
  const incarnation = path.incarnation + 1;
  const fresh = newTargets({ ...retuned, incarnation }, path.evidence);
  const targets = retuneTargets(path.targets, fresh);
  const { credit, isRefused, ...confirming } = path.confirming;
  return {
    ...retuned,
    incarnation: targets.some((target) => fresh.includes(target)) ? incarnation : path.incarnation,
    targets,
    // A burst is of the old targets. That ping refused to is worth another try.
    confirming: { ...confirming, credit, isRefused: false, burst: null },
  };
};
