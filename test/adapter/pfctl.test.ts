import t from 'tap';
import { createFirewall } from '../../src/adapter/pfctl.ts';
import { createCommands } from '../../src/adapter/run.ts';
import type { Rule, Table } from '../../src/core/ruleset.ts';
import type { PfTransaction } from '../../src/core/transaction.ts';
import { renderRuleset } from '../../src/text/pf.ts';
import { type Answer, createFakeCommands, exited, type FakeRun } from './fake-commands.ts';
import { programs } from './programs.ts';
import { createVirtualClock } from './virtual-clock.ts';

const choose = (link: string, probability: number): Rule => ({
  kind: 'choose',
  policy: 'default',
  family: 'inet',
  link,
  probability,
  via: { kind: 'route-to', gateway: '192.0.2.1' },
});
const RULES: readonly Rule[] = [
  choose('fibre', 0.75),
  choose('dsl', 1),
  { kind: 'refuse', policy: 'default' },
];
const TEXT = renderRuleset(RULES);
const PRINTED = TEXT.trim().split('\n');
const table = (name: string, ...addresses: readonly string[]): Table => ({ name, addresses });

// What a read-only pfctl of 7.8 adds to whatever it fails of.
const BOGUS =
  'pfctl: DIOCSETLIMIT (states): Permission denied\npfctl: DIOCSETLIMIT (src-nodes): Permission denied\n';

type Apply = Extract<PfTransaction, { kind: 'apply' }>;
type Inspect = Extract<PfTransaction, { kind: 'inspect' }>;

const apply = (more: Partial<Apply> = {}): Apply => ({
  kind: 'apply',
  id: 1,
  anchor: 'uplinkd',
  check: false,
  ruleset: RULES,
  tables: [],
  kills: [],
  ...more,
});
const inspect = (more: Partial<Inspect> = {}): Inspect => ({
  kind: 'inspect',
  id: 1,
  anchor: 'uplinkd',
  ruleset: RULES,
  fingerprint: null,
  tables: [],
  ...more,
});

/** A pfctl that does as told, but for what `change` answers. */
const set = (change: (args: string, run: FakeRun) => Answer | undefined = () => undefined) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  commands.answer((run) => {
    const args = run.args.join(' ');
    const changed = change(args, run);
    if (changed !== undefined) return changed;
    if (args.endsWith('-sr')) return exited(0, TEXT);
    if (args.startsWith('-k ')) return exited(0, '', 'killed 12 states\n');
    if (args.includes('-T replace')) return exited(0, '', '1 addresses added.\n');
    return exited(0);
  });
  return {
    clock,
    commands,
    firewall: createFirewall({ commands, clock }),
    calls: () => commands.runs.map((run) => run.args.join(' ')),
  };
};

t.test('apply: every step, in order', async (t) => {
  const { firewall, commands, calls, clock } = set((args) =>
    args === '-a uplinkd -f -' ? { after: 3, result: exited(0) } : undefined,
  );
  const loading: string[][] = [];
  const done = firewall.carry(
    apply({
      check: true,
      tables: [table('uplinkd_local', '10.0.0.0/24', '192.0.2.2'), table('uplinkd_voip')],
      kills: [
        { link: 'dsl', label: 'uplink:dsl', again: false },
        { link: 'lte', label: 'uplink:lte', again: true },
      ],
    }),
    () => loading.push(calls()),
  );
  await clock.advance(10);
  t.same(await done, {
    kind: 'applied',
    fingerprint: PRINTED,
    loadTook: 3,
    killed: [
      { link: 'dsl', count: 12, again: false },
      { link: 'lte', count: 12, again: true },
    ],
  });
  t.same(
    commands.runs.map(({ args, stdin }) => [args.join(' '), stdin]),
    [
      ['-n -a uplinkd -f -', TEXT],
      ['-a uplinkd -f -', TEXT],
      ['-t uplinkd_local -T replace -f -', '10.0.0.0/24\n192.0.2.2\n'],
      ['-t uplinkd_voip -T replace', undefined],
      ['-a uplinkd -sr', undefined],
      ['-k label -k uplink:dsl', undefined],
      ['-k label -k uplink:lte', undefined],
    ],
  );
  t.same(loading, [['-n -a uplinkd -f -']], 'told just before the load, once');
});

t.test('apply: only what is asked', async (t) => {
  const tables = set();
  t.same(
    await tables.firewall.carry(apply({ ruleset: null, check: true, tables: [table('uplinkd_local')] })),
    {
      kind: 'applied',
      fingerprint: null,
      loadTook: null,
      killed: [],
    },
  );
  t.same(tables.calls(), ['-t uplinkd_local -T replace']);
  const quick = set();
  await quick.firewall.carry(apply());
  t.same(quick.calls(), ['-a uplinkd -f -', '-a uplinkd -sr']);
  const empty = set((args) =>
    args.endsWith('-sr') ? exited(0, '', 'pfctl: Anchor does not exist\n') : undefined,
  );
  t.match(await empty.firewall.carry(apply({ ruleset: [] })), { kind: 'applied', fingerprint: [] });
});

t.test('apply: the first failure ends it, in the words of pfctl', async (t) => {
  const refusal =
    'stdin:2: rtable 250 does not exist\npfctl: Syntax error in config file: pf rules not loaded\n';
  const cases: readonly (readonly [step: string, args: string, answer: Answer, failure: object])[] = [
    [
      'check',
      '-n -a uplinkd -f -',
      exited(1, '', refusal),
      { text: /rtable 250/, line: 2, rule: PRINTED[1] },
    ],
    ['load', '-a uplinkd -f -', exited(1, '', refusal), { text: /rtable 250/, line: 2, rule: PRINTED[1] }],
    [
      'load',
      '-a uplinkd -f -',
      exited(1, '', 'pfctl: /dev/pf: Permission denied\n'),
      { text: 'pfctl: /dev/pf: Permission denied', line: null, rule: null },
    ],
    ['load', '-a uplinkd -f -', 'never', { text: 'pfctl: timed out', line: null, rule: null }],
    [
      'load',
      '-a uplinkd -f -',
      { kind: 'killed', signal: 'SIGKILL', stdout: '', stderr: '' },
      { text: 'pfctl: killed by SIGKILL' },
    ],
    ['load', '-a uplinkd -f -', exited(1), { text: 'pfctl: exit 1' }],
    ['load', '-a uplinkd -f -', exited(1, '', 'stdin:99: syntax error\n'), { line: 99, rule: null }],
    [
      'table',
      '-t uplinkd_local -T replace -f -',
      exited(255, '', 'no IP address found for garbage!\npfctl: cannot load -: Undefined error: 0\n'),
      { text: 'no IP address found for garbage!' },
    ],
    [
      'read-back',
      '-a uplinkd -sr',
      exited(1, '', `pfctl: something\n${BOGUS}`),
      { text: 'pfctl: something' },
    ],
    [
      'read-back',
      '-a uplinkd -sr',
      exited(0, `${PRINTED.slice(1).join('\n')}\n`),
      { text: 'anchor uplinkd holds 2 rules, not 3' },
    ],
    [
      'read-back',
      '-a uplinkd -sr',
      exited(0, '', 'pfctl: Anchor does not exist\n'),
      { text: 'anchor uplinkd holds 0 rules, not 3' },
    ],
    [
      'read-back',
      '-a uplinkd -sr',
      exited(0, TEXT.replace('uplink:dsl', 'uplink:lte')),
      { text: /^anchor uplinkd: rule 2 is .*uplink:lte.*, not .*uplink:dsl/ },
    ],
    [
      'kill',
      '-k label -k uplink:dsl',
      exited(1, '', 'pfctl: DIOCKILLSTATES: no\n'),
      { text: /DIOCKILLSTATES/ },
    ],
    ['kill', '-k label -k uplink:dsl', exited(0), { text: /does not say what it killed/ }],
    [
      'kill',
      '-k label -k uplink:dsl',
      { kind: 'not-started', why: '/sbin/pfctl: gone' },
      { text: 'pfctl: not started: /sbin/pfctl: gone' },
    ],
  ];
  for (const [step, where, answer, failure] of cases) {
    const { firewall, calls, clock } = set((args) => (args === where ? answer : undefined));
    const done = firewall.carry(
      apply({
        check: true,
        tables: [table('uplinkd_local', '10.0.0.0/24')],
        kills: [{ link: 'dsl', label: 'uplink:dsl', again: false }],
      }),
    );
    await clock.advance(5000);
    t.match(await done, { kind: 'failed', step, failure }, `${step}: ${JSON.stringify(answer)}`);
    t.equal(calls().at(-1), where, 'nothing after it');
  }
});

t.test('apply: pf may print a rule in other words', async (t) => {
  const other = TEXT.replaceAll('flags S/SA', 'flags  S/SA');
  const { firewall } = set((args) => (args.endsWith('-sr') ? exited(0, other) : undefined));
  t.match(await firewall.carry(apply()), { kind: 'applied', fingerprint: other.trim().split('\n') });
});

t.test('a rule that cannot be written is a failure, not a throw', async (t) => {
  const bad = [choose('"; pass', 1)];
  const { firewall, calls } = set();
  t.match(await firewall.carry(apply({ ruleset: bad })), { kind: 'failed', step: 'load' });
  t.match(await firewall.carry(apply({ ruleset: bad, check: true })), { kind: 'failed', step: 'check' });
  t.same(calls(), []);
  t.match(await firewall.carry(inspect({ ruleset: bad })), { kind: 'failed', step: 'inspect' });
});

t.test('inspect', async (t) => {
  const missing = exited(255, '', `pfctl: Table does not exist\n${BOGUS}`);
  const local = table('uplinkd_local', '10.0.0.0/24', '192.0.2.2', '2001:db8::1');
  const held = '   10.0.0.0/24\n   192.0.2.2\n   2001:db8::1\n';
  const same = { differences: [], rulesDiffer: false, tablesThatDiffer: [] };
  const cases: readonly (readonly [
    name: string,
    rules: Answer,
    entries: Answer,
    wanted: Partial<Inspect>,
    found: object,
  ])[] = [
    ['all is well', exited(0, TEXT), exited(0, held), {}, { ...same, rulesHeld: 3, fingerprint: PRINTED }],
    [
      'hosts with length',
      exited(0, TEXT),
      exited(0, held),
      { tables: [table('uplinkd_local', '10.0.0.0/24', '192.0.2.2/32', '2001:db8::1/128')] },
      same,
    ],
    [
      'pf’s own words are known',
      exited(0, 'a\nb\n'),
      exited(0, held),
      { fingerprint: ['a', 'b'] },
      { ...same, fingerprint: ['a', 'b'] },
    ],
    [
      'flushed',
      exited(0),
      exited(0, held),
      { fingerprint: PRINTED },
      {
        differences: ['anchor uplinkd holds 0 rules, not 3'],
        rulesDiffer: true,
        tablesThatDiffer: [],
        rulesHeld: 0,
      },
    ],
    [
      'no such anchor',
      exited(0, '', 'pfctl: Anchor does not exist\n'),
      exited(0, held),
      {},
      { differences: ['anchor uplinkd holds 0 rules, not 3'], rulesHeld: 0, fingerprint: [] },
    ],
    [
      'someone else’s rule',
      exited(0, TEXT.replace('75%', '5%')),
      exited(0, held),
      { fingerprint: PRINTED },
      { differences: [/^anchor uplinkd: rule 1 is .* 5%.*, not .* 75%/], rulesDiffer: true },
    ],
    [
      'no such table',
      exited(0, TEXT),
      missing,
      {},
      {
        differences: ['table uplinkd_local does not exist'],
        tablesThatDiffer: ['uplinkd_local'],
        rulesDiffer: false,
      },
    ],
    [
      'no such table, empty wanted',
      exited(0, TEXT),
      missing,
      { tables: [table('uplinkd_local')] },
      { tablesThatDiffer: ['uplinkd_local'] },
    ],
    ['empty wanted and held', exited(0, TEXT), exited(0), { tables: [table('uplinkd_local')] }, same],
    [
      'entries differ',
      exited(0, TEXT),
      exited(0, '   192.0.2.2\n   192.0.2.9\n'),
      {},
      {
        differences: [
          'table uplinkd_local lacks 10.0.0.0/24, 2001:db8::1',
          'table uplinkd_local should not have 192.0.2.9',
        ],
        tablesThatDiffer: ['uplinkd_local'],
      },
    ],
    [
      'many',
      exited(0, TEXT),
      exited(0, Array.from({ length: 9 }, (_, n) => `   192.0.2.${n}\n`).join('')),
      { tables: [table('uplinkd_local')] },
      { differences: ['table uplinkd_local should not have 192.0.2.0, 192.0.2.1, 192.0.2.2 and 6 more'] },
    ],
    ['garbage', exited(0, TEXT), exited(0, 'garbage\n'), {}, { differences: [/no address/] }],
  ];
  for (const [name, rules, entries, wanted, found] of cases) {
    const { firewall, calls } = set((args) =>
      args.endsWith('-sr') ? rules : args.endsWith('show') ? entries : undefined,
    );
    t.match(
      await firewall.carry(inspect({ tables: [local], ...wanted })),
      { kind: 'inspected', ...found },
      name,
    );
    t.same(calls(), ['-a uplinkd -sr', '-t uplinkd_local -T show'], 'nothing is written');
  }
  for (const where of ['-a uplinkd -sr', '-t uplinkd_local -T show']) {
    const { firewall, clock } = set((args) => (args === where ? 'never' : undefined));
    const done = firewall.carry(inspect({ tables: [local] }));
    await clock.advance(5000);
    t.match(await done, { kind: 'failed', step: 'inspect', failure: { text: 'pfctl: timed out' } });
  }
});

t.test('through real children: refused, hanging, dying, and then well', async (t) => {
  // Keeps what was loaded in a file, like pf; misbehaves as often as the file `fail` says.
  const directory = programs(t, {
    pfctl: `d=\${0%/*}; mode=$(cat "$d/mode" 2>/dev/null)
      case "$*" in
      *-sr) cat "$d/rules";;
      *-f\\ -) case $mode in
        syntax) cat > /dev/null; printf 'stdin:1: syntax error\\npfctl: Syntax error in config file: pf rules not loaded\\n' >&2; exit 1;;
        die) kill -9 $$;;
        deaf) exit 1;;
        *) cat > "$d/rules";;
        esac;;
      -k*) echo "killed 2 states" >&2;;
      esac`,
  });
  const { writeFileSync } = await import('node:fs');
  const firewall = createFirewall({ commands: createCommands({ directory }), clock: createVirtualClock() });
  const many = Array.from({ length: 3000 }, () => RULES).flat();
  const wanted = apply({ ruleset: many, kills: [{ link: 'dsl', label: 'uplink:dsl', again: false }] });
  const mode = (name: string) => writeFileSync(`${directory}/mode`, `${name}\n`);
  mode('syntax');
  t.match(await firewall.carry(wanted), {
    kind: 'failed',
    step: 'load',
    failure: { text: 'stdin:1: syntax error', line: 1, rule: PRINTED[0] },
  });
  mode('die');
  t.match(await firewall.carry(wanted), { kind: 'failed', failure: { text: 'pfctl: killed by SIGKILL' } });
  mode('deaf');
  t.match(await firewall.carry(wanted), { kind: 'failed', failure: { text: 'pfctl: exit 1' } });
  mode('good');
  const result = await firewall.carry(wanted);
  t.match(
    result,
    { kind: 'applied', killed: [{ link: 'dsl', count: 2 }] },
    'more than a pipe holds, both ways',
  );
  t.equal(result.kind === 'applied' && result.fingerprint?.length, 9000);
});
