/**
 * A captive portal answers pings and lets nothing else through (PEERS.md, user problem 16): real loop, real adapters, emulated nc(1) and
 * dig(1), pf with everything blocked that our own rules do not let out.
 */
import t from 'tap';
import { createPinger } from '../../src/adapter/pinger.ts';
import type { ProgramEnd, RunProgram } from '../../src/adapter/program.ts';
import { createProbeNow } from '../../src/daemon/probe-now.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import type { Portal } from '../../src/emulator/uplink.ts';
import { createVirtualWorld, links, pfConf, type VirtualWorld } from './virtual.ts';

/** No default of pf's own lets anything out. */
const strict = pfConf.replace('match in on em0 inet ', 'block out\npass out on em0\nmatch in on em0 inet ');

const begin = async (targets: string, program?: RunProgram): Promise<VirtualWorld> => {
  const world = await createVirtualWorld(
    links.replace('targets = ["gateway", "9.9.9.9"]', `targets = ["gateway", ${targets}]`),
    { pfConf: strict, ...(program === undefined ? {} : { program }) },
  );
  await world.run(20_000);
  return world;
};
const healthOf = (world: VirtualWorld, link: string) => world.loop.engine().paths.get(`${link}/inet`)?.health;

const rows: readonly (readonly [string, string, readonly Portal[]])[] = [
  ['a port', '"tcp:9.9.9.9:443"', ['drops', 'resets']],
  ['a question', '"dns:9.9.9.9/."', ['drops', 'resets', 'lies']],
  ['a question for a name', '"dns:9.9.9.9/example.com"', ['drops', 'resets']],
];
for (const [name, targets, portals] of rows)
  for (const portal of portals)
    t.test(`${name}, and a portal that ${portal}`, async (t) => {
      const world = await begin(targets);
      t.same([healthOf(world, 'a'), healthOf(world, 'b')], ['up', 'up']);
      world.router.setPortal('a', portal);
      await world.run(8000);
      t.same([healthOf(world, 'a'), healthOf(world, 'b')], ['down', 'up']);
      t.match(world.log.join('\n'), /link a inet: up -> down \(probe-loss\), 1\/2 targets answer/);
      t.match(world.log.join('\n'), /policy default inet: a 50% b 50% -> b 100%/);
      world.router.setPortal('a', null);
      await world.run(20_000);
      t.equal(healthOf(world, 'a'), 'up', 'somebody has logged in');
      world.stop();
    });

t.test('a program says so, in the routing table of its link', async (t) => {
  const asked = new Map<string, string>();
  const wrong = new Set<string>();
  const program: RunProgram = ({ command, environment }) => {
    const link = environment['UPLINKD_LINK'] ?? '';
    asked.set(link, `${command.join(' ')} ${environment['UPLINKD_GATEWAY']}`);
    const end: ProgramEnd = { kind: 'exited', code: wrong.has(link) ? 1 : 0 };
    return { ended: Promise.resolve(end), stop: () => {} };
  };
  const world = await begin('"exec:/etc/uplinkd/portal -v"', program);
  t.same([healthOf(world, 'a'), healthOf(world, 'b')], ['up', 'up']);
  t.same([...asked].sort(), [
    ['a', '/sbin/route -T 101 exec /etc/uplinkd/portal -v 192.0.2.1'],
    ['b', '/sbin/route -T 102 exec /etc/uplinkd/portal -v 198.51.100.1'],
  ]);
  wrong.add('a');
  await world.run(8000);
  t.same([healthOf(world, 'a'), healthOf(world, 'b')], ['down', 'up']);
  world.stop();
});

t.test('what hosts behind the router ask is not let out by the rules for probes', async (t) => {
  const world = await begin('"dns:9.9.9.9/."');
  t.match(
    await world.pfctl(['-a', 'uplinkd', '-sr']),
    /^pass out quick on em1 inet proto udp from \(em1\) to 9\.9\.9\.9 port = 53 user = 0 set \(prio 7\) keep state \(if-bound\) label "uplink:a:probe"$/m,
  );
  world.stop();
});

t.test('uplinkctl probe asks in the same way, and says what was answered', async (t) => {
  const world = await begin('"tcp:9.9.9.9:443", "dns:9.9.9.9/."');
  const commands = createInProcessCommands(world.router);
  const told: string[] = [];
  const probe = createProbeNow({
    engine: world.loop.engine,
    pinger: createPinger({ commands, clock: world.clock }),
  });
  const ask = (): unknown =>
    probe(
      'a',
      2,
      ({ target, outcome, seq, why }) =>
        told.push(`${target} ${seq} ${outcome}${why === null ? '' : ` ${why}`}`),
      () => told.push('end'),
    );
  ask();
  await world.run(3000);
  t.same(told.splice(0).sort(), [
    'dns:9.9.9.9/. 0 answered',
    'dns:9.9.9.9/. 1 answered',
    'end',
    'gateway 0 answered',
    'gateway 1 answered',
    'tcp:9.9.9.9:443 0 answered',
    'tcp:9.9.9.9:443 1 answered',
  ]);
  world.router.setPortal('a', 'resets');
  ask();
  await world.run(3000);
  t.match(told, [/./, /./, /./, /./, /./, /./, 'end']);
  t.ok(told.includes('tcp:9.9.9.9:443 0 lost Connection refused'));
  t.ok(told.includes('dns:9.9.9.9/. 1 lost REFUSED'));
  world.stop();
});
