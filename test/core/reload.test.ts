import t from 'tap';
import { stepEvidence, stepRoute } from '../../src/core/health.ts';
import type { LinkSettings, PathKey, Settings } from '../../src/core/model.ts';
import type { PathHealth } from '../../src/core/path.ts';
import { reloadPaths } from '../../src/core/reload.ts';
import { allocateRtables, noRtables } from '../../src/core/rtable.ts';
import { millis, mono } from '../../src/core/time.ts';
import {
  interfacesOf,
  linkSettings,
  linkSettings6,
  policySettings,
  probeSettings,
  ready,
  settingsOf,
  toAddress,
} from './example.ts';
import { createWorld, type World } from './world.ts';

const a = linkSettings('a', 0);
const b = linkSettings('b', 1);
const before = settingsOf([a, b]);
const rtables = allocateRtables(noRtables, before.links, null);

/** a and b, up since 5 s after their start. */
const paths = (): ReadonlyMap<PathKey, PathHealth> =>
  new Map(
    [...reloadPaths(new Map(), null, before, rtables, mono(0))].map(([key, path], n) => [
      key,
      {
        ...stepRoute(stepEvidence(path, ready(n), mono(1)), true, mono(2)),
        health: 'up',
        reason: 'answering',
        since: mono(5000),
      },
    ]),
  );

const settled = (settings: Settings) => ({ kind: 'settings', settings }) as const;

const now = mono(60_000);

t.test('per path: keep, retune, restart, add, delete', async (t) => {
  const kept = paths();
  const was = kept.get('a/inet');
  if (was === undefined) throw new Error('no path');
  const retuned = (probe: Partial<LinkSettings['probe']>): LinkSettings => ({
    ...a,
    probe: probeSettings(probe),
  });
  const rows: readonly (readonly [string, LinkSettings, 'keep' | 'retune' | 'restart'])[] = [
    ['nothing changed', a, 'keep'],
    ['weight, tier and nat are not the path', { ...a, weight: 9, tier: 3, nat: false }, 'keep'],
    ['the number that it has anyway', { ...a, rtable: 101 }, 'keep'],
    [
      'hold, rise, fall, time-out, quorum',
      retuned({ hold: millis(1), rise: 1, fall: 1, timeout: millis(50) }),
      'retune',
    ],
    ['targets', retuned({ targets: [toAddress('1.1.1.1')] }), 'retune'],
    ['interval', retuned({ interval: millis(100) }), 'retune'],
    ['interface', { ...a, interface: 'em7' }, 'restart'],
    ['gateway', { ...a, gateway: '10.0.0.9' }, 'restart'],
    ['routing table', { ...a, rtable: 142 }, 'restart'],
  ];
  for (const [name, link, wanted] of rows) {
    const after = settingsOf([link, b]);
    const next = reloadPaths(kept, before, after, allocateRtables(rtables, after.links, null), now);
    const path = next.get('a/inet');
    t.same(next.get('b/inet'), kept.get('b/inet'), `${name}: the other path stays as it was`);
    if (wanted === 'keep') t.same(path, was, name);
    if (wanted === 'retune') {
      t.match(path, { health: 'up', since: 5000, isRouted: true, settings: link.probe }, name);
      t.same(path?.evidence, was.evidence, name);
    }
    if (wanted === 'restart')
      t.match(path, { health: 'unknown', reason: 'starting', evidence: null, since: now, targets: [] }, name);
  }
});

t.test('added, deleted, in the order of the file', async (t) => {
  const after = settingsOf([linkSettings('c', 2), b]);
  const next = reloadPaths(paths(), before, after, allocateRtables(rtables, after.links, null), now);
  t.same([...next.keys()], ['c/inet', 'b/inet']);
  t.match(next.get('c/inet'), { reason: 'starting', rtable: 103 });
});

t.test('no number, no path', async (t) => {
  t.same([...reloadPaths(new Map(), null, before, noRtables, now).keys()], []);
});

t.test('per family: what changes in one leaves the other alone', async (t) => {
  const six = linkSettings6('a', 0);
  const now6 = mono(90_000);
  const numbers = allocateRtables(noRtables, [six], null);
  const started = reloadPaths(new Map(), null, settingsOf([six]), numbers, mono(0));
  t.same([...started.keys()], ['a/inet', 'a/inet6']);
  const next = (link: LinkSettings) =>
    reloadPaths(started, settingsOf([six]), settingsOf([link]), numbers, now6);
  const rows: readonly (readonly [string, LinkSettings, readonly string[]])[] = [
    ['gateway6', { ...six, gateway6: '2001:db8:0::9' }, ['a/inet6']],
    ['gateway', { ...six, gateway: '10.0.0.9' }, ['a/inet']],
    ['no gateway6', { ...six, gateway6: null }, []],
    ['nat6, prefix6, via, metered', { ...six, nat6: 'nat', prefix6: [], via: 'rtable', metered: true }, []],
    ['interface', { ...six, interface: 'em7' }, ['a/inet', 'a/inet6']],
  ];
  for (const [name, link, restarted] of rows) {
    const paths = next(link);
    t.same([...paths.keys()], link.gateway6 === null ? ['a/inet'] : ['a/inet', 'a/inet6'], name);
    t.same(
      [...paths.values()].filter(({ since }) => since === now6).map(({ key }) => key),
      restarted,
      name,
    );
  }
});

t.test(
  'a policy loses a link that another keeps: when it dies, what the first has left there is moved',
  async (t) => {
    const c = linkSettings('c', 2);
    const links = [a, b, c];
    const policy = (name: string, members: readonly LinkSettings[]) => policySettings(members, { name });
    const began = (): World => {
      const world = createWorld();
      world.load(settingsOf(links, [policy('one', [a, b]), policy('two', [a])]));
      world.interfaces(interfacesOf(3));
      world.run(20_000);
      world.grow('a', 7);
      world.load(settingsOf(links, [policy('one', [b]), policy('two', [a])]));
      world.run(5000);
      t.equal(world.statesOf('a'), 7, 'they stay as long as it works');
      return world;
    };
    const world = began();
    world.answers('a', null);
    world.run(10_000);
    t.equal(world.engine().paths.get('a/inet')?.health, 'down');
    t.equal(world.statesOf('a'), 0);
    // Once they are gone, policy two alone has a say, and has nowhere to go.
    world.answers('a', 20);
    world.run(60_000);
    world.grow('a', 5);
    world.answers('a', null);
    world.run(10_000);
    t.equal(world.statesOf('a'), 5, 'its own connections may come back with the link');

    const back = began();
    back.load(settingsOf(links, [policy('other', [b]), policy('two', [a])]));
    back.run(5000);
    back.answers('a', null);
    back.run(10_000);
    t.equal(back.statesOf('a'), 7, 'a policy that is no more has nowhere to go');

    const twice = began();
    twice.load(settingsOf(links, [policy('one', [b, c]), policy('two', [a])]));
    twice.run(5000);
    twice.answers('a', null);
    twice.run(10_000);
    t.equal(twice.statesOf('a'), 0, 'whatever has been loaded since');
  },
);

t.test('what is lost and there again before anybody looks is asked anew', async (t) => {
  const carrier = (is: 'up' | 'down') =>
    ({ kind: 'interface-status', name: 'em0', up: true, carrier: is }) as const;
  const other = settingsOf([{ ...a, gateway: '10.0.0.9' }, b]);
  const slower = settingsOf([{ ...a, probe: probeSettings({ interval: millis(7000) }) }, b]);
  const rows: readonly (readonly [string, (world: World) => void])[] = [
    ['interval', (world) => world.tell(settled(slower), settled(before))],
    ['carrier', (world) => world.tell(carrier('down'), carrier('up'))],
    ['gateway', (world) => world.tell(settled(other), settled(before))],
  ];
  for (const [name, happen] of rows) {
    const world = createWorld();
    world.load(before);
    world.interfaces(interfacesOf(2));
    world.run(70_000);
    world.takeStarted();
    happen(world);
    world.run(20_000);
    t.ok(world.takeStarted().length > 0, `${name}: by children of its own`);
    const path = world.engine().paths.get('a/inet');
    t.match(path, { health: 'up', reason: 'answering' }, name);
    t.same(
      path?.targets.map(({ window }) => window.lost),
      [0],
      `${name}: nothing was lost`,
    );
    happen(world);
    world.answers('a', null);
    world.run(20_000);
    t.match(world.engine().paths.get('a/inet'), { health: 'down', reason: 'probe-loss' }, `${name}: dead`);
  }
});
