/**
 * The scenarios of PEERS.md that are about health, by their numbers, in virtual time: what is done to a steady router of two
 * links, and every line that is to be said of its paths. Where one has a test of its own elsewhere, that is named.
 */
import t, { type Test } from 'tap';
import type { ProbeSettings, Settings } from '../../src/core/model.ts';
import { millis } from '../../src/core/time.ts';
import {
  em,
  interfacesOf,
  interfacesOf6,
  linkSettings,
  linkSettings6,
  policySettings,
  probeSettings,
  settingsOf,
  toAddress,
  toAddress6,
  toGateway,
} from './example.ts';
import { createWorld, type World } from './world.ts';

const three = [toGateway, toAddress('9.9.9.9'), toAddress('1.1.1.1')];
/** As without a configuration file: what a key is by default is config's, and these are the values. */
const defaults = probeSettings({
  targets: three,
  timeout: 'auto',
  confirm: true,
  damping: true,
  loss: { degraded: 10, recover: null, down: 50, window: millis(30_000) },
});

const linksOf = (probe: ProbeSettings) => ['a', 'b'].map((name, n) => linkSettings(name, n, { probe }));
const steady = (settings: Settings, interfaces = interfacesOf(2)): World => {
  const world = createWorld();
  world.load(settings);
  world.interfaces(interfaces);
  world.run(60_000);
  world.takeNotes();
  world.takePfLog();
  world.takeStarted();
  return world;
};
/** What is said of paths, without times, shares and lengths. */
const said = (world: World): readonly string[] =>
  world
    .takeNotes()
    .map((line) => line.replace(/^\S+ /, ''))
    .filter((line) => line.startsWith('link '))
    .map((line) => line.replace(/\), .*/, ')'));
const pathOf = (world: World, key: 'a/inet' | 'b/inet' = 'a/inet') => {
  const path = world.engine().paths.get(key);
  if (path === undefined) throw new Error(`no ${key}`);
  return path;
};
const windowOf = (world: World, number = 0) => {
  const target = pathOf(world).targets[number];
  if (target === undefined) throw new Error('no target');
  return target.window;
};
/** Lost by chance that is the same each time. */
const losing = (share: number): (() => number | null) => {
  let state = 7;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 < share ? null : 20;
  };
};
const DOWN = 'link a inet: up -> down (probe-loss)';

interface Row {
  /** Begins with the number in PEERS.md. */
  readonly name: string;
  readonly probe?: Partial<ProbeSettings>;
  readonly play: (world: World) => void;
  readonly lines: readonly string[];
  readonly also?: (world: World, t: Test) => void;
}

const rows: readonly Row[] = [
  {
    name: 'S2: the first hop answers, the network behind it is dead; down within 2 s',
    play: (world) => {
      world.answers('a 9.9.9.9', null);
      world.answers('a 1.1.1.1', null);
      world.run(2000);
    },
    lines: [DOWN],
    also: (world, t) => {
      t.equal(pathOf(world).targets[0]?.verdict, 'answers', 'the gateway does');
      t.equal(world.held(), 'b/1');
    },
  },
  {
    name: 'S3: one of three targets is dead for an hour; one warning, no transition',
    play: (world) => {
      world.answers('a 9.9.9.9', null);
      world.run(3_600_000);
    },
    lines: ['link a inet: target 9.9.9.9 does not answer'],
  },
  {
    name: 'S4: the same targets on every link; each has a verdict of its own',
    play: (world) => {
      world.answers('a 9.9.9.9', null);
      world.answers('b 1.1.1.1', null);
      world.run(60_000);
    },
    lines: ['link a inet: target 9.9.9.9 does not answer', 'link b inet: target 1.1.1.1 does not answer'],
    also: (world, t) => {
      const verdicts = (key: 'a/inet' | 'b/inet') => pathOf(world, key).targets.map(({ verdict }) => verdict);
      t.same(verdicts('a/inet'), ['answers', 'failed', 'answers']);
      t.same(verdicts('b/inet'), ['answers', 'answers', 'failed']);
      t.equal(world.held(), 'a/0.5 b/1', 'and both are used');
    },
  },
  {
    name: 'S6: answers that come twice, and with numbers that were never sent; counted apart, and clearing nothing',
    probe: { targets: [toAddress('9.9.9.9')], confirm: false },
    play: (world) => {
      world.answers('a', null);
      for (let n = 0; n < 4; n += 1) {
        world.forge('a', { seq: 58, rtt: 20, duplicate: true });
        world.run(1000);
      }
    },
    lines: [DOWN],
    also: (world, t) => t.equal(windowOf(world).duplicates, 4),
  },
  {
    name: 'S6: answers after a fixed time-out; counted apart, and clearing nothing',
    probe: { targets: [toAddress('9.9.9.9')], timeout: millis(300) },
    play: (world) => {
      world.answers('a', 700);
      world.run(60_000);
    },
    lines: [DOWN],
    also: (world, t) => t.ok(windowOf(world).late > 50, `${windowOf(world).late} late`),
  },
  {
    name: 'S7: the child of the only target hangs (SIGSTOP); lost at the time-out, and the loop goes on',
    probe: { targets: [toAddress('9.9.9.9')], confirm: false },
    play: (world) => {
      world.hangPing('a');
      world.run(5000);
      world.answers('b', null);
      world.run(5000);
    },
    lines: [DOWN, 'link b inet: up -> down (probe-loss)'],
  },
  {
    name: 'S7: a child hangs and all else answers: what is asked beside it knows that the path lives',
    play: (world) => {
      world.hangPing('a 9.9.9.9');
      world.run(60_000);
    },
    lines: ['link a inet: target 9.9.9.9 does not answer'],
  },
  {
    name: 'S13: back after a failure; `rise` answers and `hold` first, with the time that is left told (more in damping.test.ts)',
    play: (world) => {
      world.answers('a', null);
      world.run(10_000);
      world.answers('a', 20);
      world.run(14_000);
    },
    lines: [
      DOWN,
      'link a inet: down -> unknown (hold)',
      'link a inet: target gateway answers',
      'link a inet: target 9.9.9.9 answers',
      'link a inet: target 1.1.1.1 answers',
    ],
    also: (world, t) => {
      t.equal(world.held(), 'b/1', 'not used before');
      world.run(2000);
      t.same(said(world), ['link a inet: unknown -> up (answering)']);
      t.equal(world.held(), 'a/0.5 b/1');
    },
  },
  {
    name: 'S17: saturated, 1.1 s instead of 20 ms; degraded at most, no state killed (more in confirm.test.ts, slow-link.test.ts)',
    probe: { latency: { degraded: millis(250), recover: null } },
    play: (world) => {
      let packets = 0;
      world.counts(() => {
        packets += 1;
        return ['a', 'b', ':default', 'a', 'b'].map((label) => ({
          label: `uplink:${label}`,
          packetsIn: packets,
        }));
      });
      world.grow('a', 100);
      world.answers('a', 1100);
      world.run(120_000);
    },
    lines: ['link a inet: up -> degraded (probe-latency)'],
    also: (world, t) => {
      t.equal(world.statesOf('a'), 100);
      t.equal(world.held(), 'b/1', 'avoided, since there is a better one');
    },
  },
  {
    name: 'S18: 15 % of losses for two minutes; degraded, avoided by new connections, old ones untouched',
    play: (world) => {
      world.grow('a', 100);
      for (const target of ['9.9.9.9', '1.1.1.1']) world.answers(`a ${target}`, losing(0.15));
      world.run(120_000);
    },
    lines: ['link a inet: up -> degraded (probe-loss)'],
    also: (world, t) => {
      t.equal(world.statesOf('a'), 100);
      t.equal(world.held(), 'b/1');
      world.answers('a 9.9.9.9', 20);
      world.answers('a 1.1.1.1', 20);
      world.run(120_000);
      t.same(said(world), ['link a inet: degraded -> up (answering)']);
      t.equal(world.statesOf('a'), 100);
    },
  },
  {
    name: 'S44: suspended for ten minutes; not one transition',
    play: (world) => {
      world.suspend(600_000);
      world.run(60_000);
    },
    lines: [],
  },
  {
    name: 'S44: a clock that says an hour more, or less, for a moment',
    play: (world) => {
      for (const ms of [3_600_000, -30_000, -3_600_000, 500]) {
        world.misread(ms);
        world.run(30_000);
      }
    },
    lines: [],
  },
];

for (const { name, probe, play, lines, also } of rows) {
  t.test(name, async (t) => {
    const world = steady(settingsOf(linksOf({ ...defaults, ...probe })));
    play(world);
    t.same(said(world), lines);
    also?.(world, t);
  });
}

t.test(
  'S5: every probe leaves by its own routing table, once that has its route, in either family',
  async (t) => {
    const probe = { ...defaults, targets: [...three, toAddress6('2620:fe::fe')] };
    const links = ['a', 'b'].map((name, n) => linkSettings6(name, n, { probe }));
    for (const defaultRoute of ['none', 'best'] as const) {
      const world = createWorld();
      world.breakRoute('a/inet6', 'no');
      world.load(settingsOf(links, [policySettings(links)], { defaultRoute }));
      world.interfaces(interfacesOf6(2));
      world.run(30_000);
      const probes = world.engine().probes;
      t.equal(probes.length, 3 + 3 + 2, 'none of a/inet6: it would leave by whatever route there is');
      for (const { path, rtable } of probes) {
        const link = path.split('/')[0] ?? '';
        t.equal(rtable, world.engine().rtables.byLink.get(link), `${path} by rtable ${rtable}`);
      }
      t.not(world.engine().rtables.byLink.get('a'), world.engine().rtables.byLink.get('b'));
    }
  },
);

t.test('S8: the path is another one; new probes, and no state of the old ones is left', async (t) => {
  const target = probeSettings({ targets: [toAddress('9.9.9.9')] });
  for (const [name, links, table] of [
    [
      'another address',
      linksOf(target),
      [em(0, { addresses: [{ family: 'inet', address: '10.0.0.7', prefixLength: 24, peer: null }] }), em(1)],
    ],
    [
      'another gateway',
      [linkSettings('a', 0, { probe: target, gateway: '10.0.0.9' }), linkSettings('b', 1)],
      null,
    ],
  ] as const) {
    const world = steady(settingsOf(linksOf(target)));
    const before = world.running().filter((key) => key.startsWith('a/'));
    if (table === null) world.load(settingsOf(links));
    else world.interfaces(table);
    const killed = new Set<string>();
    for (let ms = 0; ms < 1000; ms += 1) {
      const transaction = world.engine().pf.inFlight?.transaction;
      for (const { what } of transaction?.kind === 'apply' ? transaction.kills : [])
        if (what.kind === 'label') killed.add(what.label);
      world.run(1);
    }
    t.ok(killed.has('uplink:a:probe'), `${name}: those of probes are killed by their label`);
    t.notOk(
      [...killed].some((label) => label.includes('uplink:b')),
      `${name}: and none of the other link`,
    );
    const after = world.running().filter((key) => key.startsWith('a/'));
    t.equal(after.length, 1);
    t.not(after[0], before[0], `${name}: another child, so another ICMP id`);
    t.match(world.takeStarted(), [after[0]]);
  }
});

t.test(
  'S52: 50 links, 3 targets, 2 families; an answer costs one path, and nothing is written',
  async (t) => {
    const targets = [
      toGateway,
      toAddress('9.9.9.9'),
      toAddress('1.1.1.1'),
      toAddress6('2620:fe::fe'),
      toAddress6('2606:4700::1'),
    ];
    const links = Array.from({ length: 50 }, (_, n) =>
      linkSettings6(`l${n}`, n, { probe: { ...defaults, targets, interval: millis(60_000) } }),
    );
    const world = steady(settingsOf(links), interfacesOf6(50));
    t.equal(world.running().length, 300);
    const { paths } = world.engine();
    world.forge('l7', { seq: 2, rtt: 20 });
    const touched = [...world.engine().paths.values()].filter((path) => paths.get(path.key) !== path);
    t.same(
      touched.map(({ key }) => key),
      ['l7/inet'],
    );
    const [turns, from] = [world.turns(), world.now()];
    world.run(300_000);
    const answers = (300 * (world.now() - from)) / 60_000;
    t.ok(world.turns() - turns < answers, `${world.turns() - turns} turns for ${answers} answers`);
    t.same(said(world), []);
    t.same(
      world.takePfLog().filter((line) => line !== 'inspect'),
      [],
    );
  },
);
