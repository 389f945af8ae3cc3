/** Arbitrary valid settings for property tests; also of use to tests of what is built from settings. */

import { networkOf, renderPrefix } from '../../src/core/address.ts';
import {
  type Balance,
  type CarpSettings,
  type Family,
  familyOfTarget,
  type HookSettings,
  type LinkSettings,
  type Member,
  type MetricsSettings,
  type PolicySettings,
  type Prefix,
  type ProbeSettings,
  type Settings,
  type Target,
} from '../../src/core/model.ts';
import { type Millis, millis } from '../../src/core/time.ts';
import fc from '../chance.ts';

/** fast-check makes some records without prototype, which no parser does. */
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const name = fc
  .tuple(
    fc.constantFrom(...letters),
    fc.string({ unit: fc.constantFrom(...letters, '0', '9', '_'), maxLength: 14 }),
  )
  .map(([first, rest]) => first + rest);
const policyName = name.filter((each) => !/^local$|^inbound(_|$)|_inet6?$/.test(each));
const anchor = fc
  .tuple(
    fc.constantFrom('u', 'Z'),
    fc.string({ unit: fc.constantFrom('a', 'Q', '7', '_', '-'), maxLength: 14 }),
  )
  .map(([first, rest]) => first + rest);
const time = (min: number, max: number): fc.Arbitrary<Millis> => fc.integer({ min, max }).map(millis);

/** 1.0.0.0 to 126.255.255.255: what may be a gateway or a target. */
const address = fc
  .integer({ min: 0x01000000, max: 0x7effffff })
  .map((value) => [24, 16, 8, 0].map((shift) => (value >> shift) & 255).join('.'));

const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
const tail = fc.tuple(group, group, group, group).map((groups) => groups.join(':'));
/** Of a network that no other number has. */
const address6 = (number: number): fc.Arbitrary<string> =>
  tail.map((text) => networkOf(`2001:db8:${number}:0:${text}`, 128).address);
const linkLocal = tail.map((text) => networkOf(`fe80::${text}`, 128).address);

const prefix = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat({ max: 128 }))
  .map(([text, length]) => networkOf(text, text.includes(':') ? length : length % 33));

const target: fc.Arbitrary<Target> = fc.oneof(
  fc.constant<Target>({ kind: 'gateway' }),
  address.map((text): Target => ({ kind: 'address', family: 'inet', address: text })),
  fc
    .oneof(address6(9999), linkLocal)
    .map((text): Target => ({ kind: 'address', family: 'inet6', address: text })),
  fc
    .tuple(address, fc.integer({ min: 1, max: 65_535 }))
    .map(([text, port]): Target => ({ kind: 'tcp', family: 'inet', address: text, port })),
  fc
    .tuple(address6(9999), fc.constantFrom('.', 'example.com', '_dns.resolver.arpa'))
    .map(([text, name]): Target => ({ kind: 'dns', family: 'inet6', address: text, name })),
  fc
    .array(fc.constantFrom('-v', 'a"b', "'", '$(reboot)', '\\'), { maxLength: 3 })
    .map((args): Target => ({ kind: 'exec', command: ['/etc/uplinkd/portal', ...args] })),
);

const countFor = (targets: readonly Target[], family: Family): number =>
  targets.filter((each) => (familyOfTarget(each) ?? family) === family).length;

const percent = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.double({ min: 0, max: 100, minExcluded: true, noNaN: true }),
);
const loss = fc.tuple(percent, percent, time(1000, 3_600_000)).chain(([a, b, window]) => {
  const degraded = Math.min(a, b);
  const recover = fc.option(fc.constantFrom(degraded, Math.max(Number.MIN_VALUE, degraded / 2)));
  return plain({
    degraded: fc.constant(degraded),
    recover,
    down: fc.constant(Math.max(a, b)),
    window: fc.constant(window),
  });
});

const probe = (families: readonly Family[]): fc.Arbitrary<ProbeSettings> =>
  fc
    .uniqueArray(target, { minLength: 1, maxLength: 8, selector: (each) => JSON.stringify(each) })
    .filter((targets) => families.every((family) => countFor(targets, family) > 0))
    .chain((targets) => fc.tuple(fc.constant(targets), time(100, 3_600_000)))
    .chain(([targets, interval]) =>
      plain({
        targets: fc.constant(targets),
        quorum: fc.integer({ min: 1, max: Math.min(...families.map((family) => countFor(targets, family))) }),
        interval: fc.constant(interval),
        idle: time(Math.max(1000, interval), 3_600_000),
        timeout: fc.oneof(fc.constant('auto' as const), time(10, 60_000)),
        fall: fc.integer({ min: 1, max: 60 }),
        rise: fc.integer({ min: 1, max: 60 }),
        hold: time(0, 86_400_000),
        confirm: fc.boolean(),
        loss,
        latency: fc.option(time(1, 60_000)).chain((degraded) =>
          plain({
            degraded: fc.constant(degraded),
            recover: degraded === null ? fc.constant(null) : fc.option(time(1, degraded)),
          }),
        ),
        damping: fc.boolean(),
      }),
    );

const weight = fc.integer({ min: 1, max: 65_535 });
const tier = fc.integer({ min: 1, max: 255 });

/** Of a range of the link's own, as no two links may overlap. */
const prefixes6 = (number: number): fc.Arbitrary<readonly Prefix[]> =>
  fc.uniqueArray(
    fc
      .tuple(group, tail, fc.integer({ min: 48, max: 128 }))
      .map(([first, rest, length]) => networkOf(`2001:db8:${number}:${first}:${rest}`, length)),
    { maxLength: 16, selector: renderPrefix },
  );

const isLinkLocal = (text: string | null): boolean => text?.startsWith('fe80:') ?? false;

const nat6Of = (families: readonly Family[], prefix6: readonly Prefix[]): readonly LinkSettings['nat6'][] => {
  if (!families.includes('inet6')) return ['no'];
  return prefix6.length > 0 ? ['no', 'nat', 'prefix'] : ['no', 'nat'];
};

const link = (number: number): fc.Arbitrary<LinkSettings> =>
  fc
    .tuple(
      name,
      address,
      fc.oneof(address6(number), linkLocal),
      fc.constantFrom<readonly Family[]>(['inet'], ['inet6'], ['inet', 'inet6']),
      prefixes6(number),
    )
    .map(([linkName, gateway, gateway6, families, some]) => {
      const prefix6 = families.includes('inet6') ? some : [];
      return [linkName, gateway, gateway6, families, prefix6] as const;
    })
    .chain((given) => fc.tuple(fc.constant(given), fc.boolean()))
    .chain(([[linkName, gateway, gateway6, families, prefix6], metered]) =>
      plain<LinkSettings>({
        name: fc.constant(linkName),
        interface: fc.constant(`em${number}`),
        gateway: fc.constant(families.includes('inet') ? gateway : null),
        gateway6: fc.constant(families.includes('inet6') ? gateway6 : null),
        via:
          families.includes('inet6') && isLinkLocal(gateway6)
            ? fc.constantFrom('rtable', null)
            : fc.constantFrom('route-to', 'rtable', null),
        weight,
        tier,
        nat: fc.boolean(),
        nat6: fc.constantFrom(...nat6Of(families, prefix6)),
        prefix6: fc.constant(prefix6),
        metered: fc.constant(metered),
        budget: metered
          ? fc.option(fc.integer({ min: 100, max: 1_000_000 }).map((thousands) => 1000 * thousands))
          : fc.constant(null),
        rtable: fc.constantFrom(101 + number, null),
        probe: probe(families),
      }),
    );

const isTarget = (of: LinkSettings, gateway: string | null): boolean =>
  of.probe.targets.some((to) => to.kind === 'address' && to.address === gateway);

const links: fc.Arbitrary<readonly LinkSettings[]> = fc
  .integer({ min: 1, max: 5 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, number) => link(number))))
  .filter((each) => {
    const gateways = each.flatMap(({ gateway }) => (gateway === null ? [] : [gateway]));
    return (
      new Set(each.map((of) => of.name)).size === each.length &&
      new Set(gateways).size === gateways.length &&
      !each.some((of) => isTarget(of, of.gateway) || isTarget(of, of.gateway6))
    );
  });

const member = (of: LinkSettings): fc.Arbitrary<Member> =>
  plain({ link: fc.constant(of.name), tier, weight });

/** What an inet pool can have; where inet6 has none, it is shared out by weight. */
const isForPools = (of: LinkSettings): boolean => of.gateway === null || of.via !== 'rtable';

const balances = ['weight', 'least-states', 'round-robin', 'source-hash', 'random'] as const;

const members = (of: readonly LinkSettings[], balance: Balance): fc.Arbitrary<readonly Member[]> =>
  fc
    .shuffledSubarray(balance === 'weight' ? [...of] : of.filter(isForPools), { minLength: 1 })
    .chain((some) => fc.tuple(...some.map(member)))
    .map((some) =>
      balance === 'weight' || balance === 'least-states'
        ? some
        : some.map((each) => ({
            ...each,
            weight: some.find((other) => other.tier === each.tier)?.weight ?? 1,
          })),
    );

const prio = fc.integer({ min: 0, max: 7 });

const policy = (of: readonly LinkSettings[]): fc.Arbitrary<PolicySettings> =>
  fc.constantFrom<Balance>(...(of.some(isForPools) ? balances : balances.slice(0, 1))).chain((balance) =>
    plain<PolicySettings>({
      name: policyName,
      members: members(of, balance),
      balance: fc.constant(balance),
      sticky: balance === 'weight' ? fc.constant(false) : fc.boolean(),
      degraded: fc.constantFrom('use', 'avoid', 'never'),
      failback: fc.constantFrom('stay', 'move', null),
      empty: fc.constantFrom('last-resort', 'drop'),
      prio: fc.option(fc.tuple(prio, prio)),
      tos: fc.option(fc.integer({ min: 0, max: 255 })),
    }),
  );

const hook: fc.Arbitrary<HookSettings> = plain<HookSettings>({
  command: fc
    .array(
      fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '#', 'ö', '\u2028', '😀'), maxLength: 9 }),
      {
        maxLength: 31,
      },
    )
    .map((args) => ['/usr/bin/true', ...args] as const),
  timeout: time(1000, 600_000),
  digest: time(1000, 3_600_000),
});

const metrics: fc.Arbitrary<MetricsSettings> = fc
  .tuple(
    fc.constantFrom('127.0.0.1', '::1', '10.0.0.1', 'fe80::1', '0.0.0.0'),
    fc.nat({ max: 65_535 }),
    fc.boolean(),
  )
  .chain(([address, port, isPublic]) =>
    plain<MetricsSettings>({
      address: fc.constant(address),
      port: fc.constant(port),
      hosts: fc.subarray(['router', 'a-1.example.org', '1.x']),
      isPublic: fc.constant(isPublic || !['127.0.0.1', '::1'].includes(address)),
    }),
  );

/** Settings as parseConfig could have made them: 1 to 5 links, 1 to 3 policies. */
export const settingsArbitrary: fc.Arbitrary<Settings> = links.chain((some) =>
  plain({
    anchor,
    local: fc.array(prefix, { maxLength: 4 }),
    reconcile: time(1000, 3_600_000),
    defaultRoute: fc.constantFrom('none', 'leave', 'best', 'multipath'),
    onExit: fc.constantFrom('keep', 'flush'),
    inbound: fc.boolean(),
    carp: fc.option(
      plain<CarpSettings>({
        group: fc.constantFrom('carp', 'lan_A'),
        demote: fc.integer({ min: 1, max: 128 }),
        hold: time(0, 3_600_000),
      }),
    ),
    hook: fc.option(hook),
    controlGroup: fc.constantFrom('wheel', '_uplink', 'A-1'),
    metrics: fc.option(metrics),
    links: fc.constant(some),
    policies: fc.uniqueArray(policy(some), { minLength: 1, maxLength: 3, selector: (each) => each.name }),
  }),
);
