import t from 'tap';
import { printable, renderJson, wantsColour } from '../../src/ctl/terminal.ts';
import {
  bestTarget,
  renderDecisionWhy,
  renderLoss,
  renderRtt,
  renderShare,
  renderWhy,
} from '../../src/ctl/words.ts';
import type { PathStatus, PolicyFamilyStatus, Status, TargetStatus } from '../../src/wire/status.ts';
import { renderPercent, renderWait } from '../../src/wire/words.ts';
import { exampleStatus } from '../wire/example.ts';

const target = (name: string, over: Partial<TargetStatus> = {}): TargetStatus => ({
  target: name,
  address: name,
  verdict: 'answers',
  sent: 9,
  answered: 9,
  lost: 0,
  late: 0,
  duplicates: 0,
  bytesOut: 756,
  bytesIn: 756,
  lossPercent: 0,
  rtt: { lastMs: 5, meanMs: 5, deviationMs: 0, p50Ms: 5, p95Ms: 5, jitterMs: 0 },
  windowSize: 9,
  timeoutMs: 160,
  why: null,
  ...over,
});
const path = (over: Partial<PathStatus>): PathStatus => ({
  family: 'inet',
  health: 'up',
  reason: 'answering',
  sinceMs: 0,
  holdRemainingMs: null,
  damping: { penalty: 0, suppressed: false, reuseInMs: null },
  availability: {
    sinceStart: { usableMs: 3_600_000, knownMs: 3_600_000 },
    day: { usableMs: 86_000_000, knownMs: 86_400_000 },
    week: { usableMs: 86_000_000, knownMs: 86_400_000 },
    month: { usableMs: 86_000_000, knownMs: 86_400_000 },
  },
  reasons: [],
  transitions: [],
  usable: true,
  address: '203.0.113.2',
  via: 'route-to',
  states: null,
  intervalMs: 1000,
  idle: false,
  targets: [],
  ...over,
});

t.test('why', async (t) => {
  const targets = [target('gateway'), target('9.9.9.9'), target('1.1.1.1', { verdict: 'failed' })];
  const rows: readonly (readonly [Partial<PathStatus>, string])[] = [
    [{ reason: 'answering', targets }, '2/3 targets answer'],
    [{ reason: 'probing', targets }, 'probing, 2/3 answer'],
    [{ reason: 'probe-loss', targets }, 'probe-loss, 2/3 answer'],
    [{ reason: 'probe-latency', health: 'degraded', targets }, 'probe-latency, 2/3 answer'],
    [{ reason: 'hold', holdRemainingMs: 6_001 }, 'hold, up in 7s'],
    [{ reason: 'hold', holdRemainingMs: 0 }, 'hold, up in 0s'],
    [{ reason: 'hold', holdRemainingMs: null }, 'hold'],
    [
      {
        reason: 'damped',
        holdRemainingMs: 6_001,
        damping: { penalty: 2431, suppressed: true, reuseInMs: 6_001 },
      },
      'damped, penalty 2431, up in 7s',
    ],
    [{ reason: 'starting' }, 'starting'],
    [{ reason: 'carrier-down' }, 'carrier-down'],
    [{ reason: 'no-route' }, 'no-route'],
  ];
  for (const [over, why] of rows) t.equal(renderWhy({ admin: 'enabled' }, path(over)), why);
  t.equal(renderWhy({ admin: 'drained' }, path({ reason: 'carrier-down' })), 'drained; carrier-down');
  t.equal(renderWhy({ admin: 'disabled' }, path({ health: 'down', reason: 'admin' })), 'disabled (admin)');
});

/** Links `a`, `b`, … with these healths, and a decision over them: a member each, `used` of them in use. */
const statusOf = (healths: readonly Partial<PathStatus>[]): Status => ({
  ...exampleStatus,
  links: exampleStatus.links
    .slice(0, 1)
    .flatMap((link) =>
      healths.map((over, at) => ({ ...link, name: 'abcdef'[at] ?? '', paths: [path(over)] })),
    ),
});
const decisionOf = (
  rung: PolicyFamilyStatus['rung'],
  tiers: readonly number[],
  used: string,
): PolicyFamilyStatus => ({
  family: 'inet',
  source: null,
  balance: 'weight',
  rung,
  sinceMs: 0,
  shares: [...used].map((link) => ({ link, percent: 100 / used.length })),
  members: tiers.map((tier, at) => {
    const link = 'abcdef'[at] ?? '';
    return { link, tier, weight: 1, used: used.includes(link), why: `why ${link}` };
  }),
  failovers: [],
});

t.test('why a policy goes where it goes', async (t) => {
  const up = {};
  const slow = { health: 'degraded', reason: 'probe-latency' } as const;
  const held = { health: 'unknown', reason: 'hold' } as const;
  const dead = { health: 'down', reason: 'carrier-down' } as const;
  type Row = readonly [
    readonly Partial<PathStatus>[],
    PolicyFamilyStatus['rung'],
    readonly number[],
    string,
    string,
  ];
  const rows: readonly Row[] = [
    [[up, up], 'up', [1, 1], 'ab', 'tier 1'],
    [[up, held], 'up', [1, 1], 'a', 'tier 1; b hold'],
    [[dead, up, dead], 'up', [1, 2, 3], 'b', 'tier 2; a carrier-down'],
    [[up, dead, held, slow, dead], 'up', [1, 1, 1, 1, 1], 'a', 'tier 1; b carrier-down, c hold, 2 more'],
    [[dead, slow], 'degraded', [1, 2], 'b', 'b probe-latency, a carrier-down'],
    [[slow, up], 'up', [1, 1], 'b', 'tier 1; a probe-latency'],
    [[up, up], 'none', [1, 1], '', 'why a'],
    [[], 'none', [], '', 'no members'],
  ];
  for (const [healths, rung, tiers, used, why] of rows)
    t.equal(renderDecisionWhy(statusOf(healths), decisionOf(rung, tiers, used)), why);
});

t.test('the share of a link', async (t) => {
  const [policy] = exampleStatus.policies;
  if (policy === undefined) throw new Error('the example has no policy');
  const sharesOf = (...decisions: readonly PolicyFamilyStatus[]): readonly string[] => {
    const status: Status = { ...exampleStatus, policies: [{ ...policy, families: decisions }] };
    return ['a', 'b'].map((link) => renderShare(status, link, 'inet'));
  };
  const all = decisionOf('up', [1, 1], 'ab');
  t.strictSame(sharesOf(all), ['50%', '50%']);
  t.strictSame(sharesOf({ ...all, family: 'inet6' }), ['-', '-']);
  t.strictSame(sharesOf(all, decisionOf('up', [1, 1], 'a')), ['50-100%', '0-50%']);
  t.strictSame(
    sharesOf(
      { ...decisionOf('up', [1, 1], 'a'), source: 'a' },
      { ...decisionOf('up', [1, 1], 'b'), source: 'b' },
    ),
    ['100%', '100%'],
    'what has another source could not go by it',
  );
  t.strictSame(sharesOf({ ...decisionOf('up', [1, 1], 'b'), source: 'a' }), ['0%', '100%']);
});

t.test('waits are rounded up', async (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [1, '1s'],
    [1_000, '1s'],
    [59_001, '60s'],
    [60_000, '60s'],
    [252_000, '4m12s'],
  ];
  for (const [length, text] of rows) t.equal(renderWait(length), text);
});

t.test('per cent never rounds to none or to all', async (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '0%'],
    [0.01, '0.1%'],
    [0.83, '0.8%'],
    [9.96, '10.0%'],
    [33.3, '33%'],
    [99.9, '99%'],
    [100, '100%'],
  ];
  for (const [percent, text] of rows) t.equal(renderPercent(percent), text);
});

t.test('round-trip times', async (t) => {
  const rtt = (p50Ms: number, p95Ms: number) =>
    target('x', { rtt: { lastMs: 1, meanMs: 1, deviationMs: 0, p50Ms, p95Ms, jitterMs: 0 } });
  t.equal(renderRtt(rtt(0.42, 0.9)), '0.4/0.9ms');
  t.equal(renderRtt(rtt(41.26, 99.9)), '41.3/99.9ms');
  t.equal(renderRtt(rtt(41.26, 388.4)), '41/388ms');
  t.equal(renderRtt(target('x', { rtt: null })), '-');
  t.equal(renderRtt(null), '-');
  t.equal(renderLoss(null), '-');
});

t.test('who speaks for a path', async (t) => {
  const rtt = (ms: number) => ({ lastMs: ms, meanMs: ms, deviationMs: 0, p50Ms: ms, p95Ms: ms, jitterMs: 0 });
  const gateway = target('gateway', { rtt: rtt(1) });
  const near = target('near', { rtt: rtt(8) });
  const far = target('far', { rtt: rtt(80) });
  const lossy = target('lossy', { rtt: rtt(2), lossPercent: 5 });
  const failed = target('failed', { verdict: 'failed', lossPercent: 100, rtt: null });
  const unproven = target('unproven', { verdict: 'unknown' });
  const fresh = target('fresh', { verdict: 'unknown', windowSize: 0, rtt: null });
  const rows: readonly (readonly [readonly TargetStatus[], string | undefined])[] = [
    [[gateway, lossy, far, near, failed], 'near'],
    [[gateway, failed], 'gateway'],
    [[gateway, lossy], 'lossy'],
    [[fresh, failed, unproven], 'unproven'],
    [[fresh, failed], 'failed'],
    [[], undefined],
  ];
  for (const [targets, name] of rows) {
    t.equal(bestTarget(path({ targets }))?.target, name);
    t.equal(bestTarget(path({ targets: [...targets].reverse() }))?.target, name);
  }
});

t.test('terminal', async (t) => {
  t.equal(wantsColour(true, {}), true);
  t.equal(wantsColour(false, {}), false);
  t.equal(wantsColour(true, { NO_COLOR: '1' }), false);
  t.equal(wantsColour(true, { NO_COLOR: '' }), true);
  t.equal(wantsColour(true, { TERM: 'dumb' }), false);
  t.equal(printable('é\u0000\t\u007f'), 'é\\x00\\x09\\x7f');
  const json = renderJson({ a: '\u009b\u001b' }, 0);
  t.equal(json, '{"a":"\\u009b\\u001b"}\n');
  t.strictSame(JSON.parse(json), { a: '\u009b\u001b' });
});
