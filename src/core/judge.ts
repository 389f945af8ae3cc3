/**
 * All paths at an instant: each is judged if anything was heard of it, or is due. What is as it was is the same object as
 * before, and copies are made of what changes only: this is gone through for every answer to every ping.
 */

import { pathDeadline, stepPath } from './health.ts';
import type { PathKey, Probe } from './model.ts';
import type { Note } from './note.ts';
import type { PathHealth } from './path.ts';
import { healthNotes } from './tell.ts';
import { earliest, type Mono } from './time.ts';

export type Paths = ReadonlyMap<PathKey, PathHealth>;

/** A path as it was judged last, and when it has to be looked at again if nothing is heard of it. */
export interface Judgement {
  readonly path: PathHealth;
  readonly due: Mono | null;
}

export type Judgements = ReadonlyMap<PathKey, Judgement>;

const isStill = (was: Judgement | undefined, path: PathHealth, now: Mono): was is Judgement =>
  was?.path === path && (was.due === null || was.due > now);

const withoutGone = (judged: Judgements, paths: Paths): Judgements =>
  judged.size === paths.size ? judged : new Map([...judged].filter(([key]) => paths.has(key)));

/** Every path as it is at `now`. */
export const judgePaths = (
  before: Paths,
  judgedBefore: Judgements,
  now: Mono,
): { readonly paths: Paths; readonly judged: Judgements } => {
  let paths: Map<PathKey, PathHealth> | null = null;
  let judged: Map<PathKey, Judgement> | null = null;
  for (const path of before.values()) {
    const { key } = path;
    if (isStill(judgedBefore.get(key), path, now)) continue;
    const stepped = stepPath(path, now);
    judged ??= new Map(judgedBefore);
    judged.set(key, { path: stepped, due: pathDeadline(stepped) });
    if (stepped === path) continue;
    paths ??= new Map(before);
    paths.set(key, stepped);
  }
  return { paths: paths ?? before, judged: withoutGone(judged ?? judgedBefore, before) };
};

export const firstDue = (judged: Judgements): Mono | null => {
  let first: Mono | null = null;
  for (const { due } of judged.values()) first = earliest(first, due);
  return first;
};

/** What is to be said of paths that are not as they were when the last turn ended. */
export const pathNotes = (settled: Paths, paths: Paths, now: Mono): readonly Note[] => {
  const notes: Note[] = [];
  for (const path of paths.values()) {
    const was = settled.get(path.key);
    if (was !== path) notes.push(...healthNotes(was, path, now));
  }
  return notes;
};

/** Steady ones, and those of a burst while it lasts. */
const probesOf = ({ targets, confirming: { burst } }: PathHealth): readonly { readonly probe: Probe }[] => {
  if (burst === null) return targets;
  const { witness } = burst;
  return [...targets, ...burst.targets, ...(witness === null ? [] : [witness])];
};

/** Every probe that should be running, as the list that was handed out last if it still holds. */
export const findProbes = (before: readonly Probe[], paths: Paths): readonly Probe[] => {
  let count = 0;
  let isSame = true;
  for (const path of paths.values()) {
    if (!path.isRouted) continue;
    for (const { probe } of probesOf(path)) {
      isSame &&= probe === before[count];
      count += 1;
    }
  }
  if (isSame && count === before.length) return before;
  return [...paths.values()]
    .filter((path) => path.isRouted)
    .flatMap((path) => probesOf(path).map(({ probe }) => probe));
};
