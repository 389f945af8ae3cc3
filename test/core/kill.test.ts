import t from 'tap';
import type { Decision, Rung } from '../../src/core/decide.ts';
import type { Sight } from '../../src/core/evidence.ts';
import {
  afterKills,
  dueKills,
  dueSweep,
  findLeaving,
  findLeft,
  findStranded,
  holdStates,
  isPooled,
  killDeadline,
  linkLabel,
  type PoolSight,
  type StateHolders,
} from '../../src/core/kill.ts';
import { families, gatewayOf, type LinkSettings, type PathKey } from '../../src/core/model.ts';
import type { PathHealth } from '../../src/core/path.ts';
import { millis, mono } from '../../src/core/time.ts';
import {
  em,
  linkSettings,
  linkSettings6,
  policySettings,
  probeSettings,
  readyPath,
  settingsOf,
} from './example.ts';

const links = [linkSettings('a', 0), linkSettings('b', 1), linkSettings('c', 2)];
const [a, b] = links;
if (a === undefined || b === undefined) throw new Error('no links');

/** The paths of links; down are those of `down`: `a`, `a/inet6`. */
const paths = (down: string, of: readonly LinkSettings[] = links): ReadonlyMap<PathKey, PathHealth> =>
  new Map(
    of.flatMap((link, n) =>
      families
        .filter((family) => gatewayOf(link, family) !== null)
        .map((family): [PathKey, PathHealth] => {
          const isDown = down.split(' ').includes(family === 'inet' ? link.name : `${link.name}/inet6`);
          const path = readyPath(link, n, family);
          return [
            path.key,
            { ...path, health: isDown ? 'down' : 'up', reason: isDown ? 'probe-loss' : 'answering' },
          ];
        }),
    ),
  );

const decision = (policy: string, rung: Rung, shares: string, more: Partial<Decision> = {}): Decision => ({
  policy,
  family: 'inet',
  source: null,
  rung,
  shares: [...shares].map((link) => ({ link, weight: 1 })),
  members: [],
  ...more,
});

const ab = settingsOf(links, [policySettings([a, b])]);
const both = settingsOf(links, [policySettings(links), policySettings([a], { name: 'only' })]);

t.test('whose states must go', async (t) => {
  const rows: readonly (readonly [string, typeof ab, string, readonly Decision[], readonly string[]])[] = [
    ['nobody is dead', ab, '', [decision('default', 'up', 'ab')], []],
    ['a is dead, b carries on', ab, 'a', [decision('default', 'up', 'b')], ['a/inet']],
    ['b is only recovering, but it works', ab, 'a', [decision('default', 'recovering', 'b')], ['a/inet']],
    ['b is bad, but it works', ab, 'a', [decision('default', 'degraded', 'b')], ['a/inet']],
    ['b is only a guess', ab, 'a', [decision('default', 'unproven', 'b')], []],
    ['the last resort is no alternative', ab, 'a b', [decision('default', 'last-resort', 'ab')], []],
    ['nothing is left: they stay (S11)', ab, 'a b', [decision('default', 'none', '')], []],
    ['c is of no policy', ab, 'c', [decision('default', 'up', 'ab')], []],
    [
      'one policy with an alternative is enough',
      both,
      'a',
      [decision('default', 'up', 'bc'), decision('only', 'last-resort', 'a')],
      ['a/inet'],
    ],
    ['a policy of one link alone has none', both, 'a', [decision('only', 'last-resort', 'a')], []],
    ['two dead', both, 'a b', [decision('default', 'up', 'c')], ['a/inet', 'b/inet']],
    ['decisions of a policy that is gone', ab, 'a', [decision('old', 'up', 'b')], []],
  ];
  for (const [name, settings, down, decisions, wanted] of rows) {
    t.same(findStranded(settings, paths(down), decisions), wanted, name);
  }
});

t.test('a path that cannot be probed for want of a route is not dead', async (t) => {
  const unrouted = new Map(
    [...paths('a')].map(([key, path]) => [
      key,
      path.health === 'down' ? { ...path, reason: 'no-route' as const } : path,
    ]),
  );
  t.same(findStranded(ab, unrouted, [decision('default', 'up', 'b')]), []);
});

t.test('per family', async (t) => {
  const own = linkSettings6('a', 0);
  const other = linkSettings6('b', 1);
  const nat = linkSettings6('n', 2, { nat6: 'nat', prefix6: [] });
  const inet6 = { family: 'inet6' } as const;
  const from = (source: string) => ({ ...inet6, source });
  const policyOf = (...of: readonly LinkSettings[]) => settingsOf(of, [policySettings(of)]);
  const rows: readonly (readonly [
    string,
    readonly LinkSettings[],
    string,
    readonly Decision[],
    readonly string[],
  ])[] = [
    [
      'inet has somewhere to go, inet6 lives on (S35)',
      [own, other],
      'a',
      [decision('default', 'up', 'b'), decision('default', 'up', 'a', from('a'))],
      ['a/inet'],
    ],
    [
      'inet6 is dead, and nobody else takes its prefix',
      [own, other],
      'a/inet6',
      [
        decision('default', 'up', 'ab'),
        decision('default', 'last-resort', 'a', from('a')),
        decision('default', 'up', 'b', from('b')),
      ],
      [],
    ],
    [
      'one with nat does',
      [own, nat],
      'a/inet6',
      [decision('default', 'up', 'n', from('a')), decision('default', 'up', 'n', inet6)],
      ['a/inet6'],
    ],
    [
      'what came from an owner and was translated goes home to it',
      [own, nat],
      'n/inet6',
      [decision('default', 'up', 'a', from('a')), decision('default', 'last-resort', 'n', inet6)],
      ['n/inet6'],
    ],
    [
      'both',
      [own, nat],
      'a a/inet6',
      [
        decision('default', 'up', 'n'),
        decision('default', 'up', 'n', from('a')),
        decision('default', 'up', 'n', inet6),
      ],
      ['a/inet', 'a/inet6'],
    ],
  ];
  for (const [name, of, down, decisions, wanted] of rows) {
    t.same(findStranded(policyOf(...of), paths(down, of), decisions), wanted, name);
  }
  t.equal(linkLabel('a', 'inet'), 'uplink:a');
  t.equal(linkLabel('a', 'inet6'), 'uplink:a:inet6');
});

t.test('failback', async (t) => {
  const hold = (ms: number) => probeSettings({ hold: millis(ms) });
  const first = linkSettings('a', 0, { probe: hold(10_000) });
  const twin = linkSettings('b', 1, { probe: hold(30_000) });
  const lte = linkSettings('c', 2, { tier: 2 });
  const metered = { ...lte, metered: true };
  const of = [first, twin, lte];
  const at = mono(100_000);
  const rows: readonly (readonly [
    string,
    LinkSettings,
    'stay' | 'move' | null,
    readonly Decision[],
    readonly string[],
    number | null,
  ])[] = [
    // what waits for `next`, or is left at once when the decision is old enough
    ['stays', lte, 'stay', [decision('default', 'up', 'ab')], [], null],
    ['stays by default', lte, null, [decision('default', 'up', 'ab')], [], null],
    ['moves, after the longer hold', lte, 'move', [decision('default', 'up', 'ab')], ['c/inet'], 130_000],
    [
      'moves, after the hold of the one in use',
      lte,
      'move',
      [decision('default', 'up', 'a')],
      ['c/inet'],
      110_000,
    ],
    ['metered moves by default', metered, null, [decision('default', 'up', 'a')], ['c/inet'], 110_000],
    ['metered stays if told to', metered, 'stay', [decision('default', 'up', 'a')], [], null],
    [
      'the same tier is no better',
      { ...metered, tier: 1 },
      'move',
      [decision('default', 'up', 'ab')],
      [],
      null,
    ],
    ['in use itself', metered, 'move', [decision('default', 'up', 'c')], [], null],
    ['not to what is only recovering', metered, 'move', [decision('default', 'recovering', 'a')], [], null],
    ['nor to what is degraded', metered, 'move', [decision('default', 'degraded', 'a')], [], null],
    ['nor to the last resort', metered, 'move', [decision('default', 'last-resort', 'ab')], [], null],
    ['nor to nothing', metered, 'move', [decision('default', 'none', '')], [], null],
    [
      'of the other family only',
      metered,
      'move',
      [decision('default', 'up', 'a', { family: 'inet6' })],
      [],
      null,
    ],
  ];
  for (const [name, third, failback, decisions, wanted, when] of rows) {
    const settings = settingsOf([first, twin, third], [policySettings([first, twin, third], { failback })]);
    const decidedAt = new Map(decisions.map((each) => [`default/${each.family}`, at]));
    const find = (now: number) =>
      findLeft(findLeaving(settings, paths('', of), decisions), decidedAt, mono(now));
    t.same(find(100_000), { left: [], next: when }, `${name}: at first`);
    if (when !== null) t.same(find(when - 1), { left: [], next: when }, `${name}: a moment before`);
    t.same(find(when ?? 999_999), { left: wanted, next: null }, name);
    const unheard = findLeft(findLeaving(settings, paths('', of), decisions), new Map(), mono(999_999));
    t.same(unheard, { left: [], next: null }, `${name}: nobody knows since when`);
  }

  t.test('never a link in use, whoever uses it, on whatever rung', async (t) => {
    const policies = [
      policySettings(of, { failback: 'move' }),
      policySettings([lte], { name: 'only', failback: 'move' }),
    ];
    const decidedAt = new Map([
      ['default/inet', mono(0)],
      ['only/inet', mono(0)],
    ]);
    const settings = settingsOf(of, policies);
    for (const rung of ['up', 'degraded', 'recovering', 'unproven', 'last-resort'] as const) {
      const decisions = [decision('default', 'up', 'ab'), decision('only', rung, 'c')];
      t.same(findLeft(findLeaving(settings, paths(''), decisions), decidedAt, mono(999_999)).left, [], rung);
    }
    const none = [decision('default', 'up', 'ab'), decision('only', 'none', '')];
    t.same(findLeft(findLeaving(settings, paths(''), none), decidedAt, mono(999_999)).left, ['c/inet']);
  });

  t.test('the earliest of two policies', async (t) => {
    const settings = settingsOf(of, [
      policySettings(of, { failback: 'move' }),
      policySettings(of, { name: 'voip', failback: 'move' }),
    ]);
    const decidedAt = new Map([
      ['default/inet', mono(50_000)],
      ['voip/inet', mono(0)],
    ]);
    const decisions = [decision('default', 'up', 'a'), decision('voip', 'up', 'a')];
    t.equal(findLeft(findLeaving(settings, paths(''), decisions), decidedAt, mono(0)).next, 10_000);
    t.same(findLeft(findLeaving(settings, paths(''), decisions), decidedAt, mono(10_000)), {
      left: ['c/inet'],
      next: null,
    });
  });
});

const all = paths('');

t.test('killed with the decision, once more for the stragglers, and then left alone', async (t) => {
  let holders: StateHolders = holdStates(new Map(), ['a/inet', 'b/inet']);
  t.same(dueKills(holders, ['a/inet'], all, mono(1000)), [
    { path: 'a/inet', link: 'a', what: { kind: 'label', label: 'uplink:a' }, rdomains: [0], again: false },
  ]);
  t.equal(killDeadline(holders, ['a/inet']), null, 'due at once: no deadline');
  holders = afterKills(holders, dueKills(holders, ['a/inet'], all, mono(1000)), mono(1000));
  t.same(dueKills(holders, ['a/inet'], all, mono(1999)), []);
  t.equal(killDeadline(holders, ['a/inet']), 2000);
  t.equal(killDeadline(holders, ['b/inet']), null);
  const again = dueKills(holders, ['a/inet'], all, mono(2000));
  t.same(again, [
    { path: 'a/inet', link: 'a', what: { kind: 'label', label: 'uplink:a' }, rdomains: [0], again: true },
  ]);
  holders = afterKills(holders, again, mono(2000));
  t.same(dueKills(holders, ['a/inet'], all, mono(9999)), []);
  t.equal(killDeadline(holders, ['a/inet']), null);
  t.same([...holders.keys()], ['b/inet']);
  t.same(
    dueKills(holdStates(holders, ['a/inet']), ['a/inet'], all, mono(9999)).length,
    1,
    'until connections went there again',
  );
  t.same(dueKills(holdStates(holders, ['x/inet']), ['x/inet'], all, mono(9999)), [], 'no such path');
});

t.test('each family by its own label', async (t) => {
  const six = [linkSettings6('a', 0), linkSettings6('b', 1)];
  const holders = holdStates(new Map(), ['a/inet', 'a/inet6']);
  const labels = (unwanted: readonly PathKey[]) =>
    dueKills(holders, unwanted, paths('', six), mono(0)).map(({ what }) =>
      what.kind === 'label' ? what.label : what.network,
    );
  t.same(labels(['a/inet6']), ['uplink:a:inet6']);
  t.same(labels(['a/inet', 'a/inet6']), ['uplink:a', 'uplink:a:inet6']);
});

t.test('the alternative may appear later', async (t) => {
  const holders = holdStates(new Map(), ['a/inet', 'b/inet']);
  t.same(dueKills(holders, [], all, mono(1000)), []);
  t.same(dueKills(holders, ['a/inet'], all, mono(500_000)).length, 1);
});

t.test('a link that came back before its stragglers were looked for keeps its states', async (t) => {
  const holders = afterKills(holdStates(new Map(), ['a/inet']), [{ path: 'a/inet', again: false }], mono(0));
  t.same(dueKills(holders, [], all, mono(5000)), []);
  t.equal(killDeadline(holders, []), null);
});

t.test('which gateways to look for', async (t) => {
  const six = [linkSettings6('a', 0, { nat6: 'nat' }), linkSettings6('b', 1, { nat6: 'nat' })];
  const [one, two] = six;
  if (one === undefined || two === undefined) throw new Error('no links');
  const pooled = settingsOf(six, [
    policySettings([one], { balance: 'random' }),
    policySettings(six, { name: 'chain' }),
  ]);
  const dual = paths('', six);
  const holders = holdStates(new Map(), ['a/inet', 'a/inet6', 'b/inet']);
  const due = (of: StateHolders, unwanted: readonly PathKey[], now: number, more: Partial<PoolSight> = {}) =>
    dueSweep(
      of,
      unwanted,
      {
        settings: pooled,
        paths: dual,
        pooledBefore: new Set(),
        sight: { interfaces: [], learnt: [] },
        ...more,
      },
      mono(now),
    );
  t.same(due(holders, ['a/inet', 'a/inet6', 'b/inet'], 0), [
    { path: 'a/inet', link: 'a', gateway: '10.0.0.1', again: false },
    { path: 'a/inet6', link: 'a', gateway: '2001:db8:0::1', again: false },
  ]);
  t.same(due(holders, ['b/inet'], 0), [], 'b is of no pool');
  t.match(
    due(holders, ['b/inet'], 0, { pooledBefore: new Set<PathKey>(['b/inet']) }),
    [{ path: 'b/inet' }],
    'it was of one',
  );
  t.same(due(new Map(), ['a/inet'], 0), [], 'nothing ever went there');
  t.same(due(holders, ['x/inet'], 0), [], 'no such path');
  const later = afterKills(holders, [{ path: 'a/inet', again: false }], mono(0));
  t.same(due(later, ['a/inet'], 999), []);
  t.match(due(later, ['a/inet'], 1000), [{ path: 'a/inet', again: true }]);
  t.notOk(isPooled(pooled, dual, undefined));

  // Not ready in this life: what tells its gateway without carrier?
  const never = new Map(
    [...dual].map(([key, path]) => [
      key,
      path.link === 'a' ? { ...path, lastReady: null, evidence: null } : path,
    ]),
  );
  const dead = (
    gateway: LinkSettings['gateway'],
    told: string | null,
    sight: Partial<Sight> = {},
  ): readonly string[] =>
    due(holders, ['a/inet'], 0, {
      settings: settingsOf([{ ...one, gateway }, two], pooled.policies),
      paths: never,
      sight: {
        interfaces: [],
        learnt: [{ interface: one.interface, family: 'inet', source: { kind: 'lease' }, gateway: told }],
        ...sight,
      },
    }).map((each) => each.gateway);
  t.same(dead('dhcp', '10.9.0.1'), ['10.9.0.1'], 'a lease');
  t.same(dead('dhcp', null), [], 'nothing tells');
  t.same(dead('dhcp', '10.1.0.1'), [], 'it is that of another path by now');
  t.same(dead('10.9.0.2', null), ['10.9.0.2'], 'the configuration');
  t.same(dead('10.1.0.1', null), [], 'that of another path, whoever tells it');
  const tunnel = em(0, {
    name: one.interface,
    carrier: 'down',
    addresses: [{ family: 'inet', address: '10.9.0.7', prefixLength: 32, peer: '10.9.0.3' }],
  });
  t.same(dead('peer', null, { interfaces: [tunnel] }), ['10.9.0.3'], 'the other end of a tunnel');
  t.same(dead('peer', null), [], 'no such interface');
});
