/**
 * The sweep lane: states that a pool has pinned to paths whose states must go are looked for and ended. It takes seconds
 * on a busy router, so it runs beside the transactions; and only once the rules are as they should be, so that nobody
 * can come back to the same dead path.
 */
import { afterKills, holdStates, killDeadline, type StateHolders } from './kill.ts';
import type { PathKey } from './model.ts';
import type { Note } from './note.ts';
import { backoff } from './reconcile.ts';
import { type Mono, plus } from './time.ts';
import type { Sweep, SweepResult } from './transaction.ts';

/** `isKept`: the path has it still, and what a pool of earlier settings has pinned to it is to go all the same. */
export type OutlivedGateway = Sweep['gateways'][number] & { readonly isKept: boolean };

export interface SweepLane {
  readonly holders: StateHolders;
  /** Paths that pools have used under settings before these: what they have pinned there is pinned still. */
  readonly pooledBefore: ReadonlySet<PathKey>;
  /** Gateways that paths no longer have, but for those that are kept (outlived.ts), until they have been swept. */
  readonly outlived: readonly OutlivedGateway[];
  readonly inFlight: Sweep | null;
  readonly nextId: number;
  readonly failures: number;
  readonly retryAt: Mono | null;
  readonly failure: string | null;
  readonly killed: number;
}

export const newSweepLane: SweepLane = {
  holders: new Map(),
  pooledBefore: new Set(),
  outlived: [],
  inFlight: null,
  nextId: 1,
  failures: 0,
  retryAt: null,
  failure: null,
  killed: 0,
};

/**
 * New connections may be going to these paths: there may be states again, whatever a sweep under way is going to say of them.
 */
export const holdSwept = (lane: SweepLane, paths: readonly PathKey[]): SweepLane => ({
  ...lane,
  holders: holdStates(lane.holders, paths),
  inFlight:
    lane.inFlight === null
      ? null
      : { ...lane.inFlight, gateways: lane.inFlight.gateways.filter(({ path }) => !paths.includes(path)) },
});

/** A gateway that some path has now is swept for its health alone. */
export const keepOutlived = (lane: SweepLane, current: readonly string[]): SweepLane => {
  const kept = lane.outlived.filter(({ gateway, isKept }) => {
    const count = current.filter((each) => each === gateway).length;
    return count === 0 || (count === 1 && isKept);
  });
  return kept.length === lane.outlived.length ? lane : { ...lane, outlived: kept };
};

export const planSweep = (
  lane: SweepLane,
  /** Null: not now, the rules are not as they should be. */
  wanted: Sweep['gateways'] | null,
  exempt: Sweep['exempt'],
  now: Mono,
): { readonly lane: SweepLane; readonly sweep: Sweep | null } => {
  if (lane.inFlight !== null || wanted === null) return { lane, sweep: null };
  const gateways = [...lane.outlived, ...wanted];
  // What had failed is no longer to be done: a retry that lies in the past would wake us for ever.
  if (gateways.length === 0)
    return { lane: lane.retryAt === null ? lane : { ...lane, retryAt: null }, sweep: null };
  if (lane.retryAt !== null && now < lane.retryAt) return { lane, sweep: null };
  const sweep: Sweep = { id: lane.nextId, gateways, exempt };
  return { lane: { ...lane, inFlight: sweep, nextId: lane.nextId + 1, retryAt: null }, sweep };
};

export const stepSweepResult = (
  lane: SweepLane,
  id: number,
  result: SweepResult,
  now: Mono,
): { readonly lane: SweepLane; readonly notes: readonly Note[] } => {
  const { inFlight } = lane;
  if (inFlight?.id !== id) return { lane, notes: [] };
  if (result.kind === 'failed') {
    const failures = lane.failures + 1;
    const { text } = result.failure;
    const retryIn = backoff(failures);
    return {
      lane: { ...lane, inFlight: null, failures, failure: text, retryAt: plus(now, retryIn) },
      notes: text === lane.failure ? [] : [{ kind: 'sweep-failed', text, retryIn }],
    };
  }
  const outlived: Sweep['gateways'] = lane.outlived;
  const done = inFlight.gateways.filter(({ gateway }) => !result.spared.includes(gateway));
  const holders = afterKills(
    lane.holders,
    done.filter((each) => !outlived.includes(each)),
    now,
  );
  return {
    lane: {
      ...lane,
      inFlight: null,
      failures: 0,
      failure: null,
      retryAt: null,
      holders,
      // What is swept is pinned no more, and those that are no pool's now pin nothing again.
      pooledBefore: new Set([...lane.pooledBefore].filter((path) => holders.has(path))),
      outlived: lane.outlived.filter((each) => !done.includes(each)),
      killed: lane.killed + result.killed.reduce((sum, each) => sum + each.count, 0),
    },
    notes: result.killed.map(({ link, count, again }): Note => ({ kind: 'pf-killed', link, count, again })),
  };
};

/** When this lane wants to be planned again by itself. */
export const sweepDeadline = (lane: SweepLane, unwanted: readonly PathKey[]): Mono | null =>
  lane.inFlight !== null || unwanted.length + lane.outlived.length === 0
    ? null
    : (lane.retryAt ?? killDeadline(lane.holders, unwanted));
