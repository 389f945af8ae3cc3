/**
 * Random histories of failures, in virtual time. What must hold at every turn is checked in world.ts; here, that when
 * all is over and well again, pf holds what a fresh start would give it.
 */

import t from 'tap';
import {
  families,
  gatewayOf,
  type InterfaceTable,
  type PolicySettings,
  type Settings,
} from '../../src/core/model.ts';
import { millis } from '../../src/core/time.ts';
import type { PfStep } from '../../src/core/transaction.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import {
  em,
  em6,
  interfacesOf6,
  linkSettings,
  linkSettings6,
  policySettings,
  probeSettings,
  settingsOf,
} from './example.ts';
import { createWorld, type World } from './world.ts';

const a = linkSettings('a', 0, { weight: 3 });
const b = linkSettings('b', 1);
const c = linkSettings('c', 2, { tier: 2, probe: probeSettings({ hold: millis(2000), rise: 2 }) });
const quick = probeSettings({ interval: millis(300), timeout: millis(700), hold: millis(1500), fall: 2 });

const a6 = linkSettings6('a', 0, { weight: 3, nat6: 'nat' });
const b6 = linkSettings6('b', 1, { nat6: 'prefix' });
const c6 = linkSettings6('c', 2, { tier: 2, metered: true, gateway6: 'fe80::1' });
const balanced = (balance: PolicySettings['balance'], more: Partial<PolicySettings> = {}): PolicySettings =>
  policySettings([a6, b6], { balance, sticky: balance !== 'weight', ...more });
const even = { ...a6, weight: 1 };

const variants: readonly Settings[] = [
  settingsOf([a6, b6, c6]),
  settingsOf([a6, b6, c6], undefined, { inbound: true }),
  settingsOf([a6, b6, c6], [balanced('least-states')]),
  settingsOf([even, b6, c6], [policySettings([even, b6], { balance: 'least-states', failback: 'move' })]),
  settingsOf([even, b6], [policySettings([even, b6], { balance: 'source-hash', empty: 'drop' })]),
  settingsOf(
    [a6, b6, c6],
    [balanced('least-states'), policySettings([c6, b6], { name: 'chain', degraded: 'never' })],
  ),
  settingsOf([a6, b6, c], [policySettings([a6, b6, c], { balance: 'least-states', failback: 'move' })]),
  settingsOf([a, b, c]),
  settingsOf([{ ...a, weight: 1 }, b, c]),
  settingsOf([a, b]),
  settingsOf([b, c]),
  settingsOf([{ ...a, gateway: '10.0.0.9' }, b, c]),
  settingsOf([{ ...a, rtable: 102 }, b, c]),
  settingsOf([{ ...a, probe: quick }, { ...b, probe: quick }, c]),
  settingsOf([a, b, c], [policySettings([a, b, c], { empty: 'drop' })]),
];

const names = ['a', 'b', 'c'] as const;
const pfSteps: readonly (PfStep | 'inspect' | null)[] = [
  'pool',
  'check',
  'load',
  'table',
  'read-back',
  'kill',
  'inspect',
  null,
];

type Event =
  | { readonly kind: 'status'; readonly link: number; readonly up: boolean; readonly carrier: 'up' | 'down' }
  | { readonly kind: 'address'; readonly link: number; readonly last: number | null }
  | {
      readonly kind: 'answers';
      readonly link: number;
      readonly family: 'inet' | 'inet6';
      readonly rtt: number | null;
    }
  | { readonly kind: 'flush-pool' | 'uncall' }
  | { readonly kind: 'spoil-pool'; readonly link: number; readonly weight: number | null }
  | { readonly kind: 'sweep'; readonly fails: boolean; readonly takes: number }
  | { readonly kind: 'pf'; readonly step: PfStep | 'inspect' | null }
  | { readonly kind: 'hang'; readonly hangs: boolean }
  | { readonly kind: 'flush' }
  | { readonly kind: 'route'; readonly link: number; readonly broken: boolean }
  | { readonly kind: 'route-event'; readonly rtable: number }
  | { readonly kind: 'ping'; readonly link: number; readonly restartIn: number }
  | { readonly kind: 'load'; readonly variant: number }
  | { readonly kind: 'domain'; readonly rdomain: number }
  | { readonly kind: 'stall'; readonly ms: number }
  | { readonly kind: 'grow'; readonly link: number };

const link = fc.nat(2);
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('status' as const),
      link,
      up: fc.boolean(),
      carrier: fc.constantFrom('up' as const, 'down' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('answers' as const),
      link,
      family: fc.constantFrom('inet' as const, 'inet6' as const),
      rtt: fc.option(fc.constantFrom(0.2, 20, 650, 999, 1500), { freq: 2 }),
    }),
  },
  fc.record({ kind: fc.constant('address' as const), link, last: fc.option(fc.integer({ min: 1, max: 5 })) }),
  fc.record({ kind: fc.constant('pf' as const), step: fc.constantFrom(...pfSteps) }),
  fc.record({ kind: fc.constant('hang' as const), hangs: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('flush' as const, 'flush-pool' as const, 'uncall' as const) }),
  fc.record({
    kind: fc.constant('spoil-pool' as const),
    link,
    weight: fc.option(fc.integer({ min: 1, max: 9 })),
  }),
  fc.record({
    kind: fc.constant('sweep' as const),
    fails: fc.boolean(),
    takes: fc.integer({ min: 1, max: 20_000 }),
  }),
  fc.record({ kind: fc.constant('route' as const), link, broken: fc.boolean() }),
  fc.record({ kind: fc.constant('route-event' as const), rtable: fc.integer({ min: 101, max: 104 }) }),
  fc.record({ kind: fc.constant('ping' as const), link, restartIn: fc.integer({ min: 1, max: 10_000 }) }),
  fc.record({ kind: fc.constant('load' as const), variant: fc.nat(variants.length - 1) }),
  fc.record({ kind: fc.constant('domain' as const), rdomain: fc.integer({ min: 100, max: 103 }) }),
  fc.record({ kind: fc.constant('stall' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
  fc.record({ kind: fc.constant('grow' as const), link }),
);

const history = fc.record({
  variant: fc.nat(variants.length - 1),
  final: fc.nat(variants.length - 1),
  isFilled: fc.boolean(),
  steps: fc.array(
    fc.tuple(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 15_000 })), event),
    { maxLength: 25 },
  ),
});

const variantOf = (n: number): Settings => variants[n] ?? settingsOf([a]);

const happen = (world: World, table: InterfaceTable, each: Event): InterfaceTable => {
  const change = (n: number, to: Partial<ReturnType<typeof em>>): InterfaceTable => {
    const next = table.map((one) => (one.name === `em${n}` ? { ...one, ...to } : one));
    world.interfaces(next);
    return next;
  };
  switch (each.kind) {
    case 'status': {
      const { up, carrier } = each;
      world.tell({ kind: 'interface-status', name: `em${each.link}`, up, carrier });
      return change(each.link, { up, carrier });
    }
    case 'address': {
      const address = `10.${each.link}.0.${each.last}`;
      const others = em6(each.link).addresses.filter(({ family }) => family === 'inet6');
      return change(each.link, {
        addresses:
          each.last === null ? [] : [{ family: 'inet', address, prefixLength: 24, peer: null }, ...others],
      });
    }
    case 'domain': {
      const next = [...table.filter(({ name }) => name !== 'em8'), em(8, { rdomain: each.rdomain })];
      world.interfaces(next);
      return next;
    }
    case 'answers':
      world.answers(`${names[each.link]}/${each.family}`, each.rtt);
      return table;
    case 'pf':
      world.breakPf(each.step);
      return table;
    case 'hang':
      world.hangPf(each.hangs);
      return table;
    case 'flush':
      world.flushPf();
      return table;
    case 'flush-pool':
      world.flushPool('default');
      return table;
    case 'spoil-pool':
      world.spoilPool('default', `10.${each.link}.0.1`, each.weight);
      return table;
    case 'uncall':
      world.callAnchor(false);
      return table;
    case 'sweep':
      world.breakSweep(each.fails ? 'pfctl: no' : null);
      world.slowSweep(each.takes);
      return table;
    case 'route':
      world.breakRoute(names[each.link] ?? '', each.broken ? 'route: no' : null);
      return table;
    case 'route-event':
      world.tell({ kind: 'route-event', rtable: each.rtable });
      return table;
    case 'ping':
      world.killPing(names[each.link] ?? '', each.restartIn);
      return table;
    case 'load':
      world.load(variantOf(each.variant));
      return table;
    case 'stall':
      world.stall(each.ms);
      return table;
    case 'grow':
      for (const path of [`${names[each.link]}`, `${names[each.link]}/inet6`]) {
        world.grow(path, 10);
        world.pin(path, 10);
      }
      return table;
  }
};

const healthy = interfacesOf6(3);

const freshText = new Map<string, string>();
/** What pf holds after a fresh start with these settings, everything well. */
const fresh = (n: number, table: InterfaceTable): string => {
  const key = JSON.stringify([n, table]);
  const known = freshText.get(key);
  if (known !== undefined) return known;
  const world = createWorld();
  world.load(variantOf(n));
  world.interfaces(table);
  world.run(20_000);
  freshText.set(key, world.heldText());
  return world.heldText();
};

t.test('whatever happened, it ends as a fresh start would', async (t) => {
  check(
    t,
    fc.property(history, ({ variant, final, isFilled, steps }) => {
      const world = createWorld(
        isFilled ? { rules: '[{"kind":"refuse","policy":"old"}]', tables: new Map() } : undefined,
      );
      world.load(variantOf(variant));
      world.interfaces(healthy);
      let table: InterfaceTable = healthy;
      for (const [wait, each] of steps) {
        world.run(wait);
        table = happen(world, table, each);
      }
      world.breakPf(null);
      world.hangPf(false);
      world.breakSweep(null);
      world.callAnchor(true);
      for (const path of names.flatMap((name) => [name, `${name}/inet6`])) {
        world.breakRoute(path, null);
        world.answers(path, 20);
      }
      const last = [...healthy, ...table.filter(({ name }) => name === 'em8')];
      world.interfaces(last);
      world.load(variantOf(final));
      world.run(120_000);
      const { pf, decisions, settings } = world.engine();
      must(world.heldText() === fresh(final, last), `pf holds ${world.held()}`);
      must(pf.appliedRules !== null && pf.failure === null, 'applied is unknown');
      must(
        decisions.every(({ rung }) => rung === 'up'),
        'not everything is up',
      );
      const paths = settings?.links.flatMap((of) =>
        families.filter((family) => gatewayOf(of, family) !== null),
      );
      must(world.engine().paths.size === paths?.length, 'a path too many');
      world.takeNotes();
      world.takePfLog();
      world.takeSweepLog();
      const turns = world.turns();
      world.run(60_000);
      must(
        world.takePfLog().every((line) => line === 'inspect'),
        'no rest',
      );
      must(world.takeSweepLog().length === 0, 'sweeps');
      must(world.takeNotes().length === 0, 'says things');
      must(world.turns() - turns < 3000, `${world.turns() - turns} turns in a quiet minute`);
    }),
    Number(process.env['RUNS'] ?? 80),
  );
});

t.test('a restart in the middle of anything ends the same, and with memory moves nothing', async (t) => {
  const failing = fc.array(fc.tuple(fc.integer({ min: 0, max: 9000 }), event), { maxLength: 12 });
  check(
    t,
    fc.property(fc.nat(variants.length - 1), failing, (variant, steps) => {
      const world = createWorld();
      world.load(variantOf(variant));
      world.interfaces(healthy);
      let table: InterfaceTable = healthy;
      for (const [wait, each] of steps) {
        world.run(wait);
        if (each.kind !== 'load') table = happen(world, table, each);
      }
      const again = createWorld(world.holding());
      again.load(variantOf(variant));
      const last = [...healthy, ...table.filter(({ name }) => name === 'em8')];
      again.interfaces(last);
      again.run(60_000);
      must(again.heldText() === fresh(variant, last), `pf holds ${again.held()}`);
    }),
    Number(process.env['RUNS'] ?? 50),
  );
});
