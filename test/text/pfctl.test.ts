import t from 'tap';
import {
  type PfctlFailure,
  parseAnchors,
  parseKilled,
  parseLabels,
  parsePfctlFailure,
  parseRuleCounters,
  parseRules,
  parseStatus,
  parseTableShow,
  parseTables,
} from '../../src/text/pfctl.ts';
import fc from '../chance.ts';
import { check, damaged, linesInPieces, must } from './random.ts';
import { readTranscript, readTranscripts } from './transcript.ts';

const transcripts = readTranscripts('pfctl');
const stdout = (name: string): string => readTranscript(`pfctl-${name}.txt`).stdout;
const failure = (name: string): PfctlFailure | null => {
  const { exit, stderr } = readTranscript(`pfctl-${name}.txt`);
  return parsePfctlFailure(exit ?? 0, stderr);
};

t.test('failures', async (t) => {
  const rows: readonly (readonly [string, PfctlFailure['kind'], number | null, string])[] = [
    ['anchor-bad-addr', 'syntax', 1, 'no IP address found for 300.1.1.1'],
    ['anchor-bad-rtable', 'syntax', 1, 'stdin:1: rtable 250 does not exist'],
    ['anchor-queue', 'syntax', 1, 'stdin:1: cannot add queue'],
    ['anchor-syntax-error', 'syntax', 2, 'stdin:2: syntax error'],
    ['anchor-undef-macro', 'syntax', 1, "stdin:1: macro 'undef' not defined"],
    ['anchor-name-long', 'other', null, 'pfctl: pfctl_rules: strlcpy'],
    ['d-again', 'disabled', null, 'pfctl: pf not enabled'],
    ['e-again', 'other', null, 'pfctl: pf already enabled'],
    ['noperm-load', 'permission', null, 'pfctl: /dev/pf: Permission denied'],
    ['noperm-show', 'permission', null, 'pfctl: /dev/pf: Permission denied'],
    ['table-const-replace', 'permission', null, 'pfctl: Operation not permitted'],
    ['show-missing-anchor', 'no-anchor', null, 'pfctl: Anchor does not exist'],
    ['table-show-missing', 'no-table', null, 'pfctl: Table does not exist'],
    ['table-delete-missing', 'no-table', null, 'pfctl: Table does not exist'],
    ['sr-anchor-dev-missing', 'no-pf-device', null, 'pfctl: /dev/nopf: No such file or directory'],
    ['table-replace-badaddr', 'other', null, 'no IP address found for garbage!'],
    ['table-test-miss', 'other', null, '0/1 addresses match.'],
    ['usage', 'other', null, 'pfctl: unknown option -- Z'],
  ];
  for (const [name, kind, line, text] of rows) t.strictSame(failure(name), { kind, line, text }, name);
});

t.test('failures that are not among the transcripts', async (t) => {
  const busy =
    'stdin:1: cannot define table t0: Device busy\npfctl: Syntax error in config file: pf rules not loaded\n';
  t.strictSame(parsePfctlFailure(1, busy), {
    kind: 'busy',
    line: 1,
    text: 'stdin:1: cannot define table t0: Device busy',
  });
  t.equal(parsePfctlFailure(1, 'pfctl: DIOCXCOMMIT: Device busy\n')?.kind, 'busy');
  t.equal(parsePfctlFailure(1, 'pfctl: /dev/pf: Device not configured\n')?.kind, 'no-pf-device');
  t.strictSame(parsePfctlFailure(1, ''), { kind: 'other', line: null, text: '' });
  const warned = 'pfctl: warning: table <t> already defined in anchor "x"\n\n';
  t.equal(parsePfctlFailure(0, warned), null);
  t.strictSame(parsePfctlFailure(1, `${warned}stdin:3: syntax error\n`), {
    kind: 'syntax',
    line: 3,
    text: 'stdin:3: syntax error',
  });
});

t.test('every transcript: it failed exactly if it says so', async (t) => {
  t.ok(transcripts.length >= 100);
  for (const { file, exit, stderr } of transcripts) {
    const found = parsePfctlFailure(exit ?? 0, stderr);
    t.equal(found !== null, exit !== 0 || file === 'pfctl-show-missing-anchor.txt', file);
    // Whatever the seven lines of DIOCSETLIMIT say, it is not what happened.
    t.notMatch(found?.text ?? '', /DIOCSETLIMIT/, file);
  }
});

t.test('killed', async (t) => {
  for (const { file, stderr, exit } of transcripts.filter((each) => /^pfctl-[kK]/.test(each.file))) {
    const count = /killed (\d+) /.exec(stderr)?.[1];
    t.equal(parseKilled(stderr), exit === 0 ? Number(count) : null, file);
  }
  t.equal(parseKilled(readTranscript('pfctl-k-label.txt').stderr), 4);
  t.equal(parseKilled(readTranscript('pfctl-k-src-dst.txt').stderr), 7);
  t.equal(parseKilled('killed many states\n'), null);
  t.equal(parseKilled(''), null);
});

t.test('rules', async (t) => {
  t.strictSame(parseRules(stdout('sr')), [
    'match out on vio2 inet from 10.0.0.0/24 to any nat-to (vio2) round-robin',
    'match out on vio3 inet from 10.0.0.0/24 to any nat-to (vio3) round-robin',
    'pass all flags S/SA',
    'anchor "uplinkd/*" all',
  ]);
  t.equal(parseRules(stdout('sr-uplinkd-mixed')).length, 8);
  t.strictSame(parseRules(''), []);
});

t.test('rule counters', async (t) => {
  const mixed = parseRuleCounters(stdout('vvsr-uplinkd-mixed'));
  t.equal(mixed.length, 8);
  t.strictSame(mixed[0], {
    rule: 'pass in quick inet all flags S/SA probability 50% label "uplink:a" tagged uplink_default route-to 192.0.2.1',
    evaluations: 22,
    packets: 10,
    bytes: 355,
    states: 5,
    creations: 5,
  });
  t.strictSame(
    mixed.map(({ rule }) => rule.replace(/ \((vio[23]):0:1\)/, ' ($1:0)')),
    parseRules(stdout('sr-uplinkd-mixed')),
  );
  const nested = parseRuleCounters(stdout('sr-vv-a-star'));
  t.strictSame(
    nested.map(({ rule, states, creations }) => [rule.split(' ')[0], states, creations]),
    [
      ['match', 3, 0],
      ['match', 1, 0],
      ['pass', 4, 4],
      ['anchor', 4, 4],
      ['pass', 4, 4],
    ],
  );
  const counted = '  [ Evaluations: 1         Packets: 2         Bytes: 3           States: 4     ]';
  t.strictSame(parseRuleCounters(`${counted}\npass\n  [ Odd: 1 ]\n${counted}\n${counted}\n`), [
    { rule: 'pass', evaluations: 1, packets: 2, bytes: 3, states: 4, creations: null },
  ]);
});

t.test('labels', async (t) => {
  const labels = parseLabels(stdout('sl-uplinkd-mixed'));
  t.equal(labels.length, 7);
  t.strictSame(labels[0], {
    label: 'uplink:a',
    evaluations: 22,
    packets: 10,
    bytes: 355,
    packetsIn: 5,
    bytesIn: 145,
    packetsOut: 5,
    bytesOut: 210,
    creations: 5,
  });
  t.ok(labels.every(({ packets, packetsIn, packetsOut }) => packets === packetsIn + packetsOut));
  t.equal(parseLabels(stdout('sl-anchor'))[0]?.label, 'lan0 0');
  t.strictSame(parseLabels('1 2 3 4 5 6 7 8\nx 1 2 3 4 5 6 7 y\nnothing\n'), []);
});

t.test('tables', async (t) => {
  t.strictSame(parseTableShow(stdout('table-show')), ['192.0.2.7', '198.51.100.0/24']);
  t.strictSame(parseTableShow(stdout('table-show-v')), ['192.0.2.7', '198.51.100.0/24']);
  t.strictSame(parseTableShow(stdout('T-show-vv')), ['192.0.2.1', '198.51.100.1']);
  t.strictSame(parseTableShow('  !10.0.0.0/8\n   fe80::/10\n   2001:db8::1\n   192.0.2.1@em0\n'), [
    '!10.0.0.0/8',
    'fe80::/10',
    '2001:db8::1',
    '192.0.2.1@em0',
  ]);
  t.strictSame(parseTableShow(''), []);
  for (const odd of ['   host\n', '192.0.2.1\n', '   192.0.2.1 \n', '   300.0.0.1\n', 'pfctl: oh\n']) {
    t.equal(parseTableShow(odd), null, odd);
  }
  t.strictSame(parseTables(stdout('sT')), [{ name: 'gws', anchor: null }]);
  t.strictSame(parseTables(stdout('sT-anchor')), [{ name: 'at', anchor: 'uplinkd/lan' }]);
  t.strictSame(parseTables(stdout('vsT')), [{ name: 'gws', anchor: null }]);
  t.strictSame(parseTables(stdout('vvsTables-all')), [
    { name: 'g', anchor: 'uplinkd/lan' },
    { name: 'gws', anchor: null },
  ]);
  t.equal(parseTables('two words\n'), null);
});

t.test('anchors and status', async (t) => {
  t.strictSame(parseAnchors(stdout('sA')), ['uplinkd', 'uplinkd/lan']);
  t.strictSame(parseAnchors(stdout('vsA')), ['uplinkd', 'uplinkd/lan']);
  t.strictSame(parseAnchors(''), []);
  t.equal(parseAnchors('uplinkd\n'), null);
  t.strictSame(parseStatus(stdout('si')), { enabled: true, states: 2 });
  t.strictSame(parseStatus(stdout('vsi')), { enabled: true, states: 2 });
  t.strictSame(parseStatus(stdout('si-disabled')), { enabled: false, states: 2 });
  t.equal(parseStatus('Status: Enabled\n'), null);
  t.equal(parseStatus(''), null);
});

t.test('cut into characters and joined again, all is the same', async (t) => {
  for (const each of transcripts) {
    const pieced = linesInPieces(each.stdout, 1)
      .map((line) => `${line}\n`)
      .join('');
    for (const parse of [
      parseRules,
      parseRuleCounters,
      parseLabels,
      parseTableShow,
      parseTables,
      parseAnchors,
      parseStatus,
    ]) {
      t.strictSame(parse(pieced), parse(each.stdout), each.file);
    }
  }
});

t.test('any text gives a value', async (t) => {
  const texts = transcripts.flatMap((each) => [each.stdout, each.stderr]);
  check(
    t,
    fc.property(fc.oneof(fc.string(), damaged(texts)), fc.nat(255), (text, code) => {
      const found = parsePfctlFailure(code, text);
      must(code === 0 || found !== null, 'a failure was missed');
      parseKilled(text);
      for (const { label } of parseLabels(text)) must(label !== '' || text.includes('  '), 'empty label');
      const lines = text.split('\n').length;
      must(
        parseRuleCounters(text).length <= lines && parseRules(text).length <= lines,
        'more than there was',
      );
      parseTableShow(text);
      parseTables(text);
      parseAnchors(text);
      parseStatus(text);
    }),
    1000,
  );
});
