/** The log: silence while nothing happens, each change once, in the right severity. */
import t from 'tap';
import { createVirtualWorld, links } from './virtual.ts';

const HOUR = 3_600_000;

t.test('a quiet hour: not one line, not even of debugging; not one write to pf', async (t) => {
  const world = await createVirtualWorld(links);
  await world.run(60_000);
  const lines = world.log.length;
  const writes = world.pfWrites().length;
  t.ok(lines > 0, 'the start is told');
  await world.run(HOUR);
  t.strictSame(world.log.slice(lines), []);
  t.equal(world.pfWrites().length, writes);
  world.stop();
});

t.test('an outage that lasts for an hour is told once', async (t) => {
  const world = await createVirtualWorld(links);
  await world.run(60_000);
  world.router.setDark('a', true);
  await world.run(60_000);
  const told = world.log.length;
  await world.run(HOUR);
  t.strictSame(
    world.log.slice(told).filter((line) => !line.startsWith('debug ')),
    [],
  );
  t.equal(
    world.log.filter((line) => line.startsWith('warning link a inet: up -> down (probe-loss)')).length,
    1,
  );
  world.router.setDark('a', false);
  await world.run(60_000);
  t.match(
    world.log.slice(told).filter((line) => /^(notice|warning|err) /.test(line)),
    [/^notice link a inet: unknown -> up/, /^notice policy default inet: b 100% -> a 50% b 50%$/],
  );
  world.stop();
});

t.test('what an operator did is told as that, and is no alarm', async (t) => {
  const world = await createVirtualWorld(links);
  await world.run(60_000);
  const lines = world.log.length;
  world.loop.admin('a', 'disabled');
  await world.run(5000);
  t.strictSame(
    world.log.slice(lines).filter((line) => /^(warning|err) /.test(line)),
    [],
  );
  t.match(
    world.log.slice(lines).join('\n'),
    /^notice link a: enabled -> disabled \(admin\)\nnotice link a inet: up -> down \(admin\)/,
  );
  world.stop();
});
