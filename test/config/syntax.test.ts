/** What people write in place of TOML, and what they are told. */
import t from 'tap';
import { readToml } from '../../src/config/toml.ts';

const told = (text: string): string => {
  const read = readToml(text);
  return read.kind === 'ok' ? 'ok' : `${read.at.line}:${read.at.column} ${read.what}`;
};

const QUOTES = 'text is put in double quotes';

const rows: readonly (readonly [text: string, message: string])[] = [
  // words without quotes, wherever the reader stumbles over them
  ['gateway = 203.0.113.1', `1:11 expected a value, found 203.0.113.1: ${QUOTES}`],
  ['gateway6 = fe80::1', `1:12 expected a value, found fe80::1: ${QUOTES}`],
  ['local = 10.0.0.0/8', `1:9 expected a value, found 10.0.0.0/8: ${QUOTES}`],
  ['interval = 1s', `1:12 expected a value, found 1s: ${QUOTES}`],
  ['interface=em0 # fibre', `1:11 expected a value, found em0: ${QUOTES}`],
  ['targets = [9.9.9.9, 1.1.1.1]', `1:12 expected a value, found 9.9.9.9: ${QUOTES}`],
  ['targets = ["gateway", 1.1.1.1]', `1:23 expected a value, found 1.1.1.1: ${QUOTES}`],
  ['targets = [\n  gateway,\n]', `2:3 expected a value, found gateway: ${QUOTES}`],
  ['targets = [\n  "gateway",\n  9.9.9.9\n]', `3:3 expected a value, found 9.9.9.9: ${QUOTES}`],
  ['loss = { down = 5% }', `1:17 expected a value, found 5%: ${QUOTES}`],
  ['via = \u201crtable\u201d', `1:7 expected a value, found \\u201Crtable\\u201D: ${QUOTES}`],
  ['metered = True', '1:11 expected a value, found True: write true'],
  ['metered = yes', '1:11 expected a value, found yes: a boolean is true or false, without quotes'],
  // lines of other languages
  ['anchor "uplinkd"', '1:8 expected "=" behind the key, found ""uplinkd""'],
  ['anchor: 1', '1:7 unexpected ":"'],
  ['; no comment', '1:1 unexpected ";"'],
  ['weight = 3 // no comment', '1:12 unexpected "/"'],
  ['weight = 1,000', '1:11 expected the end of the line, found ",000"'],
  ['[a] x = 1', '1:5 expected the end of the line, found "x = 1"'],
  ['a = 0x', '1:7 unexpected end of the line'],
  ['\0', '1:1 unexpected "\\u0000"'],
  // a line that ends too soon is the one that is told
  ['anchor\n\n# a comment\n[b]', '1:1 expected "=" and a value on this line'],
  ['a = 1\r\n anchor =\r\n[b]', '2:2 expected a value on this line'],
  ['[link.a\ninterface = "em0"', '1:1 expected "]" at the end of the line'],
  ['[link fibre]', '1:7 expected "]"'],
  // tables in braces
  ['a = { b = 1, }', '1:14 expected no comma in front of "}"'],
  ['a = { b = 1,\n  c = 2 }', '2:3 expected "}" on the line of its "{"'],
  ['a = ["x" "y"]', '1:10 expected "," or the end, found ""y"]"'],
  // what is there already
  ['[link."f b"]\n[link."f b"]', '2:7 "f b" is given twice'],
  ["'x y' = 1\n'x y' = 2", '2:1 "x y" is given twice'],
  // the reader's own words, where they will do
  ['a..b = 1', '1:2 Consecutive dots are not permitted in keys'],
];

for (const [text, message] of rows) {
  t.test(JSON.stringify(text), async (t) => {
    t.equal(told(text), message);
  });
}
