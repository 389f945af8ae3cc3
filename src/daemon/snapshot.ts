/** The status document of a moment: everything that `uplinkctl show` tells, taken from the core's picture. */
import { sharePercents } from '../core/decide.ts';
import { decisionKey, type Engine } from '../core/engine.ts';
import { holdEnds, type PathHealth, type TargetHealth } from '../core/health.ts';
import type { LinkSettings, PolicySettings } from '../core/model.ts';
import { desireRuleset } from '../core/ruleset.ts';
import { type Mono, since } from '../core/time.ts';
import { readWindow } from '../core/window.ts';
import { renderRuleset } from '../text/pf.ts';
import type { LinkStatus, PathStatus, PfStatus, PolicyStatus, Status, TargetStatus } from '../wire/status.ts';
import type { Event, Reaction } from './loop.ts';

export interface DaemonFacts {
  readonly version: string;
  readonly pid: number;
  readonly config: string;
  readonly startedAt: Mono;
  readonly settingsLoadedAt: Mono;
}

/** Microseconds are as fine as anybody reads them. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
const ago = (now: Mono, at: Mono): number => rounded(since(now, at));
const left = (now: Mono, until: Mono): number => rounded(Math.max(0, since(until, now)));

const targetStatus = (target: TargetHealth): TargetStatus => {
  const { lossPercent, rtt } = readWindow(target.window);
  const { answered, lost, late, duplicates, outcomes } = target.window;
  return {
    target: target.target,
    address: target.probe.address,
    verdict: target.verdict,
    sent: answered + lost,
    answered,
    lost,
    late,
    duplicates,
    lossPercent: rounded(lossPercent),
    rtt:
      rtt === null
        ? null
        : {
            lastMs: rounded(rtt.last),
            meanMs: rounded(rtt.mean),
            deviationMs: rounded(rtt.deviation),
            p50Ms: rounded(rtt.p50),
            p95Ms: rounded(rtt.p95),
          },
    windowSize: outcomes.length,
    why: target.complaint,
  };
};

const pathStatus = (path: PathHealth, now: Mono): PathStatus => {
  const held = holdEnds(path);
  return {
    family: path.family,
    health: path.health,
    reason: path.reason,
    sinceMs: ago(now, path.since),
    holdRemainingMs: held === null ? null : left(now, held),
    usable: path.evidence?.kind === 'ready',
    targets: path.targets.map(targetStatus),
  };
};

const linkStatus = (engine: Engine, link: LinkSettings, now: Mono): LinkStatus => ({
  name: link.name,
  interface: link.interface,
  carrier: engine.interfaces?.find((each) => each.name === link.interface)?.carrier ?? 'absent',
  rtable: engine.rtables.byLink.get(link.name) ?? 0,
  gateway: link.gateway,
  weight: link.weight,
  tier: link.tier,
  nat: link.nat,
  paths: [...engine.paths.values()]
    .filter((path) => path.link === link.name)
    .map((path) => pathStatus(path, now)),
});

const policyStatus = (engine: Engine, policy: PolicySettings, now: Mono): PolicyStatus => ({
  name: policy.name,
  tag: `uplink_${policy.name}`,
  families: engine.decisions
    .filter((decision) => decision.policy === policy.name)
    .map((decision) => ({
      family: decision.family,
      rung: decision.rung,
      sinceMs: ago(now, engine.decidedAt.get(decisionKey(decision)) ?? now),
      shares: sharePercents(decision.shares),
      members: decision.members,
    })),
});

const pfStatus = (engine: Engine, reactions: readonly Reaction[], now: Mono): PfStatus => {
  const { settings, decisions, pf } = engine;
  const rules =
    settings === null ? [] : renderRuleset(desireRuleset(settings, decisions)).split('\n').slice(0, -1);
  return {
    anchor: settings?.anchor ?? '',
    applied: pf.appliedRules === null ? 'unknown' : 'known',
    rules,
    loads: pf.counts.loads,
    loadFailures: pf.counts.failures,
    kills: pf.counts.killed,
    busy: pf.inFlight !== null,
    failure:
      pf.failure === null
        ? null
        : { text: pf.failure.text, retryInMs: pf.retryAt === null ? 0 : left(now, pf.retryAt) },
    reactions,
  };
};

export const takeSnapshot = (
  engine: Engine,
  facts: DaemonFacts,
  history: readonly Event[],
  reactions: readonly Reaction[],
  now: Mono,
): Status => ({
  version: 1,
  daemon: {
    version: facts.version,
    pid: facts.pid,
    config: facts.config,
    uptimeMs: ago(now, facts.startedAt),
    settingsLoadedMsAgo: ago(now, facts.settingsLoadedAt),
  },
  links: (engine.settings?.links ?? []).map((link) => linkStatus(engine, link, now)),
  policies: (engine.settings?.policies ?? []).map((policy) => policyStatus(engine, policy, now)),
  pf: pfStatus(engine, reactions, now),
  history,
});
