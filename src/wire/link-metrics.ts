/**
 * The figures of links, paths, targets and policies, from the status document. Described in docs/uplinkd.8, METRICS, as all of them.
 */
import type { Family, Labels } from './exposition.ts';
import { flag, one, states } from './figure.ts';
import { health as healths, reason as reasons, rung as rungs, type Status } from './status.ts';

const paths = ({ links }: Status) =>
  links.flatMap((link) =>
    link.paths.map((path) => ({ path, labels: { link: link.name, family: path.family } as Labels })),
  );

const targets = (status: Status) =>
  paths(status).flatMap(({ path, labels }) =>
    path.targets.map((target) => ({ target, labels: { ...labels, target: target.target } as Labels })),
  );

const decisions = ({ policies }: Status) =>
  policies.flatMap((policy) =>
    policy.families.map((decision) => ({
      decision,
      labels: { policy: policy.name, family: decision.family, source: decision.source ?? '' } as Labels,
    })),
  );

const shares = (status: Status) =>
  paths(status).flatMap(({ path: { availability }, labels }) =>
    (
      [
        ['start', availability.sinceStart],
        ['day', availability.day],
        ['week', availability.week],
        ['month', availability.month],
      ] as const
    ).flatMap(([window, { usableMs, knownMs }]) =>
      knownMs === 0 ? [] : [{ labels: { ...labels, window } as Labels, value: usableMs / knownMs }],
    ),
  );

export const ofLinks = (status: Status): readonly Family[] => {
  const used = (link: string, family: string | undefined): boolean =>
    decisions(status).some(
      ({ decision }) => decision.family === family && decision.shares.some((share) => share.link === link),
    );
  return [
    one(
      'stateset',
      'uplinkd_link_carrier',
      'Carrier of the interface.',
      status.links.flatMap(({ name, interface: nic, carrier }) =>
        states(
          'uplinkd_link_carrier',
          ['up', 'down', 'unknown', 'absent'],
          { link: name, interface: nic },
          carrier,
        ),
      ),
    ),
    one(
      'stateset',
      'uplinkd_link_admin',
      'What was said of the link by hand.',
      status.links.flatMap(({ name, admin }) =>
        states('uplinkd_link_admin', ['enabled', 'drained', 'disabled'], { link: name }, admin),
      ),
    ),
    one(
      'counter',
      'uplinkd_link_probe_bytes_total',
      'IP packets of all probes of the link, bursts included.',
      status.links.flatMap(({ name, probeBytes }) =>
        (['out', 'in'] as const).map((direction) => ({
          labels: { link: name, direction },
          value: probeBytes[direction],
        })),
      ),
      'bytes',
    ),
    one(
      'gauge',
      'uplinkd_link_probe_month_bytes',
      'The same of this month, both ways, over restarts.',
      status.links.flatMap(({ name, probeBytes: { month } }) =>
        month === null ? [] : [{ labels: { link: name }, value: month }],
      ),
      'bytes',
    ),
    one(
      'gauge',
      'uplinkd_link_probe_budget_bytes',
      'What probes of the link may take in a month.',
      status.links.flatMap(({ name, probeBytes: { budget } }) =>
        budget === null ? [] : [{ labels: { link: name }, value: budget }],
      ),
      'bytes',
    ),
    one(
      'gauge',
      'uplinkd_path_probe_interval_seconds',
      'Between two requests to a target of the path, as it is now.',
      paths(status).map(({ path, labels }) => ({ labels, value: path.intervalMs / 1000 })),
      'seconds',
    ),
    one(
      'stateset',
      'uplinkd_path_health',
      'Health of the path.',
      paths(status).flatMap(({ path, labels }) =>
        states('uplinkd_path_health', healths.options, labels, path.health),
      ),
    ),
    one(
      'gauge',
      'uplinkd_path_up',
      '1 if the path is up or degraded.',
      paths(status).map(({ path, labels }) => ({
        labels,
        value: flag(path.health === 'up' || path.health === 'degraded'),
      })),
    ),
    one(
      'stateset',
      'uplinkd_path_reason',
      'Why the path has its health.',
      paths(status).flatMap(({ path, labels }) =>
        states('uplinkd_path_reason', reasons.options, labels, path.reason),
      ),
    ),
    one(
      'gauge',
      'uplinkd_path_health_age_seconds',
      'How long the health has been so.',
      paths(status).map(({ path, labels }) => ({ labels, value: path.sinceMs / 1000 })),
      'seconds',
    ),
    one(
      'gauge',
      'uplinkd_path_active',
      '1 if some policy sends new connections there.',
      paths(status).map(({ path, labels }) => ({
        labels,
        value: flag(used(labels['link'] ?? '', path.family)),
      })),
    ),
    one(
      'gauge',
      'uplinkd_path_hold_remaining_seconds',
      'When the path will be up if its targets go on answering.',
      paths(status).flatMap(({ path, labels }) =>
        path.holdRemainingMs === null ? [] : [{ labels, value: path.holdRemainingMs / 1000 }],
      ),
      'seconds',
    ),
    one(
      'gauge',
      'uplinkd_path_damping_penalty',
      'What the falls of the path have brought it, as it has decayed.',
      paths(status).map(({ path, labels }) => ({ labels, value: path.damping.penalty })),
    ),
    one(
      'gauge',
      'uplinkd_path_damping_suppressed',
      '1 if the path fell too often lately.',
      paths(status).map(({ path, labels }) => ({ labels, value: flag(path.damping.suppressed) })),
    ),
    one(
      'gauge',
      'uplinkd_path_availability_ratio',
      'Share of the time that the path was up or degraded, 0 to 1.',
      shares(status),
      'ratio',
    ),
  ];
};

export const ofProbes = (status: Status): readonly Family[] => {
  const all = targets(status);
  type Target = (typeof all)[number]['target'];
  const gauge = (
    name: string,
    help: string,
    read: (target: Target) => number | null,
    unit?: 'seconds' | 'ratio',
  ) =>
    one(
      'gauge',
      name,
      help,
      all.flatMap(({ target, labels }) => {
        const value = read(target);
        return value === null ? [] : [{ labels, value }];
      }),
      unit,
    );
  const counter = (name: string, help: string, read: (target: Target) => number) =>
    one(
      'counter',
      name,
      help,
      all.map(({ target, labels }) => ({ labels, value: read(target) })),
    );
  const rtt = (name: string, help: string, read: (rtt: NonNullable<Target['rtt']>) => number) =>
    gauge(name, help, (target) => (target.rtt === null ? null : read(target.rtt) / 1000), 'seconds');
  return [
    gauge('uplinkd_target_up', '1 if the target answers.', (target) => flag(target.verdict === 'answers')),
    gauge(
      'uplinkd_target_loss_ratio',
      'Lost requests of the window, 0 to 1.',
      (target) => (target.windowSize === 0 ? null : target.lossPercent / 100),
      'ratio',
    ),
    rtt(
      'uplinkd_target_rtt_p50_seconds',
      'Round-trip time that half of the window is below.',
      (each) => each.p50Ms,
    ),
    rtt(
      'uplinkd_target_rtt_p95_seconds',
      'Round-trip time that 95% of the window are below.',
      (each) => each.p95Ms,
    ),
    rtt('uplinkd_target_rtt_mean_seconds', 'Mean round-trip time of the window.', (each) => each.meanMs),
    rtt(
      'uplinkd_target_jitter_seconds',
      'Mean difference between the time of an answer and that of the answer before it.',
      (each) => each.jitterMs,
    ),
    counter('uplinkd_probe_requests_total', 'Requests whose outcome is known.', (target) => target.sent),
    counter('uplinkd_probe_losses_total', 'Requests without an answer in time.', (target) => target.lost),
    counter('uplinkd_probe_late_answers_total', 'Answers after the time-out.', (target) => target.late),
    counter('uplinkd_probe_duplicate_answers_total', 'Second answers.', (target) => target.duplicates),
    one(
      'counter',
      'uplinkd_probe_bytes_total',
      'IP packets of probes, both ways, without what the link puts around them.',
      all.map(({ target, labels }) => ({
        labels,
        value: target.bytesOut + target.bytesIn,
      })),
      'bytes',
    ),
  ];
};

export const ofPolicies = (status: Status): readonly Family[] => [
  one(
    'stateset',
    'uplinkd_policy_rung',
    'The step of the ladder that the members in use stand on.',
    decisions(status).flatMap(({ decision, labels }) =>
      states('uplinkd_policy_rung', rungs.options, labels, decision.rung),
    ),
  ),
  one(
    'gauge',
    'uplinkd_policy_share_ratio',
    'Share of new connections that a member gets, 0 to 1.',
    decisions(status).flatMap(({ decision, labels }) =>
      decision.members.map(({ link }) => ({
        labels: { ...labels, link },
        value: (decision.shares.find((share) => share.link === link)?.percent ?? 0) / 100,
      })),
    ),
    'ratio',
  ),
];
