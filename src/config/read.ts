/**
 * One TOML table against one shape: every value through its schema, unknown and missing keys, each trouble with its
 * place. Knows tables, not what they are for: that is parse.ts.
 */
import type { z } from 'zod';
import { belongs } from './belongs.ts';
import { nameSchema } from './schema.ts';
import { suggest } from './suggest.ts';
import type { Node, Place, Table } from './toml.ts';
import { found, printable, TABLE } from './value.ts';

export interface ConfigError {
  readonly file: string;
  /** Line and column count from 1 and point at the value; at the key if it is unknown; at the table if it is missing. */
  readonly line: number;
  readonly column: number;
  /** `link.fibre.weight`, `probe.targets[2]`; empty when the trouble is not with one key. */
  readonly key: string;
  /** Names the key, what was expected and what was found. One line of printable ASCII. */
  readonly message: string;
}

/** Takes down one error. */
export type Report = (at: Place, key: string, what: string) => void;

type Shape = Readonly<Record<string, z.ZodType>>;

/** What a table says: the keys that are given and sound. */
export type Given<S extends Shape> = { readonly [K in keyof S]?: Exclude<z.output<S[K]>, undefined> };

/** `outer.name`; a name that is no bare TOML key is quoted. */
export const keyOf = (outer: string, name: string): string => {
  const shown = /^[A-Za-z0-9_-]{1,60}$/.test(name) ? name : `"${printable(name)}"`;
  return outer === '' ? shown : `${outer}.${shown}`;
};

/** Values for zod. No key holds more than an array of plain values, so nothing deeper is handed over. */
export const plainValue = (node: Node, isInner = false): unknown => {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'array':
      return isInner ? [] : node.elements.map((element) => plainValue(element, true));
    case 'table':
      return TABLE;
  }
};

/** The deepest node on a path of array indexes, and the key that names it. */
const locate = (node: Node, key: string, path: readonly PropertyKey[]): { at: Place; key: string } => {
  const index = path[0];
  const element = node.kind === 'array' && typeof index === 'number' ? node.elements[index] : undefined;
  return element === undefined ? { at: node.at, key } : { at: element.at, key: `${key}[${String(index)}]` };
};

/**
 * Reads the keys of a shape from a table. `inner` names keys that the caller reads itself.
 * A key with an error is absent from the result; a missing one is an error if its schema wants it.
 */
export const readTable = <S extends Shape>(
  shape: S,
  inner: readonly string[],
  table: Table,
  key: string,
  report: Report,
): Given<S> => {
  const known = [...Object.keys(shape), ...inner];
  for (const [name, entry] of table.entries) {
    if (!known.includes(name))
      report(entry.keyAt, keyOf(key, name), `unknown key${belongs(name, key) || suggest(name, known)}`);
  }
  const given: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(shape)) {
    const node = table.entries.get(name)?.node;
    const result = schema.safeParse(node === undefined ? undefined : plainValue(node));
    if (result.success) {
      if (node !== undefined) given[name] = result.data;
      continue;
    }
    const told = new Set<string>();
    for (const issue of result.error.issues) {
      const place =
        node === undefined
          ? { at: table.at, key: keyOf(key, name) }
          : locate(node, keyOf(key, name), issue.path);
      // A number can break two rules of one schema; both have the same message.
      if (!told.has(place.key)) report(place.at, place.key, issue.message);
      told.add(place.key);
    }
  }
  return given as Given<S>;
};

/** A node that must be a table: null if it is absent, or is something else, which is reported. */
export const asTable = (
  node: Node | undefined,
  key: string,
  example: string,
  report: Report,
): Table | null => {
  if (node === undefined || node.kind === 'table') return node ?? null;
  report(node.at, key, `expected a table such as ${example}, found ${found(plainValue(node))}`);
  return null;
};

/** The name of a link or a policy. */
export const checkName = (name: string, at: Place, key: string, report: Report): void => {
  for (const issue of nameSchema.safeParse(name).error?.issues ?? []) report(at, key, issue.message);
};
