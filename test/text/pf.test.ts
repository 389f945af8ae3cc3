import t from 'tap';
import type { Prefix } from '../../src/core/model.ts';
import type { Rule } from '../../src/core/rule.ts';
import {
  renderEntries,
  renderPoolAnchor,
  renderProbability,
  renderRule,
  renderRuleset,
  renderTable,
} from '../../src/text/pf.ts';
import { parseRules } from '../../src/text/pfctl.ts';
import fc from '../chance.ts';
import { createMachine } from '../emulator/machine.ts';
import { check, must } from './random.ts';
import { readTranscript } from './transcript.ts';

const none = { prio: null, tos: null } as const;
const probe = { kind: 'probe', link: 'fibre', interface: 'em0', family: 'inet' } as const;
const choose = {
  kind: 'choose',
  policy: 'default',
  family: 'inet',
  link: 'fibre',
  from: null,
  probability: 1,
  via: { kind: 'route-to', gateway: '203.0.113.1' },
  marks: none,
} as const;
const pool = {
  kind: 'pool',
  policy: 'default',
  family: 'inet',
  table: 'pool_inet',
  balance: 'least-states',
  sticky: false,
  hashKey: null,
  marks: none,
} as const;
const close = { kind: 'close', policy: 'default', family: 'inet', link: 'fibre', interface: 'em1' } as const;
const leave = {
  kind: 'leave',
  policy: 'default',
  family: 'inet',
  link: 'fibre',
  interface: 'em0',
  translation: { kind: 'address' },
  marks: none,
} as const;
const mark = { kind: 'inbound-mark', link: 'fibre', interface: 'em0', family: 'inet' } as const;
const direct = { ...mark, kind: 'inbound-direct', crosses: false } as const;
const into = { ...mark, kind: 'inbound-in', gateway: '203.0.113.1', crosses: false } as const;
const out = { kind: 'inbound-out', link: 'fibre', family: 'inet', via: choose.via } as const;
const via6 = { kind: 'route-to', gateway: '2001:db8::1' } as const;
const prefix6 = { family: 'inet6', address: '2001:db8:a::', length: 48 } as const;
const key = '0123456789abcdef0123456789abcdef';

const forms: readonly (readonly [Rule, string])[] = [
  [
    probe,
    'pass out quick on em0 inet proto icmp from (em0) to any icmp-type echoreq set (prio 7) keep state (if-bound) label "uplink:fibre:probe"',
  ],
  [
    { ...probe, family: 'inet6' },
    'pass out quick on em0 inet6 proto ipv6-icmp from (em0) to any icmp6-type echoreq set (prio 7) keep state (if-bound) label "uplink:fibre:inet6:probe"',
  ],
  [
    { ...probe, kind: 'probe-to', protocol: 'tcp', address: '9.9.9.9', port: 443 },
    'pass out quick on em0 inet proto tcp from (em0) to 9.9.9.9 port = 443 user = 0 flags S/SA set (prio 7) keep state (if-bound) label "uplink:fibre:probe"',
  ],
  [
    { ...probe, kind: 'probe-to', family: 'inet6', protocol: 'udp', address: '2620:fe::fe', port: 53 },
    'pass out quick on em0 inet6 proto udp from (em0) to 2620:fe::fe port = 53 user = 0 set (prio 7) keep state (if-bound) label "uplink:fibre:inet6:probe"',
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
    { ...choose, family: 'inet6', via: via6 },
    'pass in quick inet6 all flags S/SA label "uplink:fibre:inet6" tagged uplink_default route-to 2001:db8::1',
  ],
  [
    {
      ...choose,
      family: 'inet6',
      via: via6,
      from: prefix6,
      probability: 0.5,
      marks: { prio: [3, 3], tos: null },
    },
    'pass in quick inet6 from 2001:db8:a::/48 to any flags S/SA set (prio 3) probability 50% label "uplink:fibre:inet6" tagged uplink_default route-to 2001:db8::1',
  ],
  [
    {
      ...choose,
      family: 'inet6',
      via: via6,
      from: { family: 'inet6', address: '2001:db8:a::9', length: 128 },
    },
    'pass in quick inet6 from 2001:db8:a::9 to any flags S/SA label "uplink:fibre:inet6" tagged uplink_default route-to 2001:db8::1',
  ],
  [
    { ...choose, family: 'inet6', via: via6, from: { family: 'inet6', address: '::', length: 0 } },
    'pass in quick inet6 all flags S/SA label "uplink:fibre:inet6" tagged uplink_default route-to 2001:db8::1',
  ],
  [
    { ...choose, marks: { prio: [3, 7], tos: null } },
    'pass in quick inet all flags S/SA set (prio(3, 7)) label "uplink:fibre" tagged uplink_default route-to 203.0.113.1',
  ],
  [
    { ...choose, marks: { prio: null, tos: 0x10 } },
    'pass in quick inet all flags S/SA set (tos 0x10) label "uplink:fibre" tagged uplink_default route-to 203.0.113.1',
  ],
  [
    { ...choose, marks: { prio: [0, 0], tos: 4 } },
    'pass in quick inet all flags S/SA set (prio 0, tos 0x04) label "uplink:fibre" tagged uplink_default route-to 203.0.113.1',
  ],
  [
    { ...choose, marks: { prio: [3, 7], tos: 255 } },
    'pass in quick inet all flags S/SA set (prio(3, 7), tos 0xff) label "uplink:fibre" tagged uplink_default route-to 203.0.113.1',
  ],
  [{ kind: 'call', policy: 'default', family: 'inet' }, 'anchor "default" in inet all tagged uplink_default'],
  [{ kind: 'call', policy: 'voip', family: 'inet6' }, 'anchor "voip" in inet6 all tagged uplink_voip'],
  [
    { kind: 'refuse', policy: 'default' },
    'block return in quick all label "uplink::default" tagged uplink_default',
  ],
  [
    { kind: 'fence', policy: 'default' },
    'block return out quick all label "uplink::default" tagged uplink_default',
  ],
  [
    { kind: 'inbound-pass', family: 'inet6' },
    'pass out quick inet6 all flags S/SA label "uplink::inbound" tagged uplink_inbound',
  ],
  [close, 'block return out quick on em1 inet all label "uplink::default" tagged uplink_default'],
  [
    leave,
    'pass out quick on em0 inet all flags S/SA keep state (if-bound) label "uplink:fibre" tagged uplink_default nat-to (em0:0)',
  ],
  [
    { ...leave, translation: { kind: 'none' } },
    'pass out quick on em0 inet all flags S/SA keep state (if-bound) label "uplink:fibre" tagged uplink_default',
  ],
  [
    { ...leave, family: 'inet6' },
    'pass out quick on em0 inet6 all flags S/SA keep state (if-bound) label "uplink:fibre:inet6" tagged uplink_default nat-to (em0) round-robin',
  ],
  [
    {
      ...leave,
      family: 'inet6',
      translation: { kind: 'prefix', prefix: prefix6 },
      marks: { prio: [3, 7], tos: 16 },
    },
    'pass out quick on em0 inet6 all flags S/SA set (prio(3, 7), tos 0x10) keep state (if-bound) label "uplink:fibre:inet6" tagged uplink_default nat-to 2001:db8:a::/48 bitmask',
  ],
  [mark, 'match in on em0 inet from ! (em0:network) to any tag uplink_inbound_fibre tagged uplink_inbound'],
  [
    { ...mark, family: 'inet6' },
    'match in on em0 inet6 from ! (em0:network) to any tag uplink_inbound_fibre tagged uplink_inbound',
  ],
  [direct, 'pass in quick on em0 inet all flags S/SA label "uplink:fibre:in" tagged uplink_inbound'],
  [
    into,
    'pass in quick on em0 inet all flags S/SA label "uplink:fibre:in" tagged uplink_inbound_fibre reply-to 203.0.113.1',
  ],
  [
    { ...into, gateway: null, crosses: true },
    'pass in quick on em0 inet all flags S/SA label "uplink:fibre:in" tagged uplink_inbound_fibre rtable 0',
  ],
  [
    { ...direct, crosses: true },
    'pass in quick on em0 inet all flags S/SA label "uplink:fibre:in" tagged uplink_inbound rtable 0',
  ],
  [
    { ...into, family: 'inet6', gateway: null },
    'pass in quick on em0 inet6 all flags S/SA label "uplink:fibre:inet6:in" tagged uplink_inbound_fibre',
  ],
  [
    out,
    'pass out quick inet all flags S/SA label "uplink:fibre:in" tagged uplink_inbound_fibre reply-to 203.0.113.1',
  ],
  [
    { ...out, family: 'inet6', via: { kind: 'rtable', rtable: 203 } },
    'pass out quick inet6 all flags S/SA label "uplink:fibre:inet6:in" tagged uplink_inbound_fibre',
  ],
];
const pooled: readonly (readonly [Rule, string])[] = [
  [
    pool,
    'pass in quick inet all flags S/SA label "uplink::default" tagged uplink_default route-to <pool_inet> least-states',
  ],
  [
    { ...pool, sticky: true, marks: { prio: [3, 7], tos: null } },
    'pass in quick inet all flags S/SA set (prio(3, 7)) label "uplink::default" tagged uplink_default route-to <pool_inet> least-states sticky-address',
  ],
  [
    { ...pool, balance: 'round-robin' },
    'pass in quick inet all flags S/SA label "uplink::default" tagged uplink_default route-to <pool_inet> round-robin',
  ],
  [
    { ...pool, balance: 'random', sticky: true },
    'pass in quick inet all flags S/SA label "uplink::default" tagged uplink_default route-to <pool_inet> random sticky-address',
  ],
  [
    { ...pool, family: 'inet6', table: 'pool_inet6', balance: 'source-hash', hashKey: key, sticky: true },
    `pass in quick inet6 all flags S/SA label "uplink::default" tagged uplink_default route-to <pool_inet6> source-hash 0x${key} sticky-address`,
  ],
];
const tables = [
  {
    name: 'pool_inet',
    entries: [
      { address: '192.0.2.1', weight: 3 },
      { address: '203.0.113.1', weight: 1 },
    ],
  },
  { name: 'pool_inet6', entries: [{ address: '2001:db8::1', weight: 65_535 }] },
] as const;

t.test('the forms', async (t) => {
  for (const [rule, text] of [...forms, ...pooled]) t.equal(renderRule(rule), text);
  t.equal(renderRuleset(forms.map(([rule]) => rule)), forms.map(([, text]) => `${text}\n`).join(''));
  t.equal(renderRuleset([]), '');
  t.equal(
    renderPoolAnchor({ anchor: 'uplinkd/default', rules: [pool], tables }),
    `table <pool_inet> persist { 192.0.2.1 weight 3, 203.0.113.1 }
table <pool_inet6> persist { 2001:db8::1 weight 65535 }
${pooled[0]?.[1]}
`,
  );
  t.equal(
    renderPoolAnchor({ anchor: 'uplinkd/a', rules: [], tables: [{ name: 'a', entries: [] }] }),
    'table <a> persist { }\n',
  );
  t.equal(renderTable(tables[1], { persist: false }), 'table <pool_inet6> { 2001:db8::1 weight 65535 }\n');
  t.equal(renderEntries(tables[0].entries), '192.0.2.1 weight 3\n203.0.113.1 weight 1\n');
  t.equal(renderEntries([]), '');
});

t.test('a pfctl of somebody else takes it, and prints it back word for word', async (t) => {
  const machine = createMachine();
  machine.run('route -T 203 add default 192.0.2.1');
  machine.load('uplinkd', renderRuleset(forms.map(([rule]) => rule)));
  t.strictSame(
    parseRules(machine.run('pfctl -a uplinkd -sr').stdout),
    forms.map(([, text]) => text),
  );
  const anchor = { anchor: 'uplinkd/default', rules: pooled.map(([rule]) => rule), tables };
  machine.load('uplinkd/default', renderPoolAnchor(anchor));
  t.strictSame(
    parseRules(machine.run('pfctl -a uplinkd/default -sr').stdout),
    pooled.map(([, text]) => text),
  );
  const show = () => machine.run('pfctl -a uplinkd/default -t pool_inet -T show -v').stdout;
  t.match(show(), /192\.0\.2\.1\n.*\n\tWeight: +3\n/);
  t.notMatch(show(), /Weight: +1\n/);
  machine.load('uplinkd/default', renderTable({ name: 'pool_inet', entries: [] }, { persist: true }));
  t.equal(show(), '');
});

t.test('a running pf prints the same text back', async (t) => {
  const held = parseRules(readTranscript('pfctl-sr-uplinkd-mixed.txt').stdout);
  const a = { link: 'a', interface: 'vio2' } as const;
  const gateway = '192.0.2.1';
  const rules: readonly Rule[] = [
    { ...choose, link: 'a', probability: 0.5, via: { kind: 'route-to', gateway } },
    { ...choose, link: 'b', via: { kind: 'rtable', rtable: 203 } },
    { ...into, ...a, gateway: null },
    { ...out, link: 'a', via: { kind: 'route-to', gateway } },
    { ...leave, ...a },
    { ...leave, link: 'b', interface: 'vio3' },
  ];
  t.strictSame(rules.map(renderRule), [held[0], held[1], held[4], held[5], held[6], held[7]]);
  // That one was loaded for inet only.
  t.equal(renderRule({ kind: 'refuse', policy: 'default' }), held[2]?.replace(' inet ', ' '));
  // And that one without the exemption of the link's own network.
  t.equal(renderRule({ ...mark, ...a }), held[3]?.replace(' all ', ' from ! (vio2:network) to any '));
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
    const named: readonly Rule[] = [
      ...[probe, choose, leave, close, mark, into, out].map((rule) => ({ ...rule, link })),
      ...[choose, leave, close, pool].map((rule) => ({ ...rule, policy: link })),
      { ...direct, link },
      { kind: 'refuse', policy: link },
      { kind: 'call', policy: link, family: 'inet' },
    ];
    // The link of `close` is for people only.
    for (const rule of named.filter((each) => each.kind !== 'close' || each.policy === link))
      t.throws(() => renderRule(rule), /unfit name for pf/, `${rule.kind}: ${link}`);
  }
  for (const each of interfaces) {
    t.throws(() => renderRule({ ...probe, interface: each }), /unfit interface for pf/, each);
    t.throws(() => renderRule({ ...leave, interface: each }), /unfit interface for pf/, each);
    for (const rule of [close, mark, direct, into])
      t.throws(() => renderRule({ ...rule, interface: each }), /unfit interface for pf/, each);
  }
  const to = (family: 'inet' | 'inet6', gateway: string): Rule => ({
    ...choose,
    family,
    via: { kind: 'route-to', gateway },
  });
  for (const each of gateways) {
    t.throws(() => renderRule(to('inet', each)), /unfit gateway for pf/, each);
    t.throws(() => renderRule({ ...into, gateway: each }), /unfit gateway for pf/, each);
    t.throws(
      () => renderRule({ ...out, via: { kind: 'route-to', gateway: each } }),
      /unfit gateway for pf/,
      each,
    );
    if (each === '::1') continue;
    t.throws(() => renderEntries([{ address: each, weight: 1 }]), /unfit gateway for pf/, each);
    t.throws(
      () => renderTable({ name: 'a', entries: [{ address: each, weight: 2 }] }, { persist: true }),
      /unfit/,
    );
  }
  t.throws(() => renderEntries([{ address: 'fe80::1%em0', weight: 1 }]), /unfit gateway for pf/);
  for (const each of gateways6) t.throws(() => renderRule(to('inet6', each)), /unfit gateway for pf/, each);
  t.match(renderRule(to('inet6', 'fe80::1%em0')), /route-to fe80::1%em0$/);
  for (const rtable of [-1, 256, 1.5, Number.NaN]) {
    t.throws(() => renderRule({ ...choose, via: { kind: 'rtable', rtable } }), /unfit routing table for pf/);
  }
  for (const weight of [0, 65_536, 1.5, -1, Number.NaN]) {
    t.throws(() => renderEntries([{ address: '192.0.2.1', weight }]), /unfit weight for pf/);
    const entries = [{ address: '192.0.2.1', weight }];
    t.throws(() => renderTable({ name: 'a', entries }, { persist: false }), /unfit weight for pf/);
  }
  for (const name of ['', 'a>', 'A', '1', 'a b', 'a\n', 'a'.repeat(32)]) {
    t.throws(() => renderRule({ ...pool, table: name }), /unfit table for pf/, name);
    t.throws(() => renderTable({ name, entries: [] }, { persist: true }), /unfit table for pf/, name);
  }
  t.match(renderRule({ ...pool, table: 'a'.repeat(31) }), /<a{31}>/);
  for (const hashKey of [
    null,
    '',
    key.slice(1),
    `${key}0`,
    key.toUpperCase(),
    `${key.slice(1)} `,
    `0x${key.slice(2)}`,
  ])
    t.throws(() => renderRule({ ...pool, balance: 'source-hash', hashKey }), /unfit hash key for pf/);
  for (const prio of [-1, 8, 0.5, Number.NaN]) {
    t.throws(() => renderRule({ ...choose, marks: { prio: [prio, 1], tos: null } }), /unfit prio for pf/);
    t.throws(() => renderRule({ ...leave, marks: { prio: [1, prio], tos: null } }), /unfit prio for pf/);
  }
  for (const tos of [-1, 256, 0.5, Number.NaN])
    t.throws(() => renderRule({ ...pool, marks: { prio: null, tos } }), /unfit tos for pf/);
  const networks: readonly Prefix[] = [
    { ...prefix6, family: 'inet' },
    { ...prefix6, address: '2001:db8:a::1' },
    { ...prefix6, address: '2001:DB8:a::' },
    { ...prefix6, address: 'any to any' },
    { ...prefix6, length: 129 },
    { ...prefix6, length: 47.5 },
    { family: 'inet', address: '10.0.0.0', length: 8 },
  ];
  for (const from of networks) {
    t.throws(() => renderRule({ ...choose, family: 'inet6', via: via6, from }), /unfit network for pf/);
    const translation = { kind: 'prefix', prefix: from } as const;
    t.throws(() => renderRule({ ...leave, family: 'inet6', translation }), /unfit network for pf/);
  }
  check(
    t,
    fc.property(fc.string(), fc.string(), fc.string(), (link, gateway, device) => {
      const texts = [
        { ...probe, link },
        { ...leave, link, interface: device },
        { ...choose, policy: link, via: { kind: 'route-to', gateway } as const },
        { ...pool, policy: 'a', table: link },
        { ...choose, from: { family: 'inet', address: gateway, length: 8 } as const },
      ].map((rule) => {
        try {
          return renderRule(rule);
        } catch {
          return '';
        }
      });
      for (const text of texts) must(/^[a-zA-Z0-9 ():."_/%<>-]*$/.test(text), text);
    }),
  );
});
