/**
 * The routing lane: each path whose evidence is present wants a default route in its own routing table. One
 * transaction at a time; it looks before it writes, so asking again for what is there costs a look and changes nothing.
 */

import type { PathKey } from './model.ts';
import type { Note } from './note.ts';
import { backoff } from './reconcile.ts';
import { earliest, type Millis, type Mono, plus } from './time.ts';
import type { RouteResult, RouteTransaction, RouteWish } from './transaction.ts';

export interface RouteLane {
  /** What has been ensured since it was last in doubt, per path. */
  readonly ensured: ReadonlyMap<PathKey, string>;
  readonly inFlight: RouteTransaction | null;
  /** In doubt since the transaction under way was handed out: its answer for these may be old. */
  readonly doubted: ReadonlySet<PathKey>;
  readonly nextId: number;
  /** One path's failure keeps no other waiting, nor another wish of its own. */
  readonly troubles: ReadonlyMap<PathKey, RouteTrouble>;
  readonly recheckAt: Mono | null;
}

interface RouteTrouble {
  readonly wish: string;
  /** The words of the last failure, said once. */
  readonly text: string;
  /** Failures in a row. */
  readonly failures: number;
  readonly retryAt: Mono;
}

export const newRouteLane: RouteLane = {
  ensured: new Map(),
  inFlight: null,
  doubted: new Set(),
  nextId: 1,
  troubles: new Map(),
  recheckAt: null,
};

const wishKey = (wish: Pick<RouteWish, 'rtable' | 'gateway'>): string => `${wish.rtable} ${wish.gateway}`;

/** What is known of some paths' routes is forgotten. */
export const forgetRoutes = (lane: RouteLane, isForgotten: (path: PathKey) => boolean): RouteLane => ({
  ...lane,
  ensured: new Map([...lane.ensured].filter(([path]) => !isForgotten(path))),
});

/** Some paths' routes are in doubt because something happened to them: what is being looked at is looked at again. */
export const doubtRoutes = (lane: RouteLane, isInDoubt: (path: PathKey) => boolean): RouteLane => ({
  ...forgetRoutes(lane, isInDoubt),
  doubted: new Set([
    ...lane.doubted,
    ...(lane.inFlight?.wishes ?? []).map(({ path }) => path).filter(isInDoubt),
  ]),
});

export const planRoutes = (
  lane: RouteLane,
  wishes: readonly RouteWish[],
  now: Mono,
): { readonly lane: RouteLane; readonly transaction: RouteTransaction | null } => {
  const isDue = lane.recheckAt !== null && now >= lane.recheckAt;
  const keys = new Map(wishes.map((wish) => [wish.path, wishKey(wish)]));
  const current: RouteLane = {
    ...(isDue ? { ...forgetRoutes(lane, () => true), recheckAt: null } : lane),
    troubles: new Map([...lane.troubles].filter(([path, { wish }]) => keys.get(path) === wish)),
  };
  if (current.inFlight !== null) return { lane: current, transaction: null };
  const isWaiting = (path: PathKey): boolean => now < (current.troubles.get(path)?.retryAt ?? now);
  const open = wishes.filter(
    (wish) => current.ensured.get(wish.path) !== wishKey(wish) && !isWaiting(wish.path),
  );
  if (open.length === 0) return { lane: current, transaction: null };
  const transaction: RouteTransaction = { id: current.nextId, wishes: open };
  return {
    lane: { ...current, inFlight: transaction, doubted: new Set(), nextId: current.nextId + 1 },
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
  const troubles = new Map(lane.troubles);
  const notes: Note[] = [];
  for (const { path, rtable, gateway } of flight.wishes) {
    const wish = wishKey({ rtable, gateway });
    const result = results.find((each) => each.path === path);
    if (result?.kind === 'ensured') {
      if (!lane.doubted.has(path)) ensured.set(path, wish);
      troubles.delete(path);
      if (result.changed) notes.push({ kind: 'route-set', path, rtable, gateway });
      continue;
    }
    const text = result?.text ?? 'no answer';
    const was = troubles.get(path);
    const failures = (was?.failures ?? 0) + 1;
    if (was?.text !== text) notes.push({ kind: 'route-failed', path, rtable, text });
    troubles.set(path, { wish, text, failures, retryAt: plus(now, backoff(failures)) });
  }
  return {
    lane: { ...lane, ensured, troubles, inFlight: null, recheckAt: plus(now, recheckAfter) },
    notes,
  };
};

/** When this lane wants to be planned again by itself. */
export const routeDeadline = (lane: RouteLane): Mono | null =>
  lane.inFlight !== null
    ? null
    : earliest(lane.recheckAt, ...[...lane.troubles.values()].map(({ retryAt }) => retryAt));
