/**
 * The path health machine: everything that affects a path's health lives here. Hard evidence decides at once; where
 * it is present, probes decide.
 *
 *   from               when                                    to
 *   any                evidence missing                        down (its reason)
 *   down (evidence)    evidence back                           unknown (probing)
 *   unknown (starting) `quorum` targets answer once            up
 *   unknown (probing)  `quorum` targets answer `rise` times    unknown (hold)
 *   down (probe-loss)  `quorum` targets answer `rise` times    unknown (hold)
 *   unknown (hold)     good for `hold`                         up
 *   unknown (hold)     no longer `quorum` targets              unknown (probing)
 *   unknown, up        `quorum` out of reach: targets failed   down (probe-loss)
 *   unknown            its routing table cannot be set         down (no-route)
 *
 * It knows nothing of policies: that a path on hold may be used when nothing else can is decide.ts's business.
 */
import type { Evidence } from './evidence.ts';
import type { Family, Health, LinkSettings, PathKey, Probe, ProbeSettings, Reason } from './model.ts';
import { pathKey } from './model.ts';
import { earliest, type Mono, plus } from './time.ts';
import { lossDue, newWindow, stepReading, type Window } from './window.ts';

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

export interface PathHealth {
  readonly key: PathKey;
  readonly link: string;
  readonly family: Family;
  readonly rtable: number;
  readonly settings: ProbeSettings;
  readonly evidence: Evidence | null;
  readonly health: Health;
  readonly reason: Reason;
  readonly since: Mono;
  /** Set on hold: when the path became good. */
  readonly goodSince: Mono | null;
  /** The path's routing table has its default route: probes may run. */
  readonly isRouted: boolean;
  readonly targets: readonly TargetHealth[];
}

export const newPath = (link: LinkSettings, family: Family, rtable: number, now: Mono): PathHealth => ({
  key: pathKey(link.name, family),
  link: link.name,
  family,
  rtable,
  settings: link.probe,
  evidence: null,
  health: 'unknown',
  reason: 'starting',
  since: now,
  goodSince: null,
  isRouted: false,
  targets: [],
});

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
      };

/** The probes of a path whose evidence is present: one for each different address that is to be pinged. */
const newTargets = (path: PathHealth, gateway: string, identity: string): readonly TargetHealth[] => {
  const { interval, timeout, targets } = path.settings;
  const found = new Map<string, TargetHealth>();
  for (const target of targets) {
    const address = target.kind === 'gateway' ? gateway : target.address;
    if (target.kind === 'address' && target.family !== path.family) continue;
    if (found.has(address)) continue;
    found.set(address, {
      target: target.kind === 'gateway' ? 'gateway' : address,
      probe: {
        key: `${path.key}/${address} ${identity}@${path.rtable}/${interval}`,
        path: path.key,
        family: path.family,
        address,
        rtable: path.rtable,
        interval,
      },
      verdict: 'unknown',
      window: newWindow(interval, timeout),
      complaint: null,
    });
  }
  return [...found.values()];
};

const identityOf = (evidence: Evidence | null): string | null =>
  evidence?.kind === 'ready' ? evidence.identity : null;

/** New hard evidence. Evidence that is as it was changes nothing at all. */
export const stepEvidence = (path: PathHealth, evidence: Evidence, now: Mono): PathHealth => {
  if (evidence.kind === 'missing') {
    const bare = { ...path, evidence, isRouted: false, targets: [] };
    return withHealth(bare, 'down', evidence.reason, now);
  }
  if (identityOf(path.evidence) === evidence.identity) return path;
  const isFirst = path.evidence === null;
  const ready = {
    ...path,
    evidence,
    isRouted: false,
    targets: newTargets(path, evidence.gateway, evidence.identity),
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

/** A gateway that is also named by its address is one target, so there may be fewer than were configured. */
export const quorumOf = (path: PathHealth): number => Math.min(path.settings.quorum, path.targets.length);

/**
 * Whether the targets of which `counts` is true are enough: `quorum` of them, and not the gateway alone where anything
 * behind it is pinged. A provider whose network is dead behind a live gateway is dead (PEERS.md S2).
 */
const isQuorate = (path: PathHealth, counts: (target: TargetHealth) => boolean): boolean => {
  const behind = path.targets.filter((target) => target.target !== 'gateway');
  return path.targets.filter(counts).length >= quorumOf(path) && (behind.length === 0 || behind.some(counts));
};

const judge = (target: TargetHealth, path: PathHealth): Verdict => {
  const { fall, rise } = path.settings;
  if (target.window.lossesInRow >= fall) return 'failed';
  const enough = target.verdict === 'unknown' && path.reason === 'starting' ? 1 : rise;
  return target.window.answersInRow >= enough ? 'answers' : target.verdict;
};

/** Reads every window at `now` and takes the step that follows, if one does. */
export const stepPath = (path: PathHealth, now: Mono): PathHealth => {
  if (path.evidence?.kind !== 'ready') return path;
  const targets = path.targets.map((target) => {
    const read = { ...target, window: stepReading(target.window, now) };
    return { ...read, verdict: judge(read, path) };
  });
  const stepped: PathHealth = { ...path, targets };
  const { hold } = path.settings;
  const isGood = isQuorate(stepped, (target) => target.verdict === 'answers');
  const isBad = !isQuorate(stepped, (target) => target.verdict !== 'failed');
  if (isBad) return path.reason === 'no-route' ? stepped : withHealth(stepped, 'down', 'probe-loss', now);
  switch (path.reason) {
    case 'starting':
      return isGood ? withHealth(stepped, 'up', 'answering', now) : stepped;
    case 'probing':
    case 'probe-loss':
      return isGood ? stepPath(withHealth(stepped, 'unknown', 'hold', now), now) : stepped;
    case 'hold':
      if (!isGood) return withHealth(stepped, 'unknown', 'probing', now);
      return now >= plus(path.goodSince ?? now, hold) ? withHealth(stepped, 'up', 'answering', now) : stepped;
    case 'answering':
    case 'interface-absent':
    case 'interface-down':
    case 'carrier-down':
    case 'other-rdomain':
    case 'no-address':
    case 'gateway-off-link':
    case 'no-route':
      return stepped;
  }
};

/** Enough targets answered their last probe: the first credible sign of life, long before `rise` and `hold`. */
export const isAnswering = (path: PathHealth): boolean =>
  path.evidence?.kind === 'ready' &&
  // One loss does not undo what `rise` answers have shown.
  (path.reason === 'hold' ||
    (path.targets.length > 0 && isQuorate(path, (target) => target.window.answersInRow > 0)));

/** When a path on hold will be up if nothing happens; null when it is not on hold. */
export const holdEnds = (path: PathHealth): Mono | null =>
  path.reason === 'hold' && path.goodSince !== null ? plus(path.goodSince, path.settings.hold) : null;

/** When this path wants to be looked at next. */
export const pathDeadline = (path: PathHealth): Mono | null =>
  earliest(holdEnds(path), ...path.targets.map((target) => lossDue(target.window)));

/**
 * The same path under new settings: health, windows and running probes are kept wherever the same thing is measured
 * in the same way. `path` is of the same link, interface and gateway.
 */
export const retunePath = (path: PathHealth, settings: ProbeSettings): PathHealth => {
  const retuned = { ...path, settings };
  if (path.evidence?.kind !== 'ready') return retuned;
  const targets = newTargets(retuned, path.evidence.gateway, path.evidence.identity).map((fresh) => {
    const kept = path.targets.find((target) => target.probe.key === fresh.probe.key);
    if (kept === undefined) return fresh;
    return { ...kept, target: fresh.target, window: { ...kept.window, timeout: settings.timeout } };
  });
  return { ...retuned, targets };
};
