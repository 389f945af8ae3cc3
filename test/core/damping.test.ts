/** Flap damping (PEERS.md S19), hold and its waiving (S13, S32), in virtual time. */
import t from 'tap';
import {
  FLAP,
  HALF_LIFE,
  isDamped,
  LONGEST,
  newDamping,
  penaltyAt,
  REUSE,
  reuseAt,
  stepFlap,
  stepPardon,
} from '../../src/core/damping.ts';
import { holdEnds } from '../../src/core/health.ts';
import { rememberPresent } from '../../src/core/memory.ts';
import type { ProbeSettings } from '../../src/core/model.ts';
import { type Mono, millis, mono } from '../../src/core/time.ts';
import { interfacesOf, linkSettings, probeSettings, settingsOf } from './example.ts';
import { createWorld, type World } from './world.ts';

t.test('the penalty', async (t) => {
  const once = stepFlap(newDamping(mono(0)), mono(0));
  t.equal(penaltyAt(once, mono(0)), FLAP);
  t.equal(penaltyAt(once, mono(HALF_LIFE)), FLAP / 2, 'half of it is gone');
  t.equal(penaltyAt(once, mono(-5)), FLAP, 'time that goes back adds nothing');
  t.equal(isDamped(once, mono(0)), false);
  t.equal(reuseAt(once, mono(0)), null);

  let thrice = once;
  thrice = stepFlap(stepFlap(thrice, mono(10_000)), mono(20_000));
  t.equal(isDamped(thrice, mono(20_000)), true, 'the third fall is one too many');
  const at = reuseAt(thrice, mono(20_000)) ?? mono(0);
  t.ok(penaltyAt(thrice, at) <= REUSE && penaltyAt(thrice, mono(at - 1000)) > REUSE, `until ${at}`);
  t.equal(isDamped(thrice, at), false);
  t.equal(
    isDamped(stepPardon(thrice, mono(20_000)), mono(20_000)),
    true,
    'suppressed, and still above reuse',
  );
  t.equal(isDamped(stepPardon(once, mono(0)), mono(0)), false);
  t.equal(stepPardon(once, mono(0)).penalty, 0);

  const rare = Array.from({ length: 20 }).reduce<ReturnType<typeof newDamping>>(
    (so, _, n) => stepFlap(so, mono(n * 600_000)),
    newDamping(mono(0)),
  );
  t.equal(isDamped(rare, mono(19 * 600_000)), false, 'every ten minutes is no flapping');
  const storm = Array.from({ length: 500 }).reduce<ReturnType<typeof newDamping>>(
    (so, _, n) => stepFlap(so, mono(n * 1000)),
    newDamping(mono(0)),
  );
  const end = mono(499_000);
  t.ok((reuseAt(storm, end) ?? 0) - end <= LONGEST, 'never for longer than that');
});

const begin = (more: Partial<ProbeSettings> = {}, links = 2): World => {
  const probe = probeSettings({ damping: true, ...more });
  const world = createWorld();
  const all = ['a', 'b'].slice(0, links).map((name, n) => linkSettings(name, n, { probe }));
  world.load(settingsOf(all));
  world.interfaces(interfacesOf(links));
  world.run(60_000);
  world.takeNotes();
  return world;
};
const pathOf = (world: World) => {
  const path = world.engine().paths.get('a/inet');
  if (path === undefined) throw new Error('no path');
  return path;
};
const texts = (world: World): readonly string[] =>
  world.takeNotes().flatMap((line) => (line.includes('link a inet: ') ? [line] : []));
const count = (lines: readonly string[], text: string): number =>
  lines.filter((line) => line.includes(text)).length;

/** Dark for 5 s and alive for 25, ten times: ten flaps in five minutes. */
const flap = (world: World, times: number): void => {
  for (let n = 0; n < times; n += 1) {
    world.answers('a', null);
    world.run(5000);
    world.answers('a', 20);
    world.run(25_000);
  }
};

t.test('ten flaps in five minutes (S19)', async (t) => {
  const world = begin();
  flap(world, 10);
  const lines = texts(world);
  t.ok(count(lines, '-> up') <= 2, `up again ${count(lines, '-> up')} times`);
  t.equal(count(lines, 'up -> down'), 3, 'the third fall is the last');
  t.equal(pathOf(world).reason, 'damped');
  t.match(
    lines.filter((line) => line.includes('damped')).join('\n'),
    /^\S+ link a inet: damped for 2m\d\ds, it fell too often(\n|$)/,
    'and it is told',
  );
  world.run(30_000);
  t.same(texts(world), [], 'once');
  const until = holdEnds(pathOf(world)) ?? mono(0);
  t.ok(until > world.now(), 'and it is told until when');
  world.run(until - world.now() - 1);
  t.equal(pathOf(world).health, 'unknown');
  world.run(2);
  t.equal(pathOf(world).health, 'up', 'then it is up');
  world.run(3_600_000);
  t.ok(penaltyAt(pathOf(world).damping, mono(world.now())) < 1, 'and all is forgotten');
});

t.test('without damping it goes up and down each time', async (t) => {
  const world = begin({ damping: false });
  flap(world, 10);
  t.equal(count(texts(world), 'up -> down'), 10);
});

t.test('lost again while damped', async (t) => {
  const world = begin();
  flap(world, 4);
  t.equal(pathOf(world).reason, 'damped');
  const { penalty } = pathOf(world).damping;
  world.answers('a', null);
  world.run(5000);
  t.equal(pathOf(world).reason, 'probe-loss');
  t.ok(pathOf(world).damping.penalty > penalty, 'it goes on flapping, and pays for it');
  world.answers('a', 20);
  world.run(8000);
  const more = pathOf(world).damping.penalty;
  t.equal(pathOf(world).reason, 'hold');
  world.answers('a', null);
  world.run(5000);
  t.equal(pathOf(world).damping.penalty, more, 'what has not even held has not fallen');
});

t.test('carrier that comes and goes is a flap, a hand is not', async (t) => {
  const world = begin();
  for (let n = 0; n < 4; n += 1) {
    world.tell({ kind: 'interface-status', name: 'em0', up: true, carrier: 'down' });
    world.run(2000);
    world.tell({ kind: 'interface-status', name: 'em0', up: true, carrier: 'up' });
    world.run(20_000);
  }
  t.equal(pathOf(world).reason, 'damped');
  const hand = begin();
  for (let n = 0; n < 4; n += 1) {
    hand.tell({ kind: 'admin', link: 'a', mode: 'disabled' });
    hand.run(2000);
    hand.tell({ kind: 'admin', link: 'a', mode: 'enabled' });
    hand.run(20_000);
  }
  t.equal(pathOf(hand).damping.penalty, 0);
});

t.test('hold: not before `rise` and all of it, and the time that is left is told (S13)', async (t) => {
  const world = begin();
  world.answers('a', null);
  world.run(10_000);
  world.answers('a', 20);
  let reason = pathOf(world).reason;
  const seen: string[] = [];
  const from = world.now();
  let heldAt = 0;
  while (pathOf(world).health !== 'up') {
    world.run(10);
    const path = pathOf(world);
    if (path.reason !== reason) seen.push(path.reason);
    if (path.reason === 'hold' && reason !== 'hold') heldAt = world.now();
    if (path.reason === 'hold') t.ok((holdEnds(path) ?? 0) > world.now() - 10);
    reason = path.reason;
  }
  t.same(seen, ['hold', 'answering']);
  t.ok(heldAt - from >= 4000 && heldAt - from <= 5100, `${heldAt - from} ms: rise answers`);
  t.ok(world.now() - heldAt >= 9990, `${world.now() - heldAt} ms: and hold`);
});

t.test(
  'everything is down, then one comes back: used from its first answer on, held or damped (S32)',
  async (t) => {
    for (const flaps of [0, 5]) {
      const world = begin();
      flap(world, flaps);
      world.answers('a', null);
      world.answers('b', null);
      world.run(30_000);
      t.equal(pathOf(world).health, 'down');
      world.answers('a', 20);
      world.run(1100);
      t.not(pathOf(world).health, 'up');
      t.match(world.engine().decisions[0], { rung: 'recovering', shares: [{ link: 'a' }] }, `${flaps} flaps`);
      world.run(20_000);
      t.match(world.engine().decisions[0], { shares: [{ link: 'a' }] }, 'and all the time until it is up');
    }
  },
);

t.test('survives a restart', async (t) => {
  const world = begin();
  flap(world, 4);
  t.equal(pathOf(world).reason, 'damped');
  const left = (holdEnds(pathOf(world)) ?? 0) - world.now();
  const { paths, rtables, admin, carp } = world.engine();
  const memory = rememberPresent(paths.values(), rtables, admin, carp.added, mono(world.now()));
  for (const age of [0, 20_000, 3_600_000]) {
    const next = createWorld(world.holding());
    next.tell({ kind: 'memory', memory: { ...JSON.parse(JSON.stringify(memory)), age: millis(age) } });
    const probe = probeSettings({ damping: true });
    next.load(settingsOf(['a', 'b'].map((name, n) => linkSettings(name, n, { probe }))));
    next.interfaces(interfacesOf(2));
    const until: Mono = reuseAt(pathOf(next).damping, mono(0)) ?? mono(0);
    t.ok(Math.abs(Math.max(0, until) - Math.max(0, left - age)) < 20, `${age} ms later: ${until} of ${left}`);
  }
});
