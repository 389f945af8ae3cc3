// Adaptive time-outs: pf states live the shorter the more there are (sys/net/pf.c, pf_state_expires; pf.conf(5), adaptive.start).
import t from 'tap';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

/** So many questions into the void from one client; each makes one pf state. */
const ask = (made: Machine, count: number, from = '10.0.0.2', firstPort = 1000): void => {
  for (let i = 0; i < count; i++)
    made.router.forward(
      {
        family: 'inet',
        protocol: 'udp',
        source: from,
        sourcePort: firstPort + i,
        destination: '10.0.0.1',
        destinationPort: 53,
        flags: {},
        icmpType: null,
        bytes: 76,
        tag: null,
        rtable: 0,
      },
      'vio1',
    );
};
const loaded = (rules: string): Machine => {
  const made = createMachine();
  made.load('', rules);
  return made;
};
const states = (made: Machine): number => made.run('pfctl -ss').stdout.split('\n').length - 1;
const expiry = (made: Machine): string | undefined =>
  /expires in (\S+),/.exec(made.run('pfctl -vss').stdout)?.[1];
const shown = (made: Machine): string =>
  /adaptive.start +(\d+) states\nadaptive.end +(\d+) states/
    .exec(made.run('pfctl -st').stdout)
    ?.slice(1)
    .join() ?? '';

t.test(
  'from 60 % of the limit on every time-out shrinks, for what was there before as well',
  async (test) => {
    const made = loaded('set limit states 100\nset timeout udp.first 30\npass\n');
    test.equal(shown(made), '60,120');
    ask(made, 60);
    test.equal(expiry(made), '00:00:30', 'not yet');
    ask(made, 30, '10.0.0.3');
    test.equal(expiry(made), '00:00:15', '30 * (120 - 90) / 60');
    made.clock.advance(14_000);
    test.equal(states(made), 90);
    made.clock.advance(2000);
    test.equal(states(made), 86, 'until what is left may live for longer: 30 * (120 - 86) / 60 = 17');
    made.clock.advance(7000);
    test.equal(states(made), 72, '30 * (120 - 72) / 60 = 24');
  },
);

t.test('a rule with a limit of its own goes by its own pf states', async (test) => {
  const made = loaded(
    'set timeout udp.first 30\npass\npass in from 10.0.0.2 keep state (max 100)\npass in from 10.0.0.3 keep state (max 9)\n',
  );
  ask(made, 90);
  ask(made, 9, '10.0.0.3');
  test.equal(expiry(made), '00:00:15');
  made.clock.advance(16_000);
  test.match(made.run('pfctl -ss').stdout, /10\.0\.0\.3/, 'a tenth of nine is nothing');
  test.equal(states(made), 86 + 9);
});

t.test('set timeout says where, or never', async (test) => {
  for (const [options, wanted, left] of [
    ['set limit states 1000', '600,1200', '00:00:30'],
    ['set timeout { adaptive.start 10, adaptive.end 110 }', '10,110', '00:00:18'],
    ['set timeout { adaptive.start 0, adaptive.end 0 }', '0,0', '00:00:30'],
    ['set timeout adaptive.start 10\nset limit states 200', '10,120000', '00:00:29'],
    ['set limit states 200\nset limit states 1000', '120,240', '00:00:30'],
    ['set timeout adaptive.end 50', '60000,50', '00:00:30'],
  ] as const) {
    const made = loaded(`${options}\nset timeout udp.first 30\npass\n`);
    test.equal(shown(made), wanted, options);
    ask(made, 50);
    test.equal(expiry(made), left, options);
  }
});
