// What loading does beside the rules, and -F of anchors with all below them (sbin/pfctl/pfctl.c, parse.y).
import t from 'tap';
import { createMachine } from './machine.ts';

// parse.y parse_config
t.test('macros that nothing uses are named with -vv', async (test) => {
  const machine = createMachine();
  const rules = 'a = "1"\na = "22"\nb = "3"\nb = $a\nc = "4"\n';
  test.equal(
    machine.run('pfctl -nvvf -', rules).stderr,
    "warning: macro 'b' not used\nwarning: macro 'c' not used\n",
  );
  test.equal(machine.run('pfctl -nvf -', rules).stderr, '');
});

// pfctl.c pfctl_set_debug, pfctl_reset
t.test('set debug shows', async (test) => {
  const machine = createMachine();
  const level = (): string => /Debug: (\w+)/.exec(machine.run('pfctl -si').stdout)?.[1] ?? '';
  test.equal(level(), 'err');
  machine.run('pfctl -nf -', 'set debug debug\n');
  test.equal(level(), 'err');
  machine.load('', 'set debug debug\n');
  test.equal(level(), 'debug');
  machine.load('', 'set debug warning\n');
  test.equal(level(), 'warn', 'the first name of that level');
  machine.run('pfctl -F Reset');
  test.equal(level(), 'err');
});

// parse.y expand_skip_interface
t.test('set skip on none takes back what was set before', async (test) => {
  const machine = createMachine();
  const skipped = (): number => machine.run('pfctl -vs Interfaces').stdout.split('(skip)').length - 1;
  machine.load('', 'set skip on { vio1 vio2 }\n');
  test.equal(skipped(), 2);
  machine.load('a', 'set skip on none\n');
  test.equal(skipped(), 0);
  machine.load('', 'set skip on vio1\nset skip\nset skip on vio2\n');
  test.equal(skipped(), 1);
});

// pfctl.c pfctl_load_anchors: the list grows as it is worked off
t.test('an anchor that is loaded loads others', async (test) => {
  const files = new Map([
    ['/etc/a', 'load anchor "b" from "/etc/b"\nanchor "b"\n'],
    ['/etc/b', 'pass\n'],
    ['/etc/endless', 'load anchor "again" from "/etc/endless"\n'],
  ]);
  const machine = createMachine({ files });
  machine.load('', 'anchor "a"\nload anchor "a" from "/etc/a"\n');
  test.equal(machine.run('pfctl -a a/b -sr').stdout, 'pass all flags S/SA\n');
  test.match(machine.run('pfctl -f -', 'load anchor "a" from "/etc/endless"\n'), {
    code: 1,
    stderr: 'pfctl: pfctl_rules: strlcpy\n',
  });
});

// pfctl.c pfctl_recurse, pfctl_get_anchors
t.test('-F of an anchor with all below it says where it is', async (test) => {
  const machine = createMachine();
  machine.load('', 'table <t> persist\nanchor "a/*"\nanchor "b"\n');
  for (const anchor of ['a/x', 'a/y', 'b']) machine.load(anchor, 'table <u> persist\npass\n');
  const removed = (command: string): string => {
    const { stdout, stderr, code } = machine.run(command);
    return code === 0 ? `${stdout}${stderr}` : `${code} ${stderr}`;
  };
  test.equal(removed("pfctl -a 'a*' -F rules"), 'Removing:\n  a/y\n  a/x\n  a\n');
  test.equal(machine.run('pfctl -a a/x -sr').stdout, '');
  test.equal(machine.run('pfctl -a a/x -sT').stdout, 'u@a/x\n');
  test.equal(removed("pfctl -a 'a*' -F Tables"), 'Removing:\n  a/y\n  a/x\n  a\n');
  test.equal(machine.run('pfctl -sT').stdout, 't\n');
  test.equal(
    removed("pfctl -a '*' -F all"),
    'Removing:\n  b\n  a\n  /\n0 states cleared\nsource tracking entries cleared\npf: statistics cleared\npf: interface flags reset\n',
  );
  test.equal(removed("pfctl -a 'nosuch*' -F rules"), '1 pfctl: Anchor does not exist\n');
  test.equal(removed('pfctl -F osfp'), '1 pfctl: emulator: -F osfp not known\n');
});

// pfctl_parser.c append_addr, pfctl_radix.c pfr_next_token; parse.y process_tabledef
t.test('tables from files', async (test) => {
  const files = new Map([
    ['/etc/good', '192.0.2.1 weight 3 # three\n!!192.0.2.2 !192.0.2.3\n#192.0.2.4\n'],
    ['/etc/word', '192.0.2.1#x\n'],
    ['/etc/mask', '192.0.2.1/40\n'],
    ['/etc/weight', '192.0.2.1 weight 0\n'],
    ['/etc/end', '192.0.2.1 weight\n'],
  ]);
  const machine = createMachine({ files });
  machine.load('', 'table <t> persist file "/etc/good"\n');
  const shown = machine.run('pfctl -t t -T show -v').stdout.replace(/\tCleared.*\n/g, '');
  test.equal(shown, '   192.0.2.1\n\tWeight:             3\n   192.0.2.2\n  !192.0.2.3\n');
  for (const [file, wanted] of [
    ['word', 'no IP address found for 192.0.2.1#x\nstdin:1: file "/etc/word" contains bad data\n'],
    ['mask', 'stdin:1: cannot load "/etc/mask": Invalid argument\n'],
    ['weight', 'failed to convert weight 0\nstdin:1: cannot load "/etc/weight": Result too large\n'],
    ['end', 'stdin:1: file "/etc/end" contains bad data\n'],
    ['none', 'stdin:1: cannot load "/etc/none": No such file or directory\n'],
  ] as const)
    test.equal(machine.run('pfctl -nf -', `table <t> file "/etc/${file}"\n`).stderr, wanted, file);
});
