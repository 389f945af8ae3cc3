/**
 * The emulator's only source of chance: sfc32 (Chris Doty-Humphrey's PractRand generator), seeded by splitmix32 from one
 * number, so that a history replays from its seed. Nothing here may use Math.random.
 */

export interface Random {
  /** A number in [0, 1) with 32 random bits. */
  next(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
  /** True with the given probability (0-1). */
  chance(probability: number): boolean;
  /** An independent generator; the same name always gives the same one, whatever was drawn before. */
  fork(name: string): Random;
}

const splitmix32 = (seed: number): (() => number) => {
  let a = seed | 0;
  return () => {
    a = (a + 0x9e3779b9) | 0;
    let t = a ^ (a >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  };
};

/** FNV-1a of a name, to give each fork a stream of its own. */
const hash = (name: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
};

/** A generator for `seed` (any number; its low 32 bits count). */
export const createRandom = (seed: number): Random => {
  const init = splitmix32(seed);
  let a = init();
  let b = init();
  let c = init();
  let counter = 1;
  const bits = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();
  const next = (): number => bits() / 4294967296;
  return {
    next,
    below: (below) => Math.floor(next() * below),
    chance: (probability) => next() < probability,
    fork: (name) => createRandom((seed ^ hash(name)) >>> 0),
  };
};
