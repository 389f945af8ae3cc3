// The `set` lines of pf.conf, log options and ICMP codes: taken, printed as pfctl does, and what pf state lives how long (sbin/pfctl/parse.y, pfctl.c).
import t from 'tap';
import { createMachine } from './machine.ts';

/** What `pfctl -nv` prints of a rule set that it takes. */
const printed = (rules: string): string => {
  const { code, stdout, stderr } = createMachine().run('pfctl -nvf -', rules);
  return code === 0 ? stdout : `refused: ${stderr}`;
};

t.test('options and rules are printed as they count', async (test) => {
  for (const [rules, wanted = rules] of [
    [
      'set timeout { tcp.established 600, udp.multiple 30 }',
      'set timeout tcp.established 600\nset timeout udp.multiple 30',
    ],
    ['set timeout interval 20'],
    ['set timeout adaptive.start 3'],
    ['set optimization high-latency'],
    ['set reassemble yes no-df'],
    ['set reassemble no', 'set reassemble no '],
    ['set debug notice'],
    ['set loginterface none'],
    ['set ruleset-optimization none', ''],
    [
      'pass in log (user, to pflog2, all) quick all',
      'pass in log (all, user, to pflog2) quick all flags S/SA',
    ],
    ['block log (to pflog0)', 'block drop log all'],
    ['pass log', 'pass log all flags S/SA'],
    [
      'pass inet proto icmp icmp-type { echoreq, unreach code needfrag, 3 code 200 }',
      'pass inet proto icmp all icmp-type echoreq\npass inet proto icmp all icmp-type unreach code needfrag\npass inet proto icmp all icmp-type unreach code 200',
    ],
    [
      'pass inet6 proto icmp6 icmp6-type unreach code port-unr',
      'pass inet6 proto ipv6-icmp all icmp6-type unreach code port-unr',
    ],
  ] as const)
    test.equal(printed(`${rules}\n`), wanted === '' ? '' : `${wanted}\n`, rules);
});

t.test("and refused in pfctl's words, or loudly where the emulator knows less", async (test) => {
  for (const [rules, wanted] of [
    ['set timeout nosuch 3', 'pfctl: Bad timeout name.\nstdin:1: unknown timeout nosuch'],
    ['set timeout udp.first -1', 'stdin:1: only positive values permitted'],
    [
      'set optimization fast',
      'pfctl: invalid state timeouts optimization\nstdin:1: unknown optimization fast',
    ],
    ['set debug loud', 'pfctl: unknown debug level "loud"\nstdin:1: error setting debuglevel loud'],
    ['set timeout src.track 3', 'stdin:1: emulator: set timeout src.track not known'],
    ['set loginterface vio2', 'stdin:1: emulator: set loginterface with a name not known'],
    ['pass keep state (adaptive.start 3)', 'stdin:1: emulator: a time-out in a rule not known'],
    ['pass keep state (tcp.nosuch 3)', 'stdin:1: illegal timeout name tcp.nosuch'],
    ['pass log (to em0)', 'stdin:1: em0: should be a pflog interface'],
    ['pass log (to pflog256)', 'stdin:1: pflog256: too large'],
    ['pass inet proto icmp icmp-type unreach code badhead', 'stdin:1: unknown icmp-code badhead'],
    ['pass inet proto icmp icmp-type 3 code 256', 'stdin:1: illegal icmp-code 256'],
  ] as const)
    test.equal(printed(`${rules}\n`), `refused: ${wanted}\n`, rules);
});

t.test('time-outs count at once, also for what is there, and until the next load', async (test) => {
  const made = createMachine();
  const shown = (name: string): string =>
    new RegExp(`^${name} +(\\S.*)$`, 'm').exec(made.run('pfctl -st').stdout)?.[1] ?? '';
  const states = (): number => made.run('pfctl -ss').stdout.split('\n').length - 1;
  made.load('', 'pass\n');
  const flow = made.router.lan.open({ client: '10.0.0.2', protocol: 'udp', to: '192.0.2.1' });
  made.router.setBlackhole('a', '192.0.2.1', true);
  flow.send();
  test.equal(states(), 2);
  made.clock.advance(20_000);
  test.equal(states(), 2, 'a minute by default');
  made.load('uplinkd', 'set timeout udp.first 5\n');
  test.equal(shown('udp.first'), '60s', 'those in an anchor do not count');
  made.load('', 'set timeout udp.first 15\npass\n');
  test.equal(shown('udp.first'), '15s');
  made.clock.advance(2000);
  test.equal(states(), 0, 'it is 22 seconds old');
  flow.send();
  test.match(made.run('pfctl -vss').stdout, /expires in 00:00:15/);
  made.load('', 'set optimization aggressive\nset limit states 50000\npass\n');
  test.same(['udp.first', 'tcp.established', 'tcp.tsdiff', 'adaptive.start', 'adaptive.end'].map(shown), [
    '60s',
    '18000s',
    '10s',
    '30000 states',
    '60000 states',
  ]);
});
