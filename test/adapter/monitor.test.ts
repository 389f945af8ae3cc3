import t, { type Test } from 'tap';
import { createCarrierWatch } from '../../src/adapter/monitor.ts';
import { createCommands } from '../../src/adapter/run.ts';
import type { Interface } from '../../src/core/model.ts';
import type { Observation } from '../../src/core/observation.ts';
import { createFakeCommands, exited } from './fake-commands.ts';
import { programs } from './programs.ts';
import { createVirtualClock } from './virtual-clock.ts';

const LO0 =
  'lo0: flags=2008049<UP,LOOPBACK,RUNNING,MULTICAST,LRO> mtu 32768\n\tindex 1 priority 0 llprio 3\n';

const em0 = (status: string, more = ''): string =>
  `em0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500\n\tindex 3 priority 0 llprio 3\n\tstatus: ${status}\n` +
  `\tinet 192.0.2.2 netmask 0xffffff00 broadcast 192.0.2.255\n${more}`;

const INET6_A = '\tinet6 2001:db8::a prefixlen 64\n';
const INET6_B = '\tinet6 2001:db8::b prefixlen 64\n';

const ifinfo = (link: string, name = 'em0', flags = 'UP,BROADCAST,RUNNING'): string =>
  `got message of size 200 on Fri Nov 20 09:05:03 2026\nRTM_IFINFO: iface status change: len 200, if# 3, name ${name}, ` +
  `link: ${link}, mtu: 1500, flags:<${flags}>\nsockaddrs: <IFP>\n 52:54:00:00:00:12\n`;

const route = (table: number, { priority = 8, errno = 0, type = 'RTM_ADD: Add Route' } = {}): string =>
  `got message of size 192 on Fri Nov 20 09:05:36 2026\n${type}: len 192, priority ${priority}, table ${table}, if# 3, ` +
  `name em0, pid: 24396, seq 1, errno ${errno}\nflags:<UP,GATEWAY,DONE,STATIC>\n`;

const set = (_: Test, poll?: number) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  let text = LO0 + em0('active');
  commands.answer(() => exited(0, text));
  const seen: Observation[] = [];
  const watch = createCarrierWatch(
    poll === undefined ? { commands, clock } : { commands, clock, poll: poll as never },
  );
  return {
    clock,
    commands,
    watch,
    /** What was observed since the last call. */
    take: (): readonly Observation[] => seen.splice(0),
    kinds: (): readonly string[] => seen.splice(0).map((each) => each.kind),
    show: (next: string) => {
      text = next;
    },
    start: async () => {
      watch.start((observation) => seen.push(observation));
      await clock.settle();
    },
    /** Started and settled; the next poll is 9.5 s away. */
    rested: async () => {
      watch.start((observation) => seen.push(observation));
      await clock.advance(1500);
      seen.length = 0;
      commands.runs.length = 0;
    },
  };
};

const named = (observation: Observation | undefined, name: string): Interface | undefined =>
  observation?.kind === 'interfaces' ? observation.interfaces.find((each) => each.name === name) : undefined;

t.test('starts with a full reading, reads once more when the monitor must be listening', async (t) => {
  const { clock, commands, start, take, kinds, watch } = set(t);
  await start();
  t.same(
    commands.streams.map(({ command, args }) => [command, ...args]),
    [['route', '-n', 'monitor']],
  );
  t.same(
    commands.runs.map(({ command, args }) => [command, ...args]),
    [['ifconfig']],
  );
  t.match(take(), [
    { kind: 'interfaces', interfaces: [{ name: 'lo0' }, { name: 'em0', carrier: 'up', up: true }] },
  ]);
  await clock.advance(1000);
  t.same(kinds(), ['interfaces']);
  await clock.advance(9999);
  t.same(kinds(), [], 'then silence');
  await clock.advance(1);
  t.same(kinds(), ['interfaces'], 'until the poll');
  watch.reread();
  await clock.settle();
  await clock.advance(50);
  t.same(kinds(), ['interfaces'], 'asked for');
});

t.test('an RTM_IFINFO line is observed before any ifconfig; half a line is not', async (t) => {
  const { clock, commands, rested, take, kinds, show } = set(t);
  await rested();
  const text = ifinfo('no carrier');
  const [first = '', second = ''] = text.split('\n');
  commands.latest().say(`${first}\n`);
  commands.latest().say(second.slice(0, -1));
  await clock.settle();
  t.same(take(), []);
  t.equal(commands.runs.length, 0);
  show(LO0 + em0('no carrier'));
  commands.latest().say(`${second.slice(-1)}\n`);
  t.same(take(), [{ kind: 'interface-status', name: 'em0', up: true, carrier: 'down' }]);
  t.equal(commands.runs.length, 1, 'the reading is under way');
  await clock.settle();
  t.equal(named(take()[0], 'em0')?.carrier, 'down');
  commands.latest().say('sockaddrs: <IFP>\n 52:54:00:00:00:12\n');
  await clock.advance(5000);
  t.same(kinds(), [], 'the rest of the message says nothing');
});

t.test('a reading that was begun before a status line does not undo it', async (t) => {
  const { clock, commands, rested, take, show } = set(t);
  await rested();
  commands.answer(() => ({ after: 20, result: exited(0, LO0 + em0('active')) }));
  commands.latest().say(ifinfo('active'));
  await clock.advance(10);
  commands.latest().say(ifinfo('no carrier'));
  take();
  show(LO0 + em0('no carrier'));
  await clock.advance(10);
  const [old] = take();
  t.equal(named(old, 'em0')?.carrier, 'down', 'its own carrier was older');
  t.equal(named(old, 'em0')?.addresses.length, 1);
  await clock.advance(100);
  t.equal(named(take()[0], 'em0')?.carrier, 'up', 'a reading begun after it counts as it is');
});

t.test('never two ifconfigs; events during one make exactly one more', async (t) => {
  const { clock, commands, rested, kinds } = set(t);
  await rested();
  commands.answer(() => ({ after: 120, result: exited(0, LO0) }));
  const began = clock.now();
  commands.latest().say(ifinfo('active'));
  for (let count = 0; count < 5; count += 1) {
    await clock.advance(10);
    commands.latest().say(ifinfo('active'));
  }
  await clock.advance(1000);
  t.same(
    commands.runs.map((run) => run.startedAt - began),
    [0, 120],
  );
  t.equal(kinds().filter((kind) => kind === 'interfaces').length, 2);
});

t.test('a storm of route messages costs a reading every 50 ms at most, the first at once', async (t) => {
  const { clock, commands, rested, take } = set(t);
  await rested();
  const began = clock.now();
  for (let count = 0; count < 1000; count += 1) {
    commands.latest().say(route(0) + route(101) + route(102));
    await clock.advance(1);
  }
  t.equal(commands.runs[0]?.startedAt, began);
  const starts = commands.runs.map((run) => run.startedAt);
  t.ok(starts.every((at, index) => index === 0 || at - (starts[index - 1] ?? 0) >= 50));
  t.ok(commands.runs.length >= 19 && commands.runs.length <= 21, `${commands.runs.length} readings`);
  await clock.advance(100);
  const routeEvents = take().flatMap((each) => (each.kind === 'route-event' ? [each.rtable] : []));
  for (const table of [0, 101, 102]) {
    const count = routeEvents.filter((each) => each === table).length;
    t.ok(count >= 15 && count <= 25, `${count} times table ${table}`);
  }
});

t.test('which events wake, and which are passed on', async (t) => {
  const { clock, commands, rested, take } = set(t);
  await rested();
  const cases: readonly (readonly [
    name: string,
    text: string,
    reads: number,
    observed: readonly unknown[],
  ])[] = [
    ['route in a table', route(101), 1, [{ kind: 'route-event', rtable: 101 }]],
    ['delete', route(101, { type: 'RTM_DELETE: Delete Route' }), 1, [{ kind: 'route-event', rtable: 101 }]],
    ['route in table 0', route(0), 1, [{ kind: 'route-event', rtable: 0 }]],
    ['cached neighbour', route(0, { priority: 3 }), 0, []],
    ['cached neighbour of an interface that is down', route(101, { priority: 131 }), 0, []],
    ['request that failed', route(101, { errno: 3 }), 0, []],
    [
      'announcement',
      'RTM_IFANNOUNCE: iface arrival/departure: len 26, if# 24, name vether9, what: departure\n',
      1,
      [],
    ],
    [
      'address',
      'RTM_NEWADDR: address being added to iface: len 96, if# 24, name vether9, metric 0, flags:\n',
      1,
      [],
    ],
    ['status without name', ifinfo('active').replace('name em0, ', ''), 1, []],
    ['overflow', 'RTM_DESYNC: route socket overflow: len 8\n', 1, []],
    ['proposal', 'RTM_PROPOSAL: config proposal: len 200, source dhcp table 0\n', 0, []],
    ['garbage', 'RTM_IFINFO: something new\n', 1, []],
    ['binary garbage', '\0\uFFFD\u0001\n', 1, []],
    ['a line beyond all bounds', `${'x'.repeat(100_000)}\n`, 1, []],
    ['a blank line', '\n', 0, []],
  ];
  for (const [name, text, reads, observed] of cases) {
    commands.runs.length = 0;
    commands.latest().say(text);
    await clock.advance(200);
    t.equal(commands.runs.length, reads, name);
    t.same(
      take().filter((each) => each.kind !== 'interfaces'),
      observed,
      name,
    );
  }
});

t.test('the monitor dies: said, restarted ever later, read in full, over once it lives', async (t) => {
  const { clock, commands, rested, take, kinds } = set(t);
  await rested();
  await clock.advance(20_000);
  take();
  commands.latest().complain('route: socket: Too many open files\n');
  commands.latest().end({ kind: 'exited', code: 1 });
  t.same(take(), [
    { kind: 'trouble', source: 'monitor', text: 'route monitor: exit 1: route: socket: Too many open files' },
  ]);
  commands.failStreams({ kind: 'killed', signal: 'SIGKILL' });
  const before = commands.streams.length;
  await clock.advance(60_000);
  const starts = commands.streams.slice(before - 1).map((stream) => stream.startedAt);
  const gaps = starts.slice(2).map((at, index) => at - (starts[index + 1] ?? 0));
  t.same(gaps, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000, 10_000]);
  t.ok(kinds().includes('interfaces'), 'readings go on');

  commands.failStreams(null);
  await clock.advance(10_000);
  t.notOk(commands.latest().ended);
  t.match(take().at(-2), { kind: 'trouble-over', source: 'monitor' });
  await clock.advance(10_000);
  take();
  const dead = commands.latest();
  dead.end({ kind: 'exited', code: 0 });
  await clock.advance(99);
  t.equal(commands.latest(), dead);
  await clock.advance(1);
  t.not(commands.latest(), dead, 'quick again after a sound life');
  t.same(kinds(), ['trouble', 'interfaces']);
  dead.say(ifinfo('no carrier'));
  t.same(kinds(), [], 'the dead have nothing to say');
});

t.test('a mute monitor is found by the poll and replaced', async (t) => {
  const later = `\tinet 192.0.2.3 netmask 0xffffff00 broadcast 192.0.2.255\n`;
  const cases: readonly (readonly [name: string, text: string])[] = [
    ['carrier', LO0 + em0('no carrier')],
    ['addresses', LO0 + em0('active', later)],
    ['flags', LO0 + em0('active').replace('<UP,', '<')],
  ];
  for (const [name, text] of cases) {
    const { clock, commands, rested, take, kinds, show } = set(t);
    await rested();
    show(text);
    await clock.advance(9500);
    t.same(kinds(), ['interfaces'], `${name}: the change itself counts at once`);
    const mute = commands.latest();
    await clock.advance(999);
    t.notOk(mute.stopped, name);
    await clock.advance(1);
    t.ok(mute.stopped, name);
    t.match(take(), [{ kind: 'trouble', source: 'monitor', text: /mute: .* em0$/ }], name);
    await clock.advance(1200);
    t.not(commands.latest(), mute, name);
    t.match(take().at(-2), { kind: 'trouble-over', source: 'monitor' }, name);
    await clock.advance(60_000);
    t.notOk(commands.latest().stopped, name);
    t.notOk(kinds().includes('trouble'), name);
  }
});

t.test('no proof against the monitor', async (t) => {
  const down = (text: string): string => text.replace('<UP,', '<');
  const cases: readonly (readonly [name: string, before: string, after: string])[] = [
    ['an interface that appears', LO0, LO0 + em0('active')],
    ['an interface that vanishes', LO0 + em0('active'), LO0],
    ['another of the same name', LO0 + em0('active'), LO0 + em0('no carrier').replace('index 3', 'index 9')],
    ['carrier of one that is not up', LO0 + down(em0('active')), LO0 + down(em0('no carrier'))],
    ['a new order', LO0 + em0('active'), em0('active') + LO0],
    [
      'a new order of addresses',
      LO0 + em0('active', INET6_A + INET6_B),
      LO0 + em0('active', INET6_B + INET6_A),
    ],
  ];
  for (const [name, before, after] of cases) {
    const { clock, commands, rested, kinds, show } = set(t);
    show(before);
    await rested();
    show(after);
    await clock.advance(20_000);
    t.notOk(commands.latest().stopped, name);
    t.notOk(kinds().includes('trouble'), name);
  }

  const late = set(t);
  await late.rested();
  late.show(LO0 + em0('no carrier'));
  await late.clock.advance(9500 + 999);
  late.commands.latest().say(ifinfo('no carrier'));
  await late.clock.advance(20_000);
  t.equal(late.commands.streams.length, 1, 'reported within a second');

  const fresh = set(t);
  await fresh.start();
  fresh.show(LO0 + em0('no carrier'));
  await fresh.clock.advance(20_000);
  t.equal(fresh.commands.streams.length, 1, 'changed while the monitor was still starting');
});

t.test('ifconfig fails: in its own words, the old reading stays, tried ever later', async (t) => {
  const { clock, commands, rested, take, kinds } = set(t);
  const cases = [
    [
      exited(1, '', 'ifconfig: getifaddrs: Cannot allocate memory\n'),
      'ifconfig: exit 1: ifconfig: getifaddrs: Cannot allocate memory',
    ],
    [{ kind: 'killed', signal: 'SIGKILL', stdout: 'em0', stderr: '' }, 'ifconfig: killed by SIGKILL'],
    [{ kind: 'too-much-output' }, 'ifconfig: printed too much'],
    [{ kind: 'not-started', why: '/sbin/ifconfig: gone' }, 'ifconfig: not started: /sbin/ifconfig: gone'],
    [exited(0, ''), 'ifconfig: no interface in its output'],
    [exited(0, `${LO0}em0: flags=88`), 'ifconfig: half a line in its output'],
  ] as const;
  await rested();
  commands.answer(() => {
    const [result] = cases[commands.runs.length - 1] ?? [];
    return result ?? 'never';
  });
  await clock.advance(9500);
  const texts = take().map((each) => (each.kind === 'trouble' ? each.text : each.kind));
  t.same(texts, [cases[0][1]]);
  await clock.advance(100 + 200 + 400 + 800 + 1600);
  t.same(
    take().map((each) => (each.kind === 'trouble' ? each.text : each.kind)),
    cases.slice(1).map(([, text]) => text),
  );
  await clock.advance(3200 + 5000);
  t.same(take(), [{ kind: 'trouble', source: 'ifconfig', text: 'ifconfig: timed out' }]);
  commands.answer(() => exited(0, LO0));
  await clock.advance(6400);
  t.same(kinds(), ['trouble-over', 'interfaces']);
  commands.answer(() => exited(1));
  await clock.advance(10_000);
  t.same(kinds(), ['trouble']);
  commands.answer(() => exited(0, `${LO0}\tflux: 1.21 GW\n`));
  await clock.advance(100);
  t.match(take(), [{ kind: 'trouble', text: /flux/ }, { kind: 'interfaces' }], 'soon again after a success');
  commands.answer(() => exited(1));
  await clock.advance(10_000);
  take();
  commands.answer(() => exited(0, `${LO0}\tflux: 1.21 GW\n`));
  await clock.advance(100);
  t.match(take(), [{ kind: 'trouble', text: /flux/ }], 'the failure must not stay the last word');
});

t.test('unknown lines of ifconfig: said once each, the rest counts', async (t) => {
  const { clock, rested, take, kinds, show } = set(t);
  await rested();
  show(`${LO0 + em0('active')}\tflux: 1.21 GW\n`);
  await clock.advance(10_000);
  t.match(take(), [
    { kind: 'trouble', source: 'ifconfig', text: 'ifconfig: line not understood: flux: 1.21 GW' },
    { kind: 'interfaces', interfaces: [{}, { name: 'em0', carrier: 'up' }] },
  ]);
  await clock.advance(30_000);
  t.same(kinds(), ['interfaces', 'interfaces', 'interfaces']);
  show(`${LO0 + em0('active')}\tflux: 1.21 GW\n\tflux: 1.22 GW\n`);
  await clock.advance(10_000);
  t.same(kinds(), ['trouble', 'interfaces']);
  show(LO0 + em0('active'));
  await clock.advance(10_000);
  t.same(kinds(), ['trouble-over', 'interfaces']);
});

t.test('stop: the child is ended, no timer is left, nothing more is observed', async (t) => {
  const { clock, commands, rested, take, watch } = set(t);
  await rested();
  commands.answer(() => 'never');
  const stream = commands.latest();
  stream.say(ifinfo('no carrier') + route(101));
  take();
  watch.stop();
  stream.say(ifinfo('active'));
  await clock.settle();
  t.ok(stream.stopped);
  t.equal(clock.pending(), 0);
  watch.reread();
  await clock.advance(100_000);
  t.same(take(), []);
});

t.test('stop from within an observation', async (t) => {
  const { clock, commands } = set(t);
  for (const kind of ['interfaces', 'trouble', 'interface-status']) {
    const watch = createCarrierWatch({ commands, clock });
    watch.start((observation) => {
      if (observation.kind === kind) watch.stop();
    });
    await clock.advance(1500);
    commands.latest().say(ifinfo('no carrier'));
    commands.latest().end({ kind: 'exited', code: 1 });
    await clock.advance(60_000);
    t.equal(clock.pending(), 0, kind);
    t.same(commands.living(), [], kind);
  }
});

t.test('through real children: dies in the middle of a line, comes back with garbage', async (t) => {
  const [, line = ''] = ifinfo('no carrier').split('\n');
  const directory = programs(t, {
    route: `printf x >> "$0.log"; [ "$*" = "-n monitor" ] || exit 9
      [ "$(cat "$0.log")" = xx ] || { printf '%s' '${line.slice(0, 60)}'; echo "route: gone" >&2; kill -9 $$; }
      printf '\\0\\377 garbage\\n%s\\n%s' '${line}' '${line.slice(0, 60)}'; exec sleep 20`,
    ifconfig: `printf x >> "$0.log"; [ "$(cat "$0.log")" != x ] || { echo "ifconfig: SIOCGIFFLAGS: no" >&2; exit 1; }
      printf '%s' '${LO0}${em0('no carrier')}\tflux: 1.21 GW
'`,
  });
  const clock = createVirtualClock();
  const watch = createCarrierWatch({ commands: createCommands({ directory }), clock });
  const seen: Observation[] = [];
  let wake: () => void = () => {};
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const count = (kind: string): number => seen.filter((each) => each.kind === kind).length;
  watch.start((observation) => {
    seen.push(observation);
    wake();
  });
  await until(() => count('trouble') === 2);
  t.equal(count('interface-status'), 0);
  await clock.advance(100);
  await until(() => count('interface-status') === 1 && count('interfaces') >= 1);
  const texts = seen.flatMap((each) => (each.kind === 'trouble' ? [each.text] : []));
  t.same(texts.sort(), [
    'ifconfig: exit 1: ifconfig: SIOCGIFFLAGS: no',
    'ifconfig: line not understood: flux: 1.21 GW',
    'route monitor: killed by SIGKILL: route: gone',
  ]);
  t.match(
    seen.find((each) => each.kind === 'interface-status'),
    { name: 'em0', up: true, carrier: 'down' },
  );
  const reading = seen.find((each) => each.kind === 'interfaces');
  t.equal(named(reading, 'em0')?.carrier, 'down');
  watch.stop();
});
