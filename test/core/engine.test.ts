/** Scenarios of the whole core in virtual time, against a pf, routing tables and pings that live in world.ts. */
import t from 'tap';
import { millis } from '../../src/core/time.ts';
import { em, interfacesOf, lan, linkSettings, policySettings, probeSettings, settingsOf } from './example.ts';
import { createWorld, type Holding, type World } from './world.ts';

const a = linkSettings('a', 0, { weight: 3 });
const b = linkSettings('b', 1);
const c = linkSettings('c', 2, { tier: 2 });
const two = settingsOf([a, b]);
const three = settingsOf([a, b, c]);

const begin = (settings: typeof two, holding?: Holding): World => {
  const world = createWorld(holding);
  world.load(settings);
  world.interfaces(interfacesOf(3));
  return world;
};

/** Everything up and quiet. */
const steady = (settings: typeof two, holding?: Holding): World => {
  const world = begin(settings, holding);
  world.run(60_000);
  world.takeNotes();
  world.takePfLog();
  world.takeStarted();
  return world;
};

const unplug = (world: World, number: number): void =>
  world.tell({ kind: 'interface-status', name: `em${number}`, up: true, carrier: 'down' });
const plug = (world: World, number: number): void =>
  world.tell({ kind: 'interface-status', name: `em${number}`, up: true, carrier: 'up' });

const texts = (world: World): readonly string[] => world.takeNotes().map((line) => line.replace(/^\S+ /, ''));
const loads = (world: World): number => world.takePfLog().filter((line) => /\bload\b/.test(line)).length;

t.test('a start with an empty pf', async (t) => {
  const world = begin(two);
  world.run(15);
  t.same(
    world.takePfLog(),
    ['inspect', 'check, load, uplinkd_local=13, uplinkd_default=2'],
    'any guess is better',
  );
  t.equal(world.held(), 'a/0.75 b/1');
  world.run(60_000);
  t.same(
    world.takePfLog().filter((line) => line !== 'inspect'),
    [],
  );
  t.same(world.takeNotes(), [
    '0.005 policy default inet: nothing -> a 75% b 25% (unproven)',
    '0.008 link a inet: default route of rtable 101 is 10.0.0.1',
    '0.008 link b inet: default route of rtable 102 is 10.1.0.1',
    '0.010 pf: anchor uplinkd loaded, 7 rules, 3 ms',
    '0.048 link a inet: unknown -> up (answering), unknown for 48ms',
    '0.048 link b inet: unknown -> up (answering), unknown for 48ms',
  ]);
});

t.test('a start with a dead cable says so', async (t) => {
  const world = createWorld();
  world.load(two);
  world.interfaces([em(0, { carrier: 'down' }), em(1), lan]);
  world.run(60_000);
  t.match(texts(world), ['link a inet: unknown -> down (carrier-down), unknown for 0ms'].concat([]));
  t.equal(world.held(), 'b/1');
});

t.test('a start with pf holding the right thing writes nothing', async (t) => {
  const before = steady(two);
  const world = begin(two, before.holding());
  world.run(60_000);
  t.same([...new Set(world.takePfLog())], ['inspect']);
  t.equal(world.heldText(), before.heldText());
});

t.test('a start with pf holding the result of a failover waits until every path is judged', async (t) => {
  const before = steady(two);
  unplug(before, 0);
  before.run(5000);
  t.equal(before.held(), 'b/1');

  t.test('and then is right at once', async (t) => {
    const world = createWorld(before.holding());
    world.load(two);
    world.interfaces([em(0, { carrier: 'down' }), em(1), lan]);
    world.run(5000);
    t.notOk(
      world.takePfLog().some((line) => /load/.test(line)),
      'nothing loaded',
    );
  });

  t.test('or moves when the other one answers', async (t) => {
    const world = begin(two, before.holding());
    world.answers('a', null);
    world.run(3000);
    t.notOk(
      world.takePfLog().some((line) => /load/.test(line)),
      'nothing loaded yet',
    );
    t.equal(world.held(), 'b/1');
    world.answers('a', 20);
    world.run(3000);
    t.equal(world.held(), 'a/0.75 b/1');
  });

  t.test('or after a while, when one never does', async (t) => {
    const world = begin(settingsOf([a, b, c]), before.holding());
    world.answers('c', null);
    world.run(3400);
    t.equal(world.held(), 'b/1', 'c is not judged yet');
    world.run(200);
    t.equal(world.held(), 'a/0.75 b/1');
  });
});

t.test('a cable is pulled: load, kill, and the stragglers', async (t) => {
  const world = steady(two);
  world.grow('a', 300);
  unplug(world, 0);
  t.same(
    world.takePfLog(),
    ['load, uplinkd_default=1, kill a'],
    'within the turn of the event, without check',
  );
  t.equal(world.held(), 'a/0.75 b/1', 'still under way');
  world.run(10);
  t.equal(world.held(), 'b/1');
  t.equal(world.statesOf('a'), 0);
  world.grow('a', 2);
  world.run(10_000);
  t.same(world.takePfLog(), ['kill a again']);
  t.equal(world.statesOf('a'), 0);
  t.same(texts(world), [
    'link a inet: up -> down (carrier-down), up for 59.9s',
    'policy default inet: a 75% b 25% -> b 100%',
    'pf: anchor uplinkd loaded, 6 rules, 3 ms',
    'pf: killed 300 states of a',
    'pf: killed 2 states of a (stragglers)',
  ]);
});

t.test('a link goes dark silently', async (t) => {
  const world = steady(two);
  world.grow('a', 5);
  world.grow('b', 7);
  world.answers('a', null);
  const cut = world.now();
  while (world.held() !== 'b/1' && world.now() < cut + 10_000) world.run(10);
  t.ok(world.now() - cut <= 3 * 1000 + 1000 + 10, `after ${world.now() - cut} ms`);
  t.equal(world.statesOf('a'), 0);
  t.equal(world.statesOf('b'), 7, 'the other link keeps its states');
});

t.test('both dead: nothing is killed, and the last resort is everything', async (t) => {
  const world = steady(two);
  world.answers('a', null);
  world.answers('b', null);
  // B has its answers a moment longer, so A fails first and its states may go
  world.grow('a', 5);
  world.grow('b', 7);
  world.run(20_000);
  t.equal(world.held(), 'a/0.75 b/1');
  t.notOk(world.takePfLog().some((line) => /kill/.test(line)));
  t.equal(world.statesOf('a'), 5);
  t.equal(world.statesOf('b'), 7);
  t.ok(texts(world).some((text) => text.endsWith('(last-resort)')));

  t.test('the first answer brings the way back (S32), and the other one loses its states', async (t) => {
    world.answers('b', 20);
    world.run(1100);
    t.equal(world.held(), 'b/1');
    t.equal(world.statesOf('a'), 0);
    t.equal(world.statesOf('b'), 7);
    world.run(12_800);
    t.equal(world.engine().paths.get('b/inet')?.health, 'unknown', 'on hold all the same');
    world.run(400);
    t.equal(world.engine().paths.get('b/inet')?.health, 'up');
    t.same(
      texts(world).filter((text) => text.startsWith('policy')),
      ['policy default inet: a 75% b 25% -> b 100% (recovering)'],
    );
  });
});

t.test('both dead, one a gateway so near that answers and losses race', async (t) => {
  for (const rtt of [0.1, 0.3, 1, 5, 900, 999]) {
    const world = steady(two);
    world.answers('a', null);
    world.answers('b', null);
    world.run(20_000);
    world.takePfLog();
    world.answers('b', rtt);
    world.run(12_000);
    t.equal(world.held(), 'b/1');
    t.equal(loads(world), 1, `${rtt} ms: one load and no flapping`);
  }
});

t.test('a loss on hold is no reason to leave the only link that works', async (t) => {
  const world = steady(two);
  unplug(world, 0);
  world.answers('b', null);
  world.run(20_000);
  plug(world, 0);
  world.run(8000);
  t.equal(world.engine().paths.get('a/inet')?.reason, 'hold');
  world.takePfLog();
  world.answers('a', null);
  world.run(1500);
  world.answers('a', 20);
  world.run(1500);
  t.equal(loads(world), 0);
  t.equal(world.held(), 'a/1');
});

t.test('empty = "drop"', async (t) => {
  const world = steady(settingsOf([a, b], [policySettings([a, b], { empty: 'drop' })]));
  world.answers('a', null);
  world.answers('b', null);
  world.run(20_000);
  t.equal(world.held(), '', 'nothing is let through');
  t.notOk(world.takePfLog().some((line) => /kill/.test(line)));
  world.answers('a', 20);
  world.run(2000);
  t.equal(world.held(), 'a/1');
});

t.test('a link comes back: rise and hold first, and then the old shares', async (t) => {
  const world = steady(two);
  unplug(world, 0);
  world.run(5000);
  plug(world, 0);
  const back = world.now();
  while (world.held() !== 'a/0.75 b/1' && world.now() < back + 60_000) world.run(10);
  t.ok(world.now() - back >= 14_000 && world.now() - back <= 14_200, `after ${world.now() - back} ms`);
  t.same(
    world.takePfLog().filter((line) => /kill b/.test(line)),
    [],
  );
});

t.test('the second tier', async (t) => {
  const world = steady(three);
  t.equal(world.held(), 'a/0.75 b/1');
  unplug(world, 0);
  unplug(world, 1);
  world.run(5000);
  t.equal(world.held(), 'c/1');
  t.match(world.takePfLog(), [/^load.* kill a$/, /^load.* kill b$/, 'kill a again', 'kill b again']);
});

t.test('a dead link that carries nothing costs nothing (S12)', async (t) => {
  const world = steady(three);
  const held = world.heldText();
  unplug(world, 2);
  world.run(5000);
  t.equal(world.heldText(), held);
  t.notOk(world.takePfLog().some((line) => /load|kill [ab]/.test(line)));
});

t.test('SIGHUP', async (t) => {
  t.test('with an unchanged file looks once and writes nothing (S20)', async (t) => {
    const world = steady(two);
    const before = world.engine().paths;
    world.load(two);
    t.same(world.engine().paths, before);
    world.run(1000);
    t.same(world.takePfLog(), ['inspect']);
    t.same(world.takeStarted(), []);
    t.same(world.takeNotes(), []);
  });

  t.test('nor does it kill anew what was killed long ago', async (t) => {
    const world = steady(two);
    unplug(world, 0);
    world.run(5000);
    world.takePfLog();
    world.load(two);
    world.run(5000);
    t.same(world.takePfLog(), ['inspect']);
  });

  t.test('with another weight loads once and restarts no probe (S21)', async (t) => {
    const world = steady(two);
    const running = world.running();
    world.load(settingsOf([{ ...a, weight: 1 }, b]));
    world.run(5000);
    t.same(world.takePfLog(), ['inspect', 'check, load']);
    t.equal(world.held(), 'a/0.5 b/1');
    t.same(world.takeStarted(), []);
    t.same(world.running(), running);
    t.same(texts(world), [
      'policy default inet: a 75% b 25% -> a 50% b 50%',
      'pf: anchor uplinkd loaded, 7 rules, 3 ms',
    ]);
  });

  t.test('checks every file that it takes, even one that comes while the last is being loaded', async (t) => {
    const world = steady(two);
    world.load(settingsOf([{ ...a, weight: 1 }, b]));
    world.run(6);
    t.same(world.takePfLog(), ['inspect', 'check, load']);
    world.load(settingsOf([{ ...a, weight: 9 }, b]));
    world.run(1000);
    t.same(world.takePfLog(), ['inspect', 'check, load']);
    t.equal(world.held(), 'a/0.9 b/1');
  });

  t.test('with another time-out keeps the children', async (t) => {
    const world = steady(two);
    const probe = probeSettings({ timeout: millis(700), fall: 2 });
    world.load(settingsOf([{ ...a, probe }, b]));
    world.run(1000);
    t.same(world.takeStarted(), []);
    world.answers('a', null);
    const cut = world.now();
    while (world.held() !== 'b/1' && world.now() < cut + 10_000) world.run(10);
    t.ok(world.now() - cut <= 2710);
  });

  t.test('removes a link and puts it back', async (t) => {
    const world = steady(two);
    world.load(settingsOf([b]));
    world.run(5000);
    t.equal(world.held(), 'b/1');
    t.same(
      world.running().map((key) => key.split('/')[0]),
      ['b'],
    );
    world.takePfLog();
    world.load(two);
    world.run(5000);
    t.equal(world.held(), 'a/0.75 b/1');
    t.same(
      world.takeStarted().map((key) => key.split('/')[0]),
      ['a'],
    );
    t.equal(world.engine().rtables.byLink.get('a'), 101);
  });

  t.test(
    'with another gateway begins that path anew, and its route is not taken for the new one',
    async (t) => {
      const world = steady(two);
      world.load(settingsOf([{ ...a, gateway: '10.0.0.9' }, b]));
      world.run(5000);
      t.ok(texts(world).includes('link a inet: default route of rtable 101 is 10.0.0.9'));
      t.equal(world.held(), 'a/0.75 b/1');
    },
  );

  t.test('while a route is being set: the old answer does not start the new probes', async (t) => {
    const world = createWorld();
    world.load(two);
    world.interfaces(interfacesOf(3));
    world.run(6);
    world.load(settingsOf([{ ...a, gateway: '10.0.0.9' }, b]));
    world.run(2);
    t.same(
      world.takeStarted().map((key) => key.split('/')[0]),
      ['b'],
      'the table of a has the old gateway',
    );
    world.run(4);
    t.same(
      world.takeStarted().map((key) => key.split('/')[0]),
      ['a'],
    );
  });
});

t.test('a refused load', async (t) => {
  const world = steady(two);
  world.breakPf('load', 'pfctl: no');
  unplug(world, 0);
  world.run(3000);
  t.equal(world.held(), 'a/0.75 b/1', 'what was there stays');
  const log = world.takePfLog();
  t.equal(log.filter((line) => /load/.test(line)).length, 5, log.join(' | '));
  t.ok(log.includes('inspect'), 'nothing is written blindly');
  t.same(
    texts(world).filter((text) => text.startsWith('pf')),
    ['pf: anchor uplinkd: load failed: pfctl: no; the rules stay as they are; again in 100ms'],
    'told once',
  );
  t.equal(world.engine().pf.counts.loads, 1, 'applied is never what was only tried');

  t.test('what is newly desired is tried at once', async (t) => {
    world.run(200);
    world.takePfLog();
    world.breakPf(null);
    plug(world, 0);
    world.answers('b', null);
    world.run(8000);
    t.equal(world.held(), 'a/1');
  });

  t.test('and its end is told', async (t) => {
    t.equal(texts(world).filter((text) => text.includes('works again after')).length, 1);
  });
});

t.test('a kill that fails is tried again, ever more slowly', async (t) => {
  const world = steady(two);
  world.breakPf('kill', 'pfctl: no');
  unplug(world, 0);
  world.run(60_000);
  const log = world.takePfLog();
  t.equal(world.held(), 'b/1');
  t.ok(log.length < 40, `${log.length} transactions in a minute`);
  t.equal(
    texts(world).filter((text) => text.startsWith('pf: anchor uplinkd: kill failed')).length,
    1,
    'told once',
  );
  world.breakPf(null);
  world.grow('a', 3);
  world.run(60_000);
  t.equal(world.statesOf('a'), 0);
  t.ok(texts(world).some((text) => text.includes('works again')));
});

t.test('a pf that hangs: newest wins, and what was superseded never runs', async (t) => {
  const world = steady(three);
  world.hangPf(true);
  unplug(world, 0);
  world.run(100);
  unplug(world, 1);
  world.run(100);
  plug(world, 0);
  world.run(1000);
  t.equal(world.takePfLog().length, 1, 'one under way');
  world.hangPf(false);
  world.run(2000);
  // a is back but not yet good, b is down: only c is up
  t.equal(world.held(), 'c/1');
  t.equal(world.takePfLog().filter((line) => /load/.test(line)).length, 1);
});

t.test('a pf that hangs: what was to be killed and is back by then keeps its states', async (t) => {
  const world = steady(three);
  world.grow('a', 3);
  world.grow('b', 2);
  world.hangPf(true);
  world.tell({ kind: 'admin', link: 'a', mode: 'disabled' }, { kind: 'admin', link: 'b', mode: 'disabled' });
  world.run(1000);
  world.tell({ kind: 'admin', link: 'a', mode: 'drained' });
  world.run(1000);
  t.equal(world.takePfLog().length, 1, 'one under way');
  world.hangPf(false);
  world.run(10_000);
  t.equal(world.held(), 'c/1');
  t.equal(world.statesOf('a'), 3);
  t.equal(world.statesOf('b'), 0);
});

t.test('somebody else writes', async (t) => {
  const world = steady(two);
  const held = world.heldText();
  world.flushPf();
  world.run(31_000);
  t.equal(world.heldText(), held);
  t.same(
    texts(world)[0],
    'pf: changed by somebody else, putting it back: rules; uplinkd_local; uplinkd_default',
  );

  t.test('but a start that waits accuses nobody', async (t) => {
    const quick = settingsOf([a, b], undefined, { reconcile: millis(1000) });
    const other = begin(quick, { rules: '[{"kind":"refuse","policy":"x"}]', tables: new Map() });
    other.answers('a', null);
    other.run(3400);
    t.notOk(other.takePfLog().some((line) => /load/.test(line)));
    other.run(5000);
    t.equal(other.held(), 'b/1');
    t.notOk(texts(other).some((text) => text.includes('somebody else')));
  });
});

t.test('a route that cannot be set', async (t) => {
  const world = createWorld();
  world.breakRoute('a', 'route: no');
  world.load(two);
  world.interfaces(interfacesOf(3));
  world.run(60_000);
  t.equal(world.engine().paths.get('a/inet')?.reason, 'no-route');
  t.equal(world.held(), 'b/1');
  const notes = texts(world);
  t.equal(notes.filter((text) => text.includes('cannot set')).length, 1);

  t.test('keeps no other link waiting', async (t) => {
    unplug(world, 1);
    world.run(100);
    plug(world, 1);
    world.run(50);
    t.ok(
      world.running().some((key) => key.startsWith('b/')),
      'b is probed again',
    );
  });

  t.test('and then its cable is pulled: nothing is left that wakes us', async (t) => {
    const other = createWorld();
    other.breakRoute('a', 'route: no');
    other.load(two);
    other.interfaces(interfacesOf(3));
    other.run(4);
    unplug(other, 0);
    other.takeNotes();
    const turns = other.turns();
    other.run(10_000);
    t.ok(other.turns() - turns < 60, `${other.turns() - turns} turns in 10 s`);
    t.notOk(texts(other).some((text) => text.startsWith('late')));
  });

  t.test('until it can', async (t) => {
    world.breakRoute('a', null);
    world.run(60_000);
    t.equal(world.engine().paths.get('a/inet')?.health, 'up');
  });
});

t.test(
  'three links, the third mute from the start: the stragglers of the first do not keep us busy',
  async (t) => {
    const world = begin(settingsOf([a, b, { ...c, tier: 1, probe: probeSettings({ fall: 60 }) }]));
    world.answers('c', null);
    world.run(1000);
    unplug(world, 0);
    const turns = world.turns();
    world.run(10_000);
    t.ok(world.turns() - turns < 80, `${world.turns() - turns} turns in 10 s`);
    t.notOk(texts(world).some((text) => text.startsWith('late')));
  },
);

t.test('we are stopped for 10 s: no transition, whatever the phase (S44)', async (t) => {
  for (let phase = 0; phase < 1000; phase += 50) {
    const world = steady(two);
    world.run(phase);
    world.stall(10_000);
    world.run(5000);
    t.same(
      texts(world).filter((text) => /->/.test(text)),
      [],
      `phase ${phase}`,
    );
    t.equal(loads(world), 0);
    world.answers('a', null);
    world.run(4100);
    t.equal(world.held(), 'b/1', 'and a dead link is noticed as fast as ever');
  }
});

t.test('a slow machine, where every turn is late by 0.7 s', async (t) => {
  const world = steady(two);
  for (let turn = 0; turn < 30; turn += 1) world.stall(700);
  t.same(
    texts(world).filter((text) => /->/.test(text)),
    [],
    'what answers stays up',
  );
  world.answers('a', null);
  for (let turn = 0; turn < 15; turn += 1) world.stall(700);
  t.equal(world.engine().paths.get('a/inet')?.health, 'down', 'what is dead is found dead all the same');
});

t.test('a link that died while we were stopped', async (t) => {
  const world = steady(two);
  world.answers('a', null);
  world.stall(60_000);
  t.equal(world.engine().paths.get('a/inet')?.health, 'up', 'our own silence proves nothing');
  world.run(4100);
  t.equal(world.held(), 'b/1');
});

t.test('a gap is no part of a hold', async (t) => {
  const world = steady(two);
  unplug(world, 0);
  world.run(1000);
  plug(world, 0);
  world.run(6000);
  t.equal(world.engine().paths.get('a/inet')?.reason, 'hold');
  world.stall(600_000);
  t.equal(world.engine().paths.get('a/inet')?.reason, 'hold');
  world.run(7000);
  t.equal(world.engine().paths.get('a/inet')?.reason, 'hold');
  world.run(2000);
  t.equal(world.engine().paths.get('a/inet')?.health, 'up');
});

t.test('a ping child is killed', async (t) => {
  const world = steady(two);
  world.killPing('a', 100);
  world.run(10_000);
  t.equal(loads(world), 0);
  t.equal(world.takeStarted().length, 1);
  t.match(texts(world), [
    'probe a/inet/9.9.9.9 1:10.0.0.2>10.0.0.1@101/1000: ended (killed), again in 100ms',
  ]);
});

t.test('one of three targets is dead for an hour: one warning, no transition (S3)', async (t) => {
  const targets = ['9.9.9.9', '1.1.1.1', '8.8.8.8'].map(
    (address) => ({ kind: 'address', family: 'inet', address }) as const,
  );
  const probe = probeSettings({ targets, quorum: 2 });
  const world = steady(settingsOf([{ ...a, probe }, b]));
  const key = world.running().find((each) => each.includes('8.8.8.8'));
  if (key === undefined) throw new Error('no such probe');
  for (let n = 0; n < 600; n += 1) {
    world.run(1000);
    world.tell(
      { kind: 'probe-error', probe: key, text: 'sendmsg: no' },
      { kind: 'probe-started', probe: key },
    );
    world.tell({ kind: 'probe-error', probe: key, text: 'sendmsg: no' });
    world.tell({ kind: 'probe-error', probe: key, text: 'sendmsg: no' });
  }
  t.same(texts(world), ['link a inet: target 8.8.8.8 does not answer (sendmsg: no)']);
  t.equal(loads(world), 0);
});

t.test('what is not ours is ignored', async (t) => {
  const world = steady(two);
  const before = world.engine();
  world.tell(
    { kind: 'probe-answer', probe: 'x', seq: 1, rtt: millis(1), duplicate: false },
    { kind: 'probe-started', probe: 'x' },
    { kind: 'probe-error', probe: 'x', text: 'x' },
    { kind: 'probe-ended', probe: 'x', how: 'x', restartIn: millis(1) },
    {
      kind: 'pf',
      id: 9999,
      result: { kind: 'failed', step: 'load', failure: { text: 'x', line: null, rule: null } },
    },
    { kind: 'routes', id: 9999, results: [{ kind: 'failed', id: 'a/inet', text: 'x' }] },
    { kind: 'interface-status', name: 'em77', up: false, carrier: 'down' },
    { kind: 'route-event', rtable: 77 },
  );
  t.same(world.takeNotes(), []);
  // Since when its lanes rest is no news.
  t.same({ ...world.engine(), resting: null }, { ...before, resting: null });
});

t.test('troubles of the watching are passed on', async (t) => {
  const world = steady(two);
  world.tell(
    { kind: 'trouble', source: 'monitor', text: 'route monitor: died' },
    { kind: 'trouble-over', source: 'monitor' },
  );
  t.same(texts(world), ['route monitor: died', 'monitor: works again']);
});

t.test('what is remembered of an earlier life', async (t) => {
  const memory = {
    age: millis(0),
    paths: [
      {
        path: 'a/inet',
        identity: '1:10.0.0.2>10.0.0.1',
        health: 'up',
        reason: 'answering',
        lasted: millis(5000),
        damping: { penalty: 0, isSuppressed: false, ago: millis(0) },
      },
      {
        path: 'b/inet',
        identity: '2:10.1.0.2>10.1.0.1',
        health: 'down',
        reason: 'probe-loss',
        lasted: millis(7000),
        damping: { penalty: 0, isSuppressed: false, ago: millis(0) },
      },
    ],
    rtables: [{ link: 'a', rtable: 105 }],
    rdomains: [],
    left: [],
    users: [],
    pooled: [],
    rdomainsSeen: [0, 101],
    carp: null,
    records: [],
    months: [],
    admin: [],
  } as const;
  const world = createWorld();
  world.tell({ kind: 'memory', memory });
  world.load(two);
  world.interfaces(interfacesOf(3));
  t.equal(world.engine().paths.get('a/inet')?.health, 'up');
  t.equal(world.engine().paths.get('b/inet')?.health, 'down');
  t.same(
    [...world.engine().rtables.byLink],
    [
      ['a', 105],
      ['b', 102],
    ],
  );
  t.notOk(
    texts(world).some((text) => text.startsWith('link')),
    'no alarm for what is no news',
  );

  t.test('serves once: a path that comes later is new', async (t) => {
    world.run(60_000);
    world.load(settingsOf([b]));
    world.run(1000);
    world.answers('a', null);
    world.load(two);
    t.equal(world.engine().paths.get('a/inet')?.reason, 'starting');
    world.run(10_000);
    t.equal(world.held(), 'b/1');
  });
});
