/**
 * What is wrong with a text that is no TOML, in words for people: the reader says "Must be a newline" of a gateway without
 * quotes. Goes by the reader's messages, since it hands out no codes, and by the line; knows no key.
 */
import type { Place } from './toml.ts';
import { found, printable } from './value.ts';

export interface SyntaxTrouble {
  readonly at: Place;
  readonly what: string;
}

/** Where the reader may have stumbled over a word that wants quotes: in it, or behind the part that looks like a number. */
const STUMBLES = [
  'Unexpected character',
  'Unexpected token',
  'Must be a newline',
  'Expected comma (,) token',
];

const PLAIN: ReadonlyMap<string, string> = new Map([
  ['Unspecified values are invalid', 'expected a value behind "="'],
  ['Unterminated string constant', 'expected a closing quote'],
  ['Unterminated table-key', 'expected "]"'],
  ['Unterminated array', 'expected "]"'],
  ['Unterminated inline table', 'expected "}"'],
  ['Trailing comma is not permitted in an inline table', 'expected no comma in front of "}"'],
  [
    'No newlines are allowed between the curly braces unless they are valid within a value',
    'expected "}" on the line of its "{"',
  ],
]);

const linesOf = (text: string): readonly string[] => text.split(/\r?\n/);

/** A boolean in another spelling. */
const spelling = (word: string): string => {
  const small = word.toLowerCase();
  if (small === 'true' || small === 'false') return `write ${small}`;
  return ['yes', 'no', 'on', 'off'].includes(small)
    ? 'a boolean is true or false, without quotes'
    : 'text is put in double quotes';
};

/** The word around a column, if a value is wanted where it begins. */
const bareValue = (
  line: string,
  column: number,
): { readonly column: number; readonly word: string } | null => {
  let from = column - 1;
  while (from > 0 && !/[\s=,[{]/.test(line.charAt(from - 1))) from -= 1;
  const word = /^[^\s\p{Cc},\]}#"'=[{]+/u.exec(line.slice(from))?.[0] ?? '';
  if (from + word.length < column) return null;
  const before = line.slice(0, from).trimEnd();
  const after = line.slice(from + word.length);
  const isValue = /=$/.test(before) || /=.*[,[]$/.test(before);
  // In an array of several lines.
  const isElement = (before === '' || /^[^=]*,$/.test(before)) && /^\s*(?:[,\]#]|$)/.test(after);
  return isValue || isElement ? { column: from + 1, word } : null;
};

/** A line that ends too soon; the reader has gone on to the next one. */
const unfinished = (lines: readonly string[], next: number): SyntaxTrouble => {
  let line = next - 1;
  while (line > 1 && /^\s*(?:#|$)/.test(lines[line - 1] ?? '')) line -= 1;
  const text = lines[line - 1] ?? '';
  const at: Place = { line, column: text.length - text.trimStart().length + 1 };
  if (text.trimStart().startsWith('[')) return { at, what: 'expected "]" at the end of the line' };
  return { at, what: `expected ${text.includes('=') ? 'a value' : '"=" and a value'} on this line` };
};

/** `at` and `message` are the reader's. */
export const explainSyntax = (text: string, at: Place, message: string): SyntaxTrouble => {
  const lines = linesOf(text);
  const line = lines[at.line - 1] ?? '';
  const rest = line.slice(at.column - 1);
  if (STUMBLES.includes(message)) {
    const bare = bareValue(line, at.column);
    if (bare !== null)
      return {
        at: { line: at.line, column: bare.column },
        what: `expected a value, found ${printable(bare.word)}: ${spelling(bare.word)}`,
      };
  }
  switch (message) {
    case 'The key, equals sign, and value must be on the same line':
      return unfinished(lines, at.line);
    case 'Defining a key multiple times is invalid': {
      const key = /^(?:"([^"]*)"|'([^']*)'|([\w-]+))/.exec(rest);
      return { at, what: `${found(key?.slice(1).join('') ?? rest)} is given twice` };
    }
    case 'Expected equal (=) token':
      return { at, what: `expected "=" behind the key, found ${found(rest)}` };
    case 'Must be a newline':
      return { at, what: `expected the end of the line, found ${found(rest)}` };
    case 'Expected comma (,) token':
      return { at, what: `expected "," or the end, found ${found(rest)}` };
    case 'Unexpected character':
    case 'Unexpected token':
      return {
        at,
        what: rest === '' ? 'unexpected end of the line' : `unexpected ${found(rest.slice(0, 1))}`,
      };
  }
  return { at, what: PLAIN.get(message) ?? message };
};
