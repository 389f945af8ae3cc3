// What pfctl prints of rules and options that it takes, each line as the real pfctl 7.8 printed it (`pfctl -o none -nvf -`).
import t from 'tap';
import { createMachine } from './machine.ts';

/** The rules, and what is printed of them; nothing: the same. */
type Row = readonly [rules: string, wanted?: string];

// -n changes nothing on it
const machine = createMachine({ files: new Map([['/etc/addresses', '# none\n']]) });

const group = (name: string, rows: readonly Row[]): void => {
  t.test(name, async (test) => {
    for (const [rules, wanted = rules] of rows) {
      const { code, stdout, stderr } = machine.run('pfctl -nvf -', `${rules}\n`);
      const printed = code === 0 && stderr === '' ? stdout : `refused: ${stderr}`;
      test.equal(printed, wanted === '' ? '' : `${wanted}\n`, rules);
    }
  });
};

// sbin/pfctl/parse.y pfrule, pfctl_parser.c print_rule
group('state options', [
  ['pass keep state (max 0)', 'pass all flags S/SA'],
  [
    'pass keep state (max 100)',
    'pass all flags S/SA keep state (max 100, adaptive.start 60, adaptive.end 120)',
  ],
  ['pass keep state (max 9)', 'pass all flags S/SA keep state (max 9)'],
  [
    'pass keep state (max 0, max 0, max 25)',
    'pass all flags S/SA keep state (max 25, adaptive.start 12, adaptive.end 24)',
  ],
  [
    'pass keep state (pflow, if-bound, no-sync, sloppy)',
    'pass all flags S/SA keep state (no-sync, if-bound, sloppy, pflow)',
  ],
]);

// parse.y filter_opt, print_rule
group('type of service', [
  ['pass tos 0', 'pass all flags S/SA'],
  ['pass tos cs0', 'pass all flags S/SA'],
  ['match set tos 0', 'match all set (tos 0x00)'],
  ['pass tos 0x1F', 'pass all flags S/SA tos 0x1f'],
]);

// pf_print_state.c print_addr, pfctl_parser.c print_fromto, parse.y expand_label_addr
group('any, by whatever name', [
  ['pass inet from any to 0.0.0.0/0', 'pass inet all flags S/SA'],
  ['pass from ::/0', 'pass inet6 all flags S/SA'],
  ['pass from 1.2.3.4/0 to 10.0.0.1', 'pass inet from any to 10.0.0.1 flags S/SA'],
  ['pass from ! 0/0', 'pass inet from ! any to any flags S/SA'],
  [
    'pass from 0/0 to 10.0.0.1 label "$srcaddr-$dstaddr"',
    'pass inet from any to 10.0.0.1 flags S/SA label "any-10.0.0.1"',
  ],
  ['match out on vio2 inet nat-to 0.0.0.0/0', 'match out on vio2 inet all nat-to any'],
]);

// pf_print_state.c print_addr_str: inet_ntop(3)
group('an IPv4 address in one of IPv6', [
  ['pass from ::ffff:1.2.3.4 to ::1.2.3.4', 'pass inet6 from ::ffff:1.2.3.4 to ::1.2.3.4 flags S/SA'],
  ['pass from ::1 to ::ffff:0:0/96', 'pass inet6 from ::1 to ::ffff:0.0.0.0/96 flags S/SA'],
  ['pass from ::2:3 to ::ffff:0:1:2', 'pass inet6 from ::0.2.0.3 to ::ffff:0:1:2 flags S/SA'],
]);

// pfctl_parser.c print_tabledef
group('tables', [
  ['table <t> { 0.0.0.0/0 !::/0 } { 1.1.1.1 }', 'table <t> { any !any 1.1.1.1 }'],
  ['table <t> file "/etc/addresses" persist', 'table <t> persist file "/etc/addresses"'],
  ['table <t> { 1.1.1.1 } file "/etc/addresses" { 2.2.2.2 }'],
  ['table <t> { } file "/etc/addresses"', 'table <t> file "/etc/addresses"'],
  ['table <t> const { } { 1.2.3.4 }', 'table <t> const { 1.2.3.4 }'],
  ['table <t> { }'],
  ['table <t>'],
]);

// parse.y option, expand_skip_interface; pfctl.c pfctl_set_limit, string_to_loglevel
group('options', [
  ['set skip on none'],
  ['set skip', 'set skip on none'],
  ['set skip on { none }', 'set skip on none'],
  ['set skip on { none vio1 }'],
  ['set skip on any', 'set skip on { any }'],
  ['set debug debug'],
  ['set debug WARNING'],
  ['set debug "7"', 'set debug 7'],
  ['set limit { STATES 10, Frags 3 }', 'set limit STATES 10\nset limit Frags 3'],
]);

// pfctl_parser.c print_rule, icmp_type, icmp6_type
group('ICMP', [
  ['block return-icmp inet all', 'block return-icmp(port-unr) inet all'],
  ['block return-icmp6 inet6 all', 'block return-icmp6(port-unr) inet6 all'],
  ['block return-icmp all', 'block return-icmp(port-unr, port-unr) all'],
  ['pass inet proto icmp icmp-type 40', 'pass inet proto icmp all icmp-type photuris'],
  ['pass inet proto icmp icmp-type althost', 'pass inet proto icmp all icmp-type althost'],
  ['pass inet6 proto icmp6 icmp6-type listqry', 'pass inet6 proto ipv6-icmp all icmp6-type groupqry'],
  ['pass inet6 proto icmp6 icmp6-type nirep', 'pass inet6 proto ipv6-icmp all icmp6-type wrurep'],
  ['pass inet6 proto icmp6 icmp6-type 199', 'pass inet6 proto ipv6-icmp all icmp6-type 199'],
]);

// parse.y getservice, atoul, protoval; services(5), protocols(5)
group('names and numbers of ports and protocols', [
  ['pass proto tcp to port rsync', 'pass proto tcp from any to any port = 873 flags S/SA'],
  ['pass proto udp to port tftp', 'pass proto udp from any to any port = 69'],
  ['pass proto tcp to port 0x50:0x60', 'pass proto tcp from any to any port 80:96 flags S/SA'],
  ['pass proto tcp to port 0010:0x10', 'pass proto tcp from any to any port 8:16 flags S/SA'],
  ['pass proto tcp to port 010', 'pass proto tcp from any to any port = 10 flags S/SA'],
  ['pass proto ipip', 'pass proto ipip all'],
  ['pass proto 4', 'pass proto ipencap all'],
  ['pass proto vrrp', 'pass proto carp all'],
  ['pass proto 200', 'pass proto 200 all'],
]);

// parse.y uids, pfctl_parser.c print_ugid
group('users', [
  ['pass proto tcp user > 100', 'pass proto tcp all user > 100 flags S/SA'],
  [
    'pass proto tcp user { root, != unknown, 1 >< 5 } user 3',
    ['user = 3', 'user = 0', 'user != unknown', 'user 1 >< 5']
      .map((user) => `pass proto tcp all ${user} flags S/SA`)
      .join('\n'),
  ],
]);

// parse.y portstar, apply_redirspec, anchorrule; print_rule
group('pools, anchors, scrub', [
  [
    'pass in on vio2 proto tcp to port 80:90 rdr-to 10.0.0.5 port 8080:*',
    'pass in on vio2 inet proto tcp from any to any port 80:90 flags S/SA rdr-to 10.0.0.5 port 8080:8090',
  ],
  ['match out on egress nat-to (egress:0)', 'match out on egress all nat-to (egress:0) round-robin'],
  ['match out nat-to (vio2:0)', 'match out all nat-to (vio2:0)'],
  ['anchor foo nat-to 1.2.3.4', 'anchor "foo" all'],
  ['anchor foo no state', 'anchor "foo" all'],
  ['match scrub (reassemble TCP)', 'match all scrub (reassemble tcp)'],
  ['match scrub (max-mss 0)', 'match all'],
]);

// parse.y antispoof
group('antispoof', [
  [
    'antispoof for vio1',
    'block drop in on ! vio1 inet from 10.0.0.0/24 to any\nblock drop in inet from 10.0.0.1 to any',
  ],
  [
    'set block-policy return\nantispoof quick log for { (vio1), vio2 } label "$srcaddr"',
    'set block-policy return\n' +
      'block drop in log quick on ! vio1 from (vio1:network) to any label "(vio1)"\n' +
      'block drop in log quick from (vio1) to any label "(vio1)"\n' +
      'block drop in log quick on ! vio2 inet from 192.0.2.0/24 to any label "192.0.2.0/24"\n' +
      'block drop in log quick inet from 192.0.2.2 to any label "192.0.2.2"',
  ],
  [
    'antispoof for lo0',
    'block drop in on ! lo0 inet from 127.0.0.0/8 to any\nblock drop in on ! lo0 inet6 from ::1 to any',
  ],
  ['antispoof for nosuch', ''],
]);

// parse.y xhost, hashkey; pf_print_state.c print_addr
group('no-route, and keys', [
  [
    'pass from { no-route 1.1.1.1 } to ! no-route label "$srcaddr"',
    'pass from no-route to ! no-route flags S/SA label "no-route"\n' +
      'pass inet from 1.1.1.1 to ! no-route flags S/SA label "1.1.1.1"',
  ],
  [
    'pass in route-to <t> source-hash 0x0123456789abcdef0123456789ABCDEG',
    'pass in all flags S/SA route-to <t> source-hash 0x0123456789abcdef01234567089abcde',
  ],
]);

// parse.y filteropts_to_rule, if_item; pfctl_parser.c parse_flags
group('empty words', [
  ['pass on "" tag "" tagged ""', 'pass all flags S/SA'],
  ['pass tag "$srcport"', 'pass all flags S/SA'],
  ['pass proto tcp flags S/""', 'pass proto tcp all flags S/FSRPAUEW'],
]);
