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
 *   unknown (hold)             good for `hold`                         up
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
import type { Evidence } from './evidence.ts';
import type { Family, Health, LinkSettings, PathKey, Probe, ProbeSettings, Reason } from './model.ts';
import { isLinkLocal, pathKey, viaOf } from './model.ts';
import { earliest, type Mono, plus } from './time.ts';
import {
  FEWEST_OUTCOMES,
  lossDue,
  newWindow,
  onlyLast,
  type Quality,
  readQuality,
  retuneWindow,
  stepReading,
  type Window,
  windowSize,
} from './window.ts';

/** One loss is chance, even where it is a tenth of all outcomes: it takes two for a share to be a mark reached. */
const FEWEST_LOSSES = 2;
/**
 * A degraded path is up again below this part of its loss mark. Losses are few and whole: a line that loses just what
 * the mark says has a third more or less of them from one window to the next, so anything nearer would flicker.
 */
const LOSS_BACK = 0.5;
/**
 * And below this part of its latency mark. A mean over many answers hardly wavers, and marks are set a little above
 * what is normal, so a half would keep a link that was slow once degraded for good.
 */
const LATENCY_BACK = 0.8;

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
  /** Scope of its link-local addresses. */
  readonly interface: string;
  readonly rtable: number;
  /** Of its interface. */
  readonly rdomain: number;
  /** How pf sends packets there. */
  readonly via: 'route-to' | 'rtable';
  readonly settings: ProbeSettings;
  readonly evidence: Evidence | null;
  /** The last evidence that was ready: connections may be left of the path that it was then. */
  readonly lastReady: Extract<Evidence, { kind: 'ready' }> | null;
  readonly health: Health;
  readonly reason: Reason;
  readonly since: Mono;
  /** Set on hold: when the path became good. */
  readonly goodSince: Mono | null;
  /** By hand: no new connections, whatever the health. */
  readonly isDrained: boolean;
  /** The path's routing table has its default route: probes may run. */
  readonly isRouted: boolean;
  readonly targets: readonly TargetHealth[];
}

export const newPath = (
  link: LinkSettings,
  family: Family,
  rtable: number,
  now: Mono,
  rdomain = 0,
): PathHealth => ({
  key: pathKey(link.name, family),
  link: link.name,
  family,
  interface: link.interface,
  rtable,
  rdomain,
  via: viaOf(link, family, rdomain),
  settings: link.probe,
  evidence: null,
  lastReady: null,
  health: 'unknown',
  reason: 'starting',
  since: now,
  goodSince: null,
  isDrained: false,
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

/** As ping(8) wants it: the same link-local address may be on every interface. */
const withScope = (path: PathHealth, address: string): string =>
  isLinkLocal(address) ? `${address}%${path.interface}` : address;

/** The probes of a path whose evidence is present: one for each different address that is to be pinged. */
const newTargets = (path: PathHealth, gateway: string, identity: string): readonly TargetHealth[] => {
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
      },
      verdict: 'unknown',
      window: newWindow(interval, timeout, windowSize(loss.window, interval)),
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
    lastReady: evidence,
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

/** Whether a mark of loss is reached, by enough outcomes and losses to mean anything. */
const isLossy = (quality: Quality, mark: number): boolean =>
  quality.outcomes >= FEWEST_OUTCOMES && quality.lost >= FEWEST_LOSSES && quality.lossPercent >= mark;

const judge = (target: TargetHealth, path: PathHealth): Verdict => {
  const { fall, rise, loss } = path.settings;
  const { answersInRow, lossesInRow } = target.window;
  if (lossesInRow >= fall) return 'failed';
  // Its outage is still in the window: `rise` answers tell of the present.
  if (target.verdict === 'failed') return answersInRow >= rise ? 'answers' : 'failed';
  // What answers `rise` times in a row is not failing now, whatever the window remembers.
  if (answersInRow < rise && isLossy(readQuality(target.window), loss.down)) return 'failed';
  const enough = target.verdict === 'unknown' && path.reason === 'starting' ? 1 : rise;
  return answersInRow >= enough ? 'answers' : target.verdict;
};

/** A target that has recovered begins anew: what it lost before would make it fail again at once. */
const withVerdict = (target: TargetHealth, path: PathHealth): TargetHealth => {
  const verdict = judge(target, path);
  const hasRecovered = target.verdict === 'failed' && verdict === 'answers';
  const window = hasRecovered ? onlyLast(target.window, path.settings.rise) : target.window;
  return { ...target, verdict, window };
};

/**
 * What the targets that answer tell of the path's quality: those that have not failed, and the gateway only where it is
 * all that is pinged, since it says nothing of what is lost behind it. Null while most of them have too few outcomes.
 */
const qualitiesOf = (path: PathHealth): readonly Quality[] | null => {
  const behind = path.targets.filter((target) => target.target !== 'gateway');
  const answering = (behind.length > 0 ? behind : path.targets).filter(({ verdict }) => verdict !== 'failed');
  const measured = answering
    .map((target) => readQuality(target.window))
    .filter((quality) => quality.outcomes >= FEWEST_OUTCOMES);
  return measured.length > answering.length / 2 ? measured : null;
};

/**
 * Why a usable path is degraded; null when it is not. Each mark has a lower one to come back; what lies between keeps
 * the path as it is, and so does a want of outcomes (after a restart, or under another interval).
 */
const degradedBy = (path: PathHealth): 'probe-loss' | 'probe-latency' | null => {
  const { loss, latency } = path.settings;
  const isDegraded = path.health === 'degraded';
  const was = path.reason === 'probe-latency' ? path.reason : 'probe-loss';
  const qualities = qualitiesOf(path);
  if (qualities === null) return isDegraded ? was : null;
  // The median, and of two in the middle the better: what one of two targets sees is that target's trouble (PEERS.md S3).
  const isMedian = (claim: (quality: Quality) => boolean): boolean =>
    qualities.filter(claim).length > qualities.length / 2;
  if (isMedian((each) => isLossy(each, loss.degraded))) return 'probe-loss';
  const slow = (latency.degraded ?? Number.POSITIVE_INFINITY) * (isDegraded ? LATENCY_BACK : 1);
  const isSlow = isMedian(({ meanRtt }) => meanRtt !== null && meanRtt >= slow);
  const isStillLossy = isDegraded && isMedian((each) => each.lossPercent >= LOSS_BACK * loss.degraded);
  if (isStillLossy && (was === 'probe-loss' || !isSlow)) return 'probe-loss';
  return isSlow ? 'probe-latency' : null;
};

/** A usable path is up or degraded, as its targets that answer say. */
const stepQuality = (path: PathHealth, now: Mono): PathHealth => {
  const by = degradedBy(path);
  return by === null ? withHealth(path, 'up', 'answering', now) : withHealth(path, 'degraded', by, now);
};

/** New connections may go there: up or degraded. */
export const isUsable = (path: PathHealth): boolean => path.health === 'up' || path.health === 'degraded';

/** Reads every window at `now` and takes the step that follows, if one does. */
export const stepPath = (path: PathHealth, now: Mono): PathHealth => {
  if (path.evidence?.kind !== 'ready') return path;
  const targets = path.targets.map((target) => {
    const read = { ...target, window: stepReading(target.window, now) };
    return withVerdict(read, path);
  });
  const stepped: PathHealth = { ...path, targets };
  const { hold } = path.settings;
  const isGood = isQuorate(stepped, (target) => target.verdict === 'answers');
  const isBad = !isQuorate(stepped, (target) => target.verdict !== 'failed');
  if (isBad) return path.reason === 'no-route' ? stepped : withHealth(stepped, 'down', 'probe-loss', now);
  if (isUsable(path)) return stepQuality(stepped, now);
  switch (path.reason) {
    case 'starting':
      return isGood ? stepQuality(stepped, now) : stepped;
    case 'probing':
    case 'probe-loss':
      return isGood ? stepPath(withHealth(stepped, 'unknown', 'hold', now), now) : stepped;
    case 'hold':
      if (!isGood) return withHealth(stepped, 'unknown', 'probing', now);
      return now >= plus(path.goodSince ?? now, hold) ? stepQuality(stepped, now) : stepped;
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
    path.health === 'degraded' ||
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
    const window = retuneWindow(kept.window, settings.timeout, fresh.window.size);
    return { ...kept, target: fresh.target, window };
  });
  return { ...retuned, targets };
};
