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
  const common = { weight: 1, tier: 1, nat: true, rtable: null };
  const probe = {
    targets: [
      { kind: 'gateway' },
      { kind: 'address', family: 'inet', address: '9.9.9.9' },
      { kind: 'address', family: 'inet', address: '1.1.1.1' },
    ],
    quorum: 1,
    interval: 1000,
    timeout: 1000,
    fall: 3,
    rise: 5,
    hold: 10_000,
  };
  t.strictSame(read(SHORTEST), {
    anchor: 'uplinkd',
    local: [],
    reconcile: 30_000,
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
        empty: 'last-resort',
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
