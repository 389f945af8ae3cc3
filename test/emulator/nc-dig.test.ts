/** nc(1) and dig(1) of the emulated machine: messages and exit codes of their sources, through pf and the routing tables. */
import t from 'tap';
import { createMachine } from './machine.ts';

const set = () => {
  const machine = createMachine();
  machine.run('route -T 101 add default 192.0.2.1');
  machine.load('', 'pass\n');
  return machine;
};
const NC = 'nc -n -v -z -w 2 -V 101 9.9.9.9 443';
const DIG =
  'route -T 101 exec /usr/bin/dig @9.9.9.9 -u -q . -t NS +tries=1 +timeout=2 +noall +comments +stats';

t.test('nc: a connection is made and closed', async (t) => {
  const machine = set();
  t.same(machine.run(NC), {
    code: 0,
    signal: null,
    stdout: '',
    stderr: 'Connection to 9.9.9.9 443 port [tcp/*] succeeded!\n',
  });
  machine.clock.advance(1000);
  t.match(
    machine.run('pfctl -ss').stdout,
    /^all tcp 192\.0\.2\.2:\d+ -> 9\.9\.9\.9:443 +FIN_WAIT_2:FIN_WAIT_2$/m,
    'by the link, with its address',
  );
});

const failures: readonly (readonly [string, (machine: ReturnType<typeof set>) => void, string, string])[] = [
  [
    'in silence',
    ({ router }) => router.setDark('a', true),
    NC,
    'nc: connect to 9.9.9.9 port 443 (tcp) failed: Operation timed out\n',
  ],
  [
    'a portal that drops',
    ({ router }) => router.setPortal('a', 'drops'),
    NC,
    'nc: connect to 9.9.9.9 port 443 (tcp) failed: Operation timed out\n',
  ],
  [
    'a portal that resets',
    ({ router }) => router.setPortal('a', 'resets'),
    NC,
    'nc: connect to 9.9.9.9 port 443 (tcp) failed: Connection refused\n',
  ],
  [
    'pf blocks it',
    (machine) => machine.load('', 'block out proto tcp\n'),
    NC,
    'nc: connect to 9.9.9.9 port 443 (tcp) failed: Permission denied\n',
  ],
  [
    'no route',
    (machine) => machine.run('route -T 101 delete default'),
    NC,
    "nc: connect to 9.9.9.9 port 443 (tcp) failed: Can't assign requested address\n",
  ],
  ['not asked to say so', ({ router }) => router.setDark('a', true), 'nc -n -z -w 1 -V 101 9.9.9.9 443', ''],
  ['no such table', () => {}, 'nc -n -v -z -V 103 9.9.9.9 443', 'nc: setrtable: Invalid argument\n'],
];
for (const [name, arrange, line, stderr] of failures)
  t.test(`nc: ${name}`, async (t) => {
    const machine = set();
    arrange(machine);
    t.same(machine.run(line), { code: 1, signal: null, stdout: '', stderr });
  });

t.test('dig: an answer', async (t) => {
  const ran = set().run(DIG);
  t.equal(ran.code, 0);
  t.match(
    ran.stdout,
    /^;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: \d+\n;; flags: qr rd ra; QUERY: 1, ANSWER: 13, /,
  );
  t.match(ran.stdout, /^;; Query time: \d{4,5} usec$/m);
});

const answers: readonly (readonly [
  string,
  (machine: ReturnType<typeof set>) => void,
  string,
  RegExp,
  number,
])[] = [
  [
    'silence',
    ({ router }) => router.setDark('a', true),
    DIG,
    /^;; connection timed out; no servers could be reached\n$/,
    9,
  ],
  ['a portal that drops', ({ router }) => router.setPortal('a', 'drops'), DIG, /connection timed out/, 9],
  ['a portal that resets', ({ router }) => router.setPortal('a', 'resets'), DIG, /status: REFUSED/, 0],
  [
    'a portal that lies knows no name servers',
    ({ router }) => router.setPortal('a', 'lies'),
    DIG,
    /status: NOERROR.*\n.*ANSWER: 0,/,
    0,
  ],
  [
    'a portal that lies has an address for every name',
    ({ router }) => router.setPortal('a', 'lies'),
    DIG.replace('-q . -t NS', '-q www.invalid -t A'),
    /status: NOERROR.*\n.*ANSWER: 1,/,
    0,
  ],
  ['no such name', () => {}, DIG.replace('-q .', '-q www.invalid'), /status: NXDOMAIN/, 0],
];
for (const [name, arrange, line, stdout, code] of answers)
  t.test(`dig: ${name}`, async (t) => {
    const machine = set();
    arrange(machine);
    const ran = machine.run(line);
    t.match(ran.stdout, stdout);
    t.equal(ran.code, code);
  });

t.test('pf: user', async (t) => {
  const machine = set();
  machine.load('', 'block out\npass out proto tcp to 9.9.9.9 port 443 user root\n');
  t.match(
    machine.run('pfctl -sr').stdout,
    /^pass out inet proto tcp from any to 9\.9\.9\.9 port = 443 user = 0 flags S\/SA$/m,
  );
  t.equal(machine.run(NC).code, 0);
  t.equal(machine.runAsUser(NC).code, 1, 'somebody else');
  t.match(machine.run('pfctl -nf -', 'pass proto icmp user 0\n').stderr, /user only applies to tcp\/udp/);
});
