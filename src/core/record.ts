/**
 * The record of each path: what became of its health and why, and how much of the time it could be used. It is kept, never
 * asked: nothing is decided by it.
 */
import {
  type Availability,
  newAvailability,
  recallAvailability,
  rememberAvailability,
  type Standing,
  stepAvailability,
} from './availability.ts';
import { isUsable, type PathHealth } from './health.ts';
import type { Memory, RecordMemory } from './memory.ts';
import type { Health, PathKey, Reason } from './model.ts';
import { type Millis, type Mono, since } from './time.ts';

export interface Transition {
  readonly at: Mono;
  readonly from: Health;
  readonly to: Health;
  readonly reason: Reason;
  /** How long the path had been in `from`. */
  readonly lasted: Millis;
}

export interface PathRecord {
  /** Oldest first, the last of them. */
  readonly transitions: readonly Transition[];
  readonly availability: Availability;
}

export type Records = ReadonlyMap<PathKey, PathRecord>;

const TRANSITIONS = 32;

/** Before it is judged, or taken out by hand, nobody knows whether it would do. */
const standingOf = (path: PathHealth): Standing => {
  if (isUsable(path)) return 'usable';
  return path.reason === 'starting' || path.reason === 'admin' ? 'unknown' : 'unusable';
};

const newRecord = (now: Mono): PathRecord => ({ transitions: [], availability: newAvailability(now) });

const withTransition = (record: PathRecord, was: PathHealth, path: PathHealth, now: Mono): PathRecord => ({
  availability: stepAvailability(record.availability, standingOf(was), now),
  transitions:
    was.health === path.health && was.reason === path.reason
      ? record.transitions
      : [
          ...record.transitions,
          { at: now, from: was.health, to: path.health, reason: path.reason, lasted: since(now, was.since) },
        ].slice(-TRANSITIONS),
});

/** What has changed since the last turn goes into the books; the same records if nothing has. */
export const keepRecords = (
  records: Records,
  settled: ReadonlyMap<PathKey, PathHealth>,
  paths: ReadonlyMap<PathKey, PathHealth>,
  now: Mono,
): Records => {
  let next: Map<PathKey, PathRecord> | null = null;
  for (const path of paths.values()) {
    const record = records.get(path.key);
    const was = settled.get(path.key);
    const isSame = was === path || (was?.health === path.health && was.reason === path.reason);
    if (record !== undefined && isSame) continue;
    next ??= new Map(records);
    if (record === undefined) next.set(path.key, newRecord(now));
    else next.set(path.key, was === undefined ? record : withTransition(record, was, path, now));
  }
  const kept = next ?? records;
  return kept.size === paths.size ? kept : new Map([...kept].filter(([key]) => paths.has(key)));
};

/** Nobody looked from `from` on: of that time nothing is known. */
export const skipRecords = (
  records: Records,
  paths: ReadonlyMap<PathKey, PathHealth>,
  from: Mono,
  now: Mono,
): Records =>
  new Map(
    [...records].map(([key, record]) => {
      const path = paths.get(key);
      const until =
        path === undefined
          ? record.availability
          : stepAvailability(record.availability, standingOf(path), from);
      return [key, { ...record, availability: stepAvailability(until, 'unknown', now) }];
    }),
  );

/** The books up to `now`. */
export const availabilityNow = (record: PathRecord, path: PathHealth, now: Mono): Availability =>
  stepAvailability(record.availability, standingOf(path), now);

export const recallRecords = (memory: Memory, now: Mono): Records =>
  new Map(
    memory.records.map(({ path, availability }) => [
      path,
      { transitions: [], availability: recallAvailability(availability, memory.age, now) },
    ]),
  );

export const rememberRecords = (
  records: Records,
  paths: ReadonlyMap<PathKey, PathHealth>,
  now: Mono,
): readonly RecordMemory[] =>
  [...records].flatMap(([key, record]) => {
    const path = paths.get(key);
    return path === undefined
      ? []
      : [{ path: key, availability: rememberAvailability(availabilityNow(record, path, now)) }];
  });
