/** One change or a few to a text: what is cut, doubled, exchanged, out of range or out of any alphabet. Pure; all chance comes in. */
import type { Random } from '../emulator/random.ts';
import { MOST_CHARACTERS } from './subject.ts';

/** What readers stumble over: ends of ranges, quotes, controls, halves of characters. */
const NUISANCES: readonly string[] = [
  ...['', ' ', '\n', '\t', '\r', '\0', '\x1b[2J', '\\', '"', "'", '#', '=', ':', '%', '/', '!', '-', '$'],
  ...['{', '}', '[', ']', '(', ')', '<', '>', ',', '.', '..', '::', '->', '<-', '\u2028', 'ü', '€', '\ud83d'],
  ...['0', '-1', '1', '255', '256', '65535', '65536', '2147483648', '4294967296', '18446744073709551616'],
  ...['99999999999999999999999', '1e999', '0x', '0x1g', 'NaN', 'Infinity', '1.5', '00', 'null', 'true'],
  ...['__proto__', 'constructor', 'toString', '255.255.255.255', '0.0.0.0', '256.1.1.1', '::1', 'fe80::1%'],
  ...['::ffff:1.2.3.4', '1::2::3', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/129', '10/8', '10.0.0.0/33'],
];

const pick = <T>(random: Random, all: readonly T[]): T | undefined => all[random.below(all.length)];

/** A place and a length inside of a text. */
const span = (random: Random, text: string, most: number): readonly [number, number] => {
  const from = random.below(text.length + 1);
  return [from, Math.min(text.length, from + random.below(most) + 1)];
};
const splice = (text: string, from: number, to: number, what: string): string =>
  text.slice(0, from) + what + text.slice(to);

type Change = (random: Random, text: string, others: readonly string[]) => string;

const words = (text: string): readonly string[] => text.split(/(\s+|[^\w.:/-])/);

const changes: readonly Change[] = [
  // a piece less, a piece twice
  (random, text) => splice(text, ...span(random, text, 8), ''),
  (random, text) => splice(text, ...span(random, text, 200), ''),
  (random, text) => {
    const [from, to] = span(random, text, 40);
    return splice(text, from, from, text.slice(from, to));
  },
  // half of it
  (random, text) => text.slice(0, random.below(text.length + 1)),
  (random, text) => text.slice(random.below(text.length + 1)),
  // something that does not belong there
  (random, text) => {
    const [from] = span(random, text, 1);
    return splice(text, from, from, pick(random, NUISANCES) ?? '');
  },
  (random, text) => splice(text, ...span(random, text, 6), pick(random, NUISANCES) ?? ''),
  (random, text) =>
    splice(
      text,
      ...span(random, text, 1),
      String.fromCharCode(random.below(random.chance(0.8) ? 128 : 65_536)),
    ),
  // a word or a number by another
  (random, text, others) => {
    const all = [...words(text)];
    all[random.below(all.length)] = random.chance(0.5)
      ? (pick(random, NUISANCES) ?? '')
      : (pick(random, words(pick(random, others) ?? text)) ?? '');
    return all.join('');
  },
  (random, text) => {
    const numbers = [...text.matchAll(/\d+/g)];
    const one = pick(random, numbers);
    if (one === undefined) return text;
    const value = pick(random, [
      '0',
      '-1',
      '1',
      '65536',
      '4294967296',
      '9'.repeat(30),
      String(Number(one[0]) + 1),
    ]);
    return splice(text, one.index, one.index + one[0].length, value ?? '');
  },
  // lines: less, twice, elsewhere
  (random, text) => {
    const lines = text.split('\n');
    lines.splice(random.below(lines.length), 1 + random.below(3));
    return lines.join('\n');
  },
  (random, text) => {
    const lines = text.split('\n');
    const at = random.below(lines.length);
    lines.splice(random.below(lines.length), 0, lines[at] ?? '');
    return lines.join('\n');
  },
  (random, text) => {
    const lines = text.split('\n');
    const [line = ''] = lines.splice(random.below(lines.length), 1);
    lines.splice(random.below(lines.length + 1), 0, line);
    return lines.join('\n');
  },
  // the end of another one
  (random, text, others) => {
    const other = pick(random, others) ?? '';
    return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1));
  },
];

/** A piece over and over: what a regular expression or a recursion does not stand. */
const repeat: Change = (random, text) => {
  const [from, to] = span(random, text, random.chance(0.5) ? 3 : 30);
  const piece = random.chance(0.5) ? text.slice(from, to) : (pick(random, NUISANCES) ?? '');
  const times = pick(random, [10, 100, 1000, 30_000]) ?? 1;
  return splice(
    text,
    from,
    from,
    piece.repeat(Math.min(times, Math.ceil(MOST_CHARACTERS / Math.max(1, piece.length)))),
  );
};

/** How often a piece is repeated: such texts are long, so they are dear. */
const REPEATED = 0.01;

/** `all`: what else there is to take pieces from. */
export const mutate = (random: Random, text: string, all: readonly string[]): string => {
  let changed = text;
  const times = random.chance(0.5) ? 1 : 1 + random.below(6);
  for (let i = 0; i < times; i++) {
    const change = random.chance(REPEATED) ? repeat : pick(random, changes);
    changed = change?.(random, changed, all) ?? changed;
  }
  return changed.slice(0, MOST_CHARACTERS);
};
