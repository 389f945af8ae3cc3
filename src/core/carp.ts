/**
 * CARP: this router steps back behind its partner while a policy has no link that can be trusted, and again takes its place
 * some time after it has. carpdemote only adds and subtracts (sys/net/if.c, if_setgroupattribs), so what we have added is
 * remembered from before it is done, over restarts, and never added twice. A router that is the backup watches, but ends
 * no states: pfsync(4) would end the master's.
 */
import { type Decision, isTrusted } from './decide.ts';
import type { CarpSettings, InterfaceTable, Settings } from './model.ts';
import type { Note } from './note.ts';
import { backoff } from './reconcile.ts';
import { earliest, type Mono, plus } from './time.ts';

/** What we have put on a group's demote counter. */
export interface CarpAdded {
  readonly group: string;
  readonly by: number;
}

export interface CarpTransaction {
  readonly id: number;
  readonly group: string;
  /** What of the counter is ours as far as we know, and what should be. */
  readonly from: number;
  readonly to: number;
}

export type CarpRole = 'master' | 'backup';

export interface CarpLane {
  /** As intended last, done or not; null: nothing. */
  readonly added: CarpAdded | null;
  /** It is known to be done. */
  readonly isDone: boolean;
  /** Policies without a link to trust, and since when there is none of them any more. */
  readonly lost: readonly string[];
  readonly goodSince: Mono | null;
  readonly inFlight: CarpTransaction | null;
  readonly nextId: number;
  readonly failures: number;
  readonly retryAt: Mono | null;
  readonly role: CarpRole | null;
}

export const newCarpLane: CarpLane = {
  added: null,
  isDone: true,
  lost: [],
  goodSince: null,
  inFlight: null,
  nextId: 1,
  failures: 0,
  retryAt: null,
  role: null,
};

/** After a restart: whether it was done is found out by asking. */
export const recallCarp = (added: CarpAdded | null): CarpLane => ({
  ...newCarpLane,
  added,
  isDone: added === null,
  // Undone only once it is known to be good.
  lost: added === null ? [] : ['before the restart'],
});

/** Policies none of whose decisions, in either family, stands on a rung that works as far as is known. */
const lostPolicies = (decisions: readonly Decision[]): readonly string[] =>
  [...new Set(decisions.map(({ policy }) => policy))].filter((policy) =>
    decisions.every((each) => each.policy !== policy || !(isTrusted(each.rung) || each.rung === 'unproven')),
  );

/** All carp interfaces that are up are backups. carp(4) has the link state of its role (sys/net/if.h). */
export const carpRoleOf = (settings: Settings, interfaces: InterfaceTable): CarpRole | null => {
  if (settings.carp === null) return null;
  const ours = interfaces.filter(({ name, up }) => up && /^carp\d+$/.test(name));
  if (ours.length === 0) return null;
  return ours.every(({ carrier }) => carrier === 'down') ? 'backup' : 'master';
};

const stepLost = (
  lane: CarpLane,
  carp: CarpSettings,
  decisions: readonly Decision[],
  now: Mono,
): CarpLane => {
  const lost = lostPolicies(decisions);
  if (lost.length > 0) return { ...lane, lost, goodSince: null };
  if (lane.lost.length === 0) return lane;
  const goodSince = lane.goodSince ?? now;
  return now >= plus(goodSince, carp.hold) ? { ...lane, lost: [], goodSince: null } : { ...lane, goodSince };
};

const noteRole = (before: CarpRole | null, role: CarpRole | null): readonly Note[] =>
  role === null || before === role ? [] : [{ kind: 'carp-role', role }];

const noteDemotion = (before: CarpLane, after: CarpLane, carp: CarpSettings): readonly Note[] => {
  const [was, is] = [before.lost.length > 0, after.lost.length > 0];
  return was === is
    ? []
    : [{ kind: 'carp', group: carp.group, by: is ? carp.demote : 0, policies: after.lost }];
};

/** What the counter should have of ours: of a group that is no longer named, nothing. */
const nextTransaction = (lane: CarpLane, carp: CarpSettings | null): CarpTransaction | null => {
  const { added, nextId: id } = lane;
  const to = carp !== null && lane.lost.length > 0 ? carp.demote : 0;
  if (added !== null && added.group !== carp?.group) return { id, group: added.group, from: added.by, to: 0 };
  const from = added?.by ?? 0;
  if (carp === null || (from === to && (lane.isDone || to === 0))) return null;
  return { id, group: carp.group, from, to };
};

export interface CarpPlan {
  readonly lane: CarpLane;
  readonly transaction: CarpTransaction | null;
  readonly notes: readonly Note[];
  readonly deadline: Mono | null;
}

/** `isJudged`: not before every path is, or a start would demote. */
export const planCarp = (
  lane: CarpLane,
  settings: Settings,
  interfaces: InterfaceTable,
  decisions: readonly Decision[],
  isJudged: boolean,
  now: Mono,
): CarpPlan => {
  const { carp } = settings;
  if (carp === null && lane === newCarpLane) return { lane, transaction: null, notes: [], deadline: null };
  const role = carpRoleOf(settings, interfaces);
  const judged = carp !== null && isJudged ? stepLost(lane, carp, decisions, now) : lane;
  const stepped: CarpLane = { ...judged, role };
  const notes = [...noteRole(lane.role, role), ...(carp === null ? [] : noteDemotion(lane, stepped, carp))];
  const heldUntil = carp === null || stepped.goodSince === null ? null : plus(stepped.goodSince, carp.hold);
  const isWaiting = stepped.inFlight !== null || (stepped.retryAt !== null && now < stepped.retryAt);
  const transaction = isWaiting ? null : nextTransaction(stepped, carp);
  const deadline = earliest(heldUntil, stepped.inFlight === null ? stepped.retryAt : null);
  if (transaction === null) return { lane: stepped, transaction, notes, deadline };
  const { group, to: by } = transaction;
  return {
    lane: {
      ...stepped,
      // Before it is done, if it adds; after, if it takes away: a crash in between must not lose what is ours.
      added: by > transaction.from ? { group, by } : lane.added,
      isDone: false,
      inFlight: transaction,
      nextId: lane.nextId + 1,
      retryAt: null,
    },
    transaction,
    notes,
    deadline: heldUntil,
  };
};

/** `failure`: null if the counter is as it was wanted. */
export const stepCarpResult = (
  lane: CarpLane,
  id: number,
  failure: string | null,
  now: Mono,
): { readonly lane: CarpLane; readonly notes: readonly Note[] } => {
  const { inFlight } = lane;
  if (inFlight === null || inFlight.id !== id) return { lane, notes: [] };
  const { group, to } = inFlight;
  if (failure === null)
    return {
      lane: {
        ...lane,
        added: to === 0 ? null : { group, by: to },
        isDone: true,
        inFlight: null,
        failures: 0,
        retryAt: null,
      },
      notes: [],
    };
  const failures = lane.failures + 1;
  const retryIn = backoff(failures);
  return {
    lane: {
      ...lane,
      inFlight: null,
      failures,
      retryAt: plus(now, retryIn),
    },
    notes: failures === 1 ? [{ kind: 'carp-failed', group, text: failure, retryIn }] : [],
  };
};
