import fc from 'fast-check';
import t from 'tap';
import { decidePolicy, isTrusted, type Rung, sharePercents, standingOf } from '../../src/core/decide.ts';
import { newPath, type PathHealth } from '../../src/core/health.ts';
import type { Health, LinkSettings, PathKey, PolicySettings, Reason } from '../../src/core/model.ts';
import { pathKey } from '../../src/core/model.ts';
import { millis, mono } from '../../src/core/time.ts';
import { startWindow, stepAnswer } from '../../src/core/window.ts';
import { check, must } from '../text/random.ts';
import { linkSettings, policySettings, readyPath } from './example.ts';

/** What a path may be like, in one word each. */
const likes = ['up', 'answers', 'hold', 'starting', 'probing', 'dead', 'no-route', 'gone', 'absent'] as const;
type Like = (typeof likes)[number];

const withHealth = (path: PathHealth, health: Health, reason: Reason): PathHealth => ({
  ...path,
  health,
  reason,
});

const pathLike = (link: LinkSettings, number: number, like: Like): PathHealth => {
  const path = readyPath(link, number);
  switch (like) {
    case 'up':
      return withHealth(path, 'up', 'answering');
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
      return withHealth(path, 'down', 'no-route');
    case 'gone':
      return {
        ...path,
        evidence: { kind: 'missing', reason: 'carrier-down' },
        health: 'down',
        reason: 'carrier-down',
        targets: [],
      };
    case 'absent':
      return newPath(link, 'inet', 101, mono(0));
  }
};

const standings: { readonly [like in Like]: Rung } = {
  up: 'up',
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
const weights = [3, 1, 5, 1];
const links = ['a', 'b', 'c', 'd'].map((name, n) =>
  linkSettings(name, n, { tier: tiers[n] ?? 1, weight: weights[n] ?? 1 }),
);

const decide = (likely: readonly Like[], more: Partial<PolicySettings> = {}, of = links) => {
  const paths = new Map<PathKey, PathHealth>(
    likely.flatMap((like, n) => {
      const link = of[n];
      return link === undefined ? [] : [[pathKey(link.name, 'inet'), pathLike(link, n, like)] as const];
    }),
  );
  return decidePolicy(policySettings(of, more), 'inet', paths);
};

t.test('where a path stands by itself', async (t) => {
  for (const like of likes) {
    t.equal(standingOf(pathLike(linkSettings('a', 0), 0, like)), standings[like], like);
  }
  t.equal(standingOf(undefined), 'none');
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
  ];
  for (const [likely, rung, shares] of rows) {
    const each = likely.split(' ') as Like[];
    const decision = decide(each);
    t.equal(decision.rung, rung, likely);
    t.equal(decision.shares.map(({ link, weight }) => `${link}${weight}`).join(' '), shares, likely);
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
    fc.property(many, fc.constantFrom('last-resort' as const, 'drop' as const), (drafts, empty) => {
      const of = drafts.map(({ tier, weight }, n) => linkSettings(`l${n}`, n, { tier, weight }));
      const likely = drafts.map(({ like }) => like);
      const decision = decide(likely, { empty }, of);
      must(JSON.stringify(decision) === JSON.stringify(decide(likely, { empty }, of)), 'not deterministic');
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
      const anyUp = likely.includes('up');
      if (anyUp)
        must(
          used.every((link) => likeOf(link) === 'up'),
          'a path that is not up while one is',
        );
      must(
        used.every((link) => likeOf(link) !== 'gone' && likeOf(link) !== 'absent'),
        'a path that cannot carry anything',
      );
      if (isTrusted(decision.rung))
        must(
          used.every((link) => ['up', 'answers', 'hold'].includes(likeOf(link))),
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
