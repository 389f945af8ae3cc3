import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { createPfctl } from '../../src/adapter/pf-run.ts';
import { createSweep } from '../../src/adapter/pf-sweep.ts';
import { createFirewall } from '../../src/adapter/pfctl.ts';
import { createCommands } from '../../src/adapter/run.ts';
import type { Sweep, SweepResult } from '../../src/core/transaction.ts';
import { type Answer, createFakeCommands, exited, type FakeStream } from './fake-commands.ts';
import { programs } from './programs.ts';
import { createVirtualClock } from './virtual-clock.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const DSL = { path: 'dsl/inet', link: 'dsl', gateway: '192.0.2.1', again: false } as const;
const LTE = { path: 'lte/inet', link: 'lte', gateway: '198.51.100.1', again: true } as const;
const FIBRE6 = { path: 'fibre/inet6', link: 'fibre', gateway: '2001:db8::1', again: false } as const;

const hex = (id: number): string => id.toString(16).padStart(16, '0');
const idOf = (id: number): string => `   id: ${hex(id)} creatorid: 1eb2d30e\n`;
const TIMES = '   age 00:00:01, expires in 00:00:29, 1:1 pkts, 29:42 bytes, anchor 28, rule 0\n';
const pinned = (id: number, gateway: string): string =>
  gateway.includes(':')
    ? `all udp 2001:db8:f::1[53] {${gateway}} <- 2001:db8:a::2[${id % 65536}]       SINGLE:MULTIPLE\n${TIMES}${idOf(id)}`
    : `all udp 203.0.113.53:5354 {${gateway}} <- 10.0.0.2:${id % 65536}       SINGLE:MULTIPLE\n${TIMES}${idOf(id)}`;
const leaving = (id: number): string =>
  `em1 udp 192.0.2.2:63230 (10.0.0.2:${id % 65536}) -> 203.0.113.53:5354       MULTIPLE:SINGLE\n${TIMES}${idOf(id)}`;
const answered = (id: number, gateway: string): string =>
  `all tcp 203.0.113.1:43083 -> 10.0.0.2:8080 {${gateway}}       FIN_WAIT_2:FIN_WAIT_2\n${TIMES}${idOf(id)}`;

const set = (maxWaiting?: number) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  let most = 0;
  let running = 0;
  let answer: (id: string) => Answer = () => exited(0, '', 'killed 1 states\n');
  commands.answer((run) => {
    const [, , , id = ''] = run.args;
    return answer(id);
  });
  const counting = {
    ...commands,
    run: async (...call: Parameters<typeof commands.run>) => {
      running += 1;
      most = Math.max(most, running);
      const result = await commands.run(...call);
      running -= 1;
      return result;
    },
  };
  const pfctl = createPfctl(counting);
  const sweep = createSweep({
    commands: counting,
    clock,
    pfctl,
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
  });
  const begin = (...gateways: Sweep['gateways']) => {
    const done: { result: SweepResult | null } = { result: null };
    void sweep({ id: 1, exempt: [], gateways }).then((result) => {
      done.result = result;
    });
    return done;
  };
  return {
    clock,
    commands,
    sweep,
    begin,
    answer: (next: typeof answer) => {
      answer = next;
    },
    killed: () => commands.runs.map(({ args }) => args.join(' ')),
    mostAtOnce: () => most,
  };
};
const end = (stream: FakeStream, code = 0) => stream.end({ kind: 'exited', code });

t.test('the states of dead gateways, and no others', async (t) => {
  const { clock, commands, begin, killed } = set();
  const done = begin(DSL, LTE, FIBRE6);
  const list = commands.latest();
  t.same([list.command, list.args], ['pfctl', ['-ss', '-vv']]);
  const text = [
    pinned(1, DSL.gateway),
    leaving(2),
    pinned(3, '192.0.2.9'),
    answered(4, DSL.gateway),
    pinned(5, LTE.gateway),
    pinned(6, FIBRE6.gateway),
    pinned(7, DSL.gateway),
    pinned(8, '192.0.2.11'),
  ].join('');
  for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) list.say(piece);
  end(list);
  await clock.settle();
  t.same(
    killed(),
    [1, 5, 6, 7].map((id) => `-k id -k ${hex(id)}/1eb2d30e`),
  );
  t.same(done.result, {
    kind: 'swept',
    killed: [
      { link: 'dsl', count: 2, again: false },
      { link: 'lte', count: 1, again: true },
      { link: 'fibre', count: 1, again: false },
    ],
    spared: [],
  });
  t.equal(clock.pending(), 0, 'no timer is left');
});

t.test('nothing to look for, nothing found, gone in the meantime', async (t) => {
  const none = set();
  const nothing = none.begin();
  await none.clock.settle();
  t.same(nothing.result, { kind: 'swept', killed: [], spared: [] });
  t.equal(none.commands.streams.length, 0);

  const { clock, commands, begin, answer } = set();
  answer(() => exited(0, '', 'killed 0 states\n'));
  const empty = begin(DSL);
  end(commands.latest());
  await clock.settle();
  t.same(empty.result, { kind: 'swept', killed: [{ link: 'dsl', count: 0, again: false }], spared: [] });
  const gone = begin(DSL);
  commands.latest().say(pinned(1, DSL.gateway));
  end(commands.latest());
  await clock.settle();
  t.same(gone.result, { kind: 'swept', killed: [{ link: 'dsl', count: 0, again: false }], spared: [] });
});

t.test('killed while the list goes on, four at once', async (t) => {
  const { clock, commands, begin, answer, killed, mostAtOnce } = set();
  answer(() => ({ after: 10, result: exited(0, '', 'killed 1 states\n') }));
  const done = begin(DSL);
  for (let id = 1; id <= 11; id += 1) commands.latest().say(pinned(id, DSL.gateway));
  t.equal(killed().length, 4);
  await clock.advance(10);
  t.equal(killed().length, 8);
  end(commands.latest());
  await clock.advance(10);
  t.equal(done.result, null, 'three are still under way');
  await clock.advance(10);
  t.match(done.result, { killed: [{ count: 11 }] });
  t.equal(mostAtOnce(), 4);
});

t.test('each state is killed only if that is wanted still', async (t) => {
  const { clock, commands, sweep, answer, killed } = set();
  answer(() => ({ after: 10, result: exited(0, '', 'killed 1 states\n') }));
  let isBack = false;
  const done = sweep({ id: 1, exempt: [], gateways: [DSL, LTE] }, (gateway) =>
    gateway === DSL.gateway ? !isBack : true,
  );
  for (let id = 1; id <= 6; id += 1) commands.latest().say(pinned(id, DSL.gateway));
  commands.latest().say(pinned(7, LTE.gateway));
  isBack = true;
  await clock.advance(10);
  end(commands.latest());
  await clock.advance(10);
  t.same(await done, {
    kind: 'swept',
    killed: [
      { link: 'dsl', count: 4, again: false },
      { link: 'lte', count: 1, again: true },
    ],
    spared: [DSL.gateway],
  });
  t.same(
    killed(),
    [1, 2, 3, 4, 7].map((id) => `-k id -k ${hex(id)}/1eb2d30e`),
  );
});

t.test('a list that fails: what was found is killed all the same', async (t) => {
  const denied = 'pfctl: /dev/pf: Permission denied\n';
  const cases: readonly (readonly [string, (list: FakeStream) => void, string | RegExp])[] = [
    ['exit', (list) => end(list, 1), 'pfctl -ss: exit 1'],
    [
      'words',
      (list) => {
        list.complain(denied);
        end(list, 1);
      },
      denied.trim(),
    ],
    [
      'words and exit 0',
      (list) => {
        list.complain('pfctl: DIOCGETSTATES: Cannot allocate memory\n');
        end(list);
      },
      'pfctl: DIOCGETSTATES: Cannot allocate memory',
    ],
    ['killed', (list) => list.end({ kind: 'killed', signal: 'SIGKILL' }), 'pfctl -ss: killed by SIGKILL'],
    [
      'half a line',
      (list) => {
        list.say('all udp 203.0');
        end(list);
      },
      'pfctl -ss: cut short',
    ],
    [
      'no id',
      (list) => {
        list.say(pinned(9, DSL.gateway).replace(/ {3}id.*\n/, ''));
        end(list);
      },
      'pfctl -ss: 1 states were not understood',
    ],
    [
      'endless line',
      (list) => {
        list.say(`${'x'.repeat(600)}\n`);
        end(list);
      },
      'pfctl -ss: 1 states were not understood',
    ],
  ];
  for (const [name, finish, text] of cases) {
    const { clock, commands, begin, killed } = set();
    const done = begin(DSL);
    const list = commands.latest();
    list.say(pinned(1, DSL.gateway));
    finish(list);
    await clock.settle();
    t.match(done.result, { kind: 'failed', failure: { text } }, name);
    t.same(killed(), [`-k id -k ${hex(1)}/1eb2d30e`], name);
    t.equal(commands.streams.length, 1, 'it is not begun again');
  }
  const { clock, commands, begin } = set();
  commands.failStreams({ kind: 'not-started', why: '/sbin/pfctl: gone' });
  const done = begin(DSL);
  await clock.settle();
  t.match(done.result, { failure: { text: 'pfctl -ss: not started: /sbin/pfctl: gone' } });
  t.equal(clock.pending(), 0);
});

t.test('a list that hangs is ended; one that is slow is not', async (t) => {
  const { clock, commands, begin, killed } = set();
  const done = begin(DSL);
  const list = commands.latest();
  for (let each = 0; each < 5; each += 1) {
    await clock.advance(50_000);
    list.say(pinned(each, DSL.gateway));
  }
  t.notOk(list.stopped);
  await clock.advance(59_999);
  t.notOk(list.stopped);
  await clock.advance(1);
  t.ok(list.stopped);
  t.match(done.result, { kind: 'failed', failure: { text: 'pfctl -ss: timed out' } });
  t.equal(killed().length, 5);
});

t.test('a kill that fails', async (t) => {
  const rows: readonly (readonly [Answer, string | RegExp])[] = [
    [exited(1, '', 'pfctl: DIOCKILLSTATES: no\n'), 'pfctl: DIOCKILLSTATES: no'],
    [exited(0), /^pfctl -k id -k 0000000000000002\/1eb2d30e: does not say what it killed$/],
    ['never', 'pfctl: timed out'],
  ];
  for (const [bad, text] of rows) {
    const { clock, commands, begin, answer, killed } = set();
    answer((id) => (id.startsWith(hex(2)) ? bad : exited(0, '', 'killed 1 states\n')));
    const done = begin(DSL);
    for (let id = 1; id <= 20; id += 1) commands.latest().say(pinned(id, DSL.gateway));
    end(commands.latest());
    await clock.advance(5000);
    t.match(done.result, { kind: 'failed', failure: { text } });
    t.equal(killed().length, 20, 'the others are killed all the same');
  }
  const { clock, commands, begin, answer, killed } = set();
  answer(() => exited(1, '', 'pfctl: /dev/pf: Permission denied\n'));
  const done = begin(DSL);
  for (let id = 1; id <= 1000; id += 1) commands.latest().say(pinned(id, DSL.gateway));
  end(commands.latest());
  await clock.settle();
  t.match(done.result, { kind: 'failed', failure: { text: 'pfctl: /dev/pf: Permission denied' } });
  t.ok(killed().length < 20, 'a thousand times the same is no use');
});

t.test('more states than are remembered: once more', async (t) => {
  const { clock, commands, begin, answer } = set(10);
  const alive = new Set(Array.from({ length: 30 }, (_, at) => at + 1));
  answer((id) => {
    alive.delete(Number.parseInt(id.slice(0, 16), 16));
    return { after: 1, result: exited(0, '', 'killed 1 states\n') };
  });
  const done = begin(DSL);
  for (let pass = 1; done.result === null && pass < 9; pass += 1) {
    t.equal(commands.streams.length, pass);
    const list = commands.latest();
    list.say([...alive].map((id) => pinned(id, DSL.gateway)).join(''));
    end(list);
    await clock.advance(20);
  }
  t.match(done.result, { kind: 'swept', killed: [{ count: 30 }] });
  t.equal(alive.size, 0);
  t.equal(commands.streams.length, 3, '14 at first, 4 of them at once');

  const endless = set(1);
  const never = endless.begin(DSL);
  for (let pass = 1; pass < 20 && never.result === null; pass += 1) {
    for (let id = 1; id <= 10; id += 1) endless.commands.latest().say(pinned(id, DSL.gateway));
    end(endless.commands.latest());
    await endless.clock.settle();
  }
  t.match(never.result, { failure: { text: 'pfctl -ss: still more states after 10 times' } });
});

t.test('100,000 states: only ids stay in memory', async (t) => {
  const { clock, commands, begin, answer } = set();
  answer(() => 'never');
  const done = begin(DSL);
  const list = commands.latest();
  collect();
  const before = process.memoryUsage().heapUsed;
  let bytes = 0;
  for (let id = 0; id < 100_000; ) {
    let chunk = '';
    for (; chunk.length < 65_536 && id < 100_000; id += 2) {
      chunk += pinned(id, id % 20 === 0 ? DSL.gateway : '192.0.2.9') + leaving(id + 1);
    }
    bytes += chunk.length;
    list.say(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  t.comment(`${bytes} bytes of list, heap grown by ${grown}`);
  t.ok(bytes > 15_000_000);
  t.ok(grown < 4_000_000, 'nothing of the list but 5,000 ids');
  answer(() => exited(0, '', 'killed 1 states\n'));
  end(list);
  // The four that hang are timed out, the other 4,996 go.
  await clock.advance(5000);
  for (let turn = 0; done.result === null && turn < 5000; turn += 1) await clock.settle();
  t.match(done.result, { kind: 'failed', failure: { text: 'pfctl: timed out' } });
  t.equal(commands.runs.length, 5000);
});

t.test('through real children, with half of a list', async (t) => {
  const directory = programs(t, {
    pfctl: `d=\${0%/*}
      case "$*" in
      "-ss -vv") cat "$d/list"; exit $(cat "$d/code");;
      "-k id -k "*) shift 3; echo "$1" >> "$d/killed"; echo "killed 1 states" >&2;;
      *) exit 9;;
      esac`,
  });
  const { readFileSync, writeFileSync } = await import('node:fs');
  const firewall = createFirewall({ commands: createCommands({ directory }), clock: createVirtualClock() });
  const many = Array.from({ length: 3000 }, (_, id) =>
    id % 300 === 0 ? pinned(id, DSL.gateway) : leaving(id),
  );
  writeFileSync(`${directory}/list`, many.join(''));
  writeFileSync(`${directory}/code`, '0\n');
  t.same(await firewall.sweep({ id: 1, exempt: [], gateways: [DSL] }), {
    kind: 'swept',
    killed: [{ link: 'dsl', count: 10, again: false }],
    spared: [],
  });
  t.equal(readFileSync(`${directory}/killed`, 'utf8').trim().split('\n').length, 10);
  writeFileSync(`${directory}/list`, many.join('').slice(0, 1000));
  t.match(await firewall.sweep({ id: 2, exempt: [], gateways: [DSL] }), {
    failure: { text: 'pfctl -ss: cut short' },
  });
  writeFileSync(`${directory}/code`, '1\n');
  t.match(await firewall.sweep({ id: 3, exempt: [], gateways: [DSL] }), {
    failure: { text: 'pfctl -ss: exit 1' },
  });
});
