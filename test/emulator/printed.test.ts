// What pfctl prints of rules and options that it takes, each line as the real pfctl 7.8 printed it (`pfctl -o none -nvf -`).
import t from 'tap';
import { createMachine } from './machine.ts';

/** The rules, and what is printed of them; nothing: the same. */
type Row = readonly [rules: string, wanted?: string];

const group = (name: string, rows: readonly Row[]): void => {
  t.test(name, async (test) => {
    for (const [rules, wanted = rules] of rows) {
      const machine = createMachine({ files: new Map([['/etc/addresses', '# none\n']]) });
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
