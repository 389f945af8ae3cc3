/**
 * A few pings on a machine that is no OpenBSD, through the `ping` package, which starts whatever ping(8) the system has and
 * reads what it prints. One process a request: other systems have other words for a count and an interval.
 */
import { createRequire } from 'node:module';
import { millis } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Pinger, PingOutcome } from '../port/pinger.ts';

/** What of the package is used; it brings no types. */
interface PingPackage {
  readonly promise: {
    probe(
      host: string,
      options: { readonly timeout: number; readonly min_reply: number; readonly v6: boolean },
    ): Promise<{ readonly alive: boolean; readonly time: number | 'unknown'; readonly output: string }>;
  };
}

const require = createRequire(import.meta.url);

/** Words of ping(8) on a request that never left, in the several systems. */
const complaint =
  /(?:connect|sendto|sendmsg|ping6?|socket): .*|.*(?:Network is unreachable|Name or service not known|unknown host|cannot resolve).*/i;

const judge = (
  seq: number,
  { alive, time, output }: Awaited<ReturnType<PingPackage['promise']['probe']>>,
): PingOutcome => {
  if (alive) return { kind: 'answered', seq, rttMs: typeof time === 'number' ? time : null };
  const why = complaint.exec(output)?.[0].trim();
  return why === undefined ? { kind: 'lost', seq } : { kind: 'not-sent', seq, why };
};

/** The package says the same of a ping that is not there and of one that may not be run. */
const whyNot = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return text.includes('error while executing') ? 'there is no ping(8) here, or it may not be run' : text;
};

/** `package_`: for tests. */
export const createPackagePinger = (settings: {
  readonly clock: Clock;
  readonly platform: string;
  readonly package_?: PingPackage;
}): Pinger => {
  const { clock, platform, package_ = require('ping') as PingPackage } = settings;
  return {
    ping: ({ address, family, count, interval, timeout }, onOutcome, onEnd) => {
      let isStopped = false;
      let known = 0;
      const tell = (outcome: PingOutcome): void => {
        if (isStopped) return;
        onOutcome(outcome);
        known += 1;
        if (known === count) onEnd();
      };
      // Linux's ping takes either family; the package would look for a ping6 that newer systems do not have.
      const v6 = family === 'inet6' && platform !== 'linux';
      const send = (seq: number): void => {
        package_.promise
          .probe(address, { timeout: Math.max(1, Math.ceil(timeout / 1000)), min_reply: 1, v6 })
          .then(
            (result) => tell(judge(seq, result)),
            (error: unknown) => tell({ kind: 'not-sent', seq, why: whyNot(error) }),
          );
      };
      const cancels = Array.from({ length: count }, (_, seq) =>
        clock.after(millis(seq * interval), () => send(seq)),
      );
      return {
        stop: () => {
          isStopped = true;
          for (const cancel of cancels) cancel();
        },
      };
    },
  };
};
