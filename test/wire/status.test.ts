/** The status document against its manual page: a field or word that is not described there is no contract. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { z } from 'zod';
import { statusSchema } from '../../src/wire/status.ts';

const manual = readFileSync(new URL('../../docs/uplinkctl.8', import.meta.url), 'utf8');
const described = new Set(
  manual
    .split('\n')
    .filter((line) => /^\.(It Li|Li|Cm) /.test(line))
    .flatMap((line) => line.split(' ').slice(1)),
);

/** Every property name and every word of a closed list in a JSON schema. */
const wordsOf = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return [];
  const {
    properties,
    enum: words,
    ...rest
  } = value as { readonly properties?: object; readonly enum?: string[] };
  return [
    ...Object.keys(properties ?? {}),
    ...(words ?? []),
    ...Object.values(properties ?? {}).flatMap(wordsOf),
    ...Object.values(rest).flatMap(wordsOf),
  ];
};

t.test('every field and every word is in uplinkctl.8', async (t) => {
  const words = [...new Set(wordsOf(z.toJSONSchema(statusSchema, { io: 'input' })))];
  t.ok(words.length > 80, `${words.length} words`);
  t.strictSame(
    words.filter((word) => !described.has(word)),
    [],
  );
});
