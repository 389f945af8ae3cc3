import t from 'tap';
import { diffLines } from '../../src/text/diff.ts';
import fc from '../chance.ts';
import { check } from './random.ts';

const marked = (before: string, after: string): string =>
  diffLines([...before], [...after])
    .map(({ mark, text }) => `${mark}${text}`)
    .join('');

t.test('what both have, and what only one has', async (t) => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['', '', ''],
    ['abc', 'abc', ' a b c'],
    ['', 'ab', '+a+b'],
    ['ab', '', '-a-b'],
    ['abc', 'axc', ' a-b+x c'],
    ['abcd', 'bcde', '-a b c d+e'],
    ['ab', 'ba', '-a b+a'],
  ];
  for (const [before, after, wanted] of rows) t.equal(marked(before, after), wanted);
});

t.test('both are in it, in order, and nothing else', async (t) => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  check(
    t,
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before, after);
      const texts = (without: string) => diff.flatMap(({ mark, text }) => (mark === without ? [] : [text]));
      return (
        JSON.stringify(texts('+')) === JSON.stringify(before) &&
        JSON.stringify(texts('-')) === JSON.stringify(after)
      );
    }),
  );
});
