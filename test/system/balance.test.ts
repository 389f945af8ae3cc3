/** Each way to share traffic, through the real loop, adapters and the emulated pf, in virtual time (PEERS.md S9-S18, S40, S41). */
import t from 'tap';
import { isWithin } from '../../src/demo/statistics.ts';
import type { Flow } from '../../src/emulator/clients.ts';
import { createVirtualWorld, links, type VirtualWorld } from './virtual.ts';

const SEED = Number(process.env['SEED'] ?? 20261120);
t.comment(`SEED=${SEED}`);

const CONNECTIONS = 10_000;
const third = '[link.c]\ninterface = "em3"\ngateway = "203.0.113.1"\n';

const weights = (a: number, b: number, c: number): string =>
  `${links.replace('gateway = "192.0.2.1"', `gateway = "192.0.2.1"\nweight = ${a}`).replace('gateway = "198.51.100.1"', `gateway = "198.51.100.1"\nweight = ${b}`)}${third}weight = ${c}\n`;

const policy = (balance: string, more = ''): string => `[policy.default]\nbalance = "${balance}"\n${more}\n`;

const uplinkOf = (flow: Flow): string | null => {
  const last = flow.history.at(-1);
  return last?.kind === 'delivered' ? last.uplink : null;
};

/** New UDP connections from many clients: how many each uplink carried. */
const connect = (world: VirtualWorld, count: number, from = 20_000): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (let number = 0; number < count; number += 1) {
    const client = `10.0.0.${2 + (number % 250)}`;
    const sourcePort = from + Math.floor(number / 250);
    const flow = world.router.lan.open({
      client,
      protocol: 'udp',
      to: '198.18.0.80',
      port: 5000,
      sourcePort,
    });
    flow.send();
    const uplink = uplinkOf(flow) ?? 'none';
    found.set(uplink, (found.get(uplink) ?? 0) + 1);
  }
  return found;
};

const begin = async (config: string): Promise<VirtualWorld> => {
  const world = await createVirtualWorld(config, { seed: SEED });
  await world.run(4000);
  return world;
};

t.test('weighted modes: within 2 points of the weights', async (t) => {
  for (const balance of ['weight', 'least-states']) {
    const world = await begin(`${weights(5, 3, 2)}${policy(balance)}`);
    const found = connect(world, CONNECTIONS);
    for (const [link, share] of [
      ['a', 50],
      ['b', 30],
      ['c', 20],
    ] as const) {
      const percent = (100 * (found.get(link) ?? 0)) / CONNECTIONS;
      t.ok(Math.abs(percent - share) <= 2, `${balance}: ${link} has ${percent} %, wanted ${share} %`);
    }
    world.stop();
  }
});

t.test('unweighted modes: within 3 standard deviations of equal shares', async (t) => {
  for (const balance of ['round-robin', 'random']) {
    const world = await begin(`${weights(1, 1, 1)}${policy(balance)}`);
    const found = connect(world, CONNECTIONS);
    for (const link of ['a', 'b', 'c']) {
      const count = found.get(link) ?? 0;
      t.ok(isWithin(count, CONNECTIONS, 1 / 3, 3), `${balance}: ${link} has ${count}`);
    }
    world.stop();
  }
});

t.test('source-hash: equal by client, and the same after a reload of the rules and a restart', async (t) => {
  const config = `${weights(1, 1, 1)}${policy('source-hash')}`;
  const where = async (world: VirtualWorld, port: number) => {
    const found = new Map<string, string | null>();
    for (let host = 2; host < 252; host += 1) {
      const flow = world.router.lan.open({
        client: `10.0.0.${host}`,
        protocol: 'udp',
        to: '198.18.0.80',
        port: 5000,
        sourcePort: port,
      });
      flow.send();
      found.set(`10.0.0.${host}`, uplinkOf(flow));
    }
    return found;
  };
  const world = await begin(config);
  const first = await where(world, 1000);
  for (const link of ['a', 'b', 'c']) {
    const count = [...first.values()].filter((each) => each === link).length;
    t.ok(isWithin(count, 250, 1 / 3, 3), `${link} has ${count} of 250 clients`);
  }
  await world.reload(`${config}prio = 3\n`);
  t.strictSame(await where(world, 1001), first, 'nobody moves when the rules are loaded anew');
  const other = await begin(config);
  t.strictSame(await where(other, 1000), first, 'nor in another life');
  world.stop();
  other.stop();
});

t.test('sticky clients stay: reload, failover of another link, weight change', async (t) => {
  const config = (a: number, b: number, c: number) =>
    `${weights(a, b, c)}${policy('least-states', 'sticky = true')}`;
  const world = await begin(config(1, 1, 1));
  const clients = Array.from({ length: 60 }, (_, index) => `10.0.0.${10 + index}`);
  // Each client keeps something open all the time, so that pf remembers it.
  const keepers = new Map(
    clients.map((client, index) => [
      client,
      world.router.lan.open({
        client,
        protocol: 'udp',
        to: '198.18.0.53',
        port: 53,
        sourcePort: 3000 + index,
      }),
    ]),
  );
  for (const keeper of keepers.values()) keeper.send();
  const home = new Map([...keepers].map(([client, keeper]) => [client, uplinkOf(keeper)]));
  let port = 10_000;
  const strangers = (except: string | null): readonly string[] => {
    port += 1;
    return clients.filter((client) => {
      keepers.get(client)?.send();
      const flow = world.router.lan.open({
        client,
        protocol: 'udp',
        to: '198.18.0.81',
        port: 5001,
        sourcePort: port,
      });
      flow.send();
      return home.get(client) !== except && uplinkOf(flow) !== home.get(client);
    });
  };
  t.equal(new Set(home.values()).size, 3, 'they are spread over all three links');
  t.strictSame(strangers(null), [], 'new connections go where the client is');
  const writes = world.pfWrites().length;
  await world.reload(config(1, 1, 1));
  t.equal(world.pfWrites().length, writes, 'a reload of the same file writes nothing');
  t.strictSame(strangers(null), [], 'after a reload');
  await world.reload(config(3, 1, 1));
  t.match(world.pfWrites().slice(writes).join('\n'), /-T delete/, 'a new weight is a delete and an add');
  t.notMatch(world.pfWrites().slice(writes).join('\n'), /-a uplinkd\/default -f/, 'and no load of the pool');
  t.strictSame(strangers(null), [], 'after a change of weights');
  world.router.setCarrier('em3', false);
  await world.run(1500);
  t.strictSame(strangers('c'), [], 'after another link has died');
  world.router.setCarrier('em3', true);
  await world.run(8000);
  t.strictSame(strangers('c'), [], 'and come back');
  world.stop();
});

t.test('weights that were changed between two lives of the daemon', async (t) => {
  const config = (a: number) => `reconcile = "5s"\n${weights(a, 1, 1)}${policy('least-states')}`;
  const first = await begin(config(1));
  first.stop();
  const second = await createVirtualWorld(config(3), { on: first });
  await second.run(20_000);
  t.match(
    await second.pfctl(['-a', 'uplinkd/default', '-t', 'pool_inet', '-T', 'show', '-v']),
    /192\.0\.2\.1\n.*\n\tWeight: +3\n/,
  );
  t.notMatch(second.log.join('\n'), /somebody else/);
  const loads = second.pfWrites().filter((each) => each === '-a uplinkd/default -f -').length;
  t.equal(loads, 2, 'loaded once in each life');
  const found = connect(second, 1000, 30_000);
  t.ok(Math.abs((found.get('a') ?? 0) / 10 - 60) <= 2, `a has ${found.get('a')} of 1000`);
  second.stop();
});

const modes = [
  'weight',
  'least-states',
  'round-robin',
  'source-hash',
  'random',
  'least-states sticky',
  'random sticky',
];

t.test(
  'a UDP flow with fixed ports moves within a second of the decision, with the other address',
  async (t) => {
    const addresses: Readonly<Record<string, string>> = { a: '192.0.2.2', b: '198.51.100.2' };
    for (const mode of modes) {
      const [balance = '', sticky] = mode.split(' ');
      const world = await begin(`${links}${policy(balance, sticky === undefined ? '' : 'sticky = true')}`);
      const flow = world.router.lan.open({
        client: '10.0.0.9',
        protocol: 'udp',
        to: '198.18.0.53',
        port: 4500,
        sourcePort: 4500,
      });
      flow.send();
      const from = uplinkOf(flow) ?? '';
      const to = from === 'a' ? 'b' : 'a';
      world.router.setDark(from, true);
      const isDecided = () =>
        world.loop.engine().decisions.every(({ shares }) => shares.every(({ link }) => link === to));
      for (let waited = 0; !isDecided() && waited < 20_000; waited += 100) {
        await world.run(100);
        if (waited % 1000 === 0) flow.send();
      }
      t.ok(isDecided(), `${mode}: decided for ${to}`);
      await world.run(1000);
      flow.send();
      const last = flow.history.at(-1);
      t.match(
        last,
        { kind: 'delivered', uplink: to, natAddress: addresses[to] },
        `${mode}: from ${from} to ${to}`,
      );
      await world.run(4000);
      const pinned = [...world.router.firewall.states.all.values()].filter(
        (each) =>
          each.tag === 'uplink_default' &&
          (each.interface === (from === 'a' ? 'em1' : 'em2') ||
            each.route?.gateway === (from === 'a' ? '192.0.2.1' : '198.51.100.1')),
      );
      t.equal(pinned.length, 0, `${mode}: no state is pinned to ${from}`);
      world.stop();
    }
  },
);
