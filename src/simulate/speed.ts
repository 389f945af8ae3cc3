/**
 * How fast simulated time runs: `npm run simulate -- --speed`. One fixed story: three links and all else at its defaults, three
 * clients, and each hour a cable that is pulled and a provider that goes dark. Played as any other, with all judges looking on.
 */
import { play } from './play.ts';
import type { Story, StoryClient, StoryEvent, StoryUplink, World } from './story.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Before the time is taken: until the engine under us has compiled what it will run. */
const WARM_UP_HOURS = 1;

const uplinks: readonly StoryUplink[] = ['a', 'b', 'c'].map((name, at) => ({
  name,
  interface: `em${at + 1}`,
  address: `100.64.${at + 1}.2/24`,
  gateway: `100.64.${at + 1}.1`,
  address6: null,
  gateway6: null,
  learnt: null,
  latencyMs: 8 * (at + 1),
  routed: [],
}));

const clientOf = (at: number, kind: StoryClient['kind'], protocol: StoryClient['protocol']): StoryClient => ({
  address: `10.0.0.${10 + at}`,
  policy: 'default',
  kind,
  protocol,
  to: '198.18.0.80',
  everyMs: 2500 + 100 * at,
});

const world: World = {
  seed: 1,
  lanAddresses6: [],
  uplinks,
  clients: [clientOf(0, 'fresh', 'tcp'), clientOf(1, 'lasting', 'tcp'), clientOf(2, 'lasting', 'udp')],
  pfConf: `table <uplinkd_local> persist { self 10.0.0.0/8 }
match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
anchor "uplinkd"
`,
  configs: new Map([
    [
      'first',
      uplinks
        .map(
          ({ name, interface: nic, gateway }) =>
            `[link.${name}]\ninterface = "${nic}"\ngateway = "${gateway}"\n`,
        )
        .join(''),
    ],
  ]),
};

const hourOf = (hour: number): readonly StoryEvent[] => {
  const uplink = uplinks[hour % uplinks.length]?.name ?? 'a';
  const nic = uplinks[(hour + 1) % uplinks.length]?.interface ?? 'em1';
  const happen = (afterMs: number, happening: StoryEvent['happening']): StoryEvent => ({
    afterMs,
    happening,
  });
  return [
    happen(20 * MINUTE, { kind: 'dark', uplink, isSo: true }),
    happen(5 * MINUTE, { kind: 'dark', uplink, isSo: false }),
    happen(20 * MINUTE, { kind: 'carrier', interface: nic, isThere: false }),
    happen(5 * MINUTE, { kind: 'carrier', interface: nic, isThere: true }),
    happen(10 * MINUTE, { kind: 'wall', ms: 0 }),
  ];
};

const speedStory = (hours: number): Story => ({
  world,
  events: [
    ...Array.from({ length: hours }, (_, hour) => hourOf(hour)).flat(),
    { afterMs: 0, happening: { kind: 'rest' } },
  ],
});

export interface Speed {
  readonly simulatedMs: number;
  readonly steps: number;
  readonly tookMs: number;
  /** Of one core: what it takes on a machine that does other things as well. */
  readonly cpuMs: number;
  readonly brokenBy: string | null;
}

export const measureSpeed = async (hours: number): Promise<Speed> => {
  await play(speedStory(WARM_UP_HOURS));
  const began = performance.now();
  const cpu = process.cpuUsage();
  const { simulatedMs, steps, broken } = await play(speedStory(hours));
  const { user, system } = process.cpuUsage(cpu);
  return {
    simulatedMs,
    steps,
    tookMs: performance.now() - began,
    cpuMs: (user + system) / 1000,
    brokenBy: broken === null ? null : `${broken.claim}: ${broken.text}`,
  };
};

export const renderSpeed = ({ simulatedMs, steps, tookMs, cpuMs, brokenBy }: Speed): string =>
  brokenBy ??
  `three links at their defaults, ${(simulatedMs / HOUR).toFixed(1)} simulated hours, ${steps} steps: ` +
    `${Math.round(simulatedMs / tookMs)} x real time in ${(tookMs / 1000).toFixed(1)} s, ` +
    `${Math.round(simulatedMs / cpuMs)} x by CPU time (${((1000 * cpuMs) / steps).toFixed(0)} us a step)`;
