import t from 'tap';
import type { Decision } from '../../src/core/decide.ts';
import {
  type Family,
  families,
  gatewayOf,
  type Health,
  type PathKey,
  pathKey,
  viaOf,
} from '../../src/core/model.ts';
import { previewPools, previewRuleset } from '../../src/core/preview.ts';
import type { Rule, Ruleset } from '../../src/core/rule.ts';
import { desireRuleset } from '../../src/core/ruleset.ts';
import { desireTables } from '../../src/core/tables.ts';
import { renderPoolAnchor, renderRuleset } from '../../src/text/pf.ts';
import fc from '../chance.ts';
import { settingsArbitrary } from '../config/settings.ts';
import { check, must } from '../text/random.ts';
import { activeSet } from './active-set.ts';
import {
  em,
  lan,
  linkSettings,
  linkSettings6,
  newPaths,
  policySettings,
  prefix6,
  settingsOf,
} from './example.ts';

const fibre = linkSettings('fibre', 0, { gateway: '203.0.113.1', weight: 3 });
const dsl = linkSettings('dsl', 1, { gateway: '198.51.100.1', nat: false });
const lte = linkSettings('lte', 2, { gateway: '192.0.2.1', tier: 2 });
const voip = policySettings([dsl, lte], { name: 'voip', empty: 'drop' });
const three = settingsOf([fibre, dsl, lte], [policySettings([fibre, dsl, lte]), voip]);

type Choose = Extract<Rule, { kind: 'choose' }>;
type Pool = Extract<Rule, { kind: 'pool' }>;

/** The chains of a policy, one for each kind of source that it tells apart. */
const chainsOf = (ruleset: Ruleset, policy: string, family: Family): readonly (readonly Choose[])[] => {
  const found = new Map<string, Choose[]>();
  for (const rule of ruleset) {
    if (rule.kind !== 'choose' || rule.policy !== policy || rule.family !== family) continue;
    const key = JSON.stringify(rule.from);
    found.set(key, [...(found.get(key) ?? []), rule]);
  }
  return [...found.values()];
};

/** In few words. */
const brief = (rule: Rule): string => {
  switch (rule.kind) {
    case 'choose': {
      const from = rule.from === null ? '' : ` from ${rule.from.address}`;
      const to = rule.via.kind === 'route-to' ? rule.via.gateway : `rtable ${rule.via.rtable}`;
      return `${rule.policy} ${rule.family}${from} ${rule.link} ${rule.probability} ${to}`;
    }
    case 'call':
    case 'pool':
      return `${rule.kind} ${rule.policy} ${rule.family}`;
    case 'refuse':
    case 'fence':
      return `${rule.kind} ${rule.policy}`;
    case 'close':
    case 'guard':
      return `${rule.kind} ${rule.policy} ${rule.family} ${rule.link}`;
    case 'leave':
      return `leave ${rule.policy} ${rule.family} ${rule.link} ${rule.translation.kind}`;
    case 'inbound-out':
      return `${rule.kind} ${rule.link} ${rule.family} ${rule.via.kind}`;
    case 'inbound-in':
      return `${rule.kind} ${rule.link} ${rule.family} ${rule.gateway}`;
    case 'inbound-pass':
      return `${rule.kind} ${rule.family}`;
    case 'probe-to':
      return `${rule.kind} ${rule.link} ${rule.protocol} ${rule.address} ${rule.port}`;
    case 'probe':
    case 'inbound-mark':
    case 'inbound-direct':
      return `${rule.kind} ${rule.link} ${rule.family}`;
  }
};

const kindsOf = (ruleset: Ruleset, ...kinds: readonly Rule['kind'][]): readonly string[] =>
  ruleset.filter(({ kind }) => kinds.includes(kind)).map(brief);

const down = (...paths: readonly PathKey[]): ReadonlyMap<PathKey, Health> =>
  new Map(paths.map((path) => [path, 'down']));

t.test('who may send what where, by source', async (t) => {
  const own = linkSettings6('own', 0, {
    weight: 3,
    prefix6: [prefix6('2001:db8:a::'), prefix6('2001:db8:b::')],
  });
  const nat = linkSettings6('nat', 1, { nat6: 'nat', gateway6: 'fe80::1', prefix6: [] });
  const map = linkSettings6('map', 2, { nat6: 'prefix', tier: 2 });
  const settings = settingsOf([own, nat, map]);
  const rules = (...dead: readonly PathKey[]) =>
    kindsOf(previewRuleset(settings, down(...dead)), 'choose').filter((each) => each.includes(' inet6 '));
  t.same(rules(), [
    'default inet6 from 2001:db8:a:: own 0.75 2001:db8:0::1',
    'default inet6 from 2001:db8:a:: nat 1 rtable 102',
    'default inet6 from 2001:db8:b:: own 0.75 2001:db8:0::1',
    'default inet6 from 2001:db8:b:: nat 1 rtable 102',
    'default inet6 nat 1 rtable 102',
  ]);
  t.same(rules('own/inet6'), [
    'default inet6 from 2001:db8:a:: nat 1 rtable 102',
    'default inet6 from 2001:db8:b:: nat 1 rtable 102',
    'default inet6 nat 1 rtable 102',
  ]);
  t.same(rules('nat/inet6').slice(0, 1), ['default inet6 from 2001:db8:a:: own 1 2001:db8:0::1']);
  t.same(rules('nat/inet6').slice(-1), ['default inet6 map 1 2001:db8:2::1']);
  t.same(
    kindsOf(previewRuleset(settings, new Map()), 'leave').filter((each) => each.includes('inet6')),
    ['leave default inet6 own none', 'leave default inet6 nat address', 'leave default inet6 map prefix'],
  );
  t.same(
    previewRuleset(settings, new Map()).flatMap((rule) =>
      rule.kind === 'leave' && rule.translation.kind === 'prefix' ? [rule.translation.prefix] : [],
    ),
    map.prefix6,
  );
});

t.test('pools', async (t) => {
  const one = linkSettings('one', 0, { weight: 3 });
  const two = linkSettings('two', 1);
  const backup = linkSettings('backup', 2, { tier: 2 });
  const pool = policySettings([one, two, backup], { balance: 'least-states', sticky: true });
  const other = policySettings([one], { name: 'other', balance: 'random' });
  const chain = policySettings([one, two], { name: 'chain' });
  const settings = settingsOf([one, two, backup], [pool, other, chain]);
  const rulesOf = (...dead: readonly PathKey[]) => previewRuleset(settings, down(...dead));

  t.same(kindsOf(rulesOf(), 'call', 'choose', 'refuse'), [
    'call default inet',
    'refuse default',
    'call other inet',
    'refuse other',
    'chain inet one 0.75 10.0.0.1',
    'chain inet two 1 10.1.0.1',
    'refuse chain',
  ]);
  t.same(kindsOf(rulesOf(), 'close'), []);

  t.test('what is stranded on a dead link is refused on the way out, by pool policies', async (t) => {
    t.same(
      kindsOf(rulesOf('one/inet'), 'close'),
      ['close default inet one'],
      'not where it is the last resort',
    );
    const alone = settingsOf([one, two], [policySettings([one], { balance: 'random' }), chain]);
    const rules = previewRuleset(alone, down('one/inet'));
    t.same(kindsOf(rules, 'close'), [], 'its only link, whatever another policy has');
    t.same(kindsOf(rules, 'call'), ['call default inet']);
    const all = rulesOf('one/inet', 'two/inet', 'backup/inet');
    t.same(kindsOf(all, 'close'), [], 'with nowhere to go there is nothing to close');
    const where = rulesOf('one/inet').map(({ kind }) => kind);
    t.ok(where.indexOf('close') < where.indexOf('leave'), 'before anything lets it out');
  });

  t.test('an empty pool is not called: its policy refuses', async (t) => {
    const strict = settingsOf([one, two], [policySettings([one, two], { balance: 'random', empty: 'drop' })]);
    const dead = down('one/inet', 'two/inet');
    t.same(kindsOf(previewRuleset(strict, dead), 'call', 'refuse'), ['refuse default']);
    t.match(previewPools(strict, dead), [{ anchor: 'uplinkd/default', tables: [{ entries: [] }] }]);
  });

  t.test('their anchors', async (t) => {
    const [first, second, ...more] = previewPools(settings, new Map());
    t.same(more, []);
    t.equal(first?.anchor, 'uplinkd/default');
    t.equal(second?.anchor, 'uplinkd/other');
    t.match(first?.rules, [{ kind: 'pool', table: 'pool_inet', balance: 'least-states', sticky: true }]);
    t.same(first?.tables, [
      {
        name: 'pool_inet',
        entries: [
          { address: '10.0.0.1', weight: 3 },
          { address: '10.1.0.1', weight: 1 },
        ],
      },
    ]);
    const left = previewPools(settings, down('one/inet', 'two/inet'));
    t.same(left[0]?.rules, first?.rules, 'rules follow from the settings alone');
    t.same(left[0]?.tables[0]?.entries, [{ address: '10.2.0.1', weight: 1 }]);
  });

  t.test('both families, each with a pool of its own', async (t) => {
    const six = [linkSettings6('a', 0, { nat6: 'nat' }), linkSettings6('b', 1, { nat6: 'nat' })];
    const both = settingsOf(six, [policySettings(six, { balance: 'round-robin' })]);
    t.same(kindsOf(previewRuleset(both, new Map()), 'call'), ['call default inet', 'call default inet6']);
    const [anchor] = previewPools(both, down('a/inet6'));
    t.same(anchor?.rules.map(brief), ['pool default inet', 'pool default inet6']);
    t.same(
      anchor?.tables.map(({ name, entries }) => `${name} ${entries.map(({ address }) => address).join(' ')}`),
      ['pool_inet 10.0.0.1 10.1.0.1', 'pool_inet6 2001:db8:1::1'],
    );
    t.same(kindsOf(previewRuleset(both, down('a/inet6')), 'close'), ['close default inet6 a']);
    t.same(
      kindsOf(previewRuleset(both, down('a/inet6')), 'guard'),
      ['guard default inet a', 'guard default inet b', 'guard default inet6 b'],
      'what has lost its state is not to leave untranslated; what is closed needs no guard',
    );
    const [first, ...rest] = six;
    const routed = first === undefined ? rest : [{ ...first, nat: false, nat6: 'no' as const }, ...rest];
    t.same(
      kindsOf(
        previewRuleset(settingsOf(routed, [policySettings(routed, { balance: 'round-robin' })]), new Map()),
        'guard',
      ),
      ['guard default inet b'],
      'nor where nothing is translated',
    );
    const gone = settingsOf(six, [policySettings(six, { balance: 'round-robin', empty: 'drop' })]);
    t.same(kindsOf(previewRuleset(gone, down('a/inet6', 'b/inet6')), 'call'), ['call default inet']);
  });

  t.test('a fence behind each policy where there is a default route to follow', async (t) => {
    const two = [linkSettings('a', 0), linkSettings('b', 1)];
    const policies = [
      policySettings(two, { name: 'default' }),
      policySettings(two.slice(0, 1), { name: 'voip', balance: 'round-robin' }),
    ];
    for (const defaultRoute of ['none', 'leave', 'best', 'multipath'] as const) {
      const rules = previewRuleset(settingsOf(two, policies, { defaultRoute }), new Map()).map(brief);
      t.same(
        rules.filter((rule) => /^(?:leave|guard|fence)/.test(rule)),
        [
          'leave default inet a address',
          'leave default inet b address',
          ...(defaultRoute === 'none' ? [] : ['fence default']),
          'leave voip inet a address',
          'guard voip inet a',
          ...(defaultRoute === 'none' ? [] : ['fence voip']),
        ],
        defaultRoute,
      );
    }
  });

  t.test('a key for source-hash that survives everything, and differs by policy and family', async (t) => {
    const six = [linkSettings6('a', 0, { nat6: 'nat' })];
    const keys = (anchor: string): readonly (string | null)[] => {
      const policies = ['x', 'y'].map((name) => policySettings(six, { name, balance: 'source-hash' }));
      const of = settingsOf(six, policies, { anchor });
      const pools = previewPools(of, new Map());
      t.same(
        pools,
        previewPools(structuredClone(of), down('a/inet')).map((each, n) => ({
          ...each,
          tables: pools[n]?.tables,
        })),
      );
      return pools.flatMap(({ rules }) =>
        rules.filter((rule): rule is Pool => rule.kind === 'pool').map((rule) => rule.hashKey),
      );
    };
    const all = [...keys('uplinkd'), ...keys('other')];
    t.equal(all.length, 8);
    t.equal(new Set(all).size, 8);
    for (const key of all) t.match(key, /^[0-9a-f]{32}$/);
    t.same(
      keys('uplinkd'),
      [
        '2b78d6128219b7c4b87eff5e0068e72c',
        '93391aacc07c91f6d7ec10b8bf23cdee',
        'a056bc9f866034a9e2566bbb77a4d591',
        '118afe0b2872d64ddb0b4ef7ff7c55e5',
      ],
      'for ever: another key moves every client at the next update',
    );
    t.equal(first(previewPools(settings, new Map())).hashKey, null);
  });
});

const first = (pools: ReturnType<typeof previewPools>): Pool => {
  const rule = pools[0]?.rules[0];
  if (rule?.kind !== 'pool') throw new Error('no pool');
  return rule;
};

t.test('connections from outside, per family', async (t) => {
  const six = linkSettings6('six', 0);
  const local = linkSettings6('local', 1, { gateway6: 'fe80::1' });
  const four = linkSettings('four', 2, { via: 'rtable' });
  const policies = [policySettings([six])];
  t.same(kindsOf(previewRuleset(settingsOf([six], policies), new Map()), 'inbound-mark'), [], 'off');
  const rules = previewRuleset(settingsOf([six, local, four], policies, { inbound: true }), down('six/inet'));
  const inbound = rules.filter(({ kind }) => kind.startsWith('inbound'));
  t.same(inbound.map(brief), [
    'inbound-mark six inet',
    'inbound-direct six inet',
    'inbound-in six inet 10.0.0.1',
    'inbound-out six inet route-to',
    'inbound-mark six inet6',
    'inbound-direct six inet6',
    'inbound-in six inet6 2001:db8:0::1',
    'inbound-out six inet6 route-to',
    'inbound-mark local inet',
    'inbound-direct local inet',
    'inbound-in local inet 10.1.0.1',
    'inbound-out local inet route-to',
    'inbound-mark local inet6',
    'inbound-direct local inet6',
    'inbound-in local inet6 null',
    'inbound-out local inet6 rtable',
    'inbound-mark four inet',
    'inbound-direct four inet',
    'inbound-in four inet null',
    'inbound-out four inet rtable',
    'inbound-pass inet',
    'inbound-pass inet6',
  ]);
  t.equal(rules[5]?.kind, 'inbound-mark', 'right behind the probes');
});

t.test("marks are on every rule that makes a policy's states", async (t) => {
  const six = [linkSettings6('a', 0, { nat6: 'nat' }), linkSettings6('b', 1, { nat6: 'nat' })];
  for (const balance of ['weight', 'random'] as const) {
    const marks = { prio: [3, 7], tos: 16 } as const;
    const settings = settingsOf(six, [policySettings(six, { balance, ...marks })], { inbound: true });
    const rules = [
      ...previewRuleset(settings, down('a/inet')),
      ...previewPools(settings, new Map()).flatMap((pool) => pool.rules),
    ];
    const marked = rules.filter(({ kind }) => ['choose', 'pool', 'leave'].includes(kind));
    t.ok(marked.length >= 6);
    for (const rule of marked) t.match(rule, { marks });
    for (const rule of rules) t.equal('marks' in rule, marked.includes(rule), rule.kind);
  }
});

t.test('any settings, any healths', async (t) => {
  const health = fc.constantFrom('up' as const, 'degraded' as const, 'unknown' as const, 'down' as const);
  const any = settingsArbitrary.chain((settings) =>
    fc.tuple(fc.constant(settings), fc.array(health, { minLength: 10, maxLength: 10 })),
  );
  check(
    t,
    fc.property(any, ([settings, drafts]) => {
      const given = new Map(
        settings.links.flatMap(({ name }, n) =>
          families.map((family, f) => [pathKey(name, family), drafts[2 * n + f] ?? 'up'] as const),
        ),
      );
      const healthOf = (path: PathKey): Health => given.get(path) ?? 'up';
      const ruleset = previewRuleset(settings, given);
      const pools = previewPools(settings, given);
      must(
        JSON.stringify([ruleset, pools]) ===
          JSON.stringify([previewRuleset(structuredClone(settings), given), previewPools(settings, given)]),
        'not deterministic',
      );
      const ownerOf = (rule: Choose): string | null =>
        settings.links.find(({ prefix6: own }) =>
          own.some((each) => JSON.stringify(each) === JSON.stringify(rule.from)),
        )?.name ?? null;
      for (const policy of settings.policies) {
        for (const family of families) {
          for (const chain of chainsOf(ruleset, policy.name, family)) {
            // what each rule takes of all that comes adds up to the weights
            const weightOf = (link: string) => policy.members.find((each) => each.link === link)?.weight ?? 0;
            const total = chain.reduce((sum, { link }) => sum + weightOf(link), 0);
            let left = 1;
            for (const { link, probability } of chain) {
              must(probability > 0 && probability <= 1, `probability ${probability}`);
              must(
                Math.abs(left * probability - weightOf(link) / total) < 1e-9,
                `${link} gets ${left * probability}`,
              );
              left *= 1 - probability;
            }
            must(chain.at(-1)?.probability === 1, 'the last one takes all of the rest');
            const [one] = chain;
            const owner = one === undefined || one.from === null ? null : ownerOf(one);
            must(one?.from === null || owner !== null, "from nobody's network");
            const wanted = activeSet(settings, policy, family, owner, healthOf);
            must(
              chain.map(({ link }) => link).join() === wanted.join(),
              `${chain.map(({ link }) => link)} for ${owner}, not ${wanted}`,
            );
          }
          const chosen = ruleset.findLastIndex(
            (rule) => (rule.kind === 'choose' || rule.kind === 'call') && rule.policy === policy.name,
          );
          const refuse = ruleset.findIndex((rule) => rule.kind === 'refuse' && rule.policy === policy.name);
          must(refuse > chosen, 'every policy ends in a refusal');
          const call = ruleset.some(
            (rule) => rule.kind === 'call' && rule.policy === policy.name && rule.family === family,
          );
          const pool = pools.find(({ anchor }) => anchor === `${settings.anchor}/${policy.name}`);
          const table = pool?.tables.find(({ name }) => name === `pool_${family}`);
          const isChained = chainsOf(ruleset, policy.name, family).length > 0;
          must(!(call && isChained), 'a pool and a chain');
          must(
            call === (table !== undefined && table.entries.length > 0),
            'called if there is anything in it',
          );
          if (policy.balance === 'weight') must(pool === undefined, 'a pool for a chain');
          if (table === undefined) continue;
          const wanted = activeSet(settings, policy, family, null, healthOf);
          const gateways = wanted.flatMap((name) => {
            const link = settings.links.find((each) => each.name === name);
            return link === undefined ? [] : [gatewayOf(link, family)];
          });
          must(
            table.entries.map(({ address }) => address).join() === gateways.sort().join(),
            'the pool is the active set',
          );
          if (policy.balance !== 'least-states')
            must(
              table.entries.every(({ weight }) => weight === 1),
              'weights that pf would not heed',
            );
        }
      }
      for (const rule of ruleset) {
        if (rule.kind === 'choose') {
          const link = settings.links.find(({ name }) => name === rule.link);
          must(link !== undefined && rule.via.kind === viaOf(link, rule.family, 0), 'steered as configured');
        }
        if (rule.kind === 'close') {
          must(healthOf(pathKey(rule.link, rule.family)) === 'down', 'closed, and not dead');
          const policy = settings.policies.find(({ name }) => name === rule.policy);
          const used = policy === undefined ? [] : activeSet(settings, policy, rule.family, null, healthOf);
          must(!used.includes(rule.link), 'closed, and in use');
        }
        if (rule.kind !== 'leave') continue;
        const link = settings.links.find((each) => each.name === rule.link);
        const wanted = rule.family === 'inet' ? (link?.nat ? 'address' : 'none') : link?.nat6;
        const translations = {
          no: 'none',
          nat: 'address',
          prefix: 'prefix',
          address: 'address',
          none: 'none',
        };
        must(rule.interface === link?.interface, 'leaves by its interface');
        must(wanted !== undefined && rule.translation.kind === translations[wanted], 'leaves as configured');
      }
      must(renderRuleset(ruleset).split('\n').length === ruleset.length + 1, 'a rule a line');
      for (const pool of pools) {
        must(pool.anchor.length < 64, 'an anchor too long');
        const lines = renderPoolAnchor(pool).split('\n').length - 1;
        must(lines === pool.rules.length + pool.tables.length, 'a line a rule, a line a table');
      }
      const both = settings.policies.flatMap(({ name }) =>
        families.map(
          (family): Decision => ({ policy: name, family, source: null, rung: 'up', shares: [], members: [] }),
        ),
      );
      const tables = desireTables(settings, both, [], newPaths(settings)).map(({ name }) => name);
      must(
        tables.every((name) => name.length <= 31),
        'a table name too long',
      );
      must(new Set(tables).size === tables.length, 'a table twice');
    }),
    Number(process.env['RUNS'] ?? 300),
  );
});

t.test('tables', async (t) => {
  const decision = (policy: string, family: Family, ...links: readonly string[]): Decision => ({
    policy,
    family,
    source: null,
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
  const decisions = [decision('default', 'inet', 'dsl', 'fibre'), decision('voip', 'inet')];
  const tables = desireTables(settings, decisions, interfaces, newPaths(settings));
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

  t.test('per family, where both are used', async (t) => {
    const six = [linkSettings6('a', 0), linkSettings6('b', 1, { gateway6: 'fe80::1' }), linkSettings('c', 2)];
    const tablesOf = (anchor: string, ...names: readonly string[]) => {
      const policies = names.map((name) => policySettings(six, { name }));
      const both = names.flatMap((name) => [
        decision(name, 'inet', 'a', 'c'),
        { ...decision(name, 'inet6', 'a'), source: 'a' },
        { ...decision(name, 'inet6', 'b'), source: 'b' },
      ]);
      const settings = settingsOf(six, policies, { anchor });
      return desireTables(settings, both, [], newPaths(settings)).slice(1);
    };
    t.same(tablesOf('uplinkd', 'default'), [
      { name: 'uplinkd_default', addresses: ['10.0.0.1', '10.2.0.1', '2001:db8:0::1'] },
      { name: 'uplinkd_default_inet', addresses: ['10.0.0.1', '10.2.0.1'] },
      { name: 'uplinkd_default_inet6', addresses: ['2001:db8:0::1'] },
    ]);
    const names = (...of: Parameters<typeof tablesOf>) => tablesOf(...of).map(({ name }) => name);
    const long = 'abcdefghijklmno';
    t.same(names('abcdefghi', long), [
      `abcdefghi_${long}`,
      `abcdefghi_${long}_inet`,
      `abcdefghi_${long}_inet6`,
    ]);
    t.same(names('abcdefghij', long), [`abcdefghij_${long}`, `abcdefghij_${long}_inet`], '31 characters');
    t.same(names(long, long), [`${long}_${long}`]);
    t.same(
      names('u', 'x', 'x_inet6'),
      ['u_x', 'u_x_inet', 'u_x_inet6', 'u_x_inet6_inet', 'u_x_inet6_inet6'],
      "another policy's table is not to be fought for",
    );
  });
});

t.test('equal settings and decisions give an equal ruleset', async (t) => {
  const input = { settings: three, decisions: [], paths: newPaths(three), stranded: [] };
  t.same(desireRuleset(input), desireRuleset(structuredClone(input)));
  t.same(
    desireRuleset(input).map(({ kind }) => kind),
    ['probe', 'probe', 'probe', 'refuse', 'refuse', 'leave', 'leave', 'leave', 'leave', 'leave'],
    'without decisions everything is refused',
  );
});
