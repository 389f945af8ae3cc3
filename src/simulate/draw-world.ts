/** Draws a world from a seed: two to eight uplinks, clients of several policies, pf.conf and the configurations. */
import { parseConfig } from '../config/parse.ts';
import { createRandom, type Random } from '../emulator/random.ts';
import { changeConfig, drawConfig, type Pace, pick, renderConfigText } from './draw-config.ts';
import { addRareKeys } from './draw-rare-keys.ts';
import { LAST_GOOD, type Learnt, type StoryClient, type StoryUplink, type World } from './story.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
/** Where clients of a policy live in 10.0.0.0/24. */
const AREAS = [
  { policy: 'default', network: '10.0.0.0/24', first: 10 },
  { policy: 'voip', network: '10.0.0.64/26', first: 70 },
  { policy: 'web', network: '10.0.0.128/26', first: 140 },
] as const;
type Area = (typeof AREAS)[number];

/** Whether somebody else gives out an uplink's address and gateway. */
type LearntKind = Learnt['kind'] | null;

const drawUplink = (random: Random, index: number, hasInet6: boolean, others: Random | null): StoryUplink => {
  const number = index + 1;
  const isDual = hasInet6 && random.chance(0.8);
  const nic = `${pick(random, 'em', 'em', 'vio')}${number}`;
  const gateway6 = isDual ? pick(random, 'fe80::1', `2001:db8:f${number}::1`) : null;
  const kind =
    others === null ? null : pick<LearntKind>(others, null, 'dhcp', 'dhcp', isDual ? null : 'pppoe');
  const learnt = (): Learnt | null => {
    if (kind === null || others === null) return null;
    return kind === 'dhcp' ? { kind, leaseSeconds: pick(others, 120, 600, 7200) } : { kind, parent: nic };
  };
  return {
    name: NAMES[index] ?? 'z',
    interface: kind === 'pppoe' ? `pppoe${number}` : nic,
    address: `100.64.${number}.2${kind === 'pppoe' ? '' : '/24'}`,
    gateway: `100.64.${number}.1`,
    address6: isDual ? `2001:db8:f${number}::2/64` : null,
    gateway6,
    latencyMs: pick(random, 2, 8, 20, 45),
    routed: isDual ? [`2001:db8:10${number}::/48`] : [],
    learnt: learnt(),
  };
};

const drawClients = (
  random: Random,
  areas: readonly Area[],
  uplinks: readonly StoryUplink[],
  pace: Pace,
): StoryClient[] => {
  const every = (): number => (pace === 'slow' ? 40 : 1) * pick(random, 1000, 1700, 2500, 4000, 7000);
  const inet = areas.flatMap(({ policy, first }) =>
    Array.from({ length: 2 + random.below(2) }, (_, at): StoryClient => {
      const kind = at === 0 ? 'fresh' : 'lasting';
      const protocol = at === 1 ? 'udp' : pick(random, 'tcp', 'udp');
      const to = pick(random, '198.18.0.80', '198.18.7.20');
      return { address: `10.0.0.${first + at}`, policy, kind, protocol, to, everyMs: every() };
    }),
  );
  const owners = uplinks.filter((uplink) => uplink.routed.length > 0);
  const inet6 = owners.slice(0, 2).map(
    (uplink, at): StoryClient => ({
      address: `2001:db8:10${uplinks.indexOf(uplink) + 1}:1::${10 + at}`,
      policy: 'default',
      kind: at === 0 ? 'lasting' : 'fresh',
      protocol: 'udp',
      to: '2001:db8:ffff::80',
      everyMs: every(),
    }),
  );
  return [...inet, ...inet6];
};

const renderPfConf = (random: Random, areas: readonly Area[], uplinks: readonly StoryUplink[]): string => {
  const prefixes = uplinks.flatMap((uplink) => uplink.routed);
  const interfaces = uplinks.map((uplink) => uplink.interface).join(' ');
  const strict = [
    'block return',
    'pass in on em0 from em0:network to <uplinkd_local>',
    'pass out on em0',
    'pass on em0 inet6 proto ipv6-icmp',
    `pass on { ${interfaces} } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }`,
  ];
  return `${[
    `table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 ${prefixes.join(' ')} }`,
    ...(random.chance(0.5) ? strict : []),
    ...areas.map(
      ({ policy, network }) =>
        `match in on em0 inet from ${network} to ! <uplinkd_local> tag uplink_${policy}`,
    ),
    'match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default',
    'anchor "uplinkd"',
    ...(random.chance(0.5) ? [`load anchor "uplinkd" from ${JSON.stringify(LAST_GOOD)}`] : []),
  ].join('\n')}\n`;
};

export const drawWorld = (seed: number, pace: Pace = 'usual'): World => {
  const random = createRandom(seed).fork('world');
  const hasInet6 = random.chance(0.4);
  const count = pick(random, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8);
  const others = createRandom(seed).fork('learnt');
  const hasLearnt = others.chance(0.4);
  const uplinks = Array.from({ length: count }, (_, index) =>
    drawUplink(random, index, hasInet6, hasLearnt ? others : null),
  );
  const areas = AREAS.slice(0, pick(random, 1, 1, 2, 3));
  const policies = areas.map(({ policy }) => policy);
  const keys = createRandom(seed).fork('probe keys');
  const hasKeys = keys.chance(0.5);
  // Not everything goes with everything, and what does not is refused: draw again.
  let config = drawConfig(random, uplinks, policies, pace, hasKeys ? keys : null);
  while (parseConfig(renderConfigText(config), 'drawn').kind !== 'ok') {
    config = drawConfig(random, uplinks, policies, pace, hasKeys ? keys : null);
  }
  config = addRareKeys(seed, config, policies);
  return {
    seed,
    lanAddresses6: uplinks.flatMap((uplink, index) =>
      uplink.routed.length === 0 ? [] : [`2001:db8:10${index + 1}:1::1/64`],
    ),
    uplinks,
    clients: drawClients(random, areas, uplinks, pace),
    pfConf: renderPfConf(random, areas, uplinks),
    configs: new Map([
      ['first', renderConfigText(config)],
      ...['second', 'third', 'fourth', 'fifth'].map(
        (name) => [name, changeConfig(random, config, uplinks, pace)] as const,
      ),
    ]),
  };
};
