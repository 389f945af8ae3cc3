// Options of pfctl that change what it does as a whole (sbin/pfctl/pfctl.c, main).
import t from 'tap';
import { createMachine } from './machine.ts';

t.test('-n opens /dev/pf for reading: what would change pf is refused, or is not done', async (test) => {
  const made = createMachine();
  made.load('', 'pass label mine\n');
  made.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '192.0.2.1' }).send();
  const before = (): string =>
    ['-vsr', '-ss', '-sm'].map((what) => made.run(`pfctl ${what}`).stdout).join('');
  const was = before();
  for (const kill of [
    '-k 10.0.0.2',
    '-k 10.0.0.0/24 -k 192.0.2.1',
    '-k label -k mine',
    '-k id -k 1',
    "-k key -k 'udp 10.0.0.2:1 -> 192.0.2.1:53'",
  ]) {
    const refused = {
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'pfctl: DIOCKILLSTATES: Permission denied\n',
    };
    test.same(made.run(`pfctl -n ${kill}`), refused, kill);
    test.match(made.runAsUser(`pfctl -n ${kill}`).stderr, 'DIOCKILLSTATES: Bad file descriptor\n');
  }
  test.equal(made.run('pfctl -n -K 10.0.0.2').stderr, 'pfctl: DIOCKILLSRCNODES: Permission denied\n');
  test.match(made.run('pfctl -n -k label').stderr, /^pfctl: no label specified\n/, 'read before');
  const none = 'killed 0 states from 1 sources and 0 destinations\n';
  test.match(
    made.run('pfctl -n -k 10.0.0.2 -k ::1'),
    { code: 0, stderr: none },
    'nothing to ask the kernel for',
  );
  for (const quiet of ['-e', '-d', '-F all', '-F states', '-sr', '-F Reset'])
    test.same(made.run(`pfctl -n ${quiet}`), { code: 0, signal: null, stdout: '', stderr: '' }, quiet);
  test.equal(before(), was);
});

t.test('-R: one rule, its label, its pf states', async (test) => {
  const made = createMachine();
  made.load(
    '',
    'set skip on lo\npass in label one\npass out label two\nanchor {\nblock to 10.9.9.9\nblock to 10.9.9.8\n}\n',
  );
  made.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '192.0.2.1' }).send();
  const shown = (line: string): string => made.run(`pfctl ${line}`).stdout;
  test.equal(shown('-R 1 -sr'), 'pass out all flags S/SA label "two"\n');
  test.equal(
    shown('-R 2 -sr'),
    'anchor all {\n  block drop inet from any to 10.9.9.9\n  block drop inet from any to 10.9.9.8\n}\n',
    'with all that is in it',
  );
  test.match(shown('-R 0 -sl'), /^one [^\n]*\n$/);
  test.match(shown('-R 0 -ss'), /^all udp 192\.0\.2\.1:53 <- [^\n]*\n$/);
  test.equal(shown('-R 7 -sr') + shown('-R 7 -sl') + shown('-R 7 -ss'), '');
  test.equal(shown('-R -1 -sr'), shown('-sr'));
  for (const [id, why] of [
    ['-2', 'too small'],
    ['99999999999999999999', 'too large'],
    ['x', 'invalid'],
  ])
    test.match(made.run(`pfctl -R ${id} -sr`), {
      code: 1,
      stderr: `pfctl: invalid rule id: ${why}\nusage: `,
    });
});

t.test('-z: rules forget what they have counted', async (test) => {
  const made = createMachine();
  made.load('', 'pass label mine\nanchor a\n');
  made.load('a', 'match label inner\n');
  made.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '192.0.2.1' }).send();
  const labels = (option = ''): string => made.run(`pfctl ${option} -sl`).stdout;
  const inner = made.run('pfctl -a a -sl').stdout;
  const counted = labels();
  test.notMatch(counted, /^mine 0/);
  test.same(made.run('pfctl -n -z'), {
    code: 0,
    signal: null,
    stdout: '',
    stderr: 'pfctl: DIOCGETRULE: Permission denied\n',
  });
  test.equal(labels('-z'), counted, 'after they were shown');
  test.equal(labels(), 'mine 0 0 0 0 0 0 0 0\n');
  test.match(made.run('pfctl -vsr').stdout, /States: 2 /, 'but not the pf states that are there');
  test.equal(made.run('pfctl -a a -sl').stdout, inner);
  test.same(made.run('pfctl -a a -z'), { code: 0, signal: null, stdout: '', stderr: '' });
  test.equal(made.run('pfctl -a a -sl').stdout, 'inner 0 0 0 0 0 0 0 0\n');
  test.equal(made.run('pfctl -a nosuch -z').stderr, 'pfctl: Anchor does not exist\n');
});

t.test('-D: macros of the command line come first (sbin/pfctl/parse.y, symset)', async (test) => {
  const made = createMachine();
  const ran = made.run(
    'pfctl -nv -D a=10.0.0.9 -D b=10.0.0.3 -D c -D a=7 -f -',
    'a = "10.0.0.1"\npass from $a to $b\n',
  );
  test.equal(ran.stdout, 'a = "10.0.0.1"\npass inet from 10.0.0.9 to 10.0.0.3 flags S/SA\n');
  test.equal(ran.stderr, 'pfctl: could not parse macro definition c\n');
  test.match(
    made.run("pfctl -nv -D 'x={ 10.0.0.1, 10.0.0.2 }' -f -", 'pass to $x\n').stdout.split('\n').length,
    3,
  );
});

t.test('-s all: everything with titles, what is empty without', async (test) => {
  const made = createMachine();
  made.load('', 'pass\n');
  const bare = ['FILTER RULES:', 'INFO:', 'TIMEOUTS:', 'LIMITS:'];
  const titles = (text: string): readonly string[] => text.match(/^[A-Z ]+:$/gm) ?? [];
  const end = 'pfctl: emulator: fingerprints not known\n';
  test.same(titles(made.run('pfctl -s all').stdout), bare);
  made.load(
    '',
    'table <t> persist\nqueue q on vio2 bandwidth 1M default\npass out\npass in label l route-to 192.0.2.1 sticky-address\n',
  );
  made.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '203.0.113.9' }).send();
  const all = made.run('pfctl -s all');
  test.match(all, { code: 1, stderr: end });
  const each = (what: string): string => made.run(`pfctl -s ${what}`).stdout;
  test.equal(
    all.stdout,
    [
      `FILTER RULES:\n${each('rules')}`,
      `QUEUES:\n${each('queue')}`,
      `STATES:\n${each('states')}`,
      `SOURCE TRACKING NODES:\n${each('Sources')}`,
      `INFO:\n${each('info')}`,
      `LABEL COUNTERS:\n${each('labels')}`,
      `TIMEOUTS:\n${each('timeouts')}`,
      `LIMITS:\n${each('memory')}`,
      `TABLES:\n${each('Tables')}`,
    ].join('\n'),
  );
  const missing = made.run('pfctl -a nosuch -s all');
  test.same(titles(missing.stdout), ['QUEUES:', 'STATES:', 'SOURCE TRACKING NODES:', ...bare.slice(1)]);
  test.match(missing.stderr, /^pfctl: Anchor does not exist\n/);
});
