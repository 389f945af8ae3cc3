/**
 * What a path was for how much of the time, over the last day, week and month and since the start: by health and reason, and
 * in short, how much of it the path could be used. Time of which nobody knows (this process did not run, or slept) is in no
 * book; time in which the path was not judged yet, or was taken out by hand, says nothing of it either. Bounded: hours for a
 * day, days for a month, and as many spells in each as there are reasons.
 */
import type { Health, Reason } from './model.ts';
import { type Millis, type Mono, millis, mono, plus, since } from './time.ts';

/** What a path is at an instant; null: nobody knows. */
export type Standing = { readonly health: Health; readonly reason: Reason } | null;

/** All that a path was of one health for one reason. */
export interface Spell {
  readonly health: Health;
  readonly reason: Reason;
  /** How often that began. */
  readonly times: number;
  readonly lasted: Millis;
}

export type Book = readonly Spell[];

/** Whole lengths of time, oldest first, and the one that runs. */
interface Row {
  readonly books: readonly Book[];
  readonly ends: Mono;
}

export interface Availability {
  /** Everything up to here is in the books. */
  readonly at: Mono;
  readonly sinceStart: Book;
  readonly hours: Row;
  readonly days: Row;
}

const HOUR = millis(3_600_000);
const DAY = millis(24 * HOUR);
const HOURS = 25;
const DAYS = 31;

export const newAvailability = (now: Mono): Availability => ({
  at: now,
  sinceStart: [],
  hours: { books: [[]], ends: plus(now, HOUR) },
  days: { books: [[]], ends: plus(now, DAY) },
});

const isOf = (spell: Spell, of: { readonly health: Health; readonly reason: Reason }): boolean =>
  spell.health === of.health && spell.reason === of.reason;

const withSpell = (book: Book, spell: Spell): Book => {
  const at = book.findIndex((each) => isOf(each, spell));
  const was = book[at];
  if (was === undefined) return [...book, spell];
  const lasted = millis(was.lasted + spell.lasted);
  return book.with(at, { ...was, times: was.times + spell.times, lasted });
};

const withTime = (book: Book, standing: Standing, lasted: Millis): Book =>
  standing === null || lasted === 0
    ? book
    : withSpell(book, { health: standing.health, reason: standing.reason, times: 0, lasted });

const withLast = (books: readonly Book[], step: (book: Book) => Book): readonly Book[] => [
  ...books.slice(0, -1),
  step(books.at(-1) ?? []),
];

/** However long that was: what would fall out again at once is not put in. */
const stepRow = (row: Row, length: Millis, most: number, standing: Standing, from: Mono, now: Mono): Row => {
  const until = mono(Math.min(now, row.ends));
  const books = withLast(row.books, (book) => withTime(book, standing, since(until, from)));
  if (now < row.ends) return { ...row, books };
  const over = since(now, row.ends);
  const whole = Math.floor(over / length);
  const full = withTime([], standing, length);
  const between = Array.from({ length: Math.min(whole, most) }, () => full);
  const running = withTime([], standing, millis(over - whole * length));
  return {
    books: [...books, ...between, running].slice(-most),
    ends: plus(row.ends, millis((whole + 1) * length)),
  };
};

/** From where the books end until `now` the path stood as it says. Time that went back is in them already. */
export const stepAvailability = (books: Availability, standing: Standing, now: Mono): Availability =>
  now <= books.at
    ? books
    : {
        at: now,
        sinceStart: withTime(books.sinceStart, standing, since(now, books.at)),
        hours: stepRow(books.hours, HOUR, HOURS, standing, books.at, now),
        days: stepRow(books.days, DAY, DAYS, standing, books.at, now),
      };

/** Where the books end, the path became this. */
export const countSpell = (books: Availability, { health, reason }: NonNullable<Standing>): Availability => {
  const count = (book: Book): Book => withSpell(book, { health, reason, times: 1, lasted: millis(0) });
  return {
    ...books,
    sinceStart: count(books.sinceStart),
    hours: { ...books.hours, books: withLast(books.hours.books, count) },
    days: { ...books.days, books: withLast(books.days.books, count) },
  };
};

/** Of the last 24 whole hours and the one that runs; 7 and 30 days likewise. */
export interface Over<Each> {
  readonly sinceStart: Each;
  readonly day: Each;
  readonly week: Each;
  readonly month: Each;
}

const joined = (books: readonly Book[]): Book => books.reduce((all, book) => book.reduce(withSpell, all), []);

export const readSpells = (books: Availability): Over<Book> => ({
  sinceStart: books.sinceStart,
  day: joined(books.hours.books),
  week: joined(books.days.books.slice(-8)),
  month: joined(books.days.books),
});

export interface Share {
  readonly usable: Millis;
  /** Judged, and not taken out by hand: nobody knows whether it would have done then. */
  readonly known: Millis;
}

const shareOf = (book: Book): Share => {
  const sum = (spells: Book): Millis => millis(spells.reduce((total, { lasted }) => total + lasted, 0));
  return {
    usable: sum(book.filter(({ health }) => health === 'up' || health === 'degraded')),
    known: sum(book.filter(({ reason }) => reason !== 'starting' && reason !== 'admin')),
  };
};

export const readAvailability = (books: Availability): Over<Share> => {
  const { sinceStart, day, week, month } = readSpells(books);
  return {
    sinceStart: shareOf(sinceStart),
    day: shareOf(day),
    week: shareOf(week),
    month: shareOf(month),
  };
};

// ---- over a restart ----------------------------------------------------------------------------------------------

/** Whole seconds; short, since there are many of them. */
type SpellMemory = readonly [health: Health, reason: Reason, times: number, seconds: number];

/** With how long the running hour and day still are. */
export interface AvailabilityMemory {
  readonly hours: readonly (readonly SpellMemory[])[];
  readonly hourLeft: Millis;
  readonly days: readonly (readonly SpellMemory[])[];
  readonly dayLeft: Millis;
}

const rememberBook = (book: Book): readonly SpellMemory[] =>
  book.map(({ health, reason, times, lasted }) => [health, reason, times, Math.round(lasted / 1000)]);

const recallBook = (book: readonly SpellMemory[]): Book =>
  book.map(([health, reason, times, seconds]) => ({ health, reason, times, lasted: millis(1000 * seconds) }));

export const rememberAvailability = ({ at, hours, days }: Availability): AvailabilityMemory => ({
  hours: hours.books.map(rememberBook),
  hourLeft: since(hours.ends, at),
  days: days.books.map(rememberBook),
  dayLeft: since(days.ends, at),
});

/** What was kept `age` ago; of the time since then nothing is known. */
export const recallAvailability = (memory: AvailabilityMemory, age: Millis, now: Mono): Availability => {
  const at = mono(now - age);
  const ending = (left: Millis, length: Millis): Mono =>
    plus(at, millis(Math.min(Math.max(1, left), length)));
  const kept: Availability = {
    at,
    sinceStart: [],
    hours: { books: memory.hours.slice(-HOURS).map(recallBook), ends: ending(memory.hourLeft, HOUR) },
    days: { books: memory.days.slice(-DAYS).map(recallBook), ends: ending(memory.dayLeft, DAY) },
  };
  return stepAvailability(kept, null, now);
};
