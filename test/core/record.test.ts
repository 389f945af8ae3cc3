/** Availability and transitions: against a recount, over restarts, and never by guessing. */
import t from 'tap';
import {
  type Availability,
  newAvailability,
  readAvailability,
  recallAvailability,
  rememberAvailability,
  type Standing,
  stepAvailability,
} from '../../src/core/availability.ts';
import { availabilityNow } from '../../src/core/record.ts';
import { millis, mono } from '../../src/core/time.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { interfacesOf, linkSettings, settingsOf } from './example.ts';
import { createWorld, type World } from './world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

t.test('availability equals a recount', async (t) => {
  const span = fc.record({
    standing: fc.constantFrom<Standing>('usable', 'unusable', 'unknown'),
    length: fc.oneof(fc.integer({ min: 1, max: 3 * HOUR }), fc.integer({ min: 1, max: 9 * DAY })),
  });
  check(
    t,
    fc.property(fc.array(span, { maxLength: 30 }), (spans) => {
      let books = newAvailability(mono(0));
      let now = 0;
      const told: { from: number; to: number; standing: Standing }[] = [];
      for (const { standing, length } of spans) {
        told.push({ from: now, to: now + length, standing });
        now += length;
        books = stepAvailability(books, standing, mono(now));
      }
      const recount = (from: number, what: 'usable' | 'known'): number =>
        told.reduce((sum, each) => {
          const counts = what === 'usable' ? each.standing === 'usable' : each.standing !== 'unknown';
          return counts ? sum + Math.max(0, each.to - Math.max(each.from, from)) : sum;
        }, 0);
      const { sinceStart, day, week, month } = readAvailability(books);
      const begins = (whole: number, unit: number): number => (Math.floor(now / unit) - whole) * unit;
      for (const [share, from] of [
        [sinceStart, 0],
        [day, begins(24, HOUR)],
        [week, begins(7, DAY)],
        [month, begins(30, DAY)],
      ] as const) {
        must(
          share.usable === recount(from, 'usable'),
          `usable ${share.usable}, not ${recount(from, 'usable')}`,
        );
        must(share.known === recount(from, 'known'), `known ${share.known}, not ${recount(from, 'known')}`);
      }
      must(books.hours.length <= 25 && books.days.length <= 31, 'grows');
    }),
    200,
  );
});

t.test('over a restart: what nobody saw counts neither way', async (t) => {
  const run = (books: Availability, standing: Standing, to: number) =>
    stepAvailability(books, standing, mono(to));
  const before = run(run(newAvailability(mono(0)), 'usable', 2 * HOUR), 'unusable', 3 * HOUR);
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
const figures = (world: World) => {
  const { paths, records } = world.engine();
  const [path, record] = [paths.get('a/inet'), records.get('a/inet')];
  if (path === undefined || record === undefined) throw new Error('no record');
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
