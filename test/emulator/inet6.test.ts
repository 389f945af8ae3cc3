// inet6 through the router: neighbour discovery, prefixes and what providers drop, nat-to in its three forms (OPENBSD.md 1, pf.c).
import t from 'tap';
import type { Outcome } from '../../src/emulator/clients.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const CLIENT = '2001:db8:a:1::10';
const TARGET = '2001:db8:ffff::80';
const LOCAL = 'table <uplinkd_local> persist { 2001:db8:a:1::1 fe80::/10 ff00::/8 }\n';
const MAIN = `set skip on lo
${LOCAL}match in on vio1 inet6 from 2001:db8:a:1::/64 to !<uplinkd_local> tag uplink_default
pass
anchor "uplinkd"
`;
const BY_A = `pass in quick inet6 tagged uplink_default rtable 111 label "uplink:a"
block return in quick inet6 tagged uplink_default
pass out quick on vio2 inet6 tagged uplink_default keep state (if-bound) label "uplink:a"
`;
const BY_B = (nat: string): string => `pass in quick inet6 tagged uplink_default rtable 112 label "uplink:b"
pass out quick on vio3 inet6 tagged uplink_default ${nat} keep state (if-bound) label "uplink:b"
`;

const machine = (anchor: string, main = MAIN): Machine => {
  const made = createMachine({
    lan: { interface: 'vio1', address: '10.0.0.1/24', address6: '2001:db8:a:1::1/64' },
    uplinks: [
      {
        name: 'a',
        interface: 'vio2',
        address: '192.0.2.2/24',
        gateway: '192.0.2.1',
        address6: '2001:db8:a::2/64',
        gateway6: 'fe80::1',
        routed: ['2001:db8:a::/48'],
      },
      {
        name: 'b',
        interface: 'vio3',
        address: '198.51.100.2/24',
        gateway: '198.51.100.1',
        address6: '2001:db8:b::2/64',
        gateway6: 'fe80::1',
        routed: ['2001:db8:b::/48'],
      },
    ],
    details: [
      { name: 'vio2', addresses: ['fe80::5054:ff:fe00:12/64'] },
      { name: 'vio3', addresses: ['fe80::5054:ff:fe00:13/64'] },
    ],
  });
  made.run('route -T 111 -n add -inet6 default fe80::1%vio2');
  made.run('route -T 112 -n add -inet6 default fe80::1%vio3');
  made.load('', main);
  made.load('uplinkd', anchor);
  return made;
};
const send = (made: Machine, client = CLIENT): Outcome =>
  made.router.lan.open({ client, protocol: 'tcp', to: TARGET }).send();

t.test('each provider takes its own prefix only', async (test) => {
  test.match(send(machine(BY_A)), {
    kind: 'delivered',
    uplink: 'a',
    natAddress: CLIENT,
    gateway: 'fe80::1%vio2',
  });
  test.match(send(machine(BY_B(''))), { kind: 'silence', interface: 'vio3', why: 'foreign-source' });
});

t.test('nat-to: the interface, the interface’s first address, a prefix', async (test) => {
  test.match(send(machine(BY_B('nat-to (vio3)'))), { kind: 'delivered', natAddress: '2001:db8:b::2' });
  const first = send(machine(BY_B('nat-to (vio3:0)')));
  test.match(first, { natAddress: 'fe80::5054:ff:fe00:13' }, 'the link-local one');
  const made = machine(BY_B('nat-to 2001:db8:b::/48 bitmask'));
  test.match(send(made), { kind: 'delivered', natAddress: '2001:db8:b:1::10' }, 'subnet and host stay');
  test.match(send(made, '2001:db8:a:1:5054:ff:fe00:99'), { natAddress: '2001:db8:b:1:5054:ff:fe00:99' });
  test.match(
    made.run('pfctl -a uplinkd -sr').stdout,
    /^pass out quick on vio3 inet6 all flags S\/SA keep state \(if-bound\) label "uplink:b" tagged uplink_default nat-to 2001:db8:b::\/48 bitmask$/m,
  );
  const state =
    made
      .run('pfctl -ss')
      .stdout.split('\n')
      .find((line) => line.includes('db8:b:1::10')) ?? '';
  test.match(
    state,
    /^vio3 tcp 2001:db8:b:1::10\[\d+\] \(2001:db8:a:1::10\[\d+\]\) -> 2001:db8:ffff::80\[443\] {7}ESTABLISHED/,
  );
});

t.test('a flow moves from one prefix to the other after a kill, by its label', async (test) => {
  const made = machine(BY_A);
  const flow = made.router.lan.open({ client: CLIENT, protocol: 'udp', to: TARGET, sourcePort: 4500 });
  test.match(flow.send(), { uplink: 'a' });
  made.load('uplinkd', BY_B('nat-to 2001:db8:b::/48 bitmask'));
  test.match(flow.send(), { uplink: 'a' });
  test.equal(made.run('pfctl -k label -k uplink:a').stderr, 'killed 2 states\n');
  test.match(flow.send(), { uplink: 'b', natAddress: '2001:db8:b:1::10' });
});

t.test('neighbours that are tagged and routed away: nothing works', async (test) => {
  const careless = MAIN.replace('to !<uplinkd_local>', 'to any');
  test.match(send(machine(BY_A, careless)), { kind: 'silence', why: 'neighbour solicitation routed away' });
  const half = MAIN.replace(' ff00::/8', '');
  test.match(send(machine(BY_A, half)), { kind: 'silence', why: 'neighbour solicitation routed away' });
  const blocked = machine(BY_A.replace('rtable 111', 'rtable 111').replace(/^pass in.*\n/, ''), careless);
  test.match(send(blocked), { kind: 'silence', why: 'neighbour solicitation blocked' });
});

t.test('somebody flushes the table: with a quick rule for discovery nothing happens', async (test) => {
  const flushed = (made: Machine): Machine => {
    made.run('pfctl -t uplinkd_local -T flush');
    return made;
  };
  test.match(send(flushed(machine(BY_A))), { kind: 'silence', why: 'neighbour solicitation routed away' });
  const types = 'icmp6-type { neighbrsol neighbradv routersol routeradv }';
  const guarded = MAIN.replace('match in', `pass quick on vio1 inet6 proto icmp6 ${types}\nmatch in`);
  test.match(send(flushed(machine(BY_A, guarded))), { kind: 'delivered', uplink: 'a' });
});

t.test('discovery passes rules that keep state, both ways; what blocks it is told', async (test) => {
  const strict = (icmp: string): string =>
    `set skip on lo\n${LOCAL}match in on vio1 inet6 from 2001:db8:a:1::/64 to !<uplinkd_local> tag uplink_default\nblock\n${icmp}anchor "uplinkd"\n`;
  const open = machine(BY_A, strict('pass inet6 proto icmp6\n'));
  test.match(send(open), { kind: 'delivered', uplink: 'a' });
  test.match(
    open.run('pfctl -ss').stdout,
    /^all ipv6-icmp ff02::1:ff00:1\[135\] <- 2001:db8:a:1::10\[\d+\]/m,
  );
  test.match(send(machine(BY_A, strict(''))), { kind: 'silence', why: 'neighbour solicitation blocked' });
  const solicited = 'pass inet6 proto icmp6 icmp6-type neighbrsol\n';
  test.match(
    send(machine(BY_A, strict(solicited))),
    { kind: 'delivered' },
    'the advertisement comes back by the pf state of the question',
  );
  test.match(send(machine(BY_A, strict('pass inet6 proto icmp6 icmp6-type neighbrsol no state\n'))), {
    kind: 'silence',
    why: 'neighbour advertisement blocked',
  });
  const apart = 'pass in inet6 proto icmp6 no state\npass out inet6 proto icmp6\n';
  test.match(
    send(machine(BY_A, strict(apart))),
    { kind: 'delivered' },
    'or by a rule that keeps state, which an advertisement does not make',
  );
  const inOnly = 'pass in on vio1 inet6 proto icmp6\n';
  test.match(send(machine(BY_A, strict(inOnly))), { kind: 'silence' }, 'the gateway cannot be asked for');
});

t.test('ping6, routes, a link that goes', async (test) => {
  const made = machine(BY_A);
  test.equal(made.run(`ping6 -n -V 111 -c 1 ${TARGET}`).code, 0);
  test.equal(made.run(`ping6 -n -V 112 -c 1 ${TARGET}`).code, 0);
  test.match(
    made.run('route -n -T 111 show -inet6').stdout,
    /^default +fe80::1%vio2 +UGS +0 +\d+ +- +8 vio2 *$/m,
  );
  made.router.setDark('a', true);
  test.equal(made.run(`ping6 -n -V 111 -c 1 -w 1 ${TARGET}`).code, 1);
  test.match(send(made), { kind: 'silence', why: 'dark' });
  made.router.setDark('a', false);
  made.router.setCarrier('vio2', false);
  test.match(send(made), { kind: 'silence', why: 'no carrier' }, 'nothing leaks');
});

t.test('inbound inet6: to a host of the LAN, with and without a default route', async (test) => {
  const main = `${MAIN}match in on vio2 inet6 to 2001:db8:a:1::80 tag uplink_inbound\nmatch in on vio3 inet6 proto tcp to (vio3) rdr-to 2001:db8:a:1::80 tag uplink_inbound\nanchor "uplinkd"\n`;
  const rules = `match in on vio2 inet6 tagged uplink_inbound tag uplink_inbound_a
pass out quick inet6 tagged uplink_inbound_a reply-to 2001:db8:a::1 label "uplink:a:in"
`;
  const made = machine(rules, main);
  const knock = (): Outcome =>
    made.router.lan.inbound({ uplink: 'a', from: '2001:db8:ffff::200', port: 80, to: '2001:db8:a:1::80' });
  test.match(
    knock(),
    { kind: 'silence' },
    'nobody at 2001:db8:a::1: the gateway answers to its link-local address only',
  );
  made.run('route -n add -inet6 default fe80::1%vio2');
  made.load('uplinkd', '');
  test.match(
    knock(),
    { kind: 'delivered', uplink: 'a', natAddress: '2001:db8:a:1::80' },
    'by the default route',
  );
  made.router.setGateway('a', '2001:db8:a::1');
  made.run('route -n delete -inet6 default');
  made.load('uplinkd', rules);
  test.match(knock(), { kind: 'delivered', uplink: 'a' }, 'a global gateway can be a reply-to target');
});
