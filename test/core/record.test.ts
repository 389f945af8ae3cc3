/** Availability and transitions: against a recount, over restarts, and never by guessing. */
import t from 'tap';
import {
  type Availability,
  countSpell,
  newAvailability,
  readAvailability,
  readSpells,
  recallAvailability,
  rememberAvailability,
  type Standing,
  stepAvailability,
} from '../../src/core/availability.ts';
import { afterReboot, type Memory, rememberPresent } from '../../src/core/memory.ts';
import { availabilityNow, rememberRecords } from '../../src/core/record.ts';
import { millis, mono } from '../../src/core/time.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { interfacesOf, linkSettings, settingsOf } from './example.ts';
import { createWorld, type World } from './world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const UP = { health: 'up', reason: 'answering' } as const;
const DOWN = { health: 'down', reason: 'probe-loss' } as const;
const standings: readonly Standing[] = [
  UP,
  DOWN,
  { health: 'degraded', reason: 'probe-loss' },
  { health: 'unknown', reason: 'hold' },
  { health: 'unknown', reason: 'starting' },
  { health: 'down', reason: 'admin' },
  null,
];

/** Stretches of time, one after the other, and in between clocks that go back and a restart now and then. */
const spans = fc.array(
  fc.record({
    standing: fc.constantFrom(...standings),
    length: fc.oneof(fc.integer({ min: 0, max: 3 * HOUR }), fc.integer({ min: 1, max: 40 * DAY })),
    back: fc.constantFrom(0, 0, 0, 5000, 2 * DAY),
    isNew: fc.boolean(),
  }),
  { maxLength: 30 },
);

t.test('availability equals a recount, and the spells sum to the time observed', async (t) => {
  check(
    t,
    fc.property(spans, (drawn) => {
      let books = newAvailability(mono(0));
      let now = 0;
      const told: { from: number; to: number; standing: Standing; isNew: boolean }[] = [];
      for (const { standing, length, back, isNew } of drawn) {
        const counts = isNew && standing !== null;
        if (counts) books = countSpell(books, standing);
        told.push({ from: now, to: now + length, standing, isNew: counts });
        now += length;
        books = stepAvailability(books, standing, mono(now));
        // A clock that went back has passed no time, and takes none back.
        books = stepAvailability(books, DOWN, mono(now - back));
      }
      const recount = (from: number, claim: (standing: NonNullable<Standing>) => boolean): number =>
        told.reduce(
          (sum, each) =>
            each.standing !== null && claim(each.standing)
              ? sum + Math.max(0, each.to - Math.max(each.from, from))
              : sum,
          0,
        );
      const begins = (whole: number, unit: number): number => (Math.floor(now / unit) - whole) * unit;
      const [shares, spells] = [readAvailability(books), readSpells(books)];
      for (const [over, from] of [
        ['sinceStart', 0],
        ['day', begins(24, HOUR)],
        ['week', begins(7, DAY)],
        ['month', begins(30, DAY)],
      ] as const) {
        const usable = recount(from, ({ health }) => health === 'up' || health === 'degraded');
        const known = recount(from, ({ reason }) => reason !== 'starting' && reason !== 'admin');
        must(shares[over].usable === usable, `${over}: usable ${shares[over].usable}, not ${usable}`);
        must(shares[over].known === known, `${over}: known ${shares[over].known}, not ${known}`);
        const all = spells[over].reduce((sum, { lasted }) => sum + lasted, 0);
        must(all === recount(from, () => true), `${over}: spells of ${all} in all`);
        for (const { health, reason, lasted } of spells[over]) {
          const its = recount(from, (each) => each.health === health && each.reason === reason);
          must(lasted === its, `${over}: ${health} (${reason}) ${lasted}, not ${its}`);
        }
      }
      const times = spells.sinceStart.reduce((sum, each) => sum + each.times, 0);
      must(times === told.filter(({ isNew }) => isNew).length, `${times} times`);
      const { hours, days } = books;
      must(hours.books.length <= 25 && days.books.length <= 31, 'grows');
      must(
        [...hours.books, ...days.books].every((book) => book.length <= standings.length),
        'grows',
      );
    }),
    300,
  );
});

t.test('the books say the same however often they are looked at', async (t) => {
  check(
    t,
    fc.property(spans, fc.integer({ min: 600_000, max: 7 * HOUR }), (drawn, every) => {
      let now = 0;
      let [seldom, often] = [newAvailability(mono(0)), newAvailability(mono(0))];
      for (const { standing, length } of drawn.slice(0, 4)) {
        const end = now + Math.min(length, 3 * DAY);
        for (; now < end; now = Math.min(end, now + every))
          often = stepAvailability(often, standing, mono(now));
        often = stepAvailability(often, standing, mono(end));
        seldom = stepAvailability(seldom, standing, mono(end));
      }
      must(JSON.stringify(readSpells(often)) === JSON.stringify(readSpells(seldom)), 'another sum');
    }),
    50,
  );
});

t.test('over a restart: what nobody saw counts neither way', async (t) => {
  const run = (books: Availability, standing: Standing, to: number) =>
    stepAvailability(books, standing, mono(to));
  const before = run(run(newAvailability(mono(0)), UP, 2 * HOUR), DOWN, 3 * HOUR);
  const kept = JSON.parse(JSON.stringify(rememberAvailability(before)));
  const after = recallAvailability(kept, millis(10 * HOUR), mono(500));
  const { sinceStart, day, week } = readAvailability(after);
  t.same(sinceStart, { usable: 0, known: 0 }, 'the start is this one');
  t.same(day, { usable: 2 * HOUR, known: 3 * HOUR });
  t.same(week, { usable: 2 * HOUR, known: 3 * HOUR });
  const late = readAvailability(recallAvailability(kept, millis(2 * DAY), mono(0)));
  t.same(late.day, { usable: 0, known: 0 }, 'two days later nothing is known of the last one');
  t.same(late.week, { usable: 2 * HOUR, known: 3 * HOUR });
  const year = readAvailability(recallAvailability(kept, millis(400 * DAY), mono(0)));
  t.same(year.month, { usable: 0, known: 0 });
});

const a = linkSettings('a', 0);
const b = linkSettings('b', 1);
const begin = (): World => {
  const world = createWorld();
  world.load(settingsOf([a, b]));
  world.interfaces(interfacesOf(2));
  world.run(60_000);
  return world;
};
const pathOf = (world: World) => {
  const path = world.engine().paths.get('a/inet');
  if (path === undefined) throw new Error('no path');
  return path;
};
const figures = (world: World) => {
  const [path, record] = [pathOf(world), world.engine().records.get('a/inet')];
  if (record === undefined) throw new Error('no record');
  return { record, ...readAvailability(availabilityNow(record, path, mono(world.now()))) };
};

t.test('in the engine', async (t) => {
  const world = begin();
  world.answers('a', null);
  world.run(60_000);
  world.answers('a', 20);
  world.run(60_000);
  const { record, sinceStart } = figures(world);
  t.same(
    record.transitions.map(({ from, to, reason }) => `${from} > ${to} (${reason})`),
    [
      'unknown > up (answering)',
      'up > down (probe-loss)',
      'down > unknown (hold)',
      'unknown > up (answering)',
    ],
  );
  t.ok((record.transitions[2]?.lasted ?? 0) > 55_000, 'how long it was down');
  const down = sinceStart.known - sinceStart.usable;
  t.ok(down > 65_000 && down < 75_000, `${down} ms of it, hold included`);
  t.ok(sinceStart.known > 179_000 && sinceStart.known <= 180_000, 'all but the start');
  const spells = readSpells(availabilityNow(record, pathOf(world), mono(world.now()))).day;
  t.same(
    spells.map(({ health, reason, times }) => `${health} (${reason}) ${times}`),
    ['unknown (starting) 1', 'up (answering) 2', 'down (probe-loss) 1', 'unknown (hold) 1'],
  );
  t.equal(
    spells.reduce((sum, { lasted }) => sum + lasted, 0),
    180_000,
    'every moment is in them',
  );
});

t.test('a restart: the record goes on, with what was not seen left out', async (t) => {
  const world = begin();
  world.answers('a', null);
  world.run(60_000);
  world.answers('a', 20);
  world.run(60_000);
  const before = figures(world);
  const { paths, rtables, admin, carp, records } = world.engine();
  const now = mono(world.now());
  const kept: Memory = {
    ...rememberPresent(paths.values(), rtables, admin, carp.added, now),
    records: rememberRecords(records, paths, now),
  };
  for (const [name, memory] of [
    ['within the boot', kept],
    ['over a reboot', afterReboot(kept)],
  ] as const) {
    const next = createWorld();
    next.tell({ kind: 'memory', memory: { ...memory, age: millis(600_000) } });
    next.load(settingsOf([a, b]));
    next.run(5000);
    next.interfaces(interfacesOf(2));
    next.run(60_000);
    const after = figures(next);
    const old = before.record.transitions.length;
    t.same(
      after.record.transitions.slice(0, old).map(({ at, ...rest }) => ({ ...rest, ago: next.now() - at })),
      before.record.transitions.map(({ at, ...rest }) => ({ ...rest, ago: now - at + 665_000 })),
      `${name}: as long ago as they are`,
    );
    t.same(
      after.record.transitions.slice(old).map(({ from, to }) => `${from} > ${to}`),
      name === 'over a reboot' ? ['unknown > up'] : [],
      `${name}: only what has happened`,
    );
    const [known, usable] = [after.day.known - before.day.known, after.day.usable - before.day.usable];
    t.ok(known > 55_000 && known <= 66_000, `${name}: ${known} ms more are known`);
    t.ok(known - usable < 1000, `${name}: and in all of that it was up`);
    t.ok(after.sinceStart.known <= 66_000, `${name}: the start is this one`);
  }
});

t.test('what we slept through is not known, nor what was taken out by hand', async (t) => {
  const world = begin();
  const { known } = figures(world).sinceStart;
  world.stall(600_000);
  const slept = figures(world).sinceStart;
  t.ok(slept.known - known < 3000, `${slept.known - known} ms more`);
  world.tell({ kind: 'admin', link: 'a', mode: 'disabled' });
  world.run(3_600_000);
  t.ok(figures(world).sinceStart.known - slept.known < 3000);
});

t.test('transitions are bounded, and a link that is gone has no record', async (t) => {
  const world = begin();
  for (let n = 0; n < 40; n += 1) {
    world.tell({ kind: 'interface-status', name: 'em0', up: true, carrier: n % 2 === 0 ? 'down' : 'up' });
    world.run(100);
  }
  t.equal(figures(world).record.transitions.length, 32);
  world.load(settingsOf([b]));
  t.notOk(world.engine().records.has('a/inet'));
});
