import t from 'tap';
import {
  type Decision,
  decidePolicy,
  decisionKey,
  isTrusted,
  type Rung,
  sharePercents,
} from '../../src/core/decide.ts';
import type { Family, Health, LinkSettings, PathKey, PolicySettings, Reason } from '../../src/core/model.ts';
import { families, gatewayOf, pathKey } from '../../src/core/model.ts';
import { newPath, type PathHealth } from '../../src/core/path.ts';
import { millis, mono } from '../../src/core/time.ts';
import { startWindow, stepAnswer } from '../../src/core/window.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { linkSettings, linkSettings6, policySettings, readyPath, settingsOf } from './example.ts';

/** What a path may be like, in one word each. */
const likes = [
  'up',
  'lossy',
  'slow',
  'answers',
  'hold',
  'starting',
  'probing',
  'dead',
  'no-route',
  'gone',
  'absent',
] as const;
type Like = (typeof likes)[number];

const withHealth = (path: PathHealth, health: Health, reason: Reason): PathHealth => ({
  ...path,
  health,
  reason,
});

const pathLike = (
  link: LinkSettings,
  number: number,
  like: Like,
  family: Family = 'inet',
  isRouted = true,
): PathHealth => {
  const path = { ...readyPath(link, number, family), isRouted };
  switch (like) {
    case 'up':
      return withHealth(path, 'up', 'answering');
    case 'lossy':
      return withHealth(path, 'degraded', 'probe-loss');
    case 'slow':
      return withHealth(path, 'degraded', 'probe-latency');
    case 'answers':
      return withHealth(
        {
          ...path,
          targets: path.targets.map((target) => ({
            ...target,
            window: stepAnswer(
              startWindow(target.window, mono(0)),
              { seq: 0, rtt: millis(1), duplicate: false },
              mono(1),
            ),
          })),
        },
        'down',
        'probe-loss',
      );
    case 'hold':
      return withHealth(path, 'unknown', 'hold');
    case 'starting':
      return path;
    case 'probing':
      return withHealth(path, 'unknown', 'probing');
    case 'dead':
      return withHealth(path, 'down', 'probe-loss');
    case 'no-route':
      return { ...withHealth(path, 'down', 'no-route'), isRouted: false };
    case 'gone':
      return {
        ...path,
        evidence: { kind: 'missing', reason: 'carrier-down' },
        health: 'down',
        reason: 'carrier-down',
        targets: [],
      };
    case 'absent':
      return newPath(link, family, 101, mono(0));
  }
};

const standings: { readonly [like in Like]: Rung } = {
  up: 'up',
  lossy: 'degraded',
  slow: 'degraded',
  answers: 'recovering',
  hold: 'recovering',
  starting: 'unproven',
  probing: 'last-resort',
  dead: 'last-resort',
  'no-route': 'last-resort',
  gone: 'none',
  absent: 'none',
};

const tiers = [1, 1, 2, 3];
/** Rungs as words; shares as `a3 b1`. */
const inWords = ({ rung, shares }: Decision): string =>
  [rung, ...shares.map(({ link, weight }) => `${link}${weight}`)].join(' ');
const weights = [3, 1, 5, 1];
const links = ['a', 'b', 'c', 'd'].map((name, n) =>
  linkSettings(name, n, { tier: tiers[n] ?? 1, weight: weights[n] ?? 1 }),
);

const decideAll = (
  likely: readonly Like[],
  more: Partial<PolicySettings> = {},
  of: readonly LinkSettings[] = links,
  likely6: readonly Like[] = likely,
): readonly Decision[] => {
  const paths = new Map<PathKey, PathHealth>(
    of.flatMap((link, n) =>
      families.flatMap((family) => {
        const like = (family === 'inet' ? likely : likely6)[n];
        return like === undefined || gatewayOf(link, family) === null
          ? []
          : [[pathKey(link.name, family), pathLike(link, n, like, family)] as const];
      }),
    ),
  );
  const policy = policySettings(of, more);
  return decidePolicy(policy, settingsOf(of, [policy]), paths);
};

const decide = (
  likely: readonly Like[],
  more: Partial<PolicySettings> = {},
  of: readonly LinkSettings[] = links,
): Decision => {
  const [decision, ...others] = decideAll(likely, more, of);
  if (decision === undefined || others.length > 0) throw new Error('not one decision');
  return decision;
};

t.test('where a path stands by itself', async (t) => {
  const one = [linkSettings('a', 0)];
  for (const like of likes) t.equal(decide([like], {}, one).rung, standings[like], like);
  t.equal(decide([], {}, one).rung, 'none', 'no such path');
  t.same(decideAll(['up'], { members: [{ link: 'other', tier: 1, weight: 1 }] }, one), [], 'no such link');

  t.test('as the policy says', async (t) => {
    const rows: readonly (readonly [PolicySettings['degraded'], Rung, Rung])[] = [
      // alone; beside one on hold
      ['use', 'up', 'up'],
      ['avoid', 'degraded', 'degraded'],
      ['never', 'last-resort', 'recovering'],
    ];
    for (const [degraded, alone, beside] of rows) {
      for (const like of ['lossy', 'slow'] as const) {
        t.equal(decide([like], { degraded }, one).rung, alone, degraded);
        const two = decide(['hold', like], { degraded }, [linkSettings('h', 1), ...one]);
        t.equal(two.rung, beside, `${degraded}, beside one on hold`);
        t.same(
          two.shares.map(({ link }) => link),
          [degraded === 'never' ? 'h' : 'a'],
        );
      }
    }
    t.equal(decide(['lossy'], { degraded: 'never', empty: 'drop' }, one).rung, 'none');
  });

  t.test('a path that is steered by its routing table is not used before that is there', async (t) => {
    for (const via of ['rtable', 'route-to', null] as const) {
      const link = linkSettings('a', 0, { via });
      for (const like of likes.filter((each) => !['gone', 'absent', 'no-route'].includes(each))) {
        const path = pathLike(link, 0, like, 'inet', false);
        const policy = policySettings([link]);
        const [decision] = decidePolicy(policy, settingsOf([link], [policy]), new Map([[path.key, path]]));
        t.equal(decision?.rung, via === 'rtable' ? 'none' : standings[like], `${via} ${like}`);
      }
      t.equal(decide(['no-route'], {}, [link]).rung, via === 'rtable' ? 'none' : 'last-resort');
    }
  });
});

t.test('the ladder', async (t) => {
  const rows: readonly (readonly [string, string, string])[] = [
    // a (tier 1, weight 3), b (tier 1, weight 1), c (tier 2), d (tier 3)
    ['up up up up', 'up', 'a3 b1'],
    ['up dead up up', 'up', 'a3'],
    ['dead dead up up', 'up', 'c5'],
    ['gone absent dead up', 'up', 'd1'],
    ['answers hold up gone', 'up', 'c5'],
    ['starting starting up dead', 'up', 'c5'],
    ['answers dead answers starting', 'recovering', 'a3'],
    ['dead dead hold starting', 'recovering', 'c5'],
    ['dead dead starting starting', 'unproven', 'c5'],
    ['starting starting starting starting', 'unproven', 'a3 b1'],
    ['dead dead dead dead', 'last-resort', 'a3 b1 c5 d1'],
    ['gone dead no-route absent', 'last-resort', 'b1 c5'],
    ['gone gone gone probing', 'last-resort', 'd1'],
    ['gone gone gone absent', 'none', ''],
    ['lossy up up up', 'up', 'b1'],
    ['lossy slow up up', 'up', 'c5'],
    ['lossy slow hold starting', 'degraded', 'a3 b1'],
    ['hold dead slow lossy', 'degraded', 'c5'],
  ];
  for (const [likely, rung, shares] of rows) {
    const each = likely.split(' ') as Like[];
    const decision = decide(each);
    t.equal(inWords(decision), `${rung} ${shares}`.trim(), likely);
    t.same(
      decision.members.filter(({ used }) => used).map(({ link }) => link),
      decision.shares.map(({ link }) => link),
      `${likely}: members say the same`,
    );
    const dropping = decide(each, { empty: 'drop' });
    if (rung === 'last-resort') t.match(dropping, { rung: 'none', shares: [] }, `${likely}: drop`);
    else t.same(dropping, decision, `${likely}: drop makes no difference`);
  }
});

t.test('why', async (t) => {
  t.same(
    decide(['up', 'dead', 'up', 'gone']).members.map(({ why }) => why),
    [
      'tier 1, up (answering)',
      'down (probe-loss)',
      'tier 1 is in use; up (answering)',
      'down (carrier-down)',
    ],
  );
  t.same(
    decide(['dead', 'answers', 'hold', 'starting']).members.map(({ why }) => why),
    [
      'down (probe-loss)',
      'recovering: down (probe-loss)',
      'tier 1 is in use; unknown (hold)',
      'unknown (starting)',
    ],
  );
  t.same(
    decide(['dead', 'gone']).members.map(({ why }) => why),
    ['last-resort: down (probe-loss)', 'down (carrier-down)', 'no such path', 'no such path'],
  );
  t.same(
    decide(['lossy', 'up', 'slow', 'lossy']).members.map(({ why }) => why),
    ['degraded (probe-loss)', 'tier 1, up (answering)', 'degraded (probe-latency)', 'degraded (probe-loss)'],
  );
  t.same(
    decide(['dead', 'gone', 'slow', 'lossy']).members.map(({ why }) => why),
    [
      'down (probe-loss)',
      'down (carrier-down)',
      'degraded: degraded (probe-latency)',
      'tier 2 is in use; degraded (probe-loss)',
    ],
  );
});

t.test('inet6', async (t) => {
  const said = (decisions: readonly Decision[]): readonly string[] =>
    decisions.map((decision) => `${decisionKey(decision)}: ${inWords(decision)}`);
  const up4: readonly Like[] = ['up', 'up', 'up', 'up'];
  const no = linkSettings6('no', 0, { weight: 3 });
  const nos = linkSettings6('nos', 1, { tier: 2 });
  const bare = linkSettings6('bare', 2, { prefix6: [] });
  const nat = linkSettings6('nat', 2, { nat6: 'nat', prefix6: [], weight: 2 });
  const map = linkSettings6('map', 3, { nat6: 'prefix', tier: 2 });
  const only4 = linkSettings('only4', 1);

  t.test('who takes which source', async (t) => {
    const rows: readonly (readonly [string, readonly LinkSettings[], readonly string[]])[] = [
      ['no inet6 path, no decision', [only4], ['default/inet: up only41']],
      [
        'prefix owners only',
        [no, nos],
        ['default/inet: up no3', 'default/inet6/no: up no3', 'default/inet6/nos: up nos1'],
      ],
      ['nobody owns anything', [bare], ['default/inet: up bare1', 'default/inet6: none']],
      ['nat', [nat], ['default/inet: up nat2', 'default/inet6: up nat2']],
      ['prefix to prefix', [map], ['default/inet: up map1', 'default/inet6: up map1']],
      [
        'mixed: an owner keeps its share of its own, and of nothing else',
        [no, nat, map],
        ['default/inet: up no3 nat2', 'default/inet6/no: up no3 nat2', 'default/inet6: up nat2'],
      ],
      ['one with inet only', [only4, no], ['default/inet: up only41 no3', 'default/inet6/no: up no3']],
      ['a bare one beside nat', [bare, nat], ['default/inet: up bare1 nat2', 'default/inet6: up nat2']],
    ];
    for (const [name, of, wanted] of rows) {
      // their numbers are those of their addresses
      t.same(said(decideAll(up4, {}, of)), wanted, name);
    }
    t.same(
      decideAll(up4, {}, [no, nos, bare, map])
        .filter(({ family, source }) => family === 'inet6' && source !== 'nos')
        .map(({ members }) => members.map(({ link, why }) => `${link}: ${why}`)),
      [
        [
          'no: tier 1, up (answering)',
          'nos: only takes its own prefix6, not that of no',
          'bare: nat6 = "no" and no prefix6',
          'map: tier 1 is in use; up (answering)',
        ],
        [
          'no: only takes sources in its own prefix6',
          'nos: only takes sources in its own prefix6',
          'bare: nat6 = "no" and no prefix6',
          'map: tier 2, up (answering)',
        ],
      ],
    );
    t.match(decideAll(up4, {}, [only4, no])[1]?.members, [{ link: 'only4', why: 'no gateway6' }, {}]);
  });

  t.test('one family dies, the other does not move (S35)', async (t) => {
    const before = decideAll(up4, {}, [no, nos, nat]);
    for (const like of likes) {
      const inet = decideAll([like, 'up', like], {}, [no, nos, nat], up4);
      t.same(
        inet.filter(({ family }) => family === 'inet6'),
        before.slice(1),
        `inet is ${like}`,
      );
      const inet6 = decideAll(up4, {}, [no, nos, nat], [like, 'up', like]);
      t.same(inet6[0], before[0], `inet6 is ${like}`);
    }
  });

  t.test("a source never falls to another's link, dead or not", async (t) => {
    const gone = decideAll(up4, {}, [no, nos], ['gone', 'up']);
    t.same(said(gone).slice(1), ['default/inet6/no: none', 'default/inet6/nos: up nos1']);
    const dead = decideAll(up4, {}, [no, nos], ['dead', 'up']);
    t.same(said(dead).slice(1), ['default/inet6/no: last-resort no3', 'default/inet6/nos: up nos1']);
    const rest = decideAll(up4, {}, [no, nat], ['dead', 'up']);
    t.same(said(rest).slice(1), ['default/inet6/no: up nat2', 'default/inet6: up nat2']);
    const alone = decideAll(up4, {}, [no, nat], ['up', 'dead']);
    t.same(said(alone).slice(1), ['default/inet6/no: up no3', 'default/inet6: last-resort nat2']);
  });
});

t.test('a policy of other members, with tiers and weights of its own', async (t) => {
  const members = [
    { link: 'd', tier: 1, weight: 7 },
    { link: 'a', tier: 2, weight: 1 },
  ];
  t.same(decide(['up', 'up', 'up', 'up'], { members }).shares, [{ link: 'd', weight: 7 }]);
  t.same(decide(['up', 'up', 'up', 'gone'], { members }).shares, [{ link: 'a', weight: 1 }]);
  t.same(decide(['gone', 'up', 'up', 'gone'], { members }).shares, [], 'no other link is ever taken (S34)');
});

t.test('any healths', async (t) => {
  const empties = fc.constantFrom('last-resort' as const, 'drop' as const);
  const degradeds = fc.constantFrom('use' as const, 'avoid' as const, 'never' as const);
  const many = fc.array(
    fc.record({
      like: fc.constantFrom(...likes),
      tier: fc.integer({ min: 1, max: 4 }),
      weight: fc.integer({ min: 1, max: 65_535 }),
    }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  check(
    t,
    fc.property(many, empties, degradeds, (drafts, empty, degraded) => {
      const of = drafts.map(({ tier, weight }, n) => linkSettings(`l${n}`, n, { tier, weight }));
      const likely = drafts.map(({ like }) => like);
      const decision = decide(likely, { empty, degraded }, of);
      must(
        JSON.stringify(decision) === JSON.stringify(decide(likely, { empty, degraded }, of)),
        'not deterministic',
      );
      const used = decision.shares.map(({ link }) => link);
      const likeOf = (link: string): Like => likely[of.findIndex(({ name }) => name === link)] ?? 'absent';
      must(new Set(used).size === used.length, 'a link twice');
      must(
        used.every((link) => of.some(({ name }) => name === link)),
        'a share of no member',
      );
      must(decision.members.length === of.length, 'a member without a reason');
      must(
        decision.members.every(({ why }) => why !== ''),
        'no reason',
      );
      must((decision.rung === 'none') === (used.length === 0), 'none and empty are one');
      const isGood = (like: Like): boolean =>
        like === 'up' || (degraded === 'use' && standings[like] === 'degraded');
      if (likely.some(isGood))
        must(
          used.every((link) => isGood(likeOf(link))),
          'a path that is not up while one is',
        );
      if (degraded === 'never' && decision.rung !== 'last-resort')
        must(!used.some((link) => standings[likeOf(link)] === 'degraded'), 'a degraded one, and never');
      must(
        used.every((link) => likeOf(link) !== 'gone' && likeOf(link) !== 'absent'),
        'a path that cannot carry anything',
      );
      if (isTrusted(decision.rung))
        must(
          used.every((link) => ['up', 'lossy', 'slow', 'answers', 'hold'].includes(likeOf(link))),
          'trust without proof',
        );
      if (decision.rung !== 'last-resort') {
        const used1 = decision.members.filter((member) => member.used);
        must(new Set(used1.map(({ tier }) => tier)).size <= 1, 'more than one tier');
      }
      if (empty === 'drop') must(decision.rung !== 'last-resort', 'drop is drop');
      const percents = sharePercents(decision.shares);
      if (percents.length > 0)
        must(percents.reduce((sum, { percent }) => sum + percent, 0) === 100, 'not 100 %');
      const total = decision.shares.reduce((sum, { weight }) => sum + weight, 0);
      for (const [n, { percent }] of percents.entries()) {
        must(Math.abs(percent - (100 * (decision.shares[n]?.weight ?? 0)) / total) < 1, 'a percent off');
      }
    }),
  );
});

t.test('percents', async (t) => {
  const of = (...shares: readonly number[]) =>
    sharePercents(shares.map((weight, n) => ({ link: `l${n}`, weight }))).map(({ percent }) => percent);
  t.same(of(), []);
  t.same(of(1), [100]);
  t.same(of(3, 1), [75, 25]);
  t.same(of(1, 1, 1), [34, 33, 33]);
  t.same(of(5, 3, 2), [50, 30, 20]);
  t.same(of(65_535, 1), [100, 0]);
  t.same(of(1, 1, 1, 1, 1, 1, 1), [15, 15, 14, 14, 14, 14, 14]);
});
