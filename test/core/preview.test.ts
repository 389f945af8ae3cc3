import t from 'tap';
import type { Health, PathKey } from '../../src/core/model.ts';
import { pathKey } from '../../src/core/model.ts';
import { previewRuleset } from '../../src/core/preview.ts';
import { interfacesOf, linkSettings, policySettings, settingsOf } from './example.ts';
import { createWorld } from './world.ts';

const links = [linkSettings('a', 0, { weight: 3 }), linkSettings('b', 1), linkSettings('c', 2, { tier: 2 })];

t.test('which links', async (t) => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['', 'a b', 'a b'],
    ['a=down', 'b', 'b'],
    ['a=down b=unknown', 'c', 'c'],
    ['a=down b=unknown c=down', 'b', 'b'],
    ['a=down b=down', 'c', 'c'],
    ['a=down b=down c=down', 'a b c', ''],
    ['a=unknown b=unknown c=unknown', 'a b', 'a b'],
  ];
  for (const [given, lastResort, drop] of rows) {
    const healths = new Map<PathKey, Health>(
      given.split(' ').flatMap((each) => {
        const [link = '', health] = each.split('=');
        return health === undefined ? [] : [[pathKey(link, 'inet'), health as Health]];
      }),
    );
    const chosen = (empty: 'last-resort' | 'drop'): string =>
      previewRuleset(settingsOf(links, [policySettings(links, { empty })]), healths)
        .flatMap((rule) => (rule.kind === 'choose' ? [rule.link] : []))
        .join(' ');
    t.equal(chosen('last-resort'), lastResort, given);
    t.equal(chosen('drop'), drop, `${given}, drop`);
  }
});

t.test('is what the running daemon comes to', async (t) => {
  const settings = settingsOf(links);
  for (const down of ['', 'a', 'b', 'ab', 'abc']) {
    const world = createWorld();
    world.load(settings);
    world.interfaces(interfacesOf(3));
    world.run(30_000);
    for (const link of down) world.answers(link, null);
    world.run(30_000);
    const healths = new Map([...down].map((link) => [pathKey(link, 'inet'), 'down'] as const));
    t.equal(world.holding().rules, JSON.stringify(previewRuleset(settings, healths)), `down: ${down}`);
  }
});
