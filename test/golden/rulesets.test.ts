/**
 * Whole rule sets as plain files that `pfctl -nf` can judge: NN-name.pf is the anchor, NN-name.pool.pf the policy's own
 * anchor where it has a pool. Made from configurations as people write them, and loaded by the emulator's pfctl. After a
 * change that is understood: `UPDATE=1 npx tap test/golden/rulesets.test.ts`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { parseConfig, renderConfigError } from '../../src/config/parse.ts';
import type { Health, PathKey, Settings } from '../../src/core/model.ts';
import { pathKey } from '../../src/core/model.ts';
import { previewPools, previewRuleset } from '../../src/core/preview.ts';
import { renderPoolAnchor, renderRuleset } from '../../src/text/pf.ts';
import { createMachine, type Machine } from '../emulator/machine.ts';

const file = (name: string): URL => new URL(name, import.meta.url);
const isUpdating = process.env['UPDATE'] !== undefined;

const read = (text: string): Settings => {
  const parsed = parseConfig(text, 'golden.conf');
  if (parsed.kind === 'ok') return parsed.settings;
  throw new Error(parsed.errors.map(renderConfigError).join('\n'));
};

/** `fibre=down lte/inet6=degraded`: a link is both of its paths. */
const healths = (text: string): ReadonlyMap<PathKey, Health> =>
  new Map(
    text
      .split(' ')
      .filter((each) => each !== '')
      .flatMap((each): readonly [PathKey, Health][] => {
        const [path = '', health = ''] = each.split('=');
        const [link = '', family] = path.split('/');
        const is = health as Health;
        return (['inet', 'inet6'] as const)
          .filter((one) => family === undefined || one === family)
          .map((one) => [pathKey(link, one), is]);
      }),
  );

const FIBRE = `
[link.fibre]
interface = "em0"
gateway = "203.0.113.1"
weight = 3
`;
const EVEN = FIBRE.replace('weight = 3\n', '');
const DSL = `
[link.dsl]
interface = "em1"
gateway = "198.51.100.1"
`;
const LTE = `
[link.lte]
interface = "em2"
gateway = "192.0.2.1"
tier = 2
metered = true
`;
const VOIP = `
[policy.voip]
members = ["dsl", { link = "lte", tier = 1, weight = 2 }]
empty = "drop"
`;
const DEFAULT = '\n[policy.default]\n';
const SIX = 'targets = ["gateway", "9.9.9.9", "2620:fe::fe"]\n';
const probe6 = `[probe]\n${SIX}`;

interface Golden {
  readonly name: string;
  readonly config: string;
  readonly healths: string;
  /** What the emulator's pfctl does not know yet. */
  readonly todo?: string;
}

const goldens: readonly Golden[] = [
  { name: '01-one-link', config: FIBRE, healths: '' },
  { name: '02-weights-and-tiers', config: FIBRE + DSL + LTE + DEFAULT + VOIP, healths: '' },
  { name: '03-one-down', config: FIBRE + DSL + LTE + DEFAULT + VOIP, healths: 'fibre=down' },
  { name: '04-second-tier', config: FIBRE + DSL + LTE + DEFAULT + VOIP, healths: 'fibre=down dsl=down' },
  {
    name: '05-last-resort-and-drop',
    config: FIBRE + DSL + LTE + DEFAULT + VOIP,
    healths: 'fibre=down dsl=down lte=down',
  },
  {
    name: '06-degraded-and-starting',
    config: `${FIBRE}${DSL}${LTE}${DEFAULT}[policy.any]\ndegraded = "use"\n[policy.good]\ndegraded = "never"\n`,
    healths: 'fibre=degraded dsl=unknown lte=degraded',
  },
  {
    name: '07-inet6-own-prefixes',
    config: `${probe6}${FIBRE}gateway6 = "2001:db8:f::1"
prefix6 = ["2001:db8:f0::/48", "2001:db8:f1::/48"]
${DSL}gateway6 = "fe80::1"\nprefix6 = ["2001:db8:d::/56"]\n${LTE}`,
    healths: '',
  },
  {
    name: '08-inet6-mixed-one-family-down',
    config: `${probe6}${FIBRE}gateway6 = "2001:db8:f::1"\nprefix6 = ["2001:db8:f0::/48"]
${DSL}gateway6 = "2001:db8:d::1"\nnat6 = "nat"
${LTE}gateway6 = "fe80::1"\nnat6 = "prefix"\nprefix6 = ["2001:db8:e0::/48"]\n`,
    healths: 'dsl/inet=down fibre/inet6=down',
  },
  {
    name: '09-rtable-and-no-nat',
    config: `${FIBRE}via = "rtable"\nrtable = 103\n${DSL}nat = false\nvia = "rtable"\n${LTE}via = "route-to"\n`,
    healths: 'lte=down',
  },
  {
    name: '10-inbound',
    config: `[inbound]\n${probe6}${FIBRE}gateway6 = "2001:db8:f::1"\nprefix6 = ["2001:db8:f0::/48"]
${DSL}gateway6 = "fe80::1"\nprefix6 = ["2001:db8:d::/56"]\n${LTE}via = "rtable"\n`,
    healths: 'fibre=down',
  },
  {
    name: '11-least-states',
    config: `${FIBRE}${DSL}${LTE}[policy.default]\nbalance = "least-states"\nsticky = true\n`,
    healths: '',
  },
  {
    name: '12-source-hash-one-down',
    config: `${EVEN}${DSL}${LTE}[policy.default]\nbalance = "source-hash"\n${VOIP}`,
    healths: 'fibre=down',
  },
  {
    name: '13-round-robin-both-families',
    config: `${probe6}${EVEN}gateway6 = "2001:db8:f::1"\nnat6 = "nat"
${DSL}gateway6 = "2001:db8:d::1"\nnat6 = "nat"
[policy.default]\nbalance = "round-robin"\nsticky = true\nempty = "drop"\n`,
    healths: 'fibre=down dsl/inet6=down',
  },
  {
    name: '14-marks',
    config: `${FIBRE}${DSL}${DEFAULT}prio = [3, 7]\n[policy.bulk]\nprio = [1, 1]\ntos = 32
[policy.spread]\nmembers = [{ link = "fibre", weight = 1 }, "dsl"]\nbalance = "random"\ntos = "lowdelay"\n`,
    healths: '',
  },
];

/** A router that has what the files name: interfaces, gateways, the routing tables that the daemon would have made. */
const machine = (): Machine => {
  const made = createMachine({
    lan: { interface: 'em9', address: '10.0.0.1/24', address6: '2001:db8:1::1/64' },
    uplinks: [
      {
        name: 'fibre',
        interface: 'em0',
        address: '203.0.113.2/24',
        address6: '2001:db8:f::2/64',
        gateway: '203.0.113.1',
      },
      {
        name: 'dsl',
        interface: 'em1',
        address: '198.51.100.2/24',
        address6: '2001:db8:d::2/64',
        gateway: '198.51.100.1',
      },
      {
        name: 'lte',
        interface: 'em2',
        address: '192.0.2.2/24',
        address6: '2001:db8:e::2/64',
        gateway: '192.0.2.1',
      },
    ],
  });
  for (const [rtable, gateway] of [
    [101, '203.0.113.1'],
    [102, '198.51.100.1'],
    [103, '192.0.2.1'],
  ] as const) {
    made.run(`route -n -T ${rtable} add default ${gateway}`);
  }
  return made;
};

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

for (const { name, config, healths: text, todo } of goldens) {
  t.test(name, async (t) => {
    const settings = read(config);
    const ruleset = previewRuleset(settings, healths(text));
    const pools = previewPools(settings, healths(text));
    t.ok(pools.length < 2, 'one file for pools');
    const [pool] = pools;
    const texts = [
      { path: `${name}.pf`, anchor: settings.anchor, text: renderRuleset(ruleset) },
      ...(pool === undefined
        ? []
        : [{ path: `${name}.pool.pf`, anchor: pool.anchor, text: renderPoolAnchor(pool) }]),
    ];
    for (const each of texts) {
      if (isUpdating) writeFileSync(file(each.path), each.text);
      t.equal(each.text, readFileSync(file(each.path), 'utf8'), each.path);
    }
    t.equal(existsSync(file(`${name}.pool.pf`)), pool !== undefined);

    t.test('pfctl takes it', todo === undefined ? {} : { todo }, async (t) => {
      const { run } = machine();
      // the pool first, as the daemon does
      for (const { path, anchor, text: rules } of texts.toReversed()) {
        t.match(run('pfctl -nf -', rules), { code: 0, stderr: '' }, `${path} by itself`);
        t.match(run(`pfctl -n -a ${anchor} -f -`, rules), { code: 0, stderr: '' }, `${path} -n`);
        t.match(run(`pfctl -a ${anchor} -f -`, rules), { code: 0, stderr: '' }, `${path} loads`);
        const wanted = lines(rules).filter((line) => !line.startsWith('table '));
        t.same(lines(run(`pfctl -a ${anchor} -sr`).stdout), wanted, 'and is printed back in the same words');
      }
      for (const { name: table, entries } of pool?.tables ?? []) {
        const shown = run(`pfctl -a ${pool?.anchor} -t ${table} -T show -v`).stdout;
        const held = [...shown.matchAll(/^ {3}(\S+)((?:\n\t.*)*)/gm)].map(([, address, more]) => ({
          address,
          weight: Number(/Weight: +(\d+)/.exec(more ?? '')?.[1] ?? 1),
        }));
        t.same(held, entries, table);
      }
    });
  });
}

t.test('every file is one of these', async (t) => {
  const known = new Set(goldens.map(({ name }) => name));
  for (const each of readdirSync(new URL('.', import.meta.url)).filter((one) => one.endsWith('.pf')))
    t.ok(known.has(each.replace(/(\.pool)?\.pf$/, '')), each);
});
