/**
 * TOML text to a tree in which every key and value knows its place. The one importer of the TOML reader; knows no key.
 *
 * The reader's own getStaticTOMLValue is not used: for a file that says `__proto__.x = 1` it writes into
 * Object.prototype. Tables are Maps here, so every key is only a key.
 */
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { explainSyntax } from './syntax.ts';

/** Both count from 1; columns in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Entry {
  /** Where the key stands, in a header or in front of `=`. */
  readonly keyAt: Place;
  readonly node: Node;
}

export interface Table {
  readonly kind: 'table';
  /** Its header or its `{`; for a table that only headers of inner tables name, the first of those. */
  readonly at: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export type Node =
  | { readonly kind: 'scalar'; readonly at: Place; readonly value: string | number | boolean | Date }
  | { readonly kind: 'array'; readonly at: Place; readonly elements: readonly Node[] }
  | Table;

export type TomlRead =
  | { readonly kind: 'ok'; readonly table: Table }
  | { readonly kind: 'refused'; readonly at: Place; readonly what: string };

/** A tree while it is built; what readToml hands out is the same, read-only. */
type Growing =
  | { readonly kind: 'scalar'; readonly at: Place; readonly value: string | number | boolean | Date }
  | { readonly kind: 'array'; readonly at: Place; readonly elements: Growing[] }
  | GrowingTable;
interface GrowingTable {
  readonly kind: 'table';
  at: Place;
  readonly entries: Map<string, { readonly keyAt: Place; readonly node: Growing }>;
}

type KeyPart = AST.TOMLBare | AST.TOMLQuoted;

const START: Place = { line: 1, column: 1 };

const placeOf = (node: AST.HasLocs): Place => ({
  line: node.loc.start.line,
  column: node.loc.start.column + 1,
});

const emptyTable = (at: Place): GrowingTable => ({ kind: 'table', at, entries: new Map() });

const nameOf = (part: KeyPart): string => (part.type === 'TOMLBare' ? part.name : part.value);

const put = (table: GrowingTable, part: KeyPart, node: Growing): void => {
  table.entries.set(nameOf(part), { keyAt: placeOf(part), node });
};

/** Descends by one part of a key; a table is made where there is none. The reader has refused every key given twice. */
const enterTable = (table: GrowingTable, part: KeyPart, at: Place): GrowingTable => {
  const node = table.entries.get(nameOf(part))?.node;
  // `[[a]]` followed by `[a.b]` means the last `a`.
  const inner = node?.kind === 'array' ? node.elements.at(-1) : node;
  if (inner?.kind === 'table') return inner;
  const made = emptyTable(at);
  put(table, part, made);
  return made;
};

const readNode = (ast: AST.TOMLContentNode): Growing => {
  const at = placeOf(ast);
  switch (ast.type) {
    case 'TOMLValue':
      return { kind: 'scalar', at, value: ast.value };
    case 'TOMLArray':
      return { kind: 'array', at, elements: ast.elements.map(readNode) };
    case 'TOMLInlineTable': {
      const table = emptyTable(at);
      for (const pair of ast.body) addPair(table, pair);
      return table;
    }
  }
};

const addPair = (table: GrowingTable, pair: AST.TOMLKeyValue): void => {
  let inner = table;
  for (const part of pair.key.keys) {
    if (part === pair.key.keys.at(-1)) put(inner, part, readNode(pair.value));
    else inner = enterTable(inner, part, placeOf(pair));
  }
};

/** `[a.b]` or `[[a.b]]` and what stands under it. */
const addTable = (root: GrowingTable, ast: AST.TOMLTable): void => {
  const at = placeOf(ast);
  let inner = root;
  for (const part of ast.key.keys) {
    if (ast.kind === 'array' && part === ast.key.keys.at(-1)) {
      const element = emptyTable(at);
      const node = inner.entries.get(nameOf(part))?.node;
      if (node?.kind === 'array') node.elements.push(element);
      else put(inner, part, { kind: 'array', at, elements: [element] });
      inner = element;
    } else inner = enterTable(inner, part, at);
  }
  inner.at = at;
  for (const pair of ast.body) addPair(inner, pair);
};

/** Characters of a line beyond which the reader may fail for its length: it hands over each as an argument of its own. */
const LONG = 10_000;

/** Reads TOML 1.0. Never throws: what cannot be read, also for its depth, is refused with the place of the trouble. */
export const readToml = (given: string): TomlRead => {
  // Editors elsewhere put a byte order mark in front; TOML has no word for it.
  const text = given.replace(/^\uFEFF/, '');
  try {
    const root = emptyTable(START);
    const [top] = parseTOML(text, { tomlVersion: '1.0' }).body;
    for (const part of top.body) {
      if (part.type === 'TOMLTable') addTable(root, part);
      else addPair(root, part);
    }
    return { kind: 'ok', table: root };
  } catch (error) {
    if (error instanceof ParseError) {
      const at = { line: error.lineNumber, column: error.column + 1 };
      return { kind: 'refused', ...explainSyntax(text, at, error.message) };
    }
    // RangeError: the reader recurses, which a hundred thousand `[` are too many for.
    const long = text.split('\n').findIndex((line) => line.length > LONG);
    return {
      kind: 'refused',
      at: long < 0 ? START : { line: long + 1, column: 1 },
      what: 'too long or nested too deeply to be read',
    };
  }
};
