/**
 * The record of each path: what became of its health and why, and how much of the time it was what. It is kept over
 * restarts and reboots, and never asked: nothing is decided by it.
 */
import {
  type Availability,
  countSpell,
  newAvailability,
  recallAvailability,
  rememberAvailability,
  stepAvailability,
} from './availability.ts';
import type { Memory, RecordMemory } from './memory.ts';
import type { Health, PathKey, Reason } from './model.ts';
import type { PathHealth } from './path.ts';
import { type Millis, type Mono, mono, since } from './time.ts';

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

const newRecord = (path: PathHealth, now: Mono): PathRecord => ({
  transitions: [],
  availability: countSpell(newAvailability(now), path),
});

const withTransition = (record: PathRecord, was: PathHealth, path: PathHealth, now: Mono): PathRecord => {
  const availability = stepAvailability(record.availability, was, now);
  // Younger than what it has become: that was recalled from before a restart, and did not happen now.
  if (path.since < was.since) return { ...record, availability };
  const lasted = since(now, was.since);
  const transition = { at: now, from: was.health, to: path.health, reason: path.reason, lasted };
  return {
    availability: countSpell(availability, path),
    transitions: [...record.transitions, transition].slice(-TRANSITIONS),
  };
};

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
    if (record === undefined) next.set(path.key, newRecord(path, now));
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
        path === undefined ? record.availability : stepAvailability(record.availability, path, from);
      return [key, { ...record, availability: stepAvailability(until, null, now) }];
    }),
  );

/** The books up to `now`. */
export const availabilityNow = (record: PathRecord, path: PathHealth, now: Mono): Availability =>
  stepAvailability(record.availability, path, now);

export const recallRecords = ({ records, age }: Memory, now: Mono): Records =>
  new Map(
    records.map(({ path, transitions, availability }) => [
      path,
      {
        transitions: transitions
          .slice(-TRANSITIONS)
          .map(({ ago, ...transition }) => ({ ...transition, at: mono(now - age - ago) })),
        availability: recallAvailability(availability, age, now),
      },
    ]),
  );

export const rememberRecords = (
  records: Records,
  paths: ReadonlyMap<PathKey, PathHealth>,
  now: Mono,
): readonly RecordMemory[] =>
  [...records].flatMap(([key, record]) => {
    const path = paths.get(key);
    if (path === undefined) return [];
    return [
      {
        path: key,
        transitions: record.transitions.map(({ at, ...transition }) => ({
          ago: since(now, at),
          ...transition,
        })),
        availability: rememberAvailability(availabilityNow(record, path, now)),
      },
    ];
  });
