/** A link that becomes slow all at once is not dead (PEERS.md S17), and one that dies is: real loop, real adapters, emulated pf. */
import t from 'tap';
import { createVirtualWorld, links, uplinks, type VirtualWorld } from './virtual.ts';

const config = links.replace('hold = "2s"', 'hold = "30s"\nlatency = { degraded = "250ms" }');

const begin = async (): Promise<VirtualWorld> => {
  const world = await createVirtualWorld(config, {
    uplinks: uplinks.map((uplink) => ({ ...uplink, latencyMs: 10, jitterMs: 1 })),
  });
  await world.run(30_000);
  return world;
};

const healthOf = (world: VirtualWorld) => world.loop.engine().paths.get('a/inet');
const lines = (world: VirtualWorld, from: number): readonly string[] =>
  world.log.slice(from).filter((line) => /link a inet: \w+ -> /.test(line));
const counts = (world: VirtualWorld): number =>
  world.router.faults.calls.filter(({ command, args }) => command === 'pfctl' && args.includes('-sl')).length;
const kills = (world: VirtualWorld): readonly string[] =>
  world.pfWrites().filter((each) => each.startsWith('-k'));

/** A UDP flow for each link, with a packet every 20 ms. */
const withTraffic = async (world: VirtualWorld, ms: number): Promise<void> => {
  const flows = Array.from({ length: 8 }, (_, n) =>
    world.router.lan.open({
      client: `10.0.0.${10 + n}`,
      protocol: 'udp',
      to: '198.18.0.80',
      port: 4433,
      sourcePort: 5000 + n,
    }),
  );
  for (let passed = 0; passed < ms; passed += 20) {
    for (const flow of flows) flow.send();
    await world.run(20);
  }
};

t.test('a saturated uplink: from 10 ms to 1.1 s at once, with traffic', async (t) => {
  const world = await begin();
  await withTraffic(world, 2000);
  const mark = world.log.length;
  const killed = kills(world).length;
  world.router.setLatency('a', 1100);
  await withTraffic(world, 40_000);
  t.strictSame(
    lines(world, mark).map((line) => line.replace(/,.*/, '')),
    ['info link a inet: up -> degraded (probe-latency)'],
    'degraded at most',
  );
  t.equal(kills(world).length, killed, 'no state is killed');
  t.ok(counts(world) >= 2, 'pf was asked');
  world.stop();
});

t.test('the same without any traffic: taken for dead, and back by the first late answer', async (t) => {
  const world = await begin();
  const mark = world.log.length;
  world.router.setLatency('a', 1100);
  await world.run(10_000);
  t.match(lines(world, mark)[0], /up -> down \(probe-loss\)/);
  t.match(lines(world, mark)[1], /down -> (up|degraded) .*, down for (\d{3}ms|1\.\ds)$/);
  t.equal(lines(world, mark).filter((line) => line.includes('-> down')).length, 1, 'once');
  world.stop();
});

t.test('a link that goes dark under traffic is dead within about a second (S2)', async (t) => {
  const world = await begin();
  await withTraffic(world, 2000);
  world.router.setDark('a', true);
  let took = 0;
  while (healthOf(world)?.health !== 'down' && took < 10_000) {
    await withTraffic(world, 20);
    took += 20;
  }
  t.ok(took < 1500, `${took} ms`);
  const asked = counts(world);
  await withTraffic(world, 20_000);
  t.equal(counts(world), asked, 'pf is not asked in steady operation, dead or alive');
  world.stop();
});

t.test('pfctl hangs or fails: the burst alone decides', async (t) => {
  const world = await begin();
  await withTraffic(world, 2000);
  world.router.faults.add({ command: 'pfctl', match: / -sl$/, times: 20, fault: { kind: 'hang' } });
  world.router.setDark('a', true);
  await world.run(1600);
  t.equal(healthOf(world)?.health, 'down');
  world.stop();
});
