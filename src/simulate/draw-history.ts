/**
 * Draws what happens to a world: bursts of failures of everything at once, at intervals from nothing to half a minute, then
 * most of it is put right, and there is a rest. What it draws follows from the seed alone, never from what the daemon does.
 */
import type { CallFault } from '../emulator/fault.ts';
import { createRandom, type Random } from '../emulator/random.ts';
import { type Pace, pick } from './draw-config.ts';
import type { Happening, StoryEvent, StoryUplink, World } from './story.ts';

/** Chosen by weight. */
type Weighted = readonly (readonly [number, () => readonly StoryEvent[]])[];

/** From one event to the next: most interesting is what comes while the daemon is busy with what came before. */
const drawGap = (random: Random): number => {
  const kind = random.next();
  if (kind < 0.12) return 0;
  if (kind < 0.35) return 1 + random.below(12);
  if (kind < 0.6) return 10 + random.below(1000);
  if (kind < 0.9) return 1000 + random.below(15_000);
  return 15_000 + random.below(45_000);
};

const BUSY =
  'stdin:1: cannot define table pool_inet: Device busy\npfctl: Syntax error in config file: pf rules not loaded\n';
const SYNTAX = 'stdin:3: syntax error\npfctl: Syntax error in config file: pf rules not loaded\n';

const drawPfFault = (random: Random): CallFault =>
  pick<CallFault>(
    random,
    { kind: 'fail', code: 1, stderr: BUSY },
    { kind: 'fail', code: 1, stderr: SYNTAX },
    { kind: 'fail', code: 1, stderr: 'pfctl: /dev/pf: Device busy\n' },
    { kind: 'hang' },
    { kind: 'slow', ms: 100 + random.below(8000) },
    { kind: 'late', ms: 2000 + random.below(8000) },
    { kind: 'partial', bytes: random.below(200) },
    { kind: 'not-started', why: 'Resource temporarily unavailable' },
    { kind: 'extra-line', line: 'what nobody has seen before' },
  );

const drawFault = (random: Random): Happening => {
  const times = pick(random, 1, 1, 2, 3, 6);
  const common = (command: string, match: string, fault: CallFault): Happening => ({
    kind: 'fault',
    command,
    match,
    times,
    fault,
  });
  const plain = (stderr: string): CallFault =>
    pick<CallFault>(
      random,
      { kind: 'fail', code: 1, stderr },
      { kind: 'hang' },
      { kind: 'slow', ms: 50 + random.below(6000) },
      { kind: 'partial', bytes: random.below(600) },
      { kind: 'extra-line', line: '\tnothing that anybody knows' },
      { kind: 'not-started', why: 'Resource temporarily unavailable' },
    );
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return common('pfctl', pick(random, '-f -', '-f -', ''), drawPfFault(random));
    case 3:
      return common('pfctl', '-sr', drawPfFault(random));
    case 4:
      return common('pfctl', '-k ', drawPfFault(random));
    case 5:
      return common('pfctl', pick(random, '-T ', '-ss'), drawPfFault(random));
    case 6:
      return common('ifconfig', '', plain('ifconfig: SIOCGIFCONF: Cannot allocate memory\n'));
    case 7:
      return common('route', 'monitor', plain('route: socket: No buffer space available\n'));
    case 8:
      return common(
        'route',
        'show|add|change|delete',
        plain('route: writing to routing socket: No buffer space available\n'),
      );
    default:
      return common(
        pick(random, 'ping', 'ping', 'ping6'),
        '',
        plain('ping: socket: No buffer space available\n'),
      );
  }
};

const drawAdmin = (random: Random, world: World): readonly StoryEvent[] => {
  const pfctl = (...args: string[]): Happening => ({ kind: 'admin', command: 'pfctl', args });
  const rules = pfctl('-f', '/etc/pf.conf');
  const one = (happening: Happening): readonly StoryEvent[] => [{ afterMs: drawGap(random), happening }];
  switch (random.below(8)) {
    case 0:
      return [...one(pfctl('-Fa')), ...one(rules)];
    case 1:
      return one(rules);
    case 2:
      return one(pfctl('-a', 'uplinkd', '-F', 'rules'));
    case 3:
      return one(pfctl('-t', 'uplinkd_local', '-T', 'delete', '224.0.0.0/4'));
    case 4:
      return one(pfctl('-t', 'uplinkd_local', '-T', 'add', '172.16.0.0/12'));
    case 5:
      return one(pfctl('-t', 'uplinkd_default', '-T', 'flush'));
    case 6:
      return one(pfctl('-F', 'states'));
    default: {
      const number = 101 + random.below(world.uplinks.length);
      return one({
        kind: 'admin',
        command: 'route',
        args: ['-T', String(number), '-n', 'delete', 'default'],
      });
    }
  }
};

/** What is broken by now: so that it can be put right. */
interface Damage {
  readonly repairs: Map<string, Happening>;
  /** Which family fails is drawn apart, so that worlds without inet6 have the histories that they had. */
  readonly families: Random;
}

const drawDamage = (random: Random, uplink: StoryUplink, damage: Damage): readonly StoryEvent[] => {
  const { name, interface: nic } = uplink;
  const afterMs = drawGap(random);
  const breaks = (key: string, happening: Happening, repair: Happening): readonly StoryEvent[] => {
    // The second time it is put right.
    const old = damage.repairs.get(`${key} ${name}`);
    if (old !== undefined) {
      damage.repairs.delete(`${key} ${name}`);
      return [{ afterMs, happening: old }];
    }
    damage.repairs.set(`${key} ${name}`, repair);
    return [{ afterMs, happening }];
  };
  switch (random.below(11)) {
    case 0:
    case 1:
    case 2:
      return breaks(
        'carrier',
        { kind: 'carrier', interface: nic, isThere: false },
        { kind: 'carrier', interface: nic, isThere: true },
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
      const other = uplink.address.replace('.2/', `.${10 + random.below(40)}/`);
      return breaks(
        'renumber',
        { kind: 'renumber', interface: nic, address: random.chance(0.7) ? other : '172.20.1.2/24' },
        { kind: 'renumber', interface: nic, address: uplink.address },
      );
    }
  }
};

const drawBurst = (random: Random, world: World, damage: Damage): readonly StoryEvent[] => {
  const one = (happening: Happening): readonly StoryEvent[] => [{ afterMs: drawGap(random), happening }];
  const uplink = (): StoryUplink =>
    world.uplinks[random.below(world.uplinks.length)] ?? (world.uplinks[0] as StoryUplink);
  const choices: Weighted = [
    [50, () => drawDamage(random, uplink(), damage)],
    [14, () => one(drawFault(random))],
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
    [8, () => [...one({ kind: 'kill' }), ...one({ kind: 'start', remembers: random.chance(0.7) })]],
    [5, () => [...one({ kind: 'pause' }), ...one({ kind: 'resume' })]],
    [2, () => one({ kind: 'wall', ms: pick(random, -3_600_000, 86_400_000, 5000) })],
  ];
  let at = random.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, draw] of choices) {
    at -= weight;
    if (at < 0) return draw();
  }
  return [];
};

/** Damage that may be there at rest: what is neither good nor dead would prove nothing. */
const mayStay = (key: string): boolean => /^(carrier|ifconfig|hot-plug|dark|dark-family|gateway) /.test(key);

export const drawHistory = (
  seed: number,
  world: World,
  hours: number,
  pace: Pace = 'usual',
): readonly StoryEvent[] => {
  const random = createRandom(seed).fork('history');
  const events: StoryEvent[] = [];
  const damage: Damage = { repairs: new Map(), families: createRandom(seed).fork('families') };
  let ms = 0;
  while (ms < hours * 3_600_000) {
    const first = events.length;
    const bursts = 2 + random.below(14);
    for (let burst = 0; burst < bursts; burst += 1) events.push(...drawBurst(random, world, damage));
    for (const [key, repair] of damage.repairs) {
      if (mayStay(key) && random.chance(0.25)) continue;
      damage.repairs.delete(key);
      events.push({ afterMs: random.chance(0.3) ? 0 : random.below(5000), happening: repair });
    }
    events.push({ afterMs: random.below(3000), happening: { kind: 'rest' } });
    // A rest is about five minutes; a day is mostly quiet.
    ms += 300_000 + events.slice(first).reduce((sum, event) => sum + event.afterMs, 0);
    if (random.chance(pace === 'slow' ? 0.7 : 0.3)) {
      const quiet = random.below(pace === 'slow' ? 10_000_000 : 1_200_000);
      events.push({ afterMs: quiet, happening: { kind: 'wall', ms: 0 } });
      ms += quiet;
    }
  }
  events.push({ afterMs: 1000, happening: { kind: 'rest' } });
  return events;
};
