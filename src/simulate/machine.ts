/** The machine that a story is played on, made of its world; and a witness of each rule set that pf does not take. */
import { createVirtualClock } from '../emulator/clock.ts';
import { createRouter } from '../emulator/router.ts';
import type { UplinkDescription } from '../emulator/uplink.ts';
import type { Commands } from '../port/commands.ts';
import { linkLocalOf } from './perform.ts';
import type { Scene } from './scene.ts';
import { LAST_GOOD, type Learnt, type World } from './story.ts';

const describeLearnt = (learnt: Learnt): Pick<UplinkDescription, 'dhcp' | 'pppoe'> =>
  learnt.kind === 'dhcp'
    ? { dhcp: { leaseSeconds: learnt.leaseSeconds } }
    : { pppoe: { parent: learnt.parent } };

export const createMachine = (world: World) => {
  const clock = createVirtualClock();
  const hasInet6 = world.lanAddresses6.length > 0;
  const [lan6, ...more6] = world.lanAddresses6;
  const router = createRouter({
    clock,
    seed: world.seed,
    lan: {
      interface: 'em0',
      address: '10.0.0.1/24',
      ...(lan6 === undefined ? {} : { address6: lan6 }),
    },
    uplinks: world.uplinks.map(({ address6, gateway6, learnt, ...uplink }) => ({
      ...uplink,
      ...(learnt === null ? {} : describeLearnt(learnt)),
      ...(address6 === null ? {} : { address6 }),
      ...(gateway6 === null ? {} : { gateway6 }),
    })),
    details: [
      ...(hasInet6 ? [{ name: 'em0', addresses: ['fe80::5054:ff:fe01:1/64', ...more6] }] : []),
      ...world.uplinks
        .filter((uplink) => uplink.address6 !== null)
        .map((uplink) => ({ name: uplink.interface, addresses: [linkLocalOf(world, uplink)] })),
    ],
    files: new Map([
      ['/etc/pf.conf', world.pfConf],
      [LAST_GOOD, ''],
    ]),
  });
  return { clock, router };
};

/** A rule set that pf does not take, where no fault was ordered, is ours. */
export const withWitness = (commands: Commands, scene: Scene): Commands => ({
  ...commands,
  run: async (command, args, options) => {
    const before = scene.router.faults.used;
    const result = await commands.run(command, args, options);
    const isLoad = command === 'pfctl' && args.includes('-f');
    const isClean = before === scene.router.faults.used && !scene.isAdminBusy();
    if (isLoad && isClean && result.kind === 'exited' && result.code !== 0)
      scene.report('pf takes every rule set', `pfctl ${args.join(' ')}: ${result.stderr}\n${options.stdin}`);
    return result;
  },
});
