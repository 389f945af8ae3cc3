// Pools: sticky source nodes, source-hash, counters of least-states, as OPENBSD.md 3c and sys/net/pf_lb.c have them.
import { createHash } from 'node:crypto';
import t from 'tap';
import { readTranscript } from '../text/transcript.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const A = '192.0.2.1';
const B = '198.51.100.1';
const MAIN = `set skip on lo
match in on vio1 inet from vio1:network to !10.0.0.0/8 tag uplink_default
pass
anchor "uplinkd"
`;
const OUT = ['vio2', 'vio3']
  .map(
    (nic) => `pass out quick on ${nic} inet tagged uplink_default nat-to (${nic}:0) keep state (if-bound)\n`,
  )
  .join('');
const pool = (type: string, entries = `${A}, ${B}`): string =>
  `table <gw> persist { ${entries} }\npass in quick inet tagged uplink_default route-to <gw> ${type}\n${OUT}`;
const machine = (anchor: string): Machine => {
  const made = createMachine();
  made.load('', MAIN);
  made.load('uplinkd', anchor);
  return made;
};
const connect = (made: Machine, client: string): string => {
  const outcome = made.router.lan.open({ client, protocol: 'udp', to: '203.0.113.53' }).send();
  return outcome.kind === 'delivered' ? (outcome.uplink ?? '?') : outcome.kind;
};
const client = (i: number): string => `10.0.0.${2 + i}`;
const clients = Array.from({ length: 40 }, (_, i) => client(i));
const spread = (made: Machine): Record<string, string> =>
  Object.fromEntries(clients.map((one) => [one, connect(made, one)]));

t.test('sticky-address: a source keeps its gateway, by every pool type', async (test) => {
  for (const type of ['round-robin', 'least-states', 'random']) {
    const made = machine(pool(`${type} sticky-address`));
    const first = spread(made);
    test.equal(new Set(Object.values(first)).size, 2, `${type}: both are used`);
    test.same(spread(made), first, `${type}: the same again`);
    test.same(spread(made), first);
  }
});

t.test('pfctl -sS and -K: the words', async (test) => {
  const made = machine(pool('round-robin sticky-address'));
  const empty = readTranscript('pfctl-S-nodes.txt');
  test.equal(made.run('pfctl -sS').stdout, empty.stdout);
  const none = readTranscript('pfctl-K.txt');
  test.equal(made.run('pfctl -K 10.0.0.2').stderr, none.stderr);
  test.match(made.run('pfctl -a uplinkd -sr').stdout, /^pass .* route-to <gw> round-robin sticky-address$/m);
  for (let i = 0; i < 16; i++) connect(made, '10.0.0.2');
  const tcp = made.router.lan.open({ client: '10.0.0.3', protocol: 'tcp', to: '203.0.113.80' });
  tcp.send();
  test.equal(
    made.run('pfctl -s Sources').stdout,
    `10.0.0.2 route-to ${A} ( states 16, connections 0, rate 0.0/0s )\n10.0.0.3 route-to ${B} ( states 1, connections 1, rate 0.0/0s )\n`,
  );
  // each new connection looks for a node, each new node once more
  const tracking =
    /^Source Tracking Table\n {2}current entries +2 +\n {2}searches +19 .*\n {2}inserts +2 .*\n {2}removals +0 /m;
  made.clock.advance(1000);
  test.match(made.run('pfctl -vsi').stdout, tracking);
  test.match(
    made.run('pfctl -vsS').stdout,
    /^10\.0\.0\.2 .*\n {3}age 00:00:01, 32 pkts, 2432 bytes, rule 0\n10/,
  );
  test.equal(
    made.run(`pfctl -K 10.0.0.0/24 -K ${B}`).stderr,
    'killed 1 src nodes from 1 sources and 1 destinations\n',
  );
  test.equal(made.run('pfctl -K 10.0.0.2').stderr, 'killed 1 src nodes from 1 sources and 0 destinations\n');
  test.equal(made.run('pfctl -sS').stdout, '');
  test.equal(made.router.firewall.states.all.size, 34, 'their pf states stay');
  connect(made, '10.0.0.2');
  test.equal(made.run('pfctl -F Sources').stderr, 'source tracking entries cleared\n');
  test.equal(made.run('pfctl -sS').stdout, '');
});

t.test('pfctl -vss: what a pf state is besides (sbin/pfctl/pf_print_state.c, print_state)', async (test) => {
  const made = machine(
    `table <gw> persist { ${A} }\npass in quick inet tagged uplink_default route-to <gw> round-robin sticky-address keep state (sloppy, pflow)\n${OUT}`,
  );
  connect(made, '10.0.0.2');
  const ends = (): readonly string[] =>
    [...made.run('pfctl -vss').stdout.matchAll(/, rule \d+(.*)$/gm)].map(([, end = '']) => end);
  test.same(ends(), [', sloppy, pflow, source-track', '']);
  made.run('pfctl -K 10.0.0.2');
  test.same(ends(), [', sloppy, pflow', ''], 'no source node any more');
});

t.test('a gateway that leaves the table: the next new connection chooses again, and stays', async (test) => {
  const made = machine(pool('round-robin sticky-address'));
  const first = spread(made);
  const old = made.router.lan.open({ client: client(0), protocol: 'udp', to: '203.0.113.9' });
  test.match(old.send(), { uplink: 'a' }, 'the first source is on the first gateway');
  test.equal(
    made.run('pfctl -a uplinkd -t gw -T replace -f -', `${B}\n`).stderr,
    '1 addresses deleted.\n',
    'a change of members is no rule load',
  );
  test.ok(Object.values(spread(made)).every((uplink) => uplink === 'b'));
  test.match(old.send(), { uplink: 'a' }, 'a pf state keeps what it has');
  made.run('pfctl -a uplinkd -t gw -T replace -f -', `${A}\n${B}\n`);
  const after = spread(made);
  test.ok(
    Object.values(after).every((uplink) => uplink === 'b'),
    'adding it back moves nobody back',
  );
  test.notSame(after, first);
});

t.test('every load of the rule set forgets, also one of the same text; the old nodes fade', async (test) => {
  const rules = pool('random sticky-address');
  const made = machine(rules);
  const first = spread(made);
  made.load('uplinkd', rules);
  test.match(
    made.run('pfctl -vsS').stdout,
    /^10\.0\.0\.2 .*\n {3}age 00:00:00, 2 pkts, 152 bytes\n/,
    'no rule',
  );
  test.notSame(spread(made), first, 'chosen anew');
  test.equal(made.run('pfctl -sS').stdout.split('\n').length, 81, 'the old rule’s nodes and the new one’s');
  made.clock.advance(75_000);
  test.equal(made.run('pfctl -sS').stdout, '', 'gone with the last pf state');
});

t.test('a node without a pf state lives until pf looks for such, every 10 s', async (test) => {
  const made = machine(pool('random sticky-address'));
  made.clock.advance(10_001);
  const first = spread(made);
  made.run('pfctl -F states');
  test.match(
    made.run('pfctl -vsS').stdout,
    /^10\.0\.0\.2 .* states 0, .*\n {3}age 00:00:00, expires in 00:00:00, /,
  );
  test.same(spread(made), first, 'still known');
  made.run('pfctl -F states');
  made.clock.advance(10_000);
  test.equal(made.run('pfctl -sS').stdout, '');
  test.notSame(spread(made), first);
});

t.test('a load of the parent leaves a child anchor alone, its nodes included', async (test) => {
  const parent = `anchor "default" in inet tagged uplink_default\n${OUT}`;
  const made = machine(parent);
  made.load(
    'uplinkd/default',
    'table <gw> persist\npass in quick inet route-to <gw> random sticky-address\n',
  );
  made.run('pfctl -a uplinkd/default -t gw -T replace -f -', `${A}\n${B}\n`);
  const first = spread(made);
  made.load('uplinkd', `${parent}# another text\n`);
  made.load('', MAIN);
  test.same(spread(made), first);
  made.run('pfctl -a uplinkd/default -t gw -T replace -f -', `${A}\n${B}\n`);
  test.same(spread(made), first, 'an equal replace forgets nothing');
});

t.test('there is room for as many source nodes as the limit says; then packets are dropped', async (test) => {
  const made = createMachine();
  made.load('', `set limit src-nodes 3\n${MAIN}`);
  made.load('uplinkd', pool('least-states sticky-address'));
  test.same(
    clients.slice(0, 5).map((one) => connect(made, one)),
    ['a', 'b', 'a', 'silence', 'silence'],
  );
  test.match(made.run('pfctl -si').stdout, /no-route +2 /);
  test.match(made.run('pfctl -a uplinkd -t gw -T show -v').stdout, /States: +2\n[\s\S]*States: +1\n/);
});

t.test('source-hash: the key decides, weights do not', async (test) => {
  const key = '0x0123456789abcdef0123456789abcdef';
  const rules = pool(`source-hash ${key}`, `${A} weight 9, ${B} weight 1`);
  const first = spread(machine(rules));
  const made = machine(rules);
  test.same(spread(made), first, 'equal key, equal choice, whatever the seed');
  const counts = Object.values(first).filter((uplink) => uplink === 'a').length;
  test.ok(counts > 10 && counts < 30, `${counts} of 40, weights ignored`);
  made.load('uplinkd', rules);
  test.same(spread(made), first, 'a reload moves nobody');
  made.run('pfctl -F states');
  made.load('uplinkd', pool('source-hash 0x0123456789abcdef0123456789abcdee'));
  test.notSame(spread(made), first, 'one bit of the key');
  const shown = (type: string): string =>
    /source-hash (.*)$/m.exec(machine(pool(type)).run('pfctl -a uplinkd -sr').stdout)?.[1] ?? '';
  test.equal(shown(`source-hash ${key.toUpperCase().replace('0X', '0x')}`), key);
  test.equal(shown('source-hash uplinkd'), `0x${createHash('md5').update('uplinkd').digest('hex')}`);
  test.match(shown('source-hash'), /^0x[0-9a-f]{32}$/);
  test.equal(shown('source-hash "uplinkd" sticky-address').length, 34 + ' sticky-address'.length);
  const random = createMachine();
  random.load('x', pool('source-hash'));
  const before = random.run('pfctl -a x -sr').stdout;
  random.load('x', pool('source-hash'));
  test.not(random.run('pfctl -a x -sr').stdout, before, 'without a key another one at every load');
});

t.test('a table with both families: random and source-hash lean towards the first entry', async (test) => {
  const mixed = machine(pool('random', `${A}, ${B}, 2001:db8:a::1, 2001:db8:b::1`));
  let onA = 0;
  for (let i = 0; i < 400; i++) if (connect(mixed, client(i % 40)) === 'a') onA++;
  test.ok(onA > 260 && onA < 340, `${onA} of 400: three of four indices`);
});

t.test(
  'least-states: counters by table, deleted and added again at 0; idle entries take turns',
  async (test) => {
    const made = machine(pool('least-states', `${A} weight 2, ${B} weight 1`));
    const show = (): string[] =>
      made
        .run('pfctl -a uplinkd -t gw -T show -v')
        .stdout.split('\n')
        .filter((line) => /States|Weight/.test(line))
        .map((line) => line.replace(/\s+/g, ' ').trim());
    for (let i = 0; i < 6; i++) connect(made, '10.0.0.2');
    test.same(show(), ['Active States: 4', 'Weight: 2', 'Active States: 2', 'Weight: 1']);
    made.load('uplinkd', pool('least-states', `${A} weight 2, ${B} weight 1`));
    test.same(
      show(),
      ['Active States: 4', 'Weight: 2', 'Active States: 2', 'Weight: 1'],
      'a reload keeps them',
    );
    test.equal(
      made.run('pfctl -a uplinkd -t gw -T replace -f -', `${A} weight 7\n${B}\n`).stderr,
      'no changes.\n',
    );
    made.run('pfctl -a uplinkd -t gw -T delete 192.0.2.1');
    test.equal(
      made.run('pfctl -a uplinkd -t gw -T add -f -', `${A} weight 7\n`).stderr,
      '1/1 addresses added.\n',
    );
    test.same(show(), ['Weight: 7', 'Active States: 2', 'Weight: 1']);
    for (let i = 0; i < 10; i++) connect(made, '10.0.0.2');
    test.same(
      show(),
      ['Active States: 10', 'Weight: 7', 'Active States: 2', 'Weight: 1'],
      'the old ones do not count',
    );
    made.run('pfctl -F states');
    test.same(show(), ['Weight: 7', 'Weight: 1']);
    const turns = machine(pool('least-states'));
    const seen = Array.from({ length: 4 }, () => {
      const uplink = connect(turns, '10.0.0.2');
      turns.run('pfctl -F states');
      return uplink;
    });
    test.same(seen, ['a', 'b', 'a', 'b']);
    const others = machine(pool('round-robin'));
    connect(others, '10.0.0.2');
    test.notMatch(
      others.run('pfctl -a uplinkd -t gw -T show -vv').stdout,
      /Active|In\/Pass/,
      'others count nothing',
    );
  },
);
