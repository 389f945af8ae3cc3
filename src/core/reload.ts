/**
 * Old against new settings, path by path: what is measured in the same way keeps its health and its running probes,
 * what became another path begins anew, what is no longer configured goes (mark and sweep, as bgpd reloads).
 */
import { newPath, type PathHealth, retunePath } from './health.ts';
import type { LinkSettings, PathKey, Settings } from './model.ts';
import { pathKey } from './model.ts';
import type { RtableNumbers } from './rtable.ts';
import type { Mono } from './time.ts';

const isSamePath = (before: LinkSettings | undefined, after: LinkSettings): boolean =>
  before !== undefined && before.interface === after.interface && before.gateway === after.gateway;

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
    const key = pathKey(link.name, 'inet');
    const kept = paths.get(key);
    const was = before?.links.find((each) => each.name === link.name);
    const isKept = kept !== undefined && kept.rtable === rtable && isSamePath(was, link);
    next.set(key, isKept ? retunePath(kept, link.probe) : newPath(link, 'inet', rtable, now));
  }
  return next;
};
