import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import type { Decision } from '../../src/core/decide.ts';
import type { Health, PathKey, Settings } from '../../src/core/model.ts';
import { pathKey } from '../../src/core/model.ts';
import { previewRuleset } from '../../src/core/preview.ts';
import { desireRuleset, desireTables, type Ruleset } from '../../src/core/ruleset.ts';
import { renderRuleset } from '../../src/text/pf.ts';
import { settingsArbitrary } from '../config/settings.ts';
import { check, must } from '../text/random.ts';
import { em, lan, linkSettings, policySettings, settingsOf } from './example.ts';

const golden = (name: string): string =>
  readFileSync(new URL(`../golden/${name}.pf`, import.meta.url), 'utf8');

const fibre = linkSettings('fibre', 0, { gateway: '203.0.113.1', weight: 3 });
const dsl = linkSettings('dsl', 1, { gateway: '198.51.100.1', nat: false });
const lte = linkSettings('lte', 2, { gateway: '192.0.2.1', tier: 2 });
const voip = policySettings([dsl, lte], {
  name: 'voip',
  empty: 'drop',
  members: [
    { link: 'lte', tier: 1, weight: 1 },
    { link: 'dsl', tier: 1, weight: 2 },
  ],
});
const three = settingsOf([fibre, dsl, lte], [policySettings([fibre, dsl, lte]), voip]);

const healths = (text: string): ReadonlyMap<PathKey, Health> =>
  new Map(
    text
      .split(' ')
      .filter((each) => each !== '')
      .map((each): [PathKey, Health] => {
        const [link = '', health] = each.split('=');
        return [pathKey(link, 'inet'), health === 'down' ? 'down' : 'unknown'];
      }),
  );

t.test('golden rulesets', async (t) => {
  const rows: readonly (readonly [string, Settings, string])[] = [
    ['three-up', three, ''],
    ['three-fibre-down', three, 'fibre=down'],
    ['three-first-tier-down', three, 'fibre=down dsl=down'],
    ['three-all-down', three, 'fibre=down dsl=down lte=down'],
    ['three-unknown', three, 'fibre=unknown dsl=down lte=unknown'],
    ['one-up', settingsOf([fibre]), ''],
  ];
  for (const [name, settings, down] of rows) {
    t.equal(renderRuleset(previewRuleset(settings, healths(down))), golden(name), name);
  }
});

const choices = (ruleset: Ruleset, policy: string) =>
  ruleset.flatMap((rule) => (rule.kind === 'choose' && rule.policy === policy ? [rule] : []));

t.test('any settings, any healths', async (t) => {
  const any = settingsArbitrary.chain((settings) =>
    fc.tuple(
      fc.constant(settings),
      fc.array(fc.constantFrom('up', 'unknown', 'down' as const), { minLength: 5, maxLength: 5 }),
    ),
  );
  check(
    t,
    fc.property(any, ([settings, drafts]) => {
      const given = new Map(
        settings.links.map(({ name }, n) => [pathKey(name, 'inet'), drafts[n] ?? 'up'] as const),
      );
      const ruleset = previewRuleset(settings, given);
      must(JSON.stringify(ruleset) === JSON.stringify(previewRuleset(settings, given)), 'not deterministic');
      for (const policy of settings.policies) {
        const chain = choices(ruleset, policy.name);
        // what each rule takes of all that comes adds up to the weights
        let left = 1;
        const total = chain.reduce(
          (sum, { link }) => sum + (policy.members.find((each) => each.link === link)?.weight ?? 0),
          0,
        );
        for (const { link, probability } of chain) {
          const weight = policy.members.find((each) => each.link === link)?.weight ?? 0;
          must(probability > 0 && probability <= 1, `probability ${probability}`);
          must(Math.abs(left * probability - weight / total) < 1e-9, `${link} gets ${left * probability}`);
          left *= 1 - probability;
        }
        if (chain.length > 0) must(chain.at(-1)?.probability === 1, 'the last one takes all of the rest');
        const last = ruleset.findLastIndex((rule) => rule.kind === 'choose' && rule.policy === policy.name);
        const refuse = ruleset.findIndex((rule) => rule.kind === 'refuse' && rule.policy === policy.name);
        must(refuse > last, 'every policy ends in a refusal');
        const healthOf = (link: string): Health => given.get(pathKey(link, 'inet')) ?? 'up';
        const used = chain.map(({ link }) => link);
        if (policy.members.every(({ link }) => healthOf(link) === 'down')) {
          // the last resort is every tier, and drop is nothing
          must(
            used.length === (policy.empty === 'drop' ? 0 : policy.members.length),
            `${used.length} of the dead`,
          );
        } else must(!used.some((link) => healthOf(link) === 'down'), 'a dead link');
      }
      must(renderRuleset(ruleset).split('\n').length === ruleset.length + 1, 'a rule a line');
      for (const rule of ruleset) {
        if (rule.kind !== 'leave') continue;
        const { nat, interface: name } = settings.links.find((each) => each.name === rule.link) ?? {};
        must(rule.nat === nat && rule.interface === name, 'leaves as configured');
      }
    }),
    300,
  );
});

t.test('tables', async (t) => {
  const decision = (policy: string, ...links: readonly string[]): Decision => ({
    policy,
    family: 'inet',
    rung: 'up',
    shares: links.map((link) => ({ link, weight: 1 })),
    members: [],
  });
  const local = [{ family: 'inet', address: '172.16.0.0', length: 12 }] as const;
  const settings = settingsOf([fibre, dsl, lte], [policySettings([fibre, dsl]), voip], {
    local,
    anchor: 'wan',
  });
  const interfaces = [
    em(0, { addresses: [{ family: 'inet', address: '203.0.113.9', prefixLength: 24, peer: null }] }),
    em(1, { addresses: [{ family: 'inet', address: '0.0.0.0', prefixLength: 32, peer: '0.0.0.1' }] }),
    lan,
    em(5, { addresses: [{ family: 'inet', address: '10.9.9.1', prefixLength: 32, peer: '10.9.9.2' }] }),
    em(6, {
      rdomain: 6,
      addresses: [{ family: 'inet', address: '10.66.0.1', prefixLength: 24, peer: null }],
    }),
    em(7, { addresses: [{ family: 'inet6', address: '2001:db8:7::1', prefixLength: 64, peer: null }] }),
  ];
  const tables = desireTables(settings, [decision('default', 'dsl', 'fibre'), decision('voip')], interfaces);
  t.same(tables.slice(1), [
    { name: 'wan_default', addresses: ['198.51.100.1', '203.0.113.1'] },
    { name: 'wan_voip', addresses: [] },
  ]);
  const [first] = tables;
  t.equal(first?.name, 'wan_local');
  const never = [
    '127.0.0.0/8',
    '169.254.0.0/16',
    '224.0.0.0/4',
    '255.255.255.255',
    '::1',
    'fe80::/10',
    'ff00::/8',
  ];
  const wanted = [
    '172.16.0.0/12',
    '203.0.113.9',
    '192.168.1.1',
    '192.168.1.0/24',
    '10.9.9.1',
    '10.9.9.2',
    '2001:db8:7::1',
    '2001:db8:7::/64',
  ];
  t.same(first?.addresses, [...never, ...wanted].sort());
});

t.test('equal settings and decisions give an equal ruleset', async (t) => {
  t.same(desireRuleset(three, []), desireRuleset(structuredClone(three), []));
  t.same(
    desireRuleset(three, []).map(({ kind }) => kind),
    ['probe', 'probe', 'probe', 'refuse', 'refuse', 'leave', 'leave', 'leave', 'leave', 'leave'],
    'without decisions everything is refused',
  );
});
