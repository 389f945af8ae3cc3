/**
 * When to tell of what has happened, and how much at once: the first event of a quiet time at once, what follows it
 * together, at most once a window. The window grows while events keep coming, so that a link which flaps all night is no
 * flood of messages; and it ends early once they have stopped, so that the end of trouble is not kept back (PEERS.md S46).
 *
 * Knows nothing of what the events are, nor of who is told.
 */
import { earliest, type Millis, type Mono, millis, plus } from './time.ts';

/** More than these are counted, oldest first: nobody reads more, and an environment has to hold them. */
const MOST_EVENTS = 100;
/** A window grows to so many times its first length. */
const LARGEST_GROWTH = 16;

export interface Digest<Event> {
  /** Oldest first, not told yet. */
  readonly pending: readonly Event[];
  /** Events that had to give way to younger ones. */
  readonly dropped: number;
  /** When the youngest of them came. */
  readonly lastAt: Mono | null;
  /** When somebody was told last. */
  readonly toldAt: Mono | null;
  /** How many times its first length the present window has; 1 after a quiet time. */
  readonly growth: number;
}

export const newDigest: Digest<never> = {
  pending: [],
  dropped: 0,
  lastAt: null,
  toldAt: null,
  growth: 1,
};

const windowEnds = ({ toldAt, growth }: Digest<unknown>, length: Millis): Mono | null =>
  toldAt === null ? null : plus(toldAt, millis(length * growth));

export const stepDigest = <Event>(
  digest: Digest<Event>,
  events: readonly Event[],
  length: Millis,
  now: Mono,
): Digest<Event> => {
  if (events.length === 0) return digest;
  const ends = windowEnds(digest, length);
  const wasQuiet = digest.pending.length === 0 && (ends === null || now >= ends);
  const all = [...digest.pending, ...events];
  const pending = all.slice(-MOST_EVENTS);
  return {
    ...digest,
    pending,
    dropped: digest.dropped + all.length - pending.length,
    lastAt: now,
    ...(wasQuiet ? { toldAt: null, growth: 1 } : {}),
  };
};

/** When to tell; null while there is nothing to be told. */
export const digestDue = (digest: Digest<unknown>, length: Millis): Mono | null => {
  const { pending, lastAt, toldAt } = digest;
  if (pending.length === 0 || lastAt === null) return null;
  const ends = windowEnds(digest, length);
  // The first after a quiet time: at once, with whatever came in the same instant.
  if (ends === null || toldAt === null) return lastAt;
  return earliest(ends, plus(lastAt, length));
};

/** Takes out what is to be told now. What it returns is never more than one window's. */
export const takeDigest = <Event>(
  digest: Digest<Event>,
  now: Mono,
): {
  readonly digest: Digest<Event>;
  readonly events: readonly Event[];
  readonly dropped: number;
} => ({
  digest: {
    pending: [],
    dropped: 0,
    lastAt: null,
    toldAt: now,
    growth: digest.toldAt === null ? 1 : Math.min(LARGEST_GROWTH, digest.growth * 2),
  },
  events: digest.pending,
  dropped: digest.dropped,
});
