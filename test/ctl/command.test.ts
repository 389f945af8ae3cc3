import t from 'tap';
import type { Command } from '../../src/ctl/argument.ts';
import { parseCommandLine, USAGE } from '../../src/ctl/command.ts';
import fc from '../chance.ts';
import { check } from '../text/random.ts';

const words = (text: string): readonly string[] => (text === '' ? [] : text.split(' '));
const socket = '/var/run/uplinkd.sock';
const show = (view: Extract<Command, { kind: 'show' }>['view'], link: string | null = null): Command => ({
  kind: 'show',
  view,
  link,
});

t.test('commands, whole and cut short', async (t) => {
  const rows: readonly (readonly [string, Command])[] = [
    ['show', show('summary')],
    ['s', show('summary')],
    ['show summary', show('summary')],
    ['sh l', show('links')],
    ['show po', show('policies')],
    ['show pr', show('probes')],
    ['show probes fibre', show('probes', 'fibre')],
    ['show link fibre', show('links', 'fibre')],
    ['s h dsl', show('history', 'dsl')],
    ['sho r', show('rules')],
    ['s h', show('history')],
    ['show m', { kind: 'metrics' }],
    ['explain default', { kind: 'explain', policy: 'default' }],
    ['ena fibre', { kind: 'admin', link: 'fibre', mode: 'enabled' }],
    ['drain dsl', { kind: 'admin', link: 'dsl', mode: 'drained' }],
    ['di dsl', { kind: 'admin', link: 'dsl', mode: 'disabled' }],
    ['pr fibre', { kind: 'probe', link: 'fibre', count: 5 }],
    ['probe -c 3 -c20 fibre', { kind: 'probe', link: 'fibre', count: 20 }],
    [
      'check',
      {
        kind: 'check',
        place: { file: '/etc/uplinkd.conf', state: '/var/db/uplinkd', root: '/', commands: null },
      },
    ],
    [
      'ch -f a --state b --root=c --commands d',
      { kind: 'check', place: { file: 'a', state: 'b', root: 'c', commands: 'd' } },
    ],
    ['probe 9.9.9.9 2620:fe::fe', { kind: 'probe-targets', targets: ['9.9.9.9', '2620:fe::fe'], count: 5 }],
    ['pr -c 2 dns.quad9.net', { kind: 'probe-targets', targets: ['dns.quad9.net'], count: 2 }],
    ['init', { kind: 'init', place: { output: null, root: '/', commands: null } }],
    ['i -o d --root r', { kind: 'init', place: { output: 'd', root: 'r', commands: null } }],
    ['exp voip', { kind: 'explain', policy: 'voip' }],
    ['m', { kind: 'monitor' }],
    ['rel', { kind: 'reload' }],
    ['l b', { kind: 'log', level: 'brief' }],
    ['log verbose', { kind: 'log', level: 'verbose' }],
    ['ren', { kind: 'render', file: '/etc/uplinkd.conf', sets: [] }],
    ['render -f a.conf', { kind: 'render', file: 'a.conf', sets: [] }],
    ['render -fa.conf', { kind: 'render', file: 'a.conf', sets: [] }],
    [
      'render --set fibre=down --set=dsl/inet=unknown -f a --set lte.gateway=192.0.2.9',
      { kind: 'render', file: 'a', sets: ['fibre=down', 'dsl/inet=unknown', 'lte.gateway=192.0.2.9'] },
    ],
  ];
  for (const [line, command] of rows) {
    t.strictSame(parseCommandLine(words(line)), { kind: 'run', json: false, socket, command }, line);
  }
});

t.test('options', async (t) => {
  const rows: readonly (readonly [string, boolean, string])[] = [
    ['-j s', true, socket],
    ['-s /tmp/x s', false, '/tmp/x'],
    ['-s/tmp/x s', false, '/tmp/x'],
    ['-j -s /tmp/x s', true, '/tmp/x'],
    ['-js /tmp/x s', true, '/tmp/x'],
    ['-js/tmp/x s', true, '/tmp/x'],
    ['-jj s', true, socket],
    ['-j -- s', true, socket],
    ['-s -j s', false, '-j'],
  ];
  for (const [line, json, path] of rows) {
    const command = show('summary');
    t.strictSame(parseCommandLine(words(line)), { kind: 'run', json, socket: path, command }, line);
  }
});

t.test('usage errors', async (t) => {
  const commands =
    'show, check, explain, init, exec, enable, drain, disable, monitor, probe, reload, log or render';
  const views = 'summary, links, policies, probes, rules, history or metrics';
  const rows: readonly (readonly [string, string])[] = [
    ['', `missing command: ${commands}`],
    ['-j', `missing command: ${commands}`],
    ['--', `missing command: ${commands}`],
    ['re', 'ambiguous: re: reload or render'],
    ['r', 'ambiguous: r: reload or render'],
    ['show p', 'show: ambiguous: p: policies or probes'],
    ['s x', `show: unknown argument: x: not ${views}`],
    ['shows', `unknown command: shows: not ${commands}`],
    ['constructor', `unknown command: constructor: not ${commands}`],
    ['probe', 'probe: missing link or target'],
    ['probe 9.9.9.9 fibre', 'probe: not an address or a host name with a dot: fibre'],
    ['probe 9.9.9.9 -x.y', 'probe: not an address or a host name with a dot: -x.y'],
    [`probe ${'1.1.1.1 '.repeat(17).trim()}`, 'probe: at most 16 targets'],
    ['probe -c 0 a', 'probe: -c needs a number from 1 to 100'],
    ['probe -c 101 a', 'probe: -c needs a number from 1 to 100'],
    ['probe -c', 'probe: -c needs a number from 1 to 100'],
    ['probe a b', 'probe: unexpected argument: b'],
    ['init -o', 'init: -o needs a directory'],
    ['check a', 'check: unexpected argument: a'],
    ['check -f', 'check: -f needs a file'],
    ['check --root', 'check: --root needs a directory'],
    ['disable', 'disable: missing link'],
    ['drain a b', 'drain: unexpected argument: b'],
    ['e voip', 'ambiguous: e: explain, exec or enable'],
    ['show metric x', 'show metrics: unexpected argument: x'],
    ['log', 'log: missing argument: brief or verbose'],
    ['log loud', 'log: unknown argument: loud: not brief or verbose'],
    ['monitor now', 'monitor: unexpected argument: now'],
    ['sh r fibre', 'show rules: unexpected argument: fibre'],
    ['show probes a b', 'show probes: unexpected argument: b'],
    ['explain', 'explain: missing policy'],
    ['explain a b', 'explain: unexpected argument: b'],
    ['render x', 'render: unexpected argument: x'],
    ['render -f', 'render: -f needs a file'],
    ['render --set', 'render: --set needs link[/family]=health or link.gateway[6]=address'],
    ['-s', '-s needs a socket'],
    ['-x show', 'unknown option: -x'],
    ['-jx show', 'unknown option: -x'],
    ['show -j', `show: unknown argument: -j: not ${views}`],
  ];
  for (const [line, text] of rows) {
    t.strictSame(parseCommandLine(words(line)), { kind: 'usage', text: `${text}\n${USAGE}` }, line);
  }
  t.strictSame(
    parseCommandLine(['']),
    {
      kind: 'usage',
      text: `unknown command: : not ${commands}
${USAGE}`,
    },
    'an empty word is no abbreviation',
  );
});

t.test('any argv: an invocation or a usage error', async (t) => {
  const word = fc.oneof(
    fc.constantFrom('show', 'p', 'log', 'render', '-j', '-s', '-f', '--set', '--', '', '-', '__proto__'),
    fc.string(),
  );
  check(
    t,
    fc.property(fc.array(word), (argv) => ['run', 'usage'].includes(parseCommandLine(argv).kind)),
  );
});
