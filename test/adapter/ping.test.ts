import t from 'tap';
import { createProber } from '../../src/adapter/ping.ts';
import { createCommands } from '../../src/adapter/run.ts';
import type { Probe } from '../../src/core/model.ts';
import type { Observation } from '../../src/core/observation.ts';
import { millis } from '../../src/core/time.ts';
import { createFakeCommands } from './fake-commands.ts';
import { programs } from './programs.ts';
import { createVirtualClock } from './virtual-clock.ts';

const probe = (address: string, more: Partial<Probe> = {}): Probe => ({
  key: `fibre/inet/${address}`,
  path: 'fibre/inet',
  family: 'inet',
  ask: { kind: 'ping' },
  longest: millis(3000),
  address,
  rtable: 101,
  interval: millis(1000),
  count: null,
  ...more,
});

const answer = (seq: number, from = '9.9.9.9', more = ''): string =>
  `64 bytes from ${from}: icmp_seq=${seq} ttl=58 time=1.052 ms${more}\n`;

const set = () => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  const prober = createProber({ commands, clock });
  const seen: Observation[] = [];
  const listen = () => prober.start((observation) => seen.push(observation));
  return { clock, commands, prober, listen, take: (): readonly Observation[] => seen.splice(0) };
};

/** One probe that runs. */
const running = (one: Probe = probe('9.9.9.9')) => {
  const all = set();
  all.listen();
  all.prober.want([one]);
  all.take();
  return all;
};

t.test('arguments', async (t) => {
  const cases: readonly (readonly [Probe, readonly string[]])[] = [
    [probe('9.9.9.9'), ['ping', '-n', '-V', '101', '9.9.9.9']],
    [
      probe('9.9.9.9', { interval: millis(200), rtable: 0 }),
      ['ping', '-n', '-V', '0', '-i', '0.2', '9.9.9.9'],
    ],
    [probe('9.9.9.9', { interval: millis(1500) }), ['ping', '-n', '-V', '101', '-i', '1.5', '9.9.9.9']],
    [probe('9.9.9.9', { interval: millis(10) }), ['ping', '-n', '-V', '101', '-i', '0.01', '9.9.9.9']],
    [
      probe('fe80::1%em0', { family: 'inet6', interval: millis(60_000) }),
      ['ping6', '-n', '-V', '101', '-i', '60', 'fe80::1%em0'],
    ],
    [
      probe('9.9.9.9', { interval: millis(20), count: 4 }),
      ['ping', '-n', '-V', '101', '-i', '0.02', '-c', '4', '9.9.9.9'],
    ],
  ];
  for (const [one, wanted] of cases) {
    const { commands } = running(one);
    const { command, args } = commands.latest();
    t.same([command, ...args], wanted);
  }
});

t.test('many at once: between some and the next ones is time to hear that they are not needed', async (t) => {
  const { clock, commands, prober, listen } = set();
  const bursts = Array.from({ length: 20 }, (_, n) =>
    probe(`10.0.0.${n}`, { key: `fibre/inet/10.0.0.${n}#1`, interval: millis(20), count: 4 }),
  );
  const started = (): readonly string[] => commands.streams.map(({ args }) => args.at(-1) ?? '');
  listen();
  prober.want(bursts);
  t.equal(started().length, 8);
  prober.want(bursts.slice(12));
  await clock.advance(1);
  const rest = bursts.slice(12).map(({ address }) => address);
  t.same(started().slice(8), rest, "those that are not wanted any more take nobody's place");
  prober.want([]);
  prober.want(bursts);
  prober.stop();
  const before = started().length;
  await clock.advance(100);
  t.equal(started().length, before, 'nothing is left after the end');
});

t.test('a few requests in quick succession', async (t) => {
  const burst = probe('9.9.9.9', { key: 'fibre/inet/9.9.9.9#1', interval: millis(20), count: 4 });
  t.test('leave at once, whatever else is started', async (t) => {
    const { commands, prober, listen } = set();
    listen();
    prober.want([probe('1.1.1.1'), burst]);
    t.equal(commands.latest().args.at(-1), '9.9.9.9');
  });
  t.test('are over when they are over', async (t) => {
    const { commands, clock, take } = running(burst);
    commands.latest().say(answer(0));
    commands.latest().end({ kind: 'exited', code: 0 });
    t.same(
      take().map(({ kind }) => kind),
      ['probe-answer', 'probe-ended'],
    );
    await clock.advance(60_000);
    t.equal(commands.streams.length, 1, 'nobody wants another');
  });
  t.test('are refused to all but root', async (t) => {
    const { commands, take } = running(burst);
    commands.latest().complain('ping: only root may use an interval smaller than one second\n');
    commands.latest().end({ kind: 'exited', code: 1 });
    const [refused] = take();
    t.match(refused, { kind: 'probe-refused', probe: burst.key });
    t.match(JSON.stringify(refused), /only root may use an interval smaller than one second/);
  });
});

t.test('lines are observations, wherever they are cut', async (t) => {
  const text = [
    'PING 9.9.9.9 (9.9.9.9): 56 data bytes',
    answer(0).trim(),
    answer(65_535, '9.9.9.9', ' (DUP!)').trim(),
    '64 bytes from 9.9.9.9: icmp_seq=3 ttl=58',
    answer(4, '192.168.1.1').trim(),
    'ping: wrote 9.9.9.9 64 chars, ret=-1',
    '64 bytes from 192.0.2.1: Destination Host Unreachable',
    'garbage \u0000\uFFFD',
    'x'.repeat(5000),
    answer(5).trim(),
    '64 bytes from 9.9.9.9: icmp_seq=6 ttl=58 time=1.0',
  ].join('\n');
  const wanted = [
    { kind: 'probe-answer', seq: 0, rtt: 1.052, duplicate: false },
    { kind: 'probe-answer', seq: 65_535, rtt: 1.052, duplicate: true },
    { kind: 'probe-answer', seq: 3, rtt: null, duplicate: false },
    { kind: 'probe-answer', seq: 5, rtt: 1.052, duplicate: false },
  ].map((each) => ({ ...each, probe: 'fibre/inet/9.9.9.9' }));
  for (const size of [text.length, 1, 7]) {
    const { commands, take } = running();
    for (let at = 0; at < text.length; at += size) commands.latest().say(text.slice(at, at + size));
    t.same(take(), wanted, `${size} at a time; what another address answers is no answer`);
  }
  const six = running(probe('2620:fe::fe', { family: 'inet6' }));
  six.commands.latest().say('64 bytes from 2620:fe:0::fe: icmp_seq=0 hlim=58 time=1.052 ms\n');
  t.match(six.take(), [{ kind: 'probe-answer', seq: 0 }]);
});

t.test('errors', async (t) => {
  const { commands, take, clock } = running();
  commands.latest().complain('ping: sendmsg: Network is down\nping: sendm');
  commands.latest().complain('sg: No route to host\nping: Warning: something\n');
  t.same(take(), [
    { kind: 'probe-error', probe: 'fibre/inet/9.9.9.9', text: 'Network is down' },
    { kind: 'probe-error', probe: 'fibre/inet/9.9.9.9', text: 'No route to host' },
  ]);
  commands.latest().complain('ping: setsockopt SO_RTABLE: Invalid argument\n');
  commands.latest().end({ kind: 'exited', code: 1 });
  t.same(take(), [
    {
      kind: 'probe-ended',
      probe: 'fibre/inet/9.9.9.9',
      how: 'ping: exit 1: setsockopt SO_RTABLE: Invalid argument',
      restartIn: 100,
    },
  ]);
  await clock.advance(100);
  t.match(take(), [{ kind: 'probe-started' }]);
});

t.test('restarts ever later, quickly again once a child has answered', async (t) => {
  const { clock, commands, take } = running();
  commands.failStreams({ kind: 'not-started', why: '/sbin/ping: gone' });
  commands.latest().end({ kind: 'killed', signal: 'SIGKILL' });
  await clock.advance(40_000);
  const seen = take();
  t.same(
    seen.flatMap((each) => (each.kind === 'probe-ended' ? [each.restartIn] : [])),
    [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000],
  );
  t.match(seen[0], { how: 'ping: killed by SIGKILL' });
  t.match(seen[2], { how: 'ping: not started: /sbin/ping: gone' });
  const starts = commands.streams.map((stream) => stream.startedAt);
  t.same(
    starts.slice(1).map((at, index) => at - (starts[index] ?? 0)),
    [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000],
  );
  commands.failStreams(null);
  await clock.advance(10_000);
  commands.latest().say(answer(0));
  take();
  commands.latest().end({ kind: 'exited', code: 0 });
  t.match(take(), [{ kind: 'probe-ended', restartIn: 100 }]);
});

t.test('a silent child is replaced, and less and less often (S7)', async (t) => {
  const { clock, commands, take } = running();
  await clock.advance(14_999);
  t.same(take(), []);
  await clock.advance(1);
  t.match(take(), [{ kind: 'probe-ended', how: 'ping: silent for 15.0s', restartIn: 100 }]);
  await clock.advance(3_600_000);
  const starts = commands.streams.map((stream) => stream.startedAt);
  t.same(
    starts.slice(1, 9).map((at, index) => at - (starts[index] ?? 0)),
    [15_100, 30_100, 60_100, 120_100, 240_100, 300_100, 300_100, 300_100],
  );
  t.ok(commands.streams.slice(0, -1).every((stream) => stream.ended));
  take();
  commands.latest().complain('ping: sendmsg: No route to host\n');
  const talking = commands.latest();
  await clock.advance(14_999);
  t.notOk(talking.stopped);
  await clock.advance(1);
  t.ok(talking.stopped, 'an error is a sign of life: patience begins anew');

  const slow = running(probe('9.9.9.9', { interval: millis(60_000) }));
  await slow.clock.advance(599_999);
  t.notOk(slow.commands.latest().stopped, 'ten intervals');
  await slow.clock.advance(1);
  t.ok(slow.commands.streams[0]?.stopped);
});

t.test('a child is silent since its last line, whenever it was started', async (t) => {
  const { clock, commands } = running();
  const child = commands.latest();
  for (let seq = 0; seq < 7; seq += 1) {
    await clock.advance(10_000);
    child.say(answer(seq));
  }
  await clock.advance(14_999);
  t.notOk(child.stopped, 'none of its own pauses was that long');
  await clock.advance(1);
  t.ok(child.stopped);
});

t.test('a child that is silent while another is answered by the same target is replaced soon', async (t) => {
  const steady = probe('9.9.9.9', { interval: millis(60_000) });
  const burst = (n: number): Probe => ({
    ...steady,
    key: `${steady.key}#${n}`,
    interval: millis(30),
    count: 4,
  });
  const { clock, commands, prober, take } = running(steady);
  const child = commands.latest();
  child.say(answer(0));
  const ask = (n: number): void => {
    prober.want([steady, burst(n)]);
    commands.latest().say(answer(0));
    prober.want([steady]);
    take();
  };
  await clock.advance(180_000);
  ask(1);
  t.notOk(child.stopped, 'three intervals: it may still be answered');
  await clock.advance(1);
  prober.want([steady, burst(2), probe('1.1.1.1')]);
  commands.latest().say(answer(0, '1.1.1.1'));
  t.notOk(child.stopped, 'another target says nothing of it');
  commands.streams.at(-2)?.say(answer(0));
  t.ok(child.stopped);
  await clock.advance(0);
  t.match(
    take().filter(({ kind }) => kind === 'probe-ended'),
    [{ probe: steady.key, how: 'ping: silent for 3m00s', restartIn: 100 }],
  );
  const streams = commands.streams.length;
  prober.want([steady, burst(3)]);
  commands.latest().say(answer(0));
  await clock.advance(100);
  t.equal(commands.streams.length, streams + 2, 'once: the burst, and the new one');
  ask(4);
  t.notOk(commands.streams.at(-2)?.stopped, 'which begins without a stain');
});

t.test('the silence of one child is not held against the next', async (t) => {
  const { clock, commands } = running();
  await clock.advance(14_950);
  commands.latest().end({ kind: 'exited', code: 1 });
  await clock.advance(100 + 14_999);
  t.equal(commands.streams.length, 2);
  t.notOk(commands.latest().stopped);
  const second = commands.latest();
  await clock.advance(1);
  t.ok(second.stopped, 'nor is it more patient');
});

t.test('half a line is no sign of life', async (t) => {
  const { clock, commands } = running();
  await clock.advance(10_000);
  commands.latest().say('64 bytes from 9.9');
  await clock.advance(5000);
  t.ok(commands.streams[0]?.stopped);
});

t.test('probes wanted together are spread over one interval, in their order', async (t) => {
  const { clock, commands, prober, listen, take } = set();
  const addresses = ['9.9.9.9', '1.1.1.1', '8.8.8.8', '192.0.2.1'];
  prober.want(addresses.map((address) => probe(address)));
  t.equal(commands.streams.length, 0, 'nothing before start');
  const began = clock.now();
  listen();
  await clock.advance(1000);
  t.same(
    commands.streams.map((stream) => [stream.args.at(-1), stream.startedAt - began]),
    addresses.map((address, index) => [address, index * 250]),
  );
  take();

  prober.want([...addresses.slice(1), '9.9.9.10', '9.9.9.9'].map((address) => probe(address)));
  await clock.advance(1000);
  t.equal(commands.streams.length, 5, 'those that run are left alone');
  prober.want([...addresses, '9.9.9.10', '9.9.9.11', '9.9.9.11'].map((address) => probe(address)));
  await clock.advance(1000);
  t.equal(commands.streams.length, 6, 'twice wanted is once wanted');
  t.equal(commands.living().length, 6);
});

t.test('a probe no longer wanted: ended, and nothing more is observed of it', async (t) => {
  const { clock, commands, prober, take } = running();
  const old = commands.latest();
  prober.want([]);
  t.ok(old.stopped);
  old.say(answer(1));
  old.complain('ping: sendmsg: No route to host\n');
  await clock.advance(60_000);
  t.same(take(), []);
  t.equal(commands.streams.length, 1);
  t.equal(clock.pending(), 0);

  prober.want([probe('1.1.1.1'), probe('9.9.9.9')]);
  take();
  const fresh = commands.latest();
  prober.want([probe('1.1.1.1')]);
  await clock.advance(5000);
  t.equal(commands.latest(), fresh, 'not even begun');
  prober.want([]);
  prober.want([probe('1.1.1.1')]);
  await clock.settle();
  commands.latest().say(answer(0, '1.1.1.1'));
  t.same(
    take().map((each) => each.kind),
    ['probe-started', 'probe-answer'],
    'wanted again before it was gone: a new child, and the end of the old one is nobody else’s',
  );
  t.equal(commands.living().length, 1);
});

t.test('what is observed may change what is wanted, at once', async (t) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  const prober = createProber({ commands, clock });
  const started: string[] = [];
  prober.start((observation) => {
    if (observation.kind !== 'probe-started') return;
    started.push(observation.probe);
    if (started.length === 1) prober.want([probe('1.1.1.1'), probe('8.8.8.8')]);
    if (started.length === 3) prober.stop();
  });
  prober.want([probe('9.9.9.9'), probe('192.0.2.1')]);
  await clock.advance(5000);
  t.same(started, ['fibre/inet/9.9.9.9', 'fibre/inet/1.1.1.1', 'fibre/inet/8.8.8.8']);
  t.same(
    commands.streams.map((stream) => stream.args.at(-1)),
    ['1.1.1.1'],
  );
  t.same(commands.living(), []);
  t.equal(clock.pending(), 0);
});

t.test('stop', async (t) => {
  const { clock, commands, prober, take } = running();
  prober.want([probe('9.9.9.9'), probe('1.1.1.1'), probe('8.8.8.8')]);
  take();
  prober.stop();
  await clock.advance(60_000);
  t.same(commands.living(), []);
  t.equal(clock.pending(), 0);
  t.same(take(), []);
  prober.want([probe('9.9.9.9')]);
  t.same(commands.living(), []);
});

t.test('through real children', async (t) => {
  const clock = createVirtualClock();
  const directory = programs(t, {
    ping: `printf 'x\\n' >> "$0.log"; n=$(wc -l < "$0.log")
      echo "PING 9.9.9.9 (9.9.9.9): 56 data bytes"
      printf '64 bytes from 9.9.9.9: icmp_seq=0 ttl=58 time=1.052 ms\\n64 bytes from 9.9'
      case $n in 1) kill -9 $$;; 2) echo "ping: sendmsg: No route to host" >&2; exit 1;; *) exec sleep 20;; esac`,
  });
  const prober = createProber({ commands: createCommands({ directory }), clock });
  const seen: Observation[] = [];
  let wake: () => void = () => {};
  prober.start((observation) => {
    seen.push(observation);
    wake();
  });
  const until = async (count: number): Promise<void> => {
    while (seen.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  prober.want([probe('9.9.9.9')]);
  await until(3);
  await clock.advance(100);
  await until(7);
  await clock.advance(200);
  await until(9);
  const answered = { kind: 'probe-answer', seq: 0, rtt: 1.052 };
  t.match(
    seen.filter((each) => each.kind !== 'probe-error'),
    [
      { kind: 'probe-started' },
      answered,
      { kind: 'probe-ended', how: 'ping: killed by SIGKILL', restartIn: 100 },
      { kind: 'probe-started' },
      answered,
      { kind: 'probe-ended', how: 'ping: exit 1' },
      { kind: 'probe-started' },
      answered,
    ],
  );
  t.match(
    seen.filter((each) => each.kind === 'probe-error'),
    [{ text: 'No route to host' }],
  );
  prober.stop();
});
