/** When people are told: virtual time, and the promises of PEERS.md S46. */

import t from 'tap';
import { type Digest, digestDue, newDigest, stepDigest, takeDigest } from '../../src/core/digest.ts';
import { millis, mono } from '../../src/core/time.ts';
import fc from '../chance.ts';

const MINUTE = millis(60_000);

interface Told {
  readonly at: number;
  readonly count: number;
  readonly last: number;
}

/** Events at these instants, in seconds; each is its instant. Nobody is ever late to tell. */
const tell = (events: readonly number[], length = MINUTE): readonly Told[] => {
  let digest: Digest<number> = newDigest;
  const told: Told[] = [];
  const pass = (until: number): void => {
    for (let due = digestDue(digest, length); due !== null && due <= until; due = digestDue(digest, length)) {
      const taken = takeDigest(digest, due);
      digest = taken.digest;
      told.push({
        at: due / 1000,
        count: taken.events.length + taken.dropped,
        last: taken.events.at(-1) ?? -1,
      });
    }
  };
  for (const at of events) {
    // What falls due at this very instant takes it in as well.
    pass(at * 1000 - 1);
    digest = stepDigest(digest, [at], length, mono(at * 1000));
  }
  pass(Number.MAX_SAFE_INTEGER);
  return told;
};

t.test('a single event is told at once', async (t) => {
  t.strictSame(tell([5]), [{ at: 5, count: 1, last: 5 }]);
  t.strictSame(
    tell([5, 500]).map(({ at }) => at),
    [5, 500],
    'and so is the next, when the window has passed',
  );
});

t.test('20 transitions in a minute: the first, and one digest with the rest', async (t) => {
  const events = Array.from({ length: 20 }, (_, index) => index * 3);
  t.strictSame(tell(events), [
    { at: 0, count: 1, last: 0 },
    { at: 60, count: 19, last: 57 },
  ]);
});

t.test('a night of flapping: ever fewer messages, and the last event is told soon', async (t) => {
  const night = Array.from({ length: (8 * 3600) / 7 }, (_, index) => index * 7);
  const told = tell(night);
  t.ok(told.length < 40, `${night.length} events, ${told.length} messages`);
  t.equal(
    told.reduce((sum, each) => sum + each.count, 0),
    night.length,
    'none is lost',
  );
  const last = night.at(-1) ?? 0;
  t.equal(told.at(-1)?.last, last);
  t.ok((told.at(-1)?.at ?? 0) <= last + 60, 'the end of it is told within a minute');
});

t.test('events of one instant go together', async (t) => {
  const digest = stepDigest<string>(newDigest, ['a', 'b'], MINUTE, mono(7));
  t.equal(digestDue(digest, MINUTE), 7);
  t.strictSame(takeDigest(digest, mono(7)).events, ['a', 'b']);
});

t.test('nothing is due of nothing', async (t) => {
  t.equal(digestDue(newDigest, MINUTE), null);
  t.equal(stepDigest(newDigest, [], MINUTE, mono(1)), newDigest);
});

t.test('a flood is counted, and the newest hundred are kept', async (t) => {
  const flood = Array.from({ length: 1000 }, (_, index) => index);
  let digest: Digest<number> = newDigest;
  for (const event of flood) digest = stepDigest(digest, [event], MINUTE, mono(0));
  const taken = takeDigest(digest, mono(0));
  t.equal(taken.events.length, 100);
  t.equal(taken.events.at(-1), 999);
  t.equal(taken.dropped, 900);
  t.equal(taken.digest.dropped, 0);
});

t.test('whatever happens: none lost, never two within a window but at the end of a quiet one', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 200 }), (gaps) => {
      let at = 0;
      const events = gaps.map((gap) => {
        at += gap;
        return at;
      });
      const told = tell(events);
      const isComplete = told.reduce((sum, each) => sum + each.count, 0) === events.length;
      const isSpaced = told.every((each, index) => index === 0 || each.at - (told[index - 1]?.at ?? 0) >= 60);
      // A message is at most sixteen windows late, and one after the last event at most one.
      const isTimely = told.every(
        (each, index) =>
          each.at - each.last <= 60 && each.at - (told[index - 1]?.at ?? each.at) <= 400 + 16 * 60,
      );
      return isComplete && isSpaced && isTimely;
    }),
    { numRuns: 500 },
  );
});
