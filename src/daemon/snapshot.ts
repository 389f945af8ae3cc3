/** The status document of a moment: everything that `uplinkctl show` tells, taken from the core's picture. */
import { renderPrefix } from '../core/address.ts';
import { adminModeOf } from '../core/admin.ts';
import {
  type Book,
  newAvailability,
  readAvailability,
  readSpells,
  type Share,
} from '../core/availability.ts';
import { penaltyAt, reuseAt } from '../core/damping.ts';
import { type Decision, decidePolicy, decisionKey, sharePercents, usesPool } from '../core/decide.ts';
import { ownFamilies, ownLinks } from '../core/default-route.ts';
import type { Engine } from '../core/engine.ts';
import { readWindow } from '../core/figures.ts';
import { holdEnds } from '../core/health.ts';
import { timeoutOf } from '../core/loss.ts';
import { bytesInMonth, meterOf } from '../core/meter.ts';
import {
  type Balance,
  type Family,
  gatewayOf,
  type LinkSettings,
  type PolicySettings,
  pathKey,
} from '../core/model.ts';
import type { PathHealth } from '../core/path.ts';
import { rowBytes } from '../core/probe-bytes.ts';
import { availabilityNow, type PathRecord } from '../core/record.ts';
import { rdomainOf } from '../core/rtable.ts';
import { knownGateway } from '../core/ruleset.ts';
import type { TargetHealth } from '../core/target.ts';
import { type Mono, plus, since } from '../core/time.ts';
import { desiredNow } from '../core/turn.ts';
import { renderPoolAnchor, renderRuleset } from '../text/pf.ts';
import type {
  LinkStatus,
  PathStatus,
  PfStatus,
  PolicyFamilyStatus,
  PolicyStatus,
  Status,
  TargetStatus,
} from '../wire/status.ts';
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
  const bytes = rowBytes(target.probe, target.window);
  return {
    target: target.target,
    address: target.probe.address,
    verdict: target.verdict,
    sent: answered + lost,
    answered,
    lost,
    late,
    duplicates,
    bytesOut: bytes.out,
    bytesIn: bytes.in,
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
            jitterMs: rounded(rtt.jitter),
          },
    windowSize: outcomes.length,
    timeoutMs: rounded(timeoutOf(target.window)),
    why: target.complaint,
  };
};

const shareStatus = ({ usable, known }: Share) => ({ usableMs: rounded(usable), knownMs: rounded(known) });

type ReasonStatus = PathStatus['reasons'][number];

const spellStatus = (book: Book, { health, reason }: Book[number]): ReasonStatus['day'] => {
  const spell = book.find((each) => each.health === health && each.reason === reason);
  return { times: spell?.times ?? 0, lastedMs: rounded(spell?.lasted ?? 0) };
};

/** A path has its record from its first turn on. */
const recordStatus = (
  record: PathRecord | undefined,
  path: PathHealth,
  now: Mono,
): Pick<PathStatus, 'availability' | 'reasons' | 'transitions'> => {
  const books = record === undefined ? newAvailability(now) : availabilityNow(record, path, now);
  const { sinceStart, day, week, month } = readAvailability(books);
  const spells = readSpells(books);
  const isOfMonth = (each: Book[number]): boolean =>
    spells.month.some(({ health, reason }) => health === each.health && reason === each.reason);
  const all = [...spells.month, ...spells.sinceStart.filter((each) => !isOfMonth(each))];
  return {
    availability: {
      sinceStart: shareStatus(sinceStart),
      day: shareStatus(day),
      week: shareStatus(week),
      month: shareStatus(month),
    },
    reasons: all.map((each) => ({
      health: each.health,
      reason: each.reason,
      sinceStart: spellStatus(spells.sinceStart, each),
      day: spellStatus(spells.day, each),
      week: spellStatus(spells.week, each),
      month: spellStatus(spells.month, each),
    })),
    transitions: (record?.transitions ?? []).map(({ at, from, to, reason, lasted }) => ({
      agoMs: ago(now, at),
      from,
      to,
      reason,
      lastedMs: rounded(lasted),
    })),
  };
};

const dampingStatus = ({ damping }: PathHealth, now: Mono): PathStatus['damping'] => {
  const until = reuseAt(damping, now);
  return {
    penalty: Math.round(penaltyAt(damping, now)),
    suppressed: until !== null,
    reuseInMs: until === null ? null : left(now, until),
  };
};

const pathStatus = (engine: Engine, path: PathHealth, now: Mono): PathStatus => {
  const held = holdEnds(path);
  return {
    family: path.family,
    health: path.health,
    reason: path.reason,
    sinceMs: ago(now, path.since),
    holdRemainingMs: held === null ? null : left(now, held),
    damping: dampingStatus(path, now),
    ...recordStatus(engine.records.get(path.key), path, now),
    usable: path.evidence?.kind === 'ready',
    address: path.evidence?.kind === 'ready' ? path.evidence.address : null,
    via: path.via,
    states: null,
    intervalMs: path.pace ?? path.settings.interval,
    idle: path.pace !== null,
    targets: path.targets.map(targetStatus),
  };
};

/** The address if it is known, else the word for where it is learnt. */
const shownGateway = (engine: Engine, link: LinkSettings, family: Family): string | null => {
  const path = engine.paths.get(pathKey(link.name, family));
  return (path === undefined ? null : knownGateway(link, path)) ?? gatewayOf(link, family);
};

const probeBytesOf = ({ meters, calendar }: Engine, link: LinkSettings): LinkStatus['probeBytes'] => {
  const meter = meterOf(meters, link.name);
  const month = bytesInMonth(meter, calendar?.month ?? null);
  return { out: meter.out, in: meter.in, month, budget: link.budget };
};

const linkStatus = (engine: Engine, link: LinkSettings, now: Mono): LinkStatus => ({
  name: link.name,
  interface: link.interface,
  carrier: engine.interfaces?.find((each) => each.name === link.interface)?.carrier ?? 'absent',
  rtable: engine.rtables.byLink.get(link.name) ?? 0,
  rdomain: rdomainOf(engine.rtables, link.name),
  gateway: shownGateway(engine, link, 'inet'),
  gateway6: shownGateway(engine, link, 'inet6'),
  weight: link.weight,
  tier: link.tier,
  nat: link.nat,
  nat6: link.nat6,
  prefix6: link.prefix6.map(renderPrefix),
  metered: link.metered,
  probeBytes: probeBytesOf(engine, link),
  admin: adminModeOf(engine.admin, link.name),
  paths: [...engine.paths.values()]
    .filter((path) => path.link === link.name)
    .map((path) => pathStatus(engine, path, now)),
});

const balanceOf = ({ settings, paths }: Engine, policy: PolicySettings, { family }: Decision): Balance =>
  settings !== null && usesPool(policy, settings, family, paths) ? policy.balance : 'weight';

type Failover = PolicyFamilyStatus['failovers'][number];

/** What the daemon would decide if these links were not there. */
const failover = (
  engine: Engine,
  policy: PolicySettings,
  decision: Decision,
  lost: readonly string[],
): Failover => {
  const paths = new Map([...engine.paths].filter(([, path]) => !lost.includes(path.link)));
  const then = (engine.settings === null ? [] : decidePolicy(policy, engine.settings, paths)).find(
    (each) => decisionKey(each) === decisionKey(decision),
  );
  return { lost, rung: then?.rung ?? 'none', shares: sharePercents(then?.shares ?? []) };
};

/** The loss of the best link, and of all that are in use: two, however many members there are. */
const failovers = (engine: Engine, policy: PolicySettings, decision: Decision): readonly Failover[] => {
  const { shares } = decision;
  const best = shares.find((share) => shares.every((other) => other.weight <= share.weight));
  const losses = [...(best === undefined ? [] : [[best.link]]), shares.map((share) => share.link)];
  return losses.slice(0, Math.min(2, shares.length)).map((lost) => failover(engine, policy, decision, lost));
};

const policyStatus = (engine: Engine, policy: PolicySettings, now: Mono): PolicyStatus => ({
  name: policy.name,
  tag: `uplink_${policy.name}`,
  balance: policy.balance,
  sticky: policy.sticky,
  degraded: policy.degraded,
  failback: policy.failback,
  empty: policy.empty,
  families: engine.decisions
    .filter((decision) => decision.policy === policy.name)
    .map((decision) => ({
      family: decision.family,
      source: decision.source,
      balance: balanceOf(engine, policy, decision),
      rung: decision.rung,
      sinceMs: ago(now, engine.decidedAt.get(decisionKey(decision)) ?? now),
      shares: sharePercents(decision.shares),
      members: decision.members,
      failovers: failovers(engine, policy, decision),
    })),
});

const ownTrafficStatus = ({ settings, paths }: Engine): Status['ownTraffic'] => ({
  mode: settings?.defaultRoute ?? 'none',
  families:
    settings === null
      ? []
      : ownFamilies(settings).map((family) => ({ family, links: ownLinks(settings, family, paths) })),
});

const carpStatus = ({ settings, carp }: Engine, now: Mono): Status['carp'] => {
  if (settings === null || settings.carp === null) return null;
  const { group, hold } = settings.carp;
  const { role, added, lost, goodSince } = carp;
  return {
    group,
    role,
    demotedBy: added?.by ?? 0,
    lost,
    holdRemainingMs: goodSince === null ? null : left(now, plus(goodSince, hold)),
  };
};

const pfStatus = (engine: Engine, reactions: readonly Reaction[], now: Mono): PfStatus => {
  const { settings, pf, sweep } = engine;
  const desired = desiredNow(engine);
  const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
  return {
    anchor: settings?.anchor ?? '',
    applied: pf.appliedRules === null ? 'unknown' : 'known',
    rules: desired === null ? [] : lines(renderRuleset(desired.ruleset)),
    pools: (desired?.pools ?? []).map((pool) => ({
      anchor: pool.anchor,
      rules: lines(renderPoolAnchor(pool)),
    })),
    called: !pf.isUncalled,
    loads: pf.counts.loads,
    loadFailures: pf.counts.failures,
    kills: pf.counts.killed + sweep.killed,
    busy: pf.inFlight !== null || sweep.inFlight !== null,
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
  ownTraffic: ownTrafficStatus(engine),
  pf: pfStatus(engine, reactions, now),
  carp: carpStatus(engine, now),
  history,
});
