import t from 'tap';
import { createRoutes } from '../../src/adapter/route.ts';
import { createCommands } from '../../src/adapter/run.ts';
import type { RouteWish } from '../../src/core/transaction.ts';
import type { RunResult } from '../../src/port/commands.ts';
import { type Answer, createFakeCommands, exited } from './fake-commands.ts';
import { programs } from './programs.ts';
import { createVirtualClock } from './virtual-clock.ts';

const HEAD = 'Destination        Gateway            Flags   Refs      Use   Mtu  Prio Iface\n';
const line = (gateway: string, flags = 'UGS', destination = 'default'): string =>
  `${destination}            ${gateway}          ${flags}        0       12     -     8 vio2 \n`;
const shown = (...lines: readonly string[]): RunResult =>
  exited(0, `Routing tables\n\n${lines.length === 0 ? '' : `Internet:\n${HEAD}${lines.join('')}`}`);
const shown6 = (...lines: readonly string[]): RunResult =>
  exited(0, `Routing tables\n\nInternet6:\n${HEAD}${lines.join('')}`);
const noTable = exited(1, '', 'route: routing table 101: No such file or directory\n');

const wish: RouteWish = { kind: 'path', id: 'fibre/inet', family: 'inet', rtable: 101, gateway: '192.0.2.1' };
const wish6: RouteWish = {
  kind: 'path',
  id: 'fibre/inet6',
  family: 'inet6',
  rtable: 101,
  gateway: 'fe80::1%vio2',
};

/** Answers in turn; the rest succeed. */
const set = (...answers: readonly Answer[]) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  commands.answer(() => answers[commands.runs.length - 1] ?? exited(0));
  return {
    clock,
    routes: createRoutes({ commands }),
    calls: () => commands.runs.map((run) => run.args.join(' ')),
  };
};

const SHOW = '-n -T 101 show -inet';
const ADD = '-T 101 -n add default 192.0.2.1';

t.test('finds the default routes of tables that are there', async (t) => {
  const all = set(
    shown(line('192.0.2.1'), line('192.0.2.9', 'UGHS', '203.0.113.9')),
    shown(),
    shown(line('192.0.2.7'), line('192.0.2.8')),
    noTable,
    shown(line('192.0.2.1')),
  );
  t.same(await all.routes.find(101), [
    { rtable: 101, interface: 'vio2', gateway: '192.0.2.1' },
    { rtable: 103, interface: 'vio2', gateway: '192.0.2.7' },
    { rtable: 103, interface: 'vio2', gateway: '192.0.2.8' },
  ]);
  t.same(
    all.calls(),
    [101, 102, 103, 104].map((rtable) => `-n -T ${rtable} show -inet`),
    'up to the first that is not',
  );
  const broken = set(shown(line('192.0.2.1')), exited(1, '', 'route: socket: No buffer space available\n'));
  t.same(await broken.routes.find(254), [{ rtable: 254, interface: 'vio2', gateway: '192.0.2.1' }]);
  const last = set(shown(line('192.0.2.1')));
  t.equal((await last.routes.find(255)).length, 1);
  t.equal(last.calls().length, 1, '255 is the last there can be');
});

t.test('writes only what differs', async (t) => {
  const cases: readonly (readonly [name: string, answer: Answer, writes: readonly string[]])[] = [
    ['right', shown(line('192.0.2.1')), []],
    ['right, without carrier', shown(line('192.0.2.1', 'GS')), []],
    ['right, among others', shown(line('192.0.2.1'), line('192.0.2.9', 'UGHS', '203.0.113.9')), []],
    ['empty', shown(), [ADD]],
    ['no such table', noTable, [ADD]],
    ['another', shown(line('192.0.2.9')), ['-T 101 -n change default 192.0.2.1']],
    ['right and wrong', shown(line('192.0.2.9'), line('192.0.2.1')), ['-T 101 -n delete default 192.0.2.9']],
    [
      'several wrong',
      shown(line('192.0.2.8', 'UGSP'), line('192.0.2.9', 'UGSP')),
      ['-T 101 -n delete default 192.0.2.9', '-T 101 -n change default 192.0.2.1'],
    ],
  ];
  for (const [name, answer, writes] of cases) {
    const { routes, calls } = set(answer);
    t.same(
      await routes.ensure([wish]),
      [{ kind: 'ensured', id: 'fibre/inet', changed: writes.length > 0, warning: null }],
      name,
    );
    t.same(calls(), [SHOW, ...writes], name);
  }
});

t.test('inet6', async (t) => {
  const right = set(shown6(line('fe80:0::1%vio2')));
  t.match(await right.routes.ensure([wish6]), [{ changed: false }]);
  t.same(right.calls(), ['-n -T 101 show -inet6']);
  const other = set(shown6(line('fe80::1%vio3')));
  t.match(await other.routes.ensure([wish6]), [{ changed: true }]);
  t.same(other.calls().slice(1), ['-T 101 -n change -inet6 default fe80::1%vio2']);
  const none = set(shown6());
  await none.routes.ensure([wish6]);
  t.same(none.calls().slice(1), ['-T 101 -n add -inet6 default fe80::1%vio2']);
});

t.test('overtaken by someone else: looks once more', async (t) => {
  const exists = exited(1, 'add net default: gateway 192.0.2.1: File exists\n');
  const gone = exited(1, 'change net default: gateway 192.0.2.1: not in table\n');
  const added = set(shown(), exists, shown(line('192.0.2.1')));
  t.match(await added.routes.ensure([wish]), [{ kind: 'ensured' }]);
  t.same(added.calls(), [SHOW, ADD, SHOW]);
  const removed = set(shown(line('192.0.2.9')), gone, shown());
  t.match(await removed.routes.ensure([wish]), [{ kind: 'ensured', changed: true }]);
  t.same(removed.calls().slice(2), [SHOW, ADD]);
  const always = set(shown(), exists, shown(), exists, shown(), exists);
  t.match(await always.routes.ensure([wish]), [
    { kind: 'failed', id: 'fibre/inet', text: 'add net default: gateway 192.0.2.1: File exists' },
  ]);
  t.equal(always.calls().length, 4, 'but not for ever');
});

t.test('failures, in the words of route; one result a wish, in order', async (t) => {
  const unreachable = 'add net default: gateway 192.0.2.1: Network is unreachable';
  const cases: readonly (readonly [answers: readonly Answer[], text: string | RegExp])[] = [
    [[shown(), exited(1, `${unreachable}\n`)], unreachable],
    [
      [shown(), exited(1, '', 'route: must be root to alter routing table\n')],
      'route: must be root to alter routing table',
    ],
    [
      [exited(1, '', 'route: socket: No buffer space available\n')],
      'route: socket: No buffer space available',
    ],
    [[exited(1)], 'route: exit 1'],
    [['never'], 'route: timed out'],
    [[shown(), { kind: 'killed', signal: 'SIGKILL', stdout: '', stderr: '' }], 'route: killed by SIGKILL'],
    [[{ kind: 'not-started', why: '/sbin/route: gone' }], 'route: not started: /sbin/route: gone'],
    [[exited(0, `Routing tables\n\nInternet:\n${HEAD}default   192.0.2`)], /half a line|not understood/],
    [
      [exited(0, `Routing tables\n\nInternet:\n${HEAD}${line('192.0.2.1')}10.0.0`)],
      /half a line|not understood/,
    ],
    [[shown('default garbage\n')], /not understood: default garbage/],
  ];
  for (const [answers, text] of cases) {
    const { routes, clock } = set(...answers);
    const done = routes.ensure([wish]);
    await clock.advance(5000);
    t.match(await done, [{ kind: 'failed', id: 'fibre/inet', text }]);
  }

  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  commands.answer((run) =>
    run.args.includes('102') ? 'never' : { after: 30, result: shown(line('192.0.2.1')) },
  );
  const done = createRoutes({ commands }).ensure([{ ...wish, id: 'a/inet', rtable: 102 }, wish]);
  await clock.advance(5000);
  t.match(await done, [
    { kind: 'failed', id: 'a/inet' },
    { kind: 'ensured', id: 'fibre/inet' },
  ]);
  t.same(await createRoutes({ commands }).ensure([]), []);
});

t.test('through real children', async (t) => {
  const directory = programs(t, {
    route: `f="\${0%/*}/table"; case "$*" in
      *show*) [ -f "$f" ] || { echo "route: routing table 101: No such file or directory" >&2; exit 1; }
        printf 'Routing tables\\n\\nInternet:\\n${HEAD.trim()}\\n'; cat "$f";;
      *add*|*change*) [ $# -eq 6 ] || exit 9; echo "default            $6          UGS        0       12     -     8 vio2 " > "$f"
        echo "$4 net default: gateway $6";;
      esac`,
  });
  const routes = createRoutes({ commands: createCommands({ directory }) });
  const other = { ...wish, gateway: '192.0.2.9' };
  const changed = async (one: RouteWish) => {
    const [result] = await routes.ensure([one]);
    return result?.kind === 'ensured' ? result.changed : result;
  };
  t.equal(await changed(wish), true);
  t.equal(await changed(wish), false);
  t.equal(await changed(other), true);
  t.equal(await changed(other), false);
});

t.test('many tables are looked at a few at a time, and told in order', async (t) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  commands.answer(() => ({ after: 5, result: shown(line('192.0.2.1')) }));
  const wishes = Array.from(
    { length: 10 },
    (_, at): RouteWish => ({ ...wish, id: `link${at}/inet`, rtable: 101 + at }),
  );
  const done = createRoutes({ commands }).ensure(wishes);
  const begun: number[] = [];
  for (let step = 0; step < 3; step += 1) {
    await clock.settle();
    begun.push(commands.runs.length);
    await clock.advance(5);
  }
  t.same(begun, [4, 8, 10]);
  t.same(
    (await done).map(({ kind, id }) => `${kind} ${id}`),
    wishes.map(({ id }) => `ensured ${id}`),
  );
});
