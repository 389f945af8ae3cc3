// What pfctl refuses, with the words of the real pfctl 7.8 (`pfctl -o none -nf -`, exit 1), and where the emulator says that it knows less.
import t from 'tap';
import { createMachine } from './machine.ts';

type Row = readonly [rules: string, wanted: string];

const SKIPPED = 'stdin:1: skipping rule due to errors';
const NOTHING = 'stdin:1: rule expands to no valid combination';
const NO_HOST = 'stdin:1: could not parse host specification';

// -n changes nothing on it
const machine = createMachine();

const group = (name: string, rows: readonly Row[]): void => {
  t.test(name, async (test) => {
    for (const [rules, wanted] of rows) {
      const { code, stdout, stderr } = machine.run('pfctl -nf -', `${rules}\n`);
      test.equal(`${stdout}${stderr}`, `${wanted}\n`, rules);
      test.equal(code, 1, rules);
    }
  });
};

// sbin/pfctl/parse.y pfrule, state_opt_item
group('state options', [
  ['pass keep state (max 5, max 0)', "stdin:1: state option 'max' multiple definitions"],
  ['pass keep state (max -1)', 'stdin:1: only positive values permitted'],
  ['pass keep state (max 5000000000)', 'stdin:1: only positive values permitted'],
  ['pass keep state (no-sync, no-sync)', "stdin:1: state option 'sync' multiple definitions"],
  ['pass keep state (pflow, pflow)', 'stdin:1: state pflow option: multiple definitions'],
  ['pass keep state (floating, if-bound)', 'stdin:1: state locking option: multiple definitions'],
  ['pass keep state (sloppy sloppy)', 'stdin:1: state sloppy option: multiple definitions'],
  ['pass keep state (interval 10)', 'stdin:1: illegal state timeout interval'],
  ['pass keep state (nosuch 10)', 'stdin:1: illegal timeout name nosuch'],
  ['pass keep state (nosuch -10)', 'stdin:1: only positive values permitted'],
  ['pass keep state (max 5 max 6) frob', 'stdin:1: syntax error'],
]);

// parse.y filter_opt, tos
group('type of service', [
  ['pass tos 0X10', 'stdin:1: illegal tos value 0X10'],
  ['pass tos 0 tos 0', 'stdin:1: tos cannot be redefined'],
]);

// sbin/pfctl/pfctl_parser.c host, host_if, check_netmask, append_addr_host
group('hosts', [
  ['pass from 10.0.0.1/33', `netmask 33 invalid for IPv4 address\n${SKIPPED}\n${NOTHING}`],
  [
    'pass from { 10.0.0.1/40 10.0.0.3 }',
    `netmask 40 invalid for IPv4 address\n${SKIPPED}\n${SKIPPED}\n${NOTHING}`,
  ],
  ['pass from vio2/40', `netmask 40 invalid for IPv4 address\n${SKIPPED}\n${NOTHING}`],
  ['pass from 10.0.0.1/129', `netmask is too large: /129\n${NO_HOST}`],
  [
    'pass from vio2:network/16',
    `network or broadcast lookup, but extra netmask given\nno IP address found for vio2:network/16\n${NO_HOST}`,
  ],
  [
    'pass from vio2:network:broadcast',
    `illegal combination of interface modifiers\nno IP address found for vio2:network:broadcast\n${NO_HOST}`,
  ],
  ['pass from lo0:broadcast', `no IP address found for lo0:broadcast\n${NO_HOST}`],
  ['table <t> { 10.0.0.1/33 }', 'stdin:1: cannot create address buffer: Invalid argument'],
]);

// parse.y option, expand_skip_interface, limit_spec, timeout_spec, loadrule, anchorname, if_item; pfctl.c pfctl_load_anchors
group('options and anchors', [
  [
    'set skip on ! vio1',
    'stdin:1: skip on ! <interface> is not supported\nstdin:1: error setting skip interface(s)',
  ],
  [
    'set skip on rdomain 3',
    'stdin:1: skip on rdomain <num> is not supported\nstdin:1: error setting skip interface(s)',
  ],
  ['set skip lo', 'stdin:1: syntax error'],
  ['set skip on { }', 'stdin:1: syntax error'],
  ['set debug 7', 'stdin:1: syntax error'],
  ['set debug none', 'pfctl: unknown debug level "none"\nstdin:1: error setting debuglevel none'],
  ['set limit foo 10', 'pfctl: Bad pool name.\nstdin:1: unable to set limit foo 10'],
  ['set limit foo -5', 'stdin:1: only positive values permitted'],
  ['set limit { }', 'stdin:1: syntax error'],
  ['set timeout { }', 'stdin:1: syntax error'],
  ['set timeout tcp.first 5000000000', 'stdin:1: only positive values permitted'],
  ['set reassemble maybe', "stdin:1: invalid value 'maybe', expected 'yes' or 'no'"],
  ['set loginterface all', 'stdin:1: emulator: set loginterface with a name not known'],
  ['pass on rdomain 300', 'stdin:1: rdomain 300 outside range'],
  ['load anchor "_foo" from "/x"', "stdin:1: anchor names beginning with '_' are reserved for internal use"],
  ['load anchor "" from "/x"', 'stdin:1: anchor name must not be empty'],
  ['load anchor from "/x"', 'stdin:1: anchor name is missing'],
  ['load anchor "x/" from "/x"', 'pfctl: pfctl_rules: bad anchor name x/'],
  [
    'load anchor foo from a b',
    'pfctl: pushfile: a b: No such file or directory\npfctl: cannot open the main config file!: No such file or directory\npfctl: load anchors',
  ],
]);

// parse.y collapse_redirspec, apply_redirspec; pfctl_optimize.c add_opt_table
group('pools', [
  [
    'pass in route-to (vio2)',
    `stdin:1: route spec requires :peer with dynamic interface addresses\nstdin:1: interface (vio2) is not supported by pool type\n${SKIPPED}\n${NOTHING}`,
  ],
  [
    'pass in route-to { 1.2.3.4 <t> }',
    `pfctl: failed to add host: Invalid argument\nstdin:1: tables are not supported by pool type\n${SKIPPED}\n${NOTHING}`,
  ],
  [
    'pass in inet6 route-to { 1.2.3.4 <t> <u> }',
    `stdin:1: multiple tables or dynamic interfaces not supported for translation or routing\n${SKIPPED}\n${NOTHING}`,
  ],
  [
    'match out nat-to 1.2.3.4 port 1000:2000 static-port',
    `stdin:1: the 'static-port' option can't be used when specifying a port range\n${SKIPPED}\n${NOTHING}`,
  ],
  [
    'match in proto tcp to port 80 rdr-to 10.0.0.5 port 90:80',
    `stdin:1: invalid rdr-to port range\n${SKIPPED}\n${NOTHING}`,
  ],
]);

// parse.y scrub_opt, icmp6_item, anchorrule, uid_item, getservice, yylex
group('values', [
  ['match scrub (max-mss 70000)', 'stdin:1: illegal max-mss value 70000'],
  ['match scrub (min-ttl 300)', 'stdin:1: illegal min-ttl value 300'],
  ['match scrub (max-mss 5 max-mss 70000)', 'stdin:1: max-mss cannot be respecified'],
  ['match scrub (no-df no-df)', 'stdin:1: no-df cannot be respecified'],
  ['match scrub (reassemble udp)', "stdin:1: scrub reassemble supports only tcp, not 'udp'"],
  ['pass inet6 proto icmp6 icmp6-type 134 code 300', 'stdin:1: illegal icmp-code 300'],
  ['anchor "x/"', 'stdin:1: anchorrule: bad anchor name x/'],
  ['pass proto tcp user > unknown', 'stdin:1: user unknown requires operator = or !='],
  ['pass proto tcp user -1', 'stdin:1: illegal uid value -1'],
  ['pass proto tcp flags ""/S', 'stdin:1: flags always false'],
  ['pass label "" label "a"', 'stdin:1: label cannot be redefined'],
  ['pass probability -1', 'stdin:1: invalid probability: -100%'],
  ['pass proto tcp to port 1:2:3', 'stdin:1: unknown port 2:3'],
  ['pass proto tcp to port 080:90', 'stdin:1: unknown port 080'],
  ['pass proto tcp to port -5', 'stdin:1: illegal port value 18446744073709551611'],
  [
    'pass proto tcp to port 9999999999999999999999',
    'stdin:1: "9999999999999999999999" invalid number: too large\nstdin:1: syntax error',
  ],
]);

// parse.y antispoof, antispoof_opt; qname: only queues that have a parent are found
group('antispoof and queues', [
  ['antispoof for vio1 inet6', `${NOTHING}\n${NOTHING}`],
  ['antispoof for ! vio1', 'stdin:1: syntax error'],
  ['antispoof vio1', 'stdin:1: syntax error'],
  ['antispoof for vio1 label a label b', 'stdin:1: label cannot be redefined'],
  ['antispoof for vio1 rtable 300', 'stdin:1: invalid rtable id'],
  ['queue main on vio2 bandwidth 100M default\npass set queue main', 'stdin:2: queue main is not defined'],
]);

// parse.y table_opt, host, hashkey
group('what is no address', [
  ['table <t> { 1.1.1.1 ! no-route }', 'stdin:1: "no-route" is not permitted inside tables'],
  ['table <t> { urpf-failed }', 'stdin:1: "urpf-failed" is not permitted inside tables'],
  ['table <t> { 10.0.0.1 - 10.0.0.5 }', 'stdin:1: address ranges are not permitted inside tables'],
  ['match out nat-to no-route', 'stdin:1: syntax error'],
  ['pass from 10.0.0.1 - 10.0.0.5', 'stdin:1: emulator: an address range not known'],
  ['pass from urpf-failed', 'stdin:1: emulator: urpf-failed not known'],
  ['pass in route-to <t> source-hash 0x0123456789abcdefG123456789ABCDEF', 'stdin:1: invalid hex key'],
]);

// sbin/pfctl/pfctl.c pfctl_label_kill_states
t.test('a label that no rule can have', async (test) => {
  const label = 'l'.repeat(64);
  test.match(machine.run(`pfctl -k label -k ${label}`), {
    code: 1,
    stderr: `pfctl: label too long: ${label}\n`,
  });
});
