// Links in rdomains of their own: what the kernel does when an interface moves, and how pf carries packets between rdomains and back.
import t from 'tap';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import { readTranscript } from '../text/transcript.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';
import { replay, watch } from './replay.ts';

/** Two modems that give out the same address and are the same gateway, each in its rdomain. */
const createTwins = (more: Partial<RouterOptions> = {}): Machine =>
  createMachine({
    uplinks: [
      { name: 'a', interface: 'vio2', address: '192.168.1.2/24', gateway: '192.168.1.1', dhcp: {} },
      { name: 'b', interface: 'vio3', address: '192.168.1.2/24', gateway: '192.168.1.1', dhcp: {} },
    ],
    details: [
      { name: 'vio2', rdomain: 101 },
      { name: 'vio3', rdomain: 102 },
    ],
    ...more,
  });
const MAIN =
  'set skip on lo\nmatch in on vio1 inet from 10.0.0.0/24 to !10.0.0.0/8 tag uplink_default\npass\nanchor "uplinkd"\n';
const SHARES = `pass in quick inet tagged uplink_default probability 50% rtable 101 label "uplink:a"
pass in quick inet tagged uplink_default rtable 102 label "uplink:b"
pass out quick on vio2 inet tagged uplink_default nat-to (vio2:0) keep state (if-bound) label "uplink:a"
pass out quick on vio3 inet tagged uplink_default nat-to (vio3:0) keep state (if-bound) label "uplink:b"
`;
const killed = (machine: Machine, line: string): number =>
  Number(/killed (\d+) states/.exec(machine.run(line).stderr)?.[1]);

t.test(
  'the same address and the same gateway twice: packets go both ways, answers come back, kills are by rdomain',
  async (test) => {
    const machine = createTwins();
    machine.load('', MAIN);
    machine.load('uplinkd', SHARES);
    const by = new Map<string, number>();
    for (let i = 0; i < 60; i++) {
      const outcome = machine.router.lan
        .open({ client: '10.0.0.2', protocol: 'udp', to: '203.0.113.53', port: 5354 })
        .send();
      test.match(outcome, { kind: 'delivered', natAddress: '192.168.1.2' });
      if (outcome.kind === 'delivered') by.set(outcome.uplink ?? '', (by.get(outcome.uplink ?? '') ?? 0) + 1);
    }
    test.ok((by.get('a') ?? 0) > 15 && (by.get('b') ?? 0) > 15, JSON.stringify([...by]));
    test.match(
      machine.run('pfctl -ss').stdout,
      /^all udp \(102\) 203\.0\.113\.53:5354 \(203\.0\.113\.53:5354\) <- \(102\) 10\.0\.0\.2:\d+ \(10\.0\.0\.2:\d+\) /m,
    );
    const [a, b] = [by.get('a') ?? 0, by.get('b') ?? 0];
    test.equal(killed(machine, 'pfctl -k label -k uplink:a'), a, 'those that came in, in rdomain 0');
    test.equal(killed(machine, 'pfctl -V 101 -k label -k uplink:a'), a, 'those that went out, in 101');
    test.equal(killed(machine, 'pfctl -V 102 -k label -k uplink:a'), 0);
    test.equal(killed(machine, 'pfctl -V 102 -k label -k uplink:b'), b);
    test.equal(killed(machine, 'pfctl -k label -k uplink:b'), b);
    test.equal(machine.router.firewall.states.all.size, 0);
  },
);

t.test('the recordings of such kills: as many in 0 as in the rdomain', async (test) => {
  const machine = createTwins({
    details: [
      { name: 'vio2', rdomain: 101 },
      { name: 'vio3', rdomain: 203 },
    ],
  });
  machine.load('', MAIN);
  machine.load(
    'uplinkd',
    SHARES.replaceAll('probability 50% ', '')
      .replaceAll('101', '203')
      .replaceAll('102', '203')
      .replaceAll('uplink:a', 'uplink:b')
      .replaceAll('vio2', 'vio3'),
  );
  for (let i = 0; i < 5; i++)
    machine.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '203.0.113.53', port: 5354 }).send();
  replay(test, machine, 'pfctl-k-label-rdomain-0.txt');
  replay(test, machine, 'pfctl-k-label-rdomain-203.txt');
});

t.test('netstat -R: as recorded, and after an interface has moved', async (test) => {
  const machine = createMachine();
  machine.run('route -T 101 -n add default 192.0.2.1');
  machine.run('route -T 102 -n add default 198.51.100.1');
  const order = (text: string): string =>
    text.replace(
      /Interfaces: (.*)/g,
      (_, names: string) => `Interfaces: ${names.split(' ').sort().join(' ')}`,
    );
  test.equal(order(machine.run('netstat -R').stdout), order(readTranscript('netstat-R.txt').stdout));
  machine.router.setRdomain('vio3', 103);
  test.match(
    machine.run('netstat -R').stdout,
    /Rdomain 103\n {2}Interfaces: vio3 lo103\n {2}Routing table: 103\n/,
  );
});

t.test('ifconfig NAME rdomain N: addresses and routes vanish, loN appears, messages say it', async (test) => {
  const machine = createMachine({ defaultRoute: '198.51.100.1' });
  machine.run('route -T 101 -n add default 198.51.100.1');
  const got = watch(machine, 'route -n monitor', () => machine.router.setRdomain('vio3', 103));
  test.same(
    [...got.matchAll(/^(RTM_\w+).*$/gm)].map(
      ([line, kind]) =>
        `${kind} ${/name (\w+)/.exec(line ?? '')?.[1]}${/<UP,BR/.test(line ?? '') ? ' UP' : ''}`,
    ),
    [
      'RTM_IFANNOUNCE lo103',
      'RTM_IFINFO vio3',
      'RTM_DELETE vio3',
      'RTM_DELETE vio3',
      'RTM_DELETE vio3',
      'RTM_DELETE vio3',
      'RTM_DELADDR vio3',
      'RTM_DELETE vio3',
      'RTM_DELETE vio3',
      'RTM_IFINFO vio3 UP',
    ],
  );
  test.match(machine.run('ifconfig vio3').stdout, /^vio3: flags=\S+ rdomain 103 mtu 1500\n(?!.*inet )/);
  test.notMatch(machine.run('ifconfig vio3').stdout, /inet /);
  test.match(
    machine.run('ifconfig lo103').stdout,
    /^lo103: flags=2008008<LOOPBACK,MULTICAST,LRO> rdomain 103 mtu 32768\n/,
  );
  test.equal(machine.run('route -T 103 -n show').stdout, 'Routing tables\n');
  test.equal(machine.run('route -T 101 -n show').stdout, 'Routing tables\n', 'gone there as well');
  test.match(machine.run('route -n show -inet').stdout, /^192\.0\.2\/24/m);
  machine.router.addAddress('vio3', '198.51.100.2/24');
  test.equal(machine.run('route -T 103 -n add default 198.51.100.1').code, 0);
  test.match(machine.run('ping -n -V 103 -c 1 203.0.113.1').stdout, /1 packets received/);
});

t.test('once an rdomain, always an rdomain; a plain rtable with routes cannot become one', async (test) => {
  const machine = createMachine();
  machine.router.setRdomain('vio3', 101);
  machine.router.setRdomain('vio3', 0);
  machine.router.addAddress('vio3', '198.51.100.2/24');
  test.match(machine.run('route -T 101 -n add default 198.51.100.1'), {
    code: 1,
    stdout: 'add net default: gateway 198.51.100.1: Network is unreachable\n',
  });
  machine.run('route -T 102 -n add default 192.0.2.1');
  test.throws(() => machine.router.setRdomain('vio3', 102), /SIOCSIFRDOMAIN: Invalid argument/);
  machine.run('route -T 104 -n add default 10.99.99.1');
  machine.router.setRdomain('vio3', 104);
  test.equal(machine.router.routing.rdomainOf(104), 104, 'an empty one is taken over');
});

t.test(
  'inbound by a link in its rdomain: the answer needs any default route in rtable 0, and then finds its way',
  async (test) => {
    for (const inboundDefault of [null, 'up', 'no carrier'] as const) {
      const machine = createMachine({
        uplinks: [
          { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
          { name: 'b', interface: 'vio3', address: '198.51.100.2/24', gateway: '198.51.100.1', dhcp: {} },
        ],
        details: [{ name: 'vio3', rdomain: 103 }],
        ...(inboundDefault === null ? {} : { defaultRoute: '192.0.2.1' }),
      });
      machine.load(
        '',
        'set skip on lo\nblock return\nmatch in on vio3 inet proto tcp to (vio3) port 443 rdr-to 10.0.0.9\npass in quick on vio3 inet proto tcp to port 443 rtable 0 label "uplink:b:in"\npass out on vio1\npass in on vio1\n',
      );
      if (inboundDefault === 'no carrier') machine.router.setCarrier('vio2', false);
      const outcome = machine.router.lan.inbound({ uplink: 'b', from: '203.0.113.77', port: 443 });
      if (inboundDefault === null) test.match(outcome, { kind: 'silence', why: 'the answer was refused' });
      else
        test.match(outcome, {
          kind: 'delivered',
          interface: 'vio3',
          natAddress: '198.51.100.2',
          gateway: '198.51.100.1',
        });
      test.match(
        machine.run('pfctl -ss').stdout,
        /^all tcp 10\.0\.0\.9:443 \(\(103\) 198\.51\.100\.2:443\) <- 203\.0\.113\.77:\d+ \(\(103\) 203\.0\.113\.77:\d+\) /m,
      );
    }
  },
);

t.test('a pf state of the link alone cannot be found by the interface of the default route', async (test) => {
  const machine = createTwins({ defaultRoute: '10.0.0.254' });
  machine.load(
    '',
    'set skip on lo\nblock return\nmatch in on vio3 inet proto tcp to (vio3) port 443 rdr-to 10.0.0.9\npass in quick on vio3 inet proto tcp to port 443 rtable 0 keep state (if-bound)\npass out on vio1\npass in on vio1\n',
  );
  test.match(machine.router.lan.inbound({ uplink: 'b', from: '203.0.113.77', port: 443 }), {
    kind: 'silence',
  });
});

t.test('route -T N exec: into a table from rtable 0 anybody may, out of another only root', async (test) => {
  const machine = createMachine();
  machine.run('route -T 101 -n add default 192.0.2.1');
  machine.run('route -T 102 -n add default 198.51.100.1');
  const inside = 'route -T 101 exec';
  test.match(machine.runAsUser(`${inside} ping -n -c 1 203.0.113.1`).stdout, /1 packets received/);
  test.match(machine.runAsUser(`${inside} /sbin/route -n show -inet`).stdout, /^default +192\.0\.2\.1 +UGS/m);
  test.match(machine.runAsUser(`${inside} route -T 102 exec ping -n -c 1 203.0.113.1`), {
    code: 1,
    stderr: 'route: setrtable: Operation not permitted\n',
  });
  test.match(
    machine.run(`${inside} route -T 102 exec ping -n -c 1 203.0.113.1`).stdout,
    /1 packets received/,
  );
  test.match(machine.run(`${inside} nosuch`), {
    code: 127,
    stderr: 'route: nosuch: No such file or directory\n',
  });
  test.match(machine.run('route -T 99 exec ping -n -c 1 203.0.113.1'), {
    code: 1,
    stderr: 'route: routing table 99: No such file or directory\n',
  });
  test.match(machine.run('route -T 101 exec').stderr, /^usage: /);
  test.match(
    machine.run('ping -n -c 1 203.0.113.1').stderr,
    /Can't assign requested address/,
    'rtable 0 has no route',
  );
});

t.test('who is not root', async (test) => {
  const machine = createMachine();
  for (const name of ['show', 'table']) {
    const file = `pfctl-noperm-${name}.txt`;
    const want = readTranscript(file);
    const { code, stdout, stderr } = machine.runAsUser(want.command);
    test.same({ code, stdout, stderr }, { code: want.exit, stdout: want.stdout, stderr: want.stderr }, file);
  }
  test.match(
    machine.runAsUser('pfctl -a uplinkd/x -f -', 'pass\n').stderr,
    readTranscript('pfctl-noperm-load.txt').stderr,
  );
  test.equal(machine.runAsUser('pfctl -n -f -', 'pass\n').code, 0);
  test.match(
    machine.runAsUser('route -n add default 192.0.2.1').stderr,
    'route: must be root to alter routing table\n',
  );
  test.equal(machine.runAsUser('route -n show').code, 0);
  test.match(
    machine.runAsUser('ping -n -i 0.5 -c 1 192.0.2.1').stderr,
    'ping: only root may use an interval smaller than one second\n',
  );
});
