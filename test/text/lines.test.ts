import t from 'tap';
import { createLineReader } from '../../src/text/lines.ts';
import fc from '../chance.ts';

const readAll = (chunks: readonly string[], maxLength: number) => {
  const reader = createLineReader({ maxLength });
  const lines = chunks.flatMap((chunk) => reader.push(chunk));
  return { lines, last: reader.end(), dropped: reader.dropped };
};

/** The same, said in one line of thought each. */
const expected = (text: string, maxLength: number) => {
  const pieces = text.split('\n');
  const last = pieces.pop() ?? '';
  return {
    lines: pieces.filter((piece) => piece.length <= maxLength),
    last: last === '' || last.length > maxLength ? null : last,
    dropped: [...pieces, last].filter((piece) => piece.length > maxLength).length,
  };
};

t.test('lines, whole and in pieces', async (t) => {
  t.same(readAll(['one\ntwo\n'], 80), { lines: ['one', 'two'], last: null, dropped: 0 });
  t.same(readAll(['on', 'e\n', '\n', 'tw'], 80), { lines: ['one', ''], last: 'tw', dropped: 0 });
  t.same(readAll([], 80), { lines: [], last: null, dropped: 0 });
  t.same(readAll(['one\r\ntwo\r'], 80), { lines: ['one\r'], last: 'two\r', dropped: 0 });
});

t.test('an over-long line is dropped up to its newline', async (t) => {
  t.same(readAll(['12345\n123456\n1234\n'], 5), { lines: ['12345', '1234'], last: null, dropped: 1 });
  t.same(readAll(['123', '456', '789\nok\n'], 5), { lines: ['ok'], last: null, dropped: 1 });
  t.same(readAll(['ok\n123456'], 5), { lines: ['ok'], last: null, dropped: 1 });
});

t.test('it is empty after the end', async (t) => {
  const reader = createLineReader({ maxLength: 5 });
  reader.push('half');
  t.equal(reader.end(), 'half');
  t.same(reader.push('new\n'), ['new']);
  reader.push('1234567');
  t.equal(reader.end(), null);
  t.same(reader.push('new\n'), ['new']);
});

t.test('any text in any pieces gives the same lines', async (t) => {
  const text = fc.array(fc.constantFrom('a', 'bc', '\n', '\r', '\n\n', 'ü', '\u{1f600}', 'long line'), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(
      text,
      fc.array(fc.nat(5), { maxLength: 80 }),
      fc.integer({ min: 1, max: 20 }),
      (parts, cuts, max) => {
        const whole = parts.join('');
        const chunks: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(whole.slice(at, at + cut));
          at += cut;
        }
        chunks.push(whole.slice(at));
        t.strictSame(readAll(chunks, max), expected(whole, max));
      },
    ),
  );
});
