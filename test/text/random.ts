/** Random tests: the seed is printed, and `SEED=…` plays a run again. */
import fc from 'fast-check';
import type { Test } from 'tap';
import { createLineReader } from '../../src/text/lines.ts';

export const check = <Ts>(t: Test, property: fc.IProperty<Ts>, numRuns = 500): void => {
  const given = process.env['SEED'];
  const seed = given === undefined ? Date.now() % 0x7fffffff : Number(given);
  t.comment(`SEED=${seed}`);
  fc.assert(property, { seed, numRuns });
};

export const must = (claim: boolean, text: string): void => {
  if (!claim) throw new Error(text);
};

/** `text` with some characters taken out, doubled or replaced: what a half-written or future command might print. */
export const damaged = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...texts),
      fc.array(
        fc.tuple(
          fc.nat(),
          fc.constantFrom('', ' ', '\n', '\t', ':', '-1', '99999999999999999999', '\0', '<', 'ü'),
          fc.nat(4),
        ),
        {
          maxLength: 6,
        },
      ),
    )
    .map(([text, edits]) =>
      edits.reduce((now, [where, what, length]) => {
        const at = now.length === 0 ? 0 : where % now.length;
        return now.slice(0, at) + what + now.slice(at + length);
      }, text),
    );

/** The lines of a text as lines.ts gives them when it arrives in pieces of `size` characters. */
export const linesInPieces = (text: string, size: number): readonly string[] => {
  const reader = createLineReader({ maxLength: 4096 });
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += size) lines.push(...reader.push(text.slice(at, at + size)));
  const last = reader.end();
  return last === null ? lines : [...lines, last];
};
