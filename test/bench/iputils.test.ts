/** What iputils' ping prints must be read by our own reader as what OpenBSD's would have said. */
import t from 'tap';
import { createIputils, translateArguments, translateLine } from '../../src/bench/iputils.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { parsePingError, parsePingLine } from '../../src/text/ping.ts';
import { createFakeCommands } from '../adapter/fake-commands.ts';

t.test('lines of iputils 20221126, as recorded', async (t) => {
  const rows: readonly (readonly [string, number, number])[] = [
    ['64 bytes from 9.9.9.9: icmp_seq=1 ttl=64 time=0.147 ms', 0, 0.147],
    ['64 bytes from 9.9.9.9: icmp_seq=2 ttl=64 time=1.23 ms', 1, 1.23],
    ['64 bytes from 9.9.9.9: icmp_seq=300 ttl=57 time=12.3 ms', 299, 12.3],
    ['64 bytes from 9.9.9.9: icmp_seq=0 ttl=57 time=1234 ms', 65_535, 1234],
  ];
  for (const [line, seq, rttMs] of rows) {
    const said = parsePingLine(translateLine(line));
    t.match(said, { kind: 'answer', from: '9.9.9.9', seq, rttMs, duplicate: false }, line);
  }
  t.match(parsePingLine(translateLine('64 bytes from 9.9.9.9: icmp_seq=7 ttl=57 time=12.3 ms (DUP!)')), {
    seq: 6,
    duplicate: true,
  });
  t.equal(translateLine('--- 9.9.9.9 ping statistics ---'), '--- 9.9.9.9 ping statistics ---');
  t.match(parsePingError('ping: sendmsg: Network is unreachable'), { kind: 'send-failed' });
});

t.test('arguments that we give to OpenBSD', async (t) => {
  t.same(translateArguments(['-n', '-V', '101', '-i', '0.1', '9.9.9.9']), ['-n', '-i', '0.1', '9.9.9.9']);
  t.same(translateArguments(['-n', '-V', '101', '9.9.9.9']), ['-n', '9.9.9.9']);
  t.same(translateArguments(['-n', '-c', '3', '9.9.9.9']), ['-n', '-c', '3', '9.9.9.9']);
  t.equal(translateArguments(['-n', '-E', '9.9.9.9']), null, 'what is not known is not measured');
  t.equal(translateArguments(['-n', '-c', '3']), null);
});

t.test('lines are passed on one by one, however they are cut', async (t) => {
  const others = createFakeCommands(createVirtualClock());
  const inside = createFakeCommands(createVirtualClock());
  const commands = createIputils({
    others,
    inside,
    namespacePath: '/run/netns/x',
    pingPath: '/usr/bin/ping',
  });
  const heard: string[] = [];
  commands.stream('ping', ['-n', '-V', '101', '9.9.9.9'], {
    onStdout: (chunk) => heard.push(chunk),
    onStderr: () => {},
    onEnd: () => {},
  });
  const child = inside.latest();
  t.same(child.args, ['--net=/run/netns/x', '/usr/bin/ping', '-n', '9.9.9.9']);
  child.say('PING 9.9.9.9 (9.9.9.9) 56(84) bytes of data.\n64 bytes from 9.9.9.9: icmp_se');
  child.say('q=1 ttl=64 time=1.23 ms\n');
  t.same(heard.at(-1), '64 bytes from 9.9.9.9: icmp_seq=0 ttl=64 time=1.230 ms\n');
  t.equal(others.streams.length, 0);
});
