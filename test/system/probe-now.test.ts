/** `uplinkctl probe LINK` over the emulated router: by the link's own routing table, also when the link is disabled. */
import t from 'tap';
import { createPinger } from '../../src/adapter/pinger.ts';
import { createProbeNow } from '../../src/daemon/probe-now.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { createVirtualWorld, links } from './virtual.ts';

const begin = async () => {
  const world = await createVirtualWorld(links);
  await world.run(4000);
  const commands = createInProcessCommands(world.router);
  const probe = createProbeNow({
    engine: world.loop.engine,
    pinger: createPinger({ commands, clock: world.clock }),
  });
  const told: string[] = [];
  const ask = (link: string, count = 3) =>
    probe(
      link,
      count,
      ({ target, outcome, seq, why }) =>
        told.push(`${target} ${seq} ${outcome}${why === null ? '' : ` ${why}`}`),
      () => told.push('end'),
    );
  return { world, ask, take: () => told.splice(0) };
};
const all = (target: string, outcome: string): readonly string[] =>
  [0, 1, 2].map((seq) => `${target} ${seq} ${outcome}`);

t.test('what answers, and what does not', async (t) => {
  const { world, ask, take } = await begin();
  world.router.setBlackhole('a', '9.9.9.9', true);
  t.type(ask('a'), 'function');
  t.equal(ask('a'), 'link a is being probed already');
  await world.run(4000);
  const told = take();
  t.equal(told.at(-1), 'end');
  t.strictSame(told.slice(0, -1).sort(), [...all('9.9.9.9', 'lost'), ...all('gateway', 'answered')]);
  t.type(ask('a', 1), 'function', 'and again');
  await world.run(4000);
  world.stop();
});

t.test('a disabled link, to see whether it works again', async (t) => {
  const { world, ask, take } = await begin();
  world.loop.admin('a', 'disabled');
  await world.run(1000);
  ask('a');
  await world.run(1000);
  t.strictSame(take().sort(), [...all('9.9.9.9', 'answered'), 'end', ...all('gateway', 'answered')]);
  t.equal(world.loop.engine().paths.get('a/inet')?.reason, 'admin');
  world.stop();
});

t.test('nothing to ping by', async (t) => {
  const { world, ask, take } = await begin();
  world.router.setCarrier('em1', false);
  await world.run(100);
  ask('a');
  t.strictSame(take(), ['null 0 not-sent carrier-down', 'end']);
  ask('a');
  t.strictSame(take().length, 2, 'it is over');
  world.stop();
});

t.test('who hangs up stops it', async (t) => {
  const { world, ask, take } = await begin();
  const stop = ask('a');
  if (typeof stop === 'function') stop();
  await world.run(5000);
  t.strictSame(take(), []);
  t.type(ask('a'), 'function');
  world.stop();
});
