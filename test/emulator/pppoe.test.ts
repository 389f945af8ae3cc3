// pppoe(4) and other point-to-point links: sessions, wildcard addresses, what renegotiation does to routes, and interfaces without a carrier.
import t from 'tap';
import type { PppoeDescription } from '../../src/emulator/pppoe.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';
import { compare, maskRoutes, maskVolatile, replay, watch } from './replay.ts';

const createDialled = (pppoe: Partial<PppoeDescription> = {}, more: Partial<RouterOptions> = {}): Machine =>
  createMachine({
    uplinks: [
      { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      {
        name: 'b',
        interface: 'pppoe0',
        address: '100.64.7.7',
        gateway: '100.64.0.1',
        pppoe: { parent: 'vio3', ...pppoe },
      },
    ],
    details: [{ name: 'vio3' }],
    defaultRoute: '192.0.2.1',
    ...more,
  });

/** Indices, session ids and how long a session has been there. */
const mask = (text: string): string =>
  maskVolatile(text)
    .replace(/index \d+/, 'index N')
    .replace(/sid: 0x(?!0\b)[0-9a-f]+/, 'sid: S')
    .replace(/time: [\d:]{8}/, 'time: T');

const routes = (machine: Machine): void => {
  machine.run('ping -n -c 1 192.0.2.1');
};
const shown = (machine: Machine, table = ''): string => machine.run(`route -n ${table}show -inet`).stdout;
const kinds = (text: string): string[] =>
  [...text.matchAll(/^(RTM_\w+).*?(?:link: ([a-z ]+))?(?:, mtu: \d+, flags:<(UP)?[^>]*>)?$/gm)].map((one) =>
    [one[1], one[2], one[3]].filter((part) => part !== undefined).join(' '),
  );

t.test('ifconfig: every state of a session', async (test) => {
  const up = createDialled();
  replay(test, up, 'ifconfig-pppoe0-up-wildcard.txt', (text) =>
    mask(text).replace(/PADI retries: \d/, 'PADI retries: R'),
  );
  up.router.setInterfaceUp('pppoe0', false);
  up.clock.advance(10);
  replay(test, up, 'ifconfig-pppoe0-down.txt', (text) =>
    mask(text).replace(/PADI retries: \d/, 'PADI retries: R'),
  );

  const silent = createDialled({ destination: '255.255.255.255', isUpAtStart: false });
  silent.router.setPppoeSilent('b', true);
  silent.router.setInterfaceUp('pppoe0', true);
  silent.clock.advance(10);
  replay(test, silent, 'ifconfig-pppoe0-discovery.txt', mask);
  silent.clock.advance(5000);
  test.match(silent.run('ifconfig pppoe0').stdout, /PADI retries: 1 /);
  silent.clock.advance(200_000);
  test.match(
    silent.run('ifconfig pppoe0').stdout,
    /state: PADI sent\n\tsid: 0x0 PADI retries: [67] /,
    'once a minute by now',
  );

  const bare = createMachine();
  bare.router.createInterface({ name: 'pppoe0' });
  replay(test, bare, 'ifconfig-pppoe0-created.txt', mask);

  const closed = createDialled({ destination: '0.0.0.0', length: 32, isUpAtStart: false });
  closed.router.setInterfaceUp('pppoe0', true);
  closed.clock.advance(100);
  replay(test, closed, 'ifconfig-pppoe0-up-nowildcard.txt', mask);
  routes(closed);
  replay(test, closed, 'route-show-pppoe-nowildcard.txt', maskRoutes);
});

t.test('routes and pings by a session', async (test) => {
  const up = createDialled();
  routes(up);
  replay(test, up, 'route-show-pppoe-up.txt', maskRoutes);
  replay(test, up, 'pppoe-route-add.txt');
  replay(test, up, 'route-T104-pppoe-add.txt');
  replay(test, up, 'route-T104-show.txt', maskRoutes);
  replay(test, up, 'ping-pppoe-peer.txt');
  replay(test, up, 'ping-V104-pppoe.txt');
});

t.test(
  'a route by 0.0.0.1 before the session: it is lost while no address is granted, and then follows the peer',
  async (test) => {
    const machine = createDialled({ isUpAtStart: false });
    test.equal(machine.run('route -n add -priority 9 default -ifp pppoe0 0.0.0.1').code, 0);
    test.equal(machine.run('route -T 104 -n add default -ifp pppoe0 0.0.0.1').code, 0);
    machine.router.setPppoeOffer('b', { isGranting: false });
    machine.router.setInterfaceUp('pppoe0', true);
    machine.clock.advance(1000);
    routes(machine);
    replay(test, machine, 'route-show-pppoe-preadded.txt', maskRoutes);
    replay(test, machine, 'route-T104-show-preadded.txt', maskRoutes);
    replay(test, machine, 'ping-V104-preadded.txt');
    machine.router.setCarrier('vio3', false);
    machine.clock.advance(1000);
    replay(test, machine, 'ifconfig-pppoe0-parent-nocarrier.txt', mask);
    machine.router.setCarrier('vio3', true);
    machine.router.setPppoeOffer('b', { isGranting: true });
    machine.clock.advance(4000);
    test.match(shown(machine), /^default +100\.64\.0\.1 +UGS .* 9 pppoe0$/m);
    compare(test, 'route-T104-show.txt', machine.run('route -T 104 -n show -inet'), maskRoutes);
  },
);

t.test('renegotiation: another address, another peer, and every message of it', async (test) => {
  const machine = createDialled();
  machine.run('route -T 104 -n add default -ifp pppoe0 100.64.0.1');
  const got = watch(machine, 'route -n monitor', () =>
    machine.router.pppoeRenegotiate('b', { address: '100.64.9.9', peer: '100.64.0.2' }),
  );
  test.same(kinds(got), [
    'RTM_IFINFO no carrier',
    'RTM_DELETE',
    'RTM_DELETE',
    'RTM_DELADDR',
    'RTM_IFINFO no carrier UP',
    'RTM_ADD',
    'RTM_IFINFO active UP',
    'RTM_DELETE',
    'RTM_NEWADDR',
    'RTM_ADD',
    'RTM_ADD',
  ]);
  test.match(
    got,
    /RTM_NEWADDR.*\nsockaddrs: <NETMASK,IFP,IFA,BRD>\n 255\.0\.0\.0 pppoe0 100\.64\.9\.9 100\.64\.0\.2\n/,
  );
  test.match(
    machine.run('ifconfig pppoe0').stdout,
    /inet 100\.64\.9\.9 --> 100\.64\.0\.2 netmask 0xff000000\n/,
  );
  test.match(
    shown(machine, '-T 104 '),
    /^default +100\.64\.0\.2 +UGS /m,
    'the route is there still, by the new peer',
  );
  test.match(shown(machine), /^100\.64\.0\.2 +100\.64\.9\.9 +UHh? /m);
  machine.load('', 'pass\nmatch out on pppoe0 inet nat-to (pppoe0:0)\npass in on vio1 route-to 100.64.0.2\n');
  test.match(machine.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '198.18.0.1' }).send(), {
    kind: 'delivered',
    uplink: 'b',
    natAddress: '100.64.9.9',
  });
});

t.test(
  "the parent's cable: the session stands, packets are lost, and only the keepalive ends it",
  async (test) => {
    const machine = createDialled();
    machine.run('route -T 104 -n add default -ifp pppoe0 100.64.0.1');
    const got = watch(machine, 'route -n monitor', () => machine.router.setCarrier('vio3', false), 70_000);
    test.match(kinds(got).slice(0, 3), ['RTM_IFINFO no carrier UP', 'RTM_IFINFO no carrier', 'RTM_DELETE']);
    const early = createDialled();
    early.router.setCarrier('vio3', false);
    early.clock.advance(30_000);
    test.match(
      early.run('ifconfig pppoe0').stdout,
      /state: session[\s\S]*status: active[\s\S]*100\.64\.7\.7/,
    );
    early.run('route -T 104 -n add default -ifp pppoe0 100.64.0.1');
    test.match(early.run('ping -n -V 104 -c 1 -w 1 203.0.113.9'), { code: 1, stderr: '' });
    early.clock.advance(40_000);
    test.match(
      early.run('ifconfig pppoe0').stdout,
      /state: PADI sent[\s\S]*status: no carrier[\s\S]*0\.0\.0\.0 --> 0\.0\.0\.1/,
    );
    early.router.setCarrier('vio3', true);
    early.clock.advance(61_000);
    test.match(early.run('ifconfig pppoe0').stdout, /state: session[\s\S]*100\.64\.7\.7/);
    const blip = createDialled();
    blip.router.setCarrier('vio3', false);
    blip.clock.advance(20_000);
    blip.router.setCarrier('vio3', true);
    blip.clock.advance(60_000);
    test.match(
      blip.run('ifconfig pppoe0').stdout,
      /state: session[\s\S]*time: 00:01:20/,
      'a short loss is nothing',
    );
  },
);

t.test(
  'two sessions with the same peer: a route names the interface and still cannot have the second',
  async (test) => {
    const machine = createMachine({
      uplinks: [
        {
          name: 'a',
          interface: 'pppoe0',
          address: '100.64.7.7',
          gateway: '100.64.0.1',
          pppoe: { parent: 'vio2' },
        },
        {
          name: 'b',
          interface: 'pppoe1',
          address: '100.64.8.8',
          gateway: '100.64.0.1',
          pppoe: { parent: 'vio3', destination: '0.0.0.2' },
        },
      ],
    });
    test.match(
      shown(machine),
      /^100\.64\.0\.1 +100\.64\.7\.7 +UHP .*pppoe0\n100\.64\.0\.1 +100\.64\.8\.8 +UHP .*pppoe1$/m,
    );
    test.match(machine.run('route -T 104 -n add default -ifp pppoe1 100.64.0.1'), {
      code: 1,
      stdout: 'add net default: gateway 100.64.0.1: No route to host\n',
    });
    test.equal(machine.run('route -T 103 -n add default -ifp pppoe0 100.64.0.1').code, 0);
  },
);

t.test('tun, gif, wg, gre: a carrier, or none at all', async (test) => {
  const machine = createMachine({
    interfaces: [
      { name: 'tun0', addresses: ['10.8.0.1/32'], peer: '10.8.0.2', hasCarrier: false },
      { name: 'gif0', addresses: ['10.10.0.1/30'], peer: '10.10.0.2', tunnel: '192.0.2.2 --> 192.0.2.1' },
      { name: 'wg0', addresses: ['10.9.0.1/24'] },
      { name: 'gre0', addresses: ['10.11.0.1/32'], peer: '10.11.0.2' },
    ],
    uplinks: [],
    details: [],
  });
  for (const name of ['tun0-p2p', 'gif0', 'wg0']) replay(test, machine, `ifconfig-${name}.txt`, mask);
  test.notMatch(machine.run('ifconfig gre0').stdout, /status/);
  const got = watch(machine, 'route -n monitor', () => {
    machine.router.setInterfaceUp('wg0', false);
    machine.router.setInterfaceUp('gre0', false);
    machine.router.setInterfaceUp('tun0', false);
  });
  test.same(kinds(got), ['RTM_IFINFO unknown', 'RTM_IFINFO unknown', 'RTM_IFINFO down']);
});

t.test('wg and tun as uplinks', async (test) => {
  const machine = createMachine({
    uplinks: [
      { name: 'a', interface: 'wg0', address: '10.9.0.2/24', gateway: '10.9.0.1' },
      { name: 'b', interface: 'tun0', address: '10.8.0.1/32', gateway: '10.8.0.2' },
    ],
  });
  for (const [table, gateway, nic] of [
    [101, '10.9.0.1', 'wg0'],
    [102, '10.8.0.2', 'tun0'],
  ] as const) {
    test.equal(machine.run(`route -T ${table} -n add default ${gateway}`).code, 0);
    test.match(machine.run(`ping -n -V ${table} -c 1 -w 1 198.18.0.1`).stdout, /1 packets received/, nic);
  }
  machine.router.setCarrier('tun0', false);
  test.match(machine.run('ifconfig tun0').stdout, /status: down\n/);
});

t.test(
  'umb: the network configures it, default route and all; proposals say the name servers',
  async (test) => {
    const machine = createMachine({
      uplinks: [
        { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
        {
          name: 'b',
          interface: 'umb0',
          address: '10.45.6.7/30',
          gateway: '10.45.6.5',
          umb: { nameservers: ['10.45.0.53'] },
        },
      ],
    });
    test.match(shown(machine), /^default +10\.45\.6\.5 +UG +0 +0 +- +14 umb0 ?$/m);
    test.match(
      machine.run('ifconfig umb0').stdout,
      /^umb0: flags=8851<UP,POINTOPOINT,RUNNING,SIMPLEX,MULTICAST> mtu 1500\n\tindex \d+ priority 6 llprio 3\n[\s\S]*status: active\n\tinet 10\.45\.6\.7 --> 10\.45\.6\.5 netmask 0xfffffffc\n/,
    );
    const got = watch(machine, 'route -n monitor', () => {
      machine.router.umbDisconnect('b');
      machine.router.umbConnect('b', { address: '10.46.1.2/30', gateway: '10.46.1.1' });
      machine.router.setCarrier('vio2', false);
    });
    test.match(
      got,
      /source umb, table 0, if# \d+, name umb0, pid: 0, seq 0, errno 0\nflags:<DONE>\n[\s\S]*link: down/,
    );
    test.match(got, /proposals: <DNS>\n INET \[10\.45\.0\.53\]\ngot message/);
    test.match(shown(machine), /^default +10\.46\.1\.1 +UG .* 14 umb0 ?$/m);
  },
);

t.test('slaac: a default by link-local, labelled, multipath with another', async (test) => {
  const machine = createMachine({
    uplinks: [
      {
        name: 'a',
        interface: 'vio2',
        address: '192.0.2.2/24',
        gateway: '192.0.2.1',
        address6: '2001:db8:a::2/64',
        gateway6: 'fe80::1',
        slaac: { nameservers: ['2001:db8:a::53'] },
      },
      {
        name: 'b',
        interface: 'vio3',
        address: '198.51.100.2/24',
        gateway: '198.51.100.1',
        address6: '2001:db8:b::2/64',
        gateway6: 'fe80::1',
        slaac: {},
      },
    ],
    details: [
      { name: 'vio2', addresses: ['fe80::2/64'] },
      { name: 'vio3', addresses: ['fe80::3/64'] },
    ],
  });
  const show = (): string => machine.run('route -n show -inet6').stdout;
  test.match(show(), /^default +fe80::1%vio2 +UGSP .* 8 vio2 ?\ndefault +fe80::1%vio3 +UGSP .* 8 vio3 ?$/m);
  test.match(machine.run('route -n show -inet6 -label slaacd').stdout, /default/);
  test.match(
    machine.run('ifconfig vio2').stdout,
    /AUTOCONF6TEMP,AUTOCONF6[\s\S]*inet6 2001:db8:a::2 prefixlen 64 autoconf pltime/,
  );
  const got = watch(machine, 'route -n monitor', () => {
    machine.router.slaacAdvertise('a', { gateway6: null });
    machine.router.slaacAdvertise('a', { gateway6: 'fe80::9' });
  });
  test.match(
    got,
    /RTM_DELETE[\s\S]*fe80::1%vio2[\s\S]*"slaacd"[\s\S]*source slaac[\s\S]*INET6 \[2001:db8:a::53\][\s\S]*fe80::9%vio2/,
  );
  test.match(show(), /^default +fe80::9%vio2 +UGSP/m);
});
