/**
 * The story: what happens to the router, act by act, and what must be true after each. Every claim is checked against
 * what the emulated pf really did with the packets; what the daemon says of itself is only used to know when to look.
 */
import type { Status } from '../wire/status.ts';
import {
  both,
  claimKilled,
  claimMoved,
  claimShares,
  flowsOn,
  healthOf,
  isSettledOn,
  only,
  type Stage,
  sharesOf,
  wait,
} from './claims.ts';
import { playRenegotiation, playRenumbering } from './renumbering.ts';
import type { World } from './world.ts';

/** How often the cable is pulled once more, for the figures at the end. */
const EXTRA_PULLS = 2;

const probe = `[probe]
interval = "200ms"
timeout = "300ms"
rise = 3
hold = "500ms"
`;

export const renderStoryConfig = (
  dslWeight: number,
  damping = true,
): string => `${probe}${damping ? '' : 'damping = false\n'}
[link.fibre]
interface = "em1"
gateway = "203.0.113.1"
weight = 3

[link.dsl]
interface = "pppoe0"
gateway = "peer"
weight = ${dslWeight}

[link.lte]
interface = "em3"
gateway = "dhcp"
tier = 2
`;

const playReload = async (world: World, stage: Stage): Promise<void> => {
  stage.act('SIGHUP with the same file');
  const writes = world.pfWrites();
  const pings = world.pings();
  const loadedAgo = (await world.status()).daemon.settingsLoadedMsAgo;
  world.signal('SIGHUP');
  await world.until(
    'the reload',
    (status) => status.daemon.settingsLoadedMsAgo < loadedAgo && !status.pf.busy,
  );
  await wait(300);
  stage.claim('nothing is written to pf', world.pfWrites() === writes, `${world.pfWrites() - writes} writes`);
  stage.claim('no probe is restarted', `${world.pings()}` === `${pings}`, `${world.pings().length} pings`);
};

const playCable = async (world: World, stage: Stage): Promise<void> => {
  stage.act('the cable of fibre is pulled');
  const [fibre, dsl] = [world.statesOf('fibre'), world.statesOf('dsl')];
  const flows = flowsOn(world, 'fibre');
  world.router.setCarrier('em1', false);
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  await claimMoved(stage, flows, '198.51.100.2');
  claimKilled(world, stage, 'fibre', fibre, dsl);
  await claimShares(world, stage, only('dsl'), 1500);
  stage.pose();

  stage.act('the cable is plugged in again');
  const before = world.statesOf('dsl');
  world.router.setCarrier('em1', true);
  await world.until('fibre and dsl', isSettledOn('fibre 75% dsl 25%'));
  await claimShares(world, stage, both, 2500);
  const lost = before.filter((id) => !world.hasState(id)).length;
  stage.claim('connections on dsl stay where they are', lost === 0, `${lost} of ${before.length} lost`);
};

const playDark = async (world: World, stage: Stage): Promise<void> => {
  stage.act('dsl goes dark: carrier and gateway are fine, nothing behind it answers');
  const [fibre, dsl] = [world.statesOf('fibre'), world.statesOf('dsl')];
  const flows = flowsOn(world, 'dsl');
  const from = performance.now();
  world.router.setDark('dsl', true);
  await world.until('dsl to be down', (status) => healthOf(status, 'dsl') === 'down');
  const took = performance.now() - from;
  stage.claim('the probes find it out', took < 2500, `after ${Math.round(took)} ms`);
  await world.until('fibre alone', isSettledOn('fibre 100%'));
  await claimMoved(stage, flows, '203.0.113.2');
  claimKilled(world, stage, 'dsl', dsl, fibre);
  await claimShares(world, stage, only('fibre'), 1500);

  stage.act('and the cable of fibre is pulled: both are gone');
  world.router.setCarrier('em1', false);
  await world.until('lte alone', isSettledOn('lte 100%'));
  await claimShares(world, stage, only('lte'), 1500);
  await playRenumbering(world, stage);

  stage.act('all come back');
  world.router.setDark('dsl', false);
  world.router.setCarrier('em1', true);
  await world.until('fibre and dsl', isSettledOn('fibre 75% dsl 25%'));
  await claimShares(world, stage, both, 2500);
};

const playSettings = async (world: World, stage: Stage): Promise<void> => {
  stage.act('SIGHUP with another weight: dsl 1 becomes 3');
  const pings = world.pings();
  const states = [...world.statesOf('fibre'), ...world.statesOf('dsl')];
  world.writeConfig(renderStoryConfig(3));
  world.signal('SIGHUP');
  await world.until('equal shares', isSettledOn('fibre 50% dsl 50%'));
  await claimShares(
    world,
    stage,
    new Map([
      ['fibre', 1 / 2],
      ['dsl', 1 / 2],
    ]),
    2500,
  );
  stage.claim('no probe is restarted', `${world.pings()}` === `${pings}`, `${world.pings().length} pings`);
  const lost = states.filter((id) => !world.hasState(id)).length;
  stage.claim('no connection is lost', lost === 0, `${lost} of ${states.length}`);

  stage.act('SIGHUP with a broken file');
  const writes = world.pfWrites();
  const lines = world.log.length;
  world.writeConfig(renderStoryConfig(3).replace('weight = 3', 'wieght = 3'));
  world.signal('SIGHUP');
  await wait(600);
  const said = world.log.slice(lines).find((line) => line.includes('uplinkd.conf:')) ?? 'nothing';
  stage.claim(
    'it says what is wrong and where',
    /uplinkd\.conf:\d+:\d+: .*wieght/.test(said),
    said.replace(/^.*uplinkd\.conf:/, ''),
  );
  stage.claim('nothing is written to pf', world.pfWrites() === writes, `${world.pfWrites() - writes} writes`);
  stage.claim(
    'the running settings stay',
    isSettledOn('fibre 50% dsl 50%')(await world.status()),
    sharesOf(await world.status()),
  );
  world.writeConfig(renderStoryConfig(1));
  world.signal('SIGHUP');
  await world.until('the old weights', isSettledOn('fibre 75% dsl 25%'));
};

const pullFibre = async (world: World): Promise<void> => {
  world.router.setCarrier('em1', false);
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  world.router.setCarrier('em1', true);
};

const playDamping = async (world: World, stage: Stage): Promise<void> => {
  stage.act('the cable of fibre is pulled for the third time within two minutes');
  await pullFibre(world);
  const pathOf = (status: Status) => status.links.find(({ name }) => name === 'fibre')?.paths[0];
  await world.until('fibre to be held back', (status) => pathOf(status)?.reason === 'damped');
  const left = pathOf(await world.status())?.holdRemainingMs ?? 0;
  stage.claim('fibre is damped for minutes', left > 60_000, `${Math.round(left / 1000)} s`);
  await claimShares(world, stage, only('dsl'), 1500);

  stage.act('SIGHUP with damping = false');
  world.writeConfig(renderStoryConfig(1, false));
  world.signal('SIGHUP');
  const from = performance.now();
  await world.until('fibre and dsl', isSettledOn('fibre 75% dsl 25%'));
  const took = performance.now() - from;
  stage.claim('fibre is used again at once', took < 2500, `after ${Math.round(took)} ms`);
};

/** Plays the whole story. Throws if the daemon does not get somewhere at all; everything else is a claim that fails. */
export const playStory = async (world: World, stage: Stage): Promise<void> => {
  stage.act('uplinkd starts on a router whose anchor is empty');
  const healthy = (status: Status): boolean =>
    status.links.every(({ name }) => healthOf(status, name) === 'up');
  await world.until(
    'three healthy links',
    (status) => healthy(status) && isSettledOn('fibre 75% dsl 25%')(status),
  );
  await claimShares(world, stage, both, 2500);
  await playReload(world, stage);
  await playCable(world, stage);
  await playDark(world, stage);
  await playRenegotiation(world, stage);
  await playSettings(world, stage);

  await playDamping(world, stage);

  stage.act(`the cable of fibre is pulled ${EXTRA_PULLS} times more`);
  for (let pull = 0; pull < EXTRA_PULLS; pull += 1) {
    await pullFibre(world);
    await world.until('fibre and dsl', isSettledOn('fibre 75% dsl 25%'));
  }
  const { reactions } = (await world.status()).pf;
  stage.claim(
    'each time pf was told at once',
    reactions.length >= EXTRA_PULLS,
    `${reactions.length} reactions`,
  );
};
