/** Rules of people's own that use the table of gateways (EXAMPLES in uplinkd.conf(5)), through the real loop in virtual time. */
import t from 'tap';
import type { Flow } from '../../src/emulator/clients.ts';
import { createVirtualWorld, links, type VirtualWorld } from './virtual.ts';

const rules = `table <uplinkd_local> persist { self 10.0.0.0/8 }
table <uplinkd_default> persist
block return
anchor "uplinkd"
pass in on em0 inet from em0:network to ! <uplinkd_local> route-to <uplinkd_default> least-states sticky-address
pass out on em1 inet from em0:network nat-to (em1:0) keep state (if-bound) label "uplink:a"
pass out on em2 inet from em0:network nat-to (em2:0) keep state (if-bound) label "uplink:b"
`;

const begin = async (config: string): Promise<VirtualWorld> => {
  const world = await createVirtualWorld(`${links}${config}`, { pfConf: rules });
  await world.run(4000);
  return world;
};

const open = (world: VirtualWorld, number: number): Flow =>
  world.router.lan.open({
    client: `10.0.0.${number}`,
    protocol: 'udp',
    to: '198.18.0.80',
    port: 5000,
    sourcePort: 5000,
  });

const uplinkOf = (flow: Flow): string | null => {
  const outcome = flow.send();
  return outcome.kind === 'delivered' ? outcome.uplink : null;
};

t.test('both gateways are in the table, then the one that is left', async (t) => {
  const world = await begin('');
  const found = [2, 3, 4, 5, 6, 7].map((number) => uplinkOf(open(world, number)));
  t.same([...found].sort(), ['a', 'a', 'a', 'b', 'b', 'b']);
  world.router.setDark('a', true);
  await world.run(6000);
  for (const number of [12, 13, 14]) t.equal(uplinkOf(open(world, number)), 'b', 'new ones');
  world.stop();
});

t.test('a pool as balance of the policy: their pf states on a dead link are found as well', async (t) => {
  const world = await begin('[policy.default]\nbalance = "least-states"\n');
  const flows = [2, 3, 4, 5].map((number) => open(world, number));
  const before = flows.map(uplinkOf);
  world.router.setDark('a', true);
  for (let second = 0; second < 8; second += 1) {
    await world.run(1000);
    for (const flow of flows) flow.send();
  }
  t.ok(before.includes('a'));
  for (const flow of flows)
    t.match(flow.history.at(-1), { kind: 'delivered', uplink: 'b', natAddress: '198.51.100.2' });
  world.stop();
});
