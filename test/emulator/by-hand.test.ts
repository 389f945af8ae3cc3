// Recordings of what people do by hand: signals to ping, kills by every kind of key, counters, aliases, netstat. Byte for byte.
import t from 'tap';
import type { Packet } from '../../src/emulator/packet.ts';
import { answerTo } from '../../src/emulator/packet.ts';
import { readTranscript } from '../text/transcript.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';
import { blocksOf, compare, maskRoutes, replay, watch } from './replay.ts';

const MAIN = `set skip on lo
table <gws> persist { 192.0.2.1 198.51.100.1 }
match out on vio2 inet from 10.0.0.0/24 to any nat-to (vio2)
match out on vio3 inet from 10.0.0.0/24 to any nat-to (vio3)
pass
anchor "uplinkd/*"
`;
const LAN = `table <g> persist { 192.0.2.1 weight 2, 198.51.100.1 }
pass in quick on vio1 inet from 10.0.0.0/24 to ! 10.0.0.0/24 tag LANOUT route-to <g> least-states label "lan0 0"
`;

const loaded = (lan = LAN): Machine => {
  const machine = createMachine({ defaultRoute: '192.0.2.1' });
  machine.load('', MAIN);
  machine.load('uplinkd/lan', lan);
  return machine;
};

interface Conversation {
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly to: string;
  readonly port: number;
  readonly sourcePort: number;
  /** Packets from the client, with what each is answered by; the sizes are those on the wire. */
  readonly exchanges: readonly {
    readonly bytes: number;
    readonly flags?: Packet['flags'];
    readonly answer: { readonly bytes: number; readonly flags?: Packet['flags'] } | null;
  }[];
}

/** Packets of 10.0.0.2 by the router and back, one by one. */
const converse = (machine: Machine, { protocol, to, port, sourcePort, exchanges }: Conversation): void => {
  for (const { bytes, flags = {}, answer } of exchanges) {
    const there = machine.router.forward(
      {
        family: 'inet',
        protocol,
        source: '10.0.0.2',
        sourcePort,
        destination: to,
        destinationPort: port,
        flags,
        icmpType: protocol === 'icmp' ? 8 : null,
        bytes,
        tag: null,
        rtable: 0,
      },
      'vio1',
    );
    if (there.kind === 'sent' && answer !== null)
      machine.router.forward(answerTo(there.packet, answer.flags ?? {}, answer.bytes), there.nic.name);
  }
};

const SYN = { bytes: 60, flags: { syn: true }, answer: { bytes: 60, flags: { syn: true, ack: true } } };
const ACK = { bytes: 52, flags: { ack: true }, answer: null };
const tcp = (to: string, sourcePort: number): Conversation => ({
  protocol: 'tcp',
  to,
  port: 5000,
  sourcePort,
  exchanges: [SYN, ACK],
});
const ECHO = { bytes: 84, answer: { bytes: 84 } };

/** What the LAN did while pfctl-ss, -vvss and -sl-anchor were recorded. The name server refused its question by ICMP, which is no packet here. */
const traffic = (machine: Machine, refusal: { readonly bytes: number } | null): void => {
  converse(machine, {
    protocol: 'icmp',
    to: '203.0.113.1',
    port: 8,
    sourcePort: 4886,
    exchanges: [ECHO, ECHO, ECHO, ECHO],
  });
  machine.clock.advance(1000);
  converse(machine, tcp('203.0.113.2', 40136));
  converse(machine, {
    protocol: 'udp',
    to: '203.0.113.53',
    port: 53,
    sourcePort: 34387,
    exchanges: [{ bytes: 30, answer: refusal }],
  });
  converse(machine, tcp('203.0.113.1', 48256));
  machine.clock.advance(1000);
};

t.test('ping: SIGINT, SIGTERM, SIGINFO', async (test) => {
  const machine = createMachine({ defaultRoute: '192.0.2.1' });
  const after = (atMs: number, signal: string) => ({ atMs, signal });
  for (const [name, line, signals] of [
    ['c0', 'ping -n -c 0 192.0.2.1', [after(2500, 'SIGINT')]],
    ['endless-int', 'ping -n 192.0.2.1', [after(2500, 'SIGINT')]],
    ['endless-term', 'ping -n 192.0.2.1', [after(2500, 'SIGTERM')]],
    ['info', 'ping -n 192.0.2.1', [after(1500, 'SIGINFO'), after(2500, 'SIGINT')]],
  ] as const)
    compare(test, `ping-${name}.txt`, machine.runWithSignals(line, signals));
});

t.test('ping: what others refuse is a loss', async (test) => {
  const machine = createMachine({ defaultRoute: '192.0.2.1' });
  machine.router.setBlackhole('a', '203.0.113.200', true);
  machine.router.setBlackhole('a', '203.0.113.250', true);
  machine.router.setHostThere('10.0.0.77', false);
  for (const name of ['icmp-unreach-host', 'ttl-exceeded', 'v-unreach'])
    replay(test, machine, `ping-${name}.txt`);
  const dead = createMachine();
  dead.run('route -T 110 -n add default 192.0.2.99');
  dead.run('ping -n -c 12 -w 1 192.0.2.99');
  replay(test, dead, 'ping-V110-dead-gw.txt');
});

t.test('pfctl: pf states and labels of known traffic', async (test) => {
  const ports = (text: string): string => text.replace(/(?<=^all \w+ [\d.]+:)\d+(?= \()/gm, 'P');
  const details = (text: string): string =>
    ports(text)
      .replace(/\[\d+ \+ \d+\](?: wscale \d+)?/g, '[SEQ]')
      .replace(/id: [0-9a-f]{16} creatorid: [0-9a-f]{8}/g, 'ID')
      .replace(/age [\d:]{8}, expires in [\d:]{8}/g, 'AGE')
      .replace('1:1 pkts, 30:58 bytes', '1:0 pkts, 30:0 bytes')
      .replace('1:1 pkts, 30:58 bytes', '1:0 pkts, 30:0 bytes');
  const machine = loaded();
  traffic(machine, null);
  replay(test, machine, 'pfctl-ss.txt', ports);
  replay(test, machine, 'pfctl-vvss.txt', details);
  const counted = loaded();
  traffic(counted, { bytes: 58 });
  replay(test, counted, 'pfctl-sl-anchor.txt');
  replay(test, counted, 'pfctl-sl-root.txt');
  // also how often least-states has looked
  replay(test, counted, 'pfctl-vvsT-anchor.txt', (text) => text.replace(/Cleared: .*/, 'Cleared: T'));
});

t.test('pfctl -k: by hosts, networks, label, id, key', async (test) => {
  const flows = (number: number, to: string, lan?: string): Machine => {
    const machine = loaded(lan);
    for (let i = 0; i < number; i++) converse(machine, tcp(to, 50_000 + i));
    return machine;
  };
  replay(test, flows(3, '203.0.113.1'), 'pfctl-k-dst.txt');
  replay(test, flows(7, '203.0.113.1'), 'pfctl-k-net.txt');
  const odd = flows(4, '203.0.113.2');
  const [last] = [...odd.router.firewall.states.all.keys()].reverse();
  test.equal(odd.run(`pfctl -k id -k ${last?.toString(16)}`).stderr, 'killed 1 states\n');
  replay(test, odd, 'pfctl-k-src-dst.txt');
  replay(test, flows(4, '203.0.113.1', LAN.replace('lan0 0', 'lan-tcp')), 'pfctl-k-label.txt');

  const known = loaded();
  known.router.firewall.nextId = 0x6b0009f0000000bbn;
  for (let i = 0; i < 3; i++) converse(known, tcp('203.0.113.1', 50_000 + i));
  replay(test, known, 'pfctl-k-id.txt');
  replay(test, known, 'pfctl-k-id-again.txt');
  const id = 'pfctl -k id -k 6b0009f0000000bf/';
  test.equal(known.run(`${id}00000001`).stderr, 'killed 0 states\n', 'of another creator');
  compare(test, 'pfctl-k-id-creator.txt', known.run(id + known.router.firewall.creator));

  const keyed = loaded();
  converse(keyed, tcp('203.0.113.1', 56732));
  replay(test, keyed, 'pfctl-k-key.txt');
  replay(test, keyed, 'pfctl-k-key3.txt');
});

t.test('pfctl -s Interfaces', async (test) => {
  const machine = createMachine({ details: [{ name: 'vio2', groups: ['wan'] }], defaultRoute: '192.0.2.1' });
  machine.load('', MAIN);
  replay(test, machine, 'pfctl-sI.txt');
  // 211 packets in and 420 out, 4 of them blocked: the same sums, by fewer sizes
  const by = (
    direction: 'in' | 'out',
    family: 'inet' | 'inet6',
    number: number,
    bytes: number,
    passed = true,
  ) => {
    for (let i = 0; i < number; i++)
      machine.router.firewall.traffic.count(
        'vio2',
        direction,
        { ...ANY, family, bytes: Math.floor(bytes / number) + (i < bytes % number ? 1 : 0) },
        passed,
      );
  };
  by('in', 'inet', 211, 16_808);
  by('out', 'inet', 420, 30_484);
  by('out', 'inet', 4, 336, false);
  by('in', 'inet6', 6, 392);
  by('out', 'inet6', 2, 128);
  by('out', 'inet6', 3, 0, false);
  replay(test, machine, 'pfctl-vvsI.txt');
  test.equal(machine.run('pfctl -sI -i wan').stdout, 'vio2\nwan\n', 'the members of a group');
  test.equal(machine.run('pfctl -vsI -i lo0').stdout, 'lo0\n');
  machine.load('', 'set skip on lo0\npass\n');
  test.equal(machine.run('pfctl -vsI -i lo0').stdout, 'lo0 (skip)\n');

  const counted = createMachine();
  counted.load('', 'block in on vio1 proto udp\npass on vio2\n');
  converse(counted, {
    protocol: 'udp',
    to: '192.0.2.1',
    port: 53,
    sourcePort: 4000,
    exchanges: [{ bytes: 30, answer: null }],
  });
  test.match(counted.run('pfctl -vvsI -i vio1').stdout, /In4\/Block: +\[ Packets: 1 +Bytes: 30 /);
  counted.run('ping -n -c 2 192.0.2.1');
  const pinged = counted.run('pfctl -vvsI -i vio2').stdout;
  test.match(pinged, /States: {2}0 +Rules: 1 /);
  test.match(pinged, /In4\/Pass: +\[ Packets: 2 +Bytes: 168 [\s\S]*Out4\/Pass: +\[ Packets: 2 +Bytes: 168 /);
  counted.clock.advance(60_000);
  test.equal(counted.run('pfctl -i vio2 -F info').stderr, 'pf: statistics cleared for interface vio2\n');
  const cleared = counted.run('pfctl -vvsI -i vio2').stdout;
  test.match(cleared, /Out4\/Pass: +\[ Packets: 0 /);
  test.notMatch(cleared, /Cleared: {5}Fri Nov 20 09:00:0/, 'and says when');
  test.match(counted.run('pfctl -vvsI -i vio1').stdout, /In4\/Block: +\[ Packets: 1 /, 'only there');
  test.notMatch(counted.run('pfctl -si').stdout, / {2}match +0 /);
  test.equal(counted.run('pfctl -F info').stderr, 'pf: statistics cleared\n');
  test.match(counted.run('pfctl -si').stdout, /^Status: Enabled +Debug: err\n[\s\S]* {2}match +0 /);
});

const ANY: Packet = {
  family: 'inet',
  protocol: 'udp',
  source: '10.0.0.2',
  sourcePort: 1,
  destination: '192.0.2.1',
  destinationPort: 1,
  flags: {},
  icmpType: null,
  bytes: 0,
  tag: null,
  rtable: 0,
};

t.test('ifconfig: aliases, groups, vlan(4), pair(4)', async (test) => {
  const machine = createMachine({
    defaultRoute: '192.0.2.1',
    details: [
      { name: 'vio2', groups: ['wan'], description: 'ISP A (cable)' },
      { name: 'vio3', groups: ['wan'] },
    ],
  });
  const addresses = ['192.0.2.50/32', '192.0.2.60/24', 'fe80::5054:ff:fe00:12/64', '2001:db8:a::2/64'];
  for (const address of addresses) machine.router.addAddress('vio2', address);
  replay(test, machine, 'ifconfig-C.txt');
  // the recording was made within the second in which a new inet6 address is still asked about
  const settled = (text: string): string => text.replace(/ tentative/g, '');
  for (const name of ['vio2-multi', 'group-egress', 'group-wan'])
    replay(test, machine, `ifconfig-${name}.txt`, settled);
  const bare = createMachine({
    uplinks: [],
    interfaces: [
      { name: 'vlan10', addresses: ['172.16.10.2/24'], lladdr: '52:54:00:00:00:12', parent: 'vio2' },
      { name: 'pair1', lladdr: 'fe:e1:ba:d3:26:1c', parent: 'pair2' },
    ],
  });
  const index = (text: string): string => text.replace(/index \d+/, 'index N');
  for (const name of ['vlan10', 'pair1-active', 'pair1-nocarrier'])
    replay(test, bare, `ifconfig-${name}.txt`, index);
});

t.test('netstat -rn is route show, and the rest is refused', async (test) => {
  const machine = createMachine({ defaultRoute: '192.0.2.1' });
  machine.run('route -T 101 -n add default 192.0.2.1');
  machine.run('ping -n -c 1 192.0.2.1');
  machine.run('ping -n -c 1 198.51.100.1');
  for (const name of ['rn', 'rn-inet', 'rn-T101']) replay(test, machine, `netstat-${name}.txt`, maskRoutes);
  replay(test, machine, 'route-show-relayd.txt', maskRoutes);
  machine.router.setCarrier('vio2', false);
  replay(test, machine, 'netstat-rn-no-carrier.txt', maskRoutes);
  test.match(machine.run('netstat -i'), { code: 1, stderr: 'netstat: unknown option -- i\n' });
  test.match(machine.run('netstat -r'), { code: 1, stderr: /only -R and -rn are known/ });
  test.match(
    machine.run('netstat -rn -T 99').stderr,
    'netstat: routing table 99: No such file or directory\n',
  );
  test.match(machine.run('netstat -rn -f mpls').stderr, 'netstat: mpls: unknown address family\n');
});

t.test('route monitor: a lost carrier, by em(4), and for anybody', async (test) => {
  const seen = (file: string): string[] => blocksOf(readTranscript(file).stdout);
  const lost = createMachine();
  const got = watch(lost, 'route -n monitor', () => lost.router.setCarrier('vio2', false));
  test.same(blocksOf(got), seen('route-monitor-carrier-loss-return.txt'));

  const em = createMachine({
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    uplinks: [{ name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' }],
  });
  const steps = [
    () => em.router.setCarrier('em1', false),
    () => em.router.setCarrier('em1', true),
    () => em.router.setInterfaceUp('em1', false),
    () => em.router.setInterfaceUp('em1', true),
  ];
  const all = watch(
    em,
    'route -n monitor',
    () => {
      for (const [i, step] of steps.entries()) em.clock.after(i * 1500, step);
    },
    9000,
  );
  test.same(blocksOf(all), seen('route-monitor-em-carrier.txt'));

  // what `-inet6` and the end of duplicate address detection say is not known here
  const inet6 = createMachine();
  const added = watch(inet6, 'route -n monitor', () => {
    inet6.router.addAddress('vio2', 'fe80::5054:ff:fe00:12/64');
    inet6.router.addAddress('vio2', '2001:db8:a::2/64');
  });
  test.same(blocksOf(added), seen('route-monitor-inet6.txt').slice(0, 6));

  const anybody = createMachine();
  anybody.clock.after(10, () => anybody.router.setCarrier('vio2', false));
  anybody.clock.after(20, () => anybody.router.setCarrier('vio2', true));
  test.same(blocksOf(anybody.runAsUser('route -n monitor').stdout), seen('route-monitor-unprivileged.txt'));
});

t.test('pfctl -T test and -T zero, in full', async (test) => {
  const machine = createMachine();
  machine.load('', 'table <t> persist { 10.0.0.0/8 !10.1.0.0/16 192.0.2.1 }\npass\n');
  const asked = machine.run('pfctl -vv -t t -T test 10.2.3.4 10.1.1.1 192.0.2.1 172.16.0.1');
  test.equal(asked.code, 2);
  test.equal(
    asked.stdout,
    'M  10.2.3.4\t 10.0.0.0/8\n   10.1.1.1\t!10.1.0.0/16\nM  192.0.2.1\t 192.0.2.1\n   172.16.0.1\t nomatch\n',
  );
  test.match(asked.stderr, /^2\/4 addresses match\.\n/);
  const cleared = (): string[] => machine.run('pfctl -t t -vT show').stdout.match(/Cleared: .*/g) ?? [];
  const [start] = cleared();
  machine.clock.advance(60_000);
  test.same(machine.run('pfctl -v -t t -T zero 192.0.2.1 172.16.0.1'), {
    code: 0,
    signal: null,
    stdout: 'Z  192.0.2.1\n',
    stderr: '1/2 addresses cleared.\n',
  });
  const [one, two, three] = cleared();
  test.same([one, two], [start, start]);
  test.not(three, start, 'of that one only');
  test.equal(machine.run('pfctl -t t -T zero').stderr, '1 table/stats cleared.\n');
  test.same(new Set(cleared()), new Set([three]), 'now of all');
  test.equal(machine.run('pfctl -t t -T expire 30').stderr, '0/0 addresses expired.\n', 'so none is old');
  test.match(machine.run('pfctl -t nosuch -T zero 1.1.1.1'), { code: 255, stderr: /Table does not exist/ });
});

t.test('options that would change what is printed are refused, not ignored', async (test) => {
  for (const letter of ['g', 'P', 'r'])
    test.match(createMachine().run(`pfctl -${letter} -sr`), {
      code: 1,
      stderr: `pfctl: emulator: -${letter} not known\n`,
    });
});
