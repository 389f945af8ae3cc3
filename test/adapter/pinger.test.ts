/** A few pings: each request has one outcome, whatever ping(8) prints or does not. */
import t from 'tap';
import { createPinger } from '../../src/adapter/pinger.ts';
import { millis } from '../../src/core/time.ts';
import type { PingRequest } from '../../src/port/pinger.ts';
import { createFakeCommands } from './fake-commands.ts';
import { createVirtualClock } from './virtual-clock.ts';

const request = (more: Partial<PingRequest> = {}): PingRequest => ({
  family: 'inet',
  address: '9.9.9.9',
  rtable: 101,
  count: 3,
  interval: millis(200),
  timeout: millis(2000),
  ...more,
});

const begin = (more: Partial<PingRequest> = {}) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  const pinger = createPinger({ commands, clock });
  const told: string[] = [];
  const pings = pinger.ping(
    request(more),
    (outcome) => {
      const more =
        outcome.kind === 'answered' ? ` ${outcome.rttMs}` : outcome.kind === 'lost' ? '' : ` ${outcome.why}`;
      told.push(`${outcome.seq} ${outcome.kind}${more}`);
    },
    () => told.push('end'),
  );
  return { clock, child: commands.latest(), told, pings };
};
const answer = (seq: number, time = '1.052', more = ''): string =>
  `64 bytes from 9.9.9.9: icmp_seq=${seq} ttl=58 time=${time} ms${more}\n`;

t.test('arguments', async (t) => {
  const rows: readonly (readonly [Partial<PingRequest>, readonly string[]])[] = [
    [{}, ['ping', '-n', '-V', '101', '-c', '3', '-i', '0.2', '-w', '2', '9.9.9.9']],
    [
      {
        family: 'inet6',
        address: 'fe80::1%em0',
        rtable: null,
        interval: millis(1000),
        timeout: millis(2500),
      },
      ['ping6', '-n', '-c', '3', '-w', '3', 'fe80::1%em0'],
    ],
  ];
  for (const [more, wanted] of rows) {
    const { child } = begin(more);
    t.strictSame([child.command, ...child.args], wanted);
  }
});

t.test('all answer: it ends at once', async (t) => {
  const { child, told } = begin();
  child.say(
    `PING 9.9.9.9 (9.9.9.9): 56 data bytes\n${answer(0)}${answer(1)}${answer(1, '9.000', ' (DUP!)')}`,
  );
  child.say(answer(2));
  t.strictSame(told, ['0 answered 1.052', '1 answered 1.052', '2 answered 1.052', 'end']);
  t.ok(child.stopped);
});

t.test('losses are known by time, one after the other', async (t) => {
  const { clock, child, told } = begin();
  child.say(answer(1));
  await clock.advance(2249);
  t.strictSame(told, ['1 answered 1.052']);
  await clock.advance(1);
  t.strictSame(told.slice(1), ['0 lost']);
  await clock.advance(399);
  t.equal(told.length, 2);
  await clock.advance(1);
  t.strictSame(told.slice(2), ['2 lost', 'end']);
  child.say(answer(0));
  t.equal(told.length, 4, 'what comes after the end is not told');
});

t.test('an answer beyond the timeout is none', async (t) => {
  const { child, told } = begin();
  child.say(answer(0, '2000.001'));
  t.strictSame(told, ['0 lost']);
});

t.test('what cannot be sent', async (t) => {
  const { clock, child, told } = begin();
  child.complain('ping: sendmsg: No route to host\n');
  await clock.advance(200);
  child.complain('ping: sendmsg: No route to host\nping: sendmsg: Host is down\n');
  t.strictSame(told, [
    '0 not-sent No route to host',
    '1 not-sent No route to host',
    '2 not-sent Host is down',
    'end',
  ]);
});

t.test('a ping that does not run', async (t) => {
  const fatal = begin();
  fatal.child.complain('ping: setsockopt SO_RTABLE: Invalid argument\n');
  fatal.child.end({ kind: 'exited', code: 1 });
  const why = 'not-sent setsockopt SO_RTABLE: Invalid argument';
  t.strictSame(fatal.told, [`0 ${why}`, `1 ${why}`, `2 ${why}`, 'end']);
  const none = begin({ count: 1 });
  none.child.end({ kind: 'not-started', why: '/sbin/ping: no such file or directory' });
  t.strictSame(none.told, ['0 not-sent ping: not started: /sbin/ping: no such file or directory', 'end']);
  const early = begin({ count: 2 });
  early.child.say(answer(0));
  early.child.end({ kind: 'exited', code: 0 });
  t.strictSame(early.told, ['0 answered 1.052', '1 lost', 'end']);
});

t.test('stopped', async (t) => {
  const { clock, child, told, pings } = begin();
  child.say(answer(0));
  pings.stop();
  t.ok(child.stopped);
  child.end({ kind: 'killed', signal: 'SIGTERM' });
  await clock.advance(60_000);
  t.strictSame(told, ['0 answered 1.052']);
});
