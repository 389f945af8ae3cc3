import t from 'tap';
import { parsePingError, parsePingLine } from '../../src/text/ping.ts';
import fc from '../chance.ts';
import { check, damaged, linesInPieces } from './random.ts';
import { readTranscripts } from './transcript.ts';

const transcripts = readTranscripts('ping');

t.test('every transcript, whole and byte by byte, is understood', async (t) => {
  t.ok(transcripts.length >= 36);
  for (const { file, stdout, stderr } of transcripts) {
    const whole = linesInPieces(stdout, stdout.length + 1).map(parsePingLine);
    t.strictSame(linesInPieces(stdout, 1).map(parsePingLine), whole, file);
    t.strictSame(
      whole.filter((line) => line.kind === 'unrecognised'),
      [],
      file,
    );
    const errors = linesInPieces(stderr, 1).map(parsePingError);
    t.strictSame(
      errors.filter((line) => line.kind === 'unrecognised'),
      [],
      file,
    );
  }
});

t.test('what ping counted itself is what was read', async (t) => {
  for (const { file, command, stdout, stderr } of transcripts) {
    const received = [...stdout.matchAll(/(\d+) packets received/g)].at(-1)?.[1];
    if (received === undefined || command.includes(' -q')) continue;
    const answers = linesInPieces(stdout, 7)
      .map(parsePingLine)
      .filter((line) => line.kind === 'answer');
    t.equal(answers.length, Number(received), file);
    t.strictSame(
      answers.map((line) => line.seq),
      answers.map((_, at) => at),
      file,
    );
    const failed = linesInPieces(stdout, 7).filter(
      (line) => parsePingLine(line).kind === 'send-failed',
    ).length;
    const told = linesInPieces(stderr, 7).filter(
      (line) => parsePingError(line).kind === 'send-failed',
    ).length;
    t.equal(failed, told, file);
  }
});

t.test('lines of stdout', async (t) => {
  const plain = { kind: 'answer', bytes: 64, rttMs: null, duplicate: false, truncated: false };
  const rows: readonly (readonly [string, object])[] = [
    [
      '64 bytes from 192.0.2.1: icmp_seq=2 ttl=64 time=1.394 ms',
      { ...plain, seq: 2, from: '192.0.2.1', rttMs: 1.394 },
    ],
    ['64 bytes from ::1: icmp_seq=0 hlim=64 time=8.258 ms', { ...plain, seq: 0, from: '::1', rttMs: 8.258 }],
    [
      '64 bytes from fe80::1%em0: icmp_seq=65535 hlim=64 time=10234.000 ms',
      { ...plain, seq: 65535, from: 'fe80::1%em0', rttMs: 10234 },
    ],
    ['12 bytes from 192.0.2.1: icmp_seq=1 ttl=64', { ...plain, bytes: 12, seq: 1, from: '192.0.2.1' }],
    [
      '64 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time=0.100 ms (DUP!)',
      { ...plain, seq: 1, from: '192.0.2.1', rttMs: 0.1, duplicate: true },
    ],
    [
      '12 bytes from 192.0.2.1: icmp_seq=1 ttl=64 (DUP!) (TRUNC!)',
      { ...plain, bytes: 12, seq: 1, from: '192.0.2.1', duplicate: true, truncated: true },
    ],
    [
      '64 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time=1.000 ms\t(same route)',
      { ...plain, seq: 1, from: '192.0.2.1', rttMs: 1 },
    ],
    ['', { kind: 'blank' }],
    ['PING 192.0.2.1 (192.0.2.1): 56 data bytes', { kind: 'banner' }],
    ['PING 203.0.113.201 (192.0.2.2 --> 203.0.113.201): 56 data bytes', { kind: 'banner' }],
    ['PATTERN: 0xff', { kind: 'banner' }],
    ['ping: wrote 192.0.2.99 64 chars, ret=-1', { kind: 'send-failed' }],
    ['--- 192.0.2.1 ping statistics ---', { kind: 'statistics' }],
    [
      "3 packets transmitted, 4 packets received, 1 duplicates, -- somebody's duplicating packets!",
      { kind: 'statistics' },
    ],
    ['round-trip min/avg/max/std-dev = 1.247/1.374/1.501/0.127 ms', { kind: 'statistics' }],
  ];
  for (const [line, want] of rows) t.strictSame(parsePingLine(line), want, line);
});

t.test('what ping says besides is no answer', async (t) => {
  for (const text of [
    '92 bytes from 192.0.2.1: Route administratively prohibited',
    'signature mismatch from 192.0.2.1: icmp_seq=3',
    'wrong data byte #55 should be 0x37 but was 0x0',
    '\t8 9 a b ',
    'Vr HL TOS  Len   ID Flg  off TTL Pro  cks      Src      Dst Data',
    'Vr TC  Flow Plen Nxt Hlim',
    'UDP: from port 33434, to port 53 (decimal)',
    '(New addr: 192.0.2.9)',
    'RR: \t192.0.2.1',
    'NOP',
    'new path MTU (1280) is notified',
    'fe80::1%em0->2001:db8::1',
  ]) {
    t.strictSame(parsePingLine(text), { kind: 'other', text });
  }
});

t.test('a cut or impossible line is not an answer', async (t) => {
  for (const line of [
    '64 bytes from 192.0.2.1: icmp_seq=65536 ttl=64 time=1.000 ms',
    '64 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time=1.0',
    '64 bytes from 192.0.2.1: icmp_seq=1',
    '64 bytes from 192.0.2.1',
    'from 192.0.2.1: icmp_seq=1 ttl=64 time=1.000 ms',
    '64 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time=-1.000 ms',
    'hello',
  ]) {
    t.strictSame(parsePingLine(line), { kind: 'unrecognised', line });
  }
});

t.test('lines of stderr', async (t) => {
  const rows: readonly (readonly [string, object])[] = [
    ['ping: sendmsg: Network is down', { kind: 'send-failed', error: 'Network is down' }],
    ['ping6: sendmsg: No route to host', { kind: 'send-failed', error: 'No route to host' }],
    ['ping: recvmsg: Connection refused', { kind: 'warning', text: 'recvmsg: Connection refused' }],
    [
      'ping6: failed to get receiving hop limit',
      { kind: 'warning', text: 'failed to get receiving hop limit' },
    ],
    [
      'ping: setsockopt SO_RTABLE: Invalid argument',
      { kind: 'fatal', text: 'setsockopt SO_RTABLE: Invalid argument' },
    ],
    ['usage: ping [-DdEefgHLnqRv]', { kind: 'fatal', text: 'usage: ping [-DdEefgHLnqRv]' }],
    ['Segmentation fault', { kind: 'unrecognised', line: 'Segmentation fault' }],
    ['', { kind: 'unrecognised', line: '' }],
  ];
  for (const [line, want] of rows) t.strictSame(parsePingError(line), want, line);
});

t.test('any line gives a value', async (t) => {
  const lines = transcripts.flatMap(({ stdout, stderr }) => `${stdout}${stderr}`.split('\n'));
  check(
    t,
    fc.property(fc.oneof(fc.string(), damaged(lines)), (line) => {
      parsePingLine(line);
      parsePingError(line);
    }),
    2000,
  );
});
