/** Turns that come late: what nobody was there to hear is not held against a link. */
import { stepBurstLate } from './confirm.ts';
import { type Engine, mapPaths, say } from './engine.ts';
import { skipPath } from './health.ts';
import { skipRecords } from './record.ts';
import { type Mono, millis, plus, since } from './time.ts';

/** A turn this much after its deadline: what ping has printed meanwhile may be unread yet. */
const LATE = millis(15);
/** It is waited for as long again, up to this, but not twice in a row: on a slow machine every turn may be late, and links still die. */
const UNREAD_WAIT = 100;
/** A turn this much after its deadline means that we slept, and the pings perhaps as well. */
const SLEPT = millis(2000);

/**
 * If this turn is late, nobody was listening. A little: what came meanwhile is read before anything is judged. A lot: the
 * losses of that time are ours, not the links', and do not count.
 */
export const distrustGap = (engine: Engine, now: Mono): Engine => {
  if (engine.deadline === null || now <= plus(engine.deadline, LATE)) return engine;
  const by = since(now, engine.deadline);
  if (by <= SLEPT) {
    const judgeAt = engine.judgeAt ?? plus(now, millis(Math.min(UNREAD_WAIT, by)));
    const { deadline } = engine;
    return mapPaths({ ...engine, deadline: null, judgeAt }, (path) => {
      const confirming = stepBurstLate(path.confirming, deadline, now);
      return confirming === path.confirming ? path : { ...path, confirming };
    });
  }
  const skipped = mapPaths({ ...engine, deadline: null }, (path) => skipPath(path, by, now));
  const records = skipRecords(engine.records, engine.paths, engine.deadline, now);
  return say({ ...skipped, records }, { kind: 'late', by });
};
