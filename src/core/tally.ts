/**
 * What has been done since the start, counted: transitions by their reason, pf transactions and how long they took, states
 * killed. Pure, and read by nobody here: figures are for the people who watch, no decision depends on them.
 */
import type { Family, Health, Reason } from './model.ts';
import type { Note } from './note.ts';
import type { Millis } from './time.ts';

export interface Transitions {
  readonly link: string;
  readonly family: Family;
  readonly to: Health;
  readonly reason: Reason;
  readonly count: number;
}

/** How many lengths of time were at most each bound, as Prometheus counts them: each holds those before it. */
export interface Histogram {
  readonly bounds: readonly Millis[];
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

export type TransactionKind = 'apply' | 'inspect';

export interface Transactions {
  readonly done: number;
  readonly failed: number;
  readonly took: Histogram;
}

export interface Tally {
  readonly transitions: ReadonlyMap<string, Transitions>;
  /** By policy and family: how often its shares have changed. */
  readonly policies: ReadonlyMap<
    string,
    { readonly policy: string; readonly family: Family; readonly count: number }
  >;
  /** pf states, by link. */
  readonly killed: ReadonlyMap<string, number>;
  readonly transactions: Readonly<Record<TransactionKind, Transactions>>;
  /** From the kernel's word of a change to the end of the transaction that answers it. */
  readonly reactions: Histogram;
}

/** From a pfctl that has nothing to do to one that is near its time-out. */
const BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000] as readonly number[] as readonly Millis[];

const empty: Histogram = { bounds: BOUNDS, counts: BOUNDS.map(() => 0), count: 0, sum: 0 };

export const newTally: Tally = {
  transitions: new Map(),
  policies: new Map(),
  killed: new Map(),
  transactions: {
    apply: { done: 0, failed: 0, took: empty },
    inspect: { done: 0, failed: 0, took: empty },
  },
  reactions: empty,
};

const withLength = (histogram: Histogram, length: Millis): Histogram => ({
  ...histogram,
  counts: histogram.counts.map((count, index) =>
    length <= (histogram.bounds[index] ?? Number.POSITIVE_INFINITY) ? count + 1 : count,
  ),
  count: histogram.count + 1,
  sum: histogram.sum + length,
});

const stepNote = (tally: Tally, note: Note): Tally => {
  if (note.kind === 'health') {
    const { link, family, to, reason } = note;
    const key = `${link}/${family} ${to} ${reason}`;
    const count = (tally.transitions.get(key)?.count ?? 0) + 1;
    return {
      ...tally,
      transitions: new Map([...tally.transitions, [key, { link, family, to, reason, count }]]),
    };
  }
  if (note.kind === 'policy') {
    const { policy, family } = note;
    const key = `${policy}/${family}`;
    const count = (tally.policies.get(key)?.count ?? 0) + 1;
    return { ...tally, policies: new Map([...tally.policies, [key, { policy, family, count }]]) };
  }
  if (note.kind === 'pf-killed') {
    const count = (tally.killed.get(note.link) ?? 0) + note.count;
    return { ...tally, killed: new Map([...tally.killed, [note.link, count]]) };
  }
  return tally;
};

/** Notes are counted as they are said. */
export const stepNotes = (tally: Tally, notes: readonly Note[]): Tally => notes.reduce(stepNote, tally);

export const stepTransaction = (
  tally: Tally,
  kind: TransactionKind,
  isDone: boolean,
  took: Millis,
): Tally => {
  const was = tally.transactions[kind];
  const is = {
    done: was.done + (isDone ? 1 : 0),
    failed: was.failed + (isDone ? 0 : 1),
    took: withLength(was.took, took),
  };
  return { ...tally, transactions: { ...tally.transactions, [kind]: is } };
};

export const stepReaction = (tally: Tally, took: Millis): Tally => ({
  ...tally,
  reactions: withLength(tally.reactions, took),
});
