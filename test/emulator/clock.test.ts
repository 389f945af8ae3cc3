import t from 'tap';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import fc from '../chance.ts';

/** How far off each is, and whether it is taken back before its time; few different ones, so that many are of one instant. */
const timers = fc.array(fc.record({ ms: fc.nat(20), isCancelled: fc.boolean() }), {
  maxLength: 60,
  size: 'max',
});

t.test('timers fire when they are due, those of one instant as they were set, and no cancelled one', (t) => {
  fc.assert(
    fc.property(timers, fc.nat(25), (these, until) => {
      const clock = createVirtualClock();
      const fired: string[] = [];
      const cancels = these.map(({ ms }, at) => clock.after(ms, () => fired.push(`${at} at ${clock.now()}`)));
      for (const [at, { isCancelled }] of these.entries()) if (isCancelled) cancels[at]?.();
      clock.advance(until);
      const expected = these
        .map(({ ms, isCancelled }, at) => ({ ms, isCancelled, at }))
        .filter(({ ms, isCancelled }) => !isCancelled && ms <= until)
        .sort((a, b) => a.ms - b.ms || a.at - b.at)
        .map(({ ms, at }) => `${at} at ${ms}`);
      t.same(fired, expected);
      t.equal(clock.now(), until);
    }),
    { numRuns: 200 },
  );
  t.end();
});
