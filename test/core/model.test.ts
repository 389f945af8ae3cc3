/**
 * The engine against a model that fits on a page: a world that rests a minute after every change, so that nothing is
 * left of time, order and retries. What the model says is what pf must hold then, and whose states must live.
 */

import t from 'tap';
import type { PolicySettings } from '../../src/core/model.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { em, interfacesOf, linkSettings, policySettings, settingsOf } from './example.ts';
import { createWorld } from './world.ts';

type Condition = 'good' | 'silent' | 'unplugged';

const links = [
  linkSettings('a', 0, { weight: 3 }),
  linkSettings('b', 1),
  linkSettings('c', 2, { tier: 2 }),
  linkSettings('d', 3, { tier: 3 }),
];
const policies = [
  policySettings(links),
  policySettings(links, {
    name: 'voip',
    empty: 'drop',
    members: [
      { link: 'd', tier: 1, weight: 1 },
      { link: 'b', tier: 2, weight: 1 },
    ],
  }),
  policySettings(links, { name: 'solo', members: [{ link: 'a', tier: 1, weight: 1 }] }),
  policySettings(links, {
    name: 'spread',
    balance: 'least-states',
    sticky: true,
    members: [
      { link: 'b', tier: 1, weight: 2 },
      { link: 'c', tier: 1, weight: 1 },
      { link: 'a', tier: 2, weight: 1 },
    ],
  }),
];
const chains = policies.filter(({ balance }) => balance === 'weight');
/** Where states may be pinned to a gateway by a pool. */
const pooled = ['a', 'b', 'c'];
const settings = settingsOf(links, policies);
const interfaces = interfacesOf(4);

// ---- the model ---------------------------------------------------------------------------------------------------

type Conditions = ReadonlyMap<string, Condition>;

const membersThat = (policy: PolicySettings, conditions: Conditions, is: Condition) =>
  policy.members.filter(({ link }) => conditions.get(link) === is);

const activeSet = (policy: PolicySettings, conditions: Conditions): readonly string[] => {
  const good = membersThat(policy, conditions, 'good');
  const best = Math.min(...good.map(({ tier }) => tier));
  if (good.length > 0) return good.filter(({ tier }) => tier === best).map(({ link }) => link);
  return policy.empty === 'drop' ? [] : membersThat(policy, conditions, 'silent').map(({ link }) => link);
};

/** Dead, and some policy of it has somewhere good to go. */
const losesStates = (link: string, conditions: Conditions): boolean =>
  conditions.get(link) !== 'good' &&
  policies.some(
    (policy) =>
      policy.members.some((member) => member.link === link) &&
      membersThat(policy, conditions, 'good').length > 0,
  );

// ---- against the engine ------------------------------------------------------------------------------------------

const change = fc.tuple(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.constantFrom<Condition>('good', 'silent', 'unplugged'),
  fc.constantFrom('nothing', 'reload', 'flush', 'pf fails', 'killed pings', 'stall'),
);

t.test('any changes', async (t) => {
  check(
    t,
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      const world = createWorld();
      world.load(settings);
      world.interfaces(interfaces);
      world.run(30_000);
      const conditions = new Map<string, Condition>(links.map(({ name }) => [name, 'good']));
      for (const [link, condition, beside] of changes) {
        // What a policy without alternative makes on a dead link is left out: labels are per link, not per policy.
        const alive = new Set(policies.flatMap((policy) => activeSet(policy, conditions)));
        for (const each of alive) {
          if (conditions.get(each) !== 'good') continue;
          world.grow(each, 5);
          if (pooled.includes(each)) world.pin(each, 5);
        }
        const before = new Map(links.map(({ name }) => [name, world.statesOf(name)]));
        const pinned = new Map(links.map(({ name }) => [name, world.pinnedOf(name)]));
        conditions.set(link, condition);
        if (beside === 'pf fails') world.breakPf('load');
        const n = links.findIndex(({ name }) => name === link);
        const carrier = condition === 'unplugged' ? 'down' : 'up';
        world.answers(link, condition === 'good' ? 20 : null);
        world.tell({ kind: 'interface-status', name: `em${n}`, up: true, carrier });
        world.interfaces(
          interfaces.map((one, at) =>
            at < 4 && conditions.get(links[at]?.name ?? '') === 'unplugged'
              ? em(at, { carrier: 'down' })
              : one,
          ),
        );
        if (beside === 'reload') world.load(settings);
        if (beside === 'flush') world.flushPf();
        if (beside === 'killed pings') for (const { name } of links) world.killPing(name, 3000);
        if (beside === 'stall') world.stall(7000);
        world.run(5000);
        world.breakPf(null);
        world.run(60_000);
        const wanted = policies.map((policy) => activeSet(policy, conditions).join(' ')).join(' / ');
        const is = world.engine().decisions.map(({ shares }) => shares.map((share) => share.link).join(' '));
        must(is.join(' / ') === wanted, `decided ${is.join(' / ')}, not ${wanted}`);
        const held = world.held().replace(/\/[0-9.]+/g, '');
        const ofChains = chains.map((policy) => activeSet(policy, conditions).join(' ')).join(' / ');
        must(
          held ===
            ofChains
              .replace(/ ?\/ ?/g, ' ')
              .trim()
              .replace(/ +/g, ' '),
          `pf holds ${held}, not ${wanted}`,
        );
        for (const policy of policies.filter((each) => !chains.includes(each))) {
          const entries = activeSet(policy, conditions)
            .map((link) => {
              const weight = policy.members.find((member) => member.link === link)?.weight;
              return `10.${links.findIndex(({ name }) => name === link)}.0.1/${weight}`;
            })
            .sort()
            .join(' ');
          const is = world.heldPool(policy.name) ?? '';
          must(is === entries, `the pool of ${policy.name} holds ${is}, not ${entries}`);
        }
        for (const { name } of links) {
          const left = losesStates(name, conditions) ? 0 : before.get(name);
          must(world.statesOf(name) === left, `${name} has ${world.statesOf(name)} states, not ${left}`);
          const stuck = losesStates(name, conditions) ? 0 : pinned.get(name);
          must(
            world.pinnedOf(name) === stuck,
            `${name} has ${world.pinnedOf(name)} pinned states, not ${stuck}`,
          );
        }
      }
    }),
    Number(process.env['RUNS'] ?? 40),
  );
});
