/** Scenarios of pools, sweeps, families and failback in virtual time, against the world of world.ts. */
import t from 'tap';
import type { Settings } from '../../src/core/model.ts';
import { millis } from '../../src/core/time.ts';
import {
  em6,
  interfacesOf,
  interfacesOf6,
  lan,
  linkSettings,
  linkSettings6,
  policySettings,
  probeSettings,
  settingsOf,
} from './example.ts';
import { createWorld, type Holding, type World } from './world.ts';

const a = linkSettings('a', 0, { weight: 3 });
const b = linkSettings('b', 1);
const c = linkSettings('c', 2, { tier: 2 });
const pool = (links = [a, b], more: Parameters<typeof policySettings>[1] = {}): Settings =>
  settingsOf(links, [policySettings(links, { balance: 'least-states', sticky: true, ...more })]);

const begin = (settings: Settings, holding?: Holding): World => {
  const world = createWorld(holding);
  world.load(settings);
  world.interfaces(interfacesOf(3));
  return world;
};

/** Everything up and quiet. */
const steady = (settings: Settings, holding?: Holding): World => {
  const world = begin(settings, holding);
  world.run(60_000);
  world.takeNotes();
  world.takePfLog();
  world.takeSweepLog();
  return world;
};

const unplug = (world: World, number: number): void =>
  world.tell({ kind: 'interface-status', name: `em${number}`, up: true, carrier: 'down' });
const plug = (world: World, number: number): void =>
  world.tell({ kind: 'interface-status', name: `em${number}`, up: true, carrier: 'up' });
const texts = (world: World): readonly string[] => world.takeNotes().map((line) => line.replace(/^\S+ /, ''));
const written = (world: World): readonly string[] => world.takePfLog().filter((line) => line !== 'inspect');

t.test('a start with an empty pf', async (t) => {
  const world = begin(pool());
  world.run(15);
  t.same(world.takePfLog(), [
    'inspect',
    'pool default, reweigh default.pool_inet, check, load, uplinkd_local=13, uplinkd_default=2',
  ]);
  t.equal(world.heldPool('default'), '10.0.0.1/3 10.1.0.1/1');
  world.run(60_000);
  t.same(written(world), []);
  t.same(world.takeSweepLog(), []);

  t.test('and with pf holding the right thing: nothing is written', async (t) => {
    const again = begin(pool(), world.holding());
    again.run(60_000);
    t.same(written(again), []);
  });

  t.test('nor with weights of another life: they are put right, once', async (t) => {
    for (const now of [
      pool([{ ...a, weight: 7 }, b]),
      pool([{ ...a, weight: 1 }, b], { balance: 'round-robin' }),
      pool([{ ...a, weight: 1 }, b], { balance: 'random', sticky: false }),
    ]) {
      const again = begin(now, world.holding());
      again.run(120_000);
      t.match(written(again), [/^pool default, reweigh default.pool_inet$/]);
      t.equal(again.heldPool('default'), `10.0.0.1/${now.links[0]?.weight} 10.1.0.1/1`);
      t.notOk(texts(again).some((text) => text.includes('somebody else')));
    }
  });
});

t.test('a cable is pulled: the pool, the rules, the kill, and then the sweep; and once more', async (t) => {
  const world = steady(pool());
  world.grow('a', 300);
  world.pin('a', 299);
  world.pin('b', 100);
  unplug(world, 0);
  t.same(world.takePfLog(), ['default.pool_inet=1, load, uplinkd_default=1, kill a']);
  t.same(world.takeSweepLog(), [], 'not before the rules are settled');
  world.run(10);
  t.same(world.takeSweepLog(), ['a']);
  t.equal(world.heldPool('default'), '10.1.0.1/1');
  t.match(world.holding().rules, /"kind":"close"/, 'clients learn at once');
  t.equal(world.pinnedOf('a'), 299, 'it takes a while');
  world.run(1500);
  t.equal(world.pinnedOf('a'), 0);
  world.pin('a', 2);
  world.run(10_000);
  t.same(written(world), ['kill a again']);
  t.same(world.takeSweepLog(), ['a again']);
  t.equal(world.pinnedOf('a'), 0);
  t.equal(world.pinnedOf('b'), 100, 'the other link keeps its states');
  t.same(texts(world), [
    'link a inet: up -> down (carrier-down), up for 59.9s',
    'policy default inet: a 75% b 25% -> b 100%',
    'pf: anchor uplinkd loaded, 8 rules, 3 ms',
    'pf: killed 300 states of a',
    'pf: killed 0 states of a (stragglers)',
    'pf: killed 299 states of a',
    'pf: killed 2 states of a (stragglers)',
  ]);

  t.test('it comes back', async (t) => {
    plug(world, 0);
    world.run(30_000);
    t.same(
      written(world),
      ['load', 'default.pool_inet=2, uplinkd_default=2'],
      'no longer closed as soon as it may live, and used when it is good',
    );
    t.equal(world.heldPool('default'), '10.0.0.1/3 10.1.0.1/1');
    t.notMatch(world.holding().rules, /"kind":"close"/);
    t.same(world.takeSweepLog(), []);
  });
});

t.test('sticky clients stay: a pool is loaded once', async (t) => {
  const links = [a, b, { ...c, tier: 1 }];
  const world = begin(pool(links));
  world.run(30_000);
  unplug(world, 0);
  world.run(30_000);
  plug(world, 0);
  world.run(30_000);
  world.load(pool(links));
  world.run(30_000);
  world.load(pool([{ ...a, weight: 9 }, ...links.slice(1)]));
  world.run(30_000);
  t.equal(world.heldPool('default'), '10.0.0.1/9 10.1.0.1/1 10.2.0.1/1');
  t.equal(written(world).filter((line) => line.includes('pool default')).length, 1);
});

t.test('SIGHUP', async (t) => {
  t.test('with an unchanged file writes nothing', async (t) => {
    const world = steady(pool());
    world.load(pool());
    world.run(5000);
    t.same(world.takePfLog(), ['inspect']);
  });

  t.test('with a new weight: reweighed, and nothing loaded', async (t) => {
    const world = steady(pool());
    world.load(pool([{ ...a, weight: 1 }, b]));
    world.run(5000);
    t.same(world.takePfLog(), ['inspect', 'reweigh default.pool_inet']);
    t.equal(world.heldPool('default'), '10.0.0.1/1 10.1.0.1/1');
    t.same(texts(world), ['policy default inet: a 75% b 25% -> a 50% b 50%']);
    t.same(world.takeSweepLog(), []);
  });

  t.test('with a new weight of a link that is alone: weighed when the other one is back', async (t) => {
    const world = steady(pool());
    unplug(world, 1);
    world.run(5000);
    world.takePfLog();
    const lighter = pool([{ ...a, weight: 1 }, b]);
    world.load(lighter);
    world.run(5000);
    t.same(world.takePfLog(), ['inspect'], 'the table would be empty for a moment');
    plug(world, 1);
    world.run(20_000);
    t.same(written(world), [
      'check, load',
      'default.pool_inet=2, reweigh default.pool_inet, uplinkd_default=2',
    ]);
    t.equal(world.heldPool('default'), '10.0.0.1/1 10.1.0.1/1');
  });

  t.test('from a pool to a chain and back', async (t) => {
    const world = steady(pool());
    world.load(settingsOf([a, b]));
    world.run(5000);
    t.same(world.takePfLog(), ['inspect', 'check, load']);
    t.equal(world.held(), 'a/0.75 b/1');
    t.equal(world.heldPool('default'), null);
    world.load(pool());
    world.run(5000);
    t.same(world.takePfLog(), ['inspect', 'check, load'], 'what it has left in pf is found there');
    t.equal(world.heldPool('default'), '10.0.0.1/3 10.1.0.1/1');
  });
});

t.test('somebody else writes to a pool', async (t) => {
  for (const spoil of [
    (world: World) => world.flushPool('default'),
    (world: World) => world.spoilPool('default', '10.9.9.9', 1),
    (world: World) => world.spoilPool('default', '10.0.0.1', null),
    (world: World) => world.spoilPool('default', '10.0.0.1', 7),
  ]) {
    const world = steady(pool());
    spoil(world);
    world.run(31_000);
    t.equal(world.heldPool('default'), '10.0.0.1/3 10.1.0.1/1');
    t.same(written(world), ['pool default, reweigh default.pool_inet']);
    t.same(texts(world), ['pf: changed by somebody else, putting it back: uplinkd/default']);
  }
});

t.test('a pool that pf refuses', async (t) => {
  const world = steady(pool());
  world.breakPf('pool', 'pfctl: no');
  unplug(world, 0);
  world.run(5000);
  t.equal(world.heldPool('default'), '10.0.0.1/3 10.1.0.1/1', 'what was there stays');
  t.same(world.takeSweepLog(), [], 'nothing is swept while clients may come back to the dead path');
  t.equal(texts(world).filter((text) => text.startsWith('pf: anchor uplinkd: pool failed')).length, 1);
  world.breakPf(null);
  world.run(31_000);
  t.equal(world.heldPool('default'), '10.1.0.1/1');
  t.same(world.takeSweepLog(), ['a', 'a again']);
});

t.test('no member is left: the pool is not called, and what comes is refused', async (t) => {
  const world = steady(pool([a, b], { empty: 'drop' }));
  world.pin('a', 5);
  world.answers('a', null);
  world.answers('b', null);
  world.run(20_000);
  t.equal(world.heldPool('default'), null);
  t.equal(world.pinnedOf('a'), 5, 'nowhere to go');
  t.same(world.takeSweepLog(), []);
  world.answers('b', 20);
  world.run(5000);
  t.equal(world.heldPool('default'), '10.1.0.1/1');
  t.equal(world.pinnedOf('a'), 0);
});

t.test('a sweep that fails', async (t) => {
  const world = steady(pool());
  world.breakSweep('pfctl: no');
  world.pin('a', 5);
  unplug(world, 0);
  world.run(60_000);
  t.ok(world.takeSweepLog().length < 25, 'ever more slowly');
  t.equal(texts(world).filter((text) => text.startsWith('pf: cannot look for states')).length, 1);
  t.same(
    world.takePfLog().filter((line) => line.startsWith('pool')),
    [],
  );
  world.breakSweep(null);
  world.run(60_000);
  t.equal(world.pinnedOf('a'), 0);
  t.same(world.takeSweepLog().slice(-2), ['a', 'a again']);

  t.test('and the link is back before it is tried again: nothing is left that wakes us', async (t) => {
    // b was swept long ago and is still dead
    const other = steady(pool([a, b, { ...c, tier: 1, probe: probeSettings({ hold: millis(0), rise: 1 }) }]));
    unplug(other, 1);
    other.run(30_000);
    other.breakSweep('pfctl: no');
    unplug(other, 2);
    other.run(20_000);
    plug(other, 2);
    const turns = other.turns();
    other.run(40_000);
    t.ok(other.turns() - turns < 1000, `${other.turns() - turns} turns in 40 s`);
  });
});

t.test('a link comes back during a long sweep, and dies again', async (t) => {
  const quick = { ...a, probe: probeSettings({ hold: millis(0), rise: 1 }) };
  const world = steady(pool([quick, b]));
  world.slowSweep(8000);
  unplug(world, 0);
  // the second look is under way
  world.run(10_000);
  t.same(world.takeSweepLog(), ['a', 'a again']);
  world.pin('a', 3);
  plug(world, 0);
  world.run(4000);
  t.equal(world.heldPool('default'), '10.0.0.1/3 10.1.0.1/1');
  world.run(10_000);
  t.equal(world.pinnedOf('a'), 3, 'what is pinned to a link that works stays');
  world.pin('a', 7);
  unplug(world, 0);
  world.run(30_000);
  t.equal(world.pinnedOf('a'), 0);
});

t.test('the only link of one pool is dead, and another policy has somewhere to go', async (t) => {
  const policies = [policySettings([a, b]), policySettings([a], { name: 'only', balance: 'random' })];
  const world = steady(settingsOf([a, b], policies));
  world.answers('a', null);
  world.run(10_000);
  t.equal(world.held(), 'b/1');
  t.equal(world.heldPool('only'), '10.0.0.1/1', 'its last resort');
  t.notMatch(world.holding().rules, /"kind":"close"/, 'which is not closed');
});

t.test('one family dies (S35)', async (t) => {
  const links = [linkSettings6('a', 0, { weight: 3, nat6: 'nat' }), linkSettings6('b', 1, { nat6: 'nat' })];
  const start = (settings: Settings): World => {
    const world = createWorld();
    world.load(settings);
    world.interfaces(interfacesOf6(2));
    world.run(60_000);
    for (const path of ['a', 'a/inet6', 'b', 'b/inet6']) {
      world.grow(path, 5);
      world.pin(path, 5);
    }
    world.takePfLog();
    world.takeNotes();
    return world;
  };
  const left = (world: World): string =>
    ['a', 'a/inet6', 'b', 'b/inet6']
      .map((path) => `${world.statesOf(path)}/${world.pinnedOf(path)}`)
      .join(' ');

  t.test('in a chain', async (t) => {
    const world = start(settingsOf(links));
    world.answers('a', null);
    world.run(10_000);
    t.equal(world.held(), 'b/1');
    t.equal(world.held('inet6'), 'a/0.75 b/1');
    t.equal(left(world), '0/5 5/5 5/5 5/5');
    t.same(
      texts(world).filter((text) => /policy|killed/.test(text)),
      [
        'policy default inet: a 75% b 25% -> b 100%',
        'pf: killed 5 states of a',
        'pf: killed 0 states of a (stragglers)',
      ],
    );
    const other = start(settingsOf(links));
    other.answers('a/inet6', null);
    other.run(10_000);
    t.equal(other.held(), 'a/0.75 b/1');
    t.equal(other.held('inet6'), 'b/1');
    t.equal(left(other), '5/5 0/5 5/5 5/5');
  });

  t.test('in a pool', async (t) => {
    const world = start(pool(links));
    world.answers('a/inet6', null);
    world.run(20_000);
    t.equal(world.heldPool('default'), '10.0.0.1/3 10.1.0.1/1');
    t.equal(world.heldPool('default', 'inet6'), '2001:db8:1::1/1');
    t.equal(left(world), '5/5 0/0 5/5 5/5');
    t.same(world.takeSweepLog(), ['a/inet6', 'a/inet6 again']);
    t.match(written(world), [/^default.pool_inet6=1, load, .*kill a\/inet6$/]);
  });

  t.test('and the cable takes both', async (t) => {
    const world = start(pool(links));
    unplug(world, 0);
    world.run(20_000);
    t.equal(left(world), '0/0 0/0 5/5 5/5');
    t.same(world.takeSweepLog(), ['a a/inet6', 'a again a/inet6 again']);
  });
});

t.test('a link-local gateway is not used before its table is routed', async (t) => {
  const local = linkSettings6('a', 0, { gateway6: 'fe80::1', nat6: 'nat' });
  const world = createWorld();
  world.breakRoute('a/inet6', 'route: no');
  world.load(settingsOf([local, linkSettings6('b', 1, { nat6: 'nat' })]));
  world.interfaces([em6(0), em6(1), lan]);
  world.run(30_000);
  t.equal(world.held('inet6'), 'b/1');
  t.equal(world.held(), 'a/0.5 b/1');
  world.breakRoute('a/inet6', null);
  world.run(60_000);
  t.equal(world.held('inet6'), 'a/0.5 b/1');
  t.match(world.holding().rules, /"kind":"rtable"/);
  t.ok(texts(world).includes('link a inet6: default route of rtable 101 is fe80::1%em0'));
});

t.test('failback', async (t) => {
  const failOver = (settings: Settings): World => {
    const world = steady(settings);
    unplug(world, 0);
    unplug(world, 1);
    world.run(20_000);
    world.grow('c', 9);
    world.pin('c', 9);
    world.takePfLog();
    world.takeSweepLog();
    return world;
  };
  const metered = { ...c, metered: true };

  t.test('stay: what is on the backup drains there', async (t) => {
    const world = failOver(settingsOf([a, b, c]));
    plug(world, 0);
    world.run(120_000);
    t.equal(world.held(), 'a/1');
    t.equal(world.statesOf('c'), 9);
    t.notOk(written(world).some((line) => line.includes('kill')));
  });

  t.test('move: once the better link has been in use for its hold', async (t) => {
    for (const settings of [
      settingsOf([a, b, metered]),
      settingsOf([a, b, c], [policySettings([a, b, c], { failback: 'move' })]),
    ]) {
      const world = failOver(settings);
      plug(world, 0);
      while (world.held() !== 'a/1') world.run(10);
      const back = world.now();
      world.run(9900);
      t.equal(world.statesOf('c'), 9);
      world.run(200);
      t.equal(world.statesOf('c'), 0, `after ${world.now() - back} ms`);
      world.run(10_000);
      t.same(
        written(world).filter((line) => line.includes('kill')),
        ['kill c', 'kill c again'],
      );
      t.equal(world.held(), 'a/1', 'the link itself stays as it is');
    }
  });

  t.test('a better link that goes away again before that changes nothing', async (t) => {
    const world = failOver(settingsOf([a, b, metered]));
    plug(world, 0);
    world.run(18_000);
    t.equal(world.held(), 'a/1');
    unplug(world, 0);
    world.run(60_000);
    t.equal(world.held(), 'c/1');
    t.equal(world.statesOf('c'), 9);
  });

  t.test('from a pool, by a sweep', async (t) => {
    const world = failOver(pool([a, b, metered]));
    plug(world, 0);
    world.run(60_000);
    t.equal(world.pinnedOf('c'), 0);
    t.equal(world.statesOf('c'), 0);
    t.same(world.takeSweepLog(), ['c', 'c again']);
    t.notMatch(world.holding().rules, /"kind":"close",[^}]*"link":"c"/, 'c works: nothing to close');
  });

  t.test('not while another policy uses it', async (t) => {
    const policies = [policySettings([a, b, metered]), policySettings([metered], { name: 'only' })];
    const world = failOver(settingsOf([a, b, metered], policies));
    plug(world, 0);
    world.run(60_000);
    t.equal(world.statesOf('c'), 9);
  });
});

t.test('a main rule set that does not call the anchor', async (t) => {
  const world = createWorld();
  world.callAnchor(false);
  world.load(settingsOf([a, b]));
  world.interfaces(interfacesOf(2));
  world.run(120_000);
  t.equal(texts(world).filter((text) => text.includes('does not use the anchor')).length, 1);
  t.ok(world.engine().pf.isUncalled);
  world.callAnchor(true);
  world.run(31_000);
  t.notOk(world.engine().pf.isUncalled);
  t.same(texts(world), []);
});
