/** `uplinkctl probe TARGET …`: pings from here, by whatever route this machine has, for choosing targets. Needs no daemon. */
import { createClock } from '../adapter/clock.ts';
import { createPackagePinger } from '../adapter/ping-package.ts';
import { createPinger } from '../adapter/pinger.ts';
import { createCommands } from '../adapter/run.ts';
import { millis } from '../core/time.ts';
import type { Pinger } from '../port/pinger.ts';
import type { Ping } from './pings.ts';

/** Shorter ones are root's alone. */
const INTERVAL = millis(1000);
const TIMEOUT = millis(2000);

export const pingerOf = (platform: string, commands: string | null): Pinger => {
  const clock = createClock();
  return platform === 'openbsd' || commands !== null
    ? createPinger({ commands: createCommands({ directory: commands }), clock })
    : createPackagePinger({ clock, platform });
};

/** Tells each outcome as it is known; resolves with all of them. */
export const probeTargets = (
  pinger: Pinger,
  targets: readonly string[],
  count: number,
  tell: (ping: Ping) => void,
): Promise<readonly Ping[]> =>
  new Promise((resolve) => {
    const pings: Ping[] = [];
    let running = targets.length;
    for (const target of targets) {
      const family = target.includes(':') ? 'inet6' : 'inet';
      pinger.ping(
        { family, address: target, rtable: null, count, interval: INTERVAL, timeout: TIMEOUT },
        (outcome) => {
          const ping: Ping = {
            link: null,
            family,
            target,
            address: target,
            seq: outcome.seq,
            outcome: outcome.kind,
            rttMs: outcome.kind === 'answered' ? outcome.rttMs : null,
            why: outcome.kind === 'not-sent' ? outcome.why : null,
          };
          pings.push(ping);
          tell(ping);
        },
        () => {
          running -= 1;
          if (running === 0) resolve(pings);
        },
      );
    }
  });
