// Connections from outside (OPENBSD.md 1, DESIGN.md 3 point 8): to LAN servers and to the router, with and without a default route.
import t from 'tap';
import type { Outcome } from '../../src/emulator/clients.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const LINKS = [
  ['a', 'vio2', '192.0.2.1'],
  ['b', 'vio3', '198.51.100.1'],
] as const;
const MAIN = `set skip on lo
block return
pass in on vio1
pass out
match in on { vio2 vio3 } inet proto tcp to port 80 rdr-to 10.0.0.80 port 8080 tag uplink_inbound
pass in on { vio2 vio3 } inet proto tcp to port 22 tag uplink_inbound
anchor "uplinkd"
`;
const match = LINKS.map(
  ([link, nic]) => `match in on ${nic} inet tagged uplink_inbound tag uplink_inbound_${link}\n`,
);
const passIn = LINKS.map(
  ([link, nic, gateway]) =>
    `pass in quick on ${nic} inet from !(${nic}:network) to any tagged uplink_inbound_${link} reply-to ${gateway} label "uplink:${link}:in"\n`,
);
const passInPlain = LINKS.map(
  ([link, nic]) => `pass in quick on ${nic} inet tagged uplink_inbound_${link} label "uplink:${link}:in"\n`,
);
const passOut = LINKS.map(
  ([link, nic, gateway]) =>
    `pass out quick inet from !(${nic}:network) to any tagged uplink_inbound_${link} reply-to ${gateway} label "uplink:${link}:in"\npass out quick inet tagged uplink_inbound_${link} label "uplink:${link}:in"\n`,
);
const machine = (rules: readonly (readonly string[])[], defaultRoute?: string): Machine => {
  const made = createMachine(defaultRoute === undefined ? {} : { defaultRoute });
  made.load('', MAIN);
  made.load('uplinkd', rules.flat().join(''));
  return made;
};
const knock = (made: Machine, uplink: string, port: number, from = '203.0.113.200'): Outcome =>
  made.router.lan.inbound({ uplink, from, port });

t.test('to a LAN server: the rule that lets out to the LAN carries the reply-to', async (test) => {
  for (const route of [undefined, '192.0.2.1', '198.51.100.1'])
    for (const rules of [
      [match, passInPlain, passOut],
      [match, passIn, passOut],
    ]) {
      const made = machine(rules, route);
      for (const [link, , gateway] of LINKS)
        test.match(
          knock(made, link, 80),
          { kind: 'delivered', uplink: link, gateway },
          `default ${route ?? 'none'}: ${link}`,
        );
      test.match(made.run('pfctl -ss').stdout, /^all tcp 10\.0\.0\.80:8080 <- 203.*|\{192\.0\.2\.1\}/m);
      test.equal(made.run('pfctl -k label -k uplink:a:in').stderr, 'killed 2 states\n', 'only that link’s');
    }
  const plain = [
    LINKS.map(
      ([, nic, gateway]) => `pass in quick on ${nic} inet tagged uplink_inbound reply-to ${gateway}\n`,
    ),
  ];
  for (const [link] of LINKS)
    test.equal(knock(machine(plain), link, 80).kind, 'silence', 'reply-to on the way in');
  test.match(
    knock(machine(plain, '192.0.2.1'), 'b', 80),
    { kind: 'delivered', uplink: 'b' },
    'any route will do',
  );
});

t.test('to the router itself: any default route, then reply-to does the rest', async (test) => {
  for (const [link] of LINKS) {
    test.equal(knock(machine([match, passIn, passOut]), link, 22).kind, 'silence', 'no default route');
    for (const route of ['192.0.2.1', '198.51.100.1'])
      test.match(knock(machine([match, passIn, passOut], route), link, 22), {
        kind: 'delivered',
        uplink: link,
      });
  }
  test.match(
    knock(machine([match, passInPlain, passOut], '192.0.2.1'), 'b', 22),
    { kind: 'silence', interface: 'vio2', why: 'the answer left elsewhere' },
    'without reply-to by the default route',
  );
});

t.test('hosts on the uplink’s own network are answered directly', async (test) => {
  for (const port of [22, 80]) {
    const made = machine([match, passIn, passInPlain, passOut]);
    test.match(
      knock(made, 'a', port, '192.0.2.77'),
      {
        kind: 'silence',
        interface: null,
        why: `the answer was ${port === 22 ? 'lost' : 'dropped'}`,
      },
      'nobody there to answer ARP in this world',
    );
    test.notMatch(made.run('pfctl -ss').stdout, /\{/, 'not by the gateway');
  }
});

t.test(
  'rdr-to a port range: the place in the range is kept (sys/net/pf_lb.c, pf_get_transaddr)',
  async (test) => {
    const made = createMachine({ defaultRoute: '192.0.2.1' });
    const at = (rule: string, port: number): string => {
      made.run('pfctl -F states');
      made.load('', `pass in on vio2 inet proto tcp ${rule}\npass out\n`);
      made.router.lan.inbound({ uplink: 'a', from: '203.0.113.9', port });
      return /10\.0\.0\.5:(\d+)/.exec(made.run('pfctl -ss').stdout)?.[1] ?? '';
    };
    for (const [rule, port, wanted] of [
      ['to port 80:90 rdr-to 10.0.0.5 port 8080:8090', 85, '8085'],
      ['to port 80:100 rdr-to 10.0.0.5 port 8080:8090', 95, '8084'],
      ['to port 80:90 rdr-to 10.0.0.5 port 8080', 85, '8080'],
      ['to port 80:90 rdr-to 10.0.0.5', 85, '85'],
      ['rdr-to 10.0.0.5 port 8080:8089', 85, '8085'],
    ] as const)
      test.equal(at(rule, port), wanted, `${rule}, ${port}`);
  },
);
// sys/net/pf_lb.c pf_get_transaddr
t.test('a range of ports is laid over the range of rdr-to', async (test) => {
  const made = createMachine({ defaultRoute: '192.0.2.1' });
  made.load(
    '',
    'match in on vio2 inet proto tcp to port 80:90 rdr-to 10.0.0.80 port 8080:*\n' +
      'match in on vio2 inet proto tcp to port 100:110 rdr-to 10.0.0.80 port 9000:9003\npass\n',
  );
  for (const [port, to] of [
    [80, 8080],
    [87, 8087],
    [102, 9002],
    [105, 9001],
    [120, 120],
  ] as const) {
    knock(made, 'a', port);
    test.match(made.run('pfctl -ss').stdout, new RegExp(`:${to} (\\(192.0.2.2:${port}\\) )?<- `), `${port}`);
    made.run('pfctl -F states');
  }
});

// sys/net/pf.c pf_routable
t.test('no-route is what there is no route to', async (test) => {
  for (const [defaultRoute, from, blocked] of [
    ['192.0.2.1', '203.0.113.200', 0],
    [undefined, '203.0.113.200', 1],
    [undefined, '192.0.2.9', 0],
  ] as const) {
    const made = createMachine(defaultRoute === undefined ? {} : { defaultRoute });
    made.load('', 'pass\nblock drop in from no-route\n');
    knock(made, 'a', 22, from);
    test.match(made.run('pfctl -vsr').stdout, new RegExp(`from no-route .*\n.*Packets: ${blocked} `), from);
  }
});
