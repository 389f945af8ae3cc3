/** Time-outs that follow and losses that are confirmed, in virtual time: how soon a dead link is known, and what is not one. */
import t from 'tap';
import type { Counted } from '../../src/core/counting.ts';
import type { ProbeSettings } from '../../src/core/model.ts';
import { millis } from '../../src/core/time.ts';
import { interfacesOf, linkSettings, probeSettings, settingsOf, toAddress, toGateway } from './example.ts';
import { createWorld, type World } from './world.ts';

const SECOND = millis(1000);
const three = [toGateway, toAddress('9.9.9.9'), toAddress('1.1.1.1')];

const begin = (more: Partial<ProbeSettings> = {}): World => {
  const probe = probeSettings({ timeout: 'auto', confirm: true, ...more });
  const world = createWorld();
  world.load(settingsOf([linkSettings('a', 0, { probe }), linkSettings('b', 1, { probe })]));
  world.interfaces(interfacesOf(2));
  world.answers('a', 2);
  world.answers('b', 2);
  world.run(60_000);
  world.takeNotes();
  world.takeSent();
  return world;
};

const pathOf = (world: World) => {
  const path = world.engine().paths.get('a/inet');
  if (path === undefined) throw new Error('no path');
  return path;
};
const healthNotes = (world: World): readonly string[] =>
  world
    .takeNotes()
    .flatMap((line) =>
      line.includes('link a inet:') && !line.includes('target 9.9.9.9 answers')
        ? [line.replace(/^\S+ /, '')]
        : [],
    );

/** Until the path is down, in milliseconds. */
const untilDown = (world: World, most = 30_000): number => {
  const from = world.now();
  while (pathOf(world).health !== 'down' && world.now() - from < most) world.run(1);
  return world.now() - from;
};

/** How long pf takes in world.ts. */
const PF_TAKES = 5;

/** Random numbers that are the same each time. */
const dice = (): (() => number) => {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
};
const lossy = (share: number, rtt = 2): (() => number | null) => {
  const random = dice();
  return () => (random() < share ? null : rtt);
};

t.test('how soon a silent link is known to be dead', async (t) => {
  const rows: readonly (readonly [string, Partial<ProbeSettings>, number, number])[] = [
    ['10 a second, one target', { interval: millis(100) }, 260, 200],
    ['10 a second, three', { interval: millis(100), targets: three }, 260, 200],
    ['1 a second, one target', { interval: SECOND }, 1550, 1100],
    ['1 a second, three', { interval: SECOND, targets: three }, 1550, 1100],
    ['one in 10 s', { interval: millis(10_000) }, 10_600, 5600],
    ['1 a second, unconfirmed', { interval: SECOND, confirm: false }, 4000, 3200],
  ];
  for (const [name, more, most, median] of rows) {
    const interval = more.interval ?? SECOND;
    const times = Array.from({ length: 10 }, (_, phase) => {
      const world = begin(more);
      // pf is looked at before anything is routed: so much later the first request has left.
      world.run(PF_TAKES + (phase * interval) / 10);
      world.answers('a', null);
      return untilDown(world);
    }).sort((a, b) => a - b);
    t.ok((times[5] ?? Infinity) <= median, `${name}: half of them within ${median} ms: ${times.join(' ')}`);
    t.ok((times[9] ?? Infinity) <= most, `${name}: all within ${most} ms`);
  }
});

t.test('what a burst clears', async (t) => {
  t.test('one lost packet', async (t) => {
    const world = begin();
    let lose = true;
    world.answers('a', () => {
      const rtt = lose ? null : 2;
      lose = false;
      return rtt;
    });
    world.run(10_000);
    t.same(healthNotes(world), []);
    t.ok(world.takeSent() <= 2 * 10 + 4, 'four more than usual at most');
    t.equal(pathOf(world).confirming.burst, null);
  });
  t.test('one of three targets dies: one warning, no transition (S3)', async (t) => {
    const world = begin({ targets: three });
    world.answers('a 9.9.9.9', null);
    world.run(3_600_000);
    t.same(healthNotes(world), ['link a inet: target 9.9.9.9 does not answer']);
    t.ok(world.takeSent() < 2 * 3 * 3600 + 40, 'a dead target is no reason to ask more');
  });
  t.test('a live gateway in front of a dead network does not (S2)', async (t) => {
    const world = begin({ targets: three });
    world.answers('a 9.9.9.9', null);
    world.answers('a 1.1.1.1', null);
    t.ok(untilDown(world) < 1200);
  });
});

/** Every request to every target is lost once: for a moment this machine has read nothing. */
const loseOne = (world: World, ...paths: readonly string[]): void => {
  for (const path of paths)
    for (const target of ['10.0.0.1', '10.1.0.1', '9.9.9.9', '1.1.1.1']) {
      let isFirst = true;
      world.answers(`${path} ${target}`, () => {
        const rtt = isFirst ? null : 2;
        isFirst = false;
        return rtt;
      });
    }
};

t.test('a machine too busy to run its children takes no link down', async (t) => {
  for (const takes of [200, 400, 700, 1500, 2500])
    for (const targets of [[toAddress('9.9.9.9')], three]) {
      const world = begin({ targets });
      world.slowBursts(takes);
      loseOne(world, 'a', 'b');
      world.run(10_000);
      const downs = world.takeNotes().filter((line) => line.includes('-> down'));
      t.same(downs, [], `${targets.length} targets, ${takes} ms until a child sends`);
    }
});

t.test('a machine that does not hear itself for seconds', async (t) => {
  t.test('takes no link down', async (t) => {
    const world = begin({ targets: three });
    world.slowBursts(60_000);
    const until = world.now() + 5000;
    for (const path of ['a', 'b']) world.answers(path, () => (world.now() < until ? null : 2));
    world.run(20_000);
    const downs = world.takeNotes().filter((line) => line.includes('-> down'));
    t.same(downs, []);
  });
  t.test('and finds a dead one dead all the same', async (t) => {
    const world = begin({ targets: three });
    world.slowBursts(60_000);
    world.answers('a', null);
    const took = untilDown(world);
    t.ok(took > 3000 && took < 12_000, `${took} ms`);
  });
});

t.test('links that die at the same instant are found dead', async (t) => {
  const times = (takes: number, isBarred = false): readonly number[] =>
    Array.from({ length: 10 }, (_, phase) => {
      const world = begin({ targets: three });
      world.slowBursts(takes);
      world.barWitness(isBarred);
      world.run(phase * 100);
      world.answers('a', null);
      world.answers('b', null);
      const took = untilDown(world);
      world.run(200);
      t.equal(world.engine().paths.get('b/inet')?.health, 'down', 'both of them');
      return took;
    });
  const usual = times(20);
  t.ok(Math.max(...usual) <= 1550, `as soon as one: ${usual.join(' ')}`);
  t.same(times(20, true), usual, 'no later where this machine may not ping itself');
  const busy = times(600);
  for (const [n, took] of busy.entries())
    t.ok(took <= (usual[n] ?? 0) + 600, `later by no more than its children were: ${took}`);
});

t.test('what we were kept from hearing is waited for as much longer, and no more', async (t) => {
  const slow = probeSettings({ timeout: 'auto', confirm: true });
  const often = probeSettings({ timeout: 'auto', confirm: true, interval: millis(100) });
  const fall = (isDead: boolean): World => {
    const world = createWorld();
    world.load(settingsOf([linkSettings('a', 0, { probe: slow }), linkSettings('b', 1, { probe: often })]));
    world.interfaces(interfacesOf(2));
    world.answers('a', 250);
    world.answers('b', 2);
    world.run(60_000);
    world.takeNotes();
    let lost = 0;
    world.answers('a', () => {
      lost += 1;
      return lost === 1 || isDead ? null : 250;
    });
    while (pathOf(world).confirming.burst === null) world.run(1);
    world.run(200);
    world.suspend(1000);
    return world;
  };
  const alive = fall(false);
  alive.run(5000);
  t.same(healthNotes(alive), []);
  const dead = fall(true);
  const took = untilDown(dead);
  t.ok(took <= 800 + 1000, `${took} ms`);
});

t.test('bursts are rationed: random loss does not multiply the traffic', async (t) => {
  for (const share of [0.01, 0.05, 0.2]) {
    const world = begin({
      targets: three,
      loss: { degraded: 100, recover: null, down: 100, window: millis(30_000) },
    });
    world.answers('a', lossy(share));
    const seconds = 3000;
    world.run(seconds * 1000);
    const sent = world.takeSent() - 2 * 3 * seconds;
    t.ok(sent > 0, `${share}: bursts were sent`);
    t.ok(sent <= 3 * 4 * (seconds / 20 + 3), `${share}: ${sent} more, a fifth of the usual at most`);
    const downs = healthNotes(world).filter((line) => line.includes('-> down'));
    t.same(downs, [], `${share}: and nothing is down`);
    // what is kept for a path that no target defends finds it dead all the same
    world.answers('a', null);
    t.ok(untilDown(world) < 2500, `${share}: death is known soon`);
  }
});

t.test('a single target that loses a fifth at random: losses in a row alone are no death', async (t) => {
  const world = begin({ loss: { degraded: 100, recover: null, down: 100, window: millis(30_000) } });
  world.answers('a', lossy(0.2));
  world.run(3_600_000);
  const sent = world.takeSent() - 2 * 3600;
  t.same(
    healthNotes(world).filter((line) => line.includes('-> down')),
    [],
    'about 28 rows of three are in an hour',
  );
  t.ok(sent < 0.2 * 3600, `${sent} requests more in an hour`);
  world.answers('a', null);
  t.ok(untilDown(world) < 2700, 'and dead when it is');
});

t.test('ping refuses: said once, and `fall` decides', async (t) => {
  const world = begin();
  world.refuseBursts(true);
  world.answers('a', null);
  const took = untilDown(world);
  t.ok(took > 2000 && took < 4000, `${took} ms`);
  world.answers('b', null);
  world.run(20_000);
  t.same(world.takeNotes().filter((line) => line.includes('confirm')).length, 1);
});

t.test('no confirm: `fall` as it was', async (t) => {
  const world = begin({ confirm: false });
  world.answers('a', null);
  world.run(1900);
  t.equal(pathOf(world).health, 'up');
  t.equal(world.takeSent(), 2 * 2 - 1 + 1 - 0, 'nothing is sent beside');
});

/** What `pfctl -sl` prints of the rules of two links: choose a, choose b, refuse, leave a, leave b. */
const counted = (a: number): readonly Counted[] => [
  { label: 'uplink:a', packetsIn: 1000 },
  { label: 'uplink:b', packetsIn: 1000 },
  { label: 'uplink::default', packetsIn: 0 },
  { label: 'uplink:a', packetsIn: a },
  { label: 'uplink:b', packetsIn: 7 },
];

t.test('the round-trip time steps from 2 ms to 1.1 s (S17)', async (t) => {
  t.test('while packets come in by the link: never down, no states killed', async (t) => {
    for (const interval of [100, 1000]) {
      const world = begin({ interval: millis(interval), latency: { degraded: millis(250), recover: null } });
      let packets = 5;
      world.counts(() => {
        packets += 1;
        return counted(packets);
      });
      world.grow('a', 100);
      world.takePfLog();
      world.answers('a', 1100);
      world.run(60_000);
      t.equal(world.statesOf('a'), 100, `${interval}: all states are there`);
      const lines = healthNotes(world);
      t.notOk(
        lines.some((line) => line.includes('down')),
        `${interval}: ${lines.join('; ')}`,
      );
      t.equal(pathOf(world).reason, 'probe-latency', `${interval}: degraded`);
      t.equal(pathOf(world).targets[0]?.window.lossesInRow, 0);
      // and a death that follows is found, if later, as long as something comes in; at once when nothing does
      world.counts(() => counted(packets));
      world.answers('a', null);
      t.ok(untilDown(world) < 6000, `${interval}: dead after all`);
    }
  });
  t.test('packets come in, and no answer within the ceiling: `fall` of them are death', async (t) => {
    const world = begin();
    let packets = 5;
    world.counts(() => {
      packets += 1;
      return counted(packets);
    });
    world.answers('a', null);
    const took = untilDown(world);
    t.ok(took > 5000 && took <= 6100, `(fall - 1) * interval + 3 s: ${took} ms`);
  });
  t.test('without any traffic: back at once, by the first late answer', async (t) => {
    for (const interval of [100, 1000]) {
      const world = begin({ interval: millis(interval), hold: millis(60_000) });
      world.counts(() => counted(5));
      world.answers('a', 1100);
      t.ok(untilDown(world) < 2000, `${interval}: taken for dead`);
      world.run(1100);
      t.equal(pathOf(world).health, 'up', `${interval}: and not, without rise and hold`);
      world.run(60_000);
      t.equal(healthNotes(world).length, 2, `${interval}: once`);
    }
  });
  t.test('what pf says counts only if it is of these rules, and more than before', async (t) => {
    const rows: readonly (readonly [string, (n: number) => readonly Counted[]])[] = [
      ['the same', () => counted(5)],
      ['fewer: counted anew since a load', (n) => counted(9 - n)],
      ['other rules', (n) => counted(n).slice(1)],
      ['nothing', () => []],
      [
        'only what was sent to it grows',
        (n) => counted(5).map((line, at) => (at === 0 ? { ...line, packetsIn: n } : line)),
      ],
    ];
    for (const [name, say] of rows) {
      const world = begin();
      let asked = 0;
      world.counts(() => {
        asked += 1;
        return say(asked);
      });
      world.answers('a', null);
      t.ok(untilDown(world) < 1800, name);
      t.ok(asked > 0 && asked <= 2, `${name}: asked ${asked} times`);
    }
  });
});

t.test('a fixed time-out is what it says: late answers stay lost', async (t) => {
  const world = begin({ timeout: millis(300), confirm: false });
  world.answers('a', 700);
  untilDown(world);
  world.run(30_000);
  t.equal(pathOf(world).health, 'down');
});

t.test('no steady operation asks pf', async (t) => {
  const world = begin();
  let asked = 0;
  world.counts(() => {
    asked += 1;
    return counted(asked);
  });
  world.run(600_000);
  t.equal(asked, 0);
});

t.test('we sleep through a burst: no verdict on that', async (t) => {
  for (const ms of [100, 400, 1500, 5000]) {
    const world = begin();
    let lose = true;
    world.answers('a', () => {
      const rtt = lose ? null : 2;
      lose = false;
      return rtt;
    });
    while (pathOf(world).confirming.burst === null) world.run(1);
    world.stall(ms);
    world.run(20_000);
    t.same(healthNotes(world), [], `${ms} ms`);
  }
});

t.test('pf refuses a burst: no verdict by that, and one by `fall` if it goes on', async (t) => {
  const world = begin();
  world.answers('a', null);
  const lostAt = world.now();
  let refused = 0;
  while (pathOf(world).health === 'up') {
    world.run(10);
    if (pathOf(world).confirming.burst === null) continue;
    refused += 1;
    for (const key of world.running().filter((each) => each.startsWith('a/') && each.includes('#')))
      world.tell({ kind: 'probe-error', probe: key, text: 'Permission denied' });
    t.equal(pathOf(world).confirming.burst, null);
  }
  t.ok(refused > 0);
  t.equal(pathOf(world).reason, 'probe-loss');
  t.ok(world.now() - lostAt > 2000, 'after as many losses as `fall` says');
});

t.test('the cable is pulled while a burst runs', async (t) => {
  const world = begin();
  world.answers('a', null);
  while (pathOf(world).confirming.burst === null) world.run(1);
  world.tell({ kind: 'interface-status', name: 'em0', up: true, carrier: 'down' });
  world.run(2000);
  t.equal(pathOf(world).reason, 'carrier-down');
  t.same(
    world.running().filter((key) => key.startsWith('a/')),
    [],
  );
});

t.test('new settings while a burst runs', async (t) => {
  const world = begin();
  world.answers('a', null);
  while (pathOf(world).confirming.burst === null) world.run(1);
  const probe = probeSettings({ timeout: 'auto', confirm: false });
  world.load(settingsOf([linkSettings('a', 0, { probe }), linkSettings('b', 1, { probe })]));
  t.same(
    world.running().filter((key) => key.includes('#')),
    [],
    'its children end',
  );
  t.ok(untilDown(world) > 1000, 'and `fall` decides');
});

t.test('a path that has stalled is waited for the next time', async (t) => {
  for (const interval of [100, 1000]) {
    const world = begin({ interval: millis(interval), targets: three });
    /** From the next request on everything is held back for so long, and then delivered at once. */
    const stall = (ms: number): readonly string[] => {
      let end: number | null = null;
      world.answers('a', () => {
        end ??= world.now() + ms;
        return 2 + Math.max(0, end - world.now());
      });
      world.run(30_000);
      return healthNotes(world).filter((line) => line.includes('-> down'));
    };
    t.equal(stall(900).length, 1, `${interval}: taken for dead`);
    t.equal(pathOf(world).health, 'up');
    t.same([stall(900), stall(1000), stall(700)], [[], [], []], `${interval}: and not again`);
    t.equal(stall(2500).length, 1, `${interval}: one that is longer than any wait`);
    world.answers('a', null);
    t.ok(untilDown(world) < interval + 2000, `${interval}: what is dead is found dead, a moment later`);
  }
});

t.test(
  'what could not leave, because somebody had taken the default route of its table, is no loss',
  async (t) => {
    const silentFor = (ms: number, loses: (world: World) => void): readonly string[] => {
      const world = begin();
      world.answers('a', null);
      while (pathOf(world).confirming.burst === null) world.run(1);
      loses(world);
      world.run(ms);
      world.answers('a', 2);
      world.run(20_000);
      return healthNotes(world).filter((note) => note.includes(' -> '));
    };
    t.not(silentFor(300, () => {}).length, 0, 'so much silence takes it down');
    t.same(
      silentFor(300, (world) => world.loseRoute(101)),
      [],
    );
    t.not(
      silentFor(5000, (world) => world.loseRoute(101)).length,
      0,
      'if it is silent with its route as well, it is dead',
    );
    const again = (world: World): void => {
      for (let second = 0; second < 4; second += 1) {
        world.loseRoute(101);
        world.run(1000);
      }
    };
    t.not(silentFor(1000, again).length, 0, 'whoever takes it over and over does not hide that');
  },
);
