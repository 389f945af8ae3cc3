/**
 * Whose pf states must go. Level-triggered: a path that may hold states stays on the list until they have been killed
 * twice (once with the decision, once a moment later for what slipped in between) or there is no reason any more.
 *
 * Two reasons: the path is dead while a policy that uses it has somewhere else to go, or connections are to move back to
 * a better tier (`failback`). Never kill without an alternative (OPNsense #9789): the link may come back, and with it
 * every connection on it. A label is per path, not per policy; so one policy with an alternative is enough for a dead
 * path, while a path that works is only left once no policy uses it.
 */
import { type Decision, decisionKey, isTrusted, usesPool } from './decide.ts';
import { findGateway, type Sight } from './evidence.ts';
import { isAnswering } from './health.ts';
import type { Family, PathKey, PolicySettings, Settings } from './model.ts';
import type { PathHealth } from './path.ts';
import { earliest, type Millis, type Mono, millis, plus } from './time.ts';
import type { Kill, Sweep } from './transaction.ts';

/** How long after a kill to look for stragglers: packets that were under way while the rules changed. */
export const STRAGGLERS_AFTER = millis(1000);

/** pfctl's label kill knows no family (pfctl.c, pfctl_label_kill_states), so inet6 has labels of its own. */
export const linkLabel = (link: string, family: Family): string =>
  family === 'inet' ? `uplink:${link}` : `uplink:${link}:inet6`;

/** Per path that may hold states: null while none were killed, else when to look for stragglers. */
export type StateHolders = ReadonlyMap<PathKey, Mono | null>;

/** A path that cannot be probed for want of a route is not used, but nothing says that it is dead. */
const isDead = (path: PathHealth): boolean =>
  path.health === 'down' && path.reason !== 'no-route' && !isAnswering(path);

const usesPath = (decision: Decision, path: PathHealth): boolean =>
  decision.family === path.family && decision.shares.some((share) => share.link === path.link);

const couldUse = (policy: PolicySettings | undefined, path: PathHealth): boolean =>
  policy?.members.some((member) => member.link === path.link) ?? false;

/** Policies that have a path among their members, or had it under earlier settings: whose connections are on it. */
export type PathUsers = ReadonlyMap<PathKey, readonly string[]>;

const policyOf = (settings: Settings, decision: Decision): PolicySettings | undefined =>
  settings.policies.find((policy) => policy.name === decision.policy);

/**
 * Whether a path carries connections from the sources that a decision is about: its own prefixes go by any link that takes
 * anything, too (decide.ts).
 */
const carriesSource = (settings: Settings, decision: Decision, path: PathHealth): boolean => {
  const link = settings.links.find((each) => each.name === path.link);
  return decision.source === null || decision.source === path.link || link?.nat6 !== 'no';
};

/** A decision that would take what is on this path now, and takes it elsewhere. */
const isAlternative = (
  settings: Settings,
  decision: Decision,
  path: PathHealth,
  former: PathUsers = new Map(),
): boolean =>
  decision.family === path.family &&
  carriesSource(settings, decision, path) &&
  (couldUse(policyOf(settings, decision), path) ||
    (former.get(path.key)?.includes(decision.policy) ?? false)) &&
  isTrusted(decision.rung) &&
  !usesPath(decision, path);

/**
 * The paths whose states are pinned to a dead link and have somewhere else to go. Connections of `former` users are on it still, and its
 * label is the link's: they have somewhere else to go, whether or not those of its policies of now have.
 */
export const findStranded = (
  settings: Settings,
  paths: ReadonlyMap<PathKey, PathHealth>,
  decisions: readonly Decision[],
  former: PathUsers = new Map(),
): readonly PathKey[] =>
  [...paths.values()]
    .filter(
      (path) => isDead(path) && decisions.some((decision) => isAlternative(settings, decision, path, former)),
    )
    .map((path) => path.key);

const movesBack = (settings: Settings, policy: PolicySettings, path: PathHealth): boolean => {
  const isMetered = settings.links.find((link) => link.name === path.link)?.metered ?? false;
  return (policy.failback ?? (isMetered ? 'move' : 'stay')) === 'move';
};

/** A path that connections leave once a decision, named by its key, has been what it is for so long. */
export interface Leaving {
  readonly path: PathKey;
  readonly decision: string;
  readonly after: Millis;
}

/** How long a decision must have been on a better tier than this path's; null if it is not, or connections stay. */
const movesAfter = (settings: Settings, decision: Decision, path: PathHealth): Millis | null => {
  const policy = policyOf(settings, decision);
  const own = policy?.members.find((member) => member.link === path.link);
  if (policy === undefined || own === undefined) return null;
  if (
    decision.rung !== 'up' ||
    !isAlternative(settings, decision, path) ||
    !movesBack(settings, policy, path)
  )
    return null;
  const active = decision.shares.map((share) => policy.members.find((member) => member.link === share.link));
  if (!active.every((member) => member !== undefined && member.tier < own.tier)) return null;
  const holds = settings.links
    .filter((link) => decision.shares.some((share) => share.link === link.name))
    .map((link) => link.probe.hold);
  return millis(Math.max(0, ...holds));
};

/** The paths that connections leave for a better tier. */
export const findLeaving = (
  settings: Settings,
  paths: ReadonlyMap<PathKey, PathHealth>,
  decisions: readonly Decision[],
): readonly Leaving[] =>
  [...paths.values()].flatMap((path): readonly Leaving[] => {
    // That the old connections stay is what an operator drains a link for.
    if (path.isDrained || decisions.some((decision) => usesPath(decision, path))) return [];
    return decisions.flatMap((decision) => {
      const after = movesAfter(settings, decision, path);
      return after === null ? [] : [{ path: path.key, decision: decisionKey(decision), after }];
    });
  });

/** Those that have been left at `now`, and when the next ones will be. */
export const findLeft = (
  leaving: readonly Leaving[],
  decidedAt: ReadonlyMap<string, Mono>,
  now: Mono,
): { readonly left: readonly PathKey[]; readonly next: Mono | null } => {
  const leavesAt = new Map<PathKey, Mono>();
  for (const { path, decision, after } of leaving) {
    const from = decidedAt.get(decision);
    if (from === undefined) continue;
    const at = plus(from, after);
    leavesAt.set(path, earliest(leavesAt.get(path) ?? null, at) ?? at);
  }
  return {
    left: [...leavesAt].filter(([, at]) => at <= now).map(([path]) => path),
    next: earliest(...[...leavesAt.values()].map((at) => (at > now ? at : null))),
  };
};

const isDue = (holders: StateHolders, path: PathKey, now: Mono): boolean => {
  const again = holders.get(path);
  return again !== undefined && (again === null || now >= again);
};

/** The kills that are due at `now`. */
export const dueKills = (
  holders: StateHolders,
  unwanted: readonly PathKey[],
  paths: ReadonlyMap<PathKey, PathHealth>,
  now: Mono,
): readonly Kill[] =>
  unwanted.flatMap((key): readonly Kill[] => {
    const path = paths.get(key);
    if (path === undefined || !isDue(holders, key, now)) return [];
    const label = linkLabel(path.link, path.family);
    const rdomains = path.rdomain === 0 ? [0] : [0, path.rdomain];
    const again = holders.get(key) !== null;
    return [{ path: key, link: path.link, what: { kind: 'label', label }, rdomains, again }];
  });

/** When the next straggler is to be looked for. */
export const killDeadline = (holders: StateHolders, unwanted: readonly PathKey[]): Mono | null =>
  earliest(...unwanted.map((path) => holders.get(path) ?? null));

/** New connections may have gone to these paths: whatever was killed on them before, there may be states again. */
export const holdStates = (holders: StateHolders, paths: readonly PathKey[]): StateHolders =>
  new Map([...holders, ...paths.map((path) => [path, null] as const)]);

/** These kills succeeded. */
export const afterKills = (
  holders: StateHolders,
  kills: readonly { readonly path: PathKey; readonly again: boolean }[],
  now: Mono,
): StateHolders => {
  const left = new Map(holders);
  for (const kill of kills) {
    if (kill.again) left.delete(kill.path);
    else left.set(kill.path, plus(now, STRAGGLERS_AFTER));
  }
  return left;
};

/** Whether a pool may have sent connections to a path. */
export const isPooled = (
  settings: Settings,
  paths: ReadonlyMap<PathKey, PathHealth>,
  path: PathHealth | undefined,
): boolean =>
  path !== undefined &&
  settings.policies.some(
    (policy) => usesPool(policy, settings, path.family, paths) && couldUse(policy, path),
  );

/** What tells which gateways pools may have pinned states to. */
export interface PoolSight {
  readonly settings: Settings;
  readonly paths: ReadonlyMap<PathKey, PathHealth>;
  /** Paths that pools have used under earlier settings. */
  readonly pooledBefore: ReadonlySet<PathKey>;
  /** Gateways are told without carrier as well: by dhcpleased, or by the addresses of a tunnel. */
  readonly sight: Sight;
}

/**
 * The gateway of a path that has not been ready in this life: its states are from one before. What is another path's gateway by now
 * may be of that.
 */
const toldGateway = ({ key, link: name, family }: PathHealth, pools: PoolSight): string | null => {
  const link = pools.settings.links.find((each) => each.name === name);
  const told = link === undefined ? null : findGateway(link, family, pools.sight);
  const isOthers = [...pools.paths.values()].some(
    ({ key: other, evidence }) => other !== key && evidence?.kind === 'ready' && evidence.gateway === told,
  );
  return isOthers ? null : told;
};

/** The gateways that pools may have pinned states to, of paths whose states must go. */
export const dueSweep = (
  holders: StateHolders,
  unwanted: readonly PathKey[],
  pools: PoolSight,
  now: Mono,
): Sweep['gateways'] =>
  unwanted.flatMap((key): Sweep['gateways'] => {
    const path = pools.paths.get(key);
    if (path === undefined || !isDue(holders, key, now)) return [];
    if (!pools.pooledBefore.has(key) && !isPooled(pools.settings, pools.paths, path)) return [];
    const gateway = path.lastReady?.gateway ?? toldGateway(path, pools);
    if (gateway === null) return [];
    return [{ path: key, link: path.link, gateway, again: holders.get(key) !== null }];
  });
