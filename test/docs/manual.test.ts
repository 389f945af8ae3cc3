/**
 * The manual pages against the code: commands, options, columns, keys and their words, replies. What is not told there is no contract, and
 * what is told there and is not here is a lie. The status document is compared in test/wire/status.test.ts, figures in
 * test/wire/metrics.test.ts, hooks in test/wire/hook.test.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { z } from 'zod';
import * as schema from '../../src/config/schema.ts';
import { commandWords, USAGE } from '../../src/ctl/command.ts';
import { USAGE as DAEMON_USAGE } from '../../src/daemon/options.ts';
import { replySchema } from '../../src/wire/control.ts';
import { HOOK_VERSION } from '../../src/wire/hook.ts';
import { WIRE_VERSION } from '../../src/wire/status.ts';

const root = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
const [ctl, conf, daemon] = [read('uplinkctl.8'), read('uplinkd.conf.5'), read('uplinkd.8')];
const section = (page: string, name: string): string => {
  const from = page.indexOf(`.Sh ${name}\n`);
  const to = page.indexOf('\n.Sh ', from + 1);
  return from === -1 ? '' : page.slice(from, to === -1 ? undefined : to);
};

/** `show links`, of `.It Cm show links Op Ar link`; `.It Xo` has its words on the next line. */
const commandsOf = (page: string): readonly string[] =>
  page
    .replace(/^\.It Xo\n\.Cm /gm, '.It Cm ')
    .split('\n')
    .filter((line) => line.startsWith('.It Cm '))
    .map((line) => {
      // Up to what is not the name of a command any more: `Ar link`, `Op Fl f Ar file`.
      const words = line.slice(7).replace('Op Cm ', '').replaceAll('Cm ', '').split(' ');
      const end = words.findIndex((word) => /^(Op|Oo|Ar|Fl)$/.test(word));
      return words.slice(0, end === -1 ? undefined : end).join(' ');
    });

t.test('every command, and no other', async (t) => {
  const told = new Set(commandsOf(ctl.slice(0, ctl.indexOf('.Sh JSON'))));
  t.strictSame([...told].sort(), [...commandWords()].sort());
  const json = section(ctl, 'JSON');
  for (const command of commandWords())
    t.match(json, new RegExp(`${command.split(' ')[0]}\\b`), `JSON of ${command}`);
});

t.test('every option', async (t) => {
  for (const [page, usage] of [
    [ctl, USAGE],
    [daemon, DAEMON_USAGE],
  ] as const) {
    const [, letters = ''] = /\[-([a-z]+)\]/.exec(usage) ?? [];
    const options = [
      ...letters,
      ...[...usage.matchAll(/\[-{1,2}([a-z]+) [a-z]+\]/g)].map(([, name = '']) => name),
    ];
    t.ok(options.length > 1);
    for (const option of options)
      t.match(page, new RegExp(`^\\.It Fl (-?)${option}\\b`, 'm'), `${usage.slice(7, 17)}: ${option}`);
  }
});

t.test('every column', async (t) => {
  const described = new Set(
    section(ctl, 'DESCRIPTION')
      .split('\n')
      .filter((line) => line.startsWith('.It Li '))
      .flatMap((line) => line.slice(7).split(' , ')),
  );
  const files = readdirSync(join(root, 'src/ctl')).map((name) =>
    readFileSync(join(root, 'src/ctl', name), 'utf8'),
  );
  const titles = new Set(
    files.flatMap((text) => [...text.matchAll(/title: '([^']+)'/g)].map(([, title = '']) => title)),
  );
  t.ok(titles.size > 30);
  for (const title of titles) t.ok(described.has(title), title);
});

/** Words of a closed list, whatever it is wrapped in. */
const wordsOf = (value: z.core.$ZodType): readonly string[] => {
  if (value instanceof z.ZodOptional) return wordsOf(value.unwrap());
  return value instanceof z.ZodEnum ? value.options.map(String) : [];
};

const tables = {
  GLOBAL: [schema.topShape],
  PROBE: [schema.probeShape],
  LINK: [schema.linkShape],
  POLICY: [schema.policyShape, schema.memberShape],
  INBOUND: [schema.inboundShape],
  CARP: [schema.carpShape],
  HOOK: [schema.hookShape],
  CONTROL: [schema.controlShape],
  METRICS: [schema.metricsShape],
} as const;
/** Keys that hold tables or lists of tables, which have shapes of their own. */
const nested: Readonly<Record<string, readonly string[]>> = {
  PROBE: ['loss', 'latency'],
  POLICY: ['members'],
};

t.test('every key in its section, every word that it may be, and no other key', async (t) => {
  let words = 0;
  for (const [name, shapes] of Object.entries(tables)) {
    const text = section(conf, name);
    const told = new Set([...text.matchAll(/^\.It Ic (\S+) No = (.*)$/gm)].map(([, key = '']) => key));
    const keys = new Set([...shapes.flatMap((shape) => Object.keys(shape)), ...(nested[name] ?? [])]);
    t.strictSame([...told].sort(), [...keys].sort(), name);
    for (const [key, value] of shapes.flatMap((shape) => Object.entries(shape))) {
      const line = new RegExp(`^\\.It Ic ${key} No = (.*)$`, 'm').exec(text)?.[1] ?? '';
      words += wordsOf(value).length;
      for (const word of wordsOf(value))
        t.ok(line.split(' ').includes(word), `${name}: ${key} may be ${word}`);
    }
  }
  t.ok(words > 20, `${words} words`);
  for (const [key, shape] of [
    ['loss', schema.lossShape],
    ['latency', schema.latencyShape],
  ] as const) {
    const [, line = ''] = new RegExp(`^\\.It Ic ${key} No = (.*)$`, 'm').exec(conf) ?? [];
    const told = [...line.matchAll(/([a-z]+) =/g)].map(([, word]) => word);
    t.strictSame([...told].sort(), Object.keys(shape).sort(), key);
  }
});

t.test('every member of a reply that is written as it is', async (t) => {
  const described = new Set(section(ctl, 'JSON').split(/[\s,.]+/));
  const members = z.toJSONSchema(replySchema, { io: 'input' }).oneOf?.flatMap((each) => {
    const kind = each.properties?.['kind'];
    const word = typeof kind === 'object' ? kind.const : null;
    // The status document has a test of its own; `kind` of what comes by the line is left out.
    return word === 'status' ? [] : Object.keys(each.properties ?? {});
  });
  t.ok((members ?? []).length > 15);
  for (const member of members ?? []) t.ok(described.has(member), member);
});

t.test('versions', async (t) => {
  t.match(section(ctl, 'JSON'), new RegExp(`^This is version ${WIRE_VERSION} of the document\\.$`, 'm'));
  t.match(
    section(daemon, 'HOOKS'),
    new RegExp(`^\\.It Ev UPLINKD_VERSION\\n(.*\\n){0,2}.*\\b${HOOK_VERSION}\\b`, 'm'),
  );
});
