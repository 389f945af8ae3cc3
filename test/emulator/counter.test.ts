// What pf counts, and where pfctl shows it: by table and address, by label, by limit (sys/net/pf.c pf_counters_inc, pf_table.c pfr_update_stats).
import t from 'tap';
import type { TcpFlags } from '../../src/emulator/packet.ts';
import { answerTo } from '../../src/emulator/packet.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const loaded = (rules: string): Machine => {
  const made = createMachine({ defaultRoute: '192.0.2.1' });
  made.load('', `set skip on lo\n${rules}`);
  return made;
};

/** One UDP packet of a LAN client; with `answer`, its answer in so many bytes as well. */
const send = (made: Machine, source: string, answer: number | null = null, to = '203.0.113.9'): void => {
  const flags: TcpFlags = {};
  const there = made.router.forward(
    {
      family: 'inet',
      protocol: 'udp',
      source,
      sourcePort: 5000,
      destination: to,
      destinationPort: 53,
      flags,
      icmpType: null,
      bytes: 100,
      tag: null,
      rtable: 0,
    },
    'vio1',
  );
  if (there.kind === 'sent' && answer !== null)
    made.router.forward(answerTo(there.packet, {}, answer), there.nic.name);
};

/** Of `-vvsT` or `-T show -v`: what is not zero. */
const counted = (text: string): readonly string[] =>
  [...text.matchAll(/^(?: {3}(\S+)|\t(\S+): +\[ Packets: ([1-9]\d*) +Bytes: (\d+) +\])$/gm)].map(
    ([, address, what, packets, bytes]) => address ?? `${what} ${packets} ${bytes}`,
  );

t.test('a table counts the packets of rules that name it, by what these did', async (test) => {
  const made = loaded(
    'table <c> { 10.0.0.2 !10.0.0.3 }\npass out\nblock in on vio1\npass in on vio1 from <c>\nmatch in from <c>\n',
  );
  send(made, '10.0.0.2', 70);
  send(made, '10.0.0.3');
  test.same(counted(made.run('pfctl -vvsT').stdout), [
    'In/Match 1 100',
    'In/Pass 1 100',
    'Out/Match 1 70',
    'Out/Pass 1 70',
  ]);
  test.same(
    counted(made.run('pfctl -t c -vT show').stdout),
    ['10.0.0.2'],
    'no entry does without `counters`',
  );
  made.run('pfctl -t c -T zero');
  test.same(counted(made.run('pfctl -vvsT').stdout), []);
});

t.test('blocked, negated, and not borne out any more: XPass', async (test) => {
  const made = loaded(
    'table <c> persist counters { 10.0.0.0/24 10.0.0.2 }\npass\nblock in from !<c>\nblock in from <c> to 203.0.113.7\nmatch out to <c>\nmatch in from <c>\n',
  );
  send(made, '10.0.0.2', null, '203.0.113.7');
  send(made, '10.0.0.3', 70);
  send(made, '10.0.7.7');
  test.same(counted(made.run('pfctl -vvsT').stdout), ['In/Block 2 200', 'In/Match 1 100', 'Out/Match 1 70']);
  test.same(counted(made.run('pfctl -t c -T show -v').stdout), [
    '10.0.0.0/24',
    'In/Match 1 100',
    'Out/Match 1 70',
    '10.0.0.2',
    'In/Block 1 100',
  ]);
  made.run('pfctl -t c -T delete 10.0.0.0/24');
  send(made, '10.0.0.3', 70);
  test.same(
    counted(made.run('pfctl -vvsT').stdout).filter((line) => line.includes('XPass')),
    ['In/XPass 1 100', 'Out/XPass 1 70'],
  );
});

t.test('what NAT has made of the source is what the table is asked about', async (test) => {
  const made = loaded('table <c> { 10.0.0.2 }\npass\nmatch out on vio2 from <c> nat-to (vio2)\n');
  send(made, '10.0.0.2', 70);
  test.same(counted(made.run('pfctl -vvsT').stdout), ['In/XPass 1 70', 'Out/XPass 1 100']);
});

t.test('a rule in an anchor counts for the table that it means', async (test) => {
  const made = loaded('table <c> persist { 10.0.0.2 }\npass\nanchor a\nanchor b\n');
  made.load('a', 'pass in from <c>\n');
  made.load('b', 'table <c> persist counters { 10.0.0.2 }\n');
  send(made, '10.0.0.2');
  test.same(counted(made.run('pfctl -vvsT').stdout), ['In/Pass 1 100']);
  test.same(counted(made.run('pfctl -a b -vvsT').stdout), []);
});

t.test('a match rule counts by the direction of the pf state, others by that of the packet', async (test) => {
  const made = loaded('pass\nmatch out on vio2 label m\npass out on vio2 label p\n');
  send(made, '10.0.0.2', 70);
  send(made, '10.0.0.2', 70);
  test.equal(
    made.run('pfctl -sl').stdout,
    'm 2 4 340 2 200 2 140 0\np 1 4 340 2 140 2 200 1\n',
    'evaluations, packets and bytes, in, out, pf states made',
  );
});

t.test(
  'pfctl -vsi: limits, and what ended or was refused (sys/net/pf.c, pf_test_rule, pf_create_state)',
  async (test) => {
    const shown = (made: Machine, name: string): string | undefined =>
      new RegExp(`^  ${name} +(\\d+)`, 'm').exec(made.run('pfctl -vsi').stdout)?.[1];
    const own = loaded('pass\npass in on vio1 keep state (max 1)\n');
    for (const source of ['10.0.0.2', '10.0.0.3', '10.0.0.4']) send(own, source);
    const names = ['max states per rule', 'state-limit', 'memory', 'inserts', 'removals'];
    test.same(
      names.map((name) => shown(own, name)),
      ['2', '2', '0', '2', '0'],
    );
    own.run('pfctl -F info');
    test.same(
      names.map((name) => shown(own, name)),
      ['2', '0', '0', '0', '0'],
      'what rules have hit stays',
    );
    own.clock.advance(61_000);
    test.equal(shown(own, 'removals'), '2', 'those that timed out are among them');
    const all = loaded('set limit states 1\npass\n');
    for (const source of ['10.0.0.2', '10.0.0.3']) send(all, source);
    test.same(
      names.map((name) => shown(all, name)),
      ['0', '0', '2', '1', '0'],
      'the limit of all is want of memory',
    );
  },
);

t.test(
  'a table of the main rule set that anchors hold on to (sys/net/pf_table.c, pfr_attach_table)',
  async (test) => {
    const made = loaded(
      'table <t> persist { 10.0.0.2 }\ntable <u> persist\npass from <t>\nanchor a\nanchor b\n',
    );
    made.load('a', 'pass from <t>\npass to <t>\n');
    made.load('b', 'table <t> persist { 10.0.0.3 }\n');
    test.equal(made.run('pfctl -vsT').stdout, '-pa-rh-\tt\n-pa----\tu\n');
    test.match(made.run('pfctl -vvsT').stdout, /References: {2}\[ Anchors: 2 +Rules: 1 +\]/);
    test.equal(made.run('pfctl -a b -vsT').stdout, '-pa----\tt@b\n');
    send(made, '10.0.0.2');
    // in and out: of the main rule set's own rule, not of those in the anchor
    test.match(made.run('pfctl -vvsT').stdout, /Evaluations: \[ NoMatch: 0 +Match: 2 +\]/);
    made.load('', 'table <c> { 10.0.0.2 }\nanchor "x" {\npass from <c>\n}\n');
    test.match(made.run('pfctl -vsT').stdout, /^--a--h-\tc\n/, 'also without persist');
  },
);
