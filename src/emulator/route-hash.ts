/**
 * Which of several equal routes a packet takes: hash-threshold over its source and destination (RFC 2992; sys/net/route.c rt_hash(),
 * sys/net/rtable.c rtable_match()). The same pair takes the same route for as long as there are as many.
 */
import type { Address } from './address.ts';
import { parseAddress } from './address.ts';

const GOLDEN = 0x9e3779b9;

/** Jenkins' mix of three words; the last of them is the result. */
const mix = (words: readonly [number, number, number]): readonly [number, number, number] => {
  let [a, b, c] = words;
  a = (a - b - c) ^ (c >>> 13);
  b = (b - c - a) ^ (a << 8);
  c = (c - a - b) ^ (b >>> 13);
  a = (a - b - c) ^ (c >>> 12);
  b = (b - c - a) ^ (a << 16);
  c = (c - a - b) ^ (b >>> 5);
  a = (a - b - c) ^ (c >>> 3);
  b = (b - c - a) ^ (a << 10);
  c = (c - a - b) ^ (b >>> 15);
  return [a, b, c];
};

/** 32 bits as a little-endian machine has them in memory; 0 is the most significant of four. */
const word = (address: Address, index: number): number => {
  const count = address.family === 'inet' ? 1 : 4;
  const value = Number((address.value >> BigInt(32 * (count - 1 - index))) & 0xffffffffn);
  return ((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
};

/** 0 to 65535. `jitter` is drawn once a boot (rt_hashjitter). */
export const hashRoute = (destination: Address, sourceText: string, jitter: number): number => {
  const source = parseAddress(sourceText);
  if (source === null || source.family !== destination.family) return 0;
  let words: readonly [number, number, number] = [GOLDEN, GOLDEN, jitter];
  if (destination.family === 'inet')
    words = mix([words[0] + word(destination, 0), words[1] + word(source, 0), words[2]]);
  else
    for (const [i, j] of [
      [0, 2],
      [1, 3],
      [2, 1],
      [3, 0],
    ] as const)
      words = mix([
        words[0] + word(destination, i),
        words[1] + word(destination, j),
        words[2] + word(source, i),
      ]);
  return words[2] & 0xffff;
};

/**
 * The walk of rtable_match(), to the letter: it begins at the route that it has already, so the first takes two shares and the last none. With
 * two equal routes all packets go by the first (7.8; two links are a failover, not a balance).
 */
export const chooseEqual = <Route>(equals: readonly Route[], hash: number): Route | undefined => {
  const threshold = Math.floor(0xffff / equals.length) + 1;
  let chosen = equals[0];
  let rest = hash;
  for (const route of equals) {
    if (rest <= threshold) break;
    chosen = route;
    rest -= threshold;
  }
  return chosen;
};
