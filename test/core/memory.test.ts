import t from 'tap';
import { pooledOf, usersOf } from '../../src/core/inherited.ts';
import { afterReboot, memoryKey, recallPath, recallRtables, rememberPresent } from '../../src/core/memory.ts';
import { newPath } from '../../src/core/path.ts';
import { rememberRecords } from '../../src/core/record.ts';
import { mono } from '../../src/core/time.ts';
import { interfacesOf, linkSettings, policySettings, ready, settingsOf } from './example.ts';
import { createWorld, type World } from './world.ts';

const a = linkSettings('a', 0, { weight: 3 });
const b = linkSettings('b', 1);
const settings = settingsOf([a, b]);

const present = (world: World) => {
  const { paths, rtables, admin, carp, records, leftBehind } = world.engine();
  const now = mono(world.now());
  return {
    ...rememberPresent(paths.values(), rtables, admin, carp.added, now, {
      leftBehind,
      users: usersOf(world.engine()),
      pooled: pooledOf(world.engine()),
    }),
    records: rememberRecords(records, paths, now),
  };
};

/** `before` is killed, and started again with what it left. */
const restart = (before: World): World => {
  const world = createWorld(before.holding());
  world.tell({ kind: 'memory', memory: JSON.parse(JSON.stringify(present(before))) });
  return world;
};

const steady = (): World => {
  const world = createWorld();
  world.load(settings);
  world.interfaces(interfacesOf(2));
  world.run(60_000);
  return world;
};

const idle = (world: World): boolean => world.takePfLog().every((line) => line === 'inspect');

t.test('a restart moves not one connection (S23)', async (t) => {
  const rows: readonly (readonly [string, (world: World) => void])[] = [
    ['all is well', () => {}],
    ['one is dark', (world) => world.answers('a', null)],
    [
      'both are',
      (world) => {
        world.answers('a', null);
        world.answers('b', null);
      },
    ],
  ];
  for (const [name, happen] of rows) {
    const before = steady();
    happen(before);
    before.run(30_000);
    const world = restart(before);
    happen(world);
    world.load(settings);
    world.interfaces(interfacesOf(2));
    world.run(60_000);
    // what was killed before is killed once more: nobody knows whether it was done
    const log = world.takePfLog().filter((line) => line !== 'inspect' && !/^kill a( again)?$/.test(line));
    t.same(log, [], name);
    t.equal(world.heldText(), before.heldText(), name);
    const alarms = world.takeNotes().filter((line) => /\b(link|policy) .* -> /.test(line));
    t.ok(alarms.length <= 1, `${name}: ${alarms.join('; ')}`);
  }
});

t.test('without a memory the numbers of routing tables are those that pf’s rules name', async (t) => {
  const c = linkSettings('c', 2, { via: 'rtable' });
  const before = createWorld();
  before.load(settingsOf([a, b, c]));
  before.interfaces(interfacesOf(3));
  before.run(60_000);
  const left = settingsOf([a, c]);
  before.load(left);
  before.run(60_000);
  t.equal(before.engine().rtables.byLink.get('c'), 103);
  const world = createWorld(before.holding());
  world.load(left);
  world.interfaces(interfacesOf(3));
  world.run(60_000);
  t.equal(world.engine().rtables.byLink.get('c'), 103, 'not 102, to which nothing leads');
  t.equal(world.engine().rtables.byLink.get('a'), 101);
  t.notOk(
    world.takePfLog().some((line) => line.includes('load')),
    'and nothing has to be written',
  );
});

t.test('a route(8) that fails at a restart costs no connection', async (t) => {
  const world = restart(steady());
  world.grow('a', 5);
  world.breakRoute('a', 'route: no');
  world.load(settings);
  world.interfaces(interfacesOf(2));
  world.run(5000);
  t.equal(world.statesOf('a'), 5);
});

const renumberedTo = (address: string) =>
  interfacesOf(2).map((each) =>
    each.name === 'em0'
      ? { ...each, addresses: [{ family: 'inet', address, prefixLength: 24, peer: null } as const] }
      : each,
  );
const renumbered = renumberedTo('10.0.0.7');

t.test('what is still to be killed is known to the next life', async (t) => {
  const before = steady();
  before.breakPf('kill', 'no');
  before.interfaces(renumberedTo('10.0.0.6'));
  before.run(30_000);
  before.interfaces(renumbered);
  before.run(30_000);
  t.equal(before.engine().leftBehind.get('a/inet')?.address, '10.0.0.2', 'of two the older one');
  t.match(present(before), {
    left: [{ path: 'a/inet', address: '10.0.0.2' }],
    paths: [{ path: 'a/inet', identity: '1:10.0.0.7>10.0.0.1' }, { path: 'b/inet' }],
  });
  const world = restart(before);
  world.load(settings);
  world.interfaces(renumbered);
  world.run(60_000);
  t.ok(
    world.takePfLog().some((line) => line.includes('kill a')),
    'as long as it has not been done',
  );
  t.equal(world.engine().leftBehind.size, 0);
  t.same(present(world).left, [], 'and no more');
});

t.test('nor is it lost with the link: by what gateway to look is known to the next life', async (t) => {
  const before = steady();
  before.breakPf('kill', 'no');
  const without = settingsOf([b]);
  before.load(without);
  before.run(1000);
  const place = { gateway: '10.0.0.1', address: '10.0.0.2', rdomain: 0 };
  t.match(present(before).left, [{ path: 'a/inet', ...place }]);
  const world = createWorld(before.holding());
  // The number of its routing table may be another link's by now.
  world.tell({ kind: 'memory', memory: { ...present(before), rtables: [] } });
  world.breakPf('kill', 'no');
  world.load(without);
  world.interfaces(interfacesOf(2));
  world.run(1000);
  t.equal(world.engine().sweep.outlived[0]?.gateway, '10.0.0.1');
  t.match(present(world).left, [{ path: 'a/inet', ...place }], 'and to the one after');
  world.breakPf(null);
  world.run(60_000);
  t.same(present(world).left, []);
});

t.test('a policy that has lost a link over a restart leaves it when it dies', async (t) => {
  const before = steady();
  const without = settingsOf([a, b], [policySettings([b])]);
  const world = restart(before);
  world.load(without);
  world.interfaces(interfacesOf(2));
  world.run(60_000);
  t.same([...world.engine().former], [['a/inet', ['default']]]);
  world.takePfLog();
  world.answers('a', null);
  world.run(30_000);
  t.ok(world.takePfLog().some((line) => line.includes('kill a')));
});

t.test(
  'what a pool has pinned is known under weights, also after a restart; and no longer once it is swept',
  async (t) => {
    const before = createWorld();
    before.load(settingsOf([a, b], [policySettings([a, b], { balance: 'least-states', sticky: true })]));
    before.interfaces(interfacesOf(2));
    before.run(60_000);
    t.same(pooledOf(before.engine()), ['a/inet', 'b/inet']);
    before.pin('a', 7);
    const world = restart(before);
    world.load(settings);
    world.interfaces(interfacesOf(2));
    world.run(60_000);
    world.pin('a', 7);
    t.same(pooledOf(world.engine()), ['a/inet', 'b/inet']);
    world.takeSweepLog();
    world.answers('a', null);
    world.run(30_000);
    t.same(world.takeSweepLog(), ['a', 'a again']);
    t.equal(world.pinnedOf('a'), 0);
    t.same(pooledOf(world.engine()), ['b/inet']);
    world.answers('a', 20);
    world.run(120_000);
    t.equal(world.held(), 'a/0.75 b/1');
    t.same(pooledOf(world.engine()), ['b/inet'], 'nor when it is used again');
  },
);

t.test('a link that is on hold is not up because of a restart', async (t) => {
  const before = steady();
  before.answers('a', null);
  before.run(10_000);
  before.answers('a', 20);
  before.run(6000);
  t.equal(before.engine().paths.get('a/inet')?.reason, 'hold');
  const world = restart(before);
  world.load(settings);
  world.interfaces(interfacesOf(2));
  world.run(9900);
  t.equal(world.engine().paths.get('a/inet')?.health, 'unknown');
  t.ok(idle(world) || world.held() === 'b/1');
  world.run(10_000);
  t.equal(world.held(), 'a/0.75 b/1');
});

t.test('what is remembered', async (t) => {
  const world = createWorld();
  world.load(settings);
  world.interfaces(interfacesOf(1));
  t.same(
    { ...present(world), records: [] },
    {
      age: 0,
      paths: [],
      left: [{ path: 'a/inet', gateway: '10.0.0.1', address: '10.0.0.2', rdomain: 0 }],
      users: [
        { path: 'a/inet', policies: ['default'] },
        { path: 'b/inet', policies: ['default'] },
      ],
      pooled: [],
      rtables: [
        { link: 'a', rtable: 101 },
        { link: 'b', rtable: 102 },
      ],
      rdomains: [],
      rdomainsSeen: [0],
      carp: null,
      records: [],
      months: [],
      admin: [],
    },
  );
  world.run(5000);
  const memory = present(world);
  t.same(memory.paths, [
    {
      path: 'a/inet',
      identity: '1:10.0.0.2>10.0.0.1',
      health: 'up',
      reason: 'answering',
      lasted: 4952,
      damping: { penalty: 0, isSuppressed: false, ago: 5000 },
    },
  ]);
  t.same(recallRtables(memory), world.engine().rtables);
  world.run(5000);
  t.equal(memoryKey(present(world)), memoryKey(memory), 'time alone is nothing to write');
  world.answers('a', null);
  world.run(5000);
  t.not(memoryKey(present(world)), memoryKey(memory));
});

t.test('what an operator has said by hand outlives a restart, and a reboot', async (t) => {
  const before = steady();
  before.tell({ kind: 'admin', link: 'a', mode: 'drained' }, { kind: 'admin', link: 'b', mode: 'disabled' });
  before.run(5000);
  t.same(present(before).admin, [
    { link: 'a', mode: 'drained' },
    { link: 'b', mode: 'disabled' },
  ]);
  for (const memory of [present(before), afterReboot(present(before))]) {
    const world = createWorld(before.holding());
    world.tell({ kind: 'memory', memory });
    world.load(settings);
    world.interfaces(interfacesOf(2));
    world.run(60_000);
    t.equal(world.held(), '');
    t.match(world.takeNotes(), [/link a: still drained \(admin\)/, /link b: still disabled \(admin\)/]);
  }
  t.match(afterReboot(present(before)), { paths: [], rtables: [], rdomainsSeen: [] });
});

t.test('another path shares nothing with it but the name', async (t) => {
  const memory = present(steady());
  const path = newPath(a, 'inet', 101, mono(0));
  const identity = ready(0).kind === 'ready' ? '1:10.0.0.2>10.0.0.1' : '';
  t.match(recallPath(path, memory, identity, mono(100)), { health: 'up', reason: 'answering' });
  t.same(recallPath(path, memory, '1:10.0.0.3>10.0.0.1', mono(100)), path);
  t.same(recallPath(path, null, identity, mono(100)), path);
});
