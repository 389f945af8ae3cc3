/** Tables on screens of any width: nothing is cut, and what is asked for first stays longest. */
import t from 'tap';
import { type Column, foldText, renderTable, SCREEN, screenColumns } from '../../src/ctl/table.ts';
import { inColour, plain } from '../../src/ctl/terminal.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';

type Row = readonly string[];
const column = (at: number, over: Partial<Column<Row>> = {}): Column<Row> => ({
  title: 'ABCDEF'[at] ?? '',
  cell: (row) => row[at] ?? '',
  ...over,
});
const columns = [
  column(0),
  column(1, { need: 'less', isRight: true }),
  column(2, { need: 'less' }),
  column(3, { need: 'more' }),
  column(4, { need: 'more' }),
  column(5, { cell: (row) => ({ text: row[5] ?? '', colour: 'bad', beneath: `${row[5]} and more` }) }),
];
const rows: readonly Row[] = [
  ['aaaa', '1', 'cc', 'dddd', 'eeee', 'why it is'],
  ['a', '22', 'c', 'd', 'e', 'why'],
];
const shown = (screen: number): string => renderTable(columns, rows, plain, screen);

t.test('a number that does not fit does not stand beneath its line without a title', async (t) => {
  const numbers = [
    { title: 'LINK', cell: () => 'fibre' },
    { title: '24H', isRight: true, cell: () => '99.98%' },
    { title: 'START', isRight: true, need: 'less', cell: () => '99.98%' },
  ] as const;
  t.equal(renderTable(numbers, [{}], plain, 14), 'LINK     24H\nfibre 99.98%\n');
});

t.test('the wider the screen, the more of it', async (t) => {
  t.equal(
    shown(38),
    'A      B  C   D     E     F\naaaa   1  cc  dddd  eeee  why it is\na     22  c   d     e     why\n',
  );
  t.equal(shown(34), 'A      B  C   D     F\naaaa   1  cc  dddd  why it is\na     22  c   d     why\n');
  t.equal(shown(28), 'A      B  C   F\naaaa   1  cc  why it is\na     22  c   why\n');
  t.equal(shown(20), 'A     B C  F\naaaa  1 cc why it is\na    22 c  why\n');
  t.equal(
    shown(19),
    'A      B  C\naaaa   1  cc\n    why it is and\n    more\na     22  c\n    why and more\n',
    'beneath, with what there is no room for beside it',
  );
  t.match(shown(11), /^A {5}B C\naaaa {2}1 cc\n {4}why it\n/);
  t.match(shown(9), /^A {5}B\naaaa {2}1\n/, 'the last of those that may go goes first');
  t.match(shown(4), /^A\naaaa\n/);
});

t.test('colours take no room', async (t) => {
  const coloured = (screen: number): string =>
    renderTable(columns, rows, inColour, screen).replaceAll('\u001b[31m', '<').replaceAll('\u001b[0m', '>');
  t.match(coloured(20), /^A {5}B C {2}F\naaaa {2}1 cc <why it is>\n/);
  t.match(coloured(19), / {4}<why it is and>\n {4}<more>\n/);
});

t.test('how many columns a screen has', async (t) => {
  t.equal(screenColumns(undefined), SCREEN);
  t.equal(screenColumns(0), SCREEN);
  t.equal(screenColumns(132), 132);
});

t.test('folding loses nothing but blanks, and no line is too long', async (t) => {
  t.strictSame(foldText('', 5), []);
  t.strictSame(foldText('one two three', 7), ['one two', 'three']);
  t.strictSame(foldText('abcdefgh', 3), ['abc', 'def', 'gh']);
  check(
    t,
    fc.property(fc.stringMatching(/^[a-c ]{0,60}$/), fc.integer({ min: 1, max: 20 }), (text, width) => {
      const lines = foldText(text, width);
      must(
        lines.every((line) => line.length <= width),
        'too long',
      );
      must(lines.join('').replaceAll(' ', '') === text.replaceAll(' ', ''), 'something is lost');
    }),
    300,
  );
});
