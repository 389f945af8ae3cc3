/**
 * How losses are said, and taken back: after how long, which rows of answers they end, and what becomes of all that when
 * an answer comes after all. The other steps of a window are window.ts.
 */
import { autoTimeout, CEILING, longestWait } from './estimate.ts';
import type { Outcome } from './figures.ts';
import type { Millis } from './time.ts';
import type { Window } from './window.ts';

/** A loss that an answer can still take back. */
export interface Loss {
  readonly seq: number;
  /** Which of all outcomes since the start it is, so that it is found among those remembered. */
  readonly at: number;
  /** Answers in a row that it ended: taken back, it goes on with theirs. */
  readonly before: number;
  /** After how long it was said; 0: it could not even be sent. */
  readonly waited: Millis;
}

/** After how long the next open request is lost. */
export const timeoutOf = (window: Window): Millis => {
  if (window.timeout !== 'auto') return window.timeout;
  return window.isPatient ? CEILING : autoTimeout(window.estimate, window.interval, window.lossesInRow);
};

export const remember = (window: Window, outcome: Outcome): Window['outcomes'] =>
  [...window.outcomes, outcome].slice(-window.size);

/** Those that an answer could still take back if it came now, and one more. */
const withRecent = (window: Window, loss: Loss): Window['recent'] => {
  const oldest = loss.seq - Math.ceil(longestWait(window.timeout) / window.interval);
  const younger = window.recent.filter(({ seq }) => seq > loss.seq);
  return [...window.recent.filter(({ seq }) => seq >= oldest && seq < loss.seq), loss, ...younger];
};

/**
 * The request `seq` is lost. With a time-out no shorter than the interval, younger ones may have been answered before
 * that is known; the loss came before them, so it does not end their row.
 */
export const withLoss = (window: Window, seq: number, waited: Millis): Window => {
  const younger = Math.min(window.answersInRow, window.settled.length);
  return {
    ...window,
    outcomes: remember(window, null),
    answersInRow: younger,
    lossesInRow: window.lossesInRow + (window.settled.length === 0 || window.answersInRow === 0 ? 1 : 0),
    lost: window.lost + 1,
    recent: withRecent(window, {
      seq,
      at: window.answered + window.lost,
      before: window.answersInRow - younger,
      waited,
    }),
  };
};

/** A loss was none: its place among the outcomes, and in the rows of answers and losses, is that of an answer. */
export const withoutLoss = (window: Window, loss: Loss, rtt: Millis): Window => {
  const { outcomes, answered, lost } = window;
  const place = outcomes.length - (answered + lost - loss.at);
  const next = window.recent.find(({ seq }) => seq > loss.seq);
  const joined = loss.before + 1;
  return {
    ...window,
    outcomes: place < 0 ? outcomes : outcomes.with(place, rtt),
    answered: answered + 1,
    lost: lost - 1,
    answersInRow: next === undefined ? window.answersInRow + joined : window.answersInRow,
    lossesInRow: Math.min(window.lossesInRow, window.recent.filter(({ seq }) => seq > loss.seq).length),
    recent: window.recent
      .filter((each) => each !== loss)
      .map((each) => (each === next ? { ...each, before: each.before + joined } : each)),
  };
};

/**
 * Requests from `first` on had not left yet when they were taken for lost, and are open again: those losses that an answer could
 * still take back were none.
 */
export const withoutUnsent = (window: Window, first: number): Window => {
  const { outcomes, answered, lost, recent } = window;
  const unsent = recent.filter(({ seq, waited }) => seq >= first && waited > 0);
  if (unsent.length === 0) return window;
  const places = unsent.map(({ at }) => outcomes.length - (answered + lost - at));
  return {
    ...window,
    outcomes: outcomes.filter((_, place) => !places.includes(place)),
    lost: lost - unsent.length,
  };
};

/**
 * Something else says that the path is alive: losses that were said too soon, in a row until now, are open again, and
 * wait for their answers as long as any may take.
 */
export const stepPatience = (window: Window): Window => {
  if (window.timeout !== 'auto' || window.isPatient) return window;
  const row = window.recent.slice(-window.lossesInRow);
  const first = row[0];
  const isWhole =
    window.lossesInRow > 0 &&
    row.length === window.lossesInRow &&
    window.settled.length === 0 &&
    row.every((loss, n) => loss.waited > 0 && loss.seq === window.next - row.length + n);
  if (first === undefined || !isWhole) return { ...window, isPatient: true };
  return {
    ...window,
    isPatient: true,
    next: first.seq,
    outcomes: window.outcomes.slice(0, Math.max(0, window.outcomes.length - row.length)),
    lost: window.lost - row.length,
    lossesInRow: 0,
    answersInRow: first.before,
    recent: window.recent.slice(0, -row.length),
  };
};

/** Something else has shown that the target answers: what was lost before that is no row any more. */
export const withoutLosses = (window: Window): Window =>
  window.lossesInRow === 0 ? window : { ...window, lossesInRow: 0 };

/** Something else has shown that the target does not answer: what it had answered before is no row any more. */
export const withoutRow = (window: Window): Window => ({ ...window, answersInRow: 0 });

/**
 * The outcomes by which quality is judged: without losses that an answer may still take back. So a round-trip time that
 * grows, or a machine too busy to read, is no loss to anybody.
 */
export const judgedOutcomes = (window: Window): readonly Outcome[] => {
  const { recent, outcomes, answered, lost } = window;
  if (window.timeout !== 'auto' || recent.length === 0) return outcomes;
  const oldest = window.next - Math.ceil(CEILING / window.interval);
  const open = recent
    .filter(({ seq, waited }) => waited > 0 && seq >= oldest)
    .map(({ at }) => outcomes.length - (answered + lost - at));
  return open.length === 0 ? outcomes : outcomes.filter((_, place) => !open.includes(place));
};
