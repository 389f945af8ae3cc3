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
const sound = 'interface = "em9"\ngateway = "192.0.2.1"';

const NAME = 'expected a name of a small letter and up to 14 more small letters, digits and "_"';
const ANCHOR = 'expected a letter and up to 14 letters, digits, "_" and "-"';
const TARGET = 'expected "gateway" or an IPv4 address';
const IPV4 = 'expected an IPv4 address such as "203.0.113.1"';
const INTERFACE = 'expected the name of an interface such as "em0"';
const MEMBER = 'expected the name of a link or { link = "fibre", tier = 1 }';

const rows: readonly (readonly [rule: string, text: string, ...messages: string[]])[] = [
  // TOML itself
  ['no TOML', 'a = 1\nb = = 2', 'f:2:5: not TOML 1.0: Unexpected token'],
  [
    'a key twice',
    top('anchor = "a"\nanchor = "b"'),
    'f:2:1: not TOML 1.0: Defining a key multiple times is invalid',
  ],
  ['TOML 1.1', top('a = "\\e"'), 'f:1:7: not TOML 1.0: Invalid character in escape sequence'],
  ['too long', ' '.repeat(262_145), 'f:1:1: expected at most 262144 characters, found 262145'],
  [
    'too deep',
    `a = ${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    'f:1:1: not TOML 1.0: nested too deeply to be read',
  ],

  // unknown keys
  ['unknown key', top('zebra = 1'), 'f:1:1: zebra: unknown key'],
  ['misspelt key', top('anchr = "x"'), 'f:1:1: anchr: unknown key, did you mean "anchor"?'],
  ['unknown table', top('[hook]\ncommand = ["x"]'), 'f:1:2: hook: unknown key'],
  ['later key of a link', link(`${sound}\nmetered = true`), 'f:4:1: link.a.metered: unknown key'],
  ['later key of probe', probe('damping = true'), 'f:2:1: probe.damping: unknown key'],
  ['later key of a policy', policy('sticky = true'), 'f:2:1: policy.voip.sticky: unknown key'],
  ['the nearest key', probe('targts = 1'), 'f:2:1: probe.targts: unknown key, did you mean "targets"?'],
  [
    'two letters changed places',
    link(`${sound}\nteir = 2`),
    'f:4:1: link.a.teir: unknown key, did you mean "tier"?',
  ],
  ['a key that is no name', top('"a b\\u00e9" = 1'), 'f:1:1: "a b\\u00E9": unknown key'],
  ['a very long key', top(`${'k'.repeat(70)} = 1`), `f:1:1: "${'k'.repeat(60)}...": unknown key`],
  ['a key for JavaScript', top('__proto__.x = 1'), 'f:1:1: __proto__: unknown key'],
  ['another one', link(`${sound}\nconstructor.prototype.x = 1`), 'f:4:1: link.a.constructor: unknown key'],
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
    `f:2:23: probe.targets[1]: ${TARGET}, found "dns.quad9.net"; targets are addresses: names are never resolved`,
  ],
  [
    'an inet6 target',
    probe('targets = ["2620:fe::fe"]'),
    `f:2:12: probe.targets[0]: ${TARGET}, found "2620:fe::fe"; inet6 targets are not supported yet`,
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
  ['quorum 0', probe('quorum = 0'), 'f:2:10: probe.quorum: expected a whole number from 1 to 8, found 0'],
  [
    'quorum above targets',
    probe('quorum = 4'),
    'f:2:10: probe.quorum: expected a whole number from 1 to 3, the number of targets, found 4',
  ],
  [
    "quorum above a link's targets",
    `${probe('quorum = 3')}[link.dsl.probe]\ntargets = ["gateway"]`,
    'f:11:11: link.dsl.probe.targets: expected at least 3 targets, the quorum, found 1',
  ],
  [
    'quorum of a link',
    `${probe('targets = ["gateway"]')}[link.dsl.probe]\nquorum = 2`,
    'f:11:10: link.dsl.probe.quorum: expected a whole number from 1 to 1, the number of targets, found 2',
  ],
  [
    'interval too short',
    probe('interval = "99ms"'),
    'f:2:12: probe.interval: expected a time from 100ms to 1h such as "1s", found "99ms"',
  ],
  [
    'timeout too long',
    probe('timeout = "2m"'),
    'f:2:11: probe.timeout: expected a time from 10ms to 1m such as "1s", found "2m"',
  ],
  [
    'timeout with a name of JavaScript',
    probe('timeout = "toString"'),
    'f:2:11: probe.timeout: expected a time from 10ms to 1m such as "1s", found "toString"',
  ],
  [
    'timeout auto',
    probe('timeout = "auto"'),
    'f:2:11: probe.timeout: "auto" is not supported yet, give a time',
  ],
  ['fall', probe('fall = 61'), 'f:2:8: probe.fall: expected a whole number from 1 to 60, found 61'],
  ['rise', probe('rise = 0.5'), 'f:2:8: probe.rise: expected a whole number from 1 to 60, found 0.5'],
  [
    'hold',
    probe('hold = "25h"'),
    'f:2:8: probe.hold: expected a time from 0s to 24h such as "10s", found "25h"',
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
  ['gateway missing', link('interface = "em9"'), `f:1:1: link.a.gateway: missing: ${IPV4}`],
  [
    'the header later',
    `[link.a.probe]\n[link.a]${LINKS}`,
    `f:2:1: link.a.interface: missing: ${INTERFACE}`,
    `f:2:1: link.a.gateway: missing: ${IPV4}`,
  ],
  ['in dots', top('link.a.tier = 1\nlink.a.interface = "em9"'), `f:1:1: link.a.gateway: missing: ${IPV4}`],
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
    `f:3:11: link.a.gateway: ${IPV4}, found "fe80::1"`,
  ],
  ...['dhcp', 'peer', 'route'].map((word): [string, string, string] => [
    `gateway ${word}`,
    link(`interface = "em9"\ngateway = "${word}"`),
    `f:3:11: link.a.gateway: "${word}" is not supported yet, give the gateway's address`,
  ]),
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
    'gateway twice',
    link('interface = "em9"\ngateway = "192.0.2.1"\n[link.b]\ninterface = "em8"\ngateway = "192.0.2.1"'),
    'f:6:11: link.b.gateway: "192.0.2.1" is the gateway of link.a, too: pf looks the gateway up in the routing table, so it cannot tell these links apart; give one of them another network',
  ],
  [
    'gateway a target beside "gateway"',
    link('interface = "em9"\ngateway = "9.9.9.9"'),
    'f:3:11: link.a.gateway: "9.9.9.9" is among its probe targets, beside "gateway": the same target twice',
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
  [
    'later balance',
    policy('balance = "least-states"'),
    'f:2:11: policy.voip.balance: "least-states" is not supported yet, give "weight"',
  ],
  ['balance', policy('balance = "fair"'), 'f:2:11: policy.voip.balance: expected "weight", found "fair"'],
  ['balance no string', policy('balance = 1'), 'f:2:11: policy.voip.balance: expected "weight", found 1'],
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
    `f:2:12: probe.targets[0]: ${TARGET}, found "x.org"; targets are addresses: names are never resolved`,
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
