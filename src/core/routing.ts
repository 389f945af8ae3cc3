/**
 * The routing lane: what the routing tables should hold (default-route.ts, engine.ts), brought about one transaction at a
 * time. It looks before it writes, so asking again for what is there costs a look and changes nothing.
 */

import type { Note } from './note.ts';
import { backoff } from './reconcile.ts';
import { remembered } from './remembered.ts';
import { earliest, type Millis, type Mono, millis, plus, since } from './time.ts';
import type { RouteResult, RouteTransaction, RouteWish } from './transaction.ts';

type WishId = RouteWish['id'];

export interface RouteLane {
  /** What has been ensured since it was last in doubt, per wish. */
  readonly ensured: ReadonlyMap<WishId, string>;
  readonly inFlight: RouteTransaction | null;
  /** In doubt since the transaction under way was handed out: its answer for these may be old. */
  readonly doubted: ReadonlySet<WishId>;
  readonly nextId: number;
  /** One's failure keeps no other waiting, nor the same one once it wants something else. */
  readonly troubles: ReadonlyMap<WishId, RouteTrouble>;
  /** The last warning that was said, per wish: once is enough. */
  readonly warned: ReadonlyMap<WishId, string>;
  readonly recheckAt: Mono | null;
  /** When it was written again after it had been there, per wish: within the last minute. */
  readonly mended: ReadonlyMap<WishId, Mono>;
}

interface RouteTrouble {
  readonly wish: string;
  /** The words of the failure that was said last; null: none yet. */
  readonly said: string | null;
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
  warned: new Map(),
  recheckAt: null,
  mended: new Map(),
};

/** Who writes to our tables over and over must not keep a dead link from being found out. */
const EXCUSED_EVERY = millis(60_000);

const wishKey = remembered((wish: RouteWish): string => {
  switch (wish.kind) {
    case 'path':
      return `${wish.rtable} ${wish.gateway}`;
    case 'own':
      return wish.gateways.join(' ');
    case 'captured':
      return wish.interfaces.join(' ');
  }
});

/** What is known of some wishes is forgotten. */
export const forgetRoutes = (lane: RouteLane, forgotten: Iterable<WishId>): RouteLane => {
  let ensured: Map<WishId, string> | null = null;
  for (const id of forgotten) {
    if (!lane.ensured.has(id)) continue;
    ensured ??= new Map(lane.ensured);
    ensured.delete(id);
  }
  return ensured === null ? lane : { ...lane, ensured };
};

/** A trouble is with what was wished: something else is tried at once. */
const forgetTroubles = (lane: RouteLane, wishes: readonly RouteWish[]): RouteLane => {
  if (lane.troubles.size === 0) return lane;
  const keys = new Map(wishes.map((wish) => [wish.id, wishKey(wish)]));
  return { ...lane, troubles: new Map([...lane.troubles].filter(([id, { wish }]) => keys.get(id) === wish)) };
};

/** Some wishes are in doubt because something happened to their tables: what is being looked at is looked at again. */
export const doubtRoutes = (lane: RouteLane, inDoubt: readonly WishId[]): RouteLane => {
  const flying = (lane.inFlight?.wishes ?? []).map(({ id }) => id);
  return {
    ...forgetRoutes(lane, inDoubt),
    doubted: new Set([...lane.doubted, ...flying.filter((id) => inDoubt.includes(id))]),
  };
};

export const planRoutes = (
  lane: RouteLane,
  wishes: readonly RouteWish[],
  now: Mono,
): { readonly lane: RouteLane; readonly transaction: RouteTransaction | null } => {
  // What is due meanwhile is due still when that has ended.
  const isDue = lane.inFlight === null && lane.recheckAt !== null && now >= lane.recheckAt;
  const current = forgetTroubles(isDue ? { ...lane, ensured: new Map(), recheckAt: null } : lane, wishes);
  if (current.inFlight !== null) return { lane: current, transaction: null };
  const isWaiting = (id: WishId): boolean => now < (current.troubles.get(id)?.retryAt ?? now);
  const open = wishes.filter((wish) => current.ensured.get(wish.id) !== wishKey(wish) && !isWaiting(wish.id));
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
  const warned = new Map(lane.warned);
  const notes: Note[] = [];
  for (const wish of flight.wishes) {
    const key = wishKey(wish);
    const result = results.find((each) => each.id === wish.id);
    if (result?.kind === 'ensured') {
      if (!lane.doubted.has(wish.id)) ensured.set(wish.id, key);
      troubles.delete(wish.id);
      if (result.changed) notes.push({ kind: 'route-set', wish });
      if (result.warning !== null && warned.get(wish.id) !== result.warning) {
        warned.set(wish.id, result.warning);
        notes.push({ kind: 'route-warning', text: result.warning });
      }
      continue;
    }
    const text = result?.text ?? 'no answer';
    const was = troubles.get(wish.id);
    const failures = (was?.failures ?? 0) + 1;
    // Once may be a route that was asked for while its address was being changed: a moment later all is well.
    const isNews = failures > 1 && was?.said !== text;
    if (isNews) notes.push({ kind: 'route-failed', wish, text });
    const said = isNews ? text : (was?.said ?? null);
    troubles.set(wish.id, { wish: key, said, failures, retryAt: plus(now, backoff(failures)) });
  }
  return {
    lane: {
      ...lane,
      ensured,
      troubles,
      warned,
      inFlight: null,
      recheckAt: lane.recheckAt ?? plus(now, recheckAfter),
    },
    notes,
  };
};

/** Routes were there, and had to be written again: losses of their paths meanwhile are this machine's. Of which are they excused? */
export const stepMended = (
  lane: RouteLane,
  ids: readonly WishId[],
  now: Mono,
): { readonly lane: RouteLane; readonly excused: ReadonlySet<WishId> } => {
  if (ids.length === 0) return { lane, excused: new Set() };
  const recent = [...lane.mended].filter(([, at]) => since(now, at) < EXCUSED_EVERY);
  const excused = new Set(ids.filter((id) => !recent.some(([each]) => each === id)));
  return {
    lane: { ...lane, mended: new Map([...recent, ...[...excused].map((id) => [id, now] as const)]) },
    excused,
  };
};

/** When this lane wants to be planned again by itself. */
export const routeDeadline = (lane: RouteLane): Mono | null =>
  lane.inFlight !== null
    ? null
    : earliest(lane.recheckAt, ...[...lane.troubles.values()].map(({ retryAt }) => retryAt));
