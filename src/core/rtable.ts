/**
 * Which routing domain each link is in and which routing table its probes use. Numbers given out stay with their link for
 * as long as uplinkd knows it, and keep clear of every routing domain ever seen: a number that once was an rdomain stays
 * one until reboot and takes no default route of rdomain 0 (OPENBSD.md, section 1).
 */
import type { InterfaceTable, LinkSettings } from './model.ts';

/** First number given out by itself. */
export const FIRST_RTABLE = 101;
/** RT_TABLEID_MAX */
export const LAST_RTABLE = 255;

export interface RtableNumbers {
  readonly byLink: ReadonlyMap<string, number>;
  /** Of links in a routing domain other than 0, also while their interface is gone: it will come back there. */
  readonly rdomains: ReadonlyMap<string, number>;
  readonly rdomainsSeen: ReadonlySet<number>;
}

/** A default route in a table of numbers that are given out. */
export interface RtableFound {
  readonly rtable: number;
  readonly interface: string;
  readonly gateway: string;
}

/** Whose tables they are: those of the link with that interface; of several, with that gateway as well. */
export const ownersOf = (
  found: readonly RtableFound[],
  links: readonly LinkSettings[],
): ReadonlyMap<string, number> =>
  new Map(
    found.flatMap(({ rtable, interface: name, gateway }) => {
      const there = links.filter((link) => link.interface === name);
      const owner =
        there.find((link) => link.gateway === gateway) ?? (there.length === 1 ? there[0] : undefined);
      return owner === undefined ? [] : [[owner.name, rtable] as const];
    }),
  );

export const noRtables: RtableNumbers = { byLink: new Map(), rdomains: new Map(), rdomainsSeen: new Set() };

export const rdomainOf = (numbers: RtableNumbers, link: string): number => numbers.rdomains.get(link) ?? 0;

const findRdomains = (
  known: ReadonlyMap<string, number>,
  links: readonly LinkSettings[],
  interfaces: InterfaceTable | null,
): ReadonlyMap<string, number> => {
  const found = new Map(known);
  for (const link of links) {
    const rdomain = interfaces?.find((each) => each.name === link.interface)?.rdomain;
    if (rdomain === 0) found.delete(link.name);
    else if (rdomain !== undefined) found.set(link.name, rdomain);
  }
  return found;
};

/**
 * Numbers for all links: that of its own routing domain, the configured one, the one it had, else the lowest free ones from
 * 101 on. A link for which none is left up to 255 gets none. Links that are gone keep theirs, in case they return with the
 * next reload.
 */
export const allocateRtables = (
  numbers: RtableNumbers,
  links: readonly LinkSettings[],
  interfaces: InterfaceTable | null,
): RtableNumbers => {
  const rdomainsSeen = new Set([...numbers.rdomainsSeen, ...(interfaces ?? []).map((each) => each.rdomain)]);
  const rdomains = findRdomains(numbers.rdomains, links, interfaces);
  const configured = new Map(
    links.flatMap((link) => {
      const own = rdomains.get(link.name) ?? link.rtable;
      return own === null ? [] : [[link.name, own] as const];
    }),
  );
  const taken = new Set([...configured.values(), ...rdomainsSeen]);
  const byLink = new Map<string, number>();
  for (const [link, rtable] of numbers.byLink) {
    if (configured.has(link) || taken.has(rtable)) continue;
    byLink.set(link, rtable);
    taken.add(rtable);
  }
  for (const link of links) {
    const own = configured.get(link.name);
    if (own !== undefined) byLink.set(link.name, own);
    if (byLink.has(link.name)) continue;
    for (let rtable = FIRST_RTABLE; rtable <= LAST_RTABLE; rtable += 1) {
      if (taken.has(rtable)) continue;
      byLink.set(link.name, rtable);
      taken.add(rtable);
      break;
    }
  }
  return { byLink, rdomains, rdomainsSeen };
};
