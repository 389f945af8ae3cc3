import t from 'tap';
import { newTally, stepNotes, stepReaction, stepTransaction } from '../../src/core/tally.ts';
import { millis } from '../../src/core/time.ts';

t.test('transitions by what they led to and why; everything else is not ours', async (t) => {
  const down = {
    kind: 'health',
    link: 'a',
    family: 'inet',
    from: 'up',
    to: 'down',
    reason: 'carrier-down',
    lasted: millis(1),
    answering: null,
  } as const;
  const tally = stepNotes(newTally, [
    down,
    { ...down, reason: 'probe-loss' },
    down,
    { kind: 'late', by: millis(1) },
  ]);
  t.strictSame(
    [...tally.transitions.values()].map(({ reason, count }) => [reason, count]),
    [
      ['carrier-down', 2],
      ['probe-loss', 1],
    ],
  );
  t.equal(stepNotes(tally, []), tally);
});

t.test('each bound holds those before it', async (t) => {
  let tally = newTally;
  for (const took of [3, 5, 5.1, 700, 9000])
    tally = stepTransaction(tally, 'apply', took < 1000, millis(took));
  const { done, failed, took } = tally.transactions.apply;
  t.strictSame([done, failed], [4, 1]);
  t.strictSame(took.counts, [2, 3, 3, 3, 3, 3, 3, 4, 4, 4]);
  t.equal(took.count, 5);
  t.equal(took.sum, 9713.1);
  t.strictSame(tally.transactions.inspect, newTally.transactions.inspect);
  t.equal(stepReaction(tally, millis(30)).reactions.counts[2], 0);
  t.equal(stepReaction(tally, millis(30)).reactions.counts[3], 1);
});
