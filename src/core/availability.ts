/**
 * How much of the time a path could be used, over the last day, week and month and since the start. Time of which nobody
 * knows (this process did not run, it slept, the path was not judged yet) counts neither way. Bounded: hours for a day,
 * days for a month.
 */
import { type Millis, type Mono, millis, mono, plus, since } from './time.ts';

export interface Share {
  readonly usable: Millis;
  readonly known: Millis;
}

export interface Availability {
  /** Everything up to here is in the books. */
  readonly at: Mono;
  readonly sinceStart: Share;
  /** Whole hours, oldest first, at most 24, and the one that runs. */
  readonly hours: readonly Share[];
  readonly hourEnds: Mono;
  /** Whole days, oldest first, at most 30, and the one that runs. */
  readonly days: readonly Share[];
  readonly dayEnds: Mono;
}

const HOUR = millis(3_600_000);
const DAY = millis(24 * HOUR);
const HOURS = 25;
const DAYS = 31;

const nothing: Share = { usable: millis(0), known: millis(0) };

export const newAvailability = (now: Mono): Availability => ({
  at: now,
  sinceStart: nothing,
  hours: [nothing],
  hourEnds: plus(now, HOUR),
  days: [nothing],
  dayEnds: plus(now, DAY),
});

/** A path was usable or not, or nobody knows. */
export type Standing = 'usable' | 'unusable' | 'unknown';

const withTime = (share: Share, standing: Standing, length: number): Share =>
  standing === 'unknown'
    ? share
    : {
        usable: millis(share.usable + (standing === 'usable' ? length : 0)),
        known: millis(share.known + length),
      };

const withLast = (shares: readonly Share[], standing: Standing, length: number): readonly Share[] => [
  ...shares.slice(0, -1),
  withTime(shares.at(-1) ?? nothing, standing, length),
];

/** From where the books end until `now` the path stood as it says. */
export const stepAvailability = (before: Availability, standing: Standing, now: Mono): Availability => {
  let books = before;
  // What is older than a month is forgotten hour by hour all the same, so that there is one way only.
  while (books.at < now) {
    const until = mono(Math.min(now, books.hourEnds));
    const length = since(until, books.at);
    const hours = withLast(books.hours, standing, length);
    const days = withLast(books.days, standing, length);
    const isHour = until >= books.hourEnds;
    const isDay = until >= books.dayEnds;
    books = {
      at: until,
      sinceStart: withTime(books.sinceStart, standing, length),
      hours: isHour ? [...hours, nothing].slice(-HOURS) : hours,
      hourEnds: isHour ? plus(books.hourEnds, HOUR) : books.hourEnds,
      days: isDay ? [...days, nothing].slice(-DAYS) : days,
      dayEnds: isDay ? plus(books.dayEnds, DAY) : books.dayEnds,
    };
  }
  return books;
};

const sum = (shares: readonly Share[]): Share =>
  shares.reduce(
    (total, share) => ({
      usable: millis(total.usable + share.usable),
      known: millis(total.known + share.known),
    }),
    nothing,
  );

export interface AvailabilityFigures {
  readonly sinceStart: Share;
  /** The last 24 whole hours and the one that runs; 7 and 30 days likewise. */
  readonly day: Share;
  readonly week: Share;
  readonly month: Share;
}

export const readAvailability = (books: Availability): AvailabilityFigures => ({
  sinceStart: books.sinceStart,
  day: sum(books.hours),
  week: sum(books.days.slice(-8)),
  month: sum(books.days),
});

// ---- over a restart ----------------------------------------------------------------------------------------------

/** Usable and known seconds, and how long the running hour and day still are. */
export interface AvailabilityMemory {
  readonly hours: readonly (readonly [usable: number, known: number])[];
  readonly hourLeft: Millis;
  readonly days: readonly (readonly [usable: number, known: number])[];
  readonly dayLeft: Millis;
}

const toSeconds = ({ usable, known }: Share): readonly [number, number] => [
  Math.round(usable / 1000),
  Math.round(known / 1000),
];

const fromSeconds = ([usable, known]: readonly [number, number]): Share => ({
  usable: millis(1000 * Math.min(usable, known)),
  known: millis(1000 * known),
});

export const rememberAvailability = (books: Availability): AvailabilityMemory => ({
  hours: books.hours.map(toSeconds),
  hourLeft: since(books.hourEnds, books.at),
  days: books.days.map(toSeconds),
  dayLeft: since(books.dayEnds, books.at),
});

/** What was kept `age` ago; of the time since then nothing is known. */
export const recallAvailability = (memory: AvailabilityMemory, age: Millis, now: Mono): Availability => {
  // Whatever was older than a month is forgotten anyway.
  const at = mono(now - Math.min(age, DAYS * DAY));
  const ending = (left: Millis, length: Millis): Mono =>
    plus(at, millis(Math.min(Math.max(1, left), length)));
  const kept: Availability = {
    at,
    sinceStart: nothing,
    hours: memory.hours.slice(-HOURS).map(fromSeconds),
    hourEnds: ending(memory.hourLeft, HOUR),
    days: memory.days.slice(-DAYS).map(fromSeconds),
    dayEnds: ending(memory.dayLeft, DAY),
  };
  return stepAvailability(kept, 'unknown', now);
};
