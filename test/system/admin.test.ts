/** Links that are drained and disabled by hand, through the real loop and adapters, in virtual time (S49). */
import t from 'tap';
import type { Memory } from '../../src/core/memory.ts';
import type { Flow } from '../../src/emulator/clients.ts';
import { createVirtualWorld, links, type VirtualWorld } from './virtual.ts';

const begin = async (options: Parameters<typeof createVirtualWorld>[1] = {}): Promise<VirtualWorld> => {
  const world = await createVirtualWorld(links, options);
  await world.run(4000);
  return world;
};

const uplinkOf = (flow: Flow): string | null => {
  const last = flow.history.at(-1);
  return last?.kind === 'delivered' ? last.uplink : null;
};

let ports = 20_000;
const connect = (world: VirtualWorld): Flow => {
  ports += 1;
  const flow = world.router.lan.open({
    client: '10.0.0.10',
    protocol: 'tcp',
    to: '198.18.0.80',
    port: 443,
    sourcePort: ports,
  });
  flow.send();
  return flow;
};

/** Twenty connections, spread over both links. */
const connectMany = (world: VirtualWorld): readonly Flow[] => {
  const flows = Array.from({ length: 20 }, () => connect(world));
  t.strictSame([...new Set(flows.map(uplinkOf))].sort(), ['a', 'b']);
  return flows;
};
const on = (flows: readonly Flow[], uplink: string): readonly Flow[] =>
  flows.filter((flow) => flow.history[0]?.kind === 'delivered' && flow.history[0].uplink === uplink);
const kills = (world: VirtualWorld): readonly string[] =>
  world.pfWrites().filter((each) => each.startsWith('-k'));

t.test('drain: the old connections stay, new ones go elsewhere', async (t) => {
  const world = await begin();
  const flows = connectMany(world);
  world.loop.admin('a', 'drained');
  await world.run(60_000);
  for (const flow of flows) flow.send();
  t.ok(
    flows.every((flow) => flow.isOpen),
    'not one is lost',
  );
  t.ok(
    on(flows, 'a').every((flow) => uplinkOf(flow) === 'a'),
    'nor moved',
  );
  t.strictSame([...new Set(connectMore(world).map(uplinkOf))], ['b']);
  t.strictSame(kills(world), []);
  world.loop.admin('a', 'enabled');
  await world.run(1000);
  t.strictSame([...new Set(connectMore(world).map(uplinkOf))].sort(), ['a', 'b'], 'back at once');
  world.stop();
});

const connectMore = (world: VirtualWorld): readonly Flow[] =>
  Array.from({ length: 20 }, () => connect(world));

t.test('disable: its states are killed, as there is an alternative; not one of the other link', async (t) => {
  const world = await begin();
  const flows = connectMany(world);
  world.loop.admin('a', 'disabled');
  await world.run(5000);
  for (const flow of flows) flow.send();
  t.ok(on(flows, 'a').every((flow) => !flow.isOpen));
  t.ok(on(flows, 'b').every((flow) => flow.isOpen && uplinkOf(flow) === 'b'));
  t.ok(kills(world).every((each) => each === '-k label -k uplink:a'));
  t.strictSame([...new Set(connectMore(world).map(uplinkOf))], ['b']);
  const before = kills(world).length;
  const last = connect(world);
  world.loop.admin('b', 'disabled');
  await world.run(5000);
  last.send();
  t.equal(uplinkOf(last), 'b', 'the last link keeps its states: they have nowhere else to go');
  t.equal(kills(world).length, before);
  t.match(connect(world).history.at(-1), { kind: 'refused' }, 'and nobody gets a new one');
  world.loop.admin('b', 'enabled');
  await world.run(10_000);
  last.send();
  t.equal(uplinkOf(last), 'b');
  t.equal(uplinkOf(connect(world)), 'b');
  world.stop();
});

t.test('a restart forgets neither', async (t) => {
  let kept: Memory | null = null;
  const memory = {
    recall: () => kept,
    keep: (newest: Memory) => {
      kept = newest;
    },
  };
  const world = await begin({ memory });
  const flows = connectMany(world);
  world.loop.admin('a', 'drained');
  await world.run(1000);
  world.stop();
  const next = await createVirtualWorld(links, { on: world, memory });
  await next.run(30_000);
  for (const flow of flows) flow.send();
  t.ok(flows.every((flow) => flow.isOpen));
  t.strictSame([...new Set(connectMore(next).map(uplinkOf))], ['b']);
  t.match(next.log.join('\n'), /^notice link a: still drained \(admin\)$/m);
  next.stop();
});
