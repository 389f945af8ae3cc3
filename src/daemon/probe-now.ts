/**
 * `uplinkctl probe LINK`: asks every target of a link at once, by the link's own routing table, beside the probes that run
 * in any case. Bounded: one at a time for a link. It has no say in the link's health.
 */
import type { Engine } from '../core/engine.ts';
import { pathsToProbe } from '../core/probe-now.ts';
import { millis } from '../core/time.ts';
import type { Pinger, PingOutcome } from '../port/pinger.ts';
import type { PingReply } from '../wire/control.ts';
import type { ControlActions } from './control.ts';

const INTERVAL = millis(200);
/** Longer than any timeout that is of use for a probe: an answer that comes late is of interest here. */
const TIMEOUT = millis(2000);

const outcomeFields = (outcome: PingOutcome): Pick<PingReply, 'seq' | 'outcome' | 'rttMs' | 'why'> => ({
  seq: outcome.seq,
  outcome: outcome.kind,
  rttMs: outcome.kind === 'answered' ? outcome.rttMs : null,
  why: outcome.kind === 'answered' ? null : (outcome.why ?? null),
});

export const createProbeNow = (settings: {
  readonly engine: () => Engine;
  readonly pinger: Pinger;
}): ControlActions['probe'] => {
  const { engine, pinger } = settings;
  const busy = new Set<string>();
  return (link, count, tell, end) => {
    if (busy.has(link)) return `link ${link} is being probed already`;
    const paths = pathsToProbe(engine(), link);
    busy.add(link);
    let isOver = false;
    const finish = (): void => {
      isOver = true;
      busy.delete(link);
    };
    const requests = paths.flatMap((path) =>
      path.kind === 'none' ? [] : path.targets.map(({ target, probe }) => ({ target, probe })),
    );
    for (const path of paths) {
      if (path.kind !== 'none') continue;
      const nothing = { target: null, address: null, seq: 0, outcome: 'not-sent', rttMs: null } as const;
      tell({ kind: 'ping', link, family: path.family, ...nothing, why: path.reason });
    }
    let running = requests.length;
    if (running === 0) {
      finish();
      end();
      return () => {};
    }
    const pings = requests.map(({ target, probe: { ask, family, address, rtable, longest } }) =>
      pinger.ping(
        {
          ask,
          family,
          address,
          rtable,
          count,
          interval: INTERVAL,
          timeout: ask.kind === 'ping' ? TIMEOUT : longest,
        },
        (outcome) => tell({ kind: 'ping', link, family, target, address, ...outcomeFields(outcome) }),
        () => {
          running -= 1;
          if (running > 0 || isOver) return;
          finish();
          end();
        },
      ),
    );
    return () => {
      if (isOver) return;
      finish();
      for (const ping of pings) ping.stop();
    };
  };
};
