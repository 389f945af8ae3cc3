import t from 'tap';
import type { Decision, Rung } from '../../src/core/decide.ts';
import type { PathHealth } from '../../src/core/health.ts';
import {
  afterKills,
  dueKills,
  findStranded,
  holdStates,
  killDeadline,
  type StateHolders,
} from '../../src/core/kill.ts';
import type { PathKey } from '../../src/core/model.ts';
import { mono } from '../../src/core/time.ts';
import { linkSettings, policySettings, readyPath, settingsOf } from './example.ts';

const links = [linkSettings('a', 0), linkSettings('b', 1), linkSettings('c', 2)];
const [a, b] = links;
if (a === undefined || b === undefined) throw new Error('no links');

const paths = (down: string): ReadonlyMap<PathKey, PathHealth> =>
  new Map(
    links.map((link, n) => {
      const isDown = down.includes(link.name);
      const path = readyPath(link, n);
      return [
        path.key,
        { ...path, health: isDown ? 'down' : 'up', reason: isDown ? 'probe-loss' : 'answering' },
      ];
    }),
  );

const decision = (policy: string, rung: Rung, shares: string): Decision => ({
  policy,
  family: 'inet',
  rung,
  shares: [...shares].map((link) => ({ link, weight: 1 })),
  members: [],
});

const ab = settingsOf(links, [policySettings([a, b])]);
const both = settingsOf(links, [policySettings(links), policySettings([a], { name: 'only' })]);

t.test('whose states must go', async (t) => {
  const rows: readonly (readonly [string, typeof ab, string, readonly Decision[], readonly string[]])[] = [
    ['nobody is dead', ab, '', [decision('default', 'up', 'ab')], []],
    ['a is dead, b carries on', ab, 'a', [decision('default', 'up', 'b')], ['a']],
    ['b is only recovering, but it works', ab, 'a', [decision('default', 'recovering', 'b')], ['a']],
    ['b is only a guess', ab, 'a', [decision('default', 'unproven', 'b')], []],
    ['the last resort is no alternative', ab, 'ab', [decision('default', 'last-resort', 'ab')], []],
    ['nothing is left: they stay (S11)', ab, 'ab', [decision('default', 'none', '')], []],
    ['c is of no policy', ab, 'c', [decision('default', 'up', 'ab')], []],
    [
      'one policy with an alternative is enough',
      both,
      'a',
      [decision('default', 'up', 'bc'), decision('only', 'last-resort', 'a')],
      ['a'],
    ],
    ['a policy of one link alone has none', both, 'a', [decision('only', 'last-resort', 'a')], []],
    ['two dead', both, 'ab', [decision('default', 'up', 'c')], ['a', 'b']],
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

t.test('killed with the decision, once more for the stragglers, and then left alone', async (t) => {
  let holders: StateHolders = holdStates(new Map(), ['a', 'b']);
  t.same(dueKills(holders, ['a'], mono(1000)), [{ link: 'a', label: 'uplink:a', again: false }]);
  t.equal(killDeadline(holders, ['a']), null, 'due at once: no deadline');
  holders = afterKills(holders, dueKills(holders, ['a'], mono(1000)), mono(1000));
  t.same(dueKills(holders, ['a'], mono(1999)), []);
  t.equal(killDeadline(holders, ['a']), 2000);
  t.equal(killDeadline(holders, ['b']), null);
  const again = dueKills(holders, ['a'], mono(2000));
  t.same(again, [{ link: 'a', label: 'uplink:a', again: true }]);
  holders = afterKills(holders, again, mono(2000));
  t.same(dueKills(holders, ['a'], mono(9999)), []);
  t.equal(killDeadline(holders, ['a']), null);
  t.same([...holders.keys()], ['b']);
  t.same(
    dueKills(holdStates(holders, ['a']), ['a'], mono(9999)).length,
    1,
    'until connections went there again',
  );
});

t.test('the alternative may appear later', async (t) => {
  const holders = holdStates(new Map(), ['a', 'b']);
  t.same(dueKills(holders, [], mono(1000)), []);
  t.same(dueKills(holders, ['a'], mono(500_000)).length, 1);
});

t.test('a link that came back before its stragglers were looked for keeps its states', async (t) => {
  const holders = afterKills(
    holdStates(new Map(), ['a']),
    [{ link: 'a', label: 'uplink:a', again: false }],
    mono(0),
  );
  t.same(dueKills(holders, [], mono(5000)), []);
  t.equal(killDeadline(holders, []), null);
});
