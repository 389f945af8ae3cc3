// What the emulated commands print, byte for byte against what OpenBSD 7.8 printed. Volatile values are masked on both sides.
import t from 'tap';
import { readTranscript } from '../text/transcript.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';
import {
  blocksOf,
  compare,
  maskVolatile as mask,
  maskRoutes,
  replay,
  maskUses as uses,
  watch,
} from './replay.ts';

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
const MIXED = `pass in quick inet tagged uplink_default probability 50% route-to 192.0.2.1 label "uplink:a"
pass in quick inet tagged uplink_default rtable 203 label "uplink:b"
block return in quick inet tagged uplink_default label "uplink::default"
match in on vio2 inet tagged uplink_inbound tag uplink_inbound_a
pass in quick on vio2 inet tagged uplink_inbound_a label "uplink:a:in"
pass out quick inet tagged uplink_inbound_a reply-to 192.0.2.1 label "uplink:a:in"
pass out quick on vio2 inet tagged uplink_default nat-to (vio2:0) keep state (if-bound) label "uplink:a"
pass out quick on vio3 inet tagged uplink_default nat-to (vio3:0) keep state (if-bound) label "uplink:b"
`;

const withRules = (): Machine => {
  const machine = createMachine({ defaultRoute: '192.0.2.1' });
  machine.run('route -T 101 -n add default 192.0.2.1');
  machine.load('', MAIN);
  machine.load('uplinkd/lan', LAN);
  return machine;
};

t.test('pfctl: loading anchors, and what is refused', async (test) => {
  for (const name of [
    'bad-addr',
    'bad-rtable',
    'load-empty',
    'load-n',
    'load-ok',
    'load-v',
    'load-vv',
    'name-long',
    'name-underscore',
    'queue',
    'rtable',
    'set-option',
    'slash',
    'syntax-error',
    'undef-macro',
    'undef-table',
    'unreferenced',
  ])
    replay(test, withRules(), `pfctl-anchor-${name}.txt`);
  replay(test, withRules(), 'pfctl-file-missing.txt');
});

t.test('pfctl: usage, switches, showing', async (test) => {
  for (const name of [
    'usage',
    'sn',
    'd',
    'show-missing-anchor',
    'sA',
    'vsA',
    'sT',
    'vsT',
    'sr',
    'sm',
    'st',
    'K',
    'sr-anchor-dev-missing',
    'flush-missing-anchor',
    'flush-anchor-all',
  ])
    replay(test, withRules(), `pfctl-${name}.txt`);
  const machine = withRules();
  machine.run('pfctl -d');
  for (const name of ['d-again', 'e', 'e-again']) replay(test, machine, `pfctl-${name}.txt`);
  const disabled = createMachine();
  disabled.load('', 'pass\n');
  disabled.run('pfctl -d');
  for (const name of ['sr-disabled', 'load-disabled']) replay(test, disabled, `pfctl-${name}.txt`);
  const info = (text: string): string => text.replace(/\d+/g, 'N').replace(/ +/g, ' ');
  replay(test, disabled, 'pfctl-si-disabled.txt', info);
  machine.clock.advance(649_000);
  replay(test, machine, 'pfctl-si.txt', info);
  const verbose = (text: string): string =>
    text
      .replace(/0x[0-9a-f]+/g, 'X')
      .replace(/\d+/g, 'N')
      .replace(/ +/g, ' ');
  replay(test, machine, 'pfctl-vsi.txt', verbose);
  replay(test, withRules(), 'pfctl-vvsT-anchor.txt', (text) =>
    mask(text).replace(/Match: \d+ +/g, 'Match: N '),
  );
  replay(test, withRules(), 'pfctl-vvsTables-all.txt', (text) =>
    mask(text).replace(/Match: \d+ +/g, 'Match: N '),
  );
  replay(test, withRules(), 'pfctl-sr-vv-a-star.txt', (text) =>
    mask(text)
      .replace(/(Evaluations|Packets|Bytes|States|Creations): \d+ +/g, '$1: N ')
      .replace(/\(vio(\d):\d\)/g, '(vio$1:N)'),
  );
});

t.test('pfctl: the life of a table', async (test) => {
  const machine = createMachine();
  for (const name of [
    'show-missing',
    'delete-missing',
    'flush-missing',
    'kill-missing',
    'test-missing',
    'bad-name',
    'add-new',
    'add-dup',
    'add-v',
    'replace',
    'replace-v',
    'replace-same',
    'replace-stdin',
    'show',
    'show-v',
    'test-hit',
    'test-miss',
    'zero',
    'expire',
    'replace-badaddr',
    'replace-q',
    'replace-empty',
    'kill',
  ])
    replay(test, machine, `pfctl-table-${name}.txt`);
  machine.load('uplinkd/c', 'table <ct> const { 10.1.1.1 }\npass from <ct>\n');
  replay(test, machine, 'pfctl-table-const-replace.txt');
  const anchored = withRules();
  replay(test, anchored, 'pfctl-table-anchor-add.txt');
  machine.run('pfctl -a uplinkd/lan -t at -T add 192.0.2.1');
  replay(test, machine, 'pfctl-sT-anchor.txt');
  const weighed = withRules();
  weighed.load('uplinkd/lan', LAN.replace('weight 2, 198.51.100.1', 'weight 2, 198.51.100.1 weight 1'));
  weighed.run('pfctl -a uplinkd/lan -t g -T delete 198.51.100.1');
  weighed.load('uplinkd/lan', LAN.replace('weight 2, 198.51.100.1', 'weight 2, 198.51.100.1 weight 1'));
  for (let i = 0; i < 4; i++)
    weighed.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '203.0.113.1' }).send();
  replay(test, weighed, 'pfctl-T-show-vv.txt');
});

t.test('pfctl: pf states, killed in every way', async (test) => {
  const machine = withRules();
  const tcp = machine.router.lan.open({
    client: '10.0.0.2',
    protocol: 'tcp',
    to: '203.0.113.1',
    port: 5000,
    sourcePort: 56732,
  });
  test.equal(tcp.send().kind, 'delivered');
  replay(test, machine, 'pfctl-k-gateway.txt');
  replay(test, machine, 'pfctl-k-wan-addr.txt');
  replay(test, machine, 'pfctl-k-label-none.txt');
  replay(test, machine, 'pfctl-k-bad-id.txt');
  replay(test, machine, 'pfctl-k-nosuchhost.txt');
  replay(test, machine, 'pfctl-k-key2.txt');
  replay(test, machine, 'pfctl-k-id-again.txt');
  test.equal(machine.router.firewall.states.all.size, 2, 'one in, one out');
  const [first] = machine.router.firewall.states.all.keys();
  test.equal(machine.run(`pfctl -k id -k ${first?.toString(16)}`).stderr, 'killed 1 states\n');
  test.equal(
    machine.run('pfctl -k 10.0.0.0/24').stderr,
    'killed 1 states from 1 sources and 0 destinations\n',
  );
  // each makes an in and an out pf state; the label is on the rule that let it in
  for (let i = 0; i < 4; i++)
    machine.router.lan.open({ client: '10.0.0.2', protocol: 'tcp', to: '203.0.113.1', port: 5000 }).send();
  test.equal(machine.run("pfctl -k label -k 'lan0 0'").stderr, 'killed 4 states\n');
  test.equal(
    machine.run('pfctl -k 10.0.0.2 -k 203.0.113.1').stderr,
    'killed 4 states from 1 sources and 1 destinations\n',
  );
  machine.router.lan.open({ ...tcp.description }).send();
  // the key as the initiator's direction has it finds the pf state in and, by the same ends, the one out (transcript pfctl-k-key)
  replay(test, machine, 'pfctl-k-key.txt');
  test.equal(machine.router.firewall.states.all.size, 0);
  test.end();
});

t.test('pfctl: the listings of one link by route-to and one in an rdomain', async (test) => {
  const machine = createMachine({ details: [{ name: 'vio3', rdomain: 203 }] });
  machine.run('route -T 203 -n add default 198.51.100.1');
  machine.load(
    '',
    'set skip on lo\nmatch in on vio1 inet from 10.0.0.0/24 to !10.0.0.0/8 tag uplink_default\npass\nanchor "uplinkd"\n',
  );
  machine.load('uplinkd', MIXED);
  replay(test, machine, 'pfctl-sr-uplinkd-mixed.txt');
  const count = (text: string): string =>
    mask(text).replace(/(Evaluations|Packets|Bytes|States|Creations): \d+ +/g, '$1: N ');
  replay(test, machine, 'pfctl-vvsr-uplinkd-mixed.txt', count);
  for (let i = 0; i < 40; i++) {
    const flow = machine.router.lan.open({
      client: '10.0.0.2',
      protocol: 'udp',
      to: '203.0.113.53',
      port: 5354,
    });
    test.equal(flow.send().kind, 'delivered');
  }
  const lines = machine.run('pfctl -vvss').stdout;
  const shape = (text: string): string =>
    text
      .replace(/\d+/g, 'N')
      .replace(/id: \w+/g, 'id: X')
      .replace(/creatorid: \w+/g, 'creatorid: X');
  const kinds = (text: string): string[] =>
    [
      ...new Set(
        shape(text)
          .split('\n')
          .filter((line) => / udp /.test(line)),
      ),
    ].sort();
  const recorded = readTranscript('pfctl-vvss-uplinkd-mixed.txt').stdout;
  test.same(kinds(lines), kinds(recorded), 'each kind of line, numbers apart');
  test.match(
    lines,
    /^ {3}age 00:00:00, expires in 00:00:30, 1:1 pkts, 76:76 bytes, anchor 2, rule 0\n {3}id: [0-9a-f]{16} creatorid: [0-9a-f]{8}$/m,
  );
  const label = (text: string): string => text.replace(/ \d+/g, ' N');
  replay(test, machine, 'pfctl-sl-uplinkd-mixed.txt', label);
  const inB = Number(/killed (\d+)/.exec(machine.run('pfctl -k label -k uplink:b').stderr)?.[1]);
  const outB = Number(/killed (\d+)/.exec(machine.run('pfctl -V 203 -k label -k uplink:b').stderr)?.[1]);
  test.ok(inB > 5 && inB === outB, 'a link in an rdomain needs two kills, one each');
});

t.test('ping', async (test) => {
  const plain = createMachine({ defaultRoute: '192.0.2.1' });
  plain.run('route -T 101 -n add default 192.0.2.1');
  for (const name of [
    'ok',
    'q',
    'i02',
    'I-addr',
    'I-badaddr',
    'I-ifname',
    'V101',
    'V999-missing',
    'badarg',
    'hostname-fail',
    'loss',
    'loss-long',
    'D-bigsize',
  ])
    replay(test, createMachineLike(plain), `ping-${name}.txt`);
  const plain6 = createMachine();
  replay(test, plain6, 'ping6.txt');

  const late = createMachineLike(plain);
  const twelve = late.run('ping -n -c 12 -w 1 192.0.2.99');
  compare(test, 'ping-arp-fail-12.txt', { ...twelve, stdout: twelve.stdout, stderr: twelve.stderr }, (text) =>
    text.replace(/(ping: (?:wrote|sendmsg).*\n)+/g, 'errors\n'),
  );
  test.equal(twelve.stderr.match(/Host is down/g)?.length, 6, 'six are lost first, then each is refused');

  const noroute = createMachine();
  replay(test, noroute, 'ping-noroute.txt');
  replay(test, noroute, 'ping-noroute-I.txt');

  const pulled = createMachineLike(plain);
  pulled.run('ping -n -c 1 192.0.2.1');
  pulled.router.setCarrier('vio2', false);
  replay(test, pulled, 'ping-gw-no-carrier.txt');
  replay(test, pulled, 'ping-gw-no-carrier-noarp.txt');

  const down = createMachineLike(plain);
  down.router.setInterfaceUp('vio2', false);
  for (const name of ['gw-ifdown', 'V101-ifdown', 'I-ifdown']) replay(test, down, `ping-${name}.txt`);

  const blocked = createMachineLike(plain);
  blocked.load(
    '',
    'pass\nblock drop out inet proto icmp to 203.0.113.1\nblock return out inet proto icmp to 203.0.113.2\n',
  );
  replay(test, blocked, 'ping-pf-block-drop.txt');
  replay(test, blocked, 'ping-pf-block-return.txt');

  const second = createMachineLike(plain);
  second.run('route -n add -priority 20 default 198.51.100.1');
  second.router.setCarrier('vio2', false);
  replay(test, second, 'ping-prio-failover.txt');
  const reject = createMachine();
  reject.run('route -n add -reject default 192.0.2.1');
  replay(test, reject, 'ping-reject.txt');
});

/** The same router as `plain`, fresh. */
function createMachineLike(_plain: Machine): Machine {
  const machine = createMachine({ defaultRoute: '192.0.2.1' });
  machine.run('route -T 101 -n add default 192.0.2.1');
  return machine;
}

t.test('ping: what is flushed when, and SIGINT', async (test) => {
  const machine = createMachine();
  machine.router.setBlackhole('a', '192.0.2.1', true);
  const silent = machine.run('ping -n 192.0.2.1', '', 5500);
  test.equal(silent.code, null, 'it goes on for ever');
  test.equal(silent.stdout, '', 'nothing at all is printed before the first answer, not even the banner');
  machine.router.setBlackhole('a', '192.0.2.1', false);
  const spoken = machine.run('ping -n 192.0.2.1', '', 2500);
  test.equal(spoken.stdout.split('\n').length, 5, 'the banner comes with the first answer');
  machine.router.uplinks.get('a')?.blackholes.clear();
  const uplink = machine.router.uplinks.get('a');
  if (uplink !== undefined) uplink.copies = 2;
  const twice = machine.run('ping -n -c 2 192.0.2.1');
  test.match(twice.stdout, /icmp_seq=0 ttl=\d+ time=[\d.]+ ms \(DUP!\)\n/);
  test.match(twice.stdout, /2 packets received, 1 duplicates, 0\.0% packet loss/);
});

t.test('ifconfig', async (test) => {
  const machine = createMachine({ defaultRoute: '192.0.2.1' });
  for (const name of ['all', 'A', 'nosuch', 'bad-group', 'vio2-active'])
    replay(test, machine, `ifconfig-${name}.txt`);
  machine.router.setCarrier('vio2', false);
  replay(test, machine, 'ifconfig-vio2-no-carrier.txt');
  machine.router.setCarrier('vio2', true);
  machine.router.setInterfaceUp('vio2', false);
  replay(test, machine, 'ifconfig-vio2-down.txt');

  const em = createMachine({
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    uplinks: [
      { name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      { name: 'b', interface: 'em2', address: '198.51.100.2/24', gateway: '198.51.100.1' },
    ],
  });
  replay(test, em, 'ifconfig-all-em.txt');
  replay(test, em, 'ifconfig-em1-active.txt');
  em.router.setCarrier('em1', false);
  replay(test, em, 'ifconfig-em1-no-carrier.txt');
  em.router.setCarrier('em1', true);
  em.router.setInterfaceUp('em1', false);
  replay(test, em, 'ifconfig-em1-down.txt');
  em.router.setInterfaceUp('em1', true);
  replay(test, em, 'ifconfig-em1-just-up.txt');
  em.clock.advance(1500);
  replay(test, em, 'ifconfig-em1-active.txt');

  const grouped = createMachine({
    details: [{ name: 'vio3', groups: ['wan'] }],
  });
  test.match(grouped.run('ifconfig wan').stdout, /^vio3: [\s\S]*groups: wan\n/);
  const apart = createMachine({
    details: [{ name: 'vio3', rdomain: 203, isAutoconf: true }],
    uplinks: [
      { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      { name: 'b', interface: 'vio3', address: '198.51.100.118/24', gateway: '198.51.100.1' },
    ],
  });
  replay(test, apart, 'ifconfig-vio3-rdomain-dhcp.txt');
});

t.test('route', async (test) => {
  const full = (): Machine => {
    const machine = createMachine({ defaultRoute: '192.0.2.1' });
    machine.run('route -T 101 -n add default 192.0.2.1');
    machine.run('route -T 102 -n add default 198.51.100.1');
    machine.run('ping -n -c 1 192.0.2.1');
    machine.run('ping -n -c 1 198.51.100.1');
    return machine;
  };
  for (const name of [
    'T1-show-missing',
    'T103-add-unreach',
    'add-exists',
    'add-label',
    'add-prio',
    'add-unreach-gw',
    'add-unreach-gw2',
    'change',
    'delete-missing',
    'flush-T101',
    'mpath-add',
  ])
    replay(test, full(), `route-${name}.txt`);
  for (const name of ['show', 'show-inet', 'T101-show'])
    replay(test, full(), `route-${name}.txt`, maskRoutes);

  const mpath = full();
  mpath.run('route -n add -mpath default 198.51.100.1');
  replay(test, mpath, 'route-mpath-add-again.txt');
  replay(test, mpath, 'route-show-mpath.txt', maskRoutes);
  replay(test, mpath, 'route-get-mpath.txt', uses);
  replay(test, mpath, 'route-mpath-delete.txt');
  test.match(mpath.run('route -n show -inet').stdout, /default +192\.0\.2\.1 +UGS /);

  const prio = full();
  prio.run('route -n add -priority 20 default 198.51.100.1');
  replay(test, prio, 'route-show-prio.txt', maskRoutes);
  prio.router.setCarrier('vio2', false);
  replay(test, prio, 'route-show-prio-primary-nocarrier.txt', maskRoutes);
  replay(test, prio, 'route-get-prio-primary-nocarrier.txt', uses);
  replay(test, prio, 'route-prio-delete.txt');
  replay(test, prio, 'route-get-default-no-carrier.txt', uses);
  replay(test, prio, 'route-show-no-carrier.txt', maskRoutes);

  const failing = createMachine();
  failing.run('route -T 103 -n add default 10.77.77.1');
  replay(test, failing, 'route-show-T103.txt');
  const labelled = full();
  labelled.run('route -n add -label uplinkd 10.88.0.0/16 192.0.2.1');
  replay(test, labelled, 'route-show-label.txt', maskRoutes);
  replay(test, labelled, 'route-get-label.txt', uses);
  for (const name of ['get-default', 'get-host', 'T101-get']) replay(test, full(), `route-${name}.txt`, uses);
  const downed = full();
  downed.router.setInterfaceUp('vio2', false);
  replay(test, downed, 'route-show-ifdown.txt', maskRoutes);
  downed.router.setInterfaceUp('vio2', true);
  replay(test, downed, 'route-show-ifup-again.txt', maskRoutes);
});

t.test('route monitor', async (test) => {
  const check = (file: string, got: string, only?: RegExp): void => {
    const want = blocksOf(readTranscript(file).stdout);
    test.same(
      blocksOf(got).filter((block) => only === undefined || only.test(block)),
      want.filter((block) => only === undefined || only.test(block)),
      file,
    );
  };
  const fresh = (): Machine => {
    const machine = createMachine({ defaultRoute: '192.0.2.1' });
    machine.run('route -T 101 -n add default 192.0.2.1');
    return machine;
  };
  const flap = fresh();
  check(
    'route-monitor-carrier-flap.txt',
    watch(flap, 'route -n monitor', () => {
      for (let i = 0; i < 3; i++) {
        flap.router.setCarrier('vio2', false);
        flap.router.setCarrier('vio2', true);
      }
    }),
  );
  const updown = fresh();
  check(
    'route-monitor-ifdown-up.txt',
    watch(updown, 'route -n monitor', () => {
      updown.router.setInterfaceUp('vio2', false);
      updown.router.setInterfaceUp('vio2', true);
    }),
  );
  const alias = fresh();
  check(
    'route-monitor-addr-add-del.txt',
    watch(alias, 'route -n monitor', () => {
      alias.router.addAddress('vio2', '192.0.2.77/32');
      alias.router.removeAddress('vio2', '192.0.2.77');
    }),
  );
  const change = fresh();
  check(
    'route-monitor-addr-change.txt',
    watch(change, 'route -n monitor', () => {
      change.router.setAddress('vio2', '192.0.2.3/24');
      change.router.setAddress('vio2', '192.0.2.2/24');
    }),
  );
  const defaults = createMachine();
  check(
    'route-monitor-default-add-del.txt',
    watch(defaults, 'route -n monitor', () => {
      defaults.run('route -qn delete default', '', 0);
      defaults.run('route -qn add default 192.0.2.1', '', 0);
    }),
  );
  const tables = createMachine();
  tables.run('route -T 101 -n add default 10.77.77.1');
  check(
    'route-monitor-rtable-101.txt',
    watch(tables, 'route -n monitor', () => {
      tables.run('route -T 101 -qn delete default', '', 0);
      tables.run('route -T 101 -qn add default 192.0.2.1', '', 0);
      tables.run('route -T 105 -qn add default 198.51.100.1', '', 0);
    }),
  );
  const changed = fresh();
  check(
    'route-monitor-default-change.txt',
    watch(changed, 'route -n monitor', () => {
      changed.run('route -qn change default 198.51.100.1', '', 0);
      changed.run('route -qn change default 192.0.2.1', '', 0);
    }),
  );
  const only = fresh();
  check(
    'route-monitor-T101.txt',
    watch(only, 'route -T 101 -n monitor', () => {
      only.run('route -T 101 -qn delete default', '', 0);
      only.run('route -T 101 -qn add default 192.0.2.1', '', 0);
      only.run('route -qn delete default', '', 0);
      only.run('route -qn add default 192.0.2.1', '', 0);
      only.router.setCarrier('vio2', false);
      only.router.setCarrier('vio2', true);
    }),
    /RTM_IFINFO|RTM_ADD/,
  );
  const hot = fresh();
  const before = watch(hot, 'route -n monitor', () => hot.router.detach('vio3'));
  test.notMatch(before, /departure/, 'an announcement is not flushed by itself');
  const after = watch(hot, 'route -n monitor', () => {
    hot.router.attach('vio3');
    hot.router.setCarrier('vio2', false);
  });
  test.match(
    after,
    /what: arrival\ngot message of size 200 on .*\nRTM_IFINFO/,
    '… but comes with the next message',
  );
  const lost = fresh();
  test.match(
    watch(lost, 'route -n monitor', () => lost.router.desync()),
    /\nRTM_DESYNC: route socket overflow/,
  );
});

t.test('sysctl', async (test) => {
  const machine = createMachine();
  for (const name of ['forwarding', 'multipath', 'multipath-n', 'unknown'])
    replay(test, machine, `sysctl-${name}.txt`);
});
