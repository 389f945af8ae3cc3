/** A pair of routers (S51): demotion through the real loop and adapters, and a backup that only watches. */
import t from 'tap';
import { createHooks } from '../../src/adapter/hook.ts';
import type { Memory } from '../../src/core/memory.ts';
import { millis } from '../../src/core/time.ts';
import { followWithHooks } from '../../src/daemon/hook-gate.ts';
import type { HookDocument } from '../../src/wire/hook.ts';
import { createVirtualWorld, links, type VirtualWorld } from './virtual.ts';

const config = `[carp]\nhold = "5s"\n${links}`;
const interfaces = [{ name: 'carp1', addresses: ['10.0.0.254/24'], lladdr: '00:00:5e:00:01:01' }];
const counterOf = (world: VirtualWorld): number => world.router.demotions.get('carp') ?? 0;
const kills = (world: VirtualWorld): readonly string[] =>
  world.pfWrites().filter((each) => each.startsWith('-k'));
const groupCalls = (world: VirtualWorld): readonly string[] =>
  world.router.faults.calls.flatMap(({ command, args }) =>
    command === 'ifconfig' && args[0] === '-g' ? [args.join(' ')] : [],
  );

t.test('all links lost: demoted, over restarts, and undone after hold', async (t) => {
  let kept: Memory | null = null;
  const memory = {
    recall: () => kept,
    keep: (newest: Memory) => {
      kept = newest;
    },
  };
  const world = await createVirtualWorld(config, { interfaces, memory });
  world.router.demotions.set('carp', 128);
  await world.run(20_000);
  t.strictSame(groupCalls(world), [], 'nothing is asked while all is well');
  t.match(world.log.join('\n'), /^notice carp: master$/m);
  world.router.setDark('a', true);
  world.router.setDark('b', true);
  await world.run(20_000);
  t.equal(counterOf(world), 178);
  t.match(
    world.log.join('\n'),
    /^warning carp: group carp demoted by 50: no link to trust for policy default$/m,
  );
  world.stop();
  const next = await createVirtualWorld(config, { on: world, memory });
  await next.run(60_000);
  t.equal(counterOf(next), 178, 'not twice');
  next.router.setDark('b', false);
  await next.run(4000);
  t.equal(counterOf(next), 178);
  await next.run(30_000);
  t.equal(counterOf(next), 128, 'what was there before is there again');
  t.match(next.log.join('\n'), /^notice carp: group carp no longer demoted$/m);
  next.stop();
});

t.test('a backup watches and ends no state; the master that it becomes does', async (t) => {
  const world = await createVirtualWorld(config, { interfaces });
  await world.run(10_000);
  world.router.setCarrier('carp1', false);
  await world.run(1000);
  t.match(world.log.at(-1), /^notice carp: backup: no states are killed, no hook is run$/);
  const before = kills(world).length;
  world.router.setCarrier('em1', false);
  await world.run(30_000);
  t.equal(world.loop.engine().paths.get('a/inet')?.health, 'down');
  t.match(
    await world.pfctl(['-a', 'uplinkd', '-sr']),
    /^pass in quick inet all flags S\/SA label "uplink:b"/m,
    'its rules are ready',
  );
  t.equal(kills(world).length, before);
  world.router.setCarrier('carp1', true);
  await world.run(5000);
  t.strictSame(kills(world).slice(before), ['-k label -k uplink:a', '-k label -k uplink:a']);
  world.stop();
});

t.test('a backup runs no hook; the master that it becomes does, and tells nothing of before', async (t) => {
  const world = await createVirtualWorld(config, { interfaces });
  const told: string[] = [];
  const hooks = createHooks({
    clock: world.clock,
    log: { write: () => {} },
    look: () => ({ paths: [], policies: [] }),
    run: ({ stdin }) => {
      const { events }: HookDocument = JSON.parse(stdin);
      told.push(...events.map(({ text }) => text));
      return { ended: Promise.resolve({ kind: 'exited', code: 0 }), stop: () => {} };
    },
  });
  await world.run(10_000);
  hooks.configure({ command: ['/x'], timeout: millis(1000), digest: millis(1000) });
  followWithHooks(world.loop, hooks);
  world.router.setCarrier('carp1', false);
  await world.run(1000);
  world.router.setCarrier('em1', false);
  await world.run(30_000);
  t.match(world.log.join('\n'), /link a inet: up -> down \(carrier-down\)/, 'it has seen it');
  t.match(world.log.join('\n'), /policy default inet: .* -> b 100%/, 'and has its rules ready');
  t.strictSame(told, []);
  world.router.setCarrier('carp1', true);
  await world.run(5000);
  t.strictSame(told, [], 'the master that was has told it');
  world.router.setCarrier('em2', false);
  await world.run(5000);
  t.match(told.join('\n'), /^link b inet: up -> down \(carrier-down\)/);
  t.notMatch(told.join('\n'), /link a /);
  world.stop();
  hooks.stop();
});

t.test('without [carp] an interface of that name means nothing', async (t) => {
  const world = await createVirtualWorld(links, { interfaces });
  await world.run(10_000);
  world.router.setCarrier('carp1', false);
  world.router.setDark('a', true);
  world.router.setDark('b', true);
  await world.run(30_000);
  t.strictSame(groupCalls(world), []);
  t.notMatch(world.log.join('\n'), /carp/);
  world.stop();
});
