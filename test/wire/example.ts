/** A hand-made status document: a link that is up, one on hold, one whose cable is out, one not trusted. */
import type { LinkStatus, PathStatus, Status, TargetStatus } from '../../src/wire/status.ts';

const rtt = (p50Ms: number, p95Ms: number) => ({
  lastMs: p50Ms,
  meanMs: p50Ms,
  deviationMs: 0.3,
  p50Ms,
  p95Ms,
});

const target = (over: Partial<TargetStatus> & Pick<TargetStatus, 'target'>): TargetStatus => ({
  address: over.target,
  verdict: 'answers',
  sent: 86_400,
  answered: 86_390,
  lost: 10,
  late: 0,
  duplicates: 0,
  lossPercent: 0,
  rtt: rtt(8.1, 11.2),
  windowSize: 60,
  why: null,
  ...over,
});

const failed = (name: string, why: string | null = null): TargetStatus =>
  target({ target: name, verdict: 'failed', lossPercent: 100, rtt: null, why });

const link = (over: Partial<LinkStatus>, path: Partial<PathStatus>): LinkStatus => ({
  name: 'fibre',
  interface: 'em0',
  carrier: 'up',
  rtable: 101,
  gateway: '203.0.113.1',
  weight: 3,
  tier: 1,
  nat: true,
  ...over,
  paths: [
    {
      family: 'inet',
      health: 'up',
      reason: 'answering',
      sinceMs: 273_600_000,
      holdRemainingMs: null,
      usable: true,
      targets: [],
      ...path,
    },
  ],
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
      {},
      {
        targets: [
          target({ target: 'gateway', address: '203.0.113.1', rtt: rtt(0.42, 0.9) }),
          target({ target: '9.9.9.9', lossPercent: 0.83, rtt: rtt(8.1, 11.2) }),
          failed('1.1.1.1'),
        ],
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
      { name: 'lte', interface: 'em3', rtable: 103, gateway: '192.0.2.1', tier: 2, carrier: 'down' },
      { health: 'down', reason: 'carrier-down', sinceMs: 252_000, usable: false },
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
    {
      name: 'default',
      tag: 'uplink_default',
      families: [
        {
          family: 'inet',
          rung: 'up',
          sinceMs: 3_100,
          shares: [{ link: 'fibre', percent: 100 }],
          members: [
            { link: 'fibre', tier: 1, weight: 3, used: true, why: 'up' },
            { link: 'dsl', tier: 1, weight: 1, used: false, why: 'hold' },
            { link: 'lte', tier: 2, weight: 3, used: false, why: 'carrier-down' },
          ],
        },
      ],
    },
    {
      name: 'voip',
      tag: 'uplink_voip',
      families: [
        {
          family: 'inet',
          rung: 'recovering',
          sinceMs: 1_000,
          shares: [
            { link: 'fibre', percent: 66.666_666 },
            { link: 'dsl', percent: 33.333_333 },
          ],
          members: [
            { link: 'fibre', tier: 1, weight: 2, used: true, why: 'up' },
            { link: 'dsl', tier: 1, weight: 1, used: true, why: 'answers again' },
          ],
        },
      ],
    },
    {
      name: 'guest',
      tag: 'uplink_guest',
      families: [
        {
          family: 'inet',
          rung: 'none',
          sinceMs: 252_000,
          shares: [],
          members: [{ link: 'lte', tier: 1, weight: 1, used: false, why: 'carrier-down' }],
        },
      ],
    },
  ],
  pf: {
    anchor: 'uplinkd',
    applied: 'known',
    rules: [
      'pass in quick inet all flags S/SA label "uplink:fibre" tagged uplink_default route-to 203.0.113.1',
      'block return in quick all label "uplink::default" tagged uplink_default',
    ],
    loads: 12,
    loadFailures: 1,
    kills: 312,
    busy: false,
    failure: null,
    reactions: [{ cause: 'lte carrier-down', toLoadMs: 1.25, toLoadedMs: 5.5, toDoneMs: 9.5 }],
  },
  history: [
    {
      atMs: 1_795_165_503_123,
      severity: 'notice',
      text: 'link lte inet: up -> down (carrier-down), up for 3d04h',
    },
    { atMs: 1_795_165_503_130, severity: 'warning', text: 'pf: killed 312 states of lte' },
  ],
};
