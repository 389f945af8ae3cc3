/** Notes of every kind, with their severity and exact words. */
import type { Note, NoteSeverity } from '../../src/core/note.ts';
import { millis } from '../../src/core/time.ts';

const health = {
  kind: 'health',
  link: 'fibre',
  family: 'inet',
  from: 'up',
  to: 'down',
  reason: 'carrier-down',
  lasted: millis(273_600_000),
  answering: null,
} as const;
const policy = {
  kind: 'policy',
  policy: 'default',
  family: 'inet',
  source: null,
  from: [
    { link: 'fibre', percent: 75 },
    { link: 'dsl', percent: 25 },
  ],
  to: [{ link: 'dsl', percent: 100 }],
  remark: null,
} as const;
const failure = { text: 'syntax error', line: 3, rule: 'pass in foo' };
const failed = { kind: 'pf-failed', anchor: 'uplinkd', step: 'load', failure, retryIn: millis(200) } as const;

const pathWish = {
  kind: 'path',
  id: 'fibre/inet',
  family: 'inet',
  rtable: 101,
  gateway: '203.0.113.1',
} as const;

const ownWish = {
  kind: 'own',
  id: 'own/inet',
  family: 'inet',
  rtable: 0,
  gateways: ['203.0.113.1', '198.51.100.1'],
} as const;

export const noteRows: readonly (readonly [Note, NoteSeverity, string])[] = [
  // the first three lines of INTERFACE.md
  [health, 'warning', 'link fibre inet: up -> down (carrier-down), up for 3d04h'],
  [policy, 'notice', 'policy default inet: fibre 75% dsl 25% -> dsl 100%'],
  [
    { kind: 'pf-loaded', anchor: 'uplinkd', rules: 9, took: millis(3.2) },
    'info',
    'pf: anchor uplinkd loaded, 9 rules, 3 ms',
  ],
  [{ kind: 'pf-killed', link: 'fibre', count: 312, again: false }, 'info', 'pf: killed 312 states of fibre'],
  [{ kind: 'pf-killed', link: 'fibre', count: 0, again: false }, 'debug', 'pf: killed 0 states of fibre'],
  [
    { kind: 'pf-killed', link: 'fibre', count: 2, again: true },
    'info',
    'pf: killed 2 states of fibre (stragglers)',
  ],
  [
    { kind: 'pf-killed', link: 'fibre', count: 0, again: true },
    'debug',
    'pf: killed 0 states of fibre (stragglers)',
  ],
  [
    { ...health, reason: 'probe-loss', lasted: millis(2100), answering: { count: 1, of: 3 } },
    'warning',
    'link fibre inet: up -> down (probe-loss), 1/3 targets answer, up for 2.1s',
  ],
  [
    { ...health, from: 'unknown', to: 'up', reason: 'answering', lasted: millis(43) },
    'notice',
    'link fibre inet: unknown -> up (answering), unknown for 43ms',
  ],
  [
    { ...health, to: 'unknown', reason: 'probing', lasted: millis(60_000) },
    'info',
    'link fibre inet: up -> unknown (probing), up for 1m00s',
  ],
  [{ ...policy, from: [] }, 'notice', 'policy default inet: nothing -> dsl 100%'],
  [{ ...policy, to: [] }, 'warning', 'policy default inet: fibre 75% dsl 25% -> nothing'],
  [
    { ...policy, remark: 'last-resort' },
    'warning',
    'policy default inet: fibre 75% dsl 25% -> dsl 100% (last-resort)',
  ],
  [
    { ...policy, family: 'inet6', source: 'fibre', remark: 'degraded' },
    'warning',
    'policy default inet6 from fibre: fibre 75% dsl 25% -> dsl 100% (degraded)',
  ],
  [
    { ...health, to: 'degraded', reason: 'probe-latency', lasted: millis(5000) },
    'info',
    'link fibre inet: up -> degraded (probe-latency), up for 5.0s',
  ],
  [
    { kind: 'damped', path: 'fibre/inet', wait: millis(167_000) },
    'notice',
    'link fibre inet: damped for 2m47s, it fell too often',
  ],
  [
    { kind: 'pf-uncalled', anchor: 'wan' },
    'err',
    'pf: the main rule set does not use the anchor; add the line to pf.conf: anchor "wan"',
  ],
  [
    { kind: 'sweep-failed', text: 'pfctl: no', retryIn: millis(800) },
    'warning',
    'pf: cannot look for states on dead links: pfctl: no; again in 800ms',
  ],
  [
    { kind: 'target-failed', path: 'fibre/inet', target: '9.9.9.9', complaint: null },
    'warning',
    'link fibre inet: target 9.9.9.9 does not answer',
  ],
  [
    {
      kind: 'target-failed',
      path: 'fibre/inet',
      target: 'gateway',
      complaint: 'sendmsg: No route to host',
    },
    'warning',
    'link fibre inet: target gateway does not answer (sendmsg: No route to host)',
  ],
  [
    { kind: 'target-answers', path: 'fibre/inet', target: '9.9.9.9' },
    'info',
    'link fibre inet: target 9.9.9.9 answers',
  ],
  [
    failed,
    'err',
    'pf: anchor uplinkd: load failed: syntax error, line 3 "pass in foo"; the rules stay as they are; again in 200ms',
  ],
  [
    { ...failed, failure: { ...failure, rule: null } },
    'err',
    'pf: anchor uplinkd: load failed: syntax error, line 3; the rules stay as they are; again in 200ms',
  ],
  [
    { ...failed, step: 'kill', failure: { text: 'no', line: null, rule: null } },
    'err',
    'pf: anchor uplinkd: kill failed: no; again in 200ms',
  ],
  [
    { ...failed, step: 'inspect', failure: { text: 'no', line: null, rule: null } },
    'err',
    'pf: anchor uplinkd: inspect failed: no; the rules stay as they are; again in 200ms',
  ],
  [
    { kind: 'pf-recovered', anchor: 'uplinkd', failures: 3 },
    'info',
    'pf: anchor uplinkd: works again after 3 failures',
  ],
  [
    { kind: 'pf-foreign', differences: ['rules', 'uplinkd_local'] },
    'warning',
    'pf: changed by somebody else, putting it back: rules; uplinkd_local',
  ],
  [
    { kind: 'route-set', wish: pathWish },
    'debug',
    'link fibre inet: default route of rtable 101 is 203.0.113.1',
  ],
  [
    { kind: 'route-failed', wish: pathWish, text: 'route: no' },
    'warning',
    'link fibre inet: cannot set the default route of rtable 101: route: no',
  ],
  [
    { kind: 'probe-ended', probe: 'fibre/inet/9.9.9.9', how: 'ping: killed', restartIn: millis(1500) },
    'debug',
    'probe fibre/inet/9.9.9.9: ended (ping: killed), again in 1.5s',
  ],
  [{ kind: 'trouble', source: 'monitor', text: 'route monitor: died' }, 'warning', 'route monitor: died'],
  [{ kind: 'trouble-over', source: 'ifconfig' }, 'info', 'ifconfig: works again'],
  [
    {
      kind: 'budget',
      link: 'lte',
      interval: millis(300_000),
      isStretched: true,
      month: '2026-11',
      used: 31_240_000,
      budget: 50_000_000,
    },
    'info',
    'link lte: probed every 5m00s while idle, to keep its budget: 31.2M of 50.0M used in 2026-11',
  ],
  [
    {
      kind: 'budget',
      link: 'lte',
      interval: millis(60_000),
      isStretched: false,
      month: '2026-12',
      used: 0,
      budget: 50_000_000,
    },
    'info',
    'link lte: probed every 1m00s while idle again: 0.0M of 50.0M used in 2026-12',
  ],
  [{ kind: 'late', by: millis(10_000) }, 'info', 'late by 10.0s: probes of that time do not count'],
  [{ kind: 'no-rtable-left', link: 'lte' }, 'err', 'link lte: no routing table number left for it'],
  [
    { kind: 'admin', link: 'fibre', from: 'enabled', to: 'drained' },
    'notice',
    'link fibre: enabled -> drained (admin)',
  ],
  [
    { kind: 'admin', link: 'fibre', from: 'disabled', to: 'disabled' },
    'notice',
    'link fibre: still disabled (admin)',
  ],
  [
    { kind: 'pf-recovered', anchor: 'uplinkd', failures: 1 },
    'info',
    'pf: anchor uplinkd: works again after a failure',
  ],
  [{ kind: 'route-set', wish: ownWish }, 'info', 'default route of rtable 0 inet: 203.0.113.1 198.51.100.1'],
  [{ kind: 'route-set', wish: { ...ownWish, gateways: [] } }, 'info', 'default route of rtable 0 inet: none'],
  [
    {
      kind: 'route-set',
      wish: { kind: 'captured', id: 'captured/inet', family: 'inet', rtable: 0, interfaces: ['em1', 'em2'] },
    },
    'debug',
    'default route of dhcpleased taken out of rtable 0: em1 em2',
  ],
  [
    {
      kind: 'route-failed',
      wish: { kind: 'captured', id: 'captured/inet', family: 'inet', rtable: 0, interfaces: ['em1'] },
      text: 'route: no',
    },
    'warning',
    'cannot take the default route of dhcpleased out of rtable 0: route: no',
  ],
  [
    { kind: 'route-failed', wish: ownWish, text: 'route: no' },
    'warning',
    'cannot set the default route of rtable 0 inet: route: no',
  ],
  [
    {
      kind: 'route-warning',
      text: 'default_route = "multipath", but net.inet.ip.multipath is 0, so only one of the routes is used: sysctl net.inet.ip.multipath=1',
    },
    'warning',
    'default_route = "multipath", but net.inet.ip.multipath is 0, so only one of the routes is used: sysctl net.inet.ip.multipath=1',
  ],
  [
    { kind: 'conflict', path: 'dsl/inet', with: 'fibre', what: 'the gateway 192.168.1.1' },
    'warning',
    'link dsl inet: not used: link fibre has the gateway 192.168.1.1 as well, and the kernel cannot tell them apart; ' +
      'give it a routing domain of its own (see RDOMAINS in uplinkd.conf(5))',
  ],
  [
    { kind: 'confirm-refused', text: 'ping: only root may use an interval smaller than one second' },
    'warning',
    'probes: cannot confirm losses quickly: ping: only root may use an interval smaller than one second; ' +
      'a silent link is down after `fall` losses',
  ],
  [
    { kind: 'carp', group: 'carp', by: 50, policies: ['default', 'voip'] },
    'warning',
    'carp: group carp demoted by 50: no link to trust for policy default, voip',
  ],
  [{ kind: 'carp', group: 'carp', by: 0, policies: [] }, 'notice', 'carp: group carp no longer demoted'],
  [{ kind: 'carp-role', role: 'master' }, 'notice', 'carp: master'],
  [{ kind: 'carp-role', role: 'backup' }, 'notice', 'carp: backup: no states are killed, no hook is run'],
  [
    { kind: 'carp-failed', group: 'carp', text: 'ifconfig: no', retryIn: millis(1000) },
    'err',
    'carp: cannot change the demote counter of carp: ifconfig: no; again in 1.0s',
  ],
];
