// What was tried on a running OpenBSD 7.8 (OPENBSD.md section 1 and 2), replayed: the emulator must show what the kernel showed.
import t from 'tap';
import type { Outcome } from '../../src/emulator/clients.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const MAIN = `set skip on lo
table <uplinkd_local> persist { self 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 }
match in on vio1 inet from vio1:network to !<uplinkd_local> tag uplink_default
pass
anchor "uplinkd"
`;
const choose = (link: string, gateway: string, share = ''): string =>
  `pass in quick inet tagged uplink_default ${share} route-to ${gateway} label "uplink:${link}"\n`;
const leave = (link: string, nic: string): string =>
  `pass out quick on ${nic} inet tagged uplink_default nat-to (${nic}:0) keep state (if-bound) label "uplink:${link}"\n`;
const REFUSE = 'block return in quick inet tagged uplink_default\n';
const OUT = leave('a', 'vio2') + leave('b', 'vio3');
const A = '192.0.2.1';
const B = '198.51.100.1';
const BOTH = choose('a', A, 'probability 50%') + choose('b', B) + REFUSE + OUT;
const ONLY_A = choose('a', A) + REFUSE + OUT;
const ONLY_B = choose('b', B) + REFUSE + OUT;

const machine = (anchor: string, options: Partial<RouterOptions> = {}, main = MAIN): Machine => {
  const made = createMachine(options);
  made.load('', main);
  made.load('uplinkd', anchor);
  return made;
};
const udp = (made: Machine, sourcePort?: number): (() => Outcome) => {
  const flow = made.router.lan.open({
    client: '10.0.0.2',
    protocol: 'udp',
    to: '203.0.113.53',
    ...(sourcePort === undefined ? {} : { sourcePort }),
  });
  return () => flow.send();
};
const spread = (made: Machine, flows: number): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (let i = 0; i < flows; i++) {
    const outcome = udp(made)();
    const name = outcome.kind === 'delivered' ? (outcome.uplink ?? '?') : outcome.kind;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

t.test(
  'a probability chain without a default route: shares, NAT by the right address, labels',
  async (test) => {
    const made = machine(BOTH);
    const counts = spread(made, 400);
    test.equal((counts['a'] ?? 0) + (counts['b'] ?? 0), 400, 'everything is forwarded');
    test.ok(Math.abs((counts['a'] ?? 0) - 200) < 3 * Math.sqrt(400 * 0.25), `a got ${counts['a']} of 400`);
    const one = udp(made)();
    if (one.kind === 'delivered')
      test.equal(one.natAddress, one.uplink === 'a' ? '192.0.2.2' : '198.51.100.2');
    const killed = Number(/\d+/.exec(made.run('pfctl -k label -k uplink:a').stderr)?.[0]);
    test.ok(
      killed >= 2 * (counts['a'] ?? 0) && killed <= 2 * (counts['a'] ?? 0) + 2,
      'the in and the out one of each',
    );
  },
);

t.test('a UDP flow stays until it is killed, then moves with the other address', async (test) => {
  const made = machine(ONLY_A);
  const send = udp(made, 4500);
  test.match(send(), { kind: 'delivered', uplink: 'a', natAddress: '192.0.2.2' });
  made.load('uplinkd', ONLY_B);
  for (let i = 0; i < 5; i++) {
    made.clock.advance(200);
    test.match(send(), { kind: 'delivered', uplink: 'a' }, 'its pf state keeps the gateway');
  }
  test.match(made.run('pfctl -ss').stdout, /\{192\.0\.2\.1\}/);
  test.equal(
    made.run('pfctl -k label -k uplink:a').stderr,
    'killed 2 states\n',
    'by the label of rules that are gone',
  );
  test.match(send(), { kind: 'delivered', uplink: 'b', natAddress: '198.51.100.2' });
});

t.test('floating out states without a label: the flow is dead after failover', async (test) => {
  const floating =
    'pass out quick on vio2 inet tagged uplink_default nat-to (vio2:0)\npass out quick on vio3 inet tagged uplink_default nat-to (vio3:0)\n';
  const made = machine(choose('a', A) + REFUSE + floating);
  const send = udp(made, 4500);
  send();
  made.load('uplinkd', choose('b', B) + REFUSE + floating);
  test.equal(made.run('pfctl -k label -k uplink:a').stderr, 'killed 1 states\n', 'only the one that came in');
  test.match(send(), { kind: 'silence', interface: 'vio3', natAddress: '192.0.2.2', why: 'foreign-source' });
});

t.test('an established TCP connection: a RST at once, and a new one by the other link', async (test) => {
  const made = machine(ONLY_A);
  const flow = made.router.lan.open({ client: '10.0.0.2', protocol: 'tcp', to: '203.0.113.80' });
  test.match(flow.send(), { kind: 'delivered', uplink: 'a' });
  made.load('uplinkd', ONLY_B);
  made.run('pfctl -k label -k uplink:a');
  test.same(flow.send(), { kind: 'refused', how: 'rst' }, 'mid-stream packets match no flags S/SA rule');
  test.match(flow.send(), { kind: 'delivered', uplink: 'b' });
});

t.test('no link: refused at once, TCP and UDP', async (test) => {
  const made = machine(REFUSE);
  test.same(made.router.lan.open({ client: '10.0.0.2', protocol: 'tcp', to: '203.0.113.80' }).send(), {
    kind: 'refused',
    how: 'rst',
  });
  test.same(udp(made)(), { kind: 'refused', how: 'unreachable' });
});

t.test('without the anchor line nothing is evaluated, and nothing leaves', async (test) => {
  const made = machine(ONLY_A, {}, MAIN.replace('anchor "uplinkd"\n', ''));
  test.same(udp(made)(), { kind: 'refused', how: 'unreachable' }, 'no default route either');
  test.equal(made.run('pfctl -a uplinkd -vsr').stdout.match(/Evaluations: 0 /g)?.length, 4);
  const withDefault = machine(ONLY_B, { defaultRoute: A }, MAIN.replace('anchor "uplinkd"\n', ''));
  test.match(udp(withDefault)(), {
    kind: 'silence',
    interface: 'vio2',
    natAddress: '10.0.0.2',
    why: 'foreign-source',
  });
});

t.test('an empty table as a route-to target: packets vanish', async (test) => {
  const made = machine('pass in quick inet tagged uplink_default route-to <nobody>\n');
  test.match(udp(made)(), { kind: 'silence', interface: null, why: 'no-route' });
  test.match(made.run('pfctl -si').stdout, /no-route +1 /);
});

t.test(
  'pools: least-states is exact, weighted round-robin is 2:1, random and main-table weights count for nothing',
  async (test) => {
    const pool = (type: string, weight = 'weight 3'): string =>
      `table <gw> { ${A} ${weight}, ${B} weight 1 }\npass in quick inet tagged uplink_default route-to <gw> ${type}\n${OUT}`;
    test.same(spread(machine(pool('least-states')), 80), { a: 60, b: 20 });
    const round = spread(machine(pool('round-robin')), 80);
    test.ok(Math.abs((round['a'] ?? 0) - 53) <= 1, `${round['a']} of 80`);
    const random = spread(machine(pool('random')), 400);
    test.ok(Math.abs((random['a'] ?? 0) - 200) < 30, `${random['a']} of 400`);
    const outside = machine(
      `pass in quick inet tagged uplink_default route-to <gw> least-states\n${OUT}`,
      {},
      `table <gw> persist { ${A} weight 5, ${B} weight 1 }\n${MAIN}`,
    );
    test.same(
      spread(outside, 12),
      { a: 6, b: 6 },
      'the table is in the main rule set, the rule in an anchor',
    );
    const single = machine(`pass in quick inet tagged uplink_default route-to ${A} least-states\n${OUT}`);
    test.same(
      udp(single)(),
      { kind: 'refused', how: 'unreachable' },
      'a single host with least-states goes to 0.0.0.0',
    );
  },
);

t.test('weights of standing entries never change', async (test) => {
  const made = createMachine();
  const anchor = (weight: number): string =>
    `table <gw> persist { ${A} weight ${weight}, ${B} weight 1 }\npass in quick inet route-to <gw> least-states\n`;
  made.load('uplinkd', anchor(2));
  test.match(made.run("pfctl -t gw -T replace '192.0.2.1 weight 1'"), {
    code: 255,
    stderr: 'no IP address found for 192.0.2.1 weight 1\n',
  });
  test.equal(
    made.run('pfctl -a uplinkd -t gw -T replace -f -', '192.0.2.1 weight 9\n198.51.100.1\n').stderr,
    'no changes.\n',
  );
  made.load('uplinkd', anchor(9));
  test.match(made.run('pfctl -a uplinkd -t gw -T show -v').stdout, /192\.0\.2\.1\n.*\n\tWeight: {13}2\n/);
});

t.test('links in rdomains of their own, with the same address and the same gateway', async (test) => {
  const made = createMachine({
    uplinks: [
      { name: 'a', interface: 'vio2', address: '192.168.1.2/24', gateway: '192.168.1.1' },
      { name: 'b', interface: 'vio3', address: '192.168.1.2/24', gateway: '192.168.1.1' },
    ],
    details: [
      { name: 'vio2', rdomain: 101 },
      { name: 'vio3', rdomain: 102 },
    ],
  });
  made.run('route -T 101 -n add default 192.168.1.1');
  made.run('route -T 102 -n add default 192.168.1.1');
  made.load('', MAIN);
  made.load(
    'uplinkd',
    `pass in quick inet tagged uplink_default probability 50% rtable 101 label "uplink:a"\npass in quick inet tagged uplink_default rtable 102 label "uplink:b"\n${REFUSE}${OUT}`,
  );
  const counts = spread(made, 60);
  test.equal((counts['a'] ?? 0) + (counts['b'] ?? 0), 60, 'answers come back to rdomain 0');
  test.ok((counts['a'] ?? 0) > 15 && (counts['b'] ?? 0) > 15, JSON.stringify(counts));
  test.equal(made.run('pfctl -k label -k uplink:a').stderr, `killed ${counts['a']} states\n`);
  test.equal(made.run('pfctl -V 101 -k label -k uplink:a').stderr, `killed ${counts['a']} states\n`);
  test.match(
    made.run('pfctl -ss').stdout,
    /^all udp \(102\) 203\.0\.113\.53:53 \(203\.0\.113\.53:53\) <- \(102\) 10\.0\.0\.2:\d+ /m,
  );
});

t.test('rtable N in rdomain 0 with nothing but a default route works like route-to', async (test) => {
  const made = createMachine();
  made.run(`route -T 121 -n add default ${A}`);
  made.run(`route -T 122 -n add default ${B}`);
  made.load('', MAIN);
  const by = (rtable: number, link: string): string =>
    `pass in quick inet tagged uplink_default rtable ${rtable} label "uplink:${link}"\n${REFUSE}${OUT}`;
  made.load('uplinkd', by(121, 'a'));
  const send = udp(made, 4500);
  test.match(send(), { kind: 'delivered', uplink: 'a', natAddress: '192.0.2.2' });
  made.load('uplinkd', by(122, 'b'));
  made.run('pfctl -k label -k uplink:a');
  test.match(send(), { kind: 'delivered', uplink: 'b', natAddress: '198.51.100.2' });
  made.router.setCarrier('vio3', false);
  test.match(send(), { kind: 'silence', why: 'no carrier' }, 'nothing leaks when the carrier goes');
});

t.test(
  'a gateway behind a pulled or downed interface: host unreachable; one that is dead: silence',
  async (test) => {
    const pulled = machine(ONLY_A);
    pulled.router.setCarrier('vio2', false);
    test.same(udp(pulled)(), { kind: 'refused', how: 'unreachable' });
    const downed = machine(ONLY_A);
    downed.router.setInterfaceUp('vio2', false);
    test.same(udp(downed)(), { kind: 'refused', how: 'unreachable' });
    const dead = machine(ONLY_A);
    dead.router.setGatewayDead('a', true);
    test.match(udp(dead)(), { kind: 'silence', why: 'no ARP answer' });
    const dark = machine(ONLY_A);
    dark.router.setDark('a', true);
    test.match(udp(dark)(), { kind: 'silence', interface: 'vio2', why: 'dark' });
    test.equal(dark.run('ping -n -c 1 192.0.2.1').code, 0, 'the gateway of a dark link still answers');
  },
);

t.test('this machine: no route, pf in the way, expanded and dynamic addresses', async (test) => {
  const made = createMachine();
  test.equal(
    made.run('ping -n -c 1 -w 1 203.0.113.1').stderr,
    "ping: sendmsg: Can't assign requested address\n",
  );
  made.run(`route -n add default ${A}`);
  made.load('', 'block out\npass out on vio2 from vio2\n');
  test.equal(made.run('ping -n -c 1 -w 1 203.0.113.1').code, 0);
  made.router.setAddress('vio2', '192.0.2.3/24');
  made.run(`route -n add default ${A}`);
  const refused = made.run('ping -n -c 1 -w 1 203.0.113.1');
  test.equal(refused.stderr, 'ping: sendmsg: Permission denied\n', 'the rule still has the old address');
  made.load('', 'block out\npass out on vio2 from (vio2)\n');
  made.router.setAddress('vio2', '192.0.2.4/24');
  made.run(`route -n add default ${A}`);
  test.equal(made.run('ping -n -c 1 -w 1 203.0.113.1').code, 0);
});

t.test('rtables: made by add, also by one that fails; emptied with the address', async (test) => {
  const made = createMachine();
  test.equal(made.run('route -T 101 -n show').code, 1);
  test.equal(
    made.run('route -T 101 -n add default 10.77.77.1').stdout,
    'add net default: gateway 10.77.77.1: Network is unreachable\n',
  );
  test.equal(made.run('route -T 101 -n show').stdout, 'Routing tables\n');
  made.run(`route -T 101 -n add default ${A}`);
  made.router.setCarrier('vio2', false);
  test.match(made.run('route -T 101 -n show').stdout, /default +192\.0\.2\.1 +GS /);
  test.match(made.run('ping -n -V 101 -c 2 -w 1 203.0.113.1'), { code: 1, stderr: '' }, 'loss, not an error');
  made.router.setCarrier('vio2', true);
  test.equal(made.run('ping -n -V 101 -c 1 -w 1 203.0.113.1').code, 0, 'the route has survived');
  made.router.removeAddress('vio2', '192.0.2.2');
  test.equal(made.run('route -T 101 -n show').stdout, 'Routing tables\n', 'nothing puts it back');
  made.router.addAddress('vio2', '192.0.2.2/24');
  test.equal(made.run('route -T 101 -n show').stdout, 'Routing tables\n');
});

t.test('inbound: the reply-to must be on the rule that lets the connection out to the LAN', async (test) => {
  const main = `set skip on lo
match in on { vio2 vio3 } inet proto tcp to port 80 rdr-to 10.0.0.80 tag uplink_inbound
pass
anchor "uplinkd"
`;
  const plain = `pass in quick on vio2 inet tagged uplink_inbound reply-to ${A}\npass in quick on vio3 inet tagged uplink_inbound reply-to ${B}\n`;
  const right = ['a', 'b']
    .map((link) => {
      const nic = link === 'a' ? 'vio2' : 'vio3';
      const gateway = link === 'a' ? A : B;
      return `match in on ${nic} inet tagged uplink_inbound tag uplink_inbound_${link}
pass in quick on ${nic} inet tagged uplink_inbound_${link} label "uplink:${link}:in"
pass out quick inet tagged uplink_inbound_${link} reply-to ${gateway} label "uplink:${link}:in"
`;
    })
    .join('');
  const knock = (made: Machine, uplink: string): Outcome =>
    made.router.lan.inbound({ uplink, from: '203.0.113.200', port: 80 });
  const wrong = machine(plain, {}, main);
  test.equal(knock(wrong, 'a').kind, 'silence');
  test.equal(knock(wrong, 'b').kind, 'silence');
  const made = machine(right, {}, main);
  test.match(knock(made, 'a'), { kind: 'delivered', uplink: 'a', natAddress: '192.0.2.2' });
  test.match(knock(made, 'b'), { kind: 'delivered', uplink: 'b', natAddress: '198.51.100.2' });
  const toSelf =
    'set skip on lo\npass\npass in on vio2 inet proto tcp to (vio2) port 22 reply-to 192.0.2.1\npass in on vio3 inet proto tcp to (vio3) port 22 reply-to 198.51.100.1\n';
  const without = machine('', {}, toSelf);
  test.equal(
    without.router.lan.inbound({ uplink: 'b', from: '203.0.113.200', port: 22 }).kind,
    'silence',
    'no default route: not to the router itself',
  );
  const withDefault = machine('', { defaultRoute: A }, toSelf);
  for (const uplink of ['a', 'b'])
    test.match(
      withDefault.router.lan.inbound({ uplink, from: '203.0.113.200', port: 22 }),
      { kind: 'delivered', uplink },
      `by its own link: ${uplink}`,
    );
});

t.test('queues belong to the main rule set', async (test) => {
  const made = createMachine();
  const queues =
    'queue root on vio2 bandwidth 10M\nqueue voip on vio2 parent root bandwidth 1M default\n' +
    'queue root on vio3 bandwidth 5M\nqueue voip on vio3 parent root bandwidth 1M default\n' +
    'match out tagged uplink_default set queue voip\npass\n';
  made.load('', queues);
  test.match(made.run('pfctl -sr').stdout, /^match out all set \(queue voip\) tagged uplink_default$/m);
  test.match(made.run('pfctl -a uplinkd -f -', 'match out set queue voip\n'), {
    code: 1,
    stderr: 'stdin:1: queue voip is not defined\npfctl: Syntax error in config file: pf rules not loaded\n',
  });
});

t.test('set skip in an anchor switches the firewall off for an interface', async (test) => {
  const made = machine(ONLY_A);
  made.load('careless', 'set skip on vio1\npass\n');
  test.same(
    udp(made)(),
    { kind: 'refused', how: 'unreachable' },
    'not tagged any more, and there is no default route',
  );
  made.load('', MAIN);
  test.match(udp(made)(), { kind: 'delivered' }, 'until the main rule set is loaded again');
});

t.test('load anchor … from a missing file makes the whole main rule set fail', async (test) => {
  const made = createMachine();
  made.load('', 'pass in\npass out\n');
  const main = 'pass\nanchor "uplinkd"\nload anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"\n';
  test.equal(made.run('pfctl -f -', main).code, 1);
  test.equal(made.run('pfctl -sr').stdout.split('\n').length, 3, 'what was there stays');
  made.router.files.set('/var/db/uplinkd/anchor.conf', '');
  made.load('', main);
  made.router.files.set('/var/db/uplinkd/anchor.conf', 'pass in label "kept"\n');
  made.load('', main);
  test.match(made.run('pfctl -a uplinkd -sl').stdout, /^kept /);
});

t.test('pf states end when their time is over', async (test) => {
  const made = machine(ONLY_A);
  const send = udp(made, 4500);
  send();
  test.equal(made.run('pfctl -ss').stdout.split('\n').length, 3);
  made.clock.advance(29_000);
  send();
  made.clock.advance(31_000);
  test.equal(made.run('pfctl -ss').stdout.split('\n').length, 3, 'traffic both ways: 60 s');
  made.clock.advance(60_000);
  test.equal(made.run('pfctl -ss').stdout, '');
  const flow = made.router.lan.open({ client: '10.0.0.2', protocol: 'tcp', to: '203.0.113.80' });
  flow.send();
  made.clock.advance(86_000_000);
  test.match(made.run('pfctl -ss').stdout, /ESTABLISHED:ESTABLISHED/);
  flow.close();
  made.clock.advance(91_000);
  test.equal(made.run('pfctl -ss').stdout, '');
});

t.test(
  'main reload leaves anchors and their tables alone; anchors are found alone and by wildcard',
  async (test) => {
    const made = machine(ONLY_A);
    made.load('', MAIN);
    test.match(udp(made)(), { kind: 'delivered' });
    made.load('', MAIN.replace('anchor "uplinkd"', 'anchor "uplinkd/*"'));
    test.same(
      udp(made)(),
      { kind: 'refused', how: 'unreachable' },
      'rules of the parent are not evaluated by parent/*',
    );
    made.load('uplinkd/z', choose('b', B) + OUT);
    made.load('uplinkd/m', choose('a', A) + OUT);
    test.match(
      udp(made)(),
      { kind: 'delivered', uplink: 'a' },
      'children in alphabetical order, quick in the first ends it',
    );
  },
);

t.test(
  'if-bound out states: killing the side of the LAN alone is enough; killing the other alone helps nothing',
  async (test) => {
    const made = machine(ONLY_A);
    const send = udp(made, 4500);
    send();
    const idOf = (direction: string): string | undefined =>
      [...made.router.firewall.states.all.values()]
        .find((one) => one.direction === direction)
        ?.id.toString(16);
    made.load('uplinkd', ONLY_B);
    test.equal(made.run(`pfctl -k id -k ${idOf('out')}`).stderr, 'killed 1 states\n');
    test.match(send(), { kind: 'delivered', uplink: 'a' }, 'the other one keeps its gateway');
    made.run(`pfctl -k id -k ${idOf('in')}`);
    test.match(send(), { kind: 'delivered', uplink: 'b', natAddress: '198.51.100.2' });

    const other = machine(ONLY_A);
    const again = udp(other, 4500);
    again();
    other.load('uplinkd', ONLY_B);
    const [first] = [...other.router.firewall.states.all.values()].filter((one) => one.direction === 'in');
    other.run(`pfctl -k id -k ${first?.id.toString(16)}`);
    test.match(
      again(),
      { kind: 'delivered', uplink: 'b', natAddress: '198.51.100.2' },
      'the bound one on the other link does not match',
    );
  },
);

t.test('set state-policy if-bound does the same; floating can be asked for', async (test) => {
  const plain = 'pass out quick on vio2 inet tagged uplink_default nat-to (vio2:0)\n';
  const rules = choose('a', A) + plain;
  const bound = machine(rules, {}, `set state-policy if-bound\n${MAIN}`);
  udp(bound)();
  test.match(
    bound.run('pfctl -ss').stdout,
    /^all udp .*\nall udp /,
    'the option is not inherited by anchors loaded apart',
  );
  const main = createMachine();
  main.load('', 'set state-policy if-bound\npass\npass out keep state (floating)\n');
  test.equal(
    main.run('pfctl -sr').stdout,
    'pass all flags S/SA keep state (if-bound)\npass out all flags S/SA\n',
  );
});

t.test(
  'a local packet sent elsewhere by route-to is not translated there, unless the same rule says so',
  async (test) => {
    const go = (rule: string): string | null => {
      const made = createMachine({ defaultRoute: A });
      made.load('', `set skip on lo\npass\nmatch out on vio3 nat-to (vio3:0)\n${rule}\n`);
      const sent = made.router.send(
        {
          family: 'inet',
          protocol: 'udp',
          source: '',
          sourcePort: 5000,
          destination: '203.0.113.9',
          destinationPort: 53,
          flags: {},
          icmpType: null,
          bytes: 60,
          tag: null,
          rtable: 0,
        },
        false,
      );
      return sent.kind === 'sent' ? `${sent.nic.name} ${sent.packet.source}` : sent.kind;
    };
    test.equal(go(`pass out on vio2 route-to ${B}`), 'vio3 192.0.2.2');
    test.equal(go(`pass out on vio2 route-to ${B} nat-to 198.51.100.2`), 'vio3 198.51.100.2');
  },
);

t.test('inet6: rtable with a link-local gateway, and what nat-to translates to', async (test) => {
  const options: Partial<RouterOptions> = {
    lan: { interface: 'vio1', address: '10.0.0.1/24', address6: '2001:db8:1::1/64' },
    uplinks: [
      {
        name: 'a',
        interface: 'vio2',
        address: '192.0.2.2/24',
        gateway: A,
        address6: '2001:db8:a::2/64',
        gateway6: 'fe80::1',
        routed: ['2001:db8:1::/64'],
      },
    ],
    details: [{ name: 'vio2', addresses: ['fe80::5054:ff:fe00:12/64'] }],
  };
  const main =
    // without ff00::/8 the clients' questions for their router would be tagged and routed away
    'set skip on lo\ntable <local> { 2001:db8:1::1 fe80::/10 ff00::/8 }\nmatch in on vio1 inet6 from 2001:db8:1::/64 to !<local> tag uplink_default\npass\nanchor "uplinkd"\n';
  const made = createMachine(options);
  test.equal(
    made.run('route -T 111 -n add -inet6 default fe80::1%vio2').stdout,
    'add net default: gateway fe80::1%vio2\n',
  );
  made.load('', main);
  made.load(
    'uplinkd',
    'pass in quick inet6 tagged uplink_default rtable 111 label "uplink:a"\npass out quick on vio2 inet6 tagged uplink_default keep state (if-bound) label "uplink:a"\n',
  );
  const flow = made.router.lan.open({ client: '2001:db8:1::9', protocol: 'tcp', to: '2001:db8:ffff::80' });
  test.match(flow.send(), {
    kind: 'delivered',
    uplink: 'a',
    natAddress: '2001:db8:1::9',
    gateway: 'fe80::1%vio2',
  });
  test.equal(made.run('pfctl -k label -k uplink:a').stderr, 'killed 2 states\n');
  test.equal(made.run('ping6 -n -V 111 -c 1 2001:db8:ffff::80').code, 0);
  const lost = createMachine(options);
  lost.load('', main);
  lost.load('uplinkd', 'pass in quick inet6 tagged uplink_default route-to fe80::1%vio2\n');
  test.match(lost.run('pfctl -a uplinkd -sr').stdout, /route-to fe80::1\n/, 'printed without the scope');
  test.notMatch(
    lost.router.lan.open({ client: '2001:db8:1::9', protocol: 'udp', to: '2001:db8:ffff::80' }).send(),
    { kind: 'delivered' },
  );
});
