/**
 * The routing lane: each path whose evidence is present wants a default route in its own routing table. One
 * transaction at a time; it looks before it writes, so asking again for what is there costs a look and changes nothing.
 */

import type { PathKey } from './model.ts';
import type { Note } from './note.ts';
import { backoff } from './reconcile.ts';
import { type Millis, type Mono, plus } from './time.ts';
import type { RouteResult, RouteTransaction, RouteWish } from './transaction.ts';

export interface RouteLane {
  /** What has been ensured since it was last in doubt, per path. */
  readonly ensured: ReadonlyMap<PathKey, string>;
  readonly inFlight: RouteTransaction | null;
  readonly nextId: number;
  readonly failures: number;
  readonly retryAt: Mono | null;
  /** Per path: the words of its last failure, said once. */
  readonly complaints: ReadonlyMap<PathKey, string>;
  readonly recheckAt: Mono | null;
}

export const newRouteLane: RouteLane = {
  ensured: new Map(),
  inFlight: null,
  nextId: 1,
  failures: 0,
  retryAt: null,
  complaints: new Map(),
  recheckAt: null,
};

const wishKey = (wish: RouteWish): string => `${wish.rtable} ${wish.gateway}`;

/** Some paths' routes are in doubt (an event, a while gone by): they are looked at again. */
export const doubtRoutes = (lane: RouteLane, isInDoubt: (path: PathKey) => boolean): RouteLane => ({
  ...lane,
  ensured: new Map([...lane.ensured].filter(([path]) => !isInDoubt(path))),
});

export const planRoutes = (
  lane: RouteLane,
  wishes: readonly RouteWish[],
  now: Mono,
): { readonly lane: RouteLane; readonly transaction: RouteTransaction | null } => {
  const isDue = lane.recheckAt !== null && now >= lane.recheckAt;
  const current = isDue ? { ...doubtRoutes(lane, () => true), recheckAt: null } : lane;
  if (current.inFlight !== null || (current.retryAt !== null && now < current.retryAt))
    return { lane: current, transaction: null };
  const open = wishes.filter((wish) => current.ensured.get(wish.path) !== wishKey(wish));
  if (open.length === 0) return { lane: current, transaction: null };
  const transaction: RouteTransaction = { id: current.nextId, wishes: open };
  return {
    lane: { ...current, inFlight: transaction, nextId: current.nextId + 1, retryAt: null },
    transaction,
  };
};

export const stepRouteResults = (
  lane: RouteLane,
  id: number,
  results: readonly RouteResult[],
  recheckAfter: Millis,
  now: Mono,
): { readonly lane: RouteLane; readonly notes: readonly Note[] } => {
  const flight = lane.inFlight;
  if (flight === null || flight.id !== id) return { lane, notes: [] };
  const ensured = new Map(lane.ensured);
  const complaints = new Map(lane.complaints);
  const notes: Note[] = [];
  let hasFailed = false;
  for (const wish of flight.wishes) {
    const result = results.find((each) => each.path === wish.path);
    if (result?.kind === 'ensured') {
      ensured.set(wish.path, wishKey(wish));
      complaints.delete(wish.path);
      if (result.changed)
        notes.push({ kind: 'route-set', path: wish.path, rtable: wish.rtable, gateway: wish.gateway });
      continue;
    }
    hasFailed = true;
    const text = result?.text ?? 'no answer';
    if (complaints.get(wish.path) !== text)
      notes.push({ kind: 'route-failed', path: wish.path, rtable: wish.rtable, text });
    complaints.set(wish.path, text);
  }
  const failures = hasFailed ? lane.failures + 1 : 0;
  return {
    lane: {
      ...lane,
      ensured,
      complaints,
      inFlight: null,
      failures,
      retryAt: hasFailed ? plus(now, backoff(failures)) : null,
      recheckAt: plus(now, recheckAfter),
    },
    notes,
  };
};
