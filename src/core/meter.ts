/**
 * What probes have cost each link: bytes since the start, and in each month, which is what a tariff counts. Months are told by the
 * daemon, since only it has a wall clock; until it has told one, and between two looks at it, bytes wait to be booked. A clock that is stepped
 * into another month and back finds each month as it was. What has to follow from it is pace.ts's.
 */
import { BURST_COUNT } from './burst.ts';
import { countedSince } from './figures.ts';
import type { PathKey } from './model.ts';
import type { PathHealth } from './path.ts';
import { bytesOf, rowBytes } from './probe-bytes.ts';

export interface MonthBytes {
  /** `2026-11`. */
  readonly month: string;
  readonly bytes: number;
}

export interface LinkMeter {
  /** Since the start. */
  readonly out: number;
  readonly in: number;
  /** Both ways, in no month yet. */
  readonly unbooked: number;
  /** The last that were told, the latest last. */
  readonly months: readonly MonthBytes[];
}

export type Meters = ReadonlyMap<string, LinkMeter>;

/** This month, and what a clock that is wrong may make of it. */
const MONTHS = 3;

const newMeter: LinkMeter = { out: 0, in: 0, unbooked: 0, months: [] };

export const meterOf = (meters: Meters, link: string): LinkMeter => meters.get(link) ?? newMeter;

export const withBytes = (meters: Meters, link: string, out: number, back: number): Meters => {
  if (out === 0 && back === 0) return meters;
  const was = meterOf(meters, link);
  const { months } = was;
  const unbooked = was.unbooked + out + back;
  return new Map(meters).set(link, { out: was.out + out, in: was.in + back, unbooked, months });
};

/** Bursts that were begun; their answers are counted as they are heard. */
const stepBursts = (was: PathHealth | undefined, { confirming }: PathHealth): number => {
  const { burst, begun } = confirming;
  if (burst === null || begun === (was?.confirming.begun ?? 0)) return 0;
  return burst.targets.reduce((sum, { probe }) => sum + BURST_COUNT * bytesOf(probe).out, 0);
};

/** With what the paths have sent and got since they were as in `settled`; the same meters if that is nothing. */
export const stepMeters = (
  meters: Meters,
  settled: ReadonlyMap<PathKey, PathHealth>,
  paths: ReadonlyMap<PathKey, PathHealth>,
): Meters => {
  let next = meters;
  for (const path of paths.values()) {
    const was = settled.get(path.key);
    if (was === path) continue;
    let out = stepBursts(was, path);
    let back = 0;
    for (const target of path.targets) {
      const before = was?.targets.find((each) => each.target === target.target);
      if (before?.window === target.window) continue;
      const step = rowBytes(target.probe, countedSince(before?.window, target.window));
      out += step.out;
      back += step.in;
    }
    next = withBytes(next, path.link, out, back);
  }
  return next;
};

/** An answer to a request of a burst. */
export const meterBurstAnswer = (meters: Meters, path: PathHealth, key: string): Meters => {
  const found = path.confirming.burst?.targets.find(({ probe }) => probe.key === key);
  if (found === undefined) return meters;
  const { answered } = bytesOf(found.probe);
  return withBytes(meters, path.link, answered.out, answered.in);
};

/** Puts what is in no month yet into this one. */
export const bookMonth = (meters: Meters, month: string): Meters =>
  new Map(
    [...meters].map(([link, meter]) => {
      const was = meter.months.find((each) => each.month === month)?.bytes ?? 0;
      const others = meter.months.filter((each) => each.month !== month);
      const months = [...others, { month, bytes: was + meter.unbooked }].slice(-MONTHS);
      return [link, { ...meter, unbooked: 0, months }];
    }),
  );

/** Both ways, in that month so far; null: it is not known which month it is. */
export const bytesInMonth = (meter: LinkMeter, month: string | null): number | null =>
  month === null ? null : (meter.months.find((each) => each.month === month)?.bytes ?? 0) + meter.unbooked;

/** What a restart must not forget. */
export type MonthMemory = readonly { readonly link: string; readonly months: readonly MonthBytes[] }[];

/** With what is in no month yet, if it is known which month it is. */
export const rememberMeters = (meters: Meters, month: string | null): MonthMemory =>
  [...(month === null ? meters : bookMonth(meters, month))].map(([link, { months }]) => ({ link, months }));

export const recallMeters = (memory: MonthMemory): Meters =>
  new Map(memory.map(({ link, months }) => [link, { ...newMeter, months }]));
