/** Metered links in virtual time: probed less while idle, at once more when they are needed, and within their budget (PEERS.md S50). */
import t from 'tap';
import {
  bookMonth,
  bytesInMonth,
  type Meters,
  meterOf,
  recallMeters,
  rememberMeters,
  withBytes,
} from '../../src/core/meter.ts';
import type { LinkSettings, ProbeSettings, Settings } from '../../src/core/model.ts';
import { bytesOf, roundBytes } from '../../src/core/probe-bytes.ts';
import { type Millis, millis } from '../../src/core/time.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { interfacesOf, linkSettings, probeSettings, settingsOf, toAddress, toGateway } from './example.ts';
import { createWorld, type World } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const targets: ProbeSettings['targets'] = [toGateway, toAddress('9.9.9.9')];

/** `first`: of the link that is not metered; of long stories it must not be most of the work. */
const begin = (
  lte: Partial<LinkSettings> = {},
  probe: Partial<ProbeSettings> = {},
  first: Partial<ProbeSettings> = {},
): World => {
  const both = probeSettings({
    targets,
    timeout: 'auto',
    confirm: true,
    rise: 2,
    hold: millis(2000),
    ...probe,
  });
  const world = createWorld();
  world.load(
    settingsOf([
      linkSettings('a', 0, { probe: { ...both, ...first } }),
      linkSettings('b', 1, { probe: both, tier: 2, metered: true, ...lte }),
    ]),
  );
  world.interfaces(interfacesOf(2));
  world.answers('a', 20);
  world.answers('b', 40);
  world.run(2 * MINUTE);
  world.takeNotes();
  return world;
};
const path = (world: World, link: string) => world.engine().paths.get(`${link}/inet`);
const meter = (world: World) => meterOf(world.engine().meters, 'b');
/** Bytes both ways in the time. */
const spent = (world: World, ms: number): number => {
  const before = meter(world);
  world.run(ms);
  const { out, in: back } = meter(world);
  return out + back - before.out - before.in;
};
const calendar = (world: World, month: string, left: number): void =>
  world.tell({ kind: 'calendar', month, left: millis(left) });
const budgetNotes = (world: World): readonly string[] =>
  world.takeNotes().flatMap((line) => (line.includes('while idle') ? [line.replace(/^\S+ /, '')] : []));

t.test('sizes on the wire', async (t) => {
  const size = (family: 'inet' | 'inet6', ask: Parameters<typeof bytesOf>[0]['ask']) => {
    const { out, answered } = bytesOf({ family, ask });
    return [out, out + answered.out, answered.in];
  };
  t.same(size('inet', { kind: 'ping' }), [84, 84, 84]);
  t.same(size('inet6', { kind: 'ping' }), [104, 104, 104]);
  t.same(size('inet', { kind: 'tcp' }), [64, 220, 168]);
  t.same(size('inet', { kind: 'dns', name: '.' }), [45, 45, 256]);
  t.same(size('inet', { kind: 'dns', name: 'example.com' }), [57, 57, 73]);
  t.same(size('inet6', { kind: 'dns', name: 'example.com' }), [77, 77, 105]);
  t.same(size('inet', { kind: 'exec' }), [0, 0, 0]);
  t.equal(roundBytes(linkSettings('b', 1, { probe: probeSettings({ targets }) })), 4 * 84);
});

t.test('idle: a request a minute; one that is not metered is asked as ever', async (t) => {
  const world = begin();
  t.equal(path(world, 'b')?.health, 'up');
  t.equal(path(world, 'b')?.pace, MINUTE);
  t.equal(path(world, 'a')?.pace, null);
  const hour = spent(world, HOUR);
  t.ok(Math.abs(hour - 60 * 4 * 84) <= 4 * 84, `${hour} bytes in an hour`);
  t.ok((hour * 24 * 30) / 1e6 < 15, 'less than 15 MB a month');
});

t.test('needed: at its own interval at once, and idle again when it is not', async (t) => {
  const world = begin();
  world.answers('a', null);
  world.run(3000);
  t.equal(path(world, 'a')?.health, 'down');
  t.equal(path(world, 'b')?.pace, null);
  t.equal(path(world, 'b')?.health, 'up', 'nothing that was measured is lost');
  const minute = spent(world, MINUTE);
  t.ok(minute > 58 * 4 * 84, `${minute} bytes in a minute`);
  world.answers('a', 20);
  world.run(30_000);
  t.equal(path(world, 'a')?.health, 'up');
  t.equal(path(world, 'b')?.pace, MINUTE);
});

t.test('an idle link that dies is known to be dead by its next request', async (t) => {
  const world = begin();
  world.answers('b', null);
  let took = 0;
  while (path(world, 'b')?.health !== 'down' && took < 10 * MINUTE) {
    world.run(100);
    took += 100;
  }
  t.ok(took < MINUTE + 2000, `${took} ms`);
  t.test('and once it answers again it is asked quickly until that is sure', async (t) => {
    world.run(10 * MINUTE);
    t.equal(path(world, 'b')?.pace, MINUTE);
    world.answers('b', 40);
    let back = 0;
    while (path(world, 'b')?.health !== 'up' && back < 10 * MINUTE) {
      world.run(100);
      back += 100;
    }
    t.ok(back < MINUTE + 8000, `${back} ms`);
    world.run(1000);
    t.equal(path(world, 'b')?.pace, MINUTE);
  });
});

t.test(
  'an idle link that has lost much, and loses nothing any more, is asked quickly until that is sure',
  async (t) => {
    const world = begin(
      { tier: 1 },
      { loss: { degraded: 10, recover: null, down: 90, window: millis(30_000) } },
    );
    let sent = 0;
    world.answers('b', () => {
      sent += 1;
      return sent % 4 === 0 ? null : 40;
    });
    world.run(3 * MINUTE);
    t.equal(path(world, 'b')?.health, 'degraded');
    world.answers('b', 40);
    let took = 0;
    while (path(world, 'b')?.health === 'degraded' && took < HOUR) {
      world.run(1000);
      took += 1000;
    }
    t.equal(path(world, 'b')?.health, 'up');
    t.ok(took < 4 * MINUTE, `after ${took / 1000} s`);
  },
);

t.test('to become idle is no fall: the same outcomes are judged as before', async (t) => {
  const loss = { degraded: 10, recover: null, down: 25, window: millis(30_000) };
  const world = begin({ tier: 1 }, { loss, confirm: false, targets: [toAddress('9.9.9.9')] });
  world.answers('b', null);
  world.run(1000);
  world.answers('b', 40);
  world.run(2000);
  let sent = 0;
  world.answers('b', () => {
    sent += 1;
    return sent % 2 === 0 ? null : 40;
  });
  while (path(world, 'b')?.health === 'up' && sent < 20) world.run(100);
  world.answers('b', 40);
  t.equal(path(world, 'b')?.health, 'degraded');
  t.equal(path(world, 'b')?.pace, MINUTE);
  world.run(10 * MINUTE);
  t.notMatch(world.takeNotes().join('\n'), /link b inet: \S+ -> down/);
  t.equal(path(world, 'b')?.health, 'up');
});

t.test('a reload and a reading of the interfaces change no pace and start nothing', async (t) => {
  const world = begin();
  world.run(MINUTE);
  world.takeStarted();
  const before = world.running();
  world.interfaces(interfacesOf(2));
  world.load(JSON.parse(JSON.stringify(world.engine().settings)));
  world.run(1000);
  t.same(world.takeStarted(), []);
  t.same(world.running(), before);
});

t.test('lost requests have left all the same, and bursts are counted', async (t) => {
  const world = begin();
  const before = meter(world);
  world.answers('b', null);
  world.run(2 * MINUTE);
  const after = meter(world);
  t.equal(after.in, before.in, 'nothing came in');
  const sent = (after.out - before.out) / 84;
  // Two minutes of two targets, and a burst of four requests to each.
  t.ok(sent >= 8 + 2 && sent <= 8 + 6, `${sent} requests`);
});

t.test('a budget stretches what is idle until the month ends, and says so once', async (t) => {
  const world = begin({ budget: 3_000_000 });
  calendar(world, '2026-11', 30 * DAY);
  // 336 bytes a round: 3 MB of 30 days are a round in 290 seconds.
  t.same(budgetNotes(world), [
    'link b: probed every 5m00s while idle, to keep its budget: 0.0M of 3.0M used in 2026-11',
  ]);
  t.equal(path(world, 'b')?.pace, 5 * MINUTE);
  calendar(world, '2026-11', 30 * DAY - HOUR);
  t.same(budgetNotes(world), [], 'once');
  world.answers('a', null);
  world.run(3000);
  t.equal(path(world, 'b')?.pace, null, 'in use it is asked as ever');
  world.run(HOUR);
  world.answers('a', 20);
  world.run(MINUTE);
  calendar(world, '2026-11', 29 * DAY);
  t.match(budgetNotes(world), [/every 10m00s while idle, to keep its budget: 1\.\dM of 3\.0M/]);
  t.equal(path(world, 'b')?.pace, 10 * MINUTE);
  calendar(world, '2026-12', 31 * DAY);
  t.match(budgetNotes(world), [/every 5m00s while idle, to keep its budget: 0\.0M of 3\.0M used in 2026-12/]);
  calendar(world, '2027-01', DAY);
  t.equal(budgetNotes(world).length, 1, 'and it says when it does not any more');
  t.equal(path(world, 'b')?.pace, MINUTE);
});

t.test('a budget that is spent: an hour, no more', async (t) => {
  const world = begin({ budget: 100_000 });
  calendar(world, '2026-11', 10 * DAY);
  world.answers('a', null);
  world.run(10 * MINUTE);
  world.answers('a', 20);
  world.run(MINUTE);
  calendar(world, '2026-11', 9 * DAY);
  t.equal(path(world, 'b')?.pace, HOUR);
  t.equal(path(world, 'b')?.health, 'up');
});

t.test('a budget that is enough changes nothing', async (t) => {
  const world = begin({ budget: 50_000_000 }, {}, { interval: millis(HOUR) });
  calendar(world, '2026-11', 30 * DAY);
  world.run(6 * HOUR);
  calendar(world, '2026-11', 29 * DAY);
  t.same(budgetNotes(world), []);
  t.equal(path(world, 'b')?.pace, MINUTE);
});

t.test('what is left of a month takes no more than what is left of the budget', async (t) => {
  const world = begin({ budget: 500_000 }, { confirm: false }, { interval: millis(HOUR) });
  for (let hour = 0; hour < 72; hour += 6) {
    calendar(world, '2026-11', (72 - hour) * HOUR);
    world.run(6 * HOUR);
  }
  const used = bytesInMonth(meter(world), '2026-11') ?? 0;
  t.ok(used <= 500_000, `${used} bytes`);
  t.ok(used > 400_000, `${used} bytes: not much less either`);
});

t.test('months: a clock that is stepped does no harm', async (t) => {
  let meters: Meters = withBytes(new Map(), 'b', 600, 400);
  t.equal(bytesInMonth(meterOf(meters, 'b'), null), null, 'not known yet');
  t.equal(bytesInMonth(meterOf(meters, 'b'), '2026-11'), 1000, 'before it is booked');
  meters = withBytes(bookMonth(meters, '2026-11'), 'b', 50, 50);
  meters = bookMonth(meters, '2031-01');
  t.equal(bytesInMonth(meterOf(meters, 'b'), '2031-01'), 100, 'into a month that is far away');
  meters = bookMonth(meters, '2026-11');
  t.equal(bytesInMonth(meterOf(meters, 'b'), '2026-11'), 1000, 'and back');
  const kept = recallMeters(rememberMeters(withBytes(meters, 'b', 5, 5), '2026-11'));
  t.equal(bytesInMonth(meterOf(kept, 'b'), '2026-11'), 1010, 'over a restart');
  t.equal(meterOf(kept, 'b').out, 0, 'what is since the start begins anew');
});

t.test('the last hour of a month is of that month, and not of the next', async (t) => {
  const world = begin();
  calendar(world, '2026-11', 30 * MINUTE);
  const before = bytesInMonth(meter(world), '2026-11') ?? 0;
  const sent = spent(world, 31 * MINUTE);
  calendar(world, '2026-12', 31 * DAY);
  t.equal(bytesInMonth(meter(world), '2026-11'), before + sent);
  t.equal(bytesInMonth(meter(world), '2026-12'), 0);
});

t.test('answers that come when nobody waits any more are bytes, too', async (t) => {
  const world = begin({}, { timeout: millis(500), idle: millis(1000) });
  world.answers('b', 600);
  world.run(5000);
  const { in: before } = meter(world);
  world.run(10_000);
  t.equal(path(world, 'b')?.health, 'down');
  t.equal(meter(world).in - before, 10 * 2 * 84);
});

t.test('no byte is lost or counted twice, whatever month the clock says', async (t) => {
  const step = fc.tuple(fc.constantFrom('2026-10', '2026-11'), fc.nat(2000), fc.nat(2000));
  check(
    t,
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let meters: Meters = new Map();
      let all = 0;
      for (const [month, out, back] of steps) {
        meters = bookMonth(withBytes(meters, 'b', out, back), month);
        all += out + back;
      }
      const { months, out, in: came, unbooked } = meterOf(meters, 'b');
      must(months.reduce((sum, { bytes }) => sum + bytes, 0) + unbooked === all, 'months');
      must(out + came === all, 'since the start');
    }),
  );
});

t.test('what the meter says is what was sent', async (t) => {
  const world = begin({}, { interval: millis(1000) as Millis, confirm: true });
  world.takeSent();
  const before = [...world.engine().meters.values()].reduce((sum, { out }) => sum + out, 0);
  let n = 0;
  world.answers('a', () => {
    n += 1;
    return n % 7 === 0 ? null : n % 11 === 0 ? 1500 : 20;
  });
  world.run(10 * MINUTE);
  const out = [...world.engine().meters.values()].reduce((sum, each) => sum + each.out, 0) - before;
  const sent = world.takeSent() * 84;
  // Requests that are open, and bursts that an answer has ended early.
  t.ok(out >= sent - 20 * 84, `${out} of ${sent} bytes`);
  t.ok(out <= sent * 1.25, `${out} of ${sent} bytes`);
});

t.test(
  'an idle link whose own interval becomes shorter than that of idle ones: nothing is lost by that',
  async (t) => {
    const world = begin();
    const settings = world.engine().settings;
    if (settings === null) throw new Error('no settings');
    const every = (interval: number): Settings => ({
      ...settings,
      links: settings.links.map((link) => ({
        ...link,
        probe: { ...link.probe, interval: millis(interval) },
      })),
    });
    world.load(every(MINUTE));
    world.run(20 * MINUTE);
    t.match(path(world, 'b'), { health: 'up', pace: null });
    // Asked once a minute before and after.
    world.load(every(MINUTE / 2));
    world.run(5 * MINUTE);
    t.match(path(world, 'b'), { health: 'up', pace: MINUTE });
    const lost = path(world, 'b')?.targets.map(({ window }) => window.lost) ?? [];
    t.ok(lost.length > 0 && lost.every((count) => count === 0), `lost: ${lost}`);
    world.load(every(MINUTE));
    world.load(every(MINUTE / 2));
    world.answers('b', null);
    world.run(5 * MINUTE);
    t.match(path(world, 'b'), { health: 'down', reason: 'probe-loss' });
  },
);
