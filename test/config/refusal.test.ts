/** One bad configuration per rule, with its exact message. Long because it is one table: a row per rule, nothing else. */
import t from 'tap';
import { parseConfig, renderConfigError } from '../../src/config/parse.ts';

const refusals = (text: string): readonly string[] => {
  const parsed = parseConfig(text, 'f');
  return parsed.kind === 'ok' ? [] : parsed.errors.map(renderConfigError);
};

/** Two sound links, on lines of their own in front of the text, so that the text starts at line 1 of the rows below. */
const LINKS = `
[link.fibre]
interface = "em0"
gateway = "203.0.113.1"
[link.dsl]
interface = "em1"
gateway = "198.51.100.1"
`;
const top = (line: string): string => `${line}\n${LINKS}`;
const probe = (line: string): string => `[probe]\n${line}\n${LINKS}`;
const link = (lines: string): string => `[link.a]\n${lines}\n${LINKS}`;
const policy = (lines: string): string => `[policy.voip]\n${lines}\n${LINKS}`;
/** `LINKS` with a line more for the last of them, dsl, at line 7; the policy starts at line 8 + its lines. */
const dsl = (line: string, more = ''): string => `${LINKS.slice(1)}${line}\n${more}`;
const sound = 'interface = "em9"\ngateway = "192.0.2.1"';
const sound6 = 'interface = "em9"\ngateway6 = "fe80::9"';

const NAME = 'expected a name of a small letter and up to 14 more small letters, digits and "_"';
const ANCHOR = 'expected a letter and up to 14 letters, digits, "_" and "-"';
const TARGET = 'expected "gateway", an IPv4 or IPv6 address, or a "tcp:", "dns:" or "exec:" target';
const TCP = 'expected an address and a port such as "tcp:9.9.9.9:443" or "tcp:[2620:fe::fe]:443"';
const DNS = 'expected an address and a name such as "dns:9.9.9.9/example.com" or "dns:[2620:fe::fe]/."';
const EXEC =
  'expected the absolute path of a program and its arguments such as "exec:/etc/uplinkd/portal -v"';
const IPV4 = 'expected an IPv4 address such as "203.0.113.1", "dhcp", "peer" or "route"';
const IPV6 = 'expected an IPv6 address such as "fe80::1", "peer" or "route"';
const SCOPE = "the scope is the interface's, leave it out";
const NETWORK6 = 'expected an IPv6 network such as "2001:db8:a::/48"';
const PREFIXES = 'expected an array of up to 16 IPv6 networks';
const COMMAND = 'expected an array of a program and up to 31 arguments';
const PROGRAM = 'expected the absolute path of a program such as "/etc/uplinkd/notify"';
const ARGUMENT = 'expected a text of up to 1000 characters, none of them a control character';
const LISTEN = 'expected an address and a port such as "127.0.0.1:9273" or "[::1]:9273"';
const PERCENTAGE = 'expected a percentage above 0 and up to 100';
const PRIO = 'expected a whole number from 0 to 7 or two of them such as [3, 7]';
const TOS = 'expected a whole number from 0 to 255 or a name such as "lowdelay" or "ef"';
const BALANCE = 'expected "weight" or "least-states" or "round-robin" or "source-hash" or "random"';
const INTERFACE = 'expected the name of an interface such as "em0"';
const NEITHER = 'expected gateway or gateway6, found neither';
const MEMBER = 'expected the name of a link or { link = "fibre", tier = 1 }';

const rows: readonly (readonly [rule: string, text: string, ...messages: string[]])[] = [
  // TOML itself
  ['no TOML', 'a = 1\nb = = 2', 'f:2:5: not TOML 1.0: unexpected "="'],
  ['a key twice', top('anchor = "a"\nanchor = "b"'), 'f:2:1: not TOML 1.0: "anchor" is given twice'],
  ['TOML 1.1', top('a = "\\e"'), 'f:1:7: not TOML 1.0: Invalid character in escape sequence'],
  ['too long', ' '.repeat(262_145), 'f:1:1: expected at most 262144 characters, found 262145'],
  [
    'too deep',
    `a = ${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    'f:1:1: not TOML 1.0: too long or nested too deeply to be read',
  ],
  [
    'a text too long for the reader',
    top(`anchor = "u"\nlocal = "${'x'.repeat(200_000)}"`),
    'f:2:1: not TOML 1.0: too long or nested too deeply to be read',
  ],
  [
    'text without quotes',
    link('interface = "em9"\ngateway = 192.0.2.1'),
    'f:3:11: not TOML 1.0: expected a value, found 192.0.2.1: text is put in double quotes',
  ],

  // unknown keys
  ['unknown key', top('zebra = 1'), 'f:1:1: zebra: unknown key'],
  ['misspelt key', top('anchr = "x"'), 'f:1:1: anchr: unknown key, did you mean "anchor"?'],
  ['unknown table', top('[zebra]\ncommand = ["x"]'), 'f:1:2: zebra: unknown key'],
  ['later key of probe', probe('jitter = true'), 'f:2:1: probe.jitter: unknown key'],
  ['another one', probe('retries = 2'), 'f:2:1: probe.retries: unknown key'],
  ['unknown key of loss', probe('loss = { up = 1 }'), 'f:2:10: probe.loss.up: unknown key'],
  [
    'unknown key of latency',
    link(`${sound}\n[link.a.probe.latency]\ndown = "1s"`),
    'f:5:1: link.a.probe.latency.down: unknown key',
  ],
  [
    'unknown key of inbound',
    top('[inbound]\nenable = true'),
    'f:2:1: inbound.enable: unknown key, did you mean "enabled"?',
  ],

  // keys that are another table's
  [
    'a key of the probe table in the link',
    link(`${sound}\ninterval = "2s"`),
    'f:4:1: link.a.interval: unknown key, it belongs to [link.a.probe]',
  ],
  [
    'a key of no table below a header',
    link(`${sound}\non_exit = "flush"`),
    'f:4:1: link.a.on_exit: unknown key, it belongs in front of the first table',
  ],
  [
    'a key of two tables',
    top('timeout = "2s"'),
    'f:1:1: timeout: unknown key, it belongs to [probe] or to [hook]',
  ],
  [
    'a key of links',
    policy('metered = true'),
    'f:2:1: policy.voip.metered: unknown key, it belongs to [link.NAME]',
  ],

  // carp
  [
    'a demotion beyond ifconfig',
    top('[carp]\ndemote = 129'),
    'f:2:10: carp.demote: expected a whole number from 1 to 128, found 129',
  ],
  [
    'an interface as a group',
    top('carp.group = "carp1"'),
    'f:1:14: carp.group: expected a group of interfaces such as "carp", found "carp1"',
  ],
  ['unknown key of carp', top('carp.vhid = 1'), 'f:1:6: carp.vhid: unknown key'],
  // hook and control
  ['hook without command', top('[hook]\ntimeout = "5s"'), `f:1:1: hook.command: missing: ${COMMAND}`],
  ['hook as text', top('hook = "/bin/x"'), 'f:1:8: hook: expected a table such as [hook], found "/bin/x"'],
  ['a shell line', top('hook.command = "/bin/x -y"'), `f:1:16: hook.command: ${COMMAND}, found "/bin/x -y"`],
  ['no program', top('hook.command = []'), `f:1:16: hook.command: ${COMMAND}, found none`],
  [
    'a relative path',
    top('hook.command = ["notify", "a"]'),
    `f:1:17: hook.command[0]: ${PROGRAM}, found "notify"`,
  ],
  ['no path at all', top('hook.command = ["//x"]'), `f:1:17: hook.command[0]: ${PROGRAM}, found "//x"`],
  ['a number', top('hook.command = ["/bin/x", 1]'), `f:1:27: hook.command[1]: ${ARGUMENT}, found 1`],
  [
    'a control character',
    top('hook.command = ["/bin/x", "a\\nb"]'),
    `f:1:27: hook.command[1]: ${ARGUMENT}, found "a\\u000Ab"`,
  ],
  [
    'too many arguments',
    top(`hook.command = ["/bin/x"${', "a"'.repeat(32)}]`),
    `f:1:16: hook.command: ${COMMAND}, found 33 texts`,
  ],
  [
    'hook time-out',
    top('[hook]\ncommand = ["/bin/x"]\ntimeout = "11m"'),
    'f:3:11: hook.timeout: expected a time from 1s to 10m such as "10s", found "11m"',
  ],
  [
    'hook digest',
    top('[hook]\ncommand = ["/bin/x"]\ndigest = "0s"'),
    'f:3:10: hook.digest: expected a time from 1s to 1h such as "1m", found "0s"',
  ],
  [
    'unknown key of hook',
    top('[hook]\ncommand = ["/bin/x"]\nshell = true'),
    'f:3:1: hook.shell: unknown key',
  ],
  [
    'group by number',
    top('control.group = 0'),
    'f:1:17: control.group: expected the name of a group such as "wheel", found 0',
  ],
  [
    'group with a space',
    top('control.group = "a b"'),
    'f:1:17: control.group: expected the name of a group such as "wheel", found "a b"',
  ],
  [
    'public is wrong: no word of the address',
    top('[metrics]\nlisten = "0.0.0.0:9273"\npublic = "yes"'),
    'f:3:10: metrics.public: expected true or false, found "yes"',
  ],
  ['metrics without listen', top('[metrics]\npublic = true'), `f:1:1: metrics.listen: missing: ${LISTEN}`],
  ...[
    '9273',
    '127.0.0.1',
    '::1:9273',
    '[127.0.0.1]:1',
    '127.0.0.1:65536',
    'localhost:9273',
    '127.1:9273',
  ].map((value): readonly [string, string, string] => [
    `to listen on ${value}`,
    top(`metrics.listen = "${value}"`),
    `f:1:18: metrics.listen: ${LISTEN}, found "${value}"`,
  ]),
  ...['10.0.0.1:9273', '0.0.0.0:9273', '[::]:9273', '[::ffff:127.0.0.1]:9273'].map(
    (value): readonly [string, string, string] => [
      `to let others in on ${value}`,
      top(`metrics.listen = "${value}"`),
      'f:1:18: metrics.listen: expected a loopback address, or public = true beside it: there is no password',
    ],
  ),
  [
    'hosts with a port',
    top('[metrics]\nlisten = "127.0.0.1:1"\nhosts = ["a", "a:80"]'),
    'f:3:15: metrics.hosts[1]: expected the name of a host such as "router.example.org", in small letters, found "a:80"',
  ],
  [
    'hosts that are an address',
    top('[metrics]\nlisten = "127.0.0.1:1"\nhosts = ["10.0.0.1"]'),
    'f:3:10: metrics.hosts[0]: expected the name of a host such as "router.example.org", in small letters, found "10.0.0.1"',
  ],
  [
    'too many hosts',
    top(`[metrics]\nlisten = "127.0.0.1:1"\nhosts = [${'"a",'.repeat(17)}]`),
    'f:3:9: metrics.hosts: expected an array of up to 16 names of hosts, found 17',
  ],
  ['unknown key of control', top('control.user = "x"'), 'f:1:9: control.user: unknown key'],
  ['the nearest key', probe('targts = 1'), 'f:2:1: probe.targts: unknown key, did you mean "targets"?'],
  [
    'two letters changed places',
    link(`${sound}\nteir = 2`),
    'f:4:1: link.a.teir: unknown key, did you mean "tier"?',
  ],
  ['a key that is no name', top('"a b\\u00e9" = 1'), 'f:1:1: "a b\\u00E9": unknown key'],
  ['a very long key', top(`${'k'.repeat(70)} = 1`), `f:1:1: "${'k'.repeat(60)}...": unknown key`],
  ['a key for JavaScript', top('__proto__.x = 1'), 'f:1:1: __proto__: unknown key'],
  [
    'one more for JavaScript',
    link(`${sound}\nconstructor.prototype.x = 1`),
    'f:4:1: link.a.constructor: unknown key',
  ],
  ['unknown key in dots', top('probe.x.y = 1'), 'f:1:7: probe.x: unknown key'],

  // wrong kinds
  ['probe no table', top('probe = 3'), 'f:1:9: probe: expected a table such as [probe], found 3'],
  ['link no table', 'link = "x"', 'f:1:8: link: expected a table such as [link.fibre], found "x"'],
  [
    'a link no table',
    `link.a = true${LINKS}`,
    'f:1:10: link.a: expected a table such as [link.fibre], found true',
  ],
  [
    'the keys of a link without its name: said once',
    '[link]\ninterface = "em0"\ngateway = "192.0.2.1"',
    'f:2:13: link.interface: expected a table such as [link.fibre], found "em0"',
  ],
  [
    'links as an array',
    '[[link]]\nx = 1',
    'f:1:1: link: expected a table such as [link.fibre], found an array',
  ],
  [
    'policy no table',
    top('policy = []'),
    'f:1:10: policy: expected a table such as [policy.default], found an array',
  ],
  [
    'a policy no table',
    top('policy.a = 1979-05-27'),
    'f:1:12: policy.a: expected a table such as [policy.default], found a date or time',
  ],
  [
    'a probe of a link',
    link(`${sound}\nprobe = 1`),
    'f:4:9: link.a.probe: expected a table such as [link.a.probe], found 1',
  ],
  [
    'inbound no table',
    top('inbound = true'),
    'f:1:11: inbound: expected a table such as [inbound], found true',
  ],
  ['enabled', top('[inbound]\nenabled = 1'), 'f:2:11: inbound.enabled: expected true or false, found 1'],
  ['loss no table', probe('loss = 10'), 'f:2:8: probe.loss: expected a table such as [probe.loss], found 10'],
  [
    'latency no table',
    link(`${sound}\nprobe.latency = "1s"`),
    'f:4:17: link.a.probe.latency: expected a table such as [link.a.probe.latency], found "1s"',
  ],
  ['a table for a value', top('anchor = { a = 1 }'), `f:1:10: anchor: ${ANCHOR}, found a table`],

  // anchor, local, reconcile
  ['anchor no string', top('anchor = 3'), `f:1:10: anchor: ${ANCHOR}, found 3`],
  ['anchor reserved by pf', top('anchor = "_x"'), `f:1:10: anchor: ${ANCHOR}, found "_x"`],
  [
    'anchor too long',
    top('anchor = "abcdefghijklmnop"'),
    `f:1:10: anchor: ${ANCHOR}, found "abcdefghijklmnop"`,
  ],
  ['anchor in an anchor', top('anchor = "a/b"'), `f:1:10: anchor: ${ANCHOR}, found "a/b"`],
  ['anchor with a new line', top('anchor = "a\\nb"'), `f:1:10: anchor: ${ANCHOR}, found "a\\u000Ab"`],
  [
    'local no array',
    top('local = "10.0.0.0/8"'),
    'f:1:9: local: expected an array of networks, found "10.0.0.0/8"',
  ],
  [
    'local no string',
    top('local = [\n  "::/0",\n  7,\n]'),
    'f:3:3: local[1]: expected a network such as "10.0.0.0/8", found 7',
  ],
  [
    'local no network',
    top('local = ["ten"]'),
    'f:1:10: local[0]: expected a network such as "10.0.0.0/8", found "ten"',
  ],
  [
    'host bits',
    top('local = ["10.1.2.3/8"]'),
    'f:1:10: local[0]: expected a network, found "10.1.2.3/8", which has host bits set: did you mean "10.0.0.0/8"?',
  ],
  [
    'host bits, inet6',
    top('local = ["2001:db8::1/32"]'),
    'f:1:10: local[0]: expected a network, found "2001:db8::1/32", which has host bits set: did you mean "2001:db8::/32"?',
  ],
  [
    'a bare number',
    top('reconcile = 30'),
    'f:1:13: reconcile: expected a time from 1s to 1h such as "30s", found 30',
  ],
  [
    'a unit that is none',
    top('reconcile = "1d"'),
    'f:1:13: reconcile: expected a time from 1s to 1h such as "30s", found "1d"',
  ],
  [
    'a fraction',
    top('reconcile = "1.5s"'),
    'f:1:13: reconcile: expected a time from 1s to 1h such as "30s", found "1.5s"',
  ],
  [
    'reconcile too short',
    top('reconcile = "999ms"'),
    'f:1:13: reconcile: expected a time from 1s to 1h such as "30s", found "999ms"',
  ],
  [
    'reconcile too long',
    top('reconcile = "61m"'),
    'f:1:13: reconcile: expected a time from 1s to 1h such as "30s", found "61m"',
  ],

  // probe
  [
    'targets no array',
    probe('targets = "gateway"'),
    'f:2:11: probe.targets: expected an array of 1 to 8 targets, found "gateway"',
  ],
  [
    'no targets',
    probe('targets = []'),
    'f:2:11: probe.targets: expected an array of 1 to 8 targets, found none',
  ],
  [
    'too many targets',
    probe(`targets = [${Array.from({ length: 9 }, (_, i) => `"1.0.0.${i}"`)}]`),
    'f:2:11: probe.targets: expected an array of 1 to 8 targets, found 9',
  ],
  ['target no string', probe('targets = [1]'), `f:2:12: probe.targets[0]: ${TARGET}, found 1`],
  [
    'target an array',
    probe('targets = [["gateway"]]'),
    `f:2:12: probe.targets[0]: ${TARGET}, found an array`,
  ],
  [
    'a name',
    probe('targets = ["gateway", "dns.quad9.net"]'),
    `f:2:23: probe.targets[1]: ${TARGET}, found "dns.quad9.net"; names are never resolved`,
  ],
  [
    'a loopback target',
    probe('targets = ["127.0.0.1"]'),
    `f:2:12: probe.targets[0]: ${TARGET}, found "127.0.0.1", a loopback address`,
  ],
  [
    'a target twice',
    probe('targets = ["9.9.9.9", 1, "9.9.9.9"]'),
    `f:2:23: probe.targets[1]: ${TARGET}, found 1`,
    'f:2:26: probe.targets[2]: "9.9.9.9" is listed twice',
  ],
  [
    'an inet6 target twice',
    probe('targets = ["gateway", "2620:fe::fe", "2620:FE:0::00fe"]'),
    'f:2:38: probe.targets[2]: "2620:FE:0::00fe" is listed twice',
  ],
  [
    'a target with a scope',
    probe('targets = ["fe80::1%em0"]'),
    `f:2:12: probe.targets[0]: ${TARGET}, found "fe80::1%em0"; ${SCOPE}`,
  ],
  [
    'a port that is none',
    probe('targets = ["tcp:9.9.9.9:0"]'),
    `f:2:12: probe.targets[0]: ${TCP}, found "tcp:9.9.9.9:0"`,
  ],
  ['no port', probe('targets = ["tcp:9.9.9.9"]'), `f:2:12: probe.targets[0]: ${TCP}, found "tcp:9.9.9.9"`],
  [
    'a port too large',
    probe('targets = ["tcp:9.9.9.9:65536"]'),
    `f:2:12: probe.targets[0]: ${TCP}, found "tcp:9.9.9.9:65536"`,
  ],
  [
    'an inet6 address without brackets',
    probe('targets = ["tcp:2620:fe::fe:443"]'),
    `f:2:12: probe.targets[0]: ${TCP}, found "tcp:2620:fe::fe:443"`,
  ],
  [
    'a host by name',
    probe('targets = ["tcp:dns.quad9.net:443"]'),
    `f:2:12: probe.targets[0]: ${TCP}, found "tcp:dns.quad9.net:443"; names are never resolved`,
  ],
  [
    'a port of this machine',
    probe('targets = ["tcp:127.0.0.1:80"]'),
    `f:2:12: probe.targets[0]: ${TCP}, found "tcp:127.0.0.1:80", a loopback address`,
  ],
  [
    'a scope in brackets',
    probe('targets = ["tcp:[fe80::1%em0]:80"]'),
    `f:2:12: probe.targets[0]: ${TCP}, found "tcp:[fe80::1%em0]:80"; ${SCOPE}`,
  ],
  [
    'a question without a name',
    probe('targets = ["dns:9.9.9.9"]'),
    `f:2:12: probe.targets[0]: ${DNS}, found "dns:9.9.9.9"`,
  ],
  [
    'a name that is none',
    probe('targets = ["dns:9.9.9.9/a..b"]'),
    `f:2:12: probe.targets[0]: ${DNS}, found "dns:9.9.9.9/a..b"`,
  ],
  [
    'a name that is an option',
    probe('targets = ["dns:9.9.9.9/+trace"]'),
    `f:2:12: probe.targets[0]: ${DNS}, found "dns:9.9.9.9/+trace"`,
  ],
  [
    'a server by name',
    probe('targets = ["dns:resolver/example.com"]'),
    `f:2:12: probe.targets[0]: ${DNS}, found "dns:resolver/example.com"; names are never resolved`,
  ],
  [
    'a program without a path',
    probe('targets = ["exec:portal"]'),
    `f:2:12: probe.targets[0]: ${EXEC}, found "exec:portal"`,
  ],
  [
    'two blanks between words',
    probe('targets = ["exec:/a  b"]'),
    `f:2:12: probe.targets[0]: ${EXEC}, found "exec:/a  b"`,
  ],
  [
    'a command too long',
    probe(`targets = ["exec:/${'a'.repeat(200)}"]`),
    'f:2:12: probe.targets[0]: expected a command of up to 200 characters, found 201',
  ],
  [
    'the same question twice',
    probe('targets = ["dns:9.9.9.9/Example.com.", "dns:9.9.9.9/example.com"]'),
    'f:2:40: probe.targets[1]: "dns:9.9.9.9/example.com" is listed twice',
  ],
  [
    'a loopback target, inet6',
    probe('targets = ["::1"]'),
    `f:2:12: probe.targets[0]: ${TARGET}, found "::1", the loopback address`,
  ],
  ['quorum 0', probe('quorum = 0'), 'f:2:10: probe.quorum: expected a whole number from 1 to 8, found 0'],
  [
    'quorum above targets, told once',
    probe('quorum = 4'),
    'f:2:10: probe.quorum: expected a whole number from 1 to 3, the number of inet targets of link.fibre, found 4',
  ],
  [
    'quorum above the targets of one family',
    `${probe('quorum = 3')}gateway6 = "fe80::1"`,
    'f:2:10: probe.quorum: expected a whole number from 1 to 2, the number of inet6 targets of link.dsl, found 3',
  ],
  [
    'quorum above those of each family',
    `${probe('quorum = 4')}gateway6 = "fe80::1"`,
    'f:2:10: probe.quorum: expected a whole number from 1 to 3, the number of inet targets of link.fibre, found 4',
    'f:2:10: probe.quorum: expected a whole number from 1 to 2, the number of inet6 targets of link.dsl, found 4',
  ],
  [
    "quorum above a link's targets",
    `${probe('quorum = 3')}[link.dsl.probe]\ntargets = ["gateway", "2620:fe::fe"]`,
    'f:11:11: link.dsl.probe.targets: expected at least 3 inet targets, the quorum, found 1',
  ],
  [
    'quorum of a link',
    `${probe('targets = ["gateway"]')}[link.dsl.probe]\nquorum = 2`,
    'f:11:10: link.dsl.probe.quorum: expected 1, the number of inet targets, found 2',
  ],
  [
    'no target of a family',
    `${probe('targets = ["9.9.9.9"]')}gateway6 = "fe80::1"`,
    'f:2:11: probe.targets: expected at least 1 inet6 target for link.dsl, the quorum, found none',
  ],
  [
    'no target for the quorum of a link',
    `${probe('targets = ["2620:fe::fe"]')}[link.fibre.probe]\ntargets = ["gateway"]\n[link.dsl.probe]\nquorum = 2`,
    'f:2:11: probe.targets: expected at least 2 inet targets for link.dsl, the quorum, found none',
  ],
  [
    'interval too short',
    probe('interval = "99ms"'),
    'f:2:12: probe.interval: expected a time from 100ms to 1h such as "1s", found "99ms"',
  ],
  [
    'timeout too long',
    probe('timeout = "2m"'),
    'f:2:11: probe.timeout: expected "auto" or a time from 10ms to 1m such as "1s", found "2m"',
  ],
  [
    'timeout with a name of JavaScript',
    probe('timeout = "toString"'),
    'f:2:11: probe.timeout: expected "auto" or a time from 10ms to 1m such as "1s", found "toString"',
  ],
  [
    'timeout, almost a word',
    probe('timeout = "Auto"'),
    'f:2:11: probe.timeout: expected "auto" or a time from 10ms to 1m such as "1s", found "Auto"',
  ],
  ['damping', probe('damping = 1'), 'f:2:11: probe.damping: expected true or false, found 1'],
  [
    'recover above degraded',
    probe('loss = { recover = 11 }'),
    'f:2:20: probe.loss.recover: expected at most 10, which is degraded, found 11',
  ],
  [
    'recover above degraded of a link',
    link(`${sound}\nprobe.loss = { degraded = 4, recover = 5 }`),
    'f:4:40: link.a.probe.loss.recover: expected at most 4, which is degraded, found 5',
  ],
  [
    'latency: recover above degraded',
    probe('latency = { degraded = "200ms", recover = "1s" }'),
    'f:2:43: probe.latency.recover: expected at most "200ms", which is degraded, found "1s"',
  ],
  [
    'latency: recover of nothing',
    probe('latency = { recover = "1s" }'),
    'f:2:23: probe.latency.recover: expected degraded beside it: latency does not matter without',
  ],
  ['confirm', probe('confirm = "yes"'), 'f:2:11: probe.confirm: expected true or false, found "yes"'],
  ['fall', probe('fall = 61'), 'f:2:8: probe.fall: expected a whole number from 1 to 60, found 61'],
  ['rise', probe('rise = 0.5'), 'f:2:8: probe.rise: expected a whole number from 1 to 60, found 0.5'],
  [
    'hold',
    probe('hold = "25h"'),
    'f:2:8: probe.hold: expected a time from 0s to 24h such as "10s", found "25h"',
  ],
  ['loss no number', probe('loss.down = "50%"'), `f:2:13: probe.loss.down: ${PERCENTAGE}, found "50%"`],
  ['loss 0', probe('loss.degraded = 0'), `f:2:17: probe.loss.degraded: ${PERCENTAGE}, found 0`],
  ['loss above 100', probe('loss.down = 100.5'), `f:2:13: probe.loss.down: ${PERCENTAGE}, found 100.5`],
  ['loss nan', probe('loss.down = nan'), `f:2:13: probe.loss.down: ${PERCENTAGE}, found NaN`],
  [
    'window too short',
    probe('loss.window = "999ms"'),
    'f:2:15: probe.loss.window: expected a time from 1s to 1h such as "30s", found "999ms"',
  ],
  [
    'window too long',
    probe('loss.window = "61m"'),
    'f:2:15: probe.loss.window: expected a time from 1s to 1h such as "30s", found "61m"',
  ],
  [
    'degraded above down',
    probe('loss = { degraded = 40, down = 30.5 }'),
    'f:2:21: probe.loss.degraded: expected at most 30.5, which is down, found 40',
  ],
  [
    'degraded above the default of down',
    probe('loss.degraded = 51'),
    'f:2:17: probe.loss.degraded: expected at most 50, which is down, found 51',
  ],
  [
    'degraded of a link above the common down',
    link(`${sound}\nprobe.loss.degraded = 30\n[probe.loss]\ndown = 20`),
    'f:4:23: link.a.probe.loss.degraded: expected at most 20, which is down, found 30',
  ],
  [
    'down of a link below the common degraded',
    link(`${sound}\nprobe.loss.down = 15\n[probe.loss]\ndegraded = 20`),
    'f:4:19: link.a.probe.loss.down: expected at least 20, which is degraded, found 15',
  ],
  [
    'a common one is told once',
    link(`${sound}\nprobe.loss.window = "1s"\n[probe.loss]\ndown = 5`),
    'f:6:8: probe.loss.down: expected at least 10, which is degraded, found 5',
  ],
  [
    'latency',
    probe('latency.degraded = "0s"'),
    'f:2:20: probe.latency.degraded: expected a time from 1ms to 1m such as "250ms", found "0s"',
  ],
  [
    'latency too long',
    probe('latency.degraded = "61s"'),
    'f:2:20: probe.latency.degraded: expected a time from 1ms to 1m such as "250ms", found "61s"',
  ],
  [
    "a link's own",
    link(`${sound}\nprobe = { fall = nan }`),
    'f:4:18: link.a.probe.fall: expected a whole number from 1 to 60, found NaN',
  ],

  // links
  ['nothing', '', 'f:1:1: link: expected at least one link such as [link.fibre], found none'],
  [
    'an empty table of links',
    '\n[link]',
    'f:2:1: link: expected at least one link such as [link.fibre], found none',
  ],
  [
    'too many links',
    Array.from({ length: 101 }, (_, i) => `[link.a${i}]`).join('\n'),
    'f:1:1: link: expected at most 100 names, found 101',
  ],
  ['name of a link', `[link.Fibre]\n${sound}`, `f:1:7: link.Fibre: ${NAME}, found "Fibre"`],
  [
    'name too long',
    `[link.abcdefghijklmnop]\n${sound}`,
    `f:1:7: link.abcdefghijklmnop: ${NAME}, found "abcdefghijklmnop"`,
  ],
  ['name empty', `[link.""]\n${sound}`, `f:1:7: link."": ${NAME}, found ""`],
  [
    'a name for JavaScript',
    `[link.__proto__]\n${sound}`,
    `f:1:7: link.__proto__: ${NAME}, found "__proto__"`,
  ],
  ['interface missing', link('gateway = "192.0.2.1"'), `f:1:1: link.a.interface: missing: ${INTERFACE}`],
  ['gateway missing', link('interface = "em9"'), `f:1:1: link.a: ${NEITHER}`],
  [
    'the header later',
    `[link.a.probe]\n[link.a]${LINKS}`,
    `f:2:1: link.a.interface: missing: ${INTERFACE}`,
    `f:2:1: link.a: ${NEITHER}`,
  ],
  ['in dots', top('link.a.tier = 1\nlink.a.interface = "em9"'), `f:1:1: link.a: ${NEITHER}`],
  [
    'interface no name',
    link('interface = "em"\ngateway = "192.0.2.1"'),
    `f:2:13: link.a.interface: ${INTERFACE}, found "em"`,
  ],
  [
    'interface too long',
    link('interface = "abcdefghijklmn10"\ngateway = "192.0.2.1"'),
    `f:2:13: link.a.interface: ${INTERFACE}, found "abcdefghijklmn10"`,
  ],
  [
    'interface twice',
    link('interface = "em9"\ngateway = "192.0.2.1"\n[link.b]\ninterface = "em9"\ngateway = "192.0.2.9"'),
    'f:5:13: link.b.interface: "em9" is the interface of link.a, too',
  ],
  ['gateway no string', link('interface = "em9"\ngateway = 1'), `f:3:11: link.a.gateway: ${IPV4}, found 1`],
  [
    'gateway no address',
    link('interface = "em9"\ngateway = "modem"'),
    `f:3:11: link.a.gateway: ${IPV4}, found "modem"`,
  ],
  [
    'gateway inet6',
    link('interface = "em9"\ngateway = "fe80::1"'),
    `f:3:11: link.a.gateway: ${IPV4}, found "fe80::1"; the IPv6 gateway is gateway6`,
  ],
  [
    'gateway 0.0.0.0',
    link('interface = "em9"\ngateway = "0.0.0.0"'),
    `f:3:11: link.a.gateway: ${IPV4}, found "0.0.0.0", the unspecified address`,
  ],
  [
    'gateway loopback',
    link('interface = "em9"\ngateway = "127.1.2.3"'),
    `f:3:11: link.a.gateway: ${IPV4}, found "127.1.2.3", a loopback address`,
  ],
  [
    'gateway multicast',
    link('interface = "em9"\ngateway = "239.1.2.3"'),
    `f:3:11: link.a.gateway: ${IPV4}, found "239.1.2.3", a multicast address`,
  ],
  [
    'gateway broadcast',
    link('interface = "em9"\ngateway = "255.255.255.255"'),
    `f:3:11: link.a.gateway: ${IPV4}, found "255.255.255.255", the broadcast address`,
  ],
  [
    'gateway a target beside "gateway"',
    link('interface = "em9"\ngateway = "9.9.9.9"'),
    'f:3:11: link.a.gateway: "9.9.9.9" is among its probe targets, beside "gateway": the same target twice',
  ],
  ['gateway6 no string', link(`${sound}\ngateway6 = 1`), `f:4:12: link.a.gateway6: ${IPV6}, found 1`],
  [
    'gateway6 no address',
    link(`${sound}\ngateway6 = "fe80:::1"`),
    `f:4:12: link.a.gateway6: ${IPV6}, found "fe80:::1"`,
  ],
  [
    'gateway6 inet',
    link('interface = "em9"\ngateway6 = "192.0.2.1"'),
    `f:3:12: link.a.gateway6: ${IPV6}, found "192.0.2.1"; the IPv4 gateway is gateway`,
  ],
  [
    'gateway6 with a scope',
    link(`${sound}\ngateway6 = "fe80::1%em0"`),
    `f:4:12: link.a.gateway6: ${IPV6}, found "fe80::1%em0"; ${SCOPE}`,
  ],
  [
    'gateway6 with a scope, no address',
    link(`${sound}\ngateway6 = "x%em0"`),
    `f:4:12: link.a.gateway6: ${IPV6}, found "x%em0"`,
  ],
  [
    'gateway6 dhcp',
    link(`${sound}\ngateway6 = "dhcp"`),
    `f:4:12: link.a.gateway6: ${IPV6}, found "dhcp"; IPv6 routers announce themselves: that is "route"`,
  ],
  [
    'gateway6 that is learnt, by route-to',
    link(`${sound}\ngateway6 = "route"\nvia = "route-to"`),
    'f:5:7: link.a.via: "route-to" does not work with a gateway6 that is learnt, which is a link-local one, whose scope pf loses: leave via out',
  ],
  [
    'default_route',
    `default_route = "all"\n[link.a]\n${sound}`,
    'f:1:17: default_route: expected "none" or "leave" or "best" or "multipath", found "all"',
  ],
  [
    'on_exit',
    `on_exit = "stop"\n[link.a]\n${sound}`,
    'f:1:11: on_exit: expected "keep" or "flush", found "stop"',
  ],
  ...(
    [
      ['::', 'the unspecified address'],
      ['::1', 'the loopback address'],
      ['ff02::2', 'a multicast address'],
      ['::ffff:192.0.2.1', 'an IPv4 address in disguise'],
    ] as const
  ).map(([address, why]): [string, string, string] => [
    `gateway6 ${address}`,
    link(`${sound}\ngateway6 = "${address}"`),
    `f:4:12: link.a.gateway6: ${IPV6}, found "${address}", ${why}`,
  ]),
  [
    'gateway6 a target beside "gateway"',
    link('interface = "em9"\ngateway6 = "2620:fe::fe"'),
    'f:3:12: link.a.gateway6: "2620:fe::fe" is among its probe targets, beside "gateway": the same target twice',
  ],
  [
    'via',
    link(`${sound}\nvia = "reply-to"`),
    'f:4:7: link.a.via: expected "route-to" or "rtable", found "reply-to"',
  ],
  [
    'route-to with a link-local gateway6',
    link(`${sound}\nvia = "route-to"\ngateway6 = "fe80::1"`),
    'f:4:7: link.a.via: "route-to" does not work with a link-local gateway6, whose scope pf loses: leave via out',
  ],
  [
    'nat6',
    link(`${sound}\nnat6 = true`),
    'f:4:8: link.a.nat6: expected "no" or "nat" or "prefix", found true',
  ],
  [
    'nat6 prefix without prefix6',
    link(`${sound6}\nnat6 = "prefix"`),
    'f:4:8: link.a.nat6: "prefix" needs prefix6, the networks that the provider has delegated to this link',
  ],
  [
    'nat6 prefix with an empty prefix6',
    link(`${sound6}\nnat6 = "prefix"\nprefix6 = []`),
    'f:4:8: link.a.nat6: "prefix" needs prefix6, the networks that the provider has delegated to this link',
  ],
  [
    'nat6 prefix with a bad prefix6',
    link(`${sound6}\nnat6 = "prefix"\nprefix6 = 1`),
    `f:5:11: link.a.prefix6: ${PREFIXES}, found 1`,
  ],
  [
    'nat6 without gateway6',
    link(`${sound}\nnat6 = "nat"`),
    'f:4:8: link.a.nat6: expected gateway6 beside it: this link has no inet6 path',
  ],
  [
    'nat6 prefix without gateway6 and prefix6',
    link(`${sound}\nnat6 = "prefix"`),
    'f:4:8: link.a.nat6: "prefix" needs prefix6, the networks that the provider has delegated to this link',
    'f:4:8: link.a.nat6: expected gateway6 beside it: this link has no inet6 path',
  ],
  [
    'prefix6 without gateway6',
    link(`${sound}\nnat6 = "no"\nprefix6 = ["2001:db8::/48"]`),
    'f:5:11: link.a.prefix6: expected gateway6 beside it: this link has no inet6 path',
  ],
  [
    'nat6 and prefix6 without gateway6',
    link(`${sound}\nnat6 = "prefix"\nprefix6 = ["2001:db8::/48"]`),
    'f:4:8: link.a.nat6: expected gateway6 beside it: this link has no inet6 path',
    'f:5:11: link.a.prefix6: expected gateway6 beside it: this link has no inet6 path',
  ],
  [
    'a wrong nat6 and prefix6, no word of gateway6',
    link(`${sound}\nnat6 = "map"\nprefix6 = ["10.0.0.0/8"]`),
    'f:4:8: link.a.nat6: expected "no" or "nat" or "prefix", found "map"',
    `f:5:12: link.a.prefix6[0]: ${NETWORK6}, found "10.0.0.0/8"`,
  ],
  [
    'a wrong gateway6, no word of nat6',
    link(`${sound}\nnat6 = "nat"\ngateway6 = 1`),
    `f:5:12: link.a.gateway6: ${IPV6}, found 1`,
  ],
  [
    'prefix6 inet',
    link(`${sound6}\nprefix6 = ["10.0.0.0/8"]`),
    `f:4:12: link.a.prefix6[0]: ${NETWORK6}, found "10.0.0.0/8"`,
  ],
  [
    'a prefix without its length',
    link(`${sound6}\nprefix6 = ["2001:db8::"]`),
    `f:4:12: link.a.prefix6[0]: ${NETWORK6}, found "2001:db8::"`,
  ],
  [
    'prefix6 no network',
    link(`${sound6}\nprefix6 = ["2001:db8::/129"]`),
    `f:4:12: link.a.prefix6[0]: ${NETWORK6}, found "2001:db8::/129"`,
  ],
  [
    'prefix6 with host bits',
    link(`${sound6}\nprefix6 = ["2001:db8::/32", "2001:db9::1/32"]`),
    'f:4:29: link.a.prefix6[1]: expected a network, found "2001:db9::1/32", which has host bits set: did you mean "2001:db9::/32"?',
  ],
  [
    'prefix6 too long',
    link(`${sound6}\nprefix6 = [${Array.from({ length: 17 }, (_, i) => `"2001:db8:${i}::/48"`)}]`),
    `f:4:11: link.a.prefix6: ${PREFIXES}, found 17`,
  ],
  [
    'a prefix twice',
    link(`${sound6}\nprefix6 = ["2001:db8::/32", "2001:db9::/32", "2001:DB8::/32"]`),
    'f:4:46: link.a.prefix6[2]: "2001:db8::/32" is listed twice',
  ],
  [
    'a prefix of two links',
    link(
      `${sound6}\nprefix6 = ["2001:db8::/32"]\n[link.b]\ninterface = "em8"\ngateway6 = "fe80::1"\nprefix6 = ["2001:db8::/32"]`,
    ),
    'f:8:12: link.b.prefix6[0]: "2001:db8::/32" overlaps "2001:db8::/32" of link.a: a source belongs to one link',
  ],
  [
    'a prefix in that of another link',
    link(
      `${sound6}\nprefix6 = ["2001:db9::/32", "2001:db8:7::/48"]\n[link.b]\ninterface = "em8"\ngateway6 = "fe80::1"\nprefix6 = ["2001:db8::/32", "2001:db9:8::/48", "2001:dba::/48"]`,
    ),
    'f:8:12: link.b.prefix6[0]: "2001:db8::/32" overlaps "2001:db8:7::/48" of link.a: a source belongs to one link',
    'f:8:29: link.b.prefix6[1]: "2001:db9:8::/48" overlaps "2001:db9::/32" of link.a: a source belongs to one link',
  ],
  [
    'a prefix around two of another link, told once',
    link(
      `${sound6}\nprefix6 = ["2001:db8:1::/48", "2001:db8:2::/48"]\n[link.b]\ninterface = "em8"\ngateway6 = "fe80::1"\nprefix6 = ["2001:db8::/32"]`,
    ),
    'f:8:12: link.b.prefix6[0]: "2001:db8::/32" overlaps "2001:db8:1::/48" of link.a: a source belongs to one link',
  ],
  [
    'a budget in small letters',
    link(`${sound}\nmetered = true\nbudget = "50m"`),
    'f:5:10: link.a.budget: expected an amount of bytes, 100K to 1000G, such as "50M", found "50m"',
  ],
  [
    'a budget of a number',
    link(`${sound}\nmetered = true\nbudget = 50`),
    'f:5:10: link.a.budget: expected an amount of bytes, 100K to 1000G, such as "50M", found 50',
  ],
  [
    'a budget too small',
    link(`${sound}\nmetered = true\nbudget = "99K"`),
    'f:5:10: link.a.budget: expected an amount of bytes, 100K to 1000G, such as "50M", found "99K"',
  ],
  [
    'a budget of a link that is not metered',
    link(`${sound}\nbudget = "50M"`),
    'f:4:10: link.a.budget: expected metered = true beside it: only metered links are probed less',
  ],
  [
    'a budget, and metered wrong: no word of the budget',
    link(`${sound}\nmetered = "yes"\nbudget = "50M"`),
    'f:4:11: link.a.metered: expected true or false, found "yes"',
  ],
  [
    'idle below interval',
    link(`${sound}\n[link.a.probe]\ninterval = "10s"\nidle = "5s"`),
    'f:6:8: link.a.probe.idle: expected at least "10s", which is interval, found "5s"',
  ],
  [
    'idle below the interval of all',
    `[probe]\ninterval = "10s"\n${LINKS}[link.dsl.probe]\nidle = "5s"`,
    'f:11:8: link.dsl.probe.idle: expected at least "10s", which is interval, found "5s"',
  ],
  [
    'idle below interval, both for all: told once',
    probe('interval = "10s"\nidle = "5s"'),
    'f:3:8: probe.idle: expected at least "10s", which is interval, found "5s"',
  ],
  [
    'idle',
    probe('idle = "500ms"'),
    'f:2:8: probe.idle: expected a time from 1s to 1h such as "1m", found "500ms"',
  ],
  [
    'metered',
    link(`${sound}\nmetered = "yes"`),
    'f:4:11: link.a.metered: expected true or false, found "yes"',
  ],
  [
    'weight',
    link(`${sound}\nweight = 65536`),
    'f:4:10: link.a.weight: expected a whole number from 1 to 65535, found 65536',
  ],
  [
    'weight 0',
    link(`${sound}\nweight = 0`),
    'f:4:10: link.a.weight: expected a whole number from 1 to 65535, found 0',
  ],
  [
    'tier',
    link(`${sound}\ntier = "2"`),
    'f:4:8: link.a.tier: expected a whole number from 1 to 255, found "2"',
  ],
  ['nat', link(`${sound}\nnat = "yes"`), 'f:4:7: link.a.nat: expected true or false, found "yes"'],
  [
    'rtable 0',
    link(`${sound}\nrtable = 0`),
    'f:4:10: link.a.rtable: expected a whole number from 1 to 255, found 0',
  ],
  [
    'rtable 256',
    link(`${sound}\nrtable = 256`),
    'f:4:10: link.a.rtable: expected a whole number from 1 to 255, found 256',
  ],
  [
    'rtable twice',
    link(`${sound}\nrtable = 7\n[link.b]\ninterface = "em8"\ngateway = "192.0.2.9"\nrtable = 7`),
    'f:8:10: link.b.rtable: 7 is the routing table of link.a, too',
  ],

  // policies
  ['name of a policy', top('[policy.1st]'), `f:1:9: policy.1st: ${NAME}, found "1st"`],
  [
    'policy local',
    top('[policy.local]'),
    'f:1:9: policy.local: expected another name, reserved: its table would be that of the local networks',
  ],
  [
    'policy inbound',
    top('[policy.inbound]'),
    'f:1:9: policy.inbound: expected another name, reserved: the tag uplink_inbound is for connections from outside',
  ],
  [
    'policy inbound_dsl',
    top('[policy.inbound_dsl]'),
    'f:1:9: policy.inbound_dsl: expected another name, reserved: the tag uplink_inbound_dsl is for connections from outside',
  ],
  ...['voip_inet', 'inbound_inet6'].map((name): [string, string, string] => [
    `policy ${name}`,
    top(`[policy.${name}]`),
    `f:1:9: policy.${name}: expected another name, reserved: its table would be that of another policy in one family`,
  ]),
  [
    'too many policies',
    top(Array.from({ length: 101 }, (_, i) => `[policy.a${i}]`).join('\n')),
    'f:1:1: policy: expected at most 100 names, found 101',
  ],
  [
    'members no array',
    policy('members = "fibre"'),
    'f:2:11: policy.voip.members: expected an array of one or more links, found "fibre"',
  ],
  [
    'no members',
    policy('members = []'),
    'f:2:11: policy.voip.members: expected an array of one or more links, found none',
  ],
  [
    'member of a wrong kind',
    policy('members = ["dsl", 3]'),
    `f:2:19: policy.voip.members[1]: ${MEMBER}, found 3`,
  ],
  [
    'member an array',
    policy('members = [["dsl"]]'),
    `f:2:12: policy.voip.members[0]: ${MEMBER}, found an array`,
  ],
  [
    'unknown member',
    policy('members = ["cable"]'),
    'f:2:12: policy.voip.members[0]: expected the name of a link, found "cable"',
  ],
  [
    'misspelt member',
    policy('members = [{ link = "fiber" }]'),
    'f:2:21: policy.voip.members[0].link: expected the name of a link, found "fiber", did you mean "fibre"?',
  ],
  [
    'member without link',
    policy('members = [{ tier = 2 }]'),
    'f:2:12: policy.voip.members[0].link: missing: expected the name of a link',
  ],
  [
    'unknown key of a member',
    policy('members = [{ link = "dsl", wieght = 2 }]'),
    'f:2:28: policy.voip.members[0].wieght: unknown key, did you mean "weight"?',
  ],
  [
    'tier of a member',
    policy('members = [{ link = "dsl", tier = 0 }]'),
    'f:2:35: policy.voip.members[0].tier: expected a whole number from 1 to 255, found 0',
  ],
  [
    'member twice',
    policy('members = ["dsl", { link = "dsl", tier = 2 }]'),
    'f:2:19: policy.voip.members[1]: "dsl" is a member already',
  ],
  ['balance', policy('balance = "fair"'), `f:2:11: policy.voip.balance: ${BALANCE}, found "fair"`],
  ['balance no string', policy('balance = 1'), `f:2:11: policy.voip.balance: ${BALANCE}, found 1`],
  ['sticky', policy('sticky = "yes"'), 'f:2:10: policy.voip.sticky: expected true or false, found "yes"'],
  [
    'sticky without a pool',
    policy('sticky = true'),
    'f:2:10: policy.voip.sticky: a chain of probabilities cannot be sticky; use balance = "least-states"',
  ],
  [
    'sticky with weight',
    policy('sticky = true\nbalance = "weight"'),
    'f:2:10: policy.voip.sticky: a chain of probabilities cannot be sticky; use balance = "least-states"',
  ],
  [
    'sticky, balance wrong',
    policy('sticky = true\nbalance = "fair"'),
    `f:3:11: policy.voip.balance: ${BALANCE}, found "fair"`,
  ],
  [
    'weights in round-robin',
    dsl('weight = 3', '[policy.voip]\nbalance = "round-robin"'),
    'f:9:11: policy.voip.balance: "round-robin" needs equal weights in tier 1, found 1 for link.fibre and 3 for link.dsl: pf makes 2:1 of 3:1 there; use "weight" or "least-states"',
  ],
  ...['random', 'source-hash'].map((balance): [string, string, string] => [
    `weights in ${balance}`,
    policy(`balance = "${balance}"\nmembers = ["dsl", { link = "fibre", weight = 9 }]`),
    `f:2:11: policy.voip.balance: "${balance}" needs equal weights in tier 1, found 1 for link.dsl and 9 for link.fibre: pf ignores weights there; use "weight" or "least-states"`,
  ]),
  [
    'a wrong weight, no word of balance',
    dsl('weight = 0', '[policy.voip]\nbalance = "random"\nmembers = [{ link = "fibre", weight = 7 }, "dsl"]'),
    'f:7:10: link.dsl.weight: expected a whole number from 1 to 65535, found 0',
  ],
  [
    'a wrong weight of a member, no word of balance',
    dsl('weight = 3', '[policy.voip]\nbalance = "random"\nmembers = [{ link = "fibre", weight = 0 }, "dsl"]'),
    'f:10:39: policy.voip.members[0].weight: expected a whole number from 1 to 65535, found 0',
  ],
  [
    'a wrong tier, no word of balance',
    dsl('tier = 0\nweight = 3', '[policy.voip]\nbalance = "random"'),
    'f:7:8: link.dsl.tier: expected a whole number from 1 to 255, found 0',
  ],
  [
    'rtable in a pool',
    dsl('via = "rtable"', '[policy.voip]\nbalance = "least-states"'),
    'f:9:11: policy.voip.balance: "least-states" cannot have link.dsl: it has via = "rtable"; leave via out, or use "weight"',
  ],
  [
    'rtable in a pool, both families',
    dsl('via = "rtable"\ngateway6 = "fe80::1"', '[policy.voip]\nbalance = "random"'),
    'f:10:11: policy.voip.balance: "random" cannot have link.dsl: it has via = "rtable"; leave via out, or use "weight"',
  ],
  [
    'degraded',
    policy('degraded = true'),
    'f:2:12: policy.voip.degraded: expected "use" or "avoid" or "never", found true',
  ],
  [
    'failback',
    policy('failback = "kill"'),
    'f:2:12: policy.voip.failback: expected "stay" or "move", found "kill"',
  ],
  ...(
    [
      ['8', '8'],
      ['-1', '-1'],
      ['1.5', '1.5'],
      ['"3"', '"3"'],
      ['[3]', 'an array'],
      ['[3, 8]', 'an array'],
      ['[1, 2, 3]', 'an array'],
      ['{ a = 1 }', 'a table'],
    ] as const
  ).map(([value, shown]): [string, string, string] => [
    `prio ${value}`,
    policy(`prio = ${value}`),
    `f:2:8: policy.voip.prio: ${PRIO}, found ${shown}`,
  ]),
  ...[
    '256',
    '-1',
    '"af14"',
    '"af50"',
    '"af4"',
    '"cs8"',
    '"cs11"',
    '"af01"',
    '"0x10"',
    '""',
    '"toString"',
    'true',
  ].map((value): [string, string, string] => [
    `tos ${value}`,
    policy(`tos = ${value}`),
    `f:2:7: policy.voip.tos: ${TOS}, found ${value}`,
  ]),
  [
    'empty',
    policy('empty = "keep"'),
    'f:2:9: policy.voip.empty: expected "last-resort" or "drop", found "keep"',
  ],

  // all at once, in the order of the file, and none that only follows from another
  [
    'order',
    `[policy.a]\nmembers = ["b"]\n[link.b]\ngateway = "x"\nweight = 0\n[probe]\nquorum = 9`,
    'f:3:1: link.b.interface: missing: expected the name of an interface such as "em0"',
    `f:4:11: link.b.gateway: ${IPV4}, found "x"`,
    'f:5:10: link.b.weight: expected a whole number from 1 to 65535, found 0',
    'f:7:10: probe.quorum: expected a whole number from 1 to 8, found 9',
  ],
  [
    'bad targets, no word of quorum',
    probe('targets = ["x.org"]\nquorum = 2'),
    `f:2:12: probe.targets[0]: ${TARGET}, found "x.org"; names are never resolved`,
  ],
  [
    'no link, no word of members',
    '[policy.a]\nmembers = ["fibre"]',
    'f:1:1: link: expected at least one link such as [link.fibre], found none',
  ],
  [
    'a broken link is still one',
    `link.a = 1\n[policy.p]\nmembers = ["a", "dsl"]${LINKS}`,
    'f:1:10: link.a: expected a table such as [link.fibre], found 1',
  ],
];

for (const [rule, text, ...messages] of rows) {
  t.test(rule, async (t) => {
    t.strictSame(refusals(text), messages);
  });
}

t.test('an error is data, too', async (t) => {
  t.strictSame(parseConfig(link(`${sound}\nweight = 0`), '/etc/uplinkd.conf'), {
    kind: 'refused',
    errors: [
      {
        file: '/etc/uplinkd.conf',
        line: 4,
        column: 10,
        key: 'link.a.weight',
        message: 'link.a.weight: expected a whole number from 1 to 65535, found 0',
      },
    ],
  });
});

t.test('beyond 200 errors only their number', async (t) => {
  const lines = refusals(top(Array.from({ length: 250 }, (_, i) => `zebra${i} = 1`).join('\n')));
  t.equal(lines.length, 201);
  t.equal(lines.at(-2), 'f:200:1: zebra199: unknown key');
  t.equal(lines.at(-1), 'f:201:1: and 50 more errors');
});

t.test('a bad file leaves no trace in the prototypes', async (t) => {
  refusals('[a]\n__proto__.polluted = 1\n[__proto__]\npolluted = 1\n[constructor.prototype]\npolluted = 1');
  t.notOk('polluted' in {});
});
