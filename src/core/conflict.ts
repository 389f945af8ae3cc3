/**
 * Links that the kernel cannot tell apart: in rdomain 0 with the same gateway or on the same network, since pf and the routing
 * tables look a gateway up by its address alone, and packets for both would leave by either; in any other routing domain two at
 * all, since it has but one routing table. The first of the configuration is used, the others are refused by name; a routing
 * domain for each is the cure (OPENBSD.md, section 1).
 */
import { containsAddress, networkOf } from './address.ts';
import { findWay, type Sight, type Way } from './evidence.ts';
import {
  type Family,
  families,
  gatewayOf,
  isLinkLocal,
  type LinkSettings,
  type PathKey,
  pathKey,
} from './model.ts';
import { type RtableNumbers, rdomainOf } from './rtable.ts';

export interface Conflict {
  readonly path: PathKey;
  readonly reason: 'same-gateway' | 'same-network' | 'same-rdomain';
  /** The link that is used instead. */
  readonly with: string;
  /** What both have: a gateway, a network, a routing domain. */
  readonly what: string;
}

interface Claim {
  readonly link: string;
  readonly family: Family;
  readonly rdomain: number;
  readonly way: Way;
}

/** The network that an address is on; null for one end of a point-to-point interface. */
const networkOfWay = ({ own }: Way) => (own.peer === null ? networkOf(own.address, own.prefixLength) : null);

/** Link-local gateways have their interface for a scope: nothing is the same about them in rdomain 0. */
const judge = (claim: Claim, first: Claim): Conflict | null => {
  const path = pathKey(claim.link, claim.family);
  const common = { path, with: first.link };
  if (claim.rdomain !== 0) return { ...common, reason: 'same-rdomain', what: `rdomain ${claim.rdomain}` };
  if (isLinkLocal(claim.way.gateway) || isLinkLocal(first.way.gateway)) return null;
  if (claim.way.gateway === first.way.gateway)
    return { ...common, reason: 'same-gateway', what: claim.way.gateway };
  for (const [one, other] of [
    [claim, first],
    [first, claim],
  ] as const) {
    const network = networkOfWay(one.way);
    if (network === null) continue;
    if (
      containsAddress(network, other.way.gateway) ||
      (other.way.own.peer === null && containsAddress(network, other.way.own.address))
    )
      return { ...common, reason: 'same-network', what: `${network.address}/${network.length}` };
  }
  return null;
};

const claimsOf = (links: readonly LinkSettings[], sight: Sight, numbers: RtableNumbers): readonly Claim[] =>
  links.flatMap((link) =>
    families
      .filter((family) => gatewayOf(link, family) !== null)
      .flatMap((family): readonly Claim[] => {
        const way = findWay(link, family, sight);
        return way === null ? [] : [{ link: link.name, family, rdomain: rdomainOf(numbers, link.name), way }];
      }),
  );

/** Every path that must not be used beside an earlier one. */
export const findConflicts = (
  links: readonly LinkSettings[],
  sight: Sight,
  numbers: RtableNumbers,
): ReadonlyMap<PathKey, Conflict> => {
  const found = new Map<PathKey, Conflict>();
  const good: Claim[] = [];
  for (const claim of claimsOf(links, sight, numbers)) {
    const rivals = good.filter((each) => each.family === claim.family && each.rdomain === claim.rdomain);
    const conflict = rivals.map((each) => judge(claim, each)).find((each) => each !== null);
    if (conflict === undefined) good.push(claim);
    else found.set(conflict.path, conflict);
  }
  return found;
};
