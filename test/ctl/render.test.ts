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
    [['fibre.gateway=192.0.2.77', 'dsl=down'], ['uplink:fibre 192.0.2.77']],
  ];
  for (const [sets, wanted] of rows) t.strictSame(chosen(sets), wanted, sets.join(' '));
});

t.test('what cannot be set', async (t) => {
  const form = 'expected link[/family]=health or link.gateway=address';
  const rows: readonly (readonly [string, string])[] = [
    ['', form],
    ['fibre', form],
    ['=down', form],
    ['fibre.=x', 'unknown key: : not gateway'],
    ['fibre.weight=3', 'unknown key: weight: not gateway'],
    ['lte=down', 'unknown link: lte: not fibre, dsl'],
    ['fibre=', 'unknown health: : not up, down, unknown'],
    ['fibre=degraded', 'unknown health: degraded: not up, down, unknown'],
    ['fibre/inet6=down', 'fibre has no path in inet6: only in inet'],
    ['fibre.gateway=dhcp', 'not an inet address: dhcp'],
    ['fibre.gateway=fe80::1', 'not an inet address: fe80::1'],
    ['fibre.gateway=192.0.2.1; x', 'not an inet address: 192.0.2.1; x'],
  ];
  for (const [set, text] of rows)
    t.strictSame(renderAnchor(config, 'test.conf', [set]), {
      kind: 'bad-set',
      text: `--set ${set}: ${text}`,
    });
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
      all.flatMap((sets) => ['up', 'down', 'unknown'].map((health) => [...sets, `${link}=${health}`])),
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
