/** A value that fits a JSON schema, by chance: so documents are never out of date with what reads them. Knows what zod writes of ours, no more. */
import type { Random } from '../emulator/random.ts';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

const TEXTS: readonly string[] = [
  '',
  'fibre',
  'dsl',
  'em0',
  '192.0.2.1',
  '2001:db8::1',
  'fibre/inet',
  'ü"\\\n',
  '9.9.9.9',
];
const NUMBERS: readonly number[] = [0, 1, 2, 100, 1.5, 250, 65_535, 1e9, 1_795_000_000_000];

const pick = <T>(random: Random, all: readonly T[]): T | undefined => all[random.below(all.length)];

export const sample = (schema: JsonSchema, random: Random): unknown => {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(random, schema.enum);
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice !== undefined) return sample(pick(random, choice) ?? {}, random);
  const type = typeof schema.type === 'object' ? pick(random, schema.type) : schema.type;
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([key]) => schema.required?.includes(key) !== false || random.chance(0.5))
          .map(([key, member]) => [key, sample(member, random)]),
      );
    case 'array':
      if (schema.prefixItems !== undefined) return schema.prefixItems.map((item) => sample(item, random));
      return Array.from({ length: Math.max(schema.minItems ?? 0, random.below(3)) }, () =>
        sample(schema.items ?? {}, random),
      );
    case 'string':
      return pick(random, TEXTS);
    case 'integer':
    case 'number': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
      const value = Math.min(maximum, Math.max(minimum, pick(random, NUMBERS) ?? 0));
      return type === 'integer' ? Math.trunc(value) : value;
    }
    case 'boolean':
      return random.chance(0.5);
    default:
      return null;
  }
};

/** As many as wanted, from one seed. */
export const samples = (schema: unknown, random: Random, number: number): readonly unknown[] =>
  Array.from({ length: number }, () => sample(schema as JsonSchema, random));
