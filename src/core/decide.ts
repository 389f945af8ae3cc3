/**
 * The decision: which members of a policy new connections are sent to now, in one family, and why each other member
 * is not used. A ladder of numbered rungs; the first on which any member stands is taken, and on it (but for the last
 * resort) only the lowest tier. Plain functions of standings: no memory, so equal health gives an equal decision.
 *
 *   1 up           healthy; degraded too, where the policy says degraded = "use"
 *   2 degraded     answering, but badly; with degraded = "never" it stands on the last resort only
 *   3 recovering   answering again, though not for `rise` and `hold` yet: better than nothing (PEERS.md S32)
 *   4 unproven     just started, nothing is known against it
 *   5 last-resort  whatever has carrier, address and gateway, in every tier; only with empty = "last-resort"
 *   6 none         tagged traffic is refused (fail closed)
 *
 * In inet6 without NAT a packet may only leave by the link whose prefix its source has: providers drop the rest. So such
 * a policy has a decision for each prefix owner, and one for all other sources.
 */
import { isAnswering } from './health.ts';
import {
  type Family,
  families,
  gatewayOf,
  type LinkSettings,
  type Member,
  type PathKey,
  type PolicySettings,
  pathKey,
  type Settings,
} from './model.ts';
import type { PathHealth } from './path.ts';

export type Rung = 'up' | 'degraded' | 'recovering' | 'unproven' | 'last-resort' | 'none';

export interface Share {
  readonly link: string;
  readonly weight: number;
}

/** Why a member is used or not, in words that an operator reads. */
export interface MemberReason {
  readonly link: string;
  readonly tier: number;
  readonly weight: number;
  readonly used: boolean;
  readonly why: string;
}

export interface Decision {
  readonly policy: string;
  readonly family: Family;
  /** inet6: only what has its source in this link's `prefix6`; null: everything else. */
  readonly source: string | null;
  readonly rung: Rung;
  /** The active set, in the order of the policy's members. Empty on rung `none`. */
  readonly shares: readonly Share[];
  readonly members: readonly MemberReason[];
}

export const decisionKey = (decision: Decision): string =>
  `${decision.policy}/${decision.family}${decision.source === null ? '' : `/${decision.source}`}`;

/** The best rung that a path can stand on by itself in a policy. */
const standingOf = (path: PathHealth | undefined, policy: PolicySettings): Rung => {
  if (path?.evidence?.kind !== 'ready') return 'none';
  // A rule that names a routing table which does not exist makes pf refuse them all.
  if (path.via === 'rtable' && !path.isRouted) return 'none';
  if (path.health === 'up') return 'up';
  if (path.health === 'degraded') {
    return policy.degraded === 'use' ? 'up' : policy.degraded === 'avoid' ? 'degraded' : 'last-resort';
  }
  if (path.reason === 'starting') return 'unproven';
  return isAnswering(path) ? 'recovering' : 'last-resort';
};

const ladder: readonly Rung[] = ['up', 'degraded', 'recovering', 'unproven', 'last-resort'];

interface Candidate {
  readonly member: Member;
  readonly path: PathHealth | undefined;
  readonly standing: Rung;
  /** Set for members that cannot or must not take this traffic whatever their health. */
  readonly obstacle: string | null;
}

const isDrop = (policy: PolicySettings, rung: Rung): boolean =>
  rung === 'last-resort' && policy.empty === 'drop';

/** The rung taken, and the members on it. */
const climb = (
  policy: PolicySettings,
  candidates: readonly Candidate[],
): { rung: Rung; chosen: readonly Candidate[] } => {
  for (const rung of ladder) {
    if (isDrop(policy, rung)) continue;
    const standing = candidates.filter((candidate) => candidate.standing === rung);
    if (standing.length === 0) continue;
    if (rung === 'last-resort') return { rung, chosen: standing };
    const tier = Math.min(...standing.map((candidate) => candidate.member.tier));
    return { rung, chosen: standing.filter((candidate) => candidate.member.tier === tier) };
  }
  return { rung: 'none', chosen: [] };
};

const explain = (candidate: Candidate, rung: Rung, used: boolean, tier: number): string => {
  const { path, member, standing, obstacle } = candidate;
  if (obstacle !== null) return obstacle;
  if (path === undefined) return 'no such path';
  const facts = `${path.health} (${path.reason})`;
  if (used) return rung === 'up' ? `tier ${member.tier}, ${facts}` : `${rung}: ${facts}`;
  if (standing === 'up' || standing === rung) return `tier ${tier} is in use; ${facts}`;
  return facts;
};

/** Links that take only what has a source in their own prefixes. */
const isPrefixBound = (link: LinkSettings, family: Family): boolean =>
  family === 'inet6' && link.nat6 === 'no';

const obstacleOf = (link: LinkSettings, family: Family, source: string | null): string | null => {
  if (gatewayOf(link, family) === null) return family === 'inet' ? 'no gateway' : 'no gateway6';
  if (!isPrefixBound(link, family) || link.name === source) return null;
  if (link.prefix6.length === 0) return 'nat6 = "no" and no prefix6';
  return source === null
    ? 'only takes sources in its own prefix6'
    : `only takes its own prefix6, not that of ${source}`;
};

/**
 * Decides one policy in one family for one kind of source. `paths` holds every path there is; a member without one
 * stands on no rung. Weights are at least 1, so shares never add up to nothing unless there are none.
 */
const decideSource = (
  policy: PolicySettings,
  family: Family,
  source: string | null,
  links: ReadonlyMap<string, LinkSettings>,
  paths: ReadonlyMap<PathKey, PathHealth>,
): Decision => {
  const candidates = policy.members.flatMap((member): readonly Candidate[] => {
    const link = links.get(member.link);
    if (link === undefined) return [];
    const path = paths.get(pathKey(member.link, family));
    const drained = path?.isDrained === true ? 'drained: keeps its connections, gets no new ones' : null;
    const obstacle = obstacleOf(link, family, source) ?? drained;
    return [{ member, path, obstacle, standing: obstacle === null ? standingOf(path, policy) : 'none' }];
  });
  const { rung, chosen } = climb(policy, candidates);
  const tier = Math.min(...chosen.map((candidate) => candidate.member.tier));
  return {
    policy: policy.name,
    family,
    source,
    rung,
    shares: chosen.map(({ member }) => ({ link: member.link, weight: member.weight })),
    members: candidates.map((candidate) => {
      const used = chosen.includes(candidate);
      return { ...candidate.member, used, why: explain(candidate, rung, used, tier) };
    }),
  };
};

/**
 * Every decision of a policy: one for inet, for inet6 one for each prefix owner and then one for the other sources, if
 * any member takes those. A family in which no member has a path has none.
 */
export const decidePolicy = (
  policy: PolicySettings,
  settings: Settings,
  paths: ReadonlyMap<PathKey, PathHealth>,
): readonly Decision[] => {
  const links = new Map(settings.links.map((link) => [link.name, link]));
  const members = policy.members.flatMap((member) => links.get(member.link) ?? []);
  return families.flatMap((family) => {
    const here = members.filter((link) => gatewayOf(link, family) !== null);
    if (here.length === 0) return [];
    const owners = here.filter((link) => isPrefixBound(link, family) && link.prefix6.length > 0);
    const takesAny = here.some((link) => !isPrefixBound(link, family));
    const sources = [...owners.map((link) => link.name), ...(takesAny || owners.length === 0 ? [null] : [])];
    return sources.map((source) => decideSource(policy, family, source, links, paths));
  });
};

/** For this machine's own traffic every link of its routing domain is a member. A last resort is better than no route. */
const ownTraffic: PolicySettings = {
  name: 'rtable 0',
  members: [],
  balance: 'weight',
  sticky: false,
  degraded: 'avoid',
  failback: null,
  empty: 'last-resort',
  prio: null,
  tos: null,
};

/** The links by which this machine's own traffic may leave now, by the same ladder; the best one first. */
export const decideOwnTraffic = (
  settings: Settings,
  family: Family,
  paths: ReadonlyMap<PathKey, PathHealth>,
): readonly string[] => {
  const candidates = settings.links.flatMap(({ name, tier, weight }): readonly Candidate[] => {
    const path = paths.get(pathKey(name, family));
    if (path === undefined || path.rdomain !== 0 || path.isDrained) return [];
    const standing = standingOf(path, ownTraffic);
    return [{ member: { link: name, tier, weight }, path, standing, obstacle: null }];
  });
  return climb(ownTraffic, candidates)
    .chosen.map(({ member }) => member)
    .toSorted((a, b) => a.tier - b.tier || b.weight - a.weight)
    .map(({ link }) => link);
};

/**
 * Whether a policy's connections are handed out by a pf pool in a family. Where a member is steered by its routing table,
 * or takes only its own sources, no pool can have it: then it is a chain of probabilities, by weight.
 */
export const usesPool = (
  policy: PolicySettings,
  settings: Settings,
  family: Family,
  paths: ReadonlyMap<PathKey, PathHealth>,
): boolean =>
  policy.balance !== 'weight' &&
  settings.links
    .filter(
      (link) =>
        gatewayOf(link, family) !== null && policy.members.some((member) => member.link === link.name),
    )
    .every(
      (link) => paths.get(pathKey(link.name, family))?.via === 'route-to' && !isPrefixBound(link, family),
    );

/** A rung on which connections work now, as far as is known: the kind of alternative that allows a kill. */
export const isTrusted = (rung: Rung): boolean =>
  rung === 'up' || rung === 'degraded' || rung === 'recovering';

/** Shares in percent that add up to 100, for people: whole numbers by largest remainder. */
export const sharePercents = (
  shares: readonly Share[],
): readonly { readonly link: string; readonly percent: number }[] => {
  const total = shares.reduce((sum, share) => sum + share.weight, 0);
  const exact = shares.map((share) => ({ link: share.link, value: (100 * share.weight) / total }));
  const missing = 100 - exact.reduce((sum, share) => sum + Math.floor(share.value), 0);
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share.value - Math.floor(share.value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index)
    .slice(0, missing)
    .map(({ index }) => index);
  return exact.map((share, index) => ({
    link: share.link,
    percent: Math.floor(share.value) + (byRemainder.includes(index) ? 1 : 0),
  }));
};
