import t from 'tap';
import type { PoolAnchor, Rule } from '../../src/core/rule.ts';
import { renderRule } from '../../src/text/pf.ts';
import { renderBootRules } from '../../src/text/pf-boot.ts';
import { createMachine } from '../emulator/machine.ts';

const marks = { prio: null, tos: null } as const;
type Choose = Extract<Rule, { kind: 'choose' }>;
const choose = (
  link: string,
  probability: number,
  via: Choose['via'] | string,
  more: Partial<Choose> = {},
): Choose => ({
  kind: 'choose',
  policy: 'default',
  family: 'inet',
  link,
  from: null,
  probability,
  via: typeof via === 'string' ? { kind: 'route-to', gateway: via } : via,
  marks,
  ...more,
});
const rtable = { kind: 'rtable', rtable: 101 } as const;
const refuse: Rule = { kind: 'refuse', policy: 'default' };
const call = (family: 'inet' | 'inet6'): Rule => ({ kind: 'call', policy: 'default', family });
const pool = (family: 'inet' | 'inet6'): Rule => ({
  kind: 'pool',
  policy: 'default',
  family,
  table: `pool_${family}`,
  balance: 'least-states',
  sticky: true,
  hashKey: null,
  marks,
});
const anchor: PoolAnchor = {
  anchor: 'uplinkd/default',
  rules: [pool('inet'), pool('inet6')],
  tables: [
    { name: 'pool_inet', entries: [{ address: '192.0.2.1', weight: 3 }] },
    { name: 'pool_inet6', entries: [{ address: '2001:db8::1', weight: 1 }] },
  ],
};
const sharesOf = (text: string): readonly (readonly [string, string])[] =>
  text
    .split('\n')
    .filter((line) => line.includes('route-to'))
    .map((line) => [
      /label "uplink:([^"]*)"/.exec(line)?.[1] ?? '',
      /probability (\S+)/.exec(line)?.[1] ?? '',
    ]);

t.test('a rule set without anything special is as it is', async (t) => {
  const rules = [choose('a', 0.25, '192.0.2.1'), choose('b', 1, '198.51.100.1'), refuse];
  t.equal(renderBootRules(rules, []), rules.map((rule) => `${renderRule(rule)}\n`).join(''));
  t.equal(renderBootRules([], []), '');
});

t.test('no rule names a routing table that is not there yet', async (t) => {
  // weights 2 : 1 : 1 and what is left of them
  const a = choose('a', 0.5, '192.0.2.1');
  const middle = [a, choose('b', 0.5, rtable), choose('c', 1, '198.51.100.1'), refuse];
  t.same(sharesOf(renderBootRules(middle, [])), [
    ['a', '66.666667%'],
    ['c', ''],
  ]);
  const last = [a, choose('b', 0.5, '198.51.100.1'), choose('c', 1, rtable), refuse];
  t.same(sharesOf(renderBootRules(last, [])), [
    ['a', '66.666667%'],
    ['b', ''],
  ]);
  const all = [choose('a', 0.5, rtable), choose('b', 1, rtable), refuse];
  t.equal(renderBootRules(all, []), `${renderRule(refuse)}\n`, 'nothing is left but to refuse');
  for (const rules of [middle, last, all]) t.notMatch(renderBootRules(rules, []), /rtable/);

  const network = (address: string) =>
    ({ from: { family: 'inet6', address, length: 48 }, family: 'inet6' }) as const;
  const chains = [
    choose('a', 0.5, '2001:db8::1', network('2001:db8:a::')),
    choose('b', 1, rtable, network('2001:db8:a::')),
    choose('a', 0.5, '2001:db8::1', network('2001:db8:b::')),
    choose('c', 1, '2001:db8::2', network('2001:db8:b::')),
    choose('d', 0.5, '192.0.2.1', { policy: 'voip' }),
    choose('e', 1, '192.0.2.1', { policy: 'voip' }),
  ];
  t.same(
    sharesOf(renderBootRules(chains, [])),
    [
      ['a:inet6', ''],
      ['a:inet6', '50%'],
      ['c:inet6', ''],
      ['d', '50%'],
      ['e', ''],
    ],
    'each chain by itself',
  );
});

t.test('pools stand in the same file', async (t) => {
  t.equal(
    renderBootRules([call('inet'), call('inet6'), refuse], [anchor]),
    `table <pool_default_inet> { 192.0.2.1 weight 3 }
table <pool_default_inet6> { 2001:db8::1 }
pass in quick inet all flags S/SA label "uplink::default" tagged uplink_default route-to <pool_default_inet> least-states sticky-address
pass in quick inet6 all flags S/SA label "uplink::default" tagged uplink_default route-to <pool_default_inet6> least-states sticky-address
block return in quick all label "uplink::default" tagged uplink_default
`,
  );
  const refused = `${renderRule(refuse)}\n`;
  t.equal(renderBootRules([call('inet'), refuse], []), refused, 'nobody knows the pool');
  const tables = [{ name: 'pool_inet', entries: [] }];
  t.equal(
    renderBootRules([call('inet'), refuse], [{ ...anchor, tables }]),
    refused,
    'an empty one swallows packets',
  );
  const voip: Rule = { kind: 'call', policy: 'voip', family: 'inet' };
  t.equal(renderBootRules([voip, refuse], [anchor]), refused, 'somebody else’s');
});

t.test('pfctl takes it on a machine that knows no routing table', async (t) => {
  const text = renderBootRules(
    [choose('a', 0.5, '192.0.2.1'), choose('b', 1, rtable), call('inet'), call('inet6'), refuse],
    [anchor],
  );
  const machine = createMachine();
  machine.load('uplinkd', text);
  const held = machine.run('pfctl -a uplinkd -sr').stdout;
  t.equal(held, text.split('\n').slice(2).join('\n'), 'all but the tables, and in pf’s words');
});
