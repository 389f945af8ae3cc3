import t from 'tap';
import { createFirewall } from '../../src/adapter/pfctl.ts';
import { createCommands } from '../../src/adapter/run.ts';
import type { PoolAnchor, Rule, Table } from '../../src/core/rule.ts';
import type { Kill, PfResult, PfTransaction, PoolWork } from '../../src/core/transaction.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { renderPoolAnchor, renderRuleset } from '../../src/text/pf.ts';
import { renderBootRules } from '../../src/text/pf-boot.ts';
import { labelKill } from '../core/example.ts';
import { createMachine } from '../emulator/machine.ts';
import { type Answer, createFakeCommands, exited, type FakeRun } from './fake-commands.ts';
import { programs } from './programs.ts';
import { createVirtualClock } from './virtual-clock.ts';

const choose = (link: string, probability: number): Rule => ({
  kind: 'choose',
  policy: 'default',
  family: 'inet',
  link,
  from: null,
  probability,
  via: { kind: 'route-to', gateway: '192.0.2.1' },
  marks: { prio: null, tos: null },
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
  pools: [],
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
  pools: [],
  ...more,
});
const POOL: PoolAnchor = {
  anchor: 'uplinkd/default',
  rules: [
    {
      kind: 'pool',
      policy: 'default',
      family: 'inet',
      table: 'pool_inet',
      balance: 'least-states',
      sticky: true,
      hashKey: null,
      marks: { prio: null, tos: null },
    },
  ],
  tables: [
    {
      name: 'pool_inet',
      entries: [
        { address: '192.0.2.1', weight: 3 },
        { address: '198.51.100.1', weight: 1 },
      ],
    },
  ],
};
const POOL_TEXT = renderPoolAnchor(POOL);
const POOL_PRINTED = POOL_TEXT.trim().split('\n').slice(1);
const HELD =
  '   192.0.2.1\n\tCleared:     Fri Nov 20 08:57:23 2026\n\tWeight:             3\n   198.51.100.1\n\tCleared:     Fri Nov 20 08:57:23 2026\n';
const work = (more: Partial<PoolWork> = {}): PoolWork => ({
  anchor: POOL.anchor,
  load: null,
  replace: [],
  reweigh: [],
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
    if (args === '-sr') return exited(0, 'pass all flags S/SA\nanchor "uplinkd" all\n');
    if (args === '-a uplinkd/default -sr') return exited(0, `${POOL_PRINTED.join('\n')}\n`);
    if (args.endsWith('-sr')) return exited(0, TEXT);
    if (args.includes('-T show')) return exited(0, HELD);
    if (args.startsWith('-k ')) return exited(0, '', 'killed 12 states\n');
    if (args.startsWith('-a uplinkd/default -f')) {
      return exited(0, '', 'pfctl: warning: table <pool_inet> already defined in anchor "uplinkd/voip"\n');
    }
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
        {
          path: 'dsl/inet',
          link: 'dsl',
          what: { kind: 'label', label: 'uplink:dsl' },
          rdomains: [0],
          again: false,
        },
        {
          path: 'lte/inet',
          link: 'lte',
          what: { kind: 'label', label: 'uplink:lte' },
          rdomains: [0],
          again: true,
        },
      ],
    }),
    { loading: () => loading.push(calls()) },
  );
  await clock.advance(10);
  t.same(await done, {
    kind: 'applied',
    fingerprint: PRINTED,
    loadTook: 3,
    killed: [12, 12],
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

t.test('apply: only kills that are wanted still, asked when their turn comes', async (t) => {
  const { firewall, calls } = set();
  const kills = ['dsl', 'lte', 'sat'].map(labelKill);
  const asked: (readonly [string, number])[] = [];
  const isWanted = ({ link }: Kill): boolean => {
    asked.push([link, calls().length]);
    return link !== 'lte';
  };
  t.match(await firewall.carry(apply({ ruleset: null, kills }), { isWanted }), {
    kind: 'applied',
    killed: [12, null, 12],
  });
  t.same(calls(), ['-k label -k uplink:dsl', '-k label -k uplink:sat']);
  t.same(asked, [
    ['dsl', 0],
    ['lte', 1],
    ['sat', 1],
  ]);
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
        kills: [
          {
            path: 'dsl/inet',
            link: 'dsl',
            what: { kind: 'label', label: 'uplink:dsl' },
            rdomains: [0],
            again: false,
          },
        ],
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
  const same = {
    differences: [],
    rulesDiffer: false,
    tablesThatDiffer: [],
    poolsThatDiffer: [],
    isCalled: true,
  };
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
      args === '-a uplinkd -sr' ? rules : args.endsWith('show') ? entries : undefined,
    );
    t.match(
      await firewall.carry(inspect({ tables: [local], ...wanted })),
      { kind: 'inspected', ...found },
      name,
    );
    t.same(calls(), ['-a uplinkd -sr', '-t uplinkd_local -T show', '-sr'], 'nothing is written');
  }
  for (const where of ['-a uplinkd -sr', '-t uplinkd_local -T show'] as const) {
    const { firewall, clock } = set((args) => (args === where ? 'never' : undefined));
    const done = firewall.carry(inspect({ tables: [local] }));
    await clock.advance(5000);
    t.match(await done, { kind: 'failed', step: 'inspect', failure: { text: 'pfctl: timed out' } });
  }
});

t.test('apply: pools come first, and the last entry of one stays', async (t) => {
  const [table] = POOL.tables;
  if (table === undefined) throw new Error('no table');
  const { firewall, commands } = set();
  const empty = { name: 'pool_inet6', entries: [] };
  t.match(
    await firewall.carry(
      apply({
        check: true,
        pools: [
          work({ replace: [table, empty], reweigh: [table], load: POOL }),
          { ...work({ replace: [empty] }), anchor: 'uplinkd/voip' },
        ],
        kills: [
          {
            path: 'dsl/inet',
            link: 'dsl',
            what: { kind: 'label', label: 'uplink:dsl' },
            rdomains: [0],
            again: false,
          },
        ],
      }),
    ),
    { kind: 'applied', fingerprint: PRINTED, killed: [12] },
  );
  const where = '-a uplinkd/default -t pool_inet -T';
  t.same(
    commands.runs.map(({ args, stdin }) => [args.join(' '), stdin]),
    [
      [`${where} replace -f -`, '192.0.2.1 weight 3\n198.51.100.1 weight 1\n'],
      ['-a uplinkd/default -t pool_inet6 -T replace', undefined],
      ['-a uplinkd/default -f -', POOL_TEXT],
      ['-a uplinkd/default -sr', undefined],
      [`${where} show`, undefined],
      [`${where} delete 192.0.2.1`, undefined],
      [`${where} add -f -`, '192.0.2.1 weight 3\n'],
      [`${where} delete 198.51.100.1`, undefined],
      [`${where} add -f -`, '198.51.100.1 weight 1\n'],
      ['-a uplinkd/voip -t pool_inet6 -T replace', undefined],
      ['-n -a uplinkd -f -', TEXT],
      ['-a uplinkd -f -', TEXT],
      ['-a uplinkd -sr', undefined],
      ['-k label -k uplink:dsl', undefined],
    ],
  );
  const lonely = set((args) => (args.endsWith('show') ? exited(0, '   192.0.2.1\n') : undefined));
  const first = { name: 'pool_inet', entries: table.entries.slice(0, 1) };
  const nothing = { ruleset: null, pools: [work({ reweigh: [first] })] };
  t.match(await lonely.firewall.carry(apply(nothing)), { kind: 'applied', fingerprint: null });
  t.same(lonely.calls(), [`${where} show`]);
});

t.test('apply: what fails of a pool', async (t) => {
  const where = '-a uplinkd/default -t pool_inet -T';
  const denied = exited(1, '', 'pfctl: /dev/pf: Permission denied\n');
  const gone = exited(255, '', `pfctl: Table does not exist\n${BOGUS}`);
  const cases: readonly (readonly [args: string, answer: Answer, failure: object])[] = [
    [`${where} replace -f -`, denied, { text: 'pfctl: /dev/pf: Permission denied' }],
    [`${where} show`, gone, { text: 'pfctl: Table does not exist' }],
    [`${where} show`, exited(0, 'garbage\n'), { text: /pool_inet shows something/ }],
    [`${where} delete 192.0.2.1`, gone, { text: 'pfctl: Table does not exist' }],
    [`${where} add -f -`, 'never', { text: 'pfctl: timed out' }],
    ['-a uplinkd/default -f -', exited(1, '', 'stdin:2: syntax error\n'), { line: 2, rule: POOL_PRINTED[0] }],
    ['-a uplinkd/default -sr', exited(0), { text: 'anchor uplinkd/default holds 0 rules, not 1' }],
    ['-a uplinkd/default -sr', denied, { text: /Permission/ }],
  ];
  for (const [at, answer, failure] of cases) {
    const { firewall, calls, clock } = set((args) => (args === at ? answer : undefined));
    const done = firewall.carry(
      apply({ pools: [work({ replace: POOL.tables, reweigh: POOL.tables, load: POOL })] }),
    );
    await clock.advance(5000);
    t.match(await done, { kind: 'failed', step: 'pool', failure }, at);
    t.equal(calls().at(-1), at, 'nothing after it, above all not the anchor');
  }
  const bad = [{ name: 'pool_inet', entries: [{ address: '192.0.2.1 weight 9', weight: 1 }] }];
  for (const unfit of [work({ replace: bad }), work({ load: { ...POOL, tables: bad } })]) {
    const { firewall, calls } = set();
    t.match(await firewall.carry(apply({ pools: [unfit] })), {
      kind: 'failed',
      step: 'pool',
      failure: { text: /unfit gateway/ },
    });
    t.same(calls(), []);
  }
  const unfit = set((args) => (args.endsWith('show') ? exited(0, HELD) : undefined));
  const reweigh = [{ name: 'pool_inet', entries: [{ address: '192.0.2.1', weight: 0 }] }];
  t.match(await unfit.firewall.carry(apply({ pools: [work({ reweigh })] })), {
    kind: 'failed',
    step: 'pool',
    failure: { text: /unfit weight/ },
  });
  t.same(unfit.calls(), [`${where} show`], 'nothing was taken out');
});

t.test('rules without label are known by what they call or mark', async (t) => {
  const rules: readonly Rule[] = [
    { kind: 'inbound-mark', link: 'fibre', interface: 'em0', family: 'inet' },
    { kind: 'call', policy: 'default', family: 'inet' },
  ];
  const text = renderRuleset(rules);
  const printed = (change: (text: string) => string) =>
    set((args) => (args === '-a uplinkd -sr' ? exited(0, change(text)) : undefined)).firewall.carry(
      apply({ ruleset: rules }),
    );
  t.match(await printed((same) => same.replace(' all ', '  all ')), { kind: 'applied' });
  t.match(await printed((same) => same.replace('"default"', '"voip"')), { step: 'read-back' });
  t.match(await printed((same) => same.replace('tag uplink_inbound_fibre', 'tag x')), { step: 'read-back' });
});

t.test('inspect: pools', async (t) => {
  const missing = exited(255, '', `pfctl: Table does not exist\n${BOGUS}`);
  const look = async (change: (args: string) => Answer | undefined) => {
    const { firewall, clock } = set(change);
    const done = firewall.carry(inspect({ pools: [POOL] }));
    await clock.advance(5000);
    return done;
  };
  const rules = (answer: Answer) => (args: string) =>
    args === '-a uplinkd/default -sr' ? answer : undefined;
  const entries = (answer: Answer) => (args: string) =>
    args === '-a uplinkd/default -t pool_inet -T show -v' ? answer : undefined;
  const well = set();
  t.match(await well.firewall.carry(inspect({ pools: [POOL] })), { differences: [], poolsThatDiffer: [] });
  t.same(well.calls(), [
    '-a uplinkd -sr',
    '-a uplinkd/default -sr',
    '-a uplinkd/default -t pool_inet -T show -v',
    '-sr',
  ]);
  const poolsThatDiffer = ['uplinkd/default'];
  t.match(await look(rules(exited(0, '', 'pfctl: Anchor does not exist\n'))), {
    differences: ['anchor uplinkd/default holds 0 rules, not 1'],
    poolsThatDiffer,
    rulesDiffer: false,
    tablesThatDiffer: [],
  });
  t.match(await look(rules(exited(0, `${POOL_PRINTED[0]?.replace('sticky', 'stuck')}\n`))), {
    differences: [/^anchor uplinkd\/default: rule 1 is .*stuck/],
    poolsThatDiffer,
  });
  t.match(await look(entries(exited(0, '   192.0.2.1\n   192.0.2.7\n'))), {
    differences: [
      'table pool_inet of uplinkd/default lacks 198.51.100.1',
      'table pool_inet of uplinkd/default should not have 192.0.2.7',
    ],
    poolsThatDiffer,
  });
  const light = '   192.0.2.1\n\tWeight:             2\n   198.51.100.1\n';
  t.match(await look(entries(exited(0, light))), {
    differences: ['192.0.2.1 has weight 2 in table pool_inet of uplinkd/default, not 3'],
    poolsThatDiffer,
  });
  t.match(await look(entries(missing)), {
    differences: ['table pool_inet of uplinkd/default does not exist'],
    poolsThatDiffer,
  });
  const failed = { kind: 'failed', step: 'inspect', failure: { text: 'pfctl: timed out' } };
  t.match(await look(rules('never')), failed);
  t.match(await look(entries('never')), failed);
});

t.test('inspect: whether the main rule set calls the anchor', async (t) => {
  const rows: readonly (readonly [string, boolean])[] = [
    ['anchor "uplinkd" all', true],
    ['pass all flags S/SA\nanchor "uplinkd" in on em0 inet all', true],
    ['anchor "uplinkd"', true],
    ['anchor "/uplinkd" all', true],
    ['anchor "*" all', true],
    ['anchor on em0 all {\n  anchor "uplinkd" all\n}', true],
    ['', false],
    ['anchor "uplinkd/*" all', false],
    ['anchor "uplinkd2" all', false],
    ['anchor "relayd/*" all\nblock return all', false],
    ['block drop all label "anchor "', false],
  ];
  for (const [text, isCalled] of rows) {
    const { firewall } = set((args) => (args === '-sr' ? exited(0, `${text}\n`) : undefined));
    t.match(await firewall.carry(inspect()), { kind: 'inspected', isCalled }, text);
  }
  const dotted = set((args) => (args === '-sr' ? exited(0, 'anchor "uplXnkd" all\n') : undefined));
  t.match(await dotted.firewall.carry(inspect({ anchor: 'upl.nkd' })), { isCalled: false });
  for (const answer of ['never', exited(1, '', 'pfctl: no\n')] as const) {
    const { firewall, clock } = set((args) => (args === '-sr' ? answer : undefined));
    const done = firewall.carry(inspect());
    await clock.advance(5000);
    t.match(await done, { kind: 'inspected', differences: [], isCalled: null });
  }
});

t.test('the last good rules', async (t) => {
  const kept: string[] = [];
  const lastGood = { ensure: () => {}, keep: (text: string) => kept.push(text) };
  const call: Rule = { kind: 'call', policy: 'default', family: 'inet' };
  const last = () => kept.splice(0);
  const withPool = [call, ...RULES];
  let fail = '';
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  commands.answer((run) => {
    const args = run.args.join(' ');
    if (fail !== '' && args.startsWith(fail)) return exited(1, '', 'pfctl: no\n');
    if (args === '-a uplinkd -sr') return exited(0, renderRuleset(withPool));
    if (args === '-a uplinkd/default -sr') return exited(0, `${POOL_PRINTED.join('\n')}\n`);
    if (args.includes('-T show')) return exited(0, HELD);
    return args.startsWith('-k') ? exited(0, '', 'killed 0 states\n') : exited(0);
  });
  const firewall = createFirewall({ commands, clock, lastGood });
  await firewall.carry(apply({ ruleset: null, pools: [work({ load: POOL })] }));
  t.same(last(), [], 'the anchor is not known yet');
  await firewall.carry(inspect({ ruleset: RULES, pools: [POOL] }));
  t.same(last(), [], 'it holds something else');
  await firewall.carry(inspect({ ruleset: withPool, pools: [POOL] }));
  t.same(last(), [renderBootRules(withPool, [POOL])]);
  const [table] = POOL.tables;
  if (table === undefined) throw new Error('no table');
  const fewer = { ...table, entries: table.entries.slice(0, 1) };
  const heavy = { ...table, entries: [{ address: '192.0.2.1', weight: 9 }] };
  const other = { name: 'pool_inet6', entries: [] };
  await firewall.carry(
    apply({ ruleset: null, pools: [work({ replace: [fewer, other], reweigh: [heavy] })] }),
  );
  t.same(last(), [renderBootRules(withPool, [{ ...POOL, tables: [heavy] }])], 'as pf has it now');
  fail = '-a uplinkd -sr';
  t.match(await firewall.carry(apply({ ruleset: withPool })), { kind: 'failed', step: 'read-back' });
  fail = '-a uplinkd -f';
  t.match(await firewall.carry(apply({ ruleset: withPool })), { kind: 'failed', step: 'load' });
  t.same(last(), [], 'only what was read back');
  fail = '-k';
  t.match(
    await firewall.carry(
      apply({
        ruleset: withPool,
        kills: [
          {
            path: 'a/inet',
            link: 'a',
            what: { kind: 'label', label: 'uplink:a' },
            rdomains: [0],
            again: false,
          },
        ],
      }),
    ),
    { step: 'kill' },
  );
  t.equal(last().length, 1, 'the rules are good, whatever becomes of the kills');
});

t.test('with the pfctl of somebody else', async (t) => {
  const machine = createMachine();
  machine.load('', 'pass all\nanchor "uplinkd"\n');
  const commands = createInProcessCommands(machine.router);
  const firewall = createFirewall({ commands, clock: createVirtualClock() });
  const carry = async (transaction: PfTransaction) => {
    let result: PfResult | null = null;
    void firewall.carry(transaction).then((each) => {
      result = each;
    });
    for (let turn = 0; result === null && turn < 10_000; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (machine.clock.next() !== null) machine.clock.step();
    }
    return result as PfResult | null;
  };
  const ruleset: readonly Rule[] = [{ kind: 'call', policy: 'default', family: 'inet' }, ...RULES];
  const local = table('uplinkd_local', '10.0.0.0/24');
  const wanted = inspect({ ruleset, pools: [POOL], tables: [local] });
  t.match(await carry(wanted), {
    kind: 'inspected',
    poolsThatDiffer: ['uplinkd/default'],
    rulesDiffer: true,
    rulesHeld: 0,
    isCalled: true,
  });
  const voip = { ...work({ load: { ...POOL, anchor: 'uplinkd/voip' } }), anchor: 'uplinkd/voip' };
  const done = apply({ check: true, ruleset, tables: [local], pools: [voip, work({ load: POOL })] });
  t.match(await carry(done), { kind: 'applied' }, 'two tables of one name are no failure');
  t.match(await carry(wanted), { differences: [], poolsThatDiffer: [], rulesDiffer: false });
  const weights = () =>
    machine
      .run('pfctl -a uplinkd/default -t pool_inet -T show -v')
      .stdout.split('\n')
      .flatMap((line) => /Weight: +(\d+)/.exec(line)?.[1] ?? []);
  t.same(weights(), ['3']);
  const [pool] = POOL.tables;
  if (pool === undefined) throw new Error('no table');
  const heavy = { ...pool, entries: pool.entries.map((entry) => ({ ...entry, weight: 7 })) };
  t.match(await carry(apply({ ruleset: null, pools: [work({ reweigh: [heavy] })] })), { kind: 'applied' });
  t.same(weights(), ['7', '7']);
  const replace = [{ ...pool, entries: [{ address: '192.0.2.99', weight: 2 }] }];
  t.match(await carry(apply({ ruleset: null, pools: [work({ replace })] })), { kind: 'applied' });
  t.same(weights(), ['2']);
  t.match(await carry(wanted), { poolsThatDiffer: ['uplinkd/default'], rulesDiffer: false });
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
  const wanted = apply({
    ruleset: many,
    kills: [
      {
        path: 'dsl/inet',
        link: 'dsl',
        what: { kind: 'label', label: 'uplink:dsl' },
        rdomains: [0],
        again: false,
      },
    ],
  });
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
  t.match(result, { kind: 'applied', killed: [2] }, 'more than a pipe holds, both ways');
  t.equal(result.kind === 'applied' && result.fingerprint?.length, 9000);
});
