import t from 'tap';
import { createClock } from '../../src/adapter/clock.ts';
import { millis } from '../../src/core/time.ts';

t.test('the real clock', async (t) => {
  const clock = createClock();
  const before = clock.now();
  await new Promise<void>((resolve) => {
    clock.after(millis(0), resolve);
  });
  t.ok(clock.now() >= before);
  t.ok(Math.abs(clock.wall() - Date.now()) < 60_000);

  const fired: string[] = [];
  const cancels = [
    clock.after(millis(2 ** 31), () => fired.push('beyond what setTimeout can')),
    clock.after(millis(Number.POSITIVE_INFINITY), () => fired.push('never')),
    clock.after(millis(0), () => fired.push('cancelled')),
  ];
  cancels[2]?.();
  await new Promise<void>((resolve) => {
    clock.after(millis(-5), () => fired.push('overdue'));
    clock.after(millis(20), resolve);
  });
  t.same(fired, ['overdue']);
  for (const cancel of cancels) cancel();
});
