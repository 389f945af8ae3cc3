/**
 * The keyed hash behind `source-hash`. pf uses SipHash-2-4 (sys/net/pf_lb.c, pf_hash); this is another one of our own, since only three
 * things count here: equal key and source give an equal result, any bit of either changes it, and results are spread evenly. So a
 * source's gateway in the emulator is not the one that a real pf with the same key would choose.
 */
import { createHash } from 'node:crypto';

/** 32 hexadecimal digits, `0x` before them: four words in pf's order. */
const wordsOf = (key: string): readonly number[] =>
  [2, 10, 18, 26].map((at) => Number.parseInt(key.slice(at, at + 8), 16) >>> 0);

const finish = (value: number): number => {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** A number of 32 bits out of an address's value and a key as `-sr` prints it. */
export const hashSource = (key: string, value: bigint): number => {
  const words = wordsOf(key);
  let h = 0x9e3779b9;
  for (let i = 0; i < 4; i++) {
    const part = Number((value >> BigInt(96 - 32 * i)) & 0xffffffffn);
    h = finish(Math.imul(h, 5) ^ part ^ (words[i] ?? 0));
    h = finish((h + (words[(i + 1) % 4] ?? 0)) | 0);
  }
  return h;
};

/** The key that a word stands for (pfctl takes its MD5), as `-sr` prints it. */
export const keyOfWord = (word: string): string => `0x${createHash('md5').update(word).digest('hex')}`;
