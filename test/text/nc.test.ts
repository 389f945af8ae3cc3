/** Lines as usr.bin/nc/netcat.c of 7.8 makes them (connection_info, remote_connect, main). No transcript of nc was recorded. */
import t from 'tap';
import { type NcLine, parseNcLine } from '../../src/text/nc.ts';

const rows: readonly (readonly [string, NcLine])[] = [
  ['Connection to 9.9.9.9 443 port [tcp/*] succeeded!', { kind: 'connected' }],
  ['Connection to 2620:fe::fe 443 port [tcp/https] succeeded!', { kind: 'connected' }],
  [
    'nc: connect to 9.9.9.9 port 443 (tcp) failed: Connection refused',
    { kind: 'failed', error: 'Connection refused' },
  ],
  [
    'nc: connect to fe80::1%em0 port 1 (tcp) failed: Operation timed out',
    { kind: 'failed', error: 'Operation timed out' },
  ],
  ['nc: setrtable: Invalid argument', { kind: 'fatal', text: 'setrtable: Invalid argument' }],
  [
    'Connection to 9.9.9.9 443 port [udp/*] succeeded!',
    { kind: 'unrecognised', line: 'Connection to 9.9.9.9 443 port [udp/*] succeeded!' },
  ],
  ['', { kind: 'unrecognised', line: '' }],
  ['succeeded!', { kind: 'unrecognised', line: 'succeeded!' }],
];

for (const [line, wanted] of rows) t.test(line, async (t) => t.strictSame(parseNcLine(line), wanted));
