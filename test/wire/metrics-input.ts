/** Every figure has a sample here. */
import { newTally, stepNotes, stepReaction, stepTransaction } from '../../src/core/tally.ts';
import { millis } from '../../src/core/time.ts';
import type { MetricsInput } from '../../src/wire/metrics.ts';
import { exampleStatus } from './example.ts';

const tally = stepReaction(
  stepTransaction(
    stepTransaction(
      stepNotes(newTally, [
        {
          kind: 'health',
          link: 'lte',
          family: 'inet',
          from: 'up',
          to: 'down',
          reason: 'carrier-down',
          lasted: millis(1),
          answering: null,
        },
        {
          kind: 'policy',
          policy: 'default',
          family: 'inet',
          source: null,
          from: [],
          to: [{ link: 'fibre', percent: 100 }],
          remark: null,
        },
        { kind: 'pf-killed', link: 'lte', count: 312, again: false },
        { kind: 'pf-killed', link: 'lte', count: 1, again: true },
        { kind: 'pf-uncalled', anchor: 'uplinkd' },
      ]),
      'apply',
      true,
      millis(12.5),
    ),
    'inspect',
    false,
    millis(5),
  ),
  millis(31),
);

export const metricsInput: MetricsInput = {
  status: exampleStatus,
  tally,
  hooks: ['link', 'policy', 'pf'].map((kind) => ({
    kind,
    succeeded: 3,
    failed: 1,
    timedOut: 0,
    events: 9,
    running: kind === 'link',
  })),
  reloads: { succeeded: 2, failed: 1, isLastGood: false, lastGoodAtMs: 1_795_000_000_500 },
  states: new Map([
    ['fibre', 1804],
    ['lte', 0],
  ]),
  process: { startedAtMs: 1_794_000_000_000, cpuSeconds: 12.34, residentBytes: 61_000_000, node: '20.20.2' },
};
