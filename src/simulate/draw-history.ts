/**
 * Draws what happens to a world: bursts of failures of everything at once, at intervals from nothing to half a minute, then
 * most of it is put right, and there is a rest. What it draws follows from the seed alone, never from what the daemon does.
 */
import { createRandom, type Random } from '../emulator/random.ts';
import { type AbsenceDraw, createAbsenceDraw } from './draw-absence.ts';
import { drawAdmin } from './draw-admin.ts';
import { type Pace, pick } from './draw-config.ts';
import { type Damage, drawDamage, mayStay } from './draw-damage.ts';
import { createExitDraw } from './draw-exit.ts';
import { drawAskFault, drawFault } from './draw-fault.ts';
import { drawGap } from './draw-gap.ts';
import { drawLeaseFault } from './draw-learnt.ts';
import { createOperatorDraw } from './draw-operator.ts';
import { createPing6Draw } from './draw-ping6.ts';
import { createRestartDraw } from './draw-restart.ts';
import { createStallDraw } from './draw-stall.ts';
import { createUnheardDraw } from './draw-unheard.ts';
import type { Happening, StoryEvent, StoryUplink, World } from './story.ts';

/** Chosen by weight. */
type Weighted = readonly (readonly [number, () => readonly StoryEvent[]])[];

const drawBurst = (
  random: Random,
  world: World,
  damage: Damage,
  absence: AbsenceDraw,
): readonly StoryEvent[] => {
  const one = (happening: Happening): readonly StoryEvent[] => [{ afterMs: drawGap(random), happening }];
  const uplink = (): StoryUplink =>
    world.uplinks[random.below(world.uplinks.length)] ?? (world.uplinks[0] as StoryUplink);
  const hasConnections = world.configs.get('first')?.includes('"tcp:') === true;
  const hasLeases = world.uplinks.some(({ learnt }) => learnt?.kind === 'dhcp');
  const choices: Weighted = [
    [50, () => drawDamage(random, uplink(), damage)],
    [
      14,
      () => {
        if (hasLeases && damage.others.chance(0.3)) return one(drawLeaseFault(damage.others));
        if (hasConnections && damage.others.chance(0.2)) return one(drawAskFault(damage.others));
        return one(drawFault(random));
      },
    ],
    [
      8,
      () =>
        one({
          kind: 'child',
          command: pick(random, 'route', 'ping', 'ping'),
          match: pick(random, '', '', '9.9.9.9'),
          what: pick(random, 'kill', 'kill', 'cut', 'junk', 'mute'),
        }),
    ],
    [
      4,
      () => [
        ...one({ kind: 'overflow', isFull: true }),
        ...drawDamage(random, uplink(), damage).map((event) => ({ ...event, afterMs: random.below(300) })),
        { afterMs: random.below(1500), happening: { kind: 'overflow', isFull: false } },
      ],
    ],
    [6, () => drawAdmin(random, world)],
    [
      8,
      () => {
        return one({ kind: 'reload', config: pick(random, 'first', 'second', 'third', 'fourth', 'fifth') });
      },
    ],
    [
      8,
      () => absence.whileDead(one({ kind: 'kill' }), one({ kind: 'start', remembers: random.chance(0.7) })),
    ],
    [5, () => absence.whileStopped(one({ kind: 'pause' }), one({ kind: 'resume' }))],
    [2, () => one({ kind: 'wall', ms: pick(random, -3_600_000, 86_400_000, 5000) })],
  ];
  let at = random.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, draw] of choices) {
    at -= weight;
    if (at < 0) return draw();
  }
  return [];
};

/** About how long a rest is. */
const REST_MS = { usual: 300_000, slow: 1_500_000 } as const;

export const drawHistory = (
  seed: number,
  world: World,
  hours: number,
  pace: Pace = 'usual',
): readonly StoryEvent[] => {
  const random = createRandom(seed).fork('history');
  const events: StoryEvent[] = [];
  const operator = createOperatorDraw(seed, world);
  const unheard = createUnheardDraw(seed, world);
  const damage: Damage = {
    repairs: new Map(),
    families: createRandom(seed).fork('families'),
    others: createRandom(seed).fork('learnt history'),
  };
  const absence = createAbsenceDraw(seed, world, damage);
  const exit = createExitDraw(seed, absence);
  const restart = createRestartDraw(seed);
  const stall = createStallDraw(seed, world, damage);
  const ping6 = createPing6Draw(seed, world);
  let ms = 0;
  while (ms < hours * 3_600_000) {
    const first = events.length;
    const bursts = 2 + random.below(14);
    for (let burst = 0; burst < bursts; burst += 1)
      events.push(
        ...drawBurst(random, world, damage, absence),
        ...operator.interfere(),
        ...exit(),
        ...unheard(),
        ...stall(),
        ...ping6(),
      );
    for (const [key, repair] of damage.repairs) {
      if (mayStay(key) && random.chance(0.25)) continue;
      damage.repairs.delete(key);
      events.push({ afterMs: random.chance(0.3) ? 0 : random.below(5000), happening: repair });
    }
    events.push(...operator.relent());
    events.push({ afterMs: random.below(3000), happening: { kind: 'rest' } });
    events.push(...restart());
    // A day is mostly quiet.
    ms += REST_MS[pace] + events.slice(first).reduce((sum, event) => sum + event.afterMs, 0);
    if (random.chance(pace === 'slow' ? 0.7 : 0.3)) {
      const quiet = random.below(pace === 'slow' ? 10_000_000 : 1_200_000);
      events.push({ afterMs: quiet, happening: { kind: 'wall', ms: 0 } });
      ms += quiet;
    }
  }
  events.push({ afterMs: 1000, happening: { kind: 'rest' } });
  return events;
};
