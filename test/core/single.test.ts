/** Targets that take a process a request: their windows, and what becomes of a path that is judged by them, in virtual time. */
import t from 'tap';
import type { ProbeSettings, Target } from '../../src/core/model.ts';
import { newTargets } from '../../src/core/target.ts';
import { type Millis, millis, mono } from '../../src/core/time.ts';
import {
  lossDue,
  newWindow,
  startWindow,
  stepAnswer,
  stepChildGone,
  stepReading,
  stepSendError,
  stepSent,
  type Window,
} from '../../src/core/window.ts';
import { interfacesOf, linkSettings, probeSettings, settingsOf, toAddress, toGateway } from './example.ts';
import { createWorld, type World } from './world.ts';

const tcp: Target = { kind: 'tcp', family: 'inet', address: '9.9.9.9', port: 443 };
const dns: Target = { kind: 'dns', family: 'inet', address: '1.1.1.1', name: '.' };
const exec: Target = { kind: 'exec', command: ['/etc/uplinkd/portal', '-v'] };

type Step = readonly [
  at: number,
  what: 'start' | 'sent' | 'read' | 'error' | 'gone' | readonly [seq: number, rtt: number],
];

const play = (timeout: Millis | 'auto', steps: readonly Step[]): Window =>
  steps.reduce(
    (window, [at, what]): Window => {
      const now = mono(at);
      switch (what) {
        case 'start':
          return startWindow(window, now);
        case 'sent':
          return stepSent(window, now);
        case 'read':
          return stepReading(window, now);
        case 'error':
          return stepSendError(window, now);
        case 'gone':
          return stepChildGone(window, now);
        default:
          return stepAnswer(window, { seq: what[0], rtt: millis(what[1]), duplicate: false }, now);
      }
    },
    newWindow(millis(1000), timeout, 10, true),
  );

const rows: readonly (readonly [string, readonly Step[], readonly (number | null)[], number | null])[] = [
  [
    'nothing is due before anything was sent',
    [
      [0, 'start'],
      [60_000, 'read'],
    ],
    [],
    null,
  ],
  [
    'one that was sent',
    [
      [0, 'start'],
      [10, 'sent'],
    ],
    [],
    1010,
  ],
  [
    'answered',
    [
      [0, 'start'],
      [10, 'sent'],
      [50, [0, 40]],
    ],
    [40],
    null,
  ],
  [
    'no more than was sent can be lost',
    [
      [0, 'start'],
      [10, 'sent'],
      [60_000, 'read'],
    ],
    [null],
    null,
  ],
  [
    'refused: known at once',
    [
      [0, 'start'],
      [10, 'sent'],
      [20, 'error'],
    ],
    [null],
    null,
  ],
  [
    'its process ends long after it was lost',
    [
      [0, 'start'],
      [10, 'sent'],
      [1010, 'read'],
      [3000, 'error'],
    ],
    [null],
    null,
  ],
  [
    'late by more than may be',
    [
      [0, 'start'],
      [10, 'sent'],
      [1010, 'read'],
      [1100, [0, 1090]],
    ],
    [null],
    null,
  ],
  [
    'an irregular rhythm',
    [
      [0, 'start'],
      [10, 'sent'],
      [1010, 'read'],
      [3010, 'sent'],
      [3100, [1, 90]],
      [3500, 'sent'],
    ],
    [null, 90],
    4500,
  ],
  [
    'one whose end nobody told says nothing',
    [
      [0, 'start'],
      [10, 'sent'],
      [500, 'sent'],
      [600, [1, 100]],
    ],
    [100],
    null,
  ],
  [
    'it could not be started',
    [
      [0, 'start'],
      [10, 'sent'],
      [20, 'gone'],
      [5000, 'read'],
    ],
    [],
    null,
  ],
  [
    'numbers begin anew',
    [
      [0, 'start'],
      [10, 'sent'],
      [20, [0, 10]],
      [30, 'start'],
      [40, 'sent'],
      [60, [0, 20]],
    ],
    [10, 20],
    null,
  ],
];
for (const [name, steps, outcomes, due] of rows)
  t.test(name, async (t) => {
    const window = play(millis(1000), steps);
    t.same(window.outcomes, outcomes);
    t.equal(lossDue(window), due);
  });

t.test('with "auto" an answer takes a loss back', async (t) => {
  const steps: readonly Step[] = [
    [0, 'start'],
    [10, 'sent'],
    [1010, 'read'],
  ];
  t.same(play('auto', steps).outcomes, [null]);
  t.same(play('auto', [...steps, [1500, [0, 1490]]]).outcomes, [1490]);
});

t.test('what is asked of a path', async (t) => {
  const targets: ProbeSettings['targets'] = [
    toGateway,
    tcp,
    dns,
    exec,
    { kind: 'tcp', family: 'inet6', address: 'fe80::5', port: 80 },
  ];
  const asked = {
    key: 'a/inet' as const,
    family: 'inet' as const,
    interface: 'em0',
    rtable: 101,
    pace: null,
    incarnation: 1,
    settings: probeSettings({ targets, interval: millis(200), timeout: 'auto' }),
  };
  const way = { gateway: '10.0.0.1', address: '10.0.0.2', identity: '1' };
  const found = newTargets(asked, way);
  t.same(
    found.map(({ target, probe }) => [target, probe.address, probe.interval]),
    [
      ['gateway', '10.0.0.1', 200],
      ['tcp:9.9.9.9:443', '9.9.9.9', 1000],
      ['dns:1.1.1.1/.', '1.1.1.1', 1000],
      ['exec:/etc/uplinkd/portal -v', '10.0.0.1', 1000],
    ],
    'no more often than once a second',
  );
  t.same(found[3]?.probe.ask, {
    kind: 'exec',
    command: ['/etc/uplinkd/portal', '-v'],
    environment: {
      UPLINKD_LINK: 'a',
      UPLINKD_FAMILY: 'inet',
      UPLINKD_INTERFACE: 'em0',
      UPLINKD_RTABLE: '101',
      UPLINKD_ADDRESS: '10.0.0.2',
      UPLINKD_GATEWAY: '10.0.0.1',
      UPLINKD_TIMEOUT: '3',
    },
  });
  const six = newTargets(
    { ...asked, key: 'a/inet6', family: 'inet6' },
    { gateway: 'fe80::1', address: 'fe80::2', identity: '1' },
  );
  t.match(six.at(-1), { target: 'tcp:[fe80::5]:80', probe: { address: 'fe80::5%em0' } });
  t.match(six.find(({ target }) => target.startsWith('exec:'))?.probe.ask, {
    environment: { UPLINKD_ADDRESS: 'fe80::2%em0', UPLINKD_GATEWAY: 'fe80::1%em0' },
  });
});

const begin = (targets: ProbeSettings['targets'], more: Partial<ProbeSettings> = {}): World => {
  const probe = probeSettings({ targets, timeout: 'auto', confirm: true, ...more });
  const world = createWorld();
  world.load(settingsOf([linkSettings('a', 0, { probe }), linkSettings('b', 1, { probe })]));
  world.interfaces(interfacesOf(2));
  world.answers('a', 20);
  world.answers('b', 20);
  world.run(60_000);
  return world;
};
const health = (world: World) => world.engine().paths.get('a/inet')?.health;
const untilDown = (world: World): number => {
  const from = world.now();
  while (health(world) !== 'down' && world.now() - from < 30_000) world.run(1);
  return world.now() - from;
};

t.test('a portal that lets pings through: down, whatever the gateway says', async (t) => {
  for (const [name, targets, most] of [
    ['one port', [toGateway, tcp], 5000],
    ['one question', [toGateway, dns], 5000],
    ['a program', [toGateway, exec], 8000],
    ['three ways', [toGateway, tcp, dns, exec], 8000],
  ] as const) {
    const world = begin(targets);
    t.equal(health(world), 'up', name);
    for (const each of ['tcp:9.9.9.9:443', 'dns:1.1.1.1/.', 'exec:/etc/uplinkd/portal'])
      world.answers(`a ${each}`, null);
    const took = untilDown(world);
    t.ok(took < most, `${name}: ${took} ms`);
    world.run(10_000);
    t.equal(health(world), 'down');
    for (const each of ['tcp:9.9.9.9:443', 'dns:1.1.1.1/.', 'exec:/etc/uplinkd/portal'])
      world.answers(`a ${each}`, 20);
    world.run(60_000);
    t.equal(health(world), 'up', 'somebody has logged in');
  }
});

t.test('a dead link is found by a burst of connections as well', async (t) => {
  const world = begin([tcp, dns]);
  world.answers('a', null);
  t.ok(untilDown(world) < 2000);
});

t.test('a program takes no part in bursts: neither its losses nor its silence', async (t) => {
  const world = begin([toAddress('9.9.9.9'), exec], { quorum: 2 });
  world.takeStarted();
  const oneLost = (): (() => number | null) => {
    let isFirst = true;
    return () => {
      const rtt = isFirst ? null : 20;
      isFirst = false;
      return rtt;
    };
  };
  world.answers('a exec:/etc/uplinkd/portal', oneLost());
  world.run(10_000);
  t.equal(health(world), 'up');
  t.same(world.takeStarted(), [], 'no burst');
  // A burst of the ping, while the program is between two runs.
  world.answers('a 9.9.9.9', oneLost());
  world.run(10_000);
  t.match(world.takeStarted(), [/^a\/inet\/9\.9\.9\.9 .*#1$/, 'a/inet/witness#1']);
  t.equal(health(world), 'up');
});

t.test('one of three is dead: one warning, no transition (S3)', async (t) => {
  const world = begin([toGateway, tcp, dns]);
  world.takeNotes();
  world.answers('a dns:1.1.1.1/.', null);
  world.run(3_600_000);
  t.same(
    world.takeNotes().map((line) => line.replace(/^\S+ /, '')),
    ['link a inet: target dns:1.1.1.1/. does not answer (timed out)'],
  );
});

t.test('slow by more than an interval: not lost', async (t) => {
  const world = begin([tcp], { timeout: millis(5000) });
  world.answers('a', 2500);
  world.run(60_000);
  t.equal(health(world), 'up');
  const window = world.engine().paths.get('a/inet')?.targets[0]?.window;
  t.equal(window?.lost, 0);
});
