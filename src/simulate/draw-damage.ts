/**
 * Draws what breaks of an uplink, and how it is put right again: cables, interfaces, gateways and what is behind them, addresses, and
 * the ends that give those out.
 */
import type { Random } from '../emulator/random.ts';
import { pick } from './draw-config.ts';
import { drawGap } from './draw-gap.ts';
import { drawLearntChange } from './draw-learnt.ts';
import type { Happening, StoryEvent, StoryUplink } from './story.ts';

/** What is broken by now: so that it can be put right. */
export interface Damage {
  readonly repairs: Map<string, Happening>;
  /** Which family fails is drawn apart, so that worlds without inet6 have the histories that they had. */
  readonly families: Random;
  /** So is what uplinks do that give out addresses. */
  readonly others: Random;
}

export const drawDamage = (random: Random, uplink: StoryUplink, damage: Damage): readonly StoryEvent[] => {
  const { name, interface: nic, learnt } = uplink;
  const cable = learnt?.kind === 'pppoe' ? learnt.parent : nic;
  const afterMs = drawGap(random);
  const breaks = (key: string, happening: Happening, repair: Happening | null): readonly StoryEvent[] => {
    // The second time it is put right.
    const old = damage.repairs.get(`${key} ${name}`);
    if (old !== undefined) {
      damage.repairs.delete(`${key} ${name}`);
      return [{ afterMs, happening: old }];
    }
    if (repair !== null) damage.repairs.set(`${key} ${name}`, repair);
    return [{ afterMs, happening }];
  };
  if (uplink.learnt !== null && damage.others.chance(0.4))
    return breaks(...drawLearntChange(damage.others, uplink));
  switch (random.below(11)) {
    case 0:
    case 1:
    case 2:
      return breaks(
        'carrier',
        { kind: 'carrier', interface: cable, isThere: false },
        { kind: 'carrier', interface: cable, isThere: true },
      );
    case 3:
      return breaks(
        'ifconfig',
        { kind: 'ifconfig', interface: nic, isUp: false },
        { kind: 'ifconfig', interface: nic, isUp: true },
      );
    case 4:
      return breaks('hot-plug', { kind: 'detach', interface: nic }, { kind: 'attach', interface: nic });
    case 5:
    case 6:
      if (uplink.address6 !== null && damage.families.chance(0.5))
        return breaks(
          'dark-family',
          { kind: 'dark-family', uplink: name, family: pick(damage.families, 'inet', 'inet6') },
          { kind: 'dark-family', uplink: name, family: null },
        );
      return breaks(
        'dark',
        { kind: 'dark', uplink: name, isSo: true },
        { kind: 'dark', uplink: name, isSo: false },
      );
    case 7:
      return breaks(
        'gateway',
        { kind: 'gateway-dead', uplink: name, isSo: true },
        { kind: 'gateway-dead', uplink: name, isSo: false },
      );
    case 8:
      return breaks(
        'loss',
        { kind: 'loss', uplink: name, percent: pick(random, 2, 15, 40, 70) },
        { kind: 'loss', uplink: name, percent: 0 },
      );
    case 9:
      return breaks(
        'latency',
        { kind: 'latency', uplink: name, ms: pick(random, 120, 400, 900, 2500) },
        { kind: 'latency', uplink: name, ms: uplink.latencyMs },
      );
    default: {
      if (random.chance(0.4)) {
        const target = pick(random, '9.9.9.9', '1.1.1.1', uplink.gateway);
        return breaks(
          'blackhole',
          { kind: 'blackhole', uplink: name, target, isSilent: true },
          { kind: 'blackhole', uplink: name, target, isSilent: false },
        );
      }
      if (learnt !== null) return breaks(...drawLearntChange(damage.others, uplink));
      const other = uplink.address.replace('.2/', `.${10 + random.below(40)}/`);
      return breaks(
        'renumber',
        { kind: 'renumber', interface: nic, address: random.chance(0.7) ? other : '172.20.1.2/24' },
        { kind: 'renumber', interface: nic, address: uplink.address },
      );
    }
  }
};

/** Damage that may be there at rest: what is neither good nor dead would prove nothing. */
export const mayStay = (key: string): boolean =>
  /^(carrier|ifconfig|hot-plug|dark|dark-family|gateway) /.test(key);
