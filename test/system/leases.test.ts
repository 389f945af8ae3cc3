/** Links whose gateway is leased (PEERS.md S26-S28, S38), through the real loop and adapters and the emulated dhcpleased, in virtual time. */
import t from 'tap';
import type { Flow } from '../../src/emulator/clients.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import { createVirtualWorld, type VirtualWorld } from './virtual.ts';

const uplinks: RouterOptions['uplinks'] = [
  { name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' },
  { name: 'b', interface: 'em2', address: '198.51.100.106/24', gateway: '198.51.100.1', dhcp: {} },
];

const config = `
[probe]
targets = ["gateway", "9.9.9.9"]
hold = "2s"
rise = 2
[link.a]
interface = "em1"
gateway = "192.0.2.1"
[link.b]
interface = "em2"
gateway = "dhcp"
`;

const begin = async (text = config, some = uplinks): Promise<VirtualWorld> => {
  const world = await createVirtualWorld(text, { uplinks: some });
  await world.run(6000);
  return world;
};

/** The default routes of a routing table, `gateway priority` each. */
const defaultsOf = (world: VirtualWorld, rtable: number, family: 'inet' | 'inet6' = 'inet') =>
  world.router.routing
    .list(rtable, family)
    .filter((route) => route.prefix.length === 0)
    .map((route) => `${route.gateway} ${route.priority} ${route.label ?? '-'}`);

const gatewayOf = (world: VirtualWorld, link: string): string | null => {
  const evidence = world.loop.engine().paths.get(`${link}/inet`)?.evidence;
  return evidence?.kind === 'ready' ? evidence.gateway : null;
};

const healthOf = (world: VirtualWorld, link: string): string =>
  world.loop.engine().paths.get(`${link}/inet`)?.health ?? 'none';

/** Opens connections until one goes by this link. */
const connectBy = (world: VirtualWorld, uplink: string, port = 443): Flow => {
  for (let at = 0; at < 50; at += 1) {
    const flow = world.router.lan.open({
      client: `10.0.0.${10 + at}`,
      protocol: 'tcp',
      to: '198.18.0.80',
      port,
    });
    flow.send();
    const last = flow.history.at(-1);
    if (last?.kind === 'delivered' && last.uplink === uplink) return flow;
  }
  throw new Error(`no connection went by ${uplink}`);
};

const writesSince = (world: VirtualWorld, mark: number) => world.pfWrites().slice(mark);

t.test('a lease: used, and its default route is taken out of rtable 0', async (t) => {
  const world = await begin();
  t.equal(healthOf(world, 'b'), 'up');
  t.equal(gatewayOf(world, 'b'), '198.51.100.1');
  t.match(
    await world.pfctl(['-a', 'uplinkd', '-sr']),
    /label "uplink:b" tagged uplink_default route-to 198\.51\.100\.1/,
  );
  t.same(defaultsOf(world, 0), [], 'nothing in rtable 0');
  t.same(defaultsOf(world, 102), ['198.51.100.1 8 -'], "the path's own table");
  connectBy(world, 'b');
  t.equal(
    world.log.filter((line) => /no-gateway|gateway-off-link/.test(line)).length,
    0,
    'no false alarm at the start',
  );
  world.stop();
});

t.test('S26: a renewal that changes nothing writes nothing', async (t) => {
  const world = await begin();
  const flow = connectBy(world, 'b');
  const [writes, said] = [world.pfWrites().length, world.log.length];
  for (let renewal = 0; renewal < 5; renewal += 1) {
    world.router.dhcpRenew('b');
    await world.run(12_000);
  }
  t.same(writesSince(world, writes), []);
  t.same(
    world.log.slice(said).filter((line) => !line.startsWith('debug')),
    [],
    'and nothing is said',
  );
  flow.send();
  t.match(flow.history.at(-1), { kind: 'delivered', uplink: 'b' });
  world.stop();
});

t.test('S27: a new gateway, the same address', async (t) => {
  const world = await begin();
  const [old, other] = [connectBy(world, 'b'), connectBy(world, 'a')];
  const [mark, said] = [world.pfWrites().length, world.log.length];
  world.router.setGateway('b', '198.51.100.254');
  world.router.dhcpRenumber('b', { gateway: '198.51.100.254' });
  await world.run(3000);
  t.equal(gatewayOf(world, 'b'), '198.51.100.254');
  t.same(defaultsOf(world, 102), ['198.51.100.254 8 -']);
  t.same(defaultsOf(world, 0), [], 'the new default route is taken out again');
  const writes = writesSince(world, mark);
  const load = writes.findIndex((each) => each.startsWith('-a uplinkd -f'));
  const kill = writes.indexOf('-k label -k uplink:b');
  t.ok(load !== -1 && kill > load, `rules first, then states: ${writes.join('; ')}`);
  t.notOk(writes.includes('-k label -k uplink:a'));
  old.send();
  t.match(old.history.at(-1), { kind: 'refused', how: 'rst' }, 'the client learns at once');
  other.send();
  t.match(other.history.at(-1), { kind: 'delivered', uplink: 'a' }, 'the other link is not touched');
  await world.run(20_000);
  t.equal(healthOf(world, 'b'), 'up');
  t.match(await world.pfctl(['-a', 'uplinkd', '-sr']), /route-to 198\.51\.100\.254/);
  t.match(connectBy(world, 'b').history.at(-1), { gateway: '198.51.100.254' });
  t.notOk(
    world.log.slice(said).some((line) => /gateway-off-link|no-gateway|pf: changed by somebody/.test(line)),
    'one change, not several',
  );
  world.stop();
});

t.test('S28: a new address', async (t) => {
  const world = await begin();
  const other = connectBy(world, 'a');
  const call = world.router.lan.open({
    client: '10.0.0.7',
    protocol: 'udp',
    to: '198.18.0.5',
    port: 5060,
    sourcePort: 5060,
  });
  const held = connectBy(world, 'b');
  for (let at = 0; at < 50 && call.history.at(-1)?.kind !== 'delivered'; at += 1) call.send();
  world.router.setGateway('b', '198.51.101.1');
  world.router.dhcpRenumber('b', { address: '198.51.101.77/24', gateway: '198.51.101.1' });
  await world.run(3000);
  t.equal(gatewayOf(world, 'b'), '198.51.101.1');
  const states = await world.pfctl(['-ss']);
  t.notMatch(states, /198\.51\.100\.106/, 'no state has the old address');
  held.send();
  t.match(held.history.at(-1), { kind: 'refused', how: 'rst' });
  other.send();
  t.match(other.history.at(-1), { kind: 'delivered', uplink: 'a' });
  await world.run(20_000);
  t.equal(healthOf(world, 'b'), 'up');
  t.match(connectBy(world, 'b').history.at(-1), { natAddress: '198.51.101.77' }, 'NAT by the new address');
  world.stop();
});

t.test('S28 on the only link: used again from the first answer on', async (t) => {
  const only = config.replace(/\[link\.a\]\n.*\n.*\n/, '');
  const world = await begin(only);
  world.router.setGateway('b', '198.51.101.1');
  world.router.dhcpRenumber('b', { address: '198.51.101.77/24', gateway: '198.51.101.1' });
  await world.run(4000);
  t.match(connectBy(world, 'b').history.at(-1), { natAddress: '198.51.101.77' });
  const young = connectBy(world, 'b');
  await world.run(3000);
  young.send();
  t.match(
    young.history.at(-1),
    { kind: 'delivered', uplink: 'b' },
    'what is new is not ended with what is old',
  );
  world.stop();
});

t.test('renumbered while the daemon was dead: the old states are ended all the same', async (t) => {
  const first = await begin();
  const held = connectBy(first, 'b');
  const memory = first.remembered();
  first.stop();
  first.router.setGateway('b', '198.51.101.1');
  first.router.dhcpRenumber('b', { address: '198.51.101.77/24', gateway: '198.51.101.1' });
  await first.run(3000);
  const second = await createVirtualWorld(config, {
    on: first,
    memory: { recall: () => memory, keep: () => {} },
  });
  await second.run(20_000);
  t.notMatch(await second.pfctl(['-ss']), /198\.51\.100\.106/);
  held.send();
  t.match(held.history.at(-1), { kind: 'refused' });
  second.stop();
});

t.test(
  'dhcpleased does not answer, is slow, prints half a line: the gateway that is known stands',
  async (t) => {
    const world = await begin();
    const [mark, said] = [world.pfWrites().length, world.log.length];
    world.router.setDhcpleasedRunning(false);
    await world.run(25_000);
    t.equal(healthOf(world, 'b'), 'up');
    world.router.setDhcpleasedRunning(true);
    await world.run(25_000);
    t.same(writesSince(world, mark), []);
    const lines = world.log.slice(said).filter((line) => !line.startsWith('debug'));
    t.equal(
      lines.filter((line) => /dhcpleasectl: connect: .*Connection refused/.test(line)).length,
      1,
      lines.join('; '),
    );
    t.equal(lines.filter((line) => /gateway: works again/.test(line)).length, 1, lines.join('; '));
    world.stop();
  },
);

t.test('ignore routes: the gateway is nowhere, and that is said', async (t) => {
  const world = await begin(config, [
    ...uplinks.slice(0, 1),
    { ...(uplinks[1] as (typeof uplinks)[number]), dhcp: { ignoresRoutes: true } },
  ]);
  t.equal(healthOf(world, 'b'), 'down');
  t.equal(world.loop.engine().paths.get('b/inet')?.reason, 'no-gateway');
  t.ok(world.log.some((line) => /link b inet: unknown -> down \(no-gateway\)/.test(line)));
  world.stop();
});

t.test('a lease that is lost and comes again', async (t) => {
  const world = await begin();
  world.router.dhcpExpire('b');
  await world.run(3000);
  t.equal(healthOf(world, 'b'), 'down');
  t.match(await world.pfctl(['-a', 'uplinkd', '-sr']), /^(?![\s\S]*choose)[\s\S]*route-to 192\.0\.2\.1/);
  world.router.setDhcpSilent('b', false);
  world.router.dhcpRenew('b');
  await world.run(90_000);
  t.equal(healthOf(world, 'b'), 'up', world.log.slice(-5).join('\n'));
  world.stop();
});

t.test('default_route', async (t) => {
  t.test('best (S38): follows the decision within a second, and leaves the routes of others', async (t) => {
    const world = await begin(`default_route = "best"\n${config}`);
    t.same(defaultsOf(world, 0), ['192.0.2.1 7 uplinkd', '198.51.100.1 8 dhcpleased']);
    world.router.setCarrier('em1', false);
    await world.run(1000);
    t.same(defaultsOf(world, 0), ['198.51.100.1 7 uplinkd', '198.51.100.1 8 dhcpleased']);
    world.router.setCarrier('em1', true);
    await world.run(20_000);
    t.equal(defaultsOf(world, 0)[0], '192.0.2.1 7 uplinkd');
    world.stop();
  });

  t.test('multipath: one by each link, dead ones at once removed, and the sysctl is looked at', async (t) => {
    const world = await begin(`default_route = "multipath"\n${config}`);
    t.same(defaultsOf(world, 0).slice(0, 2), ['192.0.2.1 7 uplinkd', '198.51.100.1 7 uplinkd']);
    t.equal(world.log.filter((line) => /net\.inet\.ip\.multipath is 0/.test(line)).length, 1, 'once');
    world.router.setDark('a', true);
    await world.run(8000);
    t.same(defaultsOf(world, 0)[0], '198.51.100.1 7 uplinkd');
    world.stop();
  });

  t.test('leave: nothing is touched', async (t) => {
    const world = await begin(`default_route = "leave"\n${config}`);
    t.same(defaultsOf(world, 0), ['198.51.100.1 8 dhcpleased']);
    world.stop();
  });

  t.test(
    'none: the leased one is taken out whenever it comes back; that of the administrator stays',
    async (t) => {
      const world = await begin();
      t.same(defaultsOf(world, 0), []);
      world.router.dhcpRenumber('b', { gateway: '198.51.100.254' });
      await world.run(2000);
      t.same(defaultsOf(world, 0), []);
      await world.command('route', ['-n', 'add', 'default', '192.0.2.1']);
      await world.run(40_000);
      t.same(defaultsOf(world, 0), ['192.0.2.1 8 -']);
      world.stop();
    },
  );

  t.test('from best to none by a reload: ours goes', async (t) => {
    const world = await begin(`default_route = "best"\n${config}`);
    await world.reload(config);
    await world.run(1000);
    t.same(defaultsOf(world, 0), []);
    world.stop();
  });
});

t.test('on_exit', async (t) => {
  t.test('flush: nothing of ours is left, but for what keeps the machine in reach', async (t) => {
    const world = await begin(
      `on_exit = "flush"\ndefault_route = "best"\n${config}[policy.default]\nbalance = "least-states"\n`,
    );
    t.match(defaultsOf(world, 0), ['192.0.2.1 7 uplinkd']);
    const left = world.loop.leave();
    await world.run(1000);
    await left;
    t.equal(await world.pfctl(['-a', 'uplinkd', '-sr']), '');
    t.equal(await world.pfctl(['-a', 'uplinkd/default', '-sr']), '');
    t.equal((await world.pfctl(['-t', 'uplinkd_default', '-T', 'show'])).trim(), '');
    t.match(await world.pfctl(['-t', 'uplinkd_local', '-T', 'show']), /127\.0\.0\.0\/8/);
    t.same(defaultsOf(world, 0), ['198.51.100.1 8 dhcpleased'], 'nor a route');
  });

  t.test('keep: everything is', async (t) => {
    const world = await begin(`default_route = "best"\n${config}`);
    const [held, writes] = [await world.pfctl(['-a', 'uplinkd', '-sr']), world.pfWrites().length];
    const left = world.loop.leave();
    await world.run(1000);
    await left;
    t.equal(await world.pfctl(['-a', 'uplinkd', '-sr']), held);
    t.same(writesSince(world, writes), []);
    t.equal(defaultsOf(world, 0)[0], '192.0.2.1 7 uplinkd');
  });
});
