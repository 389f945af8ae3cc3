/** Probes that take a process a request: arguments, what is observed of them, and that there is never more than one. */
import t from 'tap';
import { createProber } from '../../src/adapter/ping.ts';
import type { ProgramCall, ProgramEnd } from '../../src/adapter/program.ts';
import type { Probe } from '../../src/core/model.ts';
import type { Observation } from '../../src/core/observation.ts';
import { millis } from '../../src/core/time.ts';
import { type Answer, createFakeCommands, exited } from './fake-commands.ts';
import { createVirtualClock } from './virtual-clock.ts';

const tcp: Probe = {
  key: 'fibre/inet/tcp:9.9.9.9:443',
  path: 'fibre/inet',
  family: 'inet',
  ask: { kind: 'tcp', port: 443 },
  longest: millis(3000),
  address: '9.9.9.9',
  rtable: 101,
  interval: millis(1000),
  count: null,
};
const dns: Probe = { ...tcp, ask: { kind: 'dns', name: '.' } };
const exec: Probe = {
  ...tcp,
  ask: { kind: 'exec', command: ['/etc/portal', '-v'], environment: { UPLINKD_LINK: 'fibre' } },
};

const connected = exited(0, '', 'Connection to 9.9.9.9 443 port [tcp/*] succeeded!\n');
const refused = exited(1, '', 'nc: connect to 9.9.9.9 port 443 (tcp) failed: Connection refused\n');
const header = (status: string, records: number): string =>
  `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: 1\n` +
  `;; flags: qr rd ra; QUERY: 1, ANSWER: ${records}, AUTHORITY: 0, ADDITIONAL: 0\n\n;; Query time: 8250 usec\n`;

interface FakeProgram {
  readonly call: ProgramCall;
  isStopped: boolean;
  end(end: ProgramEnd): void;
}

const set = (probe: Probe, answer: Answer = connected) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  commands.answer(() => answer);
  const programs: FakeProgram[] = [];
  const prober = createProber({
    commands,
    clock,
    route: '/sbin/route',
    run: (call) => {
      let finish: (end: ProgramEnd) => void = () => {};
      const ended = new Promise<ProgramEnd>((resolve) => {
        finish = resolve;
      });
      const fake: FakeProgram = { call, isStopped: false, end: (end) => finish(end) };
      programs.push(fake);
      return {
        ended,
        stop: () => {
          fake.isStopped = true;
        },
      };
    },
  });
  const seen: Observation[] = [];
  prober.start((observation) => seen.push(observation));
  prober.want([probe]);
  return {
    clock,
    commands,
    programs,
    prober,
    take: (): readonly string[] =>
      seen.splice(0).map((each) => {
        switch (each.kind) {
          case 'probe-answer':
            return `answer ${each.seq} ${each.rtt}`;
          case 'probe-error':
            return `error ${each.text}`;
          case 'probe-ended':
            return `ended ${each.how}, again in ${each.restartIn}`;
          default:
            return each.kind.replace('probe-', '');
        }
      }),
  };
};

t.test('arguments of nc', async (t) => {
  const { clock, commands } = set({ ...tcp, longest: millis(1500) });
  await clock.advance(0);
  t.strictSame(
    commands.runs.map(({ command, args }) => [command, ...args].join(' ')),
    ['nc -n -v -z -w 2 -V 101 9.9.9.9 443'],
  );
});

t.test('arguments of dig', async (t) => {
  const rows: readonly (readonly [Partial<Probe>, string])[] = [
    [{}, '@9.9.9.9 -u -q . -t NS'],
    [{ ask: { kind: 'dns', name: 'example.com' } }, '@9.9.9.9 -u -q example.com -t A'],
    [
      { ask: { kind: 'dns', name: 'example.com' }, family: 'inet6', address: '2620:fe::fe' },
      '@2620:fe::fe -u -q example.com -t AAAA',
    ],
  ];
  for (const [more, words] of rows) {
    const { clock, commands } = set({ ...dns, ...more });
    await clock.advance(0);
    t.strictSame(
      commands.runs.map(({ command, args }) => [command, ...args].join(' ')),
      [`route -T 101 exec /usr/bin/dig ${words} +tries=1 +timeout=3 +ignore +noedns +noall +comments +stats`],
    );
  }
});

t.test('how a program is started', async (t) => {
  const { clock, programs } = set(exec);
  await clock.advance(0);
  t.match(programs[0]?.call, {
    command: ['/sbin/route', '-T', '101', 'exec', '/etc/portal', '-v'],
    environment: { UPLINKD_LINK: 'fibre' },
    stdin: '',
    timeoutMs: 3000,
  });
});

t.test('an answer an interval', async (t) => {
  const { clock, take } = set(tcp, { after: 40, result: connected });
  await clock.advance(2500);
  t.strictSame(take(), ['started', 'sent', 'answer 0 40', 'sent', 'answer 1 40', 'sent', 'answer 2 40']);
});

const outcomes: readonly (readonly [string, Probe, Answer, string])[] = [
  ['refused', tcp, refused, 'error Connection refused'],
  ['it hangs', tcp, 'never', 'error timed out'],
  [
    'no such table',
    tcp,
    exited(1, '', 'nc: setrtable: Invalid argument\n'),
    'ended nc: exit 1: nc: setrtable: Invalid argument, again in 1000',
  ],
  [
    'no nc',
    tcp,
    { kind: 'not-started', why: '/usr/bin/nc: no such file or directory' },
    'ended nc: not started: /usr/bin/nc: no such file or directory, again in 1000',
  ],
  ['a name', dns, exited(0, header('NOERROR', 1)), 'answer 0 8.25'],
  [
    'no such record, as of who makes addresses up',
    dns,
    exited(0, header('NOERROR', 0)),
    'error no such record',
  ],
  ['no such name', dns, exited(0, header('NXDOMAIN', 0)), 'error NXDOMAIN'],
  ['a server in trouble', dns, exited(0, header('SERVFAIL', 0)), 'error SERVFAIL'],
  ['silence', dns, exited(9, ';; connection timed out; no servers could be reached\n'), 'error timed out'],
  [
    'something else',
    dns,
    exited(10, '', 'dig: isc_socket_bind: address not available\n'),
    'error dig: isc_socket_bind: address not available',
  ],
  [
    'no dig',
    dns,
    exited(127, '', 'route: /usr/bin/dig: No such file or directory\n'),
    'ended route: /usr/bin/dig: No such file or directory, again in 1000',
  ],
];
for (const [name, probe, answer, wanted] of outcomes)
  t.test(name, async (t) => {
    const { clock, take } = set(probe, answer);
    await clock.advance(answer === 'never' ? 3500 : 0);
    t.strictSame(take().slice(0, 3), ['started', 'sent', wanted]);
  });

const ends: readonly (readonly [string, readonly string[], readonly string[], ProgramEnd, string])[] = [
  [
    '1, as there is no such routing table',
    [],
    ['route: setrtable: Invalid argument'],
    { kind: 'exited', code: 1 },
    'ended route: setrtable: Invalid argument, again in 1000',
  ],
  [
    '1, as nothing was ever added to it',
    [],
    ['route: routing table 101: No such file or directory'],
    { kind: 'exited', code: 1 },
    'ended route: routing table 101: No such file or directory, again in 1000',
  ],
  ['0', [], [], { kind: 'exited', code: 0 }, 'answer 0 25'],
  ['0, and says how long it took', ['12.5', 'more'], [], { kind: 'exited', code: 0 }, 'answer 0 12.5'],
  ['0, in words', ['HTTP 204'], [], { kind: 'exited', code: 0 }, 'answer 0 25'],
  ['1', [], [], { kind: 'exited', code: 1 }, 'error exit 1'],
  [
    '1, with its reason',
    [],
    ['first', 'portal: login page'],
    { kind: 'exited', code: 1 },
    'error exit 1: portal: login page',
  ],
  [
    '1, of a route(8) of its own',
    [],
    ['route: writing to routing socket: No such process'],
    { kind: 'exited', code: 1 },
    'error exit 1: route: writing to routing socket: No such process',
  ],
  ['a signal', [], [], { kind: 'killed', signal: 'SIGSEGV' }, 'error killed by SIGSEGV'],
  ['too long', [], [], { kind: 'timed-out' }, 'error timed out'],
  ['too much', [], [], { kind: 'too-much-output' }, 'error printed too much'],
  [
    'not there',
    [],
    ['route: /etc/portal: No such file or directory'],
    { kind: 'exited', code: 127 },
    'ended route: /etc/portal: No such file or directory, again in 1000',
  ],
  [
    'no route(8)',
    [],
    [],
    { kind: 'not-started', why: 'no such file' },
    'ended /sbin/route: no such file, again in 1000',
  ],
];
for (const [name, lines, errors, end, wanted] of ends)
  t.test(`a program that ends with ${name}`, async (t) => {
    const { clock, programs, take } = set(exec);
    await clock.advance(25);
    for (const line of lines) programs[0]?.call.onLine(line, false);
    for (const line of errors) programs[0]?.call.onLine(line, true);
    programs[0]?.end(end);
    await clock.advance(0);
    t.strictSame(take(), ['started', 'sent', wanted]);
  });

t.test('one that takes longer than an interval gets no company, and the next follows at once', async (t) => {
  const { clock, programs, take } = set(exec);
  await clock.advance(2500);
  t.equal(programs.length, 1);
  programs[0]?.end({ kind: 'exited', code: 0 });
  await clock.advance(0);
  t.equal(programs.length, 2);
  t.strictSame(take(), ['started', 'sent', 'answer 0 2500', 'sent']);
});

t.test('what is no longer wanted is ended, with its process, and not heard of again', async (t) => {
  const { clock, programs, prober, take } = set(exec);
  await clock.advance(100);
  prober.want([]);
  t.equal(programs[0]?.isStopped, true);
  programs[0]?.end({ kind: 'stopped' });
  await clock.advance(10_000);
  t.strictSame(take(), ['started', 'sent']);
  t.equal(programs.length, 1);
  t.equal(clock.pending(), 0);
});

t.test('who cannot be started is tried less and less often', async (t) => {
  const { clock, commands, take } = set(tcp, { kind: 'not-started', why: 'no' });
  await clock.advance(8000);
  t.equal(commands.runs.length, 4, 'after 0, 1, 3 and 7 seconds');
  take();
  commands.answer(() => refused);
  await clock.advance(9500);
  t.strictSame(take(), ['started', ...Array(3).fill(['sent', 'error Connection refused']).flat()]);
});

t.test('a burst: side by side', async (t) => {
  const { clock, commands, take } = set(
    { ...tcp, interval: millis(30), count: 4 },
    { after: 200, result: connected },
  );
  await clock.advance(90);
  t.equal(commands.runs.length, 4);
  await clock.advance(10_000);
  t.equal(commands.runs.length, 4, 'and no more');
  t.strictSame(take(), ['started', 'answer 0 200', 'answer 1 200', 'answer 2 200', 'answer 3 200']);
});
