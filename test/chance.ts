/**
 * Where the tests get their chance from: the seed follows from the text of src, so every change of the code is met by inputs that
 * nobody has seen, and the same code by the same ones on every machine: what breaks there breaks here too. `SEED=…` gives another.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';

const seedOfSource = (): number => {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  const hash = createHash('sha256');
  for (const name of readdirSync(src, { recursive: true, encoding: 'utf8' }).sort())
    if (name.endsWith('.ts')) hash.update(`${name}\n`).update(readFileSync(join(src, name)));
  return hash.digest().readUInt32BE() % 0x7fffffff;
};

const given = process.env['SEED'];

/** 0 to 2^31 - 2. */
export const SEED = given === undefined ? seedOfSource() : Number(given);

/** The seed was asked for: play that one, and nothing else. */
export const isGiven = given !== undefined;

/**
 * How long a property may take, in ms, the search for the shortest input that breaks it included: what fails must be told before
 * tap's `timeout` (.taprc) ends the whole file. A property that does not come to its end in this time fails.
 */
const LONGEST = 180_000;

// fast-check itself prints the seed of what fails.
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: SEED,
  interruptAfterTimeLimit: LONGEST,
  markInterruptAsFailure: true,
});

export default fc;
