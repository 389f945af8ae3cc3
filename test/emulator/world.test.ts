// The world around the router: the clock, chance, clients, uplinks, faults, and the commands in process.
import t from 'tap';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { createRandom } from '../../src/emulator/random.ts';
import type { RunResult } from '../../src/port/commands.ts';
import { createMachine } from './machine.ts';

t.test('virtual time: in order, cancelled, set from within', async (test) => {
  const clock = createVirtualClock(1000);
  const seen: string[] = [];
  clock.after(20, () => seen.push('b'));
  clock.after(10, () => {
    seen.push('a');
    clock.after(5, () => seen.push(`a2 at ${clock.now()}`));
  });
  const cancel = clock.after(12, () => seen.push('never'));
  clock.after(20, () => seen.push('c'));
  cancel();
  clock.advance(19);
  test.same(seen, ['a', 'a2 at 15']);
  test.equal(clock.next(), 20);
  clock.advance(1);
  test.same(seen, ['a', 'a2 at 15', 'b', 'c'], 'equal instants in the order in which they were set');
  clock.stepWall(-500);
  test.equal(clock.wall(), 520);
  test.equal(clock.now(), 20);
  test.equal(clock.next(), null);
});

t.test('a thousand timers at random fire in order', async (test) => {
  const clock = createVirtualClock();
  const random = createRandom(3);
  let last = -1;
  let count = 0;
  for (let i = 0; i < 1000; i++) {
    const due = random.below(500);
    const cancel = clock.after(due, () => {
      test.ok(clock.now() >= last) || test.fail('out of order');
      last = clock.now();
      count++;
    });
    if (i % 10 === 0) cancel();
  }
  clock.advance(500);
  test.equal(count, 900);
});

t.test('chance: the same seed gives the same world', async (test) => {
  const draw = (seed: number): number[] =>
    Array.from(
      { length: 5 },
      (
        (random) => () =>
          random.next()
      )(createRandom(seed)),
    );
  test.same(draw(1), draw(1));
  test.notSame(draw(1), draw(2));
  const random = createRandom(1);
  const before = createRandom(1).fork('x').next();
  random.next();
  test.equal(random.fork('x').next(), before, 'a fork does not depend on what was drawn');
  const mean =
    Array.from({ length: 10_000 }, () => random.next()).reduce((sum, value) => sum + value, 0) / 10_000;
  test.ok(Math.abs(mean - 0.5) < 0.02);
});

t.test('traffic counts new connections by uplink, and long flows keep sending', async (test) => {
  const world = createMachine();
  world.load(
    '',
    'set skip on lo\npass in quick on vio1 inet to !10.0.0.0/8 probability 75% route-to 192.0.2.1\npass in quick on vio1 inet to !10.0.0.0/8 route-to 198.51.100.1\nmatch out on vio2 inet nat-to (vio2:0)\nmatch out on vio3 inet nat-to (vio3:0)\npass\n',
  );
  const traffic = world.router.lan.startTraffic({
    clients: ['10.0.0.11', '10.0.0.12'],
    newConnectionsPerSecond: 50,
    udpFlows: [{ client: '10.0.0.11', to: '203.0.113.53', port: 4500, sourcePort: 4500, everyMs: 200 }],
  });
  world.clock.advance(10_000);
  const first = traffic.count();
  test.equal(first.total, 500);
  test.ok(Math.abs((first.delivered.get('a') ?? 0) - 375) < 30, `${first.delivered.get('a')} of 500 by a`);
  test.equal(traffic.flows[0]?.history.length, 50);
  traffic.mark();
  world.router.setDark('a', true);
  world.clock.advance(2000);
  const second = traffic.count();
  test.equal(second.delivered.get('a'), undefined);
  test.ok(second.silent > 50);
  traffic.stop();
  world.clock.advance(5000);
  test.equal(traffic.count().total, second.total);
  test.ok(world.router.firewall.states.all.size < 2500, 'pf states are bounded by their time-outs');
});

t.test('loss, latency, blackholes', async (test) => {
  const world = createMachine();
  world.run('route -n add default 192.0.2.1');
  world.router.setLoss('a', 0.25);
  const lossy = world.run('ping -n -c 400 -i 0.1 203.0.113.1', '', 600_000);
  const lost = Number(/ ([\d.]+)% packet loss/.exec(lossy.stdout)?.[1]);
  test.ok(lost > 15 && lost < 35, `${lost}% lost`);
  world.router.setLoss('a', 0);
  world.router.setLatency('a', 120, 0);
  test.match(world.run('ping -n -c 1 203.0.113.1').stdout, /time=120\.\d{3} ms/);
  world.router.setBlackhole('a', '203.0.113.1', true);
  test.equal(world.run('ping -n -c 1 -w 1 203.0.113.1').code, 1);
  test.equal(world.run('ping -n -c 1 -w 1 203.0.113.2').code, 0);
});

/** Lets virtual time run while a promise is pending. */
const settle = async <T>(
  world: ReturnType<typeof createMachine>,
  promise: Promise<T>,
  ms: number,
): Promise<T> => {
  world.clock.advance(ms);
  await Promise.resolve();
  return promise;
};

t.test('commands in process: results, time-outs, cancelling, streams', async (test) => {
  const world = createMachine();
  const commands = createInProcessCommands(world.router);
  const run = (args: readonly string[], stdin: string, timeoutMs = 5000): Promise<RunResult> =>
    commands.run('pfctl', args, { stdin, timeoutMs });
  test.same(await settle(world, run(['-a', 'x', '-f', '-'], 'pass\n'), 10), {
    kind: 'exited',
    code: 0,
    stdout: '',
    stderr: '',
  });
  world.router.faults.add({ command: 'pfctl', fault: { kind: 'hang' } });
  test.same(await settle(world, run(['-sr'], ''), 6000), { kind: 'timed-out', stdout: '', stderr: '' });
  test.equal(world.router.faults.running('pfctl').length, 0, 'it was killed');
  world.router.faults.add({ command: 'pfctl', fault: { kind: 'late', ms: 9000 } });
  test.match(await settle(world, run(['-a', 'late', '-f', '-'], 'pass\n'), 6000), { kind: 'timed-out' });
  test.equal(
    world.run('pfctl -a late -sr').stdout,
    'pass all flags S/SA\n',
    'it had done its work all the same',
  );
  world.router.faults.add({ command: 'pfctl', fault: { kind: 'slow', ms: 9000 } });
  test.match(await settle(world, run(['-a', 'slow', '-f', '-'], 'pass\n'), 6000), { kind: 'timed-out' });
  world.clock.advance(10_000);
  test.equal(
    world.run('pfctl -a slow -sr').stderr,
    'pfctl: Anchor does not exist\n',
    'killed before it did anything',
  );
  world.router.faults.add({ command: 'pfctl', fault: { kind: 'not-started', why: 'ENOENT' } });
  test.same(await settle(world, run(['-sr'], ''), 10), { kind: 'not-started', why: 'ENOENT' });
  const abort = new AbortController();
  const cancelled = commands.run('pfctl', ['-sr'], { timeoutMs: 1000, signal: abort.signal });
  abort.abort();
  test.same(await settle(world, cancelled, 0), { kind: 'cancelled' });
  const bounded = createInProcessCommands(world.router, { outputBound: 100 });
  test.same(await settle(world, bounded.run('ifconfig', [], { timeoutMs: 1000 }), 10), {
    kind: 'too-much-output',
  });

  let out = '';
  const ends: unknown[] = [];
  const handlers = {
    onStdout: (chunk: string) => {
      out += chunk;
    },
    onStderr: () => {},
    onEnd: (end: unknown) => {
      ends.push(end);
    },
  };
  const stream = commands.stream('ping', ['-n', '192.0.2.1'], handlers);
  world.clock.advance(2500);
  test.equal(out.split('\n').length, 5);
  stream.stop();
  stream.stop();
  world.clock.advance(10);
  test.same(ends, [{ kind: 'killed', signal: 'SIGTERM' }], 'one end only');
  const timersLeft = world.clock.next();
  test.equal(timersLeft, null, 'nothing is left behind');
  const monitor = commands.stream('route', ['-n', 'monitor'], handlers);
  world.clock.advance(10);
  out = '';
  world.router.faults.running('route')[0]?.mute();
  world.router.setCarrier('vio2', false);
  test.equal(out, '', 'mute');
  world.router.faults.running('route')[0]?.kill('SIGKILL');
  world.clock.advance(10);
  test.same(ends[1], { kind: 'killed', signal: 'SIGKILL' });
  monitor.stop();
  const early = commands.stream('ping', ['-n', '192.0.2.1'], handlers);
  early.stop();
  world.clock.advance(10);
  test.equal(ends.length, 3);
  const syslog = commands.stream('logger', ['-t', 'x'], handlers);
  syslog.write('before it has started\n');
  world.clock.advance(10);
  syslog.write('and af');
  syslog.write('ter\n');
  test.same(world.router.syslog, ['user.notice x: before it has started', 'user.notice x: and after']);
  syslog.stop();
  world.clock.advance(10);
});

t.test('a route is looked up anew when a link, an address or a route has changed', async (test) => {
  const world = createMachine({ defaultRoute: '192.0.2.1' });
  world.run('route -n add -priority 20 default 198.51.100.1');
  world.load('', 'pass\nmatch out on vio2 inet nat-to (vio2:0)\nmatch out on vio3 inet nat-to (vio3:0)\n');
  const go = (): string | null => {
    const outcome = world.router.lan.open({ client: '10.0.0.9', protocol: 'udp', to: '203.0.113.9' }).send();
    return outcome.kind === 'delivered' ? outcome.uplink : outcome.kind;
  };
  test.equal(go(), 'a');
  world.router.setCarrier('vio2', false);
  test.equal(go(), 'b');
  world.router.setCarrier('vio2', true);
  test.equal(go(), 'a');
  world.run('route -n delete default 192.0.2.1');
  test.equal(go(), 'b');
  world.run('route -n change default 192.0.2.1');
  test.equal(go(), 'a');
  world.run('route -n add 203.0.113.0/24 198.51.100.1');
  test.equal(go(), 'b');
  world.router.removeAddress('vio3', '198.51.100.2');
  test.equal(go(), 'a');
});

t.test('the same seed and the same story give the same bytes', async (test) => {
  const story = (): string => {
    const world = createMachine({ defaultRoute: '192.0.2.1' });
    world.load('', 'pass\nmatch out on vio2 inet nat-to (vio2:0)\n');
    for (let i = 0; i < 20; i++)
      world.router.lan.open({ client: '10.0.0.9', protocol: 'udp', to: '203.0.113.9' }).send();
    return world.run('pfctl -vvss').stdout + world.run('ping -n -c 3 203.0.113.1').stdout;
  };
  test.equal(story(), story());
});
