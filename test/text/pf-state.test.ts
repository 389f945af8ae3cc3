import t from 'tap';
import {
  createPinnedReader,
  type PfStateLine,
  type PinnedState,
  parseStateLine,
} from '../../src/text/pf-state.ts';
import fc from '../chance.ts';
import { check, damaged, linesInPieces } from './random.ts';
import { readTranscript, readTranscripts } from './transcript.ts';

const transcripts = readTranscripts('pfctl').filter(({ file }) => /-v*ss[.-]/.test(file));

t.test('every transcript, whole and byte by byte, is understood', async (t) => {
  t.equal(transcripts.length, 3);
  for (const { file, stdout } of transcripts) {
    const whole = linesInPieces(stdout, stdout.length + 1).map(parseStateLine);
    t.strictSame(linesInPieces(stdout, 1).map(parseStateLine), whole, file);
    t.strictSame(
      whole.filter((line) => line.kind === 'unrecognised'),
      [],
      file,
    );
    const states = whole.filter((line) => line.kind === 'state').length;
    const ids = whole.filter((line) => line.kind === 'id').length;
    t.ok(states >= 8 && (ids === states || !file.includes('vv')), file);
  }
});

t.test('lines', async (t) => {
  const end = (address: string, port: number | null = null, rdomain = 0) => ({ address, port, rdomain });
  const plain = {
    kind: 'state',
    interface: 'all',
    protocol: 'tcp',
    levels: 'ESTABLISHED:ESTABLISHED',
    sourceBefore: null,
    destinationBefore: null,
    gateway: null,
  } as const;
  const rows: readonly (readonly [string, PfStateLine])[] = [
    [
      'all tcp 203.0.113.2:5000 {198.51.100.1} <- 10.0.0.2:40136       ESTABLISHED:ESTABLISHED',
      {
        ...plain,
        direction: 'in',
        gateway: '198.51.100.1',
        source: end('10.0.0.2', 40136),
        destination: end('203.0.113.2', 5000),
      },
    ],
    [
      'all tcp 198.51.100.2:54346 (10.0.0.2:40136) -> 203.0.113.2:5000       ESTABLISHED:ESTABLISHED',
      {
        ...plain,
        direction: 'out',
        sourceBefore: end('10.0.0.2', 40136),
        source: end('198.51.100.2', 54346),
        destination: end('203.0.113.2', 5000),
      },
    ],
    [
      'vio3 udp (203) 198.51.101.118:56143 ((203) 10.0.0.2:36421) -> (203) 203.0.113.53:5354       MULTIPLE:SINGLE',
      {
        ...plain,
        interface: 'vio3',
        protocol: 'udp',
        levels: 'MULTIPLE:SINGLE',
        direction: 'out',
        source: end('198.51.101.118', 56143, 203),
        sourceBefore: end('10.0.0.2', 36421, 203),
        destination: end('203.0.113.53', 5354, 203),
      },
    ],
    [
      'all udp (203) 203.0.113.53:5354 (203.0.113.53:5354) <- (203) 10.0.0.2:36421 (10.0.0.2:36421)       SINGLE:MULTIPLE',
      {
        ...plain,
        protocol: 'udp',
        levels: 'SINGLE:MULTIPLE',
        direction: 'in',
        source: end('10.0.0.2', 36421, 203),
        sourceBefore: end('10.0.0.2', 36421),
        destination: end('203.0.113.53', 5354, 203),
        destinationBefore: end('203.0.113.53', 5354),
      },
    ],
    [
      'all tcp 203.0.113.1:43083 -> 10.0.0.2:8080 {192.0.2.1}       FIN_WAIT_2:FIN_WAIT_2',
      {
        ...plain,
        direction: 'out',
        gateway: '192.0.2.1',
        levels: 'FIN_WAIT_2:FIN_WAIT_2',
        source: end('203.0.113.1', 43083),
        destination: end('10.0.0.2', 8080),
      },
    ],
    [
      'em0 ipv6-icmp 2001:db8::2[128] <- fe80::1[7]       0:0',
      {
        ...plain,
        interface: 'em0',
        protocol: 'ipv6-icmp',
        levels: '0:0',
        direction: 'in',
        source: end('fe80::1', 7),
        destination: end('2001:db8::2', 128),
      },
    ],
    [
      'all esp 192.0.2.1 -> 2001:db8::1       <BAD STATE LEVELS 9:9>',
      {
        ...plain,
        protocol: 'esp',
        levels: '<BAD STATE LEVELS 9:9>',
        direction: 'out',
        source: end('192.0.2.1'),
        destination: end('2001:db8::1'),
      },
    ],
    [
      '   id: 6b000e8300004f98 creatorid: 1eb2d30e',
      { kind: 'id', id: '6b000e8300004f98', creator: '1eb2d30e' },
    ],
    [
      '   age 00:00:00, expires in 00:01:30, 4:4 pkts, 216:233 bytes, anchor 28, rule 5',
      { kind: 'counters', packets: 8, bytes: 449, anchor: 28, rule: 5 },
    ],
    [
      '   age 00:00:00, expires in 00:01:30, 4:4 pkts, 216:233 bytes, sloppy, source-track',
      { kind: 'counters', packets: 8, bytes: 449, anchor: null, rule: null },
    ],
    ['   [2891041595 + 64512] wscale 10  [3249541897 + 65536] wscale 10', { kind: 'sequence' }],
    ['   [1 + 2](+3)  [4 + 5](+6)', { kind: 'sequence' }],
  ];
  for (const [line, want] of rows) t.strictSame(parseStateLine(line), want, line);
  for (const line of ['', 'all tcp', 'all tcp 10.0.0.2:1 = 10.0.0.3:2       X', '   id: 1 creatorid: 2']) {
    t.strictSame(parseStateLine(line), { kind: 'unrecognised', line });
  }
});

t.test('any line gives a value', async (t) => {
  const lines = transcripts.flatMap(({ stdout }) => stdout.split('\n'));
  check(
    t,
    fc.property(fc.oneof(fc.string(), damaged(lines)), (line) => void parseStateLine(line)),
    2000,
  );
});

const pinned = (lines: readonly string[], ...gateways: readonly string[]) => {
  const reader = createPinnedReader(new Set(gateways));
  const found = lines.map((line) => reader.push(line)).filter((each): each is PinnedState => each !== null);
  return { found, lost: reader.lost };
};

t.test('states that are pinned to a gateway', async (t) => {
  const lines = readTranscript('pfctl-vvss.txt').stdout.split('\n');
  const ids = (gateway: string) => pinned(lines, gateway).found.map(({ id }) => id.slice(-2));
  t.same(ids('192.0.2.1'), ['a9', 'ad', 'af']);
  t.same(ids('198.51.100.1'), ['ab']);
  t.same(ids('192.0.2.9'), []);
  t.same(pinned(lines, '192.0.2.1', '198.51.100.1').found.slice(0, 2), [
    { gateway: '192.0.2.1', id: '6b0009f0000000a9', creator: 'ea86dd14' },
    { gateway: '198.51.100.1', id: '6b0009f0000000ab', creator: 'ea86dd14' },
  ]);
  // Its last state goes out to the LAN and is answered by the gateway: a connection from outside.
  const mixed = pinned(readTranscript('pfctl-vvss-uplinkd-mixed.txt').stdout.split('\n'), '192.0.2.1');
  t.same(
    mixed.found.map(({ id }) => id.slice(-2)),
    ['83', '89', '8b', '8d', '91'],
  );
  t.equal(mixed.lost, 0);

  const id = '   id: 6b000e8300004f83 creatorid: 1eb2d30e';
  const inet6 =
    'all tcp 2001:db8:f::1[443] {2001:db8::1} <- 2001:db8:a::2[40136]       ESTABLISHED:ESTABLISHED';
  t.equal(pinned([inet6, '   [1 + 2]  [3 + 4]', id], '2001:db8::1').found.length, 1);
  t.equal(pinned([inet6.replace('{2001:db8::1}', '{2001:DB8:0::1}'), id], '2001:db8::1').found.length, 1);
  const plain = inet6.replace(' {2001:db8::1}', '');
  t.same(pinned([inet6, plain, id], '2001:db8::1'), { found: [], lost: 1 }, 'the id is another state’s');
  t.same(pinned([inet6], '2001:db8::1'), { found: [], lost: 1 }, 'cut off');
  t.same(pinned([inet6, '   id: 1 creatorid: 2', id], '2001:db8::1'), { found: [], lost: 1 });
  t.same(pinned(['what {2001:db8::1} is that', id], '2001:db8::1'), { found: [], lost: 1 });
  t.same(pinned(['what {nothing} is that', id, ''], '2001:db8::1'), { found: [], lost: 0 });
});
