/** Amounts of bytes as the configuration writes them: `"500K"`, `"50M"`, `"2G"`, in thousands as tariffs count. */
import { type Refused, refused, text, wanted } from './value.ts';

const UNITS = [
  ['G', 1_000_000_000],
  ['M', 1_000_000],
  ['K', 1000],
] as const;

/** Reads whole numbers of one unit; null if it is none. */
const parseBytes = (given: string): number | null => {
  const [, digits, letter] = /^([1-9][0-9]{0,8})([KMG])$/.exec(given) ?? [];
  const unit = UNITS.find(([each]) => each === letter);
  return digits === undefined || unit === undefined ? null : Number(digits) * unit[1];
};

/** In the largest unit that keeps it exact. `bytes` is of whole thousands. */
export const renderBytes = (bytes: number): string => {
  const [letter, size] = UNITS.find(([, each]) => bytes % each === 0) ?? ['K', 1000];
  return `${bytes / size}${letter}`;
};

const LEAST = 100_000;
const MOST = 1_000_000_000_000;

const what = 'an amount of bytes, 100K to 1000G, such as "50M"';

export const bytes = text<number>(what, (given): number | Refused => {
  const read = parseBytes(given);
  return read === null || read < LEAST || read > MOST ? refused(wanted(what, given)) : read;
});
