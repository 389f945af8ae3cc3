/** Two acts of the story: a provider that gives out another lease, and one that ends a session and grants another address and peer. */
import {
  both,
  claimAddress,
  claimKilled,
  claimMoved,
  claimShares,
  flowsOn,
  healthOf,
  isSettledOn,
  only,
  type Stage,
} from './claims.ts';
import type { World } from './world.ts';

/** Default routes that are in rtable 0 now, whoever made them. */
const defaultRoutes = (world: World): readonly string[] =>
  world.router.routing
    .list(0, 'inet')
    .filter((route) => route.prefix.length === 0)
    .map((route) => `${route.gateway} by ${route.nic}`);

/** Plays while lte carries everything. */
export const playRenumbering = async (world: World, stage: Stage): Promise<void> => {
  const before = defaultRoutes(world);
  stage.claim(
    "the lease's default route is kept out of rtable 0",
    before.length === 0,
    before.join(', ') || 'no default route',
  );
  stage.act('the provider of lte gives out another network: address and gateway change');
  const states = world.statesOf('lte');
  const flows = flowsOn(world, 'lte');
  world.router.dhcpRenumber('lte', { address: '100.72.8.9/24', gateway: '100.72.8.1' });
  await world.until('lte to have lost its address', (status) => healthOf(status, 'lte') !== 'up');
  await world.until(
    'lte again',
    (status) => healthOf(status, 'lte') === 'up' && isSettledOn('lte 100%')(status),
  );
  await claimMoved(stage, flows, '100.72.8.9');
  claimKilled(world, stage, 'lte', states, []);
  claimAddress(world, stage, 'lte', '100.72.8.9', '100.72.8.1');
  await claimShares(world, stage, only('lte'), 1200);
  const after = defaultRoutes(world);
  stage.claim('and so is the new one', after.length === 0, after.join(', ') || 'no default route');
};

/** Plays while fibre and dsl share. */
export const playRenegotiation = async (world: World, stage: Stage): Promise<void> => {
  stage.act('the provider of dsl ends the PPPoE session, and grants another address and peer in the next');
  const [fibre, dsl] = [world.statesOf('fibre'), world.statesOf('dsl')];
  const flows = flowsOn(world, 'dsl');
  world.router.pppoeRenegotiate('dsl', { address: '198.51.100.77', peer: '198.51.100.254' });
  await world.until('fibre alone', isSettledOn('fibre 100%'));
  if (flows.length > 0) await claimMoved(stage, flows, '203.0.113.2');
  claimKilled(world, stage, 'dsl', dsl, fibre);
  await world.until('fibre and dsl', isSettledOn('fibre 75% dsl 25%'));
  claimAddress(world, stage, 'dsl', '198.51.100.77', '198.51.100.254');
  await claimShares(world, stage, both, 2000);
};
