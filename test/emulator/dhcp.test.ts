// Uplinks whose address and gateway come by DHCP: what dhcpleased does, what dhcpleasectl says, what is left when it all changes.
import t from 'tap';
import type { DhcpDescription } from '../../src/emulator/dhcp-lease.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import { readTranscript } from '../text/transcript.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';
import { blocksOf, maskRoutes, maskUses, replay, watch } from './replay.ts';

const createLeased = (
  dhcp: DhcpDescription = {},
  address = '198.51.100.106/24',
  more: Partial<RouterOptions> = {},
): Machine =>
  createMachine({
    uplinks: [
      { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      {
        name: 'b',
        interface: 'vio3',
        address,
        gateway: '198.51.100.1',
        dhcp: { leaseSeconds: 120, ...dhcp },
      },
    ],
    details: [{ name: 'vio3', groups: ['wan'] }],
    ...more,
  });

const inRdomain = (dhcp: DhcpDescription = {}): Machine =>
  createLeased({ nameservers: ['9.9.9.9'], ...dhcp }, '198.51.100.118/24', {
    details: [{ name: 'vio3', rdomain: 203 }],
  });

/** Process ids and how far a daemon has counted are its own. */
const maskSender = (text: string): string => text.replace(/pid: \d+, seq \d+/g, 'pid: P, seq S');
const messages = (text: string): string[] => blocksOf(text).map(maskSender);

t.test('dhcpleasectl: a lease, with and without routes, and every complaint', async (test) => {
  const leased = createLeased();
  for (const name of ['l-vio3', 'l-vio3-after', 'l-nosuch', 'all'])
    replay(test, leased, `dhcpleasectl-${name}.txt`);
  replay(test, leased, 'dhcpleasectl-l-vio2-notauto.txt');
  replay(test, createLeased({ ignoresRoutes: true }), 'dhcpleasectl-l-vio3-ignore-routes.txt');
  replay(test, inRdomain(), 'dhcpleasectl-l-vio3-rdomain.txt');
  leased.router.setCarrier('vio3', false);
  leased.clock.advance(50);
  replay(test, leased, 'dhcpleasectl-l-vio3-nocarrier.txt');
  test.equal(
    leased.router.files.get('/var/db/dhcpleased/vio3'),
    readTranscript('dhcpleased-leasefile-2.txt').stdout,
  );
  test.ok(
    readTranscript('dhcpleased-leasefile.txt').stdout.endsWith(
      `vio3\n${leased.router.files.get('/var/db/dhcpleased/vio3')}`,
    ),
    'listed and printed',
  );
  leased.router.setDhcpleasedAllowed(false);
  test.same(leased.run('dhcpleasectl -l vio3'), {
    code: 1,
    signal: null,
    stdout: '',
    stderr: 'dhcpleasectl: connect: /dev/dhcpleased.sock: Permission denied\n',
  });
  leased.router.setDhcpleasedAllowed(true);
  test.match(leased.runAsUser('dhcpleasectl -l vio3').stderr, /Permission denied\n$/);
  test.equal(leased.runAsUser('dhcpleasectl vio2').stderr, 'dhcpleasectl: need root privileges\n');
  leased.router.setDhcpleasedRunning(false);
  replay(test, leased, 'dhcpleasectl-l-daemon-down.txt');
  leased.router.setDhcpleasedRunning(true);
  leased.router.setCarrier('vio3', true);
  leased.clock.advance(100);
  replay(test, leased, 'dhcpleasectl-l-vio3.txt');
  test.match(leased.run('dhcpleasectl -w 0 vio3').stderr, /maxwait value is too small: 0\n/);
  test.match(leased.run('dhcpleasectl -s /nowhere -l vio3').stderr, /connect: \/nowhere: No such file/);
  test.match(leased.run('dhcpleasectl -x vio3').stderr, /^dhcpleasectl: unknown option -- x\nusage: /);
  const ignoring = createLeased({ ignoresDns: true, nameservers: ['9.9.9.9'] });
  test.notMatch(ignoring.run('dhcpleasectl -l vio3').stdout, /nameservers/);
});

t.test('the lease is said in the largest unit of which there is more than one', async (test) => {
  for (const [seconds, text] of [
    [1, '1 second'],
    [60, '60 seconds'],
    [61, '1 minute'],
    [91, '2 minutes'],
    [3600, '60 minutes'],
    [5401, '2 hours'],
    [86_400, '24 hours'],
    [129_601, '2 days'],
  ] as const)
    test.match(
      createLeased({ leaseSeconds: seconds }).run('dhcpleasectl -l vio3').stdout,
      `\tlease ${text}\n`,
    );
});

t.test('ifconfig and route with `ignore routes`', async (test) => {
  const machine = createLeased({ ignoresRoutes: true }, '198.51.100.106/24', { defaultRoute: '192.0.2.1' });
  replay(test, machine, 'ifconfig-vio3-dhcp.txt');
  machine.run('ping -n -c 1 192.0.2.1');
  replay(test, machine, 'route-show-dhcp-ignore-routes.txt', maskRoutes);
});

t.test('route monitor: the first lease, beside another default route', async (test) => {
  const machine = createLeased({ isBoundAtStart: false }, '198.51.100.106/24', { defaultRoute: '192.0.2.1' });
  machine.router.setAutoconf('vio3', false);
  machine.clock.advance(5000);
  const got = watch(machine, 'route -n monitor', () => machine.router.setAutoconf('vio3', true));
  // the recording ends before what RTM_PROPOSAL left in the buffer
  test.same(messages(got), messages(readTranscript('route-monitor-dhcp.txt').stdout));
  machine.run('ping -n -c 1 192.0.2.1');
  replay(test, machine, 'route-show-dhcp.txt', maskRoutes);
  test.match(
    machine.run('route -n show -inet -label dhcpleased').stdout,
    /^default +198\.51\.100\.1 +UGSP .* vio3 $/m,
  );
});

t.test('route monitor: a lease in an rdomain, and its renumbering', async (test) => {
  const machine = inRdomain({ isBoundAtStart: false });
  machine.router.setAutoconf('vio3', false);
  machine.clock.advance(5000);
  const got = watch(machine, 'route -n monitor', () => {
    machine.router.setAutoconf('vio3', true);
    // any message brings out what RTM_PROPOSAL left behind
    machine.clock.after(3000, () => machine.run('route -n -T 203 get default', '', 0));
  });
  test.same(messages(got), messages(readTranscript('route-monitor-rdomain-dhcp.txt').stdout));
  replay(test, machine, 'route-get-T203-default.txt', maskUses);
  replay(test, machine, 'route-show-T203-dhcp.txt', maskRoutes);
  machine.run('ping -n -c 1 192.0.2.1');
  replay(test, machine, 'route-show-T0-rdomain-dhcp.txt', maskRoutes);

  const moved = watch(machine, 'route -n monitor', () =>
    machine.router.dhcpRenumber('b', { address: '198.51.101.118/24', gateway: '198.51.101.1' }),
  );
  test.same(
    messages(moved).map((block) => block.replace('INET [9.9.9.9]', 'INET []')),
    messages(readTranscript('route-monitor-dhcp-renumber.txt').stdout),
  );
  test.match(
    machine.run('dhcpleasectl -l vio3').stdout,
    /inet 198\.51\.101\.118 .*\n\tdefault gateway 198\.51\.101\.1\n/,
  );
  test.match(machine.run('route -n -T 203 get default').stdout, /gateway: 198\.51\.101\.1\n/);
});

t.test(
  'a renewal that changes nothing says nothing; asking again says what is there already',
  async (test) => {
    const machine = createLeased();
    const quiet = watch(machine, 'route -n monitor', () => machine.clock.advance(600_000), 700_000);
    test.equal(quiet, '', 'ten minutes of renewals');
    test.match(machine.run('dhcpleasectl -l vio3').stdout, /\[Bound\]/);
    const again = watch(machine, 'route -n monitor', () => machine.router.dhcpRenew('b'));
    test.same(
      messages(again).map((block) => block.split('\n')[1]?.replace(/: len.*, errno/, ' errno')),
      ['RTM_ADD: Add Route errno 17', 'RTM_PROPOSAL: config proposal errno 0'],
      'the route is there: File exists',
    );
  },
);

t.test(
  'a renewal with another gateway is known to dhcpleasectl, and to the routes only after the next request',
  async (test) => {
    const machine = createLeased();
    machine.router.setDhcpOffer('b', { gateway: '198.51.100.254' });
    machine.clock.advance(61_000);
    test.match(machine.run('dhcpleasectl -l vio3').stdout, /default gateway 198\.51\.100\.254\n/);
    test.match(
      machine.run('route -n get default').stdout,
      /gateway: 198\.51\.100\.1\n/,
      'engine.c: Bound is left alone',
    );
    machine.router.setDhcpOffer('b', { gateway: '198.51.100.253' });
    const got = watch(machine, 'route -n monitor', () => machine.router.dhcpRenew('b'));
    test.match(machine.run('dhcpleasectl -l vio3').stdout, /default gateway 198\.51\.100\.253\n/);
    const change = createLeased();
    const said = watch(change, 'route -n monitor', () =>
      change.router.dhcpRenumber('b', { gateway: '198.51.100.254' }),
    );
    test.match(change.run('route -n get default').stdout, /gateway: 198\.51\.100\.254\n/);
    test.same(
      messages(said)
        .map((block) => /^RTM_\w+/m.exec(block)?.[0])
        .filter((one) => one !== undefined),
      ['RTM_DELETE', 'RTM_ADD', 'RTM_PROPOSAL'],
    );
    test.match(got, /RTM_ADD/);
  },
);

t.test(
  'carrier: the lease is kept while it lasts, then all of it goes; back again it is asked for',
  async (test) => {
    const machine = createLeased({ nameservers: ['9.9.9.9'] });
    machine.router.setCarrier('vio3', false);
    machine.clock.advance(1000);
    test.match(machine.run('dhcpleasectl -l vio3').stdout, /^vio3 \[Down\]\n\tinet /);
    test.match(machine.run('ifconfig vio3').stdout, /inet 198\.51\.100\.106 /);
    machine.clock.advance(130_000);
    test.equal(machine.run('dhcpleasectl -l vio3').stdout, 'vio3 [Down]\n');
    test.notMatch(machine.run('ifconfig vio3').stdout, /inet /);
    test.equal(machine.run('route -n show -inet -label dhcpleased').stdout, 'Routing tables\n');
    machine.router.setCarrier('vio3', true);
    machine.clock.advance(3000);
    test.match(machine.run('dhcpleasectl -l vio3').stdout, /^vio3 \[Bound\]\n/);
  },
);

t.test('a lease that is lost, a server that is silent', async (test) => {
  const machine = createLeased();
  machine.router.dhcpExpire('b');
  test.equal(machine.run('dhcpleasectl -l vio3').stdout, 'vio3 [Init]\n');
  test.notMatch(machine.run('ifconfig vio3').stdout, /inet /);
  machine.clock.advance(60_000);
  const waited = machine.run('dhcpleasectl -w 3 vio3', '', 20_000);
  test.match(waited.stdout, /^\.\.\.\nvio3 \[Init\]\n$/);
  machine.router.setDhcpSilent('b', false);
  test.match(
    machine.run('dhcpleasectl vio3', '', 200_000).stdout,
    /^(\.+\n)?vio3 \[(Bound|Init|Requesting)\]\n/,
  );
  machine.clock.advance(130_000);
  test.match(machine.run('dhcpleasectl -l vio3').stdout, /\[Bound\]/);

  const silent = createLeased();
  silent.router.setDhcpSilent('b', true);
  silent.clock.advance(125_000);
  test.match(
    silent.run('dhcpleasectl -l vio3').stdout,
    /\[(Renewing|Rebinding)\]\n\tinet .*\n.*\n\tlease 0 second\n/,
  );
  silent.clock.advance(120_000);
  test.equal(silent.run('dhcpleasectl -l vio3').stdout, 'vio3 [Init]\n');
});

t.test('a gateway outside the prefix gets a route of its own first', async (test) => {
  const machine = createLeased({}, '203.0.113.9/32');
  test.match(machine.run('route -n show -inet').stdout, /^default +198\.51\.100\.1 +UGS /m);
  test.match(machine.run('route -n show -inet').stdout, /^198\.51\.100\.1\/32 +203\.0\.113\.9 +UCS /m);
  machine.load('', 'pass\nmatch out on vio3 inet nat-to (vio3:0)\n');
  test.match(machine.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '198.18.0.1' }).send(), {
    kind: 'delivered',
    uplink: 'b',
    gateway: '198.51.100.1',
  });
});

t.test(
  'two links with a lease of the same address: the second has none, and the first works',
  async (test) => {
    const machine = createMachine({
      uplinks: [
        { name: 'a', interface: 'vio2', address: '192.168.1.2/24', gateway: '192.168.1.1', dhcp: {} },
        { name: 'b', interface: 'vio3', address: '192.168.1.2/24', gateway: '192.168.1.1', dhcp: {} },
      ],
    });
    test.match(machine.run('dhcpleasectl -l vio3').stdout, /\[Bound\]/);
    test.notMatch(machine.run('ifconfig vio3').stdout, /inet /);
    test.match(machine.run('ifconfig vio2').stdout, /inet 192\.168\.1\.2 /);
  },
);

t.test('faults on order', async (test) => {
  const machine = createLeased();
  machine.router.faults.add({ command: 'dhcpleasectl', fault: { kind: 'partial', bytes: 30 } });
  test.equal(machine.run('dhcpleasectl -l vio3').stdout, 'vio3 [Bound]\n\tinet 198.51.100.');
  machine.router.faults.add({
    command: 'dhcpleasectl',
    fault: { kind: 'fail', code: 1, stderr: 'dhcpleasectl: pipe closed\n' },
  });
  test.match(machine.run('dhcpleasectl -l vio3'), { code: 1, stderr: 'dhcpleasectl: pipe closed\n' });
  machine.router.faults.add({ command: 'dhcpleasectl', fault: { kind: 'hang' } });
  test.equal(machine.run('dhcpleasectl -l vio3', '', 10_000).code, null);
  machine.router.faults.add({ command: 'dhcpleasectl', fault: { kind: 'slow', ms: 500 } });
  const before = machine.clock.now();
  test.equal(machine.run('dhcpleasectl -l vio3').code, 0);
  test.equal(machine.clock.now() - before, 500);
});

t.test('what the provider has taken back it carries no longer', async (test) => {
  const machine = createLeased();
  machine.load('', 'pass\nmatch out on vio3 inet nat-to (vio3:0)\n');
  const flow = machine.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '198.18.0.1' });
  test.equal(flow.send().kind, 'delivered');
  machine.router.setDhcpOffer('b', { address: '198.51.101.7/24', gateway: '198.51.101.1' });
  test.match(flow.send(), { kind: 'silence' });
  machine.router.dhcpRenew('b');
  machine.clock.advance(3000);
  const next = machine.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '198.18.0.1' });
  test.match(next.send(), { kind: 'delivered', natAddress: '198.51.101.7' });
});
