// pfctl -T, as sbin/pfctl/pfctl_table.c (load_addr, pfctl_table, print_addrx), pfctl_parser.c (append_addr) and sys/net/pf_table.c have it.
import t from 'tap';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const ON = 'pfctl -t t';

/** A table `t` that holds what is given, a minute old. */
const holding = (...addresses: readonly string[]): Machine => {
  const machine = createMachine();
  machine.load('', `table <t> persist { ${addresses.join(' ')} }\npass\n`);
  machine.clock.advance(60_000);
  return machine;
};

const content = (machine: Machine): readonly string[] =>
  machine
    .run(`${ON} -T show`)
    .stdout.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

t.test('what became of each address', async (test) => {
  // pfr_add_addrs() works and reports from the last to the first
  const added = holding('1.1.1.1', '!2.2.2.2');
  test.same(added.run(`${ON} -T add 3.3.3.3 3.3.3.3`).stderr, '1/2 addresses added.\n');
  test.equal(
    added.run(`${ON} -vT add 1.1.1.1 2.2.2.2 4.4.4.4 4.4.4.4 5.5.5.5`).stdout,
    'A  5.5.5.5\nA  4.4.4.4\nX  4.4.4.4\nY  2.2.2.2\n',
  );
  test.equal(added.run(`${ON} -vvT add 1.1.1.1 6.6.6.6`).stdout, 'A  6.6.6.6\n   1.1.1.1\n');
  test.same(content(added), ['1.1.1.1', '!2.2.2.2', '3.3.3.3', '4.4.4.4', '5.5.5.5', '6.6.6.6']);

  // pfr_del_addrs()
  const deleted = holding('1.1.1.1', '!2.2.2.2');
  const out = deleted.run(`${ON} -vvT delete 1.1.1.1 1.1.1.1 2.2.2.2 9.9.9.9`);
  test.equal(out.stdout, 'D  1.1.1.1\nX  1.1.1.1\nY  2.2.2.2\n   9.9.9.9\n');
  test.equal(out.stderr, '1/4 addresses deleted.\n');

  // pfr_set_addrs(): as given, then what went
  const replaced = holding('1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4');
  const set = replaced.run(`${ON} -vvT replace 5.5.5.5 !4.4.4.4 5.5.5.5 1.1.1.1`);
  test.equal(set.stdout, 'A  5.5.5.5\nC !4.4.4.4\nX  5.5.5.5\n   1.1.1.1\nD  3.3.3.3\nD  2.2.2.2\n');
  test.equal(set.stderr, '1 addresses added.\n2 addresses deleted.\n1 addresses changed.\n');
  test.equal(replaced.run(`${ON} -vT expire 30`).stdout, 'D  1.1.1.1\n', 'what is changed starts anew');
});

t.test('-n changes nothing', async (test) => {
  const machine = holding('1.1.1.1', '2.2.2.2');
  const dummy = (command: string): string => {
    const { stdout, stderr, code } = machine.run(`${ON} -nvT ${command}`);
    return `${stdout}${stderr}${code}`;
  };
  test.equal(dummy('add 1.1.1.1 3.3.3.3'), 'A  3.3.3.3\n1/2 addresses added (dummy).\n0');
  test.equal(dummy('delete 2.2.2.2'), 'D  2.2.2.2\n1/1 addresses deleted (dummy).\n0');
  test.equal(
    dummy('replace 3.3.3.3 1.1.1.1'),
    'A  3.3.3.3\nD  2.2.2.2\n1 addresses added (dummy).\n1 addresses deleted (dummy).\n0',
  );
  test.equal(dummy('expire 30'), 'D  1.1.1.1\nD  2.2.2.2\n2/2 addresses expired (dummy).\n0');
  test.equal(dummy('flush'), '2 addresses deleted (dummy).\n0');
  test.equal(dummy('zero'), '1 table/stats cleared (dummy).\n0');
  test.equal(dummy('kill'), '1 table deleted (dummy).\n0');
  // the kernel has no dummies of these (pfr_get_addrs, pfr_tst_addrs: ACCEPT_FLAGS; pf_ioctl.c: DIOCRCLRASTATS)
  test.equal(machine.run(`${ON} -nT show`).stderr, 'pfctl: Anchor does not exist\n');
  test.equal(dummy('test 1.1.1.1'), 'pfctl: Anchor does not exist\n255');
  test.equal(dummy('zero 1.1.1.1'), 'pfctl: Permission denied\n255');
  test.same(content(machine), ['1.1.1.1', '2.2.2.2']);
  test.equal(machine.run('pfctl -nt u -T add 1.1.1.1').stderr, '1 table created (dummy).\n');
  test.equal(machine.run('pfctl -t u -T show').code, 255);
});

t.test('what is not taken', async (test) => {
  for (const [command, wanted, code = 255] of [
    ['test 10.0.0.0/8', 'pfctl: cannot decode 10.0.0.0/8: Invalid argument'],
    ['test !1.1.1.1', 'pfctl: cannot decode !1.1.1.1: Invalid argument'],
    ['add 1.1.1.1/40', 'pfctl: cannot decode 1.1.1.1/40: Invalid argument'],
    ['add 1.1.1.1/129', 'netmask is too large: /129'],
    ['add nowhere', 'no IP address found for nowhere'],
    ['add 1.1.1.1 weight', 'pfctl: failed to decode weight'],
    ['add 1.1.1.1 weight 0', 'failed to convert weight 0\npfctl: cannot decode 0: Result too large'],
    ['add 1.1.1.1 weight x', 'failed to convert weight x\npfctl: cannot decode x: Invalid argument'],
    ['expire abc', 'pfctl: expiry time: invalid', 1],
    ['expire 4294967296', 'pfctl: expiry time: too large', 1],
  ] as const) {
    const { stderr, code: got } = createMachine().run(`${ON} -T ${command}`);
    test.equal(stderr.split('\npfctl: DIOCSETLIMIT')[0]?.trimEnd(), wanted, command);
    test.equal(got, code, command);
  }
  // pfr_clr_tstats() misses nothing
  test.match(createMachine().run('pfctl -t nosuch -T zero'), { code: 0, stderr: '0 table/stats cleared.\n' });
});
