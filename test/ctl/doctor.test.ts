import t from 'tap';
import { renderFindings } from '../../src/ctl/doctor.ts';
import { inColour, plain } from '../../src/ctl/terminal.ts';
import type { Finding } from '../../src/doctor/finding.ts';

const findings: readonly Finding[] = [
  {
    id: 'pf-disabled',
    severity: 'error',
    what: 'pf is not enabled',
    why: 'Nothing is filtered, translated or sent to an uplink, and this sentence is made longer than a line of a terminal.',
    cures: [{ kind: 'run', command: 'pfctl -e' }],
  },
  {
    id: 'config-invalid',
    severity: 'error',
    what: '/etc/uplinkd.conf:1:1: no\n/etc/uplinkd.conf:2:1: \u001b[1m',
    why: 'No.',
    cures: [],
  },
  {
    id: 'other',
    severity: 'advice',
    what: 'one',
    why: 'Because.',
    cures: [
      { kind: 'add', file: '/etc/x', line: 'a', place: { kind: 'start' } },
      { kind: 'add', file: '/etc/x', line: 'b', place: { kind: 'end' } },
      { kind: 'add', file: '/etc/x', line: 'c', place: { kind: 'before', line: '  d' } },
      { kind: 'add', file: '/etc/x', line: 'e', place: { kind: 'after', line: 'f' } },
      { kind: 'remove', file: '/etc/x', line: ' g' },
      { kind: 'replace', file: '/etc/x', line: 'h', by: 'i' },
    ],
  },
];

t.test('in words', async (t) => {
  t.equal(
    renderFindings(findings, plain),
    `error: pf is not enabled (pf-disabled)
  Nothing is filtered, translated or sent to an uplink, and this sentence is
  made longer than a line of a terminal.
  # pfctl -e

error: /etc/uplinkd.conf:1:1: no (config-invalid)
  /etc/uplinkd.conf:2:1: \\x1b[1m
  No.

advice: one (other)
  Because.
  in /etc/x, at its start, add
      a
  in /etc/x, at its end, add
      b
  in /etc/x, before the line
      d
    add
      c
  in /etc/x, after the line
      f
    add
      e
  in /etc/x take out the line
      g
  in /etc/x replace the line
      h
    by
      i

2 errors, 0 warnings, 1 advice
`,
  );
  t.ok(renderFindings(findings, inColour).startsWith(`${inColour('bad', 'error')}: pf`));
  t.equal(renderFindings([], plain), 'nothing found that is wrong\n');
});
