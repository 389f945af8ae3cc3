/**
 * Old against new settings, path by path: what is measured in the same way keeps its health and its running probes,
 * what became another path begins anew, what is no longer configured goes (mark and sweep, as bgpd reloads).
 */
import { retunePath } from './health.ts';
import {
  type Family,
  families,
  gatewayOf,
  type LinkSettings,
  type PathKey,
  pathKey,
  type Settings,
  viaOf,
} from './model.ts';
import { newPath, type PathHealth } from './path.ts';
import { type RtableNumbers, rdomainOf } from './rtable.ts';
import type { Mono } from './time.ts';

const isSamePath = (before: LinkSettings | undefined, after: LinkSettings, family: Family): boolean =>
  before !== undefined &&
  before.interface === after.interface &&
  gatewayOf(before, family) === gatewayOf(after, family);

/** The paths under new settings, in the order of the links. A link without a routing table number has none. */
export const reloadPaths = (
  paths: ReadonlyMap<PathKey, PathHealth>,
  before: Settings | null,
  after: Settings,
  rtables: RtableNumbers,
  now: Mono,
): ReadonlyMap<PathKey, PathHealth> => {
  const next = new Map<PathKey, PathHealth>();
  for (const link of after.links) {
    const rtable = rtables.byLink.get(link.name);
    if (rtable === undefined) continue;
    const was = before?.links.find((each) => each.name === link.name);
    for (const family of families.filter((each) => gatewayOf(link, each) !== null)) {
      const key = pathKey(link.name, family);
      const kept = paths.get(key);
      const rdomain = rdomainOf(rtables, link.name);
      const isKept =
        kept !== undefined &&
        kept.rtable === rtable &&
        kept.rdomain === rdomain &&
        isSamePath(was, link, family);
      next.set(
        key,
        isKept
          ? { ...retunePath(kept, link.probe), via: viaOf(link, family, rdomain) }
          : {
              ...newPath(link, family, rtable, now, rdomain),
              // Its connections are still there, and so are its children.
              lastReady: kept?.lastReady ?? null,
              incarnation: kept?.incarnation ?? 0,
            },
      );
    }
  }
  return next;
};
