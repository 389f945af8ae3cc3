import fc from 'fast-check';
import t from 'tap';
import type { Rule } from '../../src/core/ruleset.ts';
import { renderProbability, renderRule, renderRuleset } from '../../src/text/pf.ts';
import { parseRules } from '../../src/text/pfctl.ts';
import { check, must } from './random.ts';
import { readTranscript } from './transcript.ts';

const probe = { kind: 'probe', link: 'fibre', interface: 'em0', family: 'inet' } as const;
const choose = {
  kind: 'choose',
  policy: 'default',
  family: 'inet',
  link: 'fibre',
  probability: 1,
  via: { kind: 'route-to', gateway: '203.0.113.1' },
} as const;
const leave = {
  kind: 'leave',
  policy: 'default',
  family: 'inet',
  link: 'fibre',
  interface: 'em0',
  nat: true,
} as const;

t.test('the forms', async (t) => {
  const rows: readonly (readonly [Rule, string])[] = [
    [
      probe,
      'pass out quick on em0 inet proto icmp from (em0) to any icmp-type echoreq set (prio 7) keep state (if-bound) label "uplink:fibre:probe"',
    ],
    [
      { ...probe, family: 'inet6' },
      'pass out quick on em0 inet6 proto ipv6-icmp from (em0) to any icmp6-type echoreq set (prio 7) keep state (if-bound) label "uplink:fibre:probe"',
    ],
    [
      { ...choose, probability: 0.75 },
      'pass in quick inet all flags S/SA probability 75% label "uplink:fibre" tagged uplink_default route-to 203.0.113.1',
    ],
    [
      choose,
      'pass in quick inet all flags S/SA label "uplink:fibre" tagged uplink_default route-to 203.0.113.1',
    ],
    [
      { ...choose, link: 'lte', via: { kind: 'rtable', rtable: 203 } },
      'pass in quick inet all flags S/SA label "uplink:lte" tagged uplink_default rtable 203',
    ],
    [
      { ...choose, family: 'inet6', via: { kind: 'route-to', gateway: '2001:db8::1' } },
      'pass in quick inet6 all flags S/SA label "uplink:fibre" tagged uplink_default route-to 2001:db8::1',
    ],
    [
      { kind: 'refuse', policy: 'default' },
      'block return in quick all label "uplink::default" tagged uplink_default',
    ],
    [
      leave,
      'pass out quick on em0 inet all flags S/SA keep state (if-bound) label "uplink:fibre" tagged uplink_default nat-to (em0:0)',
    ],
    [
      { ...leave, nat: false },
      'pass out quick on em0 inet all flags S/SA keep state (if-bound) label "uplink:fibre" tagged uplink_default',
    ],
    [
      { ...leave, family: 'inet6' },
      'pass out quick on em0 inet6 all flags S/SA keep state (if-bound) label "uplink:fibre" tagged uplink_default nat-to (em0) round-robin',
    ],
  ];
  for (const [rule, text] of rows) t.equal(renderRule(rule), text);
  t.equal(renderRuleset(rows.map(([rule]) => rule)), rows.map(([, text]) => `${text}\n`).join(''));
  t.equal(renderRuleset([]), '');
});

t.test('a running pf prints the same text back', async (t) => {
  const held = parseRules(readTranscript('pfctl-sr-uplinkd-mixed.txt').stdout);
  const rules: readonly Rule[] = [
    { ...choose, link: 'a', probability: 0.5, via: { kind: 'route-to', gateway: '192.0.2.1' } },
    { ...choose, link: 'b', via: { kind: 'rtable', rtable: 203 } },
    { ...leave, link: 'a', interface: 'vio2' },
    { ...leave, link: 'b', interface: 'vio3' },
  ];
  t.strictSame(rules.map(renderRule), [held[0], held[1], held[6], held[7]]);
  // That one was loaded for inet only.
  t.equal(renderRule({ kind: 'refuse', policy: 'default' }), held[2]?.replace(' inet ', ' '));
});

/** What parse.y makes of the text, and what print_rule makes of that: 32 bits of fraction in between. */
const asPfReadsIt = (text: string): number => {
  const share = Number(/^([0-9.]+)%$/.exec(text)?.[1]) * 0.01;
  return Math.max(1, Math.floor(share * 0xffffffff + 0.5));
};
const asPfPrintsIt = (kept: number): string =>
  `${((kept * 100) / 0x100000000).toFixed(6).replace(/0+$/, '').replace(/\.$/, '')}%`;

t.test('probabilities', async (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [0.75, '75%'],
    [0.5, '50%'],
    [0.1, '10%'],
    [1 / 3, '33.333333%'],
    [2 / 3, '66.666667%'],
    [0.001, '0.1%'],
    [1e-12, '0.000001%'],
    [1 - 1e-12, '99.999999%'],
    [1, '99.999999%'],
    [0.29, '29%'],
  ];
  for (const [share, text] of rows) t.equal(renderProbability(share), text);
  for (const bad of [0, -0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => renderProbability(bad), /unfit probability/);
  }
});

t.test('a probability survives pf, for every share of every set of weights', async (t) => {
  const weight = fc.integer({ min: 1, max: 65_535 });
  const share = fc.oneof(
    fc.tuple(weight, weight).map(([a, b]) => a / (a + b)),
    fc.integer({ min: 1, max: 99_999_999 }).map((millionths) => millionths / 1e8),
    fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true }),
  );
  check(
    t,
    fc.property(share, (each) => {
      const text = renderProbability(each);
      const kept = asPfReadsIt(text);
      must(/^(?:0|[1-9][0-9]?)(?:\.[0-9]{0,5}[1-9])?%$/.test(text), text);
      must(asPfPrintsIt(kept) === text, `${text} comes back as ${asPfPrintsIt(kept)}`);
      must(Math.abs(kept / 2 ** 32 - each) < 2e-8, `${text} is not ${each}`);
    }),
    20_000,
  );
});

t.test('nothing but names, interfaces and addresses gets in', async (t) => {
  const hostile = [
    '',
    'a\nset skip on em0',
    'a"',
    'a" tagged x',
    'a b',
    'A',
    '1a',
    'a$x',
    'a{b}',
    'a#',
    'a\\',
    'a\u0000',
    'ä',
    'set skip on lo',
    'abcdefghijklmnop',
  ];
  const interfaces = [
    ...hostile.filter((each) => each !== 'A'),
    'em0)',
    '(em0)',
    '!em0',
    'em0:0',
    '<t>',
    'em 0',
  ];
  const gateways = [
    ...[
      '',
      ' ',
      'a',
      '::1',
      '1.2.3',
      '1.2.3.4 ',
      '1.2.3.4\npass',
      '<t>',
      '(em0)',
      '{ 1.2.3.4 }',
      '1.2.3.4@em0',
      'host',
    ],
  ];
  const gateways6 = [
    '',
    '1.2.3.4',
    'fe80',
    '::1 ',
    '::1%',
    '::1%em0 em1',
    '::1%em0\npass',
    '::1"',
    '<t>',
    '%a:',
  ];
  for (const link of hostile) {
    t.throws(() => renderRule({ ...probe, link }), /unfit name for pf/, link);
    t.throws(() => renderRule({ ...choose, link }), /unfit name for pf/, link);
    t.throws(() => renderRule({ ...choose, policy: link }), /unfit name for pf/, link);
    t.throws(() => renderRule({ ...leave, link }), /unfit name for pf/, link);
    t.throws(() => renderRule({ ...leave, policy: link }), /unfit name for pf/, link);
    t.throws(() => renderRule({ kind: 'refuse', policy: link }), /unfit name for pf/, link);
  }
  for (const each of interfaces) {
    t.throws(() => renderRule({ ...probe, interface: each }), /unfit interface for pf/, each);
    t.throws(() => renderRule({ ...leave, interface: each }), /unfit interface for pf/, each);
  }
  const to = (family: 'inet' | 'inet6', gateway: string): Rule => ({
    ...choose,
    family,
    via: { kind: 'route-to', gateway },
  });
  for (const each of gateways) t.throws(() => renderRule(to('inet', each)), /unfit gateway for pf/, each);
  for (const each of gateways6) t.throws(() => renderRule(to('inet6', each)), /unfit gateway for pf/, each);
  t.match(renderRule(to('inet6', 'fe80::1%em0')), /route-to fe80::1%em0$/);
  for (const rtable of [-1, 256, 1.5, Number.NaN]) {
    t.throws(() => renderRule({ ...choose, via: { kind: 'rtable', rtable } }), /unfit routing table for pf/);
  }
  check(
    t,
    fc.property(fc.string(), fc.string(), fc.string(), (link, gateway, device) => {
      const texts = [
        { ...probe, link },
        { ...leave, link, interface: device },
        { ...choose, policy: link, via: { kind: 'route-to', gateway } as const },
      ].map((rule) => {
        try {
          return renderRule(rule);
        } catch {
          return '';
        }
      });
      for (const text of texts) must(/^[a-zA-Z0-9 ():."_/%-]*$/.test(text), text);
    }),
  );
});
