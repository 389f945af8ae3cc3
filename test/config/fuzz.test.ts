/** Any text ends in settings or in errors with a place inside the text: never in a throw, never without an end. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseConfig, renderConfigError } from '../../src/config/parse.ts';
import { renderConfig } from '../../src/config/print.ts';
import { networkOf, renderPrefix } from '../../src/core/address.ts';
import type { Prefix } from '../../src/core/model.ts';
import fc from '../chance.ts';

const example = readFileSync(new URL('../../etc/uplinkd.conf', import.meta.url), 'utf8');

const judge = (text: string): boolean => {
  const parsed = parseConfig(text, 'f');
  if (parsed.kind === 'ok') return parseConfig(renderConfig(parsed.settings), 'f').kind === 'ok';
  const lines = text.split('\n');
  return (
    parsed.errors.length > 0 &&
    parsed.errors.every(
      ({ line, column, ...error }) =>
        line >= 1 &&
        line <= lines.length &&
        column >= 1 &&
        column <= (lines[line - 1]?.length ?? 0) + 2 &&
        // one line of printable ASCII, short enough for a log
        /^[\x20-\x7e]{1,600}$/.test(renderConfigError({ line, column, ...error })),
    )
  );
};

/** Pieces of configurations, whole and broken, in any order. */
const piece = fc.constantFrom(
  ...'[]{}.,=#"\'\n \t\\0a-_',
  ...[
    '"""',
    "'''",
    '[[',
    ']]',
    '\r\n',
    '\u0000',
    '\u00e9',
    '\ud800',
    '\u{1f600}',
    '\ufeff',
    '1e9',
    '0x',
    'inf',
    '-nan',
  ],
  ...[
    'link',
    'probe',
    'policy',
    'members',
    'targets',
    'gateway',
    'interface',
    'weight',
    'anchor',
    'local',
    '__proto__',
  ],
  ...[
    '[link.a]\n',
    '[[link]]\n',
    '[link.a.probe]\n',
    '[policy.a]\n',
    '[policy.a_inet]\n',
    '[inbound]\n',
    '[probe.loss]\n',
    'gateway6 = "fe80::1"\n',
    'prefix6 = ["2001:db8::/32"]\n',
    'balance = "random"\n',
    'sticky = true\n',
    'nat6 = "nat"\n',
    'via = "rtable"\n',
    'a.b.c',
    '"10.0.0.0/8"',
    '"em0"',
    '1979-05-27',
    '12:00:00',
  ],
  ...['= {', '} }\n', 'true', '"9.9.9.9"', 'constructor', 'toString', 'hasOwnProperty'],
);

t.test('any text', async () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), judge), { numRuns: 1000 });
});

t.test('any pieces', async () => {
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
  fc.assert(fc.property(text, judge), { numRuns: 2000 });
});

t.test('the example with pieces put in, cut out and doubled', async () => {
  const edit = fc.tuple(
    fc.nat({ max: example.length }),
    fc.nat({ max: 30 }),
    fc.oneof(piece, fc.constant('')),
    fc.boolean(),
  );
  const text = fc.array(edit, { minLength: 1, maxLength: 5 }).map((edits) =>
    edits.reduce((before, [from, length, put, isDoubled]) => {
      const cut = before.slice(from, from + length);
      return before.slice(0, from) + (isDoubled ? cut + put + cut : put) + before.slice(from + length);
    }, example),
  );
  fc.assert(fc.property(text, judge), { numRuns: 300 });
});

t.test('the example with lines in any order', async () => {
  const lines = example.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const text = fc.shuffledSubarray(lines).map((some) => some.join('\n'));
  fc.assert(fc.property(text, judge), { numRuns: 300 });
});

t.test('the example with any value', async () => {
  const lines = example.split('\n');
  const places = lines.flatMap((line, index) => (/^\w+ = /.test(line) ? [index] : []));
  const value = fc.oneof(
    fc.json({ maxDepth: 3, stringUnit: 'grapheme' }).filter((text) => !text.includes('null')),
    fc.constantFrom(
      'inf',
      '-0',
      '1e400',
      '99999999999999999999',
      '1979-05-27',
      '[]',
      '{}',
      '""',
      '"gateway"',
      '[[[]]]',
    ),
  );
  const text = fc
    .tuple(fc.constantFrom(...places), value)
    .map(([at, put]) =>
      lines.map((line, i) => (i === at ? line.replace(/= .*/, () => `= ${put}`) : line)).join('\n'),
    );
  fc.assert(fc.property(text, judge), { numRuns: 500 });
});

t.test('prefixes of links: refused exactly if two of different links overlap', async () => {
  const prefix = fc
    .tuple(
      fc.constantFrom('2001:db8::', '2001:db8:8000::', '2001:db8:8000:1::'),
      fc.integer({ min: 30, max: 66 }),
    )
    .map(([text, length]) => networkOf(text, length));
  const lists = fc.array(fc.uniqueArray(prefix, { maxLength: 3, selector: renderPrefix }), { maxLength: 4 });
  const isApart = (a: Prefix, b: Prefix): boolean =>
    networkOf(a.address, Math.min(a.length, b.length)).address !==
    networkOf(b.address, Math.min(a.length, b.length)).address;
  fc.assert(
    fc.property(lists, (links) => {
      const text = links.map((list, n) => {
        const shown = list.map((each) => `"${renderPrefix(each)}"`).join();
        return `[link.a${n}]\ninterface = "em${n}"\ngateway6 = "fe80::1"\nprefix6 = [${shown}]\n`;
      });
      const isSound = links.every((list, n) =>
        links.slice(n + 1).every((other) => list.every((a) => other.every((b) => isApart(a, b)))),
      );
      return links.length === 0 || (parseConfig(text.join(''), 'f').kind === 'ok') === isSound;
    }),
    { numRuns: 500 },
  );
});

t.test('as long and as wide as it may be', async (t) => {
  const n = 20_000;
  const links = Array.from({ length: n }, (_, i) => `[link.a${i}]`).join('\n');
  const rows: Readonly<Record<string, string>> = {
    'open arrays': `a = ${'['.repeat(n)}`,
    'closed arrays': `a = ${'['.repeat(n)}${']'.repeat(n)}`,
    'inline tables': `a = ${'{a='.repeat(n)}1${'}'.repeat(n)}`,
    'one key of many parts': `a${'.a'.repeat(n)} = 1`,
    'one header of many parts': `[a${'.a'.repeat(n)}]`,
    'unknown keys': Array.from({ length: n }, (_, i) => `k${i} = 1`).join('\n'),
    links,
    policies: `${example}\n${links.replaceAll('link', 'policy')}`,
    targets: `[probe]\ntargets = [${'"9.9.9.9",'.repeat(n)}]`,
    'prefixes of many links': Array.from({ length: 100 }, (_, i) => {
      const some = Array.from({ length: 16 }, (_, j) => `"2001:db8:${(i * 16 + j) % 997}::/${48 - (j % 4)}"`);
      return `[link.a${i}]\ninterface = "em${i}"\ngateway6 = "fe80::1"\nprefix6 = [${some}]`;
    }).join('\n'),
    'pools of many links': Array.from({ length: 100 }, (_, i) => {
      const link = `[link.a${i}]\ninterface = "em${i}"\ngateway = "10.0.${i}.1"\nvia = "rtable"\nweight = ${i + 1}`;
      return `${link}\n[policy.a${i}]\nbalance = "random"`;
    }).join('\n'),
    members: `${example.replace(/members = .*/, `members = [${'"fibre",'.repeat(n)}]`)}`,
  };
  for (const [what, text] of Object.entries(rows)) t.ok(judge(text), what);
});
