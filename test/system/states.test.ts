/** Connections by path, as `uplinkctl show links` asks for them, against what the emulated pf holds. */
import t from 'tap';
import { createPfConnections } from '../../src/adapter/pf-connections.ts';
import { createPfStates } from '../../src/adapter/pf-states.ts';
import { statePlaces, withStates } from '../../src/daemon/states.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { exampleStatus } from '../wire/example.ts';
import { createVirtualWorld, links, type VirtualWorld } from './virtual.ts';

const held = (world: VirtualWorld, link: string): number =>
  [...world.router.firewall.states.all.values()].filter(
    ({ rule, direction }) => rule.label === `uplink:${link}` && direction === 'out',
  ).length;

t.test(
  'of a link that is drained the connections that are left, which no rule in force counts',
  async (t) => {
    const world = await createVirtualWorld(links);
    await world.run(10_000);
    const flows = Array.from({ length: 60 }, (_, index) =>
      world.router.lan.open({ client: `10.0.0.${10 + index}`, protocol: 'tcp', to: '198.18.0.9', port: 443 }),
    );
    for (const flow of flows) flow.send();
    await world.run(500);
    const commands = createInProcessCommands(world.router);
    const connections = createPfConnections({ commands, clock: world.clock });
    const rules = createPfStates({ commands, clock: world.clock });
    const count = async (): Promise<Record<string, number>> => {
      const counting = connections.count(statePlaces(world.loop.engine()));
      await world.run(100);
      return Object.fromEntries((await counting) ?? []);
    };
    const before = { 'a/inet': held(world, 'a'), 'b/inet': held(world, 'b') };
    t.equal(before['a/inet'] + before['b/inet'], 60);
    t.ok(before['a/inet'] > 0 && before['b/inet'] > 0);
    t.strictSame(await count(), before);
    t.equal(
      world.router.faults.calls.filter(({ args }) => args.join(' ') === '-ss').length,
      1,
      'and is listed when somebody asks, not before',
    );
    world.loop.admin('a', 'drained');
    await world.run(6000);
    t.strictSame(await count(), { 'a/inet': held(world, 'a'), 'b/inet': held(world, 'b') });
    t.equal(held(world, 'a'), before['a/inet']);
    const inForce = rules.read('uplinkd');
    await world.run(100);
    t.equal((await inForce)?.get('a'), 0);
    world.stop();
  },
);

t.test('in the document', async (t) => {
  const status = withStates(exampleStatus, new Map([['fibre/inet', 7]]));
  t.match(status.links, [{ paths: [{ states: 7 }, { states: null }] }]);
  t.match(withStates(exampleStatus, null).links, [{ paths: [{ states: null }] }]);
});
