import t from 'tap';
import type { PathKey } from '../../src/core/model.ts';
import {
  doubtRoutes,
  newRouteLane,
  planRoutes,
  type RouteLane,
  routeDeadline,
  stepRouteResults,
} from '../../src/core/routing.ts';
import { millis, mono } from '../../src/core/time.ts';
import type { RouteResult, RouteTransaction, RouteWish } from '../../src/core/transaction.ts';

const wish = (link: string, rtable: number, gateway = `10.${rtable - 101}.0.1`): RouteWish => ({
  kind: 'path',
  id: `${link}/inet`,
  family: 'inet',
  rtable,
  gateway,
});
const a = wish('a', 101);
const b = wish('b', 102);
const done = (path: PathKey, changed = true): RouteResult => ({
  kind: 'ensured',
  id: path,
  changed,
  warning: null,
});
const fails = (path: PathKey, text = 'route: no'): RouteResult => ({ kind: 'failed', id: path, text });
const RECHECK = millis(30_000);

const flying = (planned: { readonly lane: RouteLane; readonly transaction: RouteTransaction | null }) => {
  if (planned.transaction === null) throw new Error('nothing planned');
  return { lane: planned.lane, transaction: planned.transaction };
};

t.test('asks for what is open, once', async (t) => {
  const { lane, transaction } = flying(planRoutes(newRouteLane, [a, b], mono(0)));
  t.same(transaction.wishes, [a, b]);
  t.equal(planRoutes(lane, [a, b], mono(1)).transaction, null, 'one under way');
  const landed = stepRouteResults(
    lane,
    transaction.id,
    [done('a/inet'), done('b/inet', false)],
    RECHECK,
    mono(5),
  );
  t.same(
    landed.notes.map((note) => note.kind),
    ['route-set'],
    'what was there already is not worth a word',
  );
  t.equal(planRoutes(landed.lane, [a, b], mono(6)).transaction, null);
  t.equal(routeDeadline(landed.lane), 30_005);
  t.same(
    flying(planRoutes(landed.lane, [a, b], mono(30_005))).transaction.wishes,
    [a, b],
    'looked at again after a while',
  );
});

t.test('results of another transaction are ignored', async (t) => {
  const { lane, transaction } = flying(planRoutes(newRouteLane, [a], mono(0)));
  t.same(stepRouteResults(lane, transaction.id + 1, [done('a/inet')], RECHECK, mono(5)), { lane, notes: [] });
});

t.test('another gateway or table is another wish', async (t) => {
  const { lane, transaction } = flying(planRoutes(newRouteLane, [a], mono(0)));
  const landed = stepRouteResults(lane, transaction.id, [done('a/inet')], RECHECK, mono(5)).lane;
  t.same(planRoutes(landed, [wish('a', 101, '10.0.0.9')], mono(6)).transaction?.wishes, [
    wish('a', 101, '10.0.0.9'),
  ]);
  t.same(planRoutes(landed, [wish('a', 104)], mono(6)).transaction?.wishes, [wish('a', 104)]);
});

t.test('only what is in doubt is looked at again', async (t) => {
  const { lane, transaction } = flying(planRoutes(newRouteLane, [a, b], mono(0)));
  const landed = stepRouteResults(
    lane,
    transaction.id,
    [done('a/inet'), done('b/inet')],
    RECHECK,
    mono(5),
  ).lane;
  const doubted = doubtRoutes(landed, ['b/inet']);
  t.same(planRoutes(doubted, [a, b], mono(6)).transaction?.wishes, [b]);
});

t.test('a doubt that comes while the look is under way is not lost', async (t) => {
  const { lane, transaction } = flying(planRoutes(newRouteLane, [a, b], mono(0)));
  const doubted = doubtRoutes(lane, ['a/inet']);
  const landed = stepRouteResults(
    doubted,
    transaction.id,
    [done('a/inet'), done('b/inet')],
    RECHECK,
    mono(5),
  ).lane;
  const { lane: again, transaction: second } = flying(planRoutes(landed, [a, b], mono(6)));
  t.same(second.wishes, [a]);
  const rested = stepRouteResults(again, second.id, [done('a/inet', false)], RECHECK, mono(8)).lane;
  t.equal(planRoutes(rested, [a, b], mono(9)).transaction, null);
});

t.test('failure', async (t) => {
  const { lane, transaction } = flying(planRoutes(newRouteLane, [a, b], mono(0)));
  const failed = stepRouteResults(lane, transaction.id, [fails('a/inet'), done('b/inet')], RECHECK, mono(5));
  t.same(
    failed.notes.map((note) => note.kind),
    ['route-set'],
    'once may be chance',
  );

  t.test('is tried again with backoff, and told once, when it fails again', async (t) => {
    const told: string[] = [];
    let next = failed.lane;
    let now = 5;
    for (const wait of [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]) {
      t.equal(
        planRoutes(next, [a, b], mono(now + wait - 1)).transaction?.wishes.includes(a) ?? false,
        false,
        `not in ${wait - 1} ms`,
      );
      now += wait;
      const flight = flying(planRoutes(next, [a, b], mono(now)));
      t.ok(flight.transaction.wishes.includes(a), `again after ${wait} ms`);
      const results = flight.transaction.wishes.map(({ id }) =>
        id === 'a/inet' ? fails(id) : done('b/inet', false),
      );
      const landed = stepRouteResults(flight.lane, flight.transaction.id, results, RECHECK, mono(now));
      told.push(...landed.notes.map(({ kind }) => `${kind} at ${now}`));
      next = landed.lane;
    }
    t.same(told, ['route-failed at 105']);
  });

  t.test('of one path does not keep another waiting', async (t) => {
    const doubted = doubtRoutes(failed.lane, ['b/inet']);
    t.same(planRoutes(doubted, [a, b], mono(6)).transaction?.wishes, [b]);
    t.same(planRoutes(failed.lane, [a, b, wish('c', 103)], mono(6)).transaction?.wishes, [wish('c', 103)]);
  });

  t.test('does not hold up another wish of the same path', async (t) => {
    const other = wish('a', 101, '10.0.0.9');
    t.same(planRoutes(failed.lane, [other, b], mono(6)).transaction?.wishes, [other]);
  });

  t.test('of a path that is gone leaves no deadline behind', async (t) => {
    t.equal(routeDeadline(failed.lane), 105);
    const planned = planRoutes(failed.lane, [b], mono(50));
    t.equal(planned.transaction, null);
    t.equal(routeDeadline(planned.lane), 30_005);
  });

  t.test('with other words is told again, and its end is the end', async (t) => {
    const second = flying(planRoutes(failed.lane, [a, b], mono(105)));
    const other = stepRouteResults(
      second.lane,
      second.transaction.id,
      [fails('a/inet', 'route: other')],
      RECHECK,
      mono(106),
    );
    t.same(
      other.notes.map((note) => note.kind),
      ['route-failed'],
    );
    const third = flying(planRoutes(other.lane, [a, b], mono(400)));
    const mended = stepRouteResults(third.lane, third.transaction.id, [done('a/inet')], RECHECK, mono(401));
    t.same(
      mended.notes.map((note) => note.kind),
      ['route-set'],
    );
    t.equal(planRoutes(mended.lane, [a, b], mono(402)).transaction, null);
  });

  t.test('no answer at all for a wish is a failure', async (t) => {
    const once = stepRouteResults(lane, transaction.id, [], RECHECK, mono(5)).lane;
    const again = flying(planRoutes(once, [a, b], mono(105)));
    const silent = stepRouteResults(again.lane, again.transaction.id, [], RECHECK, mono(105));
    t.match(silent.notes, [{ kind: 'route-failed', text: 'no answer' }, { kind: 'route-failed' }]);
  });
});

t.test('what is due while one is under way is due when that has landed, and not put off by it', async (t) => {
  const first = flying(planRoutes(newRouteLane, [a, b], mono(0)));
  const landed = stepRouteResults(
    first.lane,
    first.transaction.id,
    [done('a/inet'), done('b/inet')],
    RECHECK,
    mono(5),
  ).lane;
  const other = wish('a', 101, '10.0.0.9');
  const second = flying(planRoutes(landed, [other, b], mono(29_000)));
  t.same(second.transaction.wishes, [other]);
  t.equal(
    planRoutes(second.lane, [other, b], mono(30_005)).lane,
    second.lane,
    'nothing is forgotten meanwhile',
  );
  const late = stepRouteResults(
    second.lane,
    second.transaction.id,
    [done('a/inet')],
    RECHECK,
    mono(31_000),
  ).lane;
  t.equal(routeDeadline(late), 30_005);
  t.same(flying(planRoutes(late, [other, b], mono(31_000))).transaction.wishes, [other, b]);
});
