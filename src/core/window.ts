/**
 * The rolling window of one probe: which echo requests were answered, lost, late or doubled, and how long answers took.
 *
 * ping(8) prints nothing for a lost packet, so losses are known by time alone: requests leave every `interval`, the
 * newest answer tells when (its arrival less its round-trip time), and one that is not answered `timeout` after it
 * left is lost. It does not know what a loss means for the path; that is health.ts.
 */
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

export interface Window {
  readonly interval: Millis;
  readonly timeout: Millis;
  /** A request and when it left; all others follow from it. Null before the child's start. */
  readonly known: { readonly seq: number; readonly sent: Mono } | null;
  /** Lowest request whose fate is open; every one below is settled. Counts on past 65535. */
  readonly next: number;
  /** Requests from `next` on that are settled already, ascending. */
  readonly settled: readonly number[];
  /** How many outcomes are remembered at most. */
  readonly size: number;
  /** The last outcomes, oldest first: a round-trip time, or null for a loss. At most `size`. */
  readonly outcomes: readonly (Millis | null)[];
  readonly answersInRow: number;
  readonly lossesInRow: number;
  readonly answered: number;
  readonly lost: number;
  /** Answers that came after their time-out; the loss stands. */
  readonly late: number;
  readonly duplicates: number;
}

/**
 * How many outcomes make up the last `length`, 10 to 600. Requests leave one an `interval`, so they are counted and not
 * dated; what nobody listened to has no outcome, and the window then reaches back further by as much. A probe too slow
 * for ten of them in that time is judged by ten all the same, or it never would be.
 */
export const windowSize = (length: Millis, interval: Millis): number =>
  Math.min(LARGEST_SIZE, Math.max(FEWEST_OUTCOMES, Math.ceil(length / interval)));

export const newWindow = (interval: Millis, timeout: Millis, size = WINDOW_SIZE): Window => ({
  interval,
  timeout,
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
});

/** The same window under another time-out and size; outcomes beyond the new size are forgotten, oldest first. */
export const retuneWindow = (window: Window, timeout: Millis, size: number): Window => ({
  ...window,
  timeout,
  size,
  outcomes: window.outcomes.slice(-size),
});

/** A child was started at `now`; numbering begins anew, what was remembered stays. */
export const startWindow = (window: Window, now: Mono): Window => ({
  ...window,
  known: { seq: 0, sent: mono(now + START_SLACK) },
  next: 0,
  settled: [],
});

const sentAt = (window: Window, seq: number): Mono | null =>
  window.known === null ? null : mono(window.known.sent + (seq - window.known.seq) * window.interval);

/** The request that leaves at `now` or is the last to have left before. */
const sentBy = (known: NonNullable<Window['known']>, interval: Millis, now: Mono): number =>
  known.seq + Math.floor((now - known.sent) / interval);

const remember = (window: Window, outcome: Millis | null): Window['outcomes'] =>
  [...window.outcomes, outcome].slice(-window.size);

/**
 * The request `next` is lost. With a time-out no shorter than the interval, younger ones may have been answered before
 * that is known; the loss came before them, so it does not end their row.
 */
const withLoss = (window: Window): Window => {
  const younger = window.settled.length;
  return {
    ...window,
    outcomes: remember(window, null),
    answersInRow: Math.min(window.answersInRow, younger),
    lossesInRow: window.lossesInRow + (younger === 0 || window.answersInRow === 0 ? 1 : 0),
    lost: window.lost + 1,
  };
};

const withAnswer = (window: Window, rtt: Millis): Window => ({
  ...window,
  outcomes: remember(window, rtt),
  answersInRow: window.answersInRow + 1,
  lossesInRow: 0,
  answered: window.answered + 1,
});

const settle = (window: Window, seq: number): Window => {
  let next = window.next;
  const settled = [...window.settled, seq].sort((a, b) => a - b);
  while (settled[0] === next) {
    settled.shift();
    next += 1;
  }
  return { ...window, next, settled };
};

/** The full number of a 16-bit icmp_seq: the one nearest to what is expected. */
const unwrap = (window: Window, seq: number): number => {
  const ahead = (((seq - window.next) % SEQ_SPAN) + SEQ_SPAN) % SEQ_SPAN;
  return window.next + (ahead < SEQ_SPAN / 2 ? ahead : ahead - SEQ_SPAN);
};

/**
 * An answer arrived at `now`. Whether it was in time is judged by the round-trip time that ping printed, not by when
 * we got to read it: our own lateness is not the link's.
 */
export const stepAnswer = (
  window: Window,
  answer: { readonly seq: number; readonly rtt: Millis | null; readonly duplicate: boolean },
  now: Mono,
): Window => {
  if (answer.duplicate) return { ...window, duplicates: window.duplicates + 1 };
  const seq = unwrap(window, answer.seq);
  const expected = sentAt(window, seq) ?? now;
  const rtt = answer.rtt ?? millis(Math.max(0, now - expected));
  if (rtt > window.timeout) return { ...window, late: window.late + 1 };
  if (window.settled.includes(seq)) return { ...window, duplicates: window.duplicates + 1 };
  const known = { seq, sent: mono(now - rtt) };
  const answeredWindow = { ...withAnswer(window, rtt), known };
  if (seq >= window.next) return settle(answeredWindow, seq);
  // Taken for lost already. Either we read it late, or the child was stopped for a while and its numbers lag behind
  // the clock: then follow its numbers, whatever their phase, or every later answer would look old.
  if (seq === window.next - 1) return answeredWindow;
  const lags = known.sent - expected > window.interval / 2;
  return lags
    ? { ...answeredWindow, next: seq + 1, settled: [] }
    : { ...answeredWindow, known: window.known };
};

/** A request could not be sent: that one is lost, and known to be so at once. */
export const stepSendError = (window: Window, now: Mono): Window => {
  if (window.known === null) return window;
  let seq = Math.max(window.next, sentBy(window.known, window.interval, now));
  while (window.settled.includes(seq)) seq += 1;
  const lost = withLoss({ ...window, answersInRow: 0 });
  return settle(lost, seq);
};

/** The child is gone: what it had sent cannot be answered any more and says nothing about the path. */
export const stepChildGone = (window: Window, now: Mono): Window => stepSkipped(window, now);

/** Nobody listened until `now` (a busy router, a suspend): requests of that time count neither way. */
export const stepSkipped = (window: Window, now: Mono): Window => {
  if (window.known === null) return window;
  const next = Math.max(window.next, sentBy(window.known, window.interval, now) + 1);
  return { ...window, next, settled: window.settled.filter((seq) => seq >= next) };
};

/** Settles every request whose time is over at `now`. */
export const stepReading = (window: Window, now: Mono): Window => {
  let read = window;
  for (let due = lossDue(read); due !== null && due <= now; due = lossDue(read)) {
    read = settle(withLoss(read), read.next);
  }
  return read;
};

/** When the next open request will have to be called lost; null while no child has been started. */
export const lossDue = (window: Window): Mono | null => {
  const sent = sentAt(window, window.next);
  return sent === null ? null : mono(sent + window.timeout);
};

export interface RttFigures {
  readonly last: Millis;
  readonly mean: Millis;
  /** Mean absolute deviation from the mean. */
  readonly deviation: Millis;
  readonly p50: Millis;
  readonly p95: Millis;
}

const quantile = (sorted: readonly number[], q: number): Millis =>
  millis(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0);

/** What a link's quality is judged by. */
export interface Quality {
  readonly outcomes: number;
  readonly lost: number;
  /** 0 to 100; 0 when there are no outcomes. */
  readonly lossPercent: number;
  /** Over the answers among the outcomes; null when there are none. */
  readonly meanRtt: Millis | null;
}

/** The remembered outcomes in short: read at every turn, so one pass and nothing sorted. */
export const readQuality = ({ outcomes }: Window): Quality => {
  let answered = 0;
  let sum = 0;
  for (const rtt of outcomes) {
    if (rtt === null) continue;
    answered += 1;
    sum += rtt;
  }
  const lost = outcomes.length - answered;
  return {
    outcomes: outcomes.length,
    lost,
    lossPercent: lost === 0 ? 0 : (100 * lost) / outcomes.length,
    meanRtt: answered === 0 ? null : millis(sum / answered),
  };
};

/** Forgets all outcomes but the last `count`. */
export const onlyLast = (window: Window, count: number): Window => ({
  ...window,
  outcomes: window.outcomes.slice(-count),
});

/** Loss in percent of the remembered outcomes (0 when there are none), and figures over the answers among them. */
export const readWindow = (
  window: Window,
): { readonly lossPercent: number; readonly rtt: RttFigures | null } => {
  const { lossPercent, meanRtt } = readQuality(window);
  const rtts = window.outcomes.filter((outcome) => outcome !== null);
  const last = rtts.at(-1);
  if (last === undefined || meanRtt === null) return { lossPercent, rtt: null };
  const deviation = rtts.reduce((sum, rtt) => sum + Math.abs(rtt - meanRtt), 0) / rtts.length;
  const sorted = [...rtts].sort((a, b) => a - b);
  return {
    lossPercent,
    rtt: {
      last,
      mean: meanRtt,
      deviation: millis(deviation),
      p50: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95),
    },
  };
};
