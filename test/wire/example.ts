/**
 * A hand-made status document: a link that is up, though slow in inet6, one on hold, one whose cable is out, one not
 * trusted. Three policies: inet6 by prefix owner, a chain of probabilities, and a pool with nowhere to go.
 */
import type {
  LinkStatus,
  PathStatus,
  PolicyFamilyStatus,
  PolicyStatus,
  Status,
  TargetStatus,
} from '../../src/wire/status.ts';

const rtt = (p50Ms: number, p95Ms: number) => ({
  lastMs: p50Ms,
  meanMs: p50Ms,
  deviationMs: 0.3,
  p50Ms,
  p95Ms,
  jitterMs: 0.4,
});

const target = (over: Partial<TargetStatus> & Pick<TargetStatus, 'target'>): TargetStatus => ({
  address: over.target,
  verdict: 'answers',
  sent: 86_400,
  answered: 86_390,
  lost: 10,
  late: 0,
  duplicates: 0,
  bytesOut: 7_257_600,
  bytesIn: 7_256_760,
  lossPercent: 0,
  rtt: rtt(8.1, 11.2),
  windowSize: 60,
  timeoutMs: 160,
  why: null,
  ...over,
});

const failed = (name: string, why: string | null = null): TargetStatus =>
  target({ target: name, verdict: 'failed', lossPercent: 100, rtt: null, why });

const path = (over: Partial<PathStatus>): PathStatus => ({
  family: 'inet',
  health: 'up',
  reason: 'answering',
  sinceMs: 273_600_000,
  holdRemainingMs: null,
  damping: { penalty: 0, suppressed: false, reuseInMs: null },
  availability: {
    sinceStart: { usableMs: 3_600_000, knownMs: 3_600_000 },
    day: { usableMs: 86_000_000, knownMs: 86_400_000 },
    week: { usableMs: 86_000_000, knownMs: 86_400_000 },
    month: { usableMs: 86_000_000, knownMs: 86_400_000 },
  },
  reasons: [
    {
      health: 'up',
      reason: 'answering',
      sinceStart: { times: 1, lastedMs: 3_600_000 },
      day: { times: 2, lastedMs: 86_000_000 },
      week: { times: 2, lastedMs: 86_000_000 },
      month: { times: 2, lastedMs: 86_000_000 },
    },
    {
      health: 'down',
      reason: 'probe-loss',
      sinceStart: { times: 0, lastedMs: 0 },
      day: { times: 1, lastedMs: 400_000 },
      week: { times: 1, lastedMs: 400_000 },
      month: { times: 1, lastedMs: 400_000 },
    },
  ],
  transitions: [{ agoMs: 400_000, from: 'down', to: 'up', reason: 'answering', lastedMs: 4_300 }],
  usable: true,
  address: '203.0.113.2',
  via: 'route-to',
  states: 1804,
  intervalMs: 1000,
  idle: false,
  targets: [],
  ...over,
});

const link = (over: Partial<LinkStatus>, ...paths: readonly Partial<PathStatus>[]): LinkStatus => ({
  name: 'fibre',
  interface: 'em0',
  carrier: 'up',
  rtable: 101,
  rdomain: 0,
  gateway: '203.0.113.1',
  gateway6: null,
  weight: 3,
  tier: 1,
  nat: true,
  nat6: 'no',
  prefix6: [],
  metered: false,
  probeBytes: { out: 21_772_800, in: 21_770_280, month: 43_543_080, budget: null },
  admin: 'enabled',
  ...over,
  paths: paths.map(path),
});

const member = (link: string, tier: number, weight: number, used: boolean, why: string) => ({
  link,
  tier,
  weight,
  used,
  why,
});

const decision = (
  over: Partial<PolicyFamilyStatus> & Pick<PolicyFamilyStatus, 'members'>,
): PolicyFamilyStatus => ({
  family: 'inet',
  source: null,
  balance: 'weight',
  rung: 'up',
  sinceMs: 3_100,
  shares: [{ link: 'fibre', percent: 100 }],
  failovers: [],
  ...over,
});

const policy = (
  over: Partial<PolicyStatus> & Pick<PolicyStatus, 'name'>,
  ...decisions: readonly PolicyFamilyStatus[]
): PolicyStatus => ({
  tag: `uplink_${over.name}`,
  balance: 'weight',
  sticky: false,
  degraded: 'avoid',
  failback: null,
  empty: 'last-resort',
  families: decisions,
  ...over,
});

export const exampleStatus: Status = {
  version: 1,
  daemon: {
    version: '0.1.0',
    pid: 4711,
    config: '/etc/uplinkd.conf',
    uptimeMs: 273_601_000,
    settingsLoadedMsAgo: 11_220_000,
  },
  links: [
    link(
      { gateway6: 'fe80::1', prefix6: ['2001:db8:a::/48'] },
      {
        targets: [
          target({ target: 'gateway', address: '203.0.113.1', rtt: rtt(0.42, 0.9) }),
          target({ target: '9.9.9.9', lossPercent: 0.83, rtt: rtt(8.1, 11.2) }),
          failed('1.1.1.1'),
        ],
      },
      {
        family: 'inet6',
        health: 'degraded',
        reason: 'probe-latency',
        sinceMs: 252_000,
        targets: [target({ target: '2620:fe::fe', rtt: rtt(310, 402) })],
      },
    ),
    link(
      { name: 'dsl', interface: 'em1', rtable: 102, gateway: '198.51.100.1', weight: 1 },
      {
        health: 'unknown',
        reason: 'hold',
        sinceMs: 3_100,
        holdRemainingMs: 6_900,
        targets: [target({ target: '9.9.9.9', rtt: rtt(41.26, 388), late: 2, duplicates: 1 })],
      },
    ),
    link(
      {
        name: 'lte',
        interface: 'em3',
        rtable: 103,
        gateway: '192.0.2.1',
        tier: 2,
        carrier: 'down',
        metered: true,
      },
      {
        health: 'down',
        reason: 'carrier-down',
        sinceMs: 252_000,
        usable: false,
        states: 0,
        damping: { penalty: 1450, suppressed: true, reuseInMs: 64_000 },
        availability: {
          sinceStart: { usableMs: 9_309_000, knownMs: 100_000_000 },
          day: { usableMs: 8_639_990, knownMs: 8_640_000 },
          week: { usableMs: 0, knownMs: 86_400_000 },
          month: { usableMs: 0, knownMs: 0 },
        },
        transitions: [
          { agoMs: 900_000, from: 'unknown', to: 'up', reason: 'answering', lastedMs: 2_000 },
          { agoMs: 600_000, from: 'up', to: 'down', reason: 'carrier-down', lastedMs: 300_000 },
          { agoMs: 540_000, from: 'down', to: 'up', reason: 'answering', lastedMs: 60_000 },
          { agoMs: 252_000, from: 'up', to: 'down', reason: 'carrier-down', lastedMs: 288_000 },
        ],
      },
    ),
    link(
      { name: 'radio', interface: 'em4', rtable: 104, gateway: '100.64.0.1', tier: 2, weight: 1, nat: false },
      {
        health: 'down',
        reason: 'probe-loss',
        sinceMs: 2_100,
        targets: [
          failed('gateway', 'ping: sendmsg: Host is down'),
          target({ target: '9.9.9.9', verdict: 'unknown', windowSize: 0, rtt: null }),
        ],
      },
    ),
  ],
  policies: [
    policy(
      { name: 'default' },
      decision({
        members: [
          member('fibre', 1, 3, true, 'tier 1, up (answering)'),
          member('dsl', 1, 1, false, 'unknown (hold)'),
          member('lte', 2, 3, false, 'down (carrier-down)'),
          member('radio', 3, 1, false, 'down (probe-loss)'),
        ],
        failovers: [{ lost: ['fibre'], rung: 'recovering', shares: [{ link: 'dsl', percent: 100 }] }],
      }),
      decision({
        family: 'inet6',
        source: 'fibre',
        rung: 'degraded',
        sinceMs: 252_000,
        members: [
          member('fibre', 1, 3, true, 'degraded: degraded (probe-latency)'),
          member('dsl', 1, 1, false, 'no gateway6'),
          member('lte', 2, 3, false, 'no gateway6'),
          member('radio', 3, 1, false, 'no gateway6'),
        ],
        failovers: [{ lost: ['fibre'], rung: 'none', shares: [] }],
      }),
    ),
    policy(
      { name: 'voip', failback: 'move', degraded: 'use', empty: 'drop' },
      decision({
        sinceMs: 1_000,
        rung: 'recovering',
        shares: [
          { link: 'fibre', percent: 66.666_666 },
          { link: 'dsl', percent: 33.333_333 },
        ],
        members: [
          member('fibre', 1, 2, true, 'recovering: unknown (hold)'),
          member('dsl', 1, 1, true, 'recovering: unknown (hold)'),
        ],
        failovers: [
          { lost: ['fibre'], rung: 'recovering', shares: [{ link: 'dsl', percent: 100 }] },
          { lost: ['fibre', 'dsl'], rung: 'none', shares: [] },
        ],
      }),
    ),
    policy(
      { name: 'guest', balance: 'least-states', sticky: true, failback: 'stay', degraded: 'never' },
      decision({
        rung: 'none',
        sinceMs: 252_000,
        shares: [],
        members: [member('lte', 1, 1, false, 'down (carrier-down)')],
      }),
    ),
  ],
  ownTraffic: {
    mode: 'best',
    families: [
      { family: 'inet', links: ['fibre'] },
      { family: 'inet6', links: [] },
    ],
  },
  pf: {
    anchor: 'uplinkd',
    applied: 'known',
    rules: [
      'pass in quick inet all flags S/SA label "uplink:fibre" tagged uplink_default route-to 203.0.113.1',
      'block return in quick all label "uplink::default" tagged uplink_default',
    ],
    pools: [
      {
        anchor: 'uplinkd/guest',
        rules: [
          'table <pool_inet> persist { }',
          'pass in quick inet all flags S/SA label "uplink::guest" tagged uplink_guest route-to <pool_inet> least-states sticky-address',
        ],
      },
    ],
    called: true,
    loads: 12,
    loadFailures: 1,
    kills: 312,
    busy: false,
    failure: null,
    reactions: [{ cause: 'lte carrier-down', toLoadMs: 1.25, toLoadedMs: 5.5, toDoneMs: 9.5 }],
  },
  carp: { group: 'carp', role: 'master', demotedBy: 50, lost: ['guest'], holdRemainingMs: null },
  history: [
    {
      atMs: 1_795_165_503_123,
      severity: 'notice',
      text: 'link lte inet: up -> down (carrier-down), up for 3d04h',
    },
    { atMs: 1_795_165_503_130, severity: 'warning', text: 'pf: killed 312 states of lte' },
  ],
};
