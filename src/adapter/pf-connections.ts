/**
 * How many connections go by each path now, from the list of all pf states (`pfctl -ss`). The list is long and the kernel copies it whole
 * (DIOCGETSTATES in pf_ioctl.c), so it is only made when somebody asks to see it, once for all who ask within a while, and is read as
 * it comes; who asks waits for it no longer than a moment.
 */
import { type Mono, millis, plus } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands } from '../port/commands.ts';
import { createLineReader } from '../text/lines.ts';
import { createStateCounter, type StatePlace } from '../text/pf-state-count.ts';

/** Of a hundred thousand states pfctl takes a second or two to tell. */
const LONGEST = millis(3000);
const FRESH = millis(5000);
const MAX_LINE = 512;

/** By path. Null: pfctl could not tell, or not in time. */
export type Connections = ReadonlyMap<StatePlace['path'], number> | null;

export interface PfConnections {
  /** Never rejects. */
  count(places: readonly StatePlace[]): Promise<Connections>;
}

export const createPfConnections = ({
  commands,
  clock,
}: {
  readonly commands: Commands;
  readonly clock: Clock;
}): PfConnections => {
  let known: { readonly until: Mono; readonly of: string; readonly counts: Connections } | null = null;
  let asking: { readonly of: string; readonly counts: Promise<Connections> } | null = null;

  const list = (places: readonly StatePlace[]): Promise<Connections> =>
    new Promise((resolve) => {
      const lines = createLineReader({ maxLength: MAX_LINE });
      const counter = createStateCounter(places);
      let hasEnded = false;
      let unwatch = (): void => {};
      const end = (counts: Connections): void => {
        hasEnded = true;
        unwatch();
        resolve(counts);
      };
      const stream = commands.stream('pfctl', ['-ss'], {
        onStdout: (chunk) => {
          for (const line of lines.push(chunk)) counter.push(line);
        },
        onStderr: () => {},
        onEnd: (how) => {
          const isWhole = how.kind === 'exited' && how.code === 0 && lines.end() === null;
          if (!hasEnded) end(isWhole ? counter.counts : null);
        },
      });
      if (hasEnded) return;
      unwatch = clock.after(LONGEST, () => {
        end(null);
        stream.stop();
      });
    });

  return {
    count: (places) => {
      const of = JSON.stringify(places);
      if (known !== null && known.of === of && clock.now() < known.until)
        return Promise.resolve(known.counts);
      if (asking?.of === of) return asking.counts;
      const counts = list(places).then((found) => {
        known = { until: plus(clock.now(), FRESH), of, counts: found };
        if (asking?.of === of) asking = null;
        return found;
      });
      asking = { of, counts };
      return counts;
    },
  };
};
