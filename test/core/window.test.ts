import t from 'tap';
import { readQuality, readWindow } from '../../src/core/figures.ts';
import { type Millis, type Mono, millis, mono } from '../../src/core/time.ts';
import {
  FEWEST_OUTCOMES,
  lossDue,
  newWindow,
  retuneWindow,
  startWindow,
  stepAnswer,
  stepChildGone,
  stepReading,
  stepSendError,
  stepSkipped,
  WINDOW_SIZE,
  type Window,
  windowSize,
} from '../../src/core/window.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';

type Step =
  | { readonly at: number; readonly do: 'start' | 'read' | 'error' | 'gone' | 'skip' }
  | {
      readonly at: number;
      readonly do: 'answer';
      readonly seq: number;
      readonly rtt?: number | null;
      readonly dup?: true;
    };

const step = (window: Window, each: Step): Window => {
  const now = mono(each.at);
  switch (each.do) {
    case 'start':
      return startWindow(window, now);
    case 'read':
      return stepReading(window, now);
    case 'error':
      return stepSendError(window, now);
    case 'gone':
      return stepChildGone(window, now);
    case 'skip':
      return stepSkipped(window, now);
    case 'answer': {
      const rtt = each.rtt === undefined ? millis(20) : (each.rtt as Millis | null);
      return stepAnswer(window, { seq: each.seq, rtt, duplicate: each.dup === true }, now);
    }
  }
};

const play = (steps: readonly Step[], from = newWindow(millis(1000), millis(1000))): Window =>
  steps.reduce(step, from);

const counts = ({ answered, lost, late, duplicates, answersInRow, lossesInRow }: Window) => ({
  answered,
  lost,
  late,
  duplicates,
  answersInRow,
  lossesInRow,
});

const start = { at: 0, do: 'start' } as const;
const read = (at: number): Step => ({ at, do: 'read' });
const answer = (at: number, seq: number, rtt?: number | null): Step =>
  rtt === undefined ? { at, do: 'answer', seq } : { at, do: 'answer', seq, rtt };

t.test('what is counted', async (t) => {
  const rows: readonly {
    readonly name: string;
    readonly steps: readonly Step[];
    readonly wanted: Partial<ReturnType<typeof counts>>;
  }[] = [
    { name: 'before any child nothing is due', steps: [read(100_000)], wanted: { answered: 0, lost: 0 } },
    { name: 'the first request gets its slack', steps: [start, read(1499)], wanted: { lost: 0 } },
    { name: 'silence from the start', steps: [start, read(1500)], wanted: { lost: 1, lossesInRow: 1 } },
    { name: 'silence goes on', steps: [start, read(4499)], wanted: { lost: 3, lossesInRow: 3 } },
    {
      name: 'a loss is known a time-out after the request left',
      steps: [start, answer(40, 0), read(2019)],
      wanted: { answered: 1, lost: 0, answersInRow: 1 },
    },
    {
      name: 'and then at once',
      steps: [start, answer(40, 0), read(2020)],
      wanted: { answered: 1, lost: 1, answersInRow: 0, lossesInRow: 1 },
    },
    {
      name: 'an answer as late as the time-out is in time',
      steps: [start, answer(40, 0), answer(2020, 1, 1000)],
      wanted: { answered: 2, late: 0 },
    },
    {
      name: 'a late answer is counted apart, and the loss stands',
      steps: [start, answer(40, 0), read(2020), answer(2100, 1, 1080), read(2100)],
      wanted: { answered: 1, lost: 1, late: 1, lossesInRow: 1 },
    },
    {
      name: 'a late answer that comes before its loss was read is late as well',
      steps: [start, answer(40, 0), answer(2100, 1, 1080), read(2100)],
      wanted: { answered: 1, lost: 1, late: 1, lossesInRow: 1 },
    },
    {
      name: 'a duplicate that ping marks',
      steps: [start, answer(40, 0), { at: 45, do: 'answer', seq: 0, rtt: 25, dup: true }],
      wanted: { answered: 1, duplicates: 1, answersInRow: 1 },
    },
    {
      name: 'a duplicate of an open number is counted apart',
      steps: [start, answer(40, 0), answer(2040, 2), answer(2045, 2, 25)],
      wanted: { answered: 2, duplicates: 1 },
    },
    {
      name: 'answers that overtake each other',
      steps: [start, answer(40, 0, 20), answer(1050, 2, 10), answer(1060, 1, 900), read(1060)],
      wanted: { answered: 3, lost: 0, answersInRow: 3 },
    },
    {
      name: 'a gap is lost, each at its own time',
      steps: [start, answer(40, 0), answer(3040, 3), read(3040)],
      wanted: { answered: 2, lost: 2 },
    },
    {
      name: 'a send error is a loss at once, and only once',
      steps: [start, answer(40, 0), { at: 1020, do: 'error' }, read(2900)],
      wanted: { answered: 1, lost: 1, lossesInRow: 1 },
    },
    {
      name: 'a send error before the first answer',
      steps: [
        start,
        { at: 15, do: 'error' },
        { at: 1015, do: 'error' },
        { at: 2015, do: 'error' },
        read(2015),
      ],
      wanted: { lost: 3, lossesInRow: 3 },
    },
    {
      name: 'send errors that are read together, after nobody had listened for a while',
      steps: [
        start,
        answer(40, 0),
        { at: 5100, do: 'skip' },
        ...Array.from({ length: 5 }, () => ({ at: 5100, do: 'error' }) as const),
        read(5900),
      ],
      wanted: { answered: 1, lost: 0, lossesInRow: 0 },
    },
    {
      name: 'a send error while no child is known of',
      steps: [{ at: 15, do: 'error' }],
      wanted: { lost: 0 },
    },
    {
      name: 'what a dead child had sent says nothing',
      steps: [start, answer(40, 0), { at: 1030, do: 'gone' }, read(2900)],
      wanted: { answered: 1, lost: 0, answersInRow: 1 },
    },
    {
      name: 'a new child counts from 0 again, and what was remembered stays',
      steps: [
        start,
        answer(40, 0),
        answer(1040, 1),
        { at: 1500, do: 'gone' },
        { at: 1600, do: 'start' },
        answer(1650, 0),
        read(1650),
      ],
      wanted: { answered: 3, lost: 0, answersInRow: 3 },
    },
    {
      name: 'icmp_seq wraps',
      steps: [
        start,
        ...Array.from({ length: 65_540 }, (_, n) => answer(40 + n * 1000, n % 65_536)),
        read(40 + 65_539 * 1000),
      ],
      wanted: { answered: 65_540, lost: 0, late: 0, duplicates: 0, answersInRow: 65_540 },
    },
    {
      name: 'icmp_seq wraps while lost',
      steps: [
        start,
        ...Array.from({ length: 65_530 }, (_, n) => answer(40 + n * 1000, n)),
        read(40 + 65_545 * 1000),
        answer(40 + 65_546 * 1000, 10),
        read(40 + 65_546 * 1000),
      ],
      wanted: { answered: 65_531, lost: 16, answersInRow: 1, lossesInRow: 0 },
    },
    {
      name: 'what nobody listened to counts neither way',
      steps: [start, answer(40, 0), { at: 10_050, do: 'skip' }, read(10_050), answer(11_040, 11)],
      wanted: { answered: 2, lost: 0, answersInRow: 2 },
    },
  ];
  for (const { name, steps, wanted } of rows) {
    t.match(counts(play(steps)), wanted, name);
  }
});

t.test(
  'a child that starts later than slack and time-out: its phase is not the loss of the path',
  async (t) => {
    let window = play([start], newWindow(millis(1000), millis(200)));
    for (let n = 0; n < 10; n += 1) {
      window = play([read(899 + n * 1000), answer(920 + n * 1000, n)], window);
    }
    t.match(counts(window), { answered: 10, answersInRow: 10 });
    t.ok(window.lost <= 1);
  },
);

t.test(
  'a child whose start nobody told: whatever its first number is, all others follow from it',
  async (t) => {
    for (const first of [0, 1, 22, 40_000, 65_535]) {
      const window = play([answer(20, first), answer(1020, (first + 1) % 65_536), read(3020)]);
      t.match(counts(window), { answered: 2, lost: 1, answersInRow: 0, lossesInRow: 1 }, `from ${first} on`);
    }
  },
);

t.test(
  'a child that slept with the machine, for longer than half of all icmp_seq last, or all of them',
  async (t) => {
    for (const hours of [1, 9, 10, 17, 18.2, 18.3, 30, 40]) {
      const slept = Math.round(hours * 3_600_000);
      let window = play([start, ...Array.from({ length: 24 }, (_, n) => answer(40 + n * 1000, n))]);
      window = step(window, { at: 23_100 + slept, do: 'skip' });
      for (let n = 24; n < 40; n += 1) {
        const at = slept + 40 + n * 1000;
        window = play([read(at - 1), answer(at, n)], window);
      }
      t.match(counts(window), { answered: 40, lost: 0, answersInRow: 40 }, `${hours} hours`);
    }
  },
);

t.test('a child that begins long after its start: what had not left yet was not lost', async (t) => {
  for (const timeout of [millis(1000), 'auto'] as const) {
    for (const delay of [600, 900, 1400, 1900, 2400]) {
      // Answers to 40 requests of a child before it, and then the new one's, from `delay` after its start on.
      let window = newWindow(millis(200), timeout);
      window = step(window, start);
      for (let n = 0; n < 40; n += 1) window = play([read(n * 200 + 19), answer(n * 200 + 20, n)], window);
      window = play(
        [
          { at: 8000, do: 'gone' },
          { at: 8010, do: 'start' },
        ],
        window,
      );
      for (let at = 8020; at < 8010 + delay; at += 10) window = step(window, read(at));
      for (let n = 0; n < 10; n += 1) {
        const sent = 8010 + delay + n * 200;
        window = play([read(sent + 19), answer(sent + 20, n)], window);
      }
      const name = `${timeout}, ${delay} ms`;
      t.match(counts(window), { answered: 50, lost: 0 }, name);
      t.ok(window.answersInRow >= 10, name);
      t.match(readQuality(window), { lossPercent: 0 }, name);
    }
  }
});

t.test(
  'a child that begins long after its start, unheard: nothing was lost, and no row has ended',
  async (t) => {
    const child = play([start, answer(20, 0), answer(1020, 1), { at: 1500, do: 'gone' }]);
    const busy = play([{ at: 1600, do: 'start' }, { at: 7000, do: 'skip' }, answer(7500, 0)], child);
    t.match(counts(busy), { answered: 3, lost: 0, answersInRow: 3, lossesInRow: 0 });
  },
);

t.test('a child that begins long after its start, and whose first requests are lost', async (t) => {
  // 0 and 1 leave at 3 s and 4 s and are not answered; 2 is, at 5 s. What was lost before the child's numbers were known
  // is theirs, and no more.
  const late = play([start, read(4900), answer(5020, 2)], newWindow(millis(1000), millis(500)));
  t.match(counts(late), { answered: 1, lost: 2, answersInRow: 1, lossesInRow: 0 });
  t.equal(late.outcomes.filter((each) => each === null).length, 2);
  // One that could not be sent was, whatever its number; and it has ended the row.
  const auto = newWindow(millis(1000), 'auto');
  const refused = play([start, answer(20, 0), { at: 1000, do: 'gone' }, { at: 1000, do: 'start' }], auto);
  const after = play([read(2600), { at: 2700, do: 'error' }, read(5000), answer(5100, 0)], refused);
  t.equal(play([read(2600), { at: 2700, do: 'error' }, read(5000)], refused).lost, 3);
  t.match(counts(after), { answered: 2, lost: 1, answersInRow: 1 });
});

t.test(
  'a stopped child: its numbers lag behind the clock for good, whatever the phase it comes back with',
  async (t) => {
    for (const timeoutMs of [100, 500, 1000, 1500]) {
      for (const phase of [0, 100, 250, 400, 500, 600, 750, 990]) {
        let window = play([start], newWindow(millis(1000), millis(timeoutMs)));
        for (let n = 0; n < 10; n += 1) {
          window = step(stepReading(window, mono(n * 1000 + 20)), answer(n * 1000 + 40, n));
        }
        // stopped at 9.5 s; from 30 s and the phase on it sends 10, 11, … again
        window = stepReading(window, mono(30_000 + phase));
        const { lost } = window;
        t.ok(lost >= 19, 'the silence was noticed');
        for (let n = 10; n < 30; n += 1) {
          const sent = 30_000 + phase + (n - 10) * 1000;
          for (let at = sent - 900; at < sent; at += 100) window = stepReading(window, mono(at));
          window = step(window, answer(sent + 20, n));
        }
        window = stepReading(window, mono(30_000 + phase + 19_000 + 20));
        const name = `timeout ${timeoutMs}, phase ${phase}`;
        t.ok(window.answersInRow >= 18, `${name}: followed at once, ${window.answersInRow} in a row`);
        t.ok(window.lost <= lost + 2, `${name}: ${window.lost - lost} new losses`);
        // and its silence is noticed as fast as ever
        window = stepReading(window, mono(30_000 + phase + 19_000 + 1000 + timeoutMs + 1));
        t.equal(window.lossesInRow, 1, `${name}: the next loss`);
      }
    }
  },
);

t.test('a loss that is known after a younger answer does not undo that answer', async (t) => {
  // interval = time-out = 1 s and a gateway 0.3 ms away: the loss of 1 is due 0.1 ms after the answer to 2 was read
  const gateway = play([start, answer(40, 0, 0.3), answer(2039.9, 2, 0.3), read(2041)]);
  t.match(counts(gateway), { answered: 2, lost: 1, answersInRow: 1 });
  // a time-out of several intervals: the losses of a silence come in between the first answers after it
  const quick = play([start, answer(30, 0), read(1130)], newWindow(millis(100), millis(1000)));
  const back = play(
    Array.from({ length: 12 }, (_, n) => [answer(1130 + n * 100, 11 + n), read(1150 + n * 100)]).flat(),
    quick,
  );
  t.match(counts(quick), { lossesInRow: 1 });
  t.match(counts(back), { answered: 13, lost: 10, answersInRow: 12, lossesInRow: 0 });
});

t.test('re-anchoring follows a child whose clock drifts', async (t) => {
  let window = play([start]);
  for (let n = 0; n < 2000; n += 1) {
    window = step(stepReading(window, mono(n * 1003)), answer(n * 1003 + 30, n));
  }
  t.match(counts(window), { answered: 2000, lost: 0 });
});

t.test('due times', async (t) => {
  t.equal(lossDue(newWindow(millis(1000), millis(400))), null);
  t.equal(lossDue(play([start], newWindow(millis(1000), millis(400)))), 900);
  t.equal(lossDue(play([start, answer(40, 0)])), 2020);
});

t.test('figures', async (t) => {
  t.same(readWindow(newWindow(millis(1000), millis(1000))), { lossPercent: 0, rtt: null });
  t.same(readWindow(play([start, read(1500)])), { lossPercent: 100, rtt: null });
  const four = play([
    start,
    answer(40, 0, 10),
    answer(1040, 1, 20),
    answer(2040, 2, 30),
    answer(3040, 3, 40),
    read(5000),
  ]);
  t.same(readWindow(four), {
    lossPercent: 20,
    rtt: { last: 40, mean: 25, deviation: 10, p50: 30, p95: 40, jitter: 10 },
  });
  const many = play([start, ...Array.from({ length: 200 }, (_, n) => answer(40 + n * 1000, n, n))]);
  t.equal(many.outcomes.length, WINDOW_SIZE);
  t.equal(readWindow(many).rtt?.mean, 140 + (WINDOW_SIZE - 1) / 2);
});

t.test('sizes', async (t) => {
  const rows: readonly (readonly [number, number, number])[] = [
    [30_000, 1000, 30],
    [30_000, 700, 43],
    [30_000, 10_000, FEWEST_OUTCOMES],
    [1000, 1000, FEWEST_OUTCOMES],
    [600_000, 1000, 600],
    [600_001, 1000, 600],
    [3_600_000, 100, 600],
  ];
  for (const [length, interval, wanted] of rows) {
    t.equal(windowSize(millis(length), millis(interval)), wanted, `${length} ms, one in ${interval} ms`);
  }
});

t.test('retuned', async (t) => {
  const window = play([
    start,
    ...Array.from({ length: 20 }, (_, n) => answer(40 + n * 1000, n, n)),
    read(21_021),
  ]);
  const smaller = retuneWindow(window, millis(300), 10);
  t.same(smaller.outcomes, [11, 12, 13, 14, 15, 16, 17, 18, 19, null], 'the newest are kept');
  t.same(counts(smaller), counts(window));
  t.equal(lossDue(smaller), 21_321);
  const larger = retuneWindow(smaller, millis(1000), 600);
  t.same(larger.outcomes, smaller.outcomes);
  const filled = play(
    Array.from({ length: 700 }, (_, n) => answer(21_050 + n * 1000, 21 + n)),
    larger,
  );
  t.equal(filled.outcomes.length, 600);
  t.same(retuneWindow(window, window.timeout, window.size), window, 'equal settings change nothing');
});

t.test('quality', async (t) => {
  t.same(readQuality(newWindow(millis(1000), millis(1000))), {
    outcomes: 0,
    lost: 0,
    lossPercent: 0,
    meanRtt: null,
  });
  t.same(readQuality(play([start, read(2500)])), { outcomes: 2, lost: 2, lossPercent: 100, meanRtt: null });
  t.same(readQuality(play([start, answer(40, 0, 10), answer(1040, 1, 20), read(4040)])), {
    outcomes: 4,
    lost: 2,
    lossPercent: 50,
    meanRtt: 15,
  });
});

/**
 * Against a recount: a child sends every interval from a known instant, each request is answered after some time or
 * never, and the window is read at random instants (as the engine does, at the latest when something is due).
 */
t.test('windows equal a recount', async (t) => {
  const history = fc.record({
    interval: fc.constantFrom(100, 1000, 5000),
    timeout: fc.constantFrom(50, 100, 700, 1000, 3000),
    firstIn: fc.integer({ min: 0, max: 400 }),
    size: fc.integer({ min: 1, max: 50 }),
    fates: fc.array(fc.option(fc.integer({ min: 0, max: 4000 }), { freq: 3 }), {
      minLength: 1,
      maxLength: 40,
    }),
    readEvery: fc.integer({ min: 1, max: 900 }),
  });
  check(
    t,
    fc.property(history, ({ interval, timeout, firstIn, size, fates, readEvery }) => {
      let window = startWindow(newWindow(millis(interval), millis(timeout), size), mono(0));
      // Every outcome as it became known, an answer when it was read and a loss when its time was over.
      const log: (number | null)[] = [];
      const take = (next: Window, rtt: number | null): void => {
        for (let n = window.lost; n < next.lost; n += 1) log.push(null);
        for (let n = window.answered; n < next.answered; n += 1) log.push(rtt);
        window = next;
      };
      const arrivals = fates
        .flatMap((rtt, seq) => (rtt === null ? [] : [{ at: firstIn + seq * interval + rtt, seq, rtt }]))
        .sort((a, b) => a.at - b.at);
      const end = firstIn + fates.length * interval - 1 + timeout;
      const due = (now: Mono): Mono | null => {
        const next = lossDue(window);
        return next !== null && next <= now ? next : null;
      };
      const reads = Array.from({ length: Math.floor(end / readEvery) }, (_, n) => n * readEvery);
      for (const at of [...new Set([...reads, ...arrivals.map((each) => each.at), end])].sort(
        (a, b) => a - b,
      )) {
        if (at > end) break;
        // the engine wakes at each due time; one at the instant of an answer is read after it
        for (let next = due(mono(at - 0.001)); next !== null; next = due(mono(at - 0.001))) {
          take(stepReading(window, next), null);
        }
        for (const { seq, rtt } of arrivals.filter((each) => each.at === at)) {
          take(stepAnswer(window, { seq, rtt: millis(rtt), duplicate: false }, mono(at)), rtt);
        }
        take(stepReading(window, mono(at)), null);
      }
      const inTime = fates.filter((rtt) => rtt !== null && rtt <= timeout).length;
      const late = arrivals.filter((each) => each.rtt > timeout && each.at <= end).length;
      must(window.late === late, `late ${window.late}, not ${late}`);
      must(window.answered === inTime, `answered ${window.answered}, not ${inTime}`);
      must(window.duplicates === 0, 'duplicates from nowhere');
      // Without any answer the phase of the requests is a guess.
      if (inTime === 0) return;
      must(window.lost === fates.length - inTime, `lost ${window.lost}, not ${fates.length - inTime}`);
      const good = fates.map((rtt) => rtt !== null && rtt <= timeout);
      const answersInRow = good.length - 1 - good.lastIndexOf(false);
      const lossesInRow = good.length - 1 - good.lastIndexOf(true);
      must(
        window.answersInRow === answersInRow,
        `${window.answersInRow} answers in a row, not ${answersInRow}`,
      );
      must(window.lossesInRow === lossesInRow, `${window.lossesInRow} losses in a row, not ${lossesInRow}`);
      const remembered = log.slice(-size);
      must(
        JSON.stringify(window.outcomes) === JSON.stringify(remembered),
        `remembers ${JSON.stringify(window.outcomes)}, not ${JSON.stringify(remembered)}`,
      );
      const rtts = remembered.filter((rtt) => rtt !== null);
      const lost = remembered.length - rtts.length;
      const mean = rtts.length === 0 ? null : rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length;
      const quality = readQuality(window);
      must(quality.outcomes === remembered.length && quality.lost === lost, `lost ${quality.lost}`);
      must(quality.lossPercent === (100 * lost) / remembered.length, `loss ${quality.lossPercent}`);
      must(quality.meanRtt === mean, `mean ${quality.meanRtt}, not ${mean}`);
      must(readWindow(window).lossPercent === quality.lossPercent, 'one loss, however it is read');
      must((readWindow(window).rtt?.mean ?? null) === quality.meanRtt, 'one mean, however it is read');
      must(window.settled.length <= timeout / interval + 2, 'settled grows');
    }),
  );
});

t.test('never breaks, whatever comes', async (t) => {
  const any: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      at: fc.constant(0),
      do: fc.constantFrom('start', 'read', 'error', 'gone', 'skip') as fc.Arbitrary<'start'>,
    }),
    fc.record({
      at: fc.constant(0),
      do: fc.constant('answer' as const),
      seq: fc.oneof(fc.nat(65_535), fc.nat(20), fc.integer({ min: 65_500, max: 65_535 })),
      rtt: fc.option(fc.double({ min: 0, max: 5000, noNaN: true })),
    }),
  );
  check(
    t,
    fc.property(fc.array(fc.tuple(fc.nat(4000), any), { maxLength: 30 }), (steps) => {
      let at = 0;
      let window = newWindow(millis(1000), millis(1000), 3);
      for (const [wait, each] of steps) {
        at += wait;
        window = stepReading(step(window, { ...each, at }), mono(at));
        const due = lossDue(window);
        must(due === null || due > at, 'due in the past after a reading');
        must(window.outcomes.length <= 3, 'outcomes grow');
        must(
          window.settled.every((seq, n, all) => seq > window.next && seq > (all[n - 1] ?? -1)),
          'settled in order',
        );
      }
    }),
    200,
  );
});
