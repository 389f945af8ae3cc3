import t from 'tap';
import { createCarpCounter } from '../../src/adapter/carp.ts';
import { createFakeCommands, exited } from './fake-commands.ts';
import { createVirtualClock } from './virtual-clock.ts';

const carry = async (counter: number | string, from: number, to: number, changes = exited(0)) => {
  const commands = createFakeCommands(createVirtualClock());
  commands.answer(({ args }) =>
    args.length > 2
      ? changes
      : typeof counter === 'number'
        ? exited(0, `carp: carp demote count ${counter}\n`)
        : exited(1, '', counter),
  );
  const failure = await createCarpCounter({ commands }).carry({ id: 1, group: 'carp', from, to });
  return [failure, ...commands.runs.slice(1).map(({ args }) => args.join(' '))];
};

t.test('what is asked of ifconfig', async (t) => {
  const rows: readonly (readonly [readonly [number, number, number], readonly string[]])[] = [
    [[0, 0, 50], ['-g carp carpdemote 50']],
    [[128, 0, 50], ['-g carp carpdemote 50']],
    [[50, 50, 50], []],
    [[178, 50, 50], []],
    [[0, 50, 50], ['-g carp carpdemote 50']],
    [[178, 50, 0], ['-g carp -carpdemote 50']],
    [[0, 50, 0], []],
    [[20, 50, 0], ['-g carp -carpdemote 20']],
    [[50, 50, 20], ['-g carp -carpdemote 30']],
  ];
  for (const [[counter, from, to], asked] of rows)
    t.strictSame(await carry(counter, from, to), [null, ...asked], `${counter} ${from} ${to}`);
});

t.test('failure', async (t) => {
  const gone = 'ifconfig: carp: SIOCGIFGATTR: No such file or directory\n';
  t.strictSame(await carry(gone, 0, 50), [
    'ifconfig: exit 1: ifconfig: carp: SIOCGIFGATTR: No such file or directory',
  ]);
  t.match(await carry(0, 0, 50, exited(1, '', 'ifconfig: carp: SIOCSIFGATTR: Invalid argument\n')), [
    /Invalid argument/,
    '-g carp carpdemote 50',
  ]);
});
