import t from 'tap';
import {
  haveAllAnswered,
  type Ping,
  renderPing,
  renderPingSummaries,
  summarizePings,
} from '../../src/ctl/pings.ts';
import { plain } from '../../src/ctl/terminal.ts';

const ping = (seq: number, over: Partial<Ping> = {}): Ping => ({
  link: 'fibre',
  family: 'inet',
  target: '9.9.9.9',
  address: '9.9.9.9',
  seq,
  outcome: 'answered',
  rttMs: 8 + seq,
  why: null,
  ...over,
});
const lost = (seq: number, over: Partial<Ping> = {}): Ping =>
  ping(seq, { outcome: 'lost', rttMs: null, ...over });
const nothing = ping(0, {
  target: null,
  address: null,
  outcome: 'not-sent',
  rttMs: null,
  why: 'carrier-down',
});

t.test('one by one', async (t) => {
  const rows: readonly (readonly [Ping, string])[] = [
    [ping(3), 'fibre inet 9.9.9.9: seq 3, 11.0ms'],
    [ping(0, { rttMs: 312.4 }), 'fibre inet 9.9.9.9: seq 0, 312ms'],
    [ping(0, { rttMs: null }), 'fibre inet 9.9.9.9: seq 0, answered'],
    [ping(0, { target: 'gateway', address: '192.0.2.1' }), 'fibre inet gateway (192.0.2.1): seq 0, 8.0ms'],
    [lost(1), 'fibre inet 9.9.9.9: seq 1, lost'],
    [
      lost(1, { outcome: 'not-sent', why: 'Host is down' }),
      'fibre inet 9.9.9.9: seq 1, not sent: Host is down',
    ],
    [nothing, 'fibre inet: nothing to ping by: carrier-down'],
    [ping(1, { link: null }), '9.9.9.9: seq 1, 9.0ms'],
    [lost(1, { outcome: 'not-sent', why: '\u001b[1m' }), 'fibre inet 9.9.9.9: seq 1, not sent: \\x1b[1m'],
  ];
  for (const [one, text] of rows) t.equal(renderPing(one, plain), `${text}\n`);
});

t.test('all together', async (t) => {
  const gateway = { target: 'gateway', address: '192.0.2.1' };
  const pings = [ping(0), lost(2), ping(3), lost(0, gateway), ping(1), nothing];
  const summaries = summarizePings(pings);
  t.match(summaries, [
    {
      target: '9.9.9.9',
      sent: 4,
      answered: 3,
      lossPercent: 25,
      rtt: { minMs: 8, maxMs: 11, meanMs: 28 / 3, jitterMs: 1.5 },
    },
    { target: 'gateway', sent: 1, answered: 0, lossPercent: 100, rtt: null },
  ]);
  t.equal(
    renderPingSummaries(summaries, plain),
    `LINK   FAM   TARGET   ANSWERS  LOSS    MIN   MEAN     MAX  JITTER
fibre  inet  9.9.9.9      3/4   25%  8.0ms  9.3ms  11.0ms   1.5ms
fibre  inet  gateway      0/1  100%      -      -       -       -
`,
  );
  t.notMatch(renderPingSummaries(summarizePings([ping(0, { link: null })]), plain), /LINK|FAM/);
  t.strictSame(summarizePings([nothing]), []);
});

t.test('whether every path has answered', async (t) => {
  const rows: readonly (readonly [readonly Ping[], boolean])[] = [
    [[], false],
    [[ping(0)], true],
    [[lost(0), ping(1)], true],
    [[lost(0)], false],
    [[ping(0), { ...nothing, family: 'inet6' }], false],
    [[ping(0), lost(0, { target: 'gateway' })], true],
    [[ping(0, { link: null }), lost(0, { link: null, target: '1.1.1.1' })], false],
  ];
  for (const [pings, answered] of rows) t.equal(haveAllAnswered(pings), answered);
});
