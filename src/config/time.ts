/**
 * Times as the configuration writes them: `"250ms"`, `"2s"`, `"5m"`, `"1h"`, whole numbers of one unit. Not for people's
 * eyes (core/time.ts renders those): what is written here reads back to the same length.
 */
import { type Millis, millis } from '../core/time.ts';

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** Reads a time of up to nine digits; null if it is none. */
export const parseTime = (text: string): Millis | null => {
  for (const [unit, length] of UNITS) {
    const digits = text.slice(0, -unit.length);
    if (text.endsWith(unit) && /^[0-9]{1,9}$/.test(digits)) return millis(Number(digits) * length);
  }
  return null;
};

/** Writes whole milliseconds in the largest unit that keeps them exact. */
export const renderTime = (time: Millis): string => {
  const [unit, length] = UNITS.find(([, each]) => time !== 0 && time % each === 0) ?? ['s', 1000];
  return `${time / length}${unit}`;
};
