/**
 * The figures: one picture of the daemon -> families. Their names are described one by one in docs/uplinkd.8, METRICS, which is the
 * contract. Names as Prometheus wants them: base units, `_total` for what only grows, one meaning for each label.
 */
import type { Histogram, Tally } from '../core/tally.ts';
import type { Family, Labels, Sample } from './exposition.ts';
import { flag, one } from './figure.ts';
import { ofLinks, ofPolicies, ofProbes } from './link-metrics.ts';
import type { Status } from './status.ts';

export interface HookFigures {
  readonly kind: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly events: number;
  readonly running: boolean;
}

export interface MetricsInput {
  readonly status: Status;
  readonly tally: Tally;
  readonly hooks: readonly HookFigures[];
  readonly reloads: {
    readonly succeeded: number;
    readonly failed: number;
    /** The last one, or the start. */
    readonly isLastGood: boolean;
    /** Wall clock, milliseconds since 1970. */
    readonly lastGoodAtMs: number;
  };
  /** By link: pf states of the rules that are in force; null: could not be told. */
  readonly states: ReadonlyMap<string, number> | null;
  readonly process: {
    readonly startedAtMs: number;
    readonly cpuSeconds: number;
    readonly residentBytes: number;
    readonly node: string;
  };
}

const lengths = (histogram: Histogram, labels: Labels): readonly Sample[] => [
  ...histogram.bounds.map((bound, index) => ({
    suffix: '_bucket',
    // OpenMetrics wants floats there: 1.0.
    labels: { ...labels, le: String(bound / 1000).replace(/^\d+$/, '$&.0') },
    value: histogram.counts[index] ?? 0,
  })),
  { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: histogram.count },
  { suffix: '_sum', labels, value: histogram.sum / 1000 },
  { suffix: '_count', labels, value: histogram.count },
];

const ofPf = ({ status: { pf }, tally, states: held }: MetricsInput): readonly Family[] => {
  const kinds = ['apply', 'inspect'] as const;
  return [
    one('gauge', 'uplinkd_pf_in_place', '1 if pf is known to hold what it should.', [
      { value: flag(pf.applied === 'known') },
    ]),
    one('gauge', 'uplinkd_pf_called', '1 if the main rule set calls the anchor, as far as is known.', [
      { value: flag(pf.called) },
    ]),
    one(
      'gauge',
      'uplinkd_pf_failing',
      '1 if the last transaction has failed and is going to be tried again.',
      [{ value: flag(pf.failure !== null) }],
    ),
    one('gauge', 'uplinkd_pf_rules', 'Rules that the anchor should hold.', [{ value: pf.rules.length }]),
    one('counter', 'uplinkd_pf_loads_total', 'Loads of the anchor.', [{ value: pf.loads }]),
    one(
      'counter',
      'uplinkd_pf_transactions_total',
      'Transactions: apply writes, inspect only looks.',
      kinds.flatMap((kind) => [
        { labels: { kind, outcome: 'done' }, value: tally.transactions[kind].done },
        { labels: { kind, outcome: 'failed' }, value: tally.transactions[kind].failed },
      ]),
    ),
    one(
      'histogram',
      'uplinkd_pf_transaction_duration_seconds',
      'How long transactions took, with all their calls of pfctl.',
      kinds.flatMap((kind) => lengths(tally.transactions[kind].took, { kind })),
      'seconds',
    ),
    one(
      'histogram',
      'uplinkd_reaction_duration_seconds',
      'From the kernel telling of a change of carrier to the end of the transaction that answers it.',
      lengths(tally.reactions, {}),
      'seconds',
    ),
    one(
      'counter',
      'uplinkd_pf_killed_states_total',
      'States ended because their link was to be left.',
      [...tally.killed].map(([link, value]) => ({ labels: { link }, value })),
    ),
    one(
      'gauge',
      'uplinkd_pf_states',
      'States of the rules in force that have the label of the link: since the last load, a connection has two.',
      [...(held ?? [])].map(([link, value]) => ({ labels: { link }, value })),
    ),
  ];
};

const ofChanges = ({ tally }: MetricsInput): readonly Family[] => [
  one(
    'counter',
    'uplinkd_path_transitions_total',
    'Changes of health that were logged, by what it became and why.',
    [...tally.transitions.values()].map(({ link, family, to, reason, count }) => ({
      labels: { link, family, health: to, reason },
      value: count,
    })),
  ),
  one(
    'counter',
    'uplinkd_policy_changes_total',
    'Changes of the shares of new connections.',
    [...tally.policies.values()].map(({ policy, family, count }) => ({
      labels: { policy, family },
      value: count,
    })),
  ),
];

const ofHooks = ({ hooks }: MetricsInput): readonly Family[] => [
  one(
    'counter',
    'uplinkd_hook_events_total',
    'Events that the hook was to be told of.',
    hooks.map(({ kind, events }) => ({ labels: { event: kind }, value: events })),
  ),
  one(
    'counter',
    'uplinkd_hook_runs_total',
    'Runs of the hook that have ended.',
    hooks.flatMap(({ kind, succeeded, failed, timedOut }) => [
      { labels: { event: kind, outcome: 'succeeded' }, value: succeeded },
      { labels: { event: kind, outcome: 'failed' }, value: failed },
      { labels: { event: kind, outcome: 'timed_out' }, value: timedOut },
    ]),
  ),
  one(
    'gauge',
    'uplinkd_hook_running',
    '1 while the hook runs.',
    hooks.map(({ kind, running }) => ({ labels: { event: kind }, value: flag(running) })),
  ),
];

const ofDaemon = ({ status, reloads, process }: MetricsInput): readonly Family[] => [
  one('info', 'uplinkd_build_info', 'The version that runs.', [
    { labels: { version: status.daemon.version, node: process.node }, value: 1 },
  ]),
  one('counter', 'uplinkd_config_reloads_total', 'Reloads of the configuration.', [
    { labels: { outcome: 'succeeded' }, value: reloads.succeeded },
    { labels: { outcome: 'failed' }, value: reloads.failed },
  ]),
  one(
    'gauge',
    'uplinkd_config_last_reload_successful',
    '1 if the last configuration that was read is in force.',
    [{ value: flag(reloads.isLastGood) }],
  ),
  one(
    'gauge',
    'uplinkd_config_last_reload_success_timestamp_seconds',
    'When the configuration in force was read.',
    [{ value: reloads.lastGoodAtMs / 1000 }],
    'seconds',
  ),
  one(
    'gauge',
    'process_start_time_seconds',
    'When the daemon was started.',
    [{ value: process.startedAtMs / 1000 }],
    'seconds',
  ),
  one(
    'counter',
    'process_cpu_seconds_total',
    'Processor time of the daemon, without its children.',
    [{ value: process.cpuSeconds }],
    'seconds',
  ),
  one(
    'gauge',
    'process_resident_memory_bytes',
    'Memory of the daemon, without its children.',
    [{ value: process.residentBytes }],
    'bytes',
  ),
];

export const metricsOf = (input: MetricsInput): readonly Family[] => [
  ...ofDaemon(input),
  ...ofLinks(input.status),
  ...ofProbes(input.status),
  ...ofPolicies(input.status),
  ...ofChanges(input),
  ...ofPf(input),
  ...ofHooks(input),
];
