import t from 'tap';
import { type MainRule, parseMainRule, parsePfConf, parseQueues } from '../../src/text/pf-main.ts';
import fc from '../chance.ts';
import { check } from './random.ts';

t.test('one rule', async (t) => {
  const rows: readonly (readonly [string, Partial<MainRule>])[] = [
    [
      'pass all flags S/SA',
      { action: 'pass', direction: null, quick: false, interfaces: [], from: 'any', to: 'any' },
    ],
    [
      'match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default',
      {
        action: 'match',
        direction: 'in',
        interfaces: ['em0'],
        family: 'inet',
        from: '10.0.0.0/24',
        to: '! <uplinkd_local>',
        tag: 'uplink_default',
        hasProtocol: false,
      },
    ],
    [
      'block return in quick on em0 proto tcp from any to ! <l> port = 25',
      { action: 'block', direction: 'in', quick: true, hasProtocol: true, hasPort: true },
    ],
    ['block drop out quick on { em1, em2 }', { direction: 'out', quick: true, interfaces: ['em1', 'em2'] }],
    ['pass out quick', { action: 'pass', direction: 'out', quick: true }],
    ['pass on em1 inet6 proto ipv6-icmp', { direction: null, family: 'inet6', interfaces: ['em1'] }],
    ['anchor "uplinkd" all', { action: 'anchor', anchor: 'uplinkd', quick: false }],
    ['anchor "/uplinkd" all', { anchor: 'uplinkd' }],
    ['anchor "quick" all', { anchor: 'quick', quick: false }],
    [
      'match out on em1 from (em0:network) nat-to (em1)',
      { hasNat: true, from: '(em0:network)', direction: 'out' },
    ],
    [
      'match out tagged "uplink_voip" set queue (a, b)',
      { tagged: 'uplink_voip', tag: null, queues: ['a', 'b'] },
    ],
    ['pass in from { 10.0.0.1 10.0.0.2 } to any', { from: '{ 10.0.0.1 10.0.0.2 }', to: 'any' }],
    ['set skip on lo', { action: 'other' }],
  ];
  for (const [text, wanted] of rows) t.match(parseMainRule(text), wanted, text);
});

t.test('a file: macros, comments, joined lines', async (t) => {
  const lines = parsePfConf(`lan = "em0" # the office
up="{ em1 em2 }"

# pass in quick
pass in on $lan \\
    from $lan:network to any
block on $up
pass in on $unknown
`);
  t.match(lines, [
    {
      line: 'pass in on $lan \\',
      rule: { text: 'pass in on em0 from em0:network to any', interfaces: ['em0'] },
    },
    { line: 'block on $up', rule: { interfaces: ['em1', 'em2'] } },
    { rule: { interfaces: ['$unknown'] } },
  ]);
});

t.test('queues', async (t) => {
  t.match(parseQueues('queue up on em1 bandwidth 95M, max 95M\nqueue voip parent up bandwidth 2M\nx\n'), [
    { name: 'up', interface: 'em1' },
    { name: 'voip', interface: null },
  ]);
});

t.test('any text', async (t) => {
  check(
    t,
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parsePfConf(text);
      parseMainRule(text);
      parseQueues(text);
    }),
  );
});
