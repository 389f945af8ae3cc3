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
