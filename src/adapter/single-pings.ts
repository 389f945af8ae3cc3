/** Requests for a person that take a process each (ask.ts), one after the other: pinger.ts for targets that are not pinged. */
import { millis, plus, since } from '../core/time.ts';
import type { Pinger, PingOutcome, PingRequest, Pings } from '../port/pinger.ts';
import { askOnce, type Means, type Reply, type Request } from './ask.ts';

const outcomeOf = (seq: number, reply: Reply): PingOutcome => {
  switch (reply.kind) {
    case 'answered':
      return { kind: 'answered', seq, rttMs: reply.rtt };
    case 'failed':
      return { kind: 'lost', seq, why: reply.why };
    case 'not-started':
      return { kind: 'not-sent', seq, why: reply.why };
  }
};

export const askInARow = (
  means: Means,
  { family, address, rtable, count, interval, timeout }: PingRequest,
  ask: Request['ask'],
  onOutcome: Parameters<Pinger['ping']>[1],
  onEnd: () => void,
): Pings => {
  const { clock } = means;
  let isStopped = false;
  let stop = (): void => {};
  const send = (seq: number): void => {
    const due = plus(clock.now(), interval);
    stop = askOnce(means, { ask, family, address, rtable: rtable ?? 0, longest: timeout }, (reply) => {
      onOutcome(outcomeOf(seq, reply));
      if (isStopped) return;
      if (seq + 1 === count) onEnd();
      else stop = clock.after(millis(Math.max(0, since(due, clock.now()))), () => send(seq + 1));
    });
  };
  send(0);
  return {
    stop: () => {
      isStopped = true;
      stop();
    },
  };
};
