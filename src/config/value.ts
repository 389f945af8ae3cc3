/**
 * The kinds of values that keys are made of, as zod schemas, and how a value is named in a message. Knows no key; the
 * kinds that are addresses are address.ts.
 */
import { z } from 'zod';
import type { Millis } from '../core/time.ts';
import { parseTime, renderTime } from './time.ts';

/** Stands for a table where a value is wanted. */
export const TABLE = Symbol('a table');

/** Text from a file for a terminal or a log: printable ASCII, at most 60 characters of it. */
export const printable = (text: string): string => {
  const short = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return short.replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
};

/** Names a value that was found, for a message. */
export const found = (value: unknown): string => {
  if (typeof value === 'string') return `"${printable(value)}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === TABLE) return 'a table';
  return Array.isArray(value) ? 'an array' : 'a date or time';
};

/** The message for a value that is not what a key takes; `undefined` is a key that is missing. */
export const wanted = (what: string, value: unknown): string =>
  value === undefined ? `missing: expected ${what}` : `expected ${what}, found ${found(value)}`;

/** For zod: the one message of a schema, whichever of its rules was broken. */
export const expected = (what: string) => ({
  error: (issue: { readonly input?: unknown }) => wanted(what, issue.input),
});

const REFUSED = Symbol('refused');
export interface Refused {
  readonly [REFUSED]: string;
}
/** What a reader of `text` or `plain` returns instead of a value: the whole message. */
export const refused = (message: string): Refused => ({ [REFUSED]: message });
const isRefused = (value: unknown): value is Refused =>
  typeof value === 'object' && value !== null && REFUSED in value;

/** A value that `read` turns into another, or refuses with a whole message. */
export const plain = <T>(read: (value: unknown) => T | Refused) =>
  z.unknown().transform((value, context): T => {
    const result = read(value);
    if (!isRefused(result)) return result;
    context.addIssue({ code: 'custom', message: result[REFUSED] });
    return z.NEVER;
  });

/** A string that `read` turns into a value, or refuses with a whole message. */
export const text = <T>(what: string, read: (text: string) => T | Refused) =>
  plain((value) => (typeof value === 'string' ? read(value) : refused(wanted(what, value))));

export const whole = (min: number, max: number) => {
  const what = `a whole number from ${min} to ${max}`;
  return z.int(expected(what)).min(min, expected(what)).max(max, expected(what));
};

/** A time with both bounds in it, in words. */
const timeWords = (min: Millis, max: Millis, example: string): string =>
  `a time from ${renderTime(min)} to ${renderTime(max)} such as "${example}"`;

const readTime = (value: string, min: Millis, max: Millis): Millis | null => {
  const read = parseTime(value);
  return read === null || read < min || read > max ? null : read;
};

export const time = (min: Millis, max: Millis, example: string) => {
  const what = timeWords(min, max, example);
  return text<Millis>(what, (value) => readTime(value, min, max) ?? refused(wanted(what, value)));
};

/** A time, or a word in its place. */
export const timeOr = <const Word extends string>(word: Word, min: Millis, max: Millis, example: string) => {
  const what = `"${word}" or ${timeWords(min, max, example)}`;
  return text<Millis | Word>(what, (value) =>
    value === word ? word : (readTime(value, min, max) ?? refused(wanted(what, value))),
  );
};

export const flag = z.boolean(expected('true or false'));

/** A share of 100, fractions allowed. */
export const percentage = plain((value) => {
  if (typeof value === 'number' && value > 0 && value <= 100) return value;
  return refused(wanted('a percentage above 0 and up to 100', value));
});

/** Text of a pattern that `what` describes. */
export const pattern = (what: string, like: RegExp) =>
  text<string>(what, (value) => (like.test(value) ? value : refused(wanted(what, value))));

export const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, expected(words.map((word) => `"${word}"`).join(' or ')));
