/** Counts what the loop has done, and gathers everything that the figures tell into one picture. */
import type { Hooks } from '../adapter/hook.ts';
import type { PfStates } from '../adapter/pf-states.ts';
import { newTally, stepNotes, stepReaction, stepTransaction, type Tally } from '../core/tally.ts';
import type { Clock } from '../port/clock.ts';
import { type Format, renderFamilies } from '../wire/exposition.ts';
import { type MetricsInput, metricsOf } from '../wire/metrics.ts';
import type { Status } from '../wire/status.ts';
import type { Done, Loop } from './loop.ts';

export interface Figures {
  /** A configuration was read, and is in force now or was refused. */
  reloaded(isGood: boolean): void;
  /** All figures as text. */
  read(format: Format): Promise<string>;
}

const step = (tally: Tally, done: Done): Tally => {
  switch (done.kind) {
    case 'turn':
      return stepNotes(tally, done.notes);
    case 'pf':
      return stepTransaction(tally, done.transaction, done.isDone, done.took);
    case 'reaction':
      return stepReaction(tally, done.took);
  }
};

const processFigures = (): Omit<MetricsInput['process'], 'startedAtMs'> => {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    node: process.versions.node,
  };
};

export const createFigures = (parts: {
  readonly clock: Clock;
  readonly loop: Pick<Loop, 'follow'>;
  readonly hooks: Pick<Hooks, 'counts'>;
  readonly states: PfStates;
  readonly status: () => Status;
}): Figures => {
  const { clock, loop, hooks, states, status } = parts;
  const startedAtMs = clock.wall();
  let tally = newTally;
  let reloads: MetricsInput['reloads'] = {
    succeeded: 0,
    failed: 0,
    isLastGood: true,
    lastGoodAtMs: startedAtMs,
  };
  loop.follow((done) => {
    tally = step(tally, done);
  });
  return {
    reloaded: (isLastGood) => {
      reloads = isLastGood
        ? { ...reloads, succeeded: reloads.succeeded + 1, isLastGood, lastGoodAtMs: clock.wall() }
        : { ...reloads, failed: reloads.failed + 1, isLastGood };
    },
    read: async (format) => {
      const held = await states.read(status().pf.anchor);
      const input: MetricsInput = {
        status: status(),
        tally,
        hooks: hooks.counts(),
        reloads,
        states: held,
        process: { startedAtMs, ...processFigures() },
      };
      return renderFamilies(metricsOf(input), format);
    },
  };
};
