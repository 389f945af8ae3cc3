/**
 * The decision: which members of a policy new connections are sent to now, in one family, and why each other member
 * is not used. A ladder of numbered rungs; the first on which any member stands is taken, and on it (but for the last
 * resort) only the lowest tier. Plain functions of standings: no memory, so equal health gives an equal decision.
 *
 *   1 up           healthy
 *   2 recovering   answering again, though not for `rise` and `hold` yet: better than nothing (PEERS.md S32)
 *   3 unproven     just started, nothing is known against it
 *   4 last-resort  whatever has carrier, address and gateway, in every tier; only with empty = "last-resort"
 *   5 none         tagged traffic is refused (fail closed)
 */
import { isAnswering, type PathHealth } from './health.ts';
import { type Family, type Member, type PathKey, type PolicySettings, pathKey } from './model.ts';

export type Rung = 'up' | 'recovering' | 'unproven' | 'last-resort' | 'none';

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
  readonly rung: Rung;
  /** The active set, in the order of the policy's members. Empty on rung `none`. */
  readonly shares: readonly Share[];
  readonly members: readonly MemberReason[];
}

/** The best rung that a path can stand on by itself. */
export const standingOf = (path: PathHealth | undefined): Rung => {
  if (path?.evidence?.kind !== 'ready') return 'none';
  if (path.health === 'up') return 'up';
  if (path.reason === 'starting') return 'unproven';
  return isAnswering(path) ? 'recovering' : 'last-resort';
};

const ladder: readonly Rung[] = ['up', 'recovering', 'unproven', 'last-resort'];

interface Candidate {
  readonly member: Member;
  readonly path: PathHealth | undefined;
  readonly standing: Rung;
}

const isDrop = (policy: PolicySettings, rung: Rung): boolean =>
  rung === 'last-resort' && policy.empty === 'drop';

/** The rung taken, and the members on it. A path stands on its own rung and on every one below it that is laxer. */
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
  const { path, member, standing } = candidate;
  if (path === undefined) return 'no such path';
  const facts = `${path.health} (${path.reason})`;
  if (used) return rung === 'up' ? `tier ${member.tier}, ${facts}` : `${rung}: ${facts}`;
  if (standing === 'up' || standing === rung) return `tier ${tier} is in use; ${facts}`;
  return facts;
};

/**
 * Decides one policy in one family. `paths` holds every path there is; a member without one stands on no rung.
 * Members with weight 0 do not exist (config refuses them), so shares never add up to nothing unless there are none.
 */
export const decidePolicy = (
  policy: PolicySettings,
  family: Family,
  paths: ReadonlyMap<PathKey, PathHealth>,
): Decision => {
  const candidates = policy.members.map((member): Candidate => {
    const path = paths.get(pathKey(member.link, family));
    return { member, path, standing: standingOf(path) };
  });
  const { rung, chosen } = climb(policy, candidates);
  const tier = Math.min(...chosen.map((candidate) => candidate.member.tier));
  return {
    policy: policy.name,
    family,
    rung,
    shares: chosen.map(({ member }) => ({ link: member.link, weight: member.weight })),
    members: candidates.map((candidate) => {
      const used = chosen.includes(candidate);
      return { ...candidate.member, used, why: explain(candidate, rung, used, tier) };
    }),
  };
};

/** A link on which connections work now, as far as is known: the kind of alternative that allows a kill. */
export const isTrusted = (rung: Rung): boolean => rung === 'up' || rung === 'recovering';

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
