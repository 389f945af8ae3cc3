import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { parseConfig, renderConfigError } from '../../src/config/parse.ts';
import { DEFAULT_PROBE } from '../../src/config/schema.ts';
import type { Settings } from '../../src/core/model.ts';

const read = (text: string): Settings => {
  const parsed = parseConfig(text, 'f');
  if (parsed.kind === 'ok') return parsed.settings;
  throw new Error(parsed.errors.map(renderConfigError).join('\n'));
};

const SHORTEST = `
[link.fibre]
interface = "em0"
gateway = "203.0.113.1"
[link.dsl]
interface = "em1"
gateway = "198.51.100.1"
`;

t.test('the shortest useful file: every default', async (t) => {
  const common = {
    gateway6: null,
    via: null,
    weight: 1,
    tier: 1,
    nat: true,
    nat6: 'no',
    prefix6: [],
    metered: false,
    budget: null,
    rtable: null,
  };
  const probe = {
    targets: [
      { kind: 'gateway' },
      { kind: 'address', family: 'inet', address: '9.9.9.9' },
      { kind: 'address', family: 'inet', address: '1.1.1.1' },
      { kind: 'address', family: 'inet6', address: '2620:fe::fe' },
    ],
    quorum: 1,
    interval: 1000,
    idle: 60_000,
    timeout: 'auto',
    fall: 3,
    rise: 5,
    hold: 10_000,
    confirm: true,
    loss: { degraded: 10, recover: null, down: 50, window: 30_000 },
    latency: { degraded: null, recover: null },
    damping: true,
  };
  t.strictSame(read(SHORTEST), {
    anchor: 'uplinkd',
    local: [],
    reconcile: 30_000,
    defaultRoute: 'none',
    onExit: 'keep',
    inbound: false,
    carp: null,
    hook: null,
    controlGroup: 'wheel',
    metrics: null,
    links: [
      { name: 'fibre', interface: 'em0', gateway: '203.0.113.1', ...common, probe },
      { name: 'dsl', interface: 'em1', gateway: '198.51.100.1', ...common, probe },
    ],
    policies: [
      {
        name: 'default',
        members: [
          { link: 'fibre', tier: 1, weight: 1 },
          { link: 'dsl', tier: 1, weight: 1 },
        ],
        balance: 'weight',
        sticky: false,
        degraded: 'avoid',
        failback: null,
        empty: 'last-resort',
        prio: null,
        tos: null,
      },
    ],
  });
});

t.test('a link overrides the common probe settings key by key', async (t) => {
  const text = `[probe]\ninterval = "2s"\nfall = 4\n${SHORTEST}[link.dsl.probe]\ninterval = "100ms"\nhold = "0s"`;
  const [fibre, dsl] = read(text).links.map((link) => link.probe);
  t.strictSame(fibre, { ...DEFAULT_PROBE, interval: 2000, fall: 4 });
  t.strictSame(dsl, { ...DEFAULT_PROBE, interval: 100, fall: 4, hold: 0 });
});

t.test('quorum and targets may come from different tables', async (t) => {
  const text = `[probe]\nquorum = 2\n${SHORTEST}[link.dsl.probe]\ntargets = ["gateway", "192.0.2.53"]`;
  t.strictSame(read(text).links[1]?.probe.targets, [
    { kind: 'gateway' },
    { kind: 'address', family: 'inet', address: '192.0.2.53' },
  ]);
});

t.test('the gateway may be a target by its address alone', async (t) => {
  const { links } = read(`${SHORTEST}[link.dsl.probe]\ntargets = ["198.51.100.1"]`);
  t.equal(links[1]?.probe.targets.length, 1);
});

t.test("members: by name or in full, with the link's own tier and weight", async (t) => {
  const text = `${SHORTEST}weight = 7\ntier = 2
[policy.voip]
members = ["dsl", { link = "fibre", tier = 3 }]
empty = "drop"
[policy.bulk]
members = [{ link = "dsl", weight = 1 }]
balance = "weight"
[policy.all]`;
  t.strictSame(
    read(text).policies.map(({ name, members, empty }) => ({ name, members, empty })),
    [
      {
        name: 'voip',
        members: [
          { link: 'dsl', tier: 2, weight: 7 },
          { link: 'fibre', tier: 3, weight: 1 },
        ],
        empty: 'drop',
      },
      { name: 'bulk', members: [{ link: 'dsl', tier: 2, weight: 1 }], empty: 'last-resort' },
      {
        name: 'all',
        members: [
          { link: 'fibre', tier: 1, weight: 1 },
          { link: 'dsl', tier: 2, weight: 7 },
        ],
        empty: 'last-resort',
      },
    ],
  );
});

t.test('a link in both families, in one, and how it is reached', async (t) => {
  const { links } = read(`${SHORTEST}gateway6 = "FE80:0::1"
nat6 = "prefix"
prefix6 = ["2001:DB8:a:0::/48", "2001:db8:b::1/128"]
metered = true
via = "rtable"
[link.six]
interface = "em2"
gateway6 = "fe80::1"
[link.seven]
interface = "em3"
gateway6 = "2001:db8:f::1"
via = "route-to"
nat6 = "nat"`);
  t.match(links[1], {
    gateway: '198.51.100.1',
    gateway6: 'fe80::1',
    nat6: 'prefix',
    prefix6: [
      { family: 'inet6', address: '2001:db8:a::', length: 48 },
      { family: 'inet6', address: '2001:db8:b::1', length: 128 },
    ],
    metered: true,
    via: 'rtable',
  });
  t.match(links[2], { gateway: null, gateway6: 'fe80::1', via: null, nat6: 'no' });
  t.match(links[3], { gateway: null, gateway6: '2001:db8:f::1', via: 'route-to', nat6: 'nat' });
});

t.test('a network of the same link may be in another of it', async (t) => {
  const { links } = read(`${SHORTEST}gateway6 = "fe80::1"
prefix6 = ["2001:db8:0:1::/64", "2001:db8::/56"]`);
  t.equal(links[1]?.prefix6.length, 2);
});

t.test('loss and latency are overridden key by key, in every notation', async (t) => {
  const text = `[probe]
loss = { degraded = 2.5, window = "1m" }
latency.degraded = "80ms"
${SHORTEST}[link.dsl.probe.loss]
down = 100
[link.dsl.probe.latency]
[link.fibre.probe]
latency = { degraded = "1m" }
loss = { degraded = 0.001, down = 0.001, window = "1h" }`;
  const [fibre, dsl] = read(text).links.map((link) => link.probe);
  t.strictSame(dsl, {
    ...DEFAULT_PROBE,
    loss: { degraded: 2.5, recover: null, down: 100, window: 60_000 },
    latency: { degraded: 80, recover: null },
  });
  t.strictSame(fibre?.loss, { degraded: 0.001, recover: null, down: 0.001, window: 3_600_000 });
  t.strictSame(fibre?.latency, { degraded: 60_000, recover: null });
});

t.test('a target counts for its own family, the gateway for each', async (t) => {
  const text = `[probe]
targets = ["gateway", "9.9.9.9", "2620:FE:0::fe"]
quorum = 2
${SHORTEST}gateway6 = "fe80::1"
[link.dsl.probe]
targets = ["2620:fe::fe", "2620:fe::9", "9.9.9.9", "1.1.1.1"]`;
  t.strictSame(read(text).links[0]?.probe.targets[2], {
    kind: 'address',
    family: 'inet6',
    address: '2620:fe::fe',
  });
});

t.test('inbound', async (t) => {
  const rows: readonly (readonly [string, boolean])[] = [
    ['[inbound]', true],
    ['[inbound]\nenabled = true', true],
    ['[inbound]\nenabled = false', false],
    ['inbound = {}', true],
    ['inbound.enabled = false', false],
    ['', false],
  ];
  for (const [text, wanted] of rows) t.equal(read(`${text}${SHORTEST}`).inbound, wanted, text);
});

t.test('pools: sticky or not, with weights where pf keeps them', async (t) => {
  const links = `${SHORTEST}weight = 3\n[link.lte]\ninterface = "em2"\ngateway = "192.0.2.1"\ntier = 2\nweight = 9\n`;
  const { policies } = read(`${links}
[policy.a]
balance = "least-states"
sticky = true
[policy.b]
balance = "round-robin"
members = ["dsl", "lte"]
[policy.c]
balance = "random"
members = ["dsl", { link = "fibre", weight = 3 }]
[policy.d]
balance = "source-hash"
members = [{ link = "dsl", tier = 3 }, "fibre", "lte"]
sticky = false
[policy.e]
balance = "weight"
sticky = false`);
  t.strictSame(
    policies.map(({ balance, sticky }) => `${balance} ${sticky}`),
    ['least-states true', 'round-robin false', 'random false', 'source-hash false', 'weight false'],
  );
});

t.test('a pool takes links whose inet6 no pool can have', async (t) => {
  const rows = [
    'gateway6 = "2001:db8::1"\nnat6 = "nat"\nvia = "route-to"',
    'gateway6 = "2001:db8::1"\nnat6 = "no"',
    'gateway6 = "fe80::1"\nnat6 = "nat"',
    '[link.six]\ninterface = "em2"\ngateway6 = "2001:db8::1"\nnat6 = "nat"\nvia = "rtable"',
  ];
  for (const lines of rows) {
    t.equal(
      read(`${SHORTEST}${lines}\n[policy.a]\nbalance = "random"`).policies[0]?.balance,
      'random',
      lines,
    );
  }
});

t.test('a link without gateway6 may say that it has nothing of inet6', async (t) => {
  t.match(read(`${SHORTEST}nat6 = "no"\nprefix6 = []`).links[1], { gateway6: null, nat6: 'no', prefix6: [] });
});

t.test('prio and tos: numbers, pairs and the names of pf.conf(5)', async (t) => {
  const marks = (lines: string) => {
    const { prio, tos } = read(`${SHORTEST}[policy.a]\n${lines}`).policies[0] ?? {};
    return { prio, tos };
  };
  t.strictSame(marks('prio = 0'), { prio: [0, 0], tos: null });
  t.strictSame(marks('prio = -0'), { prio: [0, 0], tos: null });
  t.strictSame(marks('prio = [3, 7]\ntos = 255'), { prio: [3, 7], tos: 255 });
  // netinet/ip.h, and the words that pfctl's map_tos() takes
  const names: Readonly<Record<string, number>> = {
    af11: 0x28,
    af12: 0x30,
    af13: 0x38,
    af21: 0x48,
    af22: 0x50,
    af23: 0x58,
    af31: 0x68,
    af32: 0x70,
    af33: 0x78,
    af41: 0x88,
    af42: 0x90,
    af43: 0x98,
    critical: 0xa0,
    cs0: 0x00,
    cs1: 0x20,
    cs2: 0x40,
    cs3: 0x60,
    cs4: 0x80,
    cs5: 0xa0,
    cs6: 0xc0,
    cs7: 0xe0,
    ef: 0xb8,
    inetcontrol: 0xc0,
    lowdelay: 0x10,
    netcontrol: 0xe0,
    reliability: 0x04,
    throughput: 0x08,
    EF: 0xb8,
  };
  for (const [name, tos] of Object.entries(names)) t.equal(marks(`tos = "${name}"`).tos, tos, name);
});

t.test('the rest of a policy', async (t) => {
  t.match(read(`${SHORTEST}[policy.a]\ndegraded = "never"\nfailback = "move"`).policies[0], {
    degraded: 'never',
    failback: 'move',
  });
});

t.test('the same link-local gateway on two interfaces is two routers', async (t) => {
  const text = '[link.a]\ninterface = "em0"\ngateway6 = "fe80::1"\n';
  t.equal(read(text + text.replace('.a]', '.b]').replace('em0', 'em1')).links.length, 2);
});

t.test('an empty table of policies is none', async (t) => {
  t.equal(read(`${SHORTEST}[policy]`).policies[0]?.name, 'default');
});

t.test('networks become canonical', async (t) => {
  t.strictSame(read(`local = ["10.0.0.0/8", "2001:DB8:0::/32", "192.0.2.1"]${SHORTEST}`).local, [
    { family: 'inet', address: '10.0.0.0', length: 8 },
    { family: 'inet6', address: '2001:db8::', length: 32 },
    { family: 'inet', address: '192.0.2.1', length: 32 },
  ]);
});

t.test('the bounds themselves are in bounds', async (t) => {
  const settings = read(`anchor = "abcdefghijklmno"
reconcile = "1s"
[probe]
targets = ["1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4", "1.0.0.5", "1.0.0.6", "1.0.0.7", "223.255.255.255"]
quorum = 8
interval = "1h"
timeout = "10ms"
fall = 60
rise = 1
hold = "24h"
[link.abcdefghijklmno]
interface = "abcdefghijklm10"
gateway = "1.2.3.4"
weight = 65535
tier = 255
nat = false
rtable = 255
[policy.abcdefghijklmno]
`);
  t.equal(settings.links[0]?.probe.quorum, 8);
  const longest = `${settings.anchor}_${settings.policies[0]?.name}`;
  t.ok(longest.length < 32, 'the longest name of a table is one that pf takes (PF_TABLE_NAME_SIZE)');
});

t.test('every way to write TOML', async (t) => {
  const same = `\uFEFFlink = { fibre = { interface = 'em0', gateway = """203.0.113.1""" } }\r\n# a comment\r\n`;
  t.strictSame(read(same).links, read(SHORTEST).links.slice(0, 1));
  const dotted =
    'link."fibre".interface = "em0"\nlink.fibre.gateway = "203.0.113.1"\nlink.fibre.weight = 0x1';
  t.strictSame(read(dotted).links, read(SHORTEST).links.slice(0, 1));
  const headers = '[link.fibre.probe]\n[link.fibre]\ngateway = "203.0.113.1"\ninterface = "em0"\n[link]';
  t.strictSame(read(headers).links, read(SHORTEST).links.slice(0, 1));
});

t.test('the shipped examples', async (t) => {
  const etc = new URL('../../etc/', import.meta.url);
  const files = readdirSync(etc).filter((name) => /^uplinkd.*\.conf$/.test(name));
  t.ok(files.includes('uplinkd.conf'));
  for (const name of files) {
    const parsed = parseConfig(readFileSync(new URL(name, etc), 'utf8'), name);
    t.strictSame(parsed.kind === 'ok' ? [] : parsed.errors.map(renderConfigError), []);
  }
});
