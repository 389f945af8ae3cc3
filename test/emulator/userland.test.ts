/** A stalled machine: programs stand still, and go on in order; the kernel does not wait for them. */
import t from 'tap';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createUserland } from '../../src/emulator/userland.ts';

t.test('what is due in a stall comes after it, in order', async (t) => {
  const clock = createVirtualClock();
  const userland = createUserland(clock);
  const fired: string[] = [];
  const note = (what: string) => (): void => {
    fired.push(`${what} at ${clock.now()}`);
  };
  userland.clock.after(10, note('before'));
  userland.clock.after(30, note('first'));
  userland.clock.after(40, note('second'));
  const cancel = userland.clock.after(45, note('cancelled'));
  userland.clock.after(200, note('later'));
  clock.after(35, note('kernel'));
  clock.after(20, userland.stall);
  clock.after(50, cancel);
  clock.after(100, userland.goOn);
  clock.advance(300);
  t.same(fired, ['before at 10', 'kernel at 35', 'first at 100', 'second at 100', 'later at 200']);
});

t.test('a stall right after another holds what has not had its turn', async (t) => {
  const clock = createVirtualClock();
  const userland = createUserland(clock);
  let fired = 0;
  userland.clock.after(10, () => {
    fired += 1;
  });
  userland.stall();
  clock.advance(20);
  userland.goOn();
  userland.stall();
  clock.advance(20);
  t.equal(fired, 0);
  userland.goOn();
  clock.advance(1);
  t.equal(fired, 1);
});
