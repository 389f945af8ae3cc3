/** Random tests of what is read: a check of many inputs, and inputs that are damaged. */
import type { Test } from 'tap';
import { createLineReader } from '../../src/text/lines.ts';
import fc, { SEED } from '../chance.ts';

export const check = <Ts>(t: Test, property: fc.IProperty<Ts>, numRuns = 500): void => {
  t.comment(`SEED=${SEED}`);
  fc.assert(property, { numRuns });
  t.pass(`holds for ${numRuns} inputs`);
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
