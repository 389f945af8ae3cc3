/**
 * Which route a packet takes: the longest prefix, then the priority, then a hash among equals (sys/net/rtable.c). Answers are remembered
 * until something changes, for every packet asks twice or more, and nearly always for the same few addresses.
 */
import type { Address, Family } from './address.ts';
import { doesContain, isLinkLocal } from './address.ts';
import { chooseEqual, hashRoute } from './route-hash.ts';
import type { Route } from './route-table.ts';

/** The best routes, equals all. `penalty` is added to a route's priority. */
const search = (
  routes: readonly Route[],
  destination: Address,
  penalty: (route: Route) => number,
): readonly Route[] => {
  const isScoped = isLinkLocal(destination);
  let best: Route[] = [];
  let bestLength = -1;
  let bestPriority = 0;
  for (const route of routes) {
    if (route.prefix.length < bestLength || !doesContain(route.prefix, destination)) continue;
    // a link-local address without its interface is on no link at all
    if (route.prefix.length >= 10 && isScoped && route.nic !== destination.scope) continue;
    const priority = route.priority + penalty(route);
    if (route.prefix.length > bestLength || priority < bestPriority) {
      best = [route];
      bestLength = route.prefix.length;
      bestPriority = priority;
    } else if (priority === bestPriority) best.push(route);
  }
  return best;
};

export interface RouteLookup {
  /** The best route, also one whose link is down; null without any. Without a source it is the first of equals. */
  find(table: number, destination: Address, source: string | null): Route | null;
}

/** `version` changes with every message on the routing socket, so with every route and interface. */
export const createRouteLookup = (world: {
  readonly routesOf: (table: number) => readonly Route[] | undefined;
  readonly penalty: (route: Route) => number;
  readonly isMultipath: (family: Family) => boolean;
  readonly version: () => number;
  readonly jitter: number;
}): RouteLookup => {
  const found = new Map<number, Map<string, readonly Route[]>>();
  let seen = -1;
  return {
    find: (table, destination, source) => {
      const routes = world.routesOf(table);
      if (routes === undefined) return null;
      const version = world.version();
      if (version !== seen) found.clear();
      seen = version;
      let known = found.get(table);
      if (known === undefined || known.size > 10_000) {
        known = new Map();
        found.set(table, known);
      }
      let best = known.get(destination.text);
      if (best === undefined) {
        best = search(routes, destination, world.penalty);
        known.set(destination.text, best);
      }
      const first = best[0];
      if (first === undefined) return null;
      if (best.length === 1 || source === null || world.penalty(first) !== 0) return first;
      if (!world.isMultipath(destination.family)) return first;
      return chooseEqual(best, hashRoute(destination, source, world.jitter)) ?? first;
    },
  };
};
