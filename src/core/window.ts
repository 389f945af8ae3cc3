/**
 * The rolling window of one probe: which echo requests were answered, lost, late or doubled, and how long answers took.
 *
 * ping(8) prints nothing for a lost packet, so losses are known by time alone: requests leave every `interval`, the
 * newest answer tells when (its arrival less its round-trip time), and one that is not answered in time is lost. With the
 * time-out `auto` (estimate.ts) that may be said too soon: an answer that comes all the same, within the ceiling, takes the
 * loss back. It does not know what a loss means for the path; that is health.ts.
 */
import { type Estimate, longestWait, stepEstimate } from './estimate.ts';
import type { Outcome } from './figures.ts';
import { type Loss, remember, timeoutOf, withLoss, withoutLoss, withoutUnsent } from './loss.ts';
import type { Timeout } from './model.ts';
import { type Draft, draftWindow } from './shape.ts';
import { type Millis, type Mono, millis, mono } from './time.ts';

/** How many outcomes are remembered where nobody says how many. */
export const WINDOW_SIZE = 60;
/** Ten minutes at one a second. All of them are gone over at each reading, and what is older says little of now. */
const LARGEST_SIZE = 600;
/** Of fewer outcomes no share is taken: each would weigh more than the marks that it is compared with. */
export const FEWEST_OUTCOMES = 10;
/** A child needs a moment to start: its first request is taken to leave this late, until an answer says better. */
const START_SLACK = millis(500);
/** icmp_seq is 16 bits wide and wraps after 18 hours at one a second. */
const SEQ_SPAN = 65536;
/** By so many requests a child may be ahead of what is known of it: it was started quicker than is taken for granted. */
const EARLY = 10;
/** Requests are further apart than that, so answers are, unless something has held them back. */
const TOGETHER = 50;

export interface Window {
  readonly interval: Millis;
  readonly timeout: Timeout;
  /** Of the round-trip times. Kept under a fixed time-out as well, or a reload would begin without. */
  readonly estimate: Estimate | null;
  /** Something else says that the path is alive: until the next answer, losses are only said at the ceiling. */
  readonly isPatient: boolean;
  /**
   * Each request is a process of its own and its start is told (stepSent): none is taken to have left that was not. Else
   * requests leave by themselves, one an interval.
   */
  readonly isSingle: boolean;
  /** The child's start, until its first answer has told how long after that it began to send. */
  readonly started: Mono | null;
  /** A request and when it left; all others follow from it. Null before the child's start. */
  readonly known: { readonly seq: number; readonly sent: Mono } | null;
  /** Lowest request whose fate is open; every one below is settled. Counts on past 65535. */
  readonly next: number;
  /** Requests from `next` on that are settled already, ascending. */
  readonly settled: readonly number[];
  /** How many outcomes are remembered at most. */
  readonly size: number;
  /** The last outcomes, oldest first: a round-trip time, or null for a loss. At most `size`. */
  readonly outcomes: readonly Outcome[];
  readonly answersInRow: number;
  readonly lossesInRow: number;
  readonly answered: number;
  readonly lost: number;
  /** Answers that came after their time-out: with `auto` and within the ceiling, they count as answers, too. */
  readonly late: number;
  readonly duplicates: number;
  /** Answers that came too late to be counted as answers: they were bytes all the same. */
  readonly stray: number;
  /** Losses younger than the ceiling, by number. */
  readonly recent: readonly Loss[];
  /** When the answer that arrived last did so, and when its request had left; the oldest of those that came together. */
  readonly heard: { readonly at: Mono; readonly sent: Mono } | null;
}

/**
 * How many outcomes make up the last `length`, 10 to 600. Requests leave one an `interval`, so they are counted and not
 * dated; what nobody listened to has no outcome, and the window then reaches back further by as much. A probe too slow
 * for ten of them in that time is judged by ten all the same, or it never would be.
 */
export const windowSize = (length: Millis, interval: Millis): number =>
  Math.min(LARGEST_SIZE, Math.max(FEWEST_OUTCOMES, Math.ceil(length / interval)));

export const newWindow = (
  interval: Millis,
  timeout: Timeout,
  size = WINDOW_SIZE,
  isSingle = false,
): Window => ({
  isSingle,
  interval,
  timeout,
  estimate: null,
  isPatient: false,
  started: null,
  size,
  known: null,
  next: 0,
  settled: [],
  outcomes: [],
  answersInRow: 0,
  lossesInRow: 0,
  answered: 0,
  lost: 0,
  late: 0,
  duplicates: 0,
  stray: 0,
  recent: [],
  heard: null,
});

/** The same window under another time-out and size; outcomes beyond the new size are forgotten, oldest first. */
export const retuneWindow = (window: Window, timeout: Timeout, size: number): Window => ({
  ...window,
  timeout,
  size,
  outcomes: window.outcomes.slice(-size),
});

/** What a window remembers, in another of another rhythm: nothing is open in it. */
export const carryWindow = (from: Window, into: Window): Window => ({
  ...into,
  estimate: from.estimate,
  outcomes: from.outcomes.slice(-into.size),
  answersInRow: from.answersInRow,
  lossesInRow: from.lossesInRow,
  answered: from.answered,
  lost: from.lost,
  late: from.late,
  duplicates: from.duplicates,
  stray: from.stray,
  heard: from.heard,
});

/** A child was started at `now`; numbering begins anew, what was remembered stays. */
export const startWindow = (window: Window, now: Mono): Window => ({
  ...window,
  known: window.isSingle ? null : { seq: 0, sent: mono(now + START_SLACK) },
  started: window.isSingle ? null : now,
  next: 0,
  settled: [],
  recent: [],
});

/** The next request of a window whose requests are single has left. */
export const stepSent = (window: Window, now: Mono): Window => {
  const seq = window.known === null ? 0 : window.known.seq + 1;
  // One whose end was never told says nothing.
  return { ...window, known: { seq, sent: now }, next: seq, settled: [] };
};

const sentAt = (window: Window, seq: number): Mono | null => {
  const { known, isSingle, interval } = window;
  if (known === null || (isSingle && seq > known.seq)) return null;
  return mono(known.sent + (seq - known.seq) * interval);
};

/** The request that leaves at `now` or is the last to have left before. */
const sentBy = ({ isSingle, interval }: Window, known: NonNullable<Window['known']>, now: Mono): number =>
  known.seq + (isSingle ? 0 : Math.floor((now - known.sent) / interval));

const draftWithAnswer = (window: Window, rtt: Millis): Draft<Window> => {
  const next = draftWindow(window);
  next.outcomes = remember(window, rtt);
  next.answersInRow += 1;
  next.lossesInRow = 0;
  next.answered += 1;
  return next;
};

const settleIn = (draft: Draft<Window>, seq: number): void => {
  // Nearly always it is the one that is expected next, and none beyond it is settled yet.
  if (seq === draft.next && draft.settled.length === 0) {
    draft.next += 1;
    return;
  }
  const settled = [...draft.settled, seq].sort((a, b) => a - b);
  while (settled[0] === draft.next) {
    settled.shift();
    draft.next += 1;
  }
  draft.settled = settled;
};

const settle = (window: Window, seq: number): Window => {
  const after = draftWindow(window);
  settleIn(after, seq);
  return after;
};

/**
 * The full number of a 16-bit icmp_seq: the newest that can have left by `now`. A child that slept with the whole machine is behind by
 * as many requests as would have left meanwhile, be it half of all numbers, and never ahead.
 */
const unwrap = (window: Window, seq: number, now: Mono): number => {
  const { known, next } = window;
  if (known === null) return seq;
  const newest = Math.max(next, sentBy(window, known, now)) + EARLY;
  return newest - ((((newest - seq) % SEQ_SPAN) + SEQ_SPAN) % SEQ_SPAN);
};

/** Of what came just before: after a stall all answers come together, and the oldest of their requests is what tells. */
const oldestTogether = ({ heard }: Window, now: Mono): number =>
  heard !== null && now - heard.at < TOGETHER ? heard.sent : Number.POSITIVE_INFINITY;

/**
 * An answer arrived at `now`. Whether it was in time is judged by the round-trip time that ping printed, not by when
 * we got to read it: our own lateness is not the link's.
 */
export const stepAnswer = (
  before: Window,
  answer: { readonly seq: number; readonly rtt: Millis | null; readonly duplicate: boolean },
  now: Mono,
): Window => {
  if (answer.duplicate) return { ...before, duplicates: before.duplicates + 1 };
  // Nobody told of this child's start: whatever its first number is, none before it is open.
  const window = before.known === null ? { ...before, next: answer.seq, settled: [] } : before;
  const seq = unwrap(window, answer.seq, now);
  const expected = sentAt(window, seq) ?? now;
  const rtt = answer.rtt ?? millis(Math.max(0, now - expected));
  if (rtt > longestWait(window.timeout)) {
    return { ...window, late: window.late + 1, stray: window.stray + 1 };
  }
  if (window.settled.includes(seq) && !window.recent.some((loss) => loss.seq === seq)) {
    return { ...window, duplicates: window.duplicates + 1 };
  }
  const known = { seq, sent: mono(now - rtt) };
  // Taken for lost already. Either that was too soon, or the child was stopped for a while, or long in starting, and its numbers
  // lag behind the clock: then follow its numbers, whatever their phase, or every later answer would look old.
  const lags = seq < window.next - 1 && known.sent - expected > window.interval / 2;
  const loss = lags ? undefined : window.recent.find((each) => each.seq === seq);
  const waited = loss?.waited ?? timeoutOf(window);
  const sent = lags ? withoutUnsent(window, seq) : window;
  const answeredWindow =
    loss === undefined ? draftWithAnswer(sent, rtt) : draftWindow(withoutLoss(window, loss, rtt));
  answeredWindow.known = known;
  answeredWindow.estimate = stepEstimate(window.estimate, rtt);
  answeredWindow.isPatient = false;
  answeredWindow.started = null;
  if (rtt > waited) answeredWindow.late += 1;
  answeredWindow.heard = { at: now, sent: mono(Math.min(known.sent, oldestTogether(window, now))) };
  if (seq >= window.next) {
    if (loss === undefined) settleIn(answeredWindow, seq);
    return answeredWindow;
  }
  if (seq === window.next - 1) return answeredWindow;
  return lags
    ? { ...answeredWindow, next: seq + 1, settled: [], recent: [] }
    : { ...answeredWindow, known: window.known };
};

/** A request could not be sent: that one is lost, and known to be so at once. */
export const stepSendError = (window: Window, now: Mono): Window => {
  if (window.known === null) return window;
  // Its time was over before it said so.
  if (window.isSingle && window.next > window.known.seq) return window;
  let seq = Math.max(window.next, sentBy(window, window.known, now));
  while (window.settled.includes(seq)) seq += 1;
  // Read late, as after a stop of this process: it is of a request that counts neither way, or that is lost already.
  const leaves = window.started === null ? sentAt(window, seq) : null;
  if (leaves !== null && leaves - now > window.interval / 2) return window;
  const lost = withLoss({ ...window, answersInRow: 0 }, seq, millis(0));
  return settle(lost, seq);
};

/** The child is gone: what it had sent cannot be answered any more and says nothing about the path. */
export const stepChildGone = (window: Window, now: Mono): Window => stepSkipped(window, now);

/** Nobody listened until `now` (a busy router, a suspend): requests of that time count neither way. */
export const stepSkipped = (window: Window, now: Mono): Window => {
  if (window.known === null) return window;
  const next = Math.max(window.next, sentBy(window, window.known, now) + 1);
  return { ...window, next, settled: window.settled.filter((seq) => seq >= next) };
};

/** Settles every request whose time is over at `now`. */
export const stepReading = (window: Window, now: Mono): Window => {
  let read = window;
  for (let due = lossDue(read); due !== null && due <= now; due = lossDue(read)) {
    read = settle(withLoss(read, read.next, timeoutOf(read)), read.next);
  }
  return read;
};

/** When the next open request will have to be called lost; null while no child has been started. */
export const lossDue = (window: Window): Mono | null => {
  const sent = sentAt(window, window.next);
  return sent === null ? null : mono(sent + timeoutOf(window));
};

/** Forgets all outcomes but the last `count`. */
export const onlyLast = (window: Window, count: number): Window => ({
  ...window,
  outcomes: window.outcomes.slice(-count),
});

/** When the newest request that is taken for lost had left; null if none is known of. */
export const newestLoss = (window: Window): Mono | null => {
  const seq = window.recent.at(-1)?.seq;
  return seq === undefined ? null : sentAt(window, seq);
};
