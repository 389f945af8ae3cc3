/**
 * Links whose gateway is the other end of a session, or what the kernel has learned (PEERS.md S28-S30, S37), through the real
 * loop and adapters and the emulated pppoe(4) and slaacd(8), in virtual time.
 */
import t from 'tap';
import type { Flow } from '../../src/emulator/clients.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import { createVirtualWorld, type VirtualWorld } from './virtual.ts';

const uplinks: RouterOptions['uplinks'] = [
  { name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' },
  {
    name: 'b',
    interface: 'pppoe0',
    address: '100.64.7.7',
    gateway: '100.64.0.1',
    pppoe: { parent: 'em2' },
  },
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
interface = "pppoe0"
gateway = "peer"
`;

const begin = async (text = config, some = uplinks): Promise<VirtualWorld> => {
  const world = await createVirtualWorld(text, {
    uplinks: some,
    details: [{ name: 'em2' }, { name: 'em3' }],
  });
  await world.run(6000);
  return world;
};

const healthOf = (world: VirtualWorld, path: string): string => {
  const found = world.loop.engine().paths.get(path as 'a/inet');
  return found === undefined ? 'none' : `${found.health} (${found.reason})`;
};

const connectBy = (world: VirtualWorld, uplink: string): Flow => {
  for (let at = 0; at < 50; at += 1) {
    const flow = world.router.lan.open({
      client: `10.0.0.${10 + at}`,
      protocol: 'tcp',
      to: '198.18.0.80',
      port: 443,
    });
    flow.send();
    const last = flow.history.at(-1);
    if (last?.kind === 'delivered' && last.uplink === uplink) return flow;
  }
  throw new Error(`no connection went by ${uplink}`);
};

t.test('S30: between sessions the link has no address, and is in no rule', async (t) => {
  const world = await begin();
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  const rules = await world.pfctl(['-a', 'uplinkd', '-sr']);
  t.match(rules, /label "uplink:b" tagged uplink_default route-to 100\.64\.0\.1/);
  t.match(rules, /pass out quick on pppoe0 .* nat-to \(pppoe0:0\)/);
  connectBy(world, 'b');
  world.router.setPppoeSilent('b', true);
  world.router.pppoeTerminate('b');
  await world.run(500);
  t.match(healthOf(world, 'b/inet'), /^down \((carrier-down|no-address)\)$/);
  const without = await world.pfctl(['-a', 'uplinkd', '-sr']);
  t.notMatch(without, /0\.0\.0\.[01]|route-to 100\.64/);
  world.router.setPppoeSilent('b', false);
  await world.run(120_000);
  t.equal(healthOf(world, 'b/inet'), 'up (answering)', 'by itself');
  world.stop();
});

t.test('S28: a session that is negotiated anew, with another address and another peer', async (t) => {
  const world = await begin();
  const [held, other] = [connectBy(world, 'b'), connectBy(world, 'a')];
  world.router.pppoeRenegotiate('b', { address: '100.64.9.9', peer: '100.64.0.254' });
  await world.run(60_000);
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  t.notMatch(await world.pfctl(['-ss']), /100\.64\.7\.7/, 'no state has the old address');
  held.send();
  t.match(held.history.at(-1), { kind: 'refused' });
  other.send();
  t.match(other.history.at(-1), { kind: 'delivered', uplink: 'a' }, 'the other link is not touched');
  t.match(connectBy(world, 'b').history.at(-1), { natAddress: '100.64.9.9', gateway: '100.64.0.254' });
  const routes = world.router.routing.list(102, 'inet').filter((route) => route.prefix.length === 0);
  t.same(
    routes.map((route) => route.gateway),
    ['100.64.0.254'],
  );
  world.stop();
});

t.test('the same session again: nothing is ended', async (t) => {
  const world = await begin();
  const held = connectBy(world, 'b');
  world.router.pppoeTerminate('b');
  await world.run(200);
  const kills = world.pfWrites().filter((each) => each.startsWith('-k'));
  await world.run(60_000);
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  const more = world.pfWrites().filter((each) => each.startsWith('-k'));
  t.notOk(
    more.slice(kills.length).some((each) => /uplink:b:(in|probe)/.test(each)),
    'it is the path that it was',
  );
  held.send();
  t.ok(held.history.length > 1);
  world.stop();
});

t.test('S29: two sessions with the same peer: the second is refused, by name', async (t) => {
  const world = await begin(`${config}[link.c]\ninterface = "pppoe1"\ngateway = "peer"\n`, [
    ...uplinks,
    {
      name: 'c',
      interface: 'pppoe1',
      address: '100.64.8.8',
      gateway: '100.64.0.1',
      pppoe: { parent: 'em3' },
    },
  ]);
  t.equal(healthOf(world, 'b/inet'), 'up (answering)');
  t.equal(healthOf(world, 'c/inet'), 'down (same-gateway)');
  t.ok(world.log.some((line) => /link c inet: not used: link b has 100\.64\.0\.1 as well/.test(line)));
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
    routed: ['2001:db8:1::/48', '2001:db8:2::/48'],
    slaac: {},
  },
];
const dualConfig = (prefixes: string): string => `
[probe]
targets = ["gateway", "9.9.9.9", "2620:fe::fe"]
rise = 2
hold = "2s"
[link.a]
interface = "em1"
gateway = "192.0.2.1"
gateway6 = "route"
prefix6 = [${prefixes}]
`;

t.test('inet6 routers that announce themselves; S37: a prefix that was taken back', async (t) => {
  const world = await createVirtualWorld(dualConfig('"2001:db8:1::/48", "2001:db8:2::/48"'), {
    uplinks: dual,
    address6: '2001:db8:1:1::1/64',
  });
  await world.run(8000);
  t.equal(healthOf(world, 'a/inet6'), 'up (answering)', world.log.slice(-4).join('\n'));
  const open = (client: string): Flow => {
    const flow = world.router.lan.open({ client, protocol: 'udp', to: '2001:db8:ffff::80', port: 5000 });
    flow.send();
    return flow;
  };
  const [first, second] = [open('2001:db8:1:1::10'), open('2001:db8:2:1::10')];
  t.match(first.history.at(-1), { kind: 'delivered', uplink: 'a' });
  t.match(second.history.at(-1), { kind: 'delivered', uplink: 'a' });
  await world.reload(dualConfig('"2001:db8:1::/48"'));
  await world.run(2000);
  const states = await world.pfctl(['-ss']);
  t.notMatch(states, /2001:db8:2:/, 'states of the old prefix do not persist');
  t.match(states, /2001:db8:1:/, 'those of the other do');
  second.send();
  t.match(second.history.at(-1), { kind: 'refused' });
  world.router.slaacAdvertise('a', { gateway6: 'fe80::2' });
  await world.run(10_000);
  const evidence = world.loop.engine().paths.get('a/inet6')?.evidence;
  t.match(evidence, { kind: 'ready', gateway: 'fe80::2' }, 'another router');
  first.send();
  t.match(
    first.history.at(-1),
    { kind: 'delivered' },
    'by a routing table the gateway is in no state: it goes on',
  );
  world.router.slaacAdvertise('a', { gateway6: null });
  await world.run(1000);
  t.equal(healthOf(world, 'a/inet6'), 'down (no-gateway)');
  world.stop();
});
