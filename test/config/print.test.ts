import t from 'tap';
import { parseConfig } from '../../src/config/parse.ts';
import { renderConfig } from '../../src/config/print.ts';
import { parseTime, renderTime } from '../../src/config/time.ts';
import { usesPool } from '../../src/core/decide.ts';
import { millis } from '../../src/core/time.ts';
import fc from '../chance.ts';
import { newPaths } from '../core/example.ts';
import { settingsArbitrary } from './settings.ts';

t.test('any settings: what is printed reads back to the same', async (t) => {
  fc.assert(
    fc.property(settingsArbitrary, (settings) => {
      const parsed = parseConfig(renderConfig(settings), 'printed');
      t.strictSame(parsed, { kind: 'ok', settings });
      return parsed.kind === 'ok' && renderConfig(parsed.settings) === renderConfig(settings);
    }),
    { numRuns: 100 },
  );
});

t.test('pools of any settings: refused exactly if inet could not have one', async (t) => {
  const seen = { ok: 0, refused: 0, chain6: 0 };
  fc.assert(
    fc.property(settingsArbitrary, (settings) => {
      const policies = settings.policies.map((each) => ({ ...each, balance: 'least-states' as const }));
      const pools = { ...settings, policies };
      const { kind } = parseConfig(renderConfig(pools), 'printed');
      seen[kind] += 1;
      return (kind === 'ok') === policies.every((each) => usesPool(each, pools, 'inet', newPaths(pools)));
    }),
    { numRuns: 200 },
  );
  // of a seed of its own: what is counted here is what the arbitrary can make
  for (const settings of fc.sample(settingsArbitrary, { numRuns: 200, seed: 1 })) {
    const isDual = (name: string): boolean =>
      settings.links.some((link) => link.name === name && link.gateway !== null && link.gateway6 !== null);
    seen.chain6 += settings.policies.filter(
      (each) =>
        usesPool(each, settings, 'inet', newPaths(settings)) &&
        !usesPool(each, settings, 'inet6', newPaths(settings)) &&
        each.members.some((member) => isDual(member.link)),
    ).length;
  }
  t.ok(seen.ok > 0 && seen.refused > 0 && seen.chain6 > 10, JSON.stringify(seen));
});

t.test('the shortest file, printed', async (t) => {
  const text =
    'link.a = { interface = "em0", gateway = "192.0.2.1", rtable = 9 }\nlocal = ["::/0", "10.0.0.1"]';
  const parsed = parseConfig(text, 'f');
  t.equal(
    parsed.kind === 'ok' && renderConfig(parsed.settings),
    `anchor        = "uplinkd"
local         = ["::/0", "10.0.0.1"]
default_route = "none"
on_exit       = "keep"
reconcile     = "30s"

[inbound]
enabled   = false

[control]
group     = "wheel"

[link.a]
interface = "em0"
gateway   = "192.0.2.1"
weight    = 1
tier      = 1
nat       = true
nat6      = "no"
prefix6   = []
metered   = false
rtable    = 9
[link.a.probe]
targets   = ["gateway", "9.9.9.9", "1.1.1.1", "2620:fe::fe"]
quorum    = 1
interval  = "1s"
idle      = "1m"
timeout   = "auto"
fall      = 3
rise      = 5
hold      = "10s"
confirm   = true
loss      = { degraded = 10, down = 50, window = "30s" }
damping   = true

[policy.default]
members   = [
  { link = "a", tier = 1, weight = 1 },
]
balance   = "weight"
sticky    = false
degraded  = "avoid"
empty     = "last-resort"
`,
  );
});

t.test('what has no default word, printed', async (t) => {
  const text = `[inbound]
[hook]
command = ["/x", "a b"]
[link.a]
interface = "em0"
gateway6 = "fe80:0::1"
via = "rtable"
prefix6 = ["2001:db8::/32"]
metered = true
[link.a.probe]
targets = ["gateway"]
loss.degraded = 0.5
latency.degraded = "250ms"
[policy.voip]
failback = "stay"
prio = 6
tos = "ef"`;
  const parsed = parseConfig(text, 'f');
  t.equal(
    parsed.kind === 'ok' && renderConfig(parsed.settings),
    `anchor        = "uplinkd"
local         = []
default_route = "none"
on_exit       = "keep"
reconcile     = "30s"

[inbound]
enabled   = true

[hook]
command   = ["/x", "a b"]
timeout   = "10s"
digest    = "1m"

[control]
group     = "wheel"

[link.a]
interface = "em0"
gateway6  = "fe80::1"
via       = "rtable"
weight    = 1
tier      = 1
nat       = true
nat6      = "no"
prefix6   = ["2001:db8::/32"]
metered   = true
[link.a.probe]
targets   = ["gateway"]
quorum    = 1
interval  = "1s"
idle      = "1m"
timeout   = "auto"
fall      = 3
rise      = 5
hold      = "10s"
confirm   = true
loss      = { degraded = 0.5, down = 50, window = "30s" }
latency   = { degraded = "250ms" }
damping   = true

[policy.voip]
members   = [
  { link = "a", tier = 1, weight = 1 },
]
balance   = "weight"
sticky    = false
degraded  = "avoid"
failback  = "stay"
empty     = "last-resort"
prio      = [6, 6]
tos       = 184
`,
  );
});

t.test('times', async (t) => {
  const rows: readonly (readonly [string, number | null, string?])[] = [
    ['250ms', 250],
    ['2s', 2000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['0s', 0],
    ['0ms', 0, '0s'],
    ['1000ms', 1000, '1s'],
    ['90s', 90_000],
    ['120s', 120_000, '2m'],
    ['007s', 7000, '7s'],
    ['1.5s', null],
    ['1 s', null],
    ['-1s', null],
    ['s', null],
    ['ms', null],
    ['', null],
    ['30', null],
    ['1h30m', null],
    ['1S', null],
    ['1234567890s', null],
  ];
  for (const [text, wanted, canonical] of rows) {
    const time = parseTime(text);
    t.equal(time, wanted, JSON.stringify(text));
    if (time !== null) t.equal(renderTime(time), canonical ?? text);
  }
  fc.assert(
    fc.property(fc.nat({ max: 999_999_999 }), (value) => parseTime(renderTime(millis(value))) === value),
  );
});
