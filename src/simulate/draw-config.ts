/** Draws configurations: links of all kinds, policies with everything that they may say, and what an operator changes in them. */
import type { Random } from '../emulator/random.ts';
import { PROGRAM } from './admin-program.ts';
import type { StoryUplink } from './story.ts';

type Value = string | number | boolean | readonly (string | number)[];
export type Table = ReadonlyMap<string, Value>;

/** A configuration by its tables, in order: `probe`, `link.a`, … */
export type Config = ReadonlyMap<string, Table>;

const renderValue = (value: Value): string =>
  Array.isArray(value) ? `[${value.map((each) => JSON.stringify(each)).join(', ')}]` : JSON.stringify(value);

export const renderConfigText = (config: Config): string =>
  [...config]
    .map(([name, table]) => {
      const keys = [...table].map(([key, value]) => `${key} = ${renderValue(value)}\n`).join('');
      return name === '' ? keys : `[${name}]\n${keys}`;
    })
    .join('');

export const pick = <T>(random: Random, ...choices: readonly [T, ...T[]]): T =>
  choices[random.below(choices.length)] ?? choices[0];

const entries = (...all: readonly (readonly [string, Value] | null)[]): Table =>
  new Map(all.filter((each) => each !== null));

/** A key in some of the worlds; in the others its default. */
const maybe = (
  random: Random,
  chance: number,
  key: string,
  draw: () => Value,
): readonly [string, Value] | null => (random.chance(chance) ? [key, draw()] : null);

/** How often a world asks, reconciles and sends: as a router does, or so seldom that a simulated day takes a second. */
export type Pace = 'usual' | 'slow';

/** Each of the keys that decide when a target has failed, in some of the worlds; `keys` draws apart from what was drawn before. */
const drawJudgement = (keys: Random, hasInet6: boolean): Table =>
  entries(
    maybe(keys, 0.15, 'confirm', () => false),
    maybe(keys, 0.2, 'damping', () => false),
    maybe(keys, 0.25, 'timeout', () => pick(keys, 'auto', '400ms', '1s', '2500ms')),
    maybe(keys, 0.2, 'idle', () => pick(keys, '5s', '20s')),
    maybe(keys, 0.25, 'quorum', () => 2),
    maybe(keys, 0.55, 'targets', () => [
      ...pick<readonly string[]>(
        keys,
        ['gateway', 'tcp:9.9.9.9:443'],
        ['gateway', '1.1.1.1', 'dns:9.9.9.9/example.com'],
        ['tcp:1.1.1.1:53', 'dns:9.9.9.9/.'],
        ['gateway', `exec:${PROGRAM}`],
        ['9.9.9.9', '1.1.1.1', `exec:${PROGRAM} -v`],
        ['tcp:9.9.9.9:443'],
      ),
      ...(hasInet6
        ? pick<readonly string[]>(
            keys,
            ['2620:fe::fe'],
            ['tcp:[2620:fe::fe]:443'],
            ['dns:[2620:fe::fe]/example.com', '2620:fe::9'],
          )
        : []),
    ]),
  );

const drawLoss = (keys: Random): Table =>
  entries(
    maybe(keys, 0.5, 'degraded', () => pick(keys, 5, 20)),
    maybe(keys, 0.5, 'down', () => pick(keys, 30, 80, 100)),
    maybe(keys, 0.4, 'recover', () => pick(keys, 2, 5)),
    maybe(keys, 0.5, 'window', () => pick(keys, '10s', '1m', '2m')),
  );

const drawProbe = (random: Random, hasInet6: boolean, pace: Pace): Table => {
  const targets = pick<readonly string[]>(
    random,
    ['gateway', '9.9.9.9', '1.1.1.1'],
    ['gateway', '9.9.9.9'],
    ['9.9.9.9'],
    ['9.9.9.9', '1.1.1.1', '8.8.8.8'],
  );
  return entries(
    random.chance(0.4) && !hasInet6 ? null : ['targets', [...targets, ...(hasInet6 ? ['2620:fe::fe'] : [])]],
    pace === 'slow'
      ? ['interval', pick(random, '20s', '30s', '60s', '2m')]
      : maybe(random, 0.4, 'interval', () => pick(random, '500ms', '2s', '3s')),
    maybe(random, 0.4, 'fall', () => pick(random, 2, 3, 4, 6)),
    maybe(random, 0.6, 'rise', () => pick(random, 1, 2, 3, 8)),
    maybe(random, 0.6, 'hold', () => pick(random, '0s', '1s', '3s', '20s')),
  );
};

const gatewayWord = ({ gateway, learnt }: StoryUplink): string => {
  switch (learnt?.kind) {
    case undefined:
      return gateway;
    case 'dhcp':
      return 'dhcp';
    case 'pppoe':
      return 'peer';
  }
};

/** More than probes can take in a month: it is counted, and changes nothing. */
const withBudget = (keys: Random | null, table: Table): Table =>
  keys !== null && table.has('metered') && keys.chance(0.5) ? new Map([...table, ['budget', '100G']]) : table;

const drawLink = (random: Random, uplink: StoryUplink): Table =>
  entries(
    ['interface', uplink.interface],
    ['gateway', gatewayWord(uplink)],
    uplink.gateway6 === null ? null : ['gateway6', uplink.gateway6],
    maybe(random, 0.5, 'weight', () => pick(random, 2, 3, 10, 65_535)),
    maybe(random, 0.4, 'tier', () => pick(random, 2, 2, 3)),
    maybe(random, 0.15, 'metered', () => true),
    maybe(random, 0.15, 'via', () => pick(random, 'rtable', 'route-to')),
    ...(uplink.gateway6 === null
      ? []
      : [
          ['prefix6', uplink.routed] as const,
          maybe(random, 0.4, 'nat6', () => pick(random, 'nat', 'prefix', 'no')),
        ]),
  );

const drawPolicy = (random: Random, links: readonly string[]): Table => {
  const members = links.filter(() => random.chance(0.7));
  const balance = pick(random, 'weight', 'weight', 'least-states', 'round-robin', 'source-hash', 'random');
  return entries(
    members.length > 0 && random.chance(0.6) ? ['members', members] : null,
    random.chance(0.5) ? ['balance', balance] : null,
    balance === 'least-states' && random.chance(0.5) ? ['balance', 'least-states'] : null,
    maybe(random, 0.4, 'degraded', () => pick(random, 'use', 'avoid', 'never')),
    maybe(random, 0.4, 'failback', () => pick(random, 'stay', 'move')),
    maybe(random, 0.4, 'empty', () => pick(random, 'drop', 'last-resort')),
    maybe(random, 0.15, 'prio', () => [3, 6]),
    maybe(random, 0.15, 'tos', () => 184),
  );
};

export const drawConfig = (
  random: Random,
  uplinks: readonly StoryUplink[],
  policies: readonly string[],
  pace: Pace,
  /** What was added later: null where a world is to be as it was. */
  keys: Random | null,
): Config => {
  const hasInet6 = uplinks.some((uplink) => uplink.gateway6 !== null);
  const names = uplinks.map((uplink) => uplink.name);
  const own = keys?.fork('own') ?? null;
  return new Map<string, Table>([
    [
      '',
      entries(
        pace === 'slow'
          ? ['reconcile', pick(random, '3m', '5m', '10m')]
          : maybe(random, 0.5, 'reconcile', () => pick(random, '5s', '10s', '60s')),
        own === null
          ? null
          : maybe(own, 0.6, 'default_route', () => pick(own, 'best', 'best', 'multipath', 'leave')),
        own === null ? null : maybe(own, 0.3, 'on_exit', () => 'flush'),
      ),
    ],
    [
      'probe',
      new Map([
        ...drawProbe(random, hasInet6, pace),
        ...(keys === null ? [] : drawJudgement(keys, hasInet6)),
      ]),
    ],
    ...(keys?.chance(0.4) === true ? [['probe.loss', drawLoss(keys)] as const] : []),
    ...(random.chance(0.3)
      ? [['probe.latency', entries(['degraded', pick(random, '100ms', '250ms')])] as const]
      : []),
    ...uplinks.map((uplink) => [`link.${uplink.name}`, withBudget(keys, drawLink(random, uplink))] as const),
    ...policies.map((name) => [`policy.${name}`, drawPolicy(random, names)] as const),
    ...(random.chance(0.3) ? [['inbound', entries(['enabled', true])] as const] : []),
  ]);
};

export const edit = (config: Config, name: string, change: readonly (readonly [string, Value])[]): Config =>
  new Map([...config].map(([key, table]) => [key, key === name ? new Map([...table, ...change]) : table]));

/** What an operator may have made of the file before he sends SIGHUP. */
export const changeConfig = (
  random: Random,
  config: Config,
  uplinks: readonly StoryUplink[],
  pace: Pace,
): string => {
  const uplink = uplinks[random.below(uplinks.length)];
  const link = `link.${uplink?.name}`;
  switch (random.below(9)) {
    case 0:
      return renderConfigText(config);
    case 1:
      return `${renderConfigText(config)}this is no TOML\n`;
    case 2:
      return renderConfigText(edit(config, 'policy.default', [['members', ['nobody']]]));
    case 3:
      return renderConfigText(edit(config, link, [['weight', pick(random, 1, 5, 7)]]));
    case 4:
      return renderConfigText(edit(config, link, [['tier', pick(random, 1, 2, 4)]]));
    case 5:
      return renderConfigText(
        edit(config, 'probe', [
          ['fall', pick(random, 2, 5)],
          ['interval', pace === 'slow' ? '45s' : '2s'],
        ]),
      );
    case 6:
      return renderConfigText(
        edit(config, 'policy.default', [['balance', pick(random, 'weight', 'least-states')]]),
      );
    case 7:
      return renderConfigText(
        edit(config, 'policy.default', [
          ['failback', 'move'],
          ['empty', 'drop'],
        ]),
      );
    default: {
      // A link goes, and out of every list of members.
      const left = [...config].filter(([name]) => name !== link);
      const without = left.map(([name, table]): readonly [string, Table] => {
        const members = table.get('members');
        if (!Array.isArray(members)) return [name, table];
        const rest = members.filter((member) => member !== uplink?.name);
        const others = new Map([...table].filter(([key]) => key !== 'members'));
        return [name, rest.length === 0 ? others : new Map([...others, ['members', rest]])];
      });
      return renderConfigText(new Map(without));
    }
  }
};
