/**
 * A random walk over links that come and go: leases renumbered, sessions ended, cables pulled, interfaces destroyed and made
 * again, overflows of the routing socket, at the worst of times. Wherever it has led, after settling the daemon knows what one
 * that has just been started would know, and pf and the routing tables hold what that one would put there.
 */
import t from 'tap';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import { createVirtualWorld, type VirtualWorld } from './virtual.ts';

const EVENTS = 10_000;
const SEGMENTS = 10;
const seed = Number(process.env['SEED'] ?? 20_261_124);

const uplinks: RouterOptions['uplinks'] = [
  { name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' },
  { name: 'b', interface: 'em2', address: '198.51.100.106/24', gateway: '198.51.100.1', dhcp: {} },
  { name: 'c', interface: 'pppoe0', address: '100.64.7.7', gateway: '100.64.0.1', pppoe: { parent: 'em3' } },
  { name: 'd', interface: 'em4', address: '192.0.2.2/24', gateway: '192.0.2.1' },
];
const config = `
default_route = "best"
[probe]
targets = ["gateway", "9.9.9.9"]
hold = "1s"
rise = 2
[link.a]
interface = "em1"
gateway = "192.0.2.1"
weight = 3
[link.b]
interface = "em2"
gateway = "dhcp"
[link.c]
interface = "pppoe0"
gateway = "peer"
[link.d]
interface = "em4"
gateway = "192.0.2.1"
tier = 2
[inbound]
`;

/** mulberry32: small, and the same everywhere. */
const createChance = (start: number) => {
  let at = start;
  const next = (): number => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (limit: number): number => Math.floor(next() * limit) };
};
const chance = createChance(seed);
const oneOf = <T>(some: readonly [T, ...T[]]): T => some[chance.below(some.length)] ?? some[0];

/** What can happen, each so that it can happen at any time; what cannot just now does nothing. */
const eventsOf = (world: VirtualWorld): readonly [() => void, ...(() => void)[]] => {
  const { router } = world;
  const isThere = (name: string): boolean => router.nic(name) !== null;
  const cable = (): void => {
    const name = oneOf(['em1', 'em2', 'em3', 'em4']);
    if (isThere(name)) router.setCarrier(name, chance.below(2) === 0);
  };
  const upDown = (): void => {
    const name = oneOf(['em1', 'em2', 'em4', 'pppoe0']);
    if (isThere(name)) router.setInterfaceUp(name, chance.below(3) > 0);
  };
  const lease = (): void => {
    const net = chance.below(3);
    router.setGateway('b', `198.51.${100 + net}.1`);
    router.dhcpRenumber('b', {
      address: `198.51.${100 + net}.${50 + chance.below(3)}/24`,
      gateway: `198.51.${100 + net}.1`,
    });
  };
  return [
    cable,
    cable,
    upDown,
    lease,
    () => router.dhcpRenew('b'),
    () => router.setDhcpleasedRunning(chance.below(3) > 0),
    () =>
      router.pppoeRenegotiate('c', {
        address: `100.64.7.${chance.below(4) + 1}`,
        peer: `100.64.0.${chance.below(2) + 1}`,
      }),
    () => router.pppoeTerminate('c'),
    () => router.desync(),
    () => {
      if (isThere('em1')) router.removeAddress('em1', '192.0.2.2');
    },
    () => {
      if (router.nic('em1')?.addresses.length === 0) router.addAddress('em1', '192.0.2.2/24');
    },
    () => {
      if (isThere('em1')) router.detach('em1');
      else router.attach('em1');
    },
    () => router.setDark(oneOf(['a', 'b', 'c', 'd']), chance.below(2) === 0),
    () => router.faults.running('route', /monitor/)[0]?.kill('SIGKILL'),
    () =>
      router.faults.add({
        command: oneOf(['ifconfig', 'dhcpleasectl', 'route']),
        fault: { kind: 'partial', bytes: 7 },
      }),
  ];
};

/** Everything is as it was in the beginning, but for addresses that have changed. */
const mend = (world: VirtualWorld): void => {
  const { router } = world;
  router.faults.clear();
  router.setDhcpleasedRunning(true);
  if (router.nic('em1') === null) router.attach('em1');
  for (const name of ['em1', 'em2', 'em3', 'em4']) {
    router.setInterfaceUp(name, true);
    router.setCarrier(name, true);
  }
  router.setInterfaceUp('pppoe0', true);
  router.setAddress('em1', '192.0.2.2/24');
  for (const name of ['a', 'b', 'c', 'd']) router.setDark(name, false);
  router.dhcpRenew('b');
};

const evidenceOf = (world: VirtualWorld): readonly string[] =>
  [...world.loop.engine().paths.values()].map((path) =>
    [
      path.key,
      path.rtable,
      path.via,
      path.health,
      path.evidence?.kind === 'ready' ? path.evidence.identity : path.evidence?.reason,
    ].join(' '),
  );

const routesOf = async (world: VirtualWorld): Promise<readonly string[]> => {
  const tables = await Promise.all(
    [0, 101, 102, 103].map((table) => world.router.routing.list(table, 'inet')),
  );
  return tables.flatMap((routes, at) =>
    routes
      .filter((route) => route.prefix.length === 0)
      .map((route) => `${at} ${route.gateway} ${route.priority} ${route.label ?? ''}`),
  );
};

t.test(`a walk of ${EVENTS} events (SEED=${seed})`, { timeout: 240_000 }, async (t) => {
  let world = await createVirtualWorld(config, {
    seed,
    uplinks,
    details: [{ name: 'em3' }, { name: 'em4', rdomain: 104 }],
  });
  await world.command('route', ['-T', '104', '-n', 'add', 'default', '192.0.2.1']);
  await world.run(5000);
  for (let segment = 0; segment < SEGMENTS; segment += 1) {
    for (let event = 0; event < EVENTS / SEGMENTS; event += 1) {
      oneOf(eventsOf(world))();
      // Often within the reaction to what came before.
      await world.run(oneOf([0, 1, 7, 30, 60, 200]));
    }
    mend(world);
    await world.run(180_000);
    const [known, routes, held] = [
      evidenceOf(world),
      await routesOf(world),
      await world.pfctl(['-a', 'uplinkd', '-sr']),
    ];
    t.ok(
      known.every((line) => / up /.test(line)),
      known.join('; '),
    );
    world.stop();
    const writes = world.pfWrites().length;
    const fresh = await createVirtualWorld(config, { on: world });
    await fresh.run(60_000);
    t.same(evidenceOf(fresh), known, `segment ${segment}: a fresh start knows the same`);
    t.same(await routesOf(fresh), routes, `segment ${segment}: and wants the same routes`);
    t.equal(await fresh.pfctl(['-a', 'uplinkd', '-sr']), held, `segment ${segment}: and the same rules`);
    t.same(fresh.pfWrites().slice(writes), [], `segment ${segment}: it had nothing to write`);
    world = fresh;
  }
  world.stop();
});
