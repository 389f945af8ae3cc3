/** One list for all who ask, read as it comes, and nobody waits for it for long. */
import t from 'tap';
import { createPfConnections } from '../../src/adapter/pf-connections.ts';
import type { StatePlace } from '../../src/text/pf-state-count.ts';
import { createFakeCommands } from './fake-commands.ts';
import { createVirtualClock } from './virtual-clock.ts';

const places: readonly StatePlace[] = [
  {
    path: 'a/inet',
    family: 'inet',
    interface: 'em1',
    rdomain: 0,
    address: '192.0.2.2',
    gateway: '192.0.2.1',
  },
];
const line = 'em1 tcp 192.0.2.2:5000 (10.0.0.2:40136) -> 203.0.113.2:443       ESTABLISHED:ESTABLISHED\n';

const set = () => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  return { clock, commands, connections: createPfConnections({ commands, clock }) };
};

t.test('one list for all who ask within five seconds, cut anywhere', async (t) => {
  const { clock, commands, connections } = set();
  t.equal(commands.streams.length, 0, 'nothing is asked before anybody asks');
  const both = Promise.all([connections.count(places), connections.count(places)]);
  t.strictSame(commands.latest().args, ['-ss']);
  commands.latest().say(line.repeat(3).slice(0, 100));
  commands.latest().say(line.repeat(3).slice(100));
  commands.latest().end({ kind: 'exited', code: 0 });
  for (const counts of await both) t.strictSame(Object.fromEntries(counts ?? []), { 'a/inet': 3 });
  await clock.advance(4000);
  t.equal((await connections.count(places))?.get('a/inet'), 3);
  t.equal(commands.streams.length, 1);
  await clock.advance(2000);
  void connections.count(places);
  t.equal(commands.streams.length, 2);
  commands.latest().end({ kind: 'exited', code: 0 });
  t.equal(clock.pending(), 0);
});

t.test('other places are another question', async (t) => {
  const { commands, connections } = set();
  const first = connections.count(places);
  const second = connections.count([]);
  t.equal(commands.streams.length, 2);
  for (const stream of commands.streams) stream.end({ kind: 'exited', code: 0 });
  t.equal((await first)?.size, 1);
  t.equal((await second)?.size, 0);
});

t.test('what is not told in time, or not whole, is not known', async (t) => {
  const { clock, commands, connections } = set();
  const slow = connections.count(places);
  commands.latest().say(line);
  await clock.advance(3000);
  t.equal(await slow, null);
  t.ok(commands.latest().stopped);
  commands.latest().end({ kind: 'killed', signal: 'SIGTERM' });
  for (const end of [
    { kind: 'exited', code: 1 },
    { kind: 'not-started', why: 'ENOENT' },
  ] as const) {
    await clock.advance(6000);
    const failed = connections.count(places);
    commands.latest().say(line);
    commands.latest().end(end);
    t.equal(await failed, null);
  }
  await clock.advance(6000);
  const cut = connections.count(places);
  commands.latest().say(line.slice(0, 40));
  commands.latest().end({ kind: 'exited', code: 0 });
  t.equal(await cut, null);
  await clock.advance(6000);
  commands.failStreams({ kind: 'not-started', why: 'ENOENT' });
  t.equal(await connections.count(places), null, 'also if it ends at once');
  t.equal(clock.pending(), 0);
});
