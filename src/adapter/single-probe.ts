/**
 * A probe that takes a process a request (ask.ts): one an interval, and none while the last is still running, so that one that
 * hangs does not get company. What a missing answer means is not judged here: losses are known by time, in the core.
 */
import type { Probe } from '../core/model.ts';
import type { Observation } from '../core/observation.ts';
import { type Millis, millis, plus, since } from '../core/time.ts';
import { askOnce, type Means, type Reply, type Request } from './ask.ts';
import { createBackoff } from './backoff.ts';

const FIRST_DELAY = millis(1000);
const LONGEST_DELAY = millis(60_000);

export const prepareSingle = (
  means: Means,
  probe: Probe,
  ask: Request['ask'],
  firstIn: Millis,
  observe: (observation: Observation) => void,
): { start(): void; end(): void } => {
  const { clock } = means;
  const { key, count, interval } = probe;
  const backoff = createBackoff(FIRST_DELAY, LONGEST_DELAY);
  const stops = new Set<() => void>();
  let cancel = (): void => {};
  let ended = false;

  const hear = (seq: number, reply: Reply): void => {
    switch (reply.kind) {
      case 'answered':
        backoff.reset();
        observe({ kind: 'probe-answer', probe: key, seq: seq % 65_536, rtt: reply.rtt, duplicate: false });
        return;
      case 'failed':
        backoff.reset();
        observe({ kind: 'probe-error', probe: key, text: reply.why });
        return;
      case 'not-started': {
        const restartIn = count === null ? backoff.next() : millis(0);
        if (count === null) begin(restartIn);
        observe({ kind: 'probe-ended', probe: key, how: reply.why, restartIn });
      }
    }
  };

  const send = (seq: number, next: () => void): void => {
    if (count === null) observe({ kind: 'probe-sent', probe: key });
    // Whoever was told may have ended it.
    if (ended) return;
    let isOver = false;
    const stop = askOnce(means, { ...probe, ask }, (reply) => {
      isOver = true;
      stops.delete(stop);
      if (ended) return;
      next();
      hear(seq, reply);
    });
    if (!isOver) stops.add(stop);
  };

  /** A row of its own: numbers begin anew. */
  const begin = (delay: Millis): void => {
    cancel();
    cancel = clock.after(delay, () => {
      observe({ kind: 'probe-started', probe: key });
      if (ended) return;
      if (count === null) steady(0);
      else burst(count);
    });
  };

  const steady = (seq: number): void => {
    const due = plus(clock.now(), interval);
    send(seq, () => {
      // Late by a process that took longer than an interval: at once.
      cancel = clock.after(millis(Math.max(0, since(due, clock.now()))), () => steady(seq + 1));
    });
  };

  /** Short, and quicker than its processes: side by side. */
  const burst = (many: number): void => {
    const cancels = Array.from({ length: many }, (_, seq) =>
      clock.after(millis(seq * interval), () => send(seq, () => {})),
    );
    cancel = () => {
      for (const each of cancels) each();
    };
  };

  return {
    start: () => begin(firstIn),
    end: () => {
      ended = true;
      cancel();
      for (const stop of stops) stop();
      stops.clear();
    },
  };
};
