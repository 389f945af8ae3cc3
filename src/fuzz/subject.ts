/** What is fuzzed: a reader of text that comes from outside, with texts to begin with and a judge. Knows no particular one. */

export interface Verdict {
  /** What is wrong; null: nothing. What stands in front of the first colon is the kind of it. */
  readonly complaint: string | null;
  /** A rough picture of what came out: texts with a new one are worth changing further. */
  readonly shape: string;
}

export interface Subject {
  readonly name: string;
  readonly seeds: readonly string[];
  /** May throw: that is a complaint as well. */
  readonly judge: (input: string) => Verdict | Promise<Verdict>;
}

/** Longest text that is tried, in UTF-16 units. */
export const MOST_CHARACTERS = 70_000;

/** The words of a command line: NUL ends each, in a process as well. */
export const argvOf = (input: string): readonly string[] => input.split('\0').slice(0, 100);

/** Of a value: its members, and what kind of thing each is; numbers, texts and long lists look alike. */
export const shapeOf = (value: unknown, depth = 0): string => {
  if (value === null || typeof value !== 'object')
    return value === null ? '0' : typeof value === 'string' ? 's' : (String(typeof value)[0] ?? '');
  if (depth > 4) return '.';
  if (value instanceof Map) return `m${shapeOf([...value.values()], depth)}`;
  if (Array.isArray(value))
    return `[${[...new Set(value.slice(0, 40).map((one) => shapeOf(one, depth + 1)))].sort().join()}]`;
  const kind = 'kind' in value && typeof value.kind === 'string' ? value.kind : '';
  const members = Object.entries(value).map(([key, one]) => (key === 'kind' ? '' : shapeOf(one, depth + 1)));
  return `${kind}{${members.join('')}}`;
};

/** How long a value is as text; what is read must not be far longer than what it was read from. */
const sizeOf = (value: unknown): number =>
  JSON.stringify(value instanceof Map ? [...value] : value, (_, one: unknown) =>
    typeof one === 'bigint' ? String(one) : one,
  )?.length ?? 0;

/** Characters of value for one of text: a line of a pf.conf that is one letter makes a rule with sixteen members. */
const MOST_GROWTH = 300;

/** A reader that gives a value: no throw, and nothing that grows without bound. */
export const reads = (name: string, seeds: readonly string[], read: (input: string) => unknown): Subject => ({
  name,
  seeds,
  judge: (input) => {
    const value = read(input);
    const size = sizeOf(value);
    const complaint =
      size > 1000 + MOST_GROWTH * input.length ? `unbounded: ${size} characters from ${input.length}` : null;
    return { complaint, shape: shapeOf(value) };
  },
});

/** A reader of one line: every line of the text. */
export const readsLines = (
  name: string,
  seeds: readonly string[],
  read: (line: string) => unknown,
): Subject => reads(name, seeds, (input) => input.split('\n').map(read));
