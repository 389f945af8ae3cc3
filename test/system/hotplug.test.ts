/**
 * Links that appear and vanish, in routing domains of their own, or that the kernel cannot tell apart (PEERS.md S29-S32,
 * S36, S37, S43, S44), through the real loop and adapters in virtual time.
 */
import t from 'tap';
import type { Flow } from '../../src/emulator/clients.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import { createVirtualWorld, links, type VirtualWorld } from './virtual.ts';

const begin = async (
  config: string,
  options: Parameters<typeof createVirtualWorld>[1] = {},
): Promise<VirtualWorld> => {
  const world = await createVirtualWorld(config, options);
  await world.run(6000);
  return world;
};

const healthOf = (world: VirtualWorld, path: string): string => {
  const found = world.loop.engine().paths.get(path as 'a/inet');
  return found === undefined ? 'none' : `${found.health} (${found.reason})`;
};

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

const uplinkOf = (flow: Flow): string | null => {
  const last = flow.history.at(-1);
  return last?.kind === 'delivered' ? last.uplink : null;
};

/** How many of 40 new connections each link gets. */
const spread = (world: VirtualWorld, flows: Flow[] = []): ReadonlyMap<string | null, number> => {
  const counts = new Map<string | null, number>();
  for (let at = 0; at < 40; at += 1) {
    const flow = connect(world, at);
    flows.push(flow);
    const uplink = uplinkOf(flow);
    counts.set(uplink, (counts.get(uplink) ?? 0) + 1);
  }
  return counts;
};

t.test('S31: absent at the start, plugged in ten minutes later, pulled again', async (t) => {
  const world = await begin(`${links}[link.c]\ninterface = "em3"\ngateway = "203.0.113.1"\n`);
  const { router } = world;
  router.detach('em3');
  await world.run(200);
  t.equal(healthOf(world, 'c/inet'), 'down (interface-absent)');
  await world.run(600_000);
  router.attach('em3');
  router.setInterfaceUp('em3', true);
  await world.run(1500);
  router.addAddress('em3', '203.0.113.2/24');
  await world.run(20_000);
  t.equal(healthOf(world, 'c/inet'), 'up (answering)', 'by itself');
  t.ok((spread(world).get('c') ?? 0) > 0);
  router.detach('em3');
  await world.run(200);
  t.equal(spread(world).get('c') ?? 0, 0, 'gone within 200 ms');
  t.equal(spread(world).get(null) ?? 0, 0, 'and nobody noticed');
  world.stop();
});

t.test('absent when the daemon starts', async (t) => {
  const first = await begin(links);
  first.stop();
  first.router.detach('em2');
  const world = await createVirtualWorld(links, { on: first });
  await world.run(6000);
  t.equal(healthOf(world, 'a/inet'), 'up (answering)');
  t.equal(healthOf(world, 'b/inet'), 'down (interface-absent)');
  world.router.attach('em2');
  await world.run(11_000);
  t.equal(healthOf(world, 'b/inet'), 'down (interface-down)', 'seen by the poll: IFANNOUNCE stays in a pipe');
  world.router.setInterfaceUp('em2', true);
  world.router.addAddress('em2', '198.51.100.2/24');
  await world.run(20_000);
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  world.stop();
});

t.test('addresses that come in several steps, and `ifconfig down`', async (t) => {
  const world = await begin(links);
  const { router } = world;
  const [said] = [world.log.length];
  router.removeAddress('em2', '198.51.100.2');
  await world.run(500);
  t.equal(healthOf(world, 'b/inet'), 'down (no-address)');
  router.addAddress('em2', '10.77.0.2/24');
  await world.run(500);
  t.equal(healthOf(world, 'b/inet'), 'down (gateway-off-link)');
  router.addAddress('em2', '198.51.100.2/24');
  await world.run(20_000);
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  router.setInterfaceUp('em2', false);
  await world.run(100);
  t.equal(healthOf(world, 'b/inet'), 'down (interface-down)', 'em(4) goes on saying active');
  router.setInterfaceUp('em2', true);
  await world.run(20_000);
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  const lines = world.log.slice(said).filter((line) => /-> down/.test(line));
  t.equal(lines.length, 4, 'each change is said once; em(4) has no carrier for a second after `up`');
  t.equal(new Set(lines.map((line) => /\(\S+\)/.exec(line)?.[0])).size, 4);
  world.stop();
});

const twins: RouterOptions['uplinks'] = [
  { name: 'a', interface: 'em1', address: '192.168.1.2/24', gateway: '192.168.1.1' },
  { name: 'b', interface: 'em2', address: '192.168.1.2/24', gateway: '192.168.1.1' },
];
const learnt = `
[probe]
targets = ["gateway", "9.9.9.9"]
hold = "2s"
rise = 2
[link.a]
interface = "em1"
gateway = "route"
[link.b]
interface = "em2"
gateway = "route"
`;

t.test(
  'S29: two links with the same gateway in one routing domain: the second is refused by name',
  async (t) => {
    const world = await begin(`${links.replace('198.51.100.1', 'dhcp')}`, {
      uplinks: [
        { name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' },
        { name: 'b', interface: 'em2', address: '192.0.2.3/24', gateway: '192.0.2.1', dhcp: {} },
      ],
    });
    t.equal(healthOf(world, 'a/inet'), 'up (answering)');
    t.equal(healthOf(world, 'b/inet'), 'down (same-gateway)');
    const said = world.log.filter((line) =>
      /link b inet: not used: link a has 192\.0\.2\.1 as well/.test(line),
    );
    t.equal(said.length, 1, 'once');
    t.match(said[0], /RDOMAINS in uplinkd\.conf\(5\)/, 'with the cure');
    t.notMatch(
      await world.pfctl(['-a', 'uplinkd', '-sr']),
      /label "uplink:b" tagged uplink_default route-to/,
    );
    world.stop();
  },
);

t.test('on the same network, with another gateway', async (t) => {
  const world = await begin(links.replace('198.51.100.1', '192.0.2.254'), {
    uplinks: [
      { name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      { name: 'b', interface: 'em2', address: '192.0.2.3/24', gateway: '192.0.2.254' },
    ],
  });
  t.equal(healthOf(world, 'b/inet'), 'down (same-network)');
  t.ok(world.log.some((line) => /link a has 192\.0\.2\.0\/24 as well/.test(line)));
  world.stop();
});

t.test('S29: the same address and the same gateway, in routing domains of their own', async (t) => {
  const world = await begin(learnt, {
    uplinks: twins,
    details: [
      { name: 'em1', rdomain: 101 },
      { name: 'em2', rdomain: 102 },
    ],
  });
  for (const rdomain of [101, 102])
    await world.command('route', ['-T', String(rdomain), '-n', 'add', 'default', '192.168.1.1']);
  await world.run(15_000);
  t.equal(healthOf(world, 'a/inet'), 'up (answering)');
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  const rules = await world.pfctl(['-a', 'uplinkd', '-sr']);
  t.match(rules, /probability 50% label "uplink:a" tagged uplink_default rtable 101/);
  t.match(rules, /label "uplink:b" tagged uplink_default rtable 102/);
  const flows: Flow[] = [];
  const both = spread(world, flows);
  t.ok((both.get('a') ?? 0) > 8 && (both.get('b') ?? 0) > 8, JSON.stringify([...both]));
  t.ok(
    world.router.faults.calls.some(
      ({ command, args }) => command === 'ping' && args.join(' ').includes('-V 102'),
    ),
    'probed in its own domain',
  );
  const flow = flows.find((each) => uplinkOf(each) === 'a');
  const other = flows.find((each) => uplinkOf(each) === 'b');
  world.router.setCarrier('em1', false);
  await world.run(1500);
  const kills = world.pfWrites().filter((each) => each.includes('label'));
  t.ok(
    kills.includes('-k label -k uplink:a') && kills.includes('-V 101 -k label -k uplink:a'),
    kills.join('; '),
  );
  t.notOk(kills.some((each) => each.includes('uplink:b')));
  flow?.send();
  t.match(flow?.history.at(-1), { kind: 'refused', how: 'rst' });
  other?.send();
  t.match(other?.history.at(-1), { kind: 'delivered', uplink: 'b' });
  t.equal(spread(world).get('b'), 40, 'all by the other');
  world.router.setCarrier('em1', true);
  await world.run(15_000);
  t.equal(healthOf(world, 'a/inet'), 'up (answering)');
  world.stop();
});

t.test('a policy of both kinds, and connections from outside', async (t) => {
  const config = `${links.replace('"198.51.100.1"', '"route"')}[inbound]\n`;
  const world = await begin(`default_route = "best"\n${config}`, {
    details: [{ name: 'em2', rdomain: 103 }],
    pfConf: `table <uplinkd_local> persist { self 10.0.0.0/8 }
match in on em0 inet from em0:network to ! <uplinkd_local> tag uplink_default
match in on { em1 em2 } inet proto tcp to port 443 tag uplink_inbound rdr-to 10.0.0.80
anchor "uplinkd"
`,
  });
  await world.command('route', ['-T', '103', '-n', 'add', 'default', '198.51.100.1']);
  await world.run(15_000);
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  const rules = await world.pfctl(['-a', 'uplinkd', '-sr']);
  t.match(rules, /probability 50% label "uplink:a" tagged uplink_default route-to 192\.0\.2\.1/);
  t.match(rules, /label "uplink:b" tagged uplink_default rtable 103/);
  t.match(
    rules,
    /pass in quick on em2 inet all flags S\/SA label "uplink:b:in" tagged uplink_inbound_b rtable 0\n/,
  );
  const both = spread(world);
  t.ok((both.get('a') ?? 0) > 8 && (both.get('b') ?? 0) > 8, JSON.stringify([...both]));
  for (const uplink of ['a', 'b']) {
    const answer = world.router.lan.inbound({ uplink, from: '203.0.113.99', port: 443 });
    t.match(answer, { kind: 'delivered', uplink }, `answered by ${uplink}`);
  }
  world.stop();
});

t.test('S32: all links are dead, then one answers: used at its first answer', async (t) => {
  const world = await begin(`${links}`.replace('hold = "2s"', 'hold = "1m"').replace('rise = 2', 'rise = 9'));
  for (const uplink of ['a', 'b']) world.router.setDark(uplink, true);
  await world.run(20_000);
  t.match(healthOf(world, 'b/inet'), /^down/);
  world.router.setDark('b', false);
  await world.run(2500);
  t.equal(spread(world).get('b'), 40, 'all of them');
  world.stop();
});

t.test('S43: the routing socket overflows: everything is read again', async (t) => {
  const world = await begin(links);
  const { router } = world;
  // What the kernel dropped is what nobody was told.
  const monitor = router.faults.running('route', /monitor/)[0];
  monitor?.mute();
  router.removeAddress('em2', '198.51.100.2');
  await world.run(100);
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  monitor?.inject(
    'got message of size 8 on Fri Nov 20 09:00:00 2026\nRTM_DESYNC: route socket overflow: len 8\n\n',
  );
  await world.run(300);
  t.equal(healthOf(world, 'b/inet'), 'down (no-address)', 'within a moment, without any other message');
  world.stop();
});

t.test(
  'S44: a clock that is stepped by an hour, and a machine that is suspended, change nothing',
  async (t) => {
    const world = await begin(links);
    const said = world.log.length;
    world.clock.stepWall(3_600_000);
    await world.run(5000);
    world.clock.stepWall(-3_600_000);
    await world.run(5000);
    t.same(
      world.log.slice(said).filter((line) => !line.startsWith('debug')),
      [],
    );
    world.stop();
  },
);
