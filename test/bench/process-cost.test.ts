/** Lines of Linux's /proc, as recorded. */
import t from 'tap';
import { parseProcessStat, parseScheduled } from '../../src/bench/process-cost.ts';

t.test('/proc/PID/stat: names may hold anything', async (t) => {
  const rest =
    'S 41 4242 4242 0 -1 4194560 1180 530 0 0 137 42 9 3 20 0 11 0 3201 1131204608 16522 18446744073709551615';
  t.same(parseProcessStat(`4242 (node) ${rest}\n`), {
    pid: 4242,
    parent: 41,
    name: 'node',
    cpu: 1.79,
    endedChildrenCpu: 0.12,
  });
  t.equal(parseProcessStat(`4242 (a) b) (c) ${rest}`)?.name, 'a) b) (c');
  t.equal(parseProcessStat('no such thing'), null);
});

t.test('/proc/PID/schedstat', async (t) => {
  t.equal(parseScheduled('1500000000 20332 12\n'), 1.5);
});
