/** What a ping that could not even be sent makes us look at: it may tell of us, not of the link. */
import type { Engine } from './engine.ts';
import type { Observation } from './observation.ts';
import { doubtRoutes } from './routing.ts';
import type { Mono } from './time.ts';

/** What sendmsg(2) says when the path's routing table has lost its route (OPENBSD.md 3a), or ARP has failed. */
const unroutable: ReadonlySet<string> = new Set([
  "Can't assign requested address",
  'No route to host',
  'Network is unreachable',
]);

/** What it says when a rule blocks the packet. */
export const REFUSED_BY_PF = 'Permission denied';

/**
 * A request that could not leave may tell of us, not of the link: our rules are gone from a pf that blocks, or our route is. The
 * first complaint since the last answer makes us look at once, before so many are lost that the link would be called dead.
 */
export const doubtAfterError = (
  engine: Engine,
  { probe, text }: Extract<Observation, { kind: 'probe-error' }>,
  now: Mono,
): Engine => {
  const path = [...engine.paths.values()].find((each) =>
    each.targets.some((target) => target.probe.key === probe && target.complaint === null),
  );
  if (path === undefined) return engine;
  if (text === REFUSED_BY_PF) return { ...engine, pf: { ...engine.pf, inspectAt: now } };
  if (!unroutable.has(text)) return engine;
  return { ...engine, routes: doubtRoutes(engine.routes, [path.key]) };
};
