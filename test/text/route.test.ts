import t from 'tap';
import { parseRouteFailure, parseRouteGet, parseRouteShow, type RouteFailure } from '../../src/text/route.ts';
import fc from '../chance.ts';
import { check, damaged, linesInPieces, must } from './random.ts';
import { readTranscript, readTranscripts } from './transcript.ts';

const transcripts = readTranscripts('route-').filter(({ file }) => !file.startsWith('route-monitor'));
const shows = transcripts.filter(({ command, exit }) => / show/.test(command) && exit === 0);
const gets = transcripts.filter(({ command }) => / get /.test(command));
const stdout = (name: string): string => readTranscript(`route-${name}.txt`).stdout;

t.test('every transcript of show, whole and byte by byte, is understood', async (t) => {
  t.ok(shows.length >= 18);
  for (const { file, stdout } of shows) {
    const whole = parseRouteShow(stdout);
    t.strictSame(whole.unrecognised, [], file);
    t.ok(whole.complete);
    const rows = stdout.split('\n').filter((line) => /\s(?:vio|lo|pppoe)\d+ *$/.test(line)).length;
    t.equal(whole.entries.length, rows, file);
    const pieced = linesInPieces(stdout, 1)
      .map((line) => `${line}\n`)
      .join('');
    t.strictSame(parseRouteShow(pieced), whole, file);
  }
});

t.test('entries', async (t) => {
  const { entries } = parseRouteShow(stdout('show'));
  const common = { family: 'inet', uses: 0, mtu: null } as const;
  t.strictSame(entries[0], {
    ...common,
    destination: 'default',
    gateway: '192.0.2.1',
    flags: 'UGS',
    uses: 216,
    priority: 8,
    interface: 'vio2',
  });
  t.strictSame(entries[6], {
    ...common,
    destination: '192.0.2.0/24',
    gateway: '192.0.2.2',
    flags: 'UCn',
    uses: 3,
    priority: 4,
    interface: 'vio2',
  });
  t.strictSame(entries.at(-2), {
    family: 'inet6',
    destination: 'ff01::%lo0/32',
    gateway: 'fe80::1%lo0',
    flags: 'Um',
    uses: 1,
    mtu: 32768,
    priority: 4,
    interface: 'lo0',
  });
  const defaults = (name: string): readonly string[] =>
    parseRouteShow(stdout(name))
      .entries.filter(({ destination }) => destination === 'default')
      .map(({ gateway, flags, priority }) => `${gateway} ${flags} ${priority}`);
  t.strictSame(defaults('show-mpath'), ['192.0.2.1 UGSP 8', '198.51.100.1 UGSP 8']);
  t.strictSame(defaults('show-prio-primary-nocarrier'), ['198.51.100.1 UGS 20', '192.0.2.1 GS 8']);
  t.strictSame(defaults('T104-show'), ['100.64.0.1 UGS 8']);
  t.strictSame(defaults('show-T103'), []);
});

t.test('shapes that were not recorded', async (t) => {
  const row = (line: string, family = 'Internet') => parseRouteShow(`\n${family}:\n${line}\n`);
  t.equal(row('10/8 link#3 UC 0 0 1500 L   4 em0').entries[0]?.mtu, 1500);
  t.equal(
    row('10/8               link#3             UC         0        0     -     4 em0').entries[0]
      ?.destination,
    '10.0.0.0/8',
  );
  t.equal(row('10.88/16 192.0.2.1 UGS 0 0 - 8 em0 "uplinkd"').entries[0]?.destination, '10.88.0.0/16');
  t.equal(row('192.0.2.128/25 link#3 UC 0 0 - 4 em0').entries[0]?.destination, '192.0.2.128/25');
  t.strictSame(row('192.0.2.1 link#3 0 7 - 132 (null)').entries, [
    {
      family: 'inet',
      destination: '192.0.2.1',
      gateway: 'link#3',
      flags: '',
      uses: 7,
      mtu: null,
      priority: 132,
      interface: null,
    },
  ]);
  t.equal(
    row('2001:db8:0::/48 fe80::1%em0 UGS 0 0 - 8 em0', 'Internet6').entries[0]?.destination,
    '2001:db8::/48',
  );
  t.strictSame(row('anything at all', 'Encap'), { entries: [], unrecognised: [], complete: true });
  for (const odd of [
    '10.1 link#3 UC 0 0 - 4 em0',
    'host link#3 UC 0 0 - 4 em0',
    'default',
    'default gw U 0 0 - 4',
    'default gw U x 0 - 4 em0',
    'default gw U 0 0 many 4 em0',
    'default gw U 0 0 - 4 em0 two words',
  ]) {
    t.strictSame(row(odd).unrecognised, [odd]);
  }
  t.strictSame(row('host link#3 UC 0 0 - 4 em0', 'Internet6').unrecognised, ['host link#3 UC 0 0 - 4 em0']);
  t.strictSame(parseRouteShow('default 192.0.2.1 UGS 0 0 - 8 em0\n').unrecognised.length, 1);
  t.strictSame(parseRouteShow('Internet:\ndefault 192.0.2.1 UGS 0 0 - 8 em'), {
    entries: [],
    unrecognised: ['default 192.0.2.1 UGS 0 0 - 8 em'],
    complete: false,
  });
});

t.test('get', async (t) => {
  t.ok(gets.length >= 7);
  for (const { file, stdout } of gets) {
    const answer = parseRouteGet(stdout);
    t.match(answer, { gateway: String, interface: /^vio/, interfaceAddress: String, priority: Number }, file);
  }
  t.strictSame(parseRouteGet(stdout('get-label')), {
    destination: '10.88.0.0',
    mask: '255.255.0.0',
    gateway: '192.0.2.1',
    interface: 'vio2',
    interfaceAddress: '192.0.2.2',
    priority: 8,
    flags: ['UP', 'GATEWAY', 'DONE', 'STATIC'],
    label: 'uplinkd',
  });
  t.equal(parseRouteGet(stdout('get-prio-primary-nocarrier'))?.priority, 20);
  t.strictSame(parseRouteGet(stdout('get-default-no-carrier'))?.flags, ['GATEWAY', 'DONE', 'STATIC']);
  t.strictSame(parseRouteGet('destination: 10.0.0.2\n   priority: 3 ()\n'), {
    destination: '10.0.0.2',
    mask: null,
    gateway: null,
    interface: null,
    interfaceAddress: null,
    priority: 3,
    flags: [],
    label: null,
  });
  t.equal(parseRouteGet(''), null);
  t.equal(parseRouteGet('destination: 10.0.0.2\n'), null);
  t.equal(parseRouteGet('   priority: 3 ()\n'), null);
});

t.test('failures', async (t) => {
  const rows: readonly (readonly [string, RouteFailure['kind'], string])[] = [
    ['T1-show-missing', 'no-table', 'route: routing table 1: No such file or directory'],
    ['add-exists', 'exists', 'add net default: gateway 192.0.2.1: File exists'],
    ['mpath-add-again', 'exists', 'add net default: gateway 198.51.100.1: File exists'],
    ['add-unreach-gw', 'unreachable', 'add net default: gateway 10.77.77.1: Network is unreachable'],
    ['T103-add-unreach', 'unreachable', 'add net default: gateway 10.77.77.1: Network is unreachable'],
    ['delete-missing', 'not-in-table', 'delete net 10.99.99.0/24: not in table'],
  ];
  for (const [name, kind, text] of rows) {
    const { exit, stdout, stderr } = readTranscript(`route-${name}.txt`);
    t.strictSame(parseRouteFailure(exit ?? 0, stdout, stderr), { kind, text }, name);
  }
  for (const { file, exit, stdout, stderr } of transcripts) {
    t.equal(parseRouteFailure(exit ?? 0, stdout, stderr) === null, exit === 0, file);
  }
  const root = 'route: must be root to alter routing table\n';
  t.equal(parseRouteFailure(1, '', root)?.kind, 'permission');
  t.equal(parseRouteFailure(1, '', 'route: setrtable: Operation not permitted\n')?.kind, 'permission');
  t.equal(
    parseRouteFailure(1, 'add net default: gateway 0.0.0.1: No route to host\n', '')?.kind,
    'unreachable',
  );
  t.strictSame(parseRouteFailure(1, '', ''), { kind: 'other', text: '' });
  t.equal(parseRouteFailure(1, 'cut: File exists', '')?.kind, 'exists');
});

t.test('any text gives a value', async (t) => {
  const texts = transcripts.map((each) => each.stdout);
  check(
    t,
    fc.property(fc.oneof(fc.string(), damaged(texts)), (text) => {
      const { entries, unrecognised } = parseRouteShow(text);
      must(entries.length + unrecognised.length <= text.split('\n').length, 'more than there was');
      parseRouteGet(text);
      must(parseRouteFailure(1, text, text) !== null, 'a failure was missed');
    }),
    1000,
  );
});
