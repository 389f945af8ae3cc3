/** Arbitrary valid settings for property tests; also of use to tests of what is built from settings. */
import fc from 'fast-check';
import { networkOf } from '../../src/core/address.ts';
import type {
  LinkSettings,
  Member,
  PolicySettings,
  ProbeSettings,
  Settings,
  Target,
} from '../../src/core/model.ts';
import { type Millis, millis } from '../../src/core/time.ts';

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
const policyName = name.filter((each) => each !== 'local' && !/^inbound(_|$)/.test(each));
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

const prefix = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat({ max: 128 }))
  .map(([text, length]) => networkOf(text, text.includes(':') ? length : length % 33));

const target: fc.Arbitrary<Target> = fc.oneof(
  fc.constant<Target>({ kind: 'gateway' }),
  address.map((text): Target => ({ kind: 'address', family: 'inet', address: text })),
);

const probe: fc.Arbitrary<ProbeSettings> = fc
  .uniqueArray(target, { minLength: 1, maxLength: 8, selector: (each) => JSON.stringify(each) })
  .chain((targets) =>
    plain({
      targets: fc.constant(targets),
      quorum: fc.integer({ min: 1, max: targets.length }),
      interval: time(100, 3_600_000),
      timeout: time(10, 60_000),
      fall: fc.integer({ min: 1, max: 60 }),
      rise: fc.integer({ min: 1, max: 60 }),
      hold: time(0, 86_400_000),
    }),
  );

const weight = fc.integer({ min: 1, max: 65_535 });
const tier = fc.integer({ min: 1, max: 255 });

const links: fc.Arbitrary<readonly LinkSettings[]> = fc
  .array(plain({ name, address, weight, tier, nat: fc.boolean(), isGiven: fc.boolean(), probe }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((drafts) =>
    drafts.map(({ isGiven, address: gateway, ...draft }, index) => ({
      ...draft,
      interface: `em${index}`,
      gateway,
      rtable: isGiven ? 101 + index : null,
    })),
  )
  .filter(
    (each) =>
      new Set(each.map((link) => link.name)).size === each.length &&
      new Set(each.map((link) => link.gateway)).size === each.length &&
      !each.some((link) =>
        link.probe.targets.some((to) => to.kind === 'address' && to.address === link.gateway),
      ),
  );

const member = (link: LinkSettings): fc.Arbitrary<Member> =>
  plain({ link: fc.constant(link.name), tier, weight });

const policy = (of: readonly LinkSettings[]): fc.Arbitrary<PolicySettings> =>
  plain({
    name: policyName,
    members: fc.shuffledSubarray([...of], { minLength: 1 }).chain((some) => fc.tuple(...some.map(member))),
    balance: fc.constant('weight' as const),
    empty: fc.constantFrom('last-resort' as const, 'drop' as const),
  });

/** Settings as parseConfig could have made them: 1 to 5 links, 1 to 3 policies. */
export const settingsArbitrary: fc.Arbitrary<Settings> = links.chain((some) =>
  plain({
    anchor,
    local: fc.array(prefix, { maxLength: 4 }),
    reconcile: time(1000, 3_600_000),
    links: fc.constant(some),
    policies: fc.uniqueArray(policy(some), { minLength: 1, maxLength: 3, selector: (each) => each.name }),
  }),
);
