/**
 * How many pf states each link has, for figures: from the counters of the rules (`pfctl -a ANCHOR -vsr`), a call that costs nothing
 * however large the state table is. Asked for when somebody reads the figures, and not more often than the answer changes.
 */
import { type Millis, type Mono, millis, plus } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands } from '../port/commands.ts';
import { parseRuleCounters } from '../text/pfctl.ts';

const TIMEOUT_MS = 2000;
const FRESH: Millis = millis(5000);

export interface PfStates {
  /** By link. Null: pfctl could not tell. Never rejects. */
  read(anchor: string): Promise<ReadonlyMap<string, number> | null>;
}

/** `uplink:fibre`, `uplink:fibre:in`, and of inet6 `uplink:fibre:inet6`, `uplink:fibre:inet6:in`; probes are ours and no connection. */
const linkOf = (rule: string): string | null =>
  / label "uplink:([a-z][a-z0-9_]*)(?::inet6)?(?::in)?"/.exec(rule)?.[1] ?? null;

export const sumStates = (stdout: string): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const { rule, states } of parseRuleCounters(stdout)) {
    const link = linkOf(rule);
    if (link !== null) sums.set(link, (sums.get(link) ?? 0) + states);
  }
  return sums;
};

export const createPfStates = ({
  commands,
  clock,
}: {
  readonly commands: Commands;
  readonly clock: Clock;
}): PfStates => {
  let known: {
    readonly until: Mono;
    readonly anchor: string;
    readonly sums: ReadonlyMap<string, number> | null;
  } | null = null;
  let asking: Promise<ReadonlyMap<string, number> | null> | null = null;
  const ask = async (anchor: string): Promise<ReadonlyMap<string, number> | null> => {
    const result = await commands.run('pfctl', ['-a', anchor, '-v', '-sr'], { timeoutMs: TIMEOUT_MS });
    const sums = result.kind === 'exited' && result.code === 0 ? sumStates(result.stdout) : null;
    known = { until: plus(clock.now(), FRESH), anchor, sums };
    asking = null;
    return sums;
  };
  return {
    read: (anchor) => {
      if (known !== null && known.anchor === anchor && clock.now() < known.until)
        return Promise.resolve(known.sums);
      asking ??= ask(anchor);
      return asking;
    },
  };
};
