/** What is promised about connections, families and answers, through the real loop and adapters in virtual time. */
import t from 'tap';
import type { Flow } from '../../src/emulator/clients.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import { createVirtualWorld, links, pfConf, type VirtualWorld } from './virtual.ts';

const begin = async (
  config: string,
  options: Parameters<typeof createVirtualWorld>[1] = {},
): Promise<VirtualWorld> => {
  const world = await createVirtualWorld(config, options);
  await world.run(4000);
  return world;
};

const uplinkOf = (flow: Flow): string | null => {
  const last = flow.history.at(-1);
  return last?.kind === 'delivered' ? last.uplink : null;
};

/** A TCP connection that is open. */
const connect = (world: VirtualWorld, number = 0): Flow => {
  const flow = world.router.lan.open({
    client: `10.0.0.${10 + number}`,
    protocol: 'tcp',
    to: '198.18.0.80',
    port: 443,
  });
  flow.send();
  return flow;
};

const since = (world: VirtualWorld, mark: number): string => world.log.slice(mark).join('\n');
const kills = (world: VirtualWorld): readonly string[] =>
  world.pfWrites().filter((each) => each.startsWith('-k'));

const tiers = `${links}tier = 2\n`;

t.test('failback = stay: old connections drain on the backup, new ones go to the better link', async (t) => {
  const world = await begin(tiers);
  world.router.setCarrier('em1', false);
  await world.run(3000);
  const old = connect(world);
  t.equal(uplinkOf(old), 'b');
  world.router.setCarrier('em1', true);
  await world.run(30_000);
  old.send();
  t.equal(uplinkOf(old), 'b', 'the old one stays');
  t.equal(uplinkOf(connect(world, 1)), 'a');
  world.stop();
});

t.test(
  'failback = move, and a metered link by itself: moved once the better link has been up for `hold`',
  async (t) => {
    for (const config of [`${tiers}[policy.default]\nfailback = "move"\n`, `${tiers}metered = true\n`]) {
      const world = await begin(config);
      world.router.setCarrier('em1', false);
      await world.run(3000);
      const old = world.router.lan.open({
        client: '10.0.0.10',
        protocol: 'udp',
        to: '198.18.0.80',
        port: 443,
        sourcePort: 4433,
      });
      old.send();
      t.equal(uplinkOf(old), 'b');
      const before = kills(world).length;
      world.router.setCarrier('em1', true);
      for (
        let waited = 0;
        world.loop.engine().decisions[0]?.shares[0]?.link !== 'a' && waited < 20_000;
        waited += 100
      ) {
        await world.run(100);
      }
      await world.run(1500);
      old.send();
      t.equal(uplinkOf(old), 'b', 'not before its hold');
      await world.run(2000);
      old.send();
      t.match(old.history.at(-1), { uplink: 'a', natAddress: '192.0.2.2' }, 'then it moves');
      const labels = kills(world).slice(before);
      t.ok(labels.length > 0 && labels.every((each) => each === '-k label -k uplink:b'), labels.join('; '));
      await world.run(10_000);
      t.equal(kills(world).length - before, 2, 'once, and once more for stragglers');
      world.stop();
    }
  },
);

t.test(
  'the last usable link dies: its connections are not killed, and go on when it returns (S11)',
  async (t) => {
    const world = await begin(links);
    world.router.setCarrier('em2', false);
    await world.run(3000);
    const flow = connect(world);
    t.equal(uplinkOf(flow), 'a');
    const before = kills(world).length;
    world.router.setCarrier('em1', false);
    await world.run(5000);
    t.equal(kills(world).length, before, 'nothing is killed');
    t.match(connect(world, 1).history.at(-1), { kind: 'refused' }, 'new ones are refused at once');
    world.router.setCarrier('em1', true);
    await world.run(8000);
    flow.send();
    t.equal(uplinkOf(flow), 'a', 'it goes on');
    t.ok(flow.isOpen);
    world.stop();
  },
);

t.test('an idle backup dies: the rules of the others are not touched (S12)', async (t) => {
  const world = await begin(tiers);
  const flow = connect(world);
  const writes = world.pfWrites().length;
  world.router.setCarrier('em2', false);
  await world.run(5000);
  const written = world.pfWrites().slice(writes);
  t.notMatch(written.join('\n'), /-f -/, 'no load');
  t.ok(
    written.every((each) => each === '-k label -k uplink:b'),
    written.join('; '),
  );
  flow.send();
  t.ok(flow.isOpen);
  world.stop();
});

t.test('empty = "drop" refuses where "last-resort" tries', async (t) => {
  for (const [empty, wanted] of [
    ['drop', { kind: 'refused' }],
    ['last-resort', { kind: 'silence' }],
  ] as const) {
    const world = await begin(`${links}[policy.default]\nempty = "${empty}"\n`);
    world.router.setDark('a', true);
    world.router.setDark('b', true);
    await world.run(15_000);
    t.match(connect(world).history.at(-1), wanted, empty);
    world.router.setDark('b', false);
    await world.run(1500);
    t.equal(
      uplinkOf(connect(world, 1)),
      'b',
      `${empty}: the first answer is enough when nothing else is usable (S32)`,
    );
    world.stop();
  }
});

t.test('degraded = use, avoid, never', async (t) => {
  const slow = `${links.replace('[link.a]', 'latency = { degraded = "200ms" }\n[link.a]')}`;
  for (const [degraded, wanted] of [
    ['use', ['a', 'b']],
    ['avoid', ['b']],
    ['never', ['b']],
  ] as const) {
    const world = await begin(`${slow}[policy.default]\ndegraded = "${degraded}"\n`);
    world.router.setLatency('a', 400);
    await world.run(60_000);
    t.equal(
      world.loop.engine().paths.get('a/inet')?.health,
      'degraded',
      'latency degrades, and never takes down (S17)',
    );
    t.strictSame(
      world.loop.engine().decisions[0]?.shares.map(({ link }) => link),
      wanted,
      degraded,
    );
    t.strictSame(kills(world), [], 'nobody is killed for it');
    world.stop();
  }
});

t.test('one of several rule sets lost: the anchor, a table, the line in pf.conf', async (t) => {
  const world = await begin(`reconcile = "5s"\n${links}`);
  const rules = await world.pfctl(['-a', 'uplinkd', '-sr']);
  let mark = world.log.length;
  await world.pfctl(['-a', 'uplinkd', '-F', 'rules']);
  await world.run(6000);
  t.match(since(world, mark), /changed by somebody else, putting it back: anchor uplinkd holds 0 rules/);
  t.equal(await world.pfctl(['-a', 'uplinkd', '-sr']), rules);
  mark = world.log.length;
  await world.pfctl(['-t', 'uplinkd_local', '-T', 'flush']);
  await world.run(6000);
  t.match(since(world, mark), /changed by somebody else, putting it back: table uplinkd_local lacks/);
  t.match(await world.pfctl(['-t', 'uplinkd_local', '-T', 'show']), /10\.0\.0\.0\/24/);
  mark = world.log.length;
  world.router.files.set('/etc/pf.conf', pfConf.replace('anchor "uplinkd"\n', ''));
  await world.pfctl(['-f', '/etc/pf.conf']);
  await world.run(16_000);
  const said = since(world, mark).match(/add the line to pf\.conf: anchor "uplinkd"/g);
  t.equal(said?.length, 1, 'said once');
  world.stop();
});

const inbound = `table <uplinkd_local> persist { self 10.0.0.0/8 }
match in on em0 inet from em0:network to ! <uplinkd_local> tag uplink_default
match in on { em1 em2 } inet proto tcp to port 8080 tag uplink_inbound rdr-to 10.0.0.80
match in on { em1 em2 } inet proto tcp to port 22 tag uplink_inbound
block in on { em1 em2 }
anchor "uplinkd"
`;

t.test('answers leave by the link that the connection came in on (S39)', async (t) => {
  const world = await begin(`${links}[inbound]\nenabled = true\n`, { pfConf: inbound });
  for (const uplink of ['a', 'b']) {
    const wanted = { kind: 'delivered', uplink };
    t.match(
      world.router.lan.inbound({ uplink, from: '198.18.7.7', port: 8080 }),
      wanted,
      `a LAN server behind ${uplink}, no default route`,
    );
  }
  t.match(
    world.router.lan.inbound({ uplink: 'b', from: '198.51.100.1', port: 8080 }),
    { kind: 'delivered', uplink: 'b' },
    'a neighbour on the link itself',
  );
  t.equal(
    world.router.lan.inbound({ uplink: 'b', from: '198.18.7.7', port: 22 }).kind,
    'silence',
    'this machine itself has no route without a default one',
  );
  world.stop();
});

const dual: RouterOptions['uplinks'] = [
  {
    name: 'a',
    interface: 'em1',
    address: '192.0.2.2/24',
    gateway: '192.0.2.1',
    address6: '2001:db8:a::2/64',
    gateway6: 'fe80::1',
    routed: ['2001:db8:1::/48'],
  },
  {
    name: 'b',
    interface: 'em2',
    address: '198.51.100.2/24',
    gateway: '198.51.100.1',
    address6: '2001:db8:b::2/64',
    gateway6: 'fe80::1',
    routed: ['2001:db8:2::/48'],
  },
];
const dualConfig = (a: string, b: string): string => `
[probe]
targets = ["gateway", "9.9.9.9", "2620:fe::fe"]
rise = 2
hold = "2s"
[link.a]
interface = "em1"
gateway = "192.0.2.1"
gateway6 = "fe80::1"
${a}
[link.b]
interface = "em2"
gateway = "198.51.100.1"
gateway6 = "fe80::1"
${b}
`;
const open6 = (world: VirtualWorld, client: string): Flow => {
  const flow = world.router.lan.open({ client, protocol: 'udp', to: '2001:db8:ffff::80', port: 5000 });
  flow.send();
  return flow;
};

t.test('inet6 without NAT: each source by the link whose prefix it is, or not at all', async (t) => {
  const config = dualConfig('prefix6 = ["2001:db8:1::/48"]', 'prefix6 = ["2001:db8:2::/48"]');
  const world = await begin(config, { uplinks: dual, address6: '2001:db8:1:1::1/64' });
  t.strictSame(
    [...world.loop.engine().paths.values()].map(({ key, health }) => `${key} ${health}`),
    ['a/inet up', 'a/inet6 up', 'b/inet up', 'b/inet6 up'],
    'the same link-local gateway on both, each probed by its own table (S36)',
  );
  t.equal(uplinkOf(open6(world, '2001:db8:1:1::10')), 'a');
  t.equal(uplinkOf(open6(world, '2001:db8:2:1::10')), 'b');
  t.match(
    open6(world, '2001:db8:3:1::10').history.at(-1),
    { kind: 'refused' },
    'nobody takes a foreign source',
  );
  world.stop();
});

t.test('inet6 with nat6 = "nat": any source by any link; a dead inet moves only inet (S35)', async (t) => {
  const world = await begin(dualConfig('nat6 = "nat"', 'nat6 = "nat"\nweight = 1'), {
    uplinks: dual,
    address6: '2001:db8:1:1::1/64',
  });
  const seen = new Set(
    Array.from({ length: 40 }, (_, index) => uplinkOf(open6(world, `2001:db8:1:1::${index + 16}`))),
  );
  t.strictSame([...seen].sort(), ['a', 'b']);
  const six = Array.from({ length: 20 }, (_, index) => open6(world, `2001:db8:1:1::${index + 100}`)).filter(
    (flow) => uplinkOf(flow) === 'a',
  );
  t.ok(six.length > 0);
  for (const target of ['192.0.2.1', '9.9.9.9']) world.router.setBlackhole('a', target, true);
  await world.run(8000);
  t.equal(world.loop.engine().paths.get('a/inet')?.health, 'down');
  t.equal(world.loop.engine().paths.get('a/inet6')?.health, 'up');
  for (const flow of six) flow.send();
  t.ok(
    six.every((flow) => uplinkOf(flow) === 'a'),
    'inet6 stays where it is',
  );
  t.ok(
    kills(world).every((each) => each === '-k label -k uplink:a'),
    'and none of its states is killed',
  );
  t.equal(uplinkOf(connect(world)), 'b', 'inet has moved');
  world.stop();
});
