/**
 * What a turn has to say of paths and policies: the difference between what was last said and what is now, as notes.
 */
import { type Decision, decisionKey, type Rung, sharePercents } from './decide.ts';
import { holdEnds } from './health.ts';
import type { Note } from './note.ts';
import type { PathHealth } from './path.ts';
import { type Mono, since } from './time.ts';

/** `settled` is the path as it was when the last turn ended; undefined for one that is new. */
export const healthNotes = (
  settled: PathHealth | undefined,
  after: PathHealth,
  now: Mono,
): readonly Note[] => {
  // A path that is seen for the first time was unknown until now, or is what it was before a restart.
  const before = settled ?? {
    ...after,
    health: after.evidence?.kind === 'missing' ? 'unknown' : after.health,
  };
  const notes: Note[] = [];
  const isNews =
    before.health !== after.health || (after.health === 'down' && before.reason !== after.reason);
  if (isNews) {
    const count = after.targets.filter((target) => target.verdict === 'answers').length;
    notes.push({
      kind: 'health',
      link: after.link,
      family: after.family,
      from: before.health,
      to: after.health,
      reason: after.reason,
      lasted: since(now, before.since),
      answering: after.reason === 'probe-loss' ? { count, of: after.targets.length } : null,
    });
  }
  if (after.reason === 'damped' && before.reason !== 'damped') {
    notes.push({ kind: 'damped', path: after.key, wait: since(holdEnds(after) ?? now, now) });
  }
  for (const target of after.targets) {
    const was = before.targets.find((each) => each.probe.key === target.probe.key)?.verdict;
    if (was === undefined || was === target.verdict || after.health === 'down') continue;
    const common = { path: after.key, target: target.target };
    if (target.verdict === 'failed')
      notes.push({ kind: 'target-failed', ...common, complaint: target.complaint });
    if (target.verdict === 'answers' && was === 'failed') notes.push({ kind: 'target-answers', ...common });
  }
  return notes;
};

const remarkOf = (rung: Rung): string | null => (rung === 'up' || rung === 'none' ? null : rung);

export const policyNotes = (before: readonly Decision[], after: readonly Decision[]): readonly Note[] =>
  after.flatMap((decision): readonly Note[] => {
    const was = before.find((each) => decisionKey(each) === decisionKey(decision));
    const from = sharePercents(was?.shares ?? []);
    const to = sharePercents(decision.shares);
    const remark = remarkOf(decision.rung);
    // That shares which were not trusted are trusted now is no news while they are the same.
    const isSame =
      JSON.stringify(from) === JSON.stringify(to) &&
      (remark === null || remarkOf(was?.rung ?? 'up') === remark);
    return isSame
      ? []
      : [
          {
            kind: 'policy',
            policy: decision.policy,
            family: decision.family,
            source: decision.source,
            from,
            to,
            remark,
          },
        ];
  });
