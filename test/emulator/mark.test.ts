// What pf writes on packets: set prio, set tos, and the queue in which they leave (OPENBSD.md 1, sys/net/pf.c pf_test, pfctl.c for queues).
import t from 'tap';
import type { Packet } from '../../src/emulator/packet.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const A = '192.0.2.1';
const B = '198.51.100.1';
const QUEUES = `queue root on vio2 bandwidth 100M
queue voip parent root bandwidth 10M
queue std parent root bandwidth 90M default
queue root on vio3 bandwidth 20M
queue voip on vio3 parent root bandwidth 5M
queue std on vio3 parent root bandwidth 15M default
`;
const TAG = 'match in on vio1 inet from vio1:network to !10.0.0.0/8 tag uplink_default\n';
const OUT = ['vio2', 'vio3']
  .map(
    (nic) => `pass out quick on ${nic} inet tagged uplink_default nat-to (${nic}:0) keep state (if-bound)\n`,
  )
  .join('');
const machine = (anchor: string, main = `set skip on lo\n${TAG}pass\nanchor "uplinkd"\n`): Machine => {
  const made = createMachine();
  made.load('', main);
  made.load('uplinkd', anchor + OUT);
  return made;
};
const leave = (made: Machine, protocol: 'udp' | 'tcp' = 'udp'): Packet => {
  const outcome = made.router.lan.open({ client: '10.0.0.2', protocol, to: '203.0.113.53' }).send();
  if (outcome.kind !== 'delivered') throw new Error(JSON.stringify(outcome));
  return outcome.packet;
};

t.test('prio and tos: set by the rule that lets in, kept for every packet of the flow', async (test) => {
  test.match(leave(machine(`pass in quick inet tagged uplink_default route-to ${A}\n`)), { prio: 3, tos: 0 });
  const rule = `pass in quick inet tagged uplink_default set (prio (2, 6), tos 0xb8) route-to ${A}\n`;
  const made = machine(rule);
  test.equal(
    made.run('pfctl -a uplinkd -sr').stdout.split('\n')[0],
    `pass in quick inet all flags S/SA set (prio(2, 6), tos 0xb8) tagged uplink_default route-to ${A}`,
  );
  test.match(leave(made), { prio: 2, tos: 0xb8 });
  test.match(leave(made, 'tcp'), { prio: 2, tos: 0xb8 }, 'with payload');
  const flow = made.router.lan.open({
    client: '10.0.0.2',
    protocol: 'udp',
    to: '203.0.113.9',
    sourcePort: 4500,
  });
  flow.send();
  made.load('uplinkd', `pass in quick inet tagged uplink_default set prio 7 route-to ${A}\n${OUT}`);
  test.match(flow.send(), { packet: { prio: 2, tos: 0xb8 } }, 'a pf state keeps what its rule said');
  test.match(leave(made), { prio: 7, tos: 0 });
  const ack: Packet = {
    family: 'inet',
    protocol: 'tcp',
    source: '10.0.0.2',
    sourcePort: 5555,
    destination: '203.0.113.80',
    destinationPort: 443,
    flags: { syn: true },
    icmpType: null,
    bytes: 60,
    tag: null,
    rtable: 0,
  };
  const again = machine(rule);
  test.match(again.router.forward(ack, 'vio1'), { packet: { prio: 2 } });
  test.match(
    again.router.forward({ ...ack, flags: { ack: true }, bytes: 52 }, 'vio1'),
    { packet: { prio: 6 } },
    'an ACK without payload takes the second',
  );
  test.match(
    again.router.forward({ ...ack, tos: 0x10, sourcePort: 1 }, 'vio1'),
    { packet: { prio: 6 } },
    'low delay',
  );
});

t.test('tos 0 takes every packet (sys/net/pf.c, pf_match_rule)', async (test) => {
  for (const [rule, seen] of [
    ['tos 0', 2],
    ['tos cs0', 2],
    ['tos 0x20', 2],
    ['tos 0x40', 0],
  ] as const) {
    const made = machine(
      '',
      `set skip on lo\npass in set tos 0x20\npass out nat-to 192.0.2.2\nmatch out on vio2 ${rule} label seen\n`,
    );
    made.run('route add default 192.0.2.1');
    leave(made);
    test.match(made.run('pfctl -sl').stdout, new RegExp(`^seen \\d+ ${seen} `), rule);
  }
});

t.test('match rules add up; a later one wins; rules match by prio and tos', async (test) => {
  const main = `set skip on lo\n${TAG}match in set prio 1\nmatch in set (prio 5)\nmatch in set tos 0x20\npass\nmatch out on vio2 prio 5 tos 0x20 label seen\nanchor "uplinkd"\n`;
  const counted = machine(`pass in quick inet tagged uplink_default route-to ${A}\n`, main);
  test.match(leave(counted), {
    prio: 5,
    tos: 0x20,
  });
  test.match(counted.run('pfctl -sl').stdout, /^seen \d+ 2 /);
  const other = machine(`pass in quick inet tagged uplink_default set prio 6 route-to ${A}\n`, main);
  test.match(leave(other), { prio: 6, tos: 0x20 });
  const strict = createMachine();
  strict.load(
    '',
    'set skip on lo\nblock\npass in on vio1 set prio 4\npass out on vio2 prio 4\nanchor "uplinkd"\n',
  );
  strict.run(`route -n add default ${A}`);
  test.match(strict.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '203.0.113.9' }).send(), {
    why: 'foreign-source',
  });
  strict.load('', 'set skip on lo\nblock\npass in on vio1\npass out on vio2 prio 4\n');
  test.match(strict.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '203.0.113.9' }).send(), {
    kind: 'silence',
    why: 'blocked',
  });
});

t.test('a flow finds its queue on whichever link it is sent to', async (test) => {
  const main = `set skip on lo\n${QUEUES}${TAG}match out tagged uplink_default set queue voip\npass\nanchor "uplinkd"\n`;
  const made = machine(
    `pass in quick inet tagged uplink_default probability 50% route-to ${A}\npass in quick inet tagged uplink_default route-to ${B}\n`,
    main,
  );
  const { queues } = made.router;
  test.same(queues.on('vio2'), ['root', 'voip', 'std']);
  test.same(queues.on('vio1'), []);
  for (let i = 0; i < 50; i++) test.equal(leave(made).queue, 'voip');
  const [a, b] = [queues.get('vio2', 'voip'), queues.get('vio3', 'voip')];
  test.equal(a.packets + b.packets, 50);
  test.ok(a.packets > 12 && b.packets > 12, `${a.packets} and ${b.packets}`);
  test.equal(a.bytes, a.packets * 76);
  test.equal(queues.get('vio2', 'std').packets + queues.get('vio3', 'std').packets, 0);
  made.run('ping -n -c 2 192.0.2.1');
  test.equal(queues.get('vio2', 'std').packets, 2, 'what nobody has put anywhere is in the default queue');
  test.same(queues.get('vio2', 'nosuch'), { packets: 0, bytes: 0 });
  made.run('pfctl -F rules');
  test.same(queues.on('vio2'), [], 'queues go with the main rule set');
  made.load('', main);
  const flow = made.router.lan.open({
    client: '10.0.0.2',
    protocol: 'udp',
    to: '203.0.113.9',
    sourcePort: 4500,
  });
  flow.send();
  made.load('', `set skip on lo\npass\n${TAG}anchor "uplinkd"\n`);
  test.same(
    queues.get('vio2', 'voip'),
    { packets: 0, bytes: 0 },
    'gone with the main rule set that had them',
  );
  test.match(flow.send(), { packet: { queue: null } }, 'the pf state still names it, but it is nowhere');
});

t.test('two queues in one rule: the second for what is urgent', async (test) => {
  const main = `set skip on lo\n${QUEUES}${TAG}match out tagged uplink_default set queue (std, voip)\npass\nanchor "uplinkd"\n`;
  const made = machine(`pass in quick inet tagged uplink_default route-to ${A}\n`, main);
  leave(made, 'tcp');
  const { queues } = made.router;
  test.equal(queues.get('vio2', 'std').packets, 2, 'SYN and data');
  test.equal(queues.get('vio2', 'voip').packets, 1, 'the handshake’s last ACK');
  test.match(
    made.run('pfctl -sr').stdout,
    /^match out all set \(queue\(std, voip\)\) tagged uplink_default$/m,
  );
});

t.test('what pfctl refuses of queues', async (test) => {
  const run = (text: string): unknown => {
    const { code, stdout, stderr } = createMachine().run('pfctl -f -', text);
    return [code, stdout, stderr];
  };
  const tail = 'pfctl: Syntax error in config file: pf rules not loaded\n';
  test.same(run('queue a on vio2 bandwidth 5M\n'), [1, '', 'pfctl: no default queue specified\n']);
  test.same(run('queue a on vio2 bandwidth 5M default\nqueue b parent a bandwidth 1M\n'), [
    1,
    '',
    'pfctl: default queue a is not a leaf queue\n',
  ]);
  test.same(run('queue a on vio2 bandwidth 5M default\nqueue b parent c bandwidth 1M\n'), [
    1,
    '',
    'pfctl: queue b: parent c not found\n',
  ]);
  test.same(run('queue a on vio2 bandwidth 5M default\nqueue b on vio2 bandwidth 1M default\n'), [
    1,
    'A root queue is already defined on vio2\n',
    `stdin:2: cannot add queue\n${tail}`,
  ]);
  test.same(run('match out set queue late\nqueue late on vio2 bandwidth 5M default\n'), [
    1,
    '',
    `stdin:1: queue late is not defined\n${tail}`,
  ]);
});

t.test('pfctl -s queue: as pfctl writes them, on each interface what hangs there', async (test) => {
  const made = createMachine();
  const rules = `queue root on { vio2 vio3 } bandwidth 100000K, max 100M
queue std parent root bandwidth 90Mb burst 95M for 100ms default qlimit 500
queue voip parent root bandwidth 1500K, max 20M, min 1M
queue voip on vio3 parent root bandwidth 5.5M
queue fq on vio1 flows 1024 quantum 300 qlimit 40 default
match out set queue (std, voip)
pass
`;
  const vio2 = `queue root on vio2 bandwidth 100M, max 100M
queue std parent root bandwidth 90M burst 95M for 100ms default qlimit 500
queue voip parent root bandwidth 1500K, min 1M, max 20M
`;
  const all = `${vio2}queue root on vio3 bandwidth 100M, max 100M
queue std parent root bandwidth 90M burst 95M for 100ms default qlimit 500
queue voip parent root bandwidth 5500K
queue fq on vio1 flows 1024 quantum 300 default qlimit 40
`;
  const checked = made.run('pfctl -nvf -', rules);
  test.equal(checked.stdout.replace(/^(?:match|pass).*\n/gm, ''), all, 'in front of the rules');
  made.load('', rules);
  test.equal(made.run('pfctl -s queue').stdout, all);
  test.equal(made.run('pfctl -s queue -i vio2').stdout, vio2);
  made.run('ping -n -c 2 192.0.2.1');
  test.equal(
    made.run('pfctl -v -s queue -i vio2').stdout,
    vio2
      .split('\n')
      .slice(0, 3)
      .map((line, at) => {
        const sent = at === 1 ? '         2  bytes:        168' : '         0  bytes:          0';
        const length = at === 1 ? 500 : ' 50';
        return `${line}\n  [ pkts: ${sent}  dropped pkts:      0 bytes:      0 ]\n  [ qlength:   0/${length} ]\n`;
      })
      .join(''),
  );
  test.match(made.run('pfctl -vvs queue'), { code: 1, stderr: /-s queue -vv not known/ });
});

t.test('queues that pfctl refuses, in its words', async (test) => {
  const root = 'queue root on vio2 bandwidth 1M\n';
  for (const [rules, complaint] of [
    ['queue a on vio2 bandwidth 10%\n', 'stdin:1: no bandwidth in % yet'],
    ['queue a on vio2 bandwidth 10X\n', 'stdin:1: unknown unit "X"'],
    ['queue a on vio2 bandwidth 1M burst 2M for 1s\n', 'stdin:1: time in scspec must be in ms'],
    ['queue a on vio2 bandwidth 1M bandwidth 2M\n', 'stdin:1: bandwidth cannot be respecified'],
    ['queue a on vio2 bandwidth 1M default default\n', 'stdin:1: default cannot be respecified'],
    ['queue a on vio2 bandwidth 1M qlimit 65536\n', 'stdin:1: qlimit out of range: max 65535'],
    ['queue a on vio2 flows 0\n', 'stdin:1: number of flows out of range: max 32767'],
    ['queue a on vio2 flows 1 quantum 65536\n', 'stdin:1: quantum out of range: max 65535'],
    ['queue a on vio2 default\n', 'stdin:1: no bandwidth or flow specification'],
    ['queue a on vio2\n', 'stdin:1: syntax error'],
    ['queue a bandwidth 1M\n', 'stdin:1: root queue without interface'],
    ['queue a on nosuch0 bandwidth 1M default\n', 'stdin:1: not an interface'],
    [`queue ${'a'.repeat(64)} on vio2 bandwidth 1M\n`, 'stdin:1: queuename too long'],
    [root, 'pfctl: no default queue specified'],
    [`${root}queue a parent root bandwidth 0 default\n`, 'pfctl: queue a: no bandwidth was specified'],
    [
      `${root}queue a parent root bandwidth 1M default\nqueue a parent root bandwidth 1M\n`,
      'pfctl: queue a respecified',
    ],
    [
      `${root}queue a parent root bandwidth 1M default\nqueue b parent a bandwidth 1M\n`,
      'pfctl: default queue a is not a leaf queue',
    ],
    [
      `${root}queue a parent root flows 3 bandwidth 1M\nqueue b parent a bandwidth 1M default\n`,
      'pfctl: flow queue a is not a leaf queue',
    ],
    [
      `${root}queue a parent root bandwidth 1M default\nqueue b parent nosuch bandwidth 1M\n`,
      'pfctl: queue b: parent nosuch not found',
    ],
  ] as const) {
    const { code, stderr } = createMachine().run('pfctl -nf -', rules);
    test.same([code, stderr], [1, `${complaint}\n`], rules);
  }
  // a rule can only name a queue with a parent; here one of the same name has none, and others under it
  const inner = `${root}queue a parent root bandwidth 1M default\nqueue other on vio3 bandwidth 1M\nqueue root parent other bandwidth 1M\nmatch out set queue root\n`;
  test.match(createMachine().run('pfctl -f -', inner), {
    code: 1,
    stdout: 'queue root: packets must be assigned to leaf queues only\n',
    stderr: 'pfctl: Unable to load queues into kernel\n',
  });
});
