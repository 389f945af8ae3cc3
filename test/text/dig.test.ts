/** Output as usr.bin/dig/dig.c of 7.8 prints it (printmessage, received), with +noall +comments +stats. No transcript was recorded. */
import t from 'tap';
import { type DigAnswer, parseDig } from '../../src/text/dig.ts';

const answer = (status: string, records: number, took = ';; Query time: 12345 usec\n', more = ''): string =>
  `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: 4711\n` +
  `;; flags: qr rd ra ad; QUERY: 1, ANSWER: ${records}, AUTHORITY: 0, ADDITIONAL: 1\n${more}\n` +
  `${took};; SERVER: 9.9.9.9#53(9.9.9.9)\n;; WHEN: Tue Nov 24 23:54:03 UTC 2026\n;; MSG SIZE  rcvd: 56\n\n`;

const rows: readonly (readonly [string, string, string, DigAnswer])[] = [
  ['an answer', answer('NOERROR', 1), '', { kind: 'answer', status: 'NOERROR', records: 1, ms: 12.345 }],
  [
    'a name that is none',
    answer('NXDOMAIN', 0),
    '',
    { kind: 'answer', status: 'NXDOMAIN', records: 0, ms: 12.345 },
  ],
  [
    'no recursion, a status without name',
    answer('?4095', 0, '', ';; WARNING: recursion requested but not available\n'),
    '',
    { kind: 'answer', status: '?4095', records: 0, ms: null },
  ],
  [
    'asked again: the last one counts',
    `${answer('FORMERR', 0)};; BADVERS, retrying with EDNS version 0.\n${answer('NOERROR', 13)}`,
    '',
    { kind: 'answer', status: 'NOERROR', records: 13, ms: 12.345 },
  ],
  ['nobody answered', ';; connection timed out; no servers could be reached\n', '', { kind: 'silent' }],
  [
    'somebody else answered first',
    ';; reply from unexpected source: 192.0.2.1#53, expected 9.9.9.9#53\n;; connection timed out; no servers could be reached\n',
    '',
    { kind: 'silent' },
  ],
  [
    'it does not want to',
    '',
    "dig: couldn't get address for 'x': no address associated with name\n",
    { kind: 'failed', text: "dig: couldn't get address for 'x': no address associated with name" },
  ],
  ['cut off', answer('NOERROR', 1).slice(0, 40), '', { kind: 'failed', text: '->>HEADER<<- opcode: Q' }],
  ['nothing', '', '', { kind: 'failed', text: '' }],
];

for (const [name, stdout, stderr, wanted] of rows)
  t.test(name, async (t) => t.strictSame(parseDig(stdout, stderr), wanted));
