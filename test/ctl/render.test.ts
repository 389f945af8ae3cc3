import { readFileSync } from 'node:fs';
import t from 'tap';
import { renderAnchor } from '../../src/ctl/render.ts';

const config = `
[link.fibre]
interface = "em0"
gateway   = "203.0.113.1"
weight    = 3
[link.dsl]
interface = "em1"
gateway   = "198.51.100.1"
`;

const rulesOf = (sets: readonly string[]): readonly string[] => {
  const rendered = renderAnchor(config, 'test.conf', sets);
  return rendered.kind === 'rendered' ? rendered.rules : [rendered.kind];
};
const chosen = (sets: readonly string[]): readonly string[] =>
  rulesOf(sets).flatMap(
    (rule) =>
      /^pass in .*?(?:probability (\S+) )?label "([^"]+)".* route-to (\S+)$/
        .exec(rule)
        ?.slice(1)
        .join(' ')
        .trim() ?? [],
  );

t.test('healths', async (t) => {
  const fibre = 'uplink:fibre 203.0.113.1';
  const dsl = 'uplink:dsl 198.51.100.1';
  const both = [`75% ${fibre}`, dsl];
  const rows: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[], both],
    [['fibre=down'], [dsl]],
    [['dsl=unknown'], [fibre]],
    [['dsl/inet=down'], [fibre]],
    [['dsl=down', 'dsl=up'], both],
    [['fibre=down', 'dsl=down'], both],
    [['fibre=degraded'], [dsl]],
    [['fibre=degraded', 'dsl=down'], [fibre]],
    [['fibre.gateway=192.0.2.77', 'dsl=down'], ['uplink:fibre 192.0.2.77']],
  ];
  for (const [sets, wanted] of rows) t.strictSame(chosen(sets), wanted, sets.join(' '));
});

const dual = `
[link.fibre]
interface = "em0"
gateway   = "203.0.113.1"
gateway6  = "fe80::1"
prefix6   = ["2001:db8:a::/48"]
[link.dsl]
interface = "em1"
gateway6  = "2001:db8:b::1"
nat6      = "nat"
`;

const renderedOf = (text: string, sets: readonly string[]) => {
  const rendered = renderAnchor(text, 'test.conf', sets);
  if (rendered.kind !== 'rendered') throw new Error(JSON.stringify(rendered));
  return rendered;
};

t.test('a set is of the families that the link has', async (t) => {
  const inet6 = (sets: readonly string[]): readonly string[] =>
    renderedOf(dual, sets).rules.flatMap(
      (rule) =>
        /^pass in quick inet6 (.*?) flags .*label "uplink:([a-z]+)/.exec(rule)?.slice(1).join(' ') ?? [],
    );
  const inet = (sets: readonly string[]): boolean =>
    renderedOf(dual, sets).rules.some((rule) => / in quick inet all .*"uplink:fibre"/.test(rule));
  const from = 'from 2001:db8:a::/48 to any';
  t.strictSame(inet6([]), [`${from} fibre`, `${from} dsl`, 'all dsl']);
  t.strictSame(inet6(['fibre/inet6=down']), [`${from} dsl`, 'all dsl']);
  t.strictSame(inet6(['fibre/inet=down']), inet6([]), 'inet is another path');
  t.strictSame(inet6(['fibre=down']), [`${from} dsl`, 'all dsl'], 'without a family both paths');
  t.strictSame(inet6(['fibre=degraded']), [`${from} dsl`, 'all dsl'], 'avoided where there is a better one');
  t.strictSame(inet6(['dsl=down', 'fibre=degraded']), [`${from} fibre`, 'all dsl']);
  t.ok(inet(['fibre=degraded']), 'degraded is better than nothing');
});

t.test('gateways', async (t) => {
  const text = (...sets: readonly string[]): string => renderedOf(dual, sets).rules.join('\n');
  t.match(text('fibre.gateway6=2001:DB8:c::0:1'), / route-to 2001:db8:c::1\n/, 'in canonical text');
  t.match(text('dsl.gateway6=fe80::2'), /label "uplink:dsl:inet6" tagged uplink_default rtable 102\n/);
  t.notMatch(text(), / inet .*"uplink:dsl/);
  t.match(text('dsl.gateway=198.51.100.1'), / inet .*"uplink:dsl/, 'a path that the file has not');
});

t.test('pools have anchors of their own', async (t) => {
  const pool = `${config}[policy.default]\n[policy.web]\nbalance = "least-states"\nsticky = true\n`;
  const { rules, pools } = renderedOf(pool, []);
  t.ok(
    rules.some((rule) => rule.startsWith('anchor "web" in inet ')),
    'called',
  );
  t.notOk(
    rules.some((rule) => /^#|^table|pool_/.test(rule)),
    'nothing of them in the main anchor',
  );
  t.strictSame(pools, [
    {
      anchor: 'uplinkd/web',
      rules: [
        'table <pool_inet> persist { 198.51.100.1, 203.0.113.1 weight 3 }',
        'pass in quick inet all flags S/SA label "uplink::web" tagged uplink_web route-to <pool_inet> least-states sticky-address',
      ],
    },
  ]);
  t.match(renderedOf(pool, ['fibre=down']).pools, [
    { rules: ['table <pool_inet> persist { 198.51.100.1 }', String] },
  ]);
  t.strictSame(renderedOf(config, []).pools, []);
});

t.test('what cannot be set', async (t) => {
  const form = 'expected link[/family]=health, link.gateway[6]=address or link.rdomain=N';
  const keys = 'not gateway, gateway6, rdomain';
  const healths = 'not up, degraded, unknown, down';
  const rows: readonly (readonly [string, string])[] = [
    ['', form],
    ['fibre', form],
    ['=down', form],
    ['fibre.=x', `unknown key: : ${keys}`],
    ['fibre.weight=3', `unknown key: weight: ${keys}`],
    ['fibre.constructor=3', `unknown key: constructor: ${keys}`],
    ['lte=down', 'unknown link: lte: not fibre, dsl'],
    ['fibre=', `unknown health: : ${healths}`],
    ['fibre=well', `unknown health: well: ${healths}`],
    ['fibre/inet6=down', 'fibre has no path in inet6: only in inet'],
    ['fibre.gateway=dhcp', 'not an inet address: dhcp'],
    ['fibre.gateway=fe80::1', 'not an inet address: fe80::1'],
    ['fibre.gateway6=192.0.2.1', 'not an inet6 address: 192.0.2.1'],
    ['fibre.gateway6=fe80::1%em0', 'not an inet6 address: fe80::1%em0'],
    ['fibre.gateway=192.0.2.1; x', 'not an inet address: 192.0.2.1; x'],
  ];
  for (const [set, text] of rows)
    t.strictSame(renderAnchor(config, 'test.conf', [set]), {
      kind: 'bad-set',
      text: `--set ${set}: ${text}`,
    });
});

t.test('a gateway that no file may have cannot be set', async (t) => {
  for (const set of ['fibre.gateway=127.0.0.1', 'fibre.gateway=0.0.0.0']) {
    const rendered = renderAnchor(config, 'test.conf', [set]);
    t.equal(rendered.kind, 'bad-set', set);
    if (rendered.kind === 'bad-set') t.match(rendered.text, /^--set: link\.(dsl|fibre)\.gateway: /);
  }
  const swapped = ['fibre.gateway=198.51.100.1', 'dsl.gateway=203.0.113.1'];
  t.strictSame(
    chosen(swapped),
    ['75% uplink:fibre 198.51.100.1', 'uplink:dsl 203.0.113.1'],
    'but two at once',
  );
});

t.test('a bad file answers with its errors', async (t) => {
  const rendered = renderAnchor('[link.fibre]\ninterface = 3\n', 'bad.conf', ['nosuch=down']);
  t.equal(rendered.kind, 'bad-config');
  if (rendered.kind === 'bad-config')
    for (const error of rendered.errors) t.match(error, /^bad\.conf:\d+:\d+: /);
});

t.test('every combination of healths of the shipped example', async (t) => {
  const file = new URL('../../etc/uplinkd.conf', import.meta.url);
  const text = readFileSync(file, 'utf8');
  const links = [...text.matchAll(/^\[link\.([a-z0-9_]+)\]/gm)].map((found) => found[1] ?? '');
  t.ok(links.length > 0, 'it has links');
  const combinations = links.reduce<readonly (readonly string[])[]>(
    (all, link) =>
      all.flatMap((sets) =>
        ['up', 'degraded', 'unknown', 'down'].map((health) => [...sets, `${link}=${health}`]),
      ),
    [[]],
  );
  for (const sets of combinations) {
    const rendered = renderAnchor(text, 'etc/uplinkd.conf', sets);
    if (rendered.kind !== 'rendered') t.fail(JSON.stringify(rendered));
    else
      t.match(
        rendered.rules.join('\n'),
        /^pass out quick on (?:.*\n)*block return in quick /,
        sets.join(' '),
      );
  }
});
