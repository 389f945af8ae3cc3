/** Feeds the rings that the page plots: looks at the windows every few seconds, and has them written every ten minutes. */
import type { SeriesFile } from '../adapter/series-file.ts';
import type { Engine } from '../core/engine.ts';
import { type Counts, countedSince } from '../core/figures.ts';
import { millis } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import { type OutcomeSample, restoreSeries, type SeriesStore, stepSeries } from '../wire/series.ts';
import { renderSeriesFile } from '../wire/series-file.ts';

const LOOK = millis(5000);
const WRITE_MS = 600_000;

export interface Plots {
  /** Whether anybody can see them: otherwise nothing is kept. */
  configure(isWanted: boolean): void;
  store(): SeriesStore;
  /** Writes what is not written yet. */
  stop(): void;
}

/** By path and target: what had been counted when it was looked at last. */
export type Seen = ReadonlyMap<string, Counts>;

/** What is new in each window since the last look. Counters of a path that has become another one begin anew. */
export const takeOutcomes = (
  seen: Seen,
  paths: Engine['paths'],
): { readonly seen: Seen; readonly samples: readonly OutcomeSample[] } => {
  const next = new Map<string, Counts>();
  const samples: OutcomeSample[] = [];
  for (const path of paths.values()) {
    for (const { target, window } of path.targets) {
      const key = `${path.key} ${target}`;
      const counted = countedSince(seen.get(key), window);
      next.set(key, window);
      const sent = counted.answered + counted.lost;
      // Those that have left the window since are counted by what is left of it.
      const outcomes = sent === 0 ? [] : window.outcomes.slice(-sent);
      const missed = outcomes.filter((outcome) => outcome === null).length;
      const lost = outcomes.length === 0 ? 0 : Math.round((missed * sent) / outcomes.length);
      const rttsMs = outcomes.filter((outcome) => outcome !== null);
      samples.push({ key, sent: outcomes.length === 0 ? 0 : sent, lost, rttsMs });
    }
  }
  return { seen: next, samples };
};

export const createPlots = (parts: {
  readonly clock: Clock;
  readonly engine: () => Engine;
  readonly file: SeriesFile;
}): Plots => {
  const { clock, engine, file } = parts;
  let store: SeriesStore | null = null;
  let seen: Seen = new Map();
  let cancel = (): void => {};
  let writtenAt = clock.now();
  let isWanted = false;
  const look = (): void => {
    if (store !== null) {
      const taken = takeOutcomes(seen, engine().paths);
      seen = taken.seen;
      store = stepSeries(store, taken.samples, clock.wall(), clock.now());
      if (clock.now() - writtenAt >= WRITE_MS) write();
    }
    cancel = clock.after(LOOK, look);
  };
  const write = (): void => {
    writtenAt = clock.now();
    if (store !== null && store.series.length > 0) file.write(renderSeriesFile(store));
  };
  const stop = (): void => {
    cancel();
    if (isWanted) write();
    isWanted = false;
  };
  return {
    configure: (wanted) => {
      if (wanted === isWanted) return;
      if (!wanted) {
        stop();
        return;
      }
      isWanted = true;
      store ??= restoreSeries(file.read(), clock.now());
      // What was measured while nobody looked is not of this moment.
      seen = takeOutcomes(new Map(), engine().paths).seen;
      writtenAt = clock.now();
      cancel = clock.after(LOOK, look);
    },
    store: () => store ?? restoreSeries([], clock.now()),
    stop,
  };
};
