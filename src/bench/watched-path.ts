/**
 * The real loop, core and adapters on a real clock, with one link whose pings are real ones in a namespace. The rest of the
 * machine (ifconfig, route, pfctl) is the emulated router, in process. Only health is looked at.
 */
import { createCarpCounter } from '../adapter/carp.ts';
import { createClock } from '../adapter/clock.ts';
import { createCarrierWatch } from '../adapter/monitor.ts';
import { createFirewall } from '../adapter/pfctl.ts';
import { createProber } from '../adapter/ping.ts';
import { createRoutes } from '../adapter/route.ts';
import { parseConfig, renderConfigError } from '../config/parse.ts';
import type { Health, Settings } from '../core/model.ts';
import type { Mono } from '../core/time.ts';
import { createLoop } from '../daemon/loop.ts';
import { createRealClock } from '../emulator/clock.ts';
import { createInProcessCommands } from '../emulator/commands.ts';
import { createRouter } from '../emulator/router.ts';
import type { Commands } from '../port/commands.ts';

export const NEAR = '192.0.2.2';
export const GATEWAY = '192.0.2.1';
/** The defaults of uplinkd.conf, in the order in which they are probed. */
export const TARGETS = ['9.9.9.9', '1.1.1.1'];

const PF_CONF = `table <uplinkd_local> persist { self }
match in on em0 inet from em0:network to ! <uplinkd_local> tag uplink_default
anchor "uplinkd"
`;

/** Every key at its default but the ones given in `probe`, the inside of the table. */
export const settingsWith = (probe: string): Settings => {
  const text = `[probe]\n${probe}\n[link.wire]\ninterface = "em1"\ngateway = "${GATEWAY}"\n`;
  const parsed = parseConfig(text, 'bench.conf');
  if (parsed.kind === 'ok') return parsed.settings;
  throw new Error(parsed.errors.map(renderConfigError).join('\n'));
};

export interface WatchedPath {
  readonly health: () => Health;
  /** When the path's health is this, at once if it is now; null after `withinMs`. */
  becomes(health: Health, withinMs: number): Promise<Mono | null>;
  stop(): void;
}

/** `withPing` makes the machine's commands of the emulator's, which have no real ping. */
export const watchPath = (settings: Settings, withPing: (emulated: Commands) => Commands): WatchedPath => {
  const clock = createClock();
  const router = createRouter({
    clock: createRealClock(),
    seed: 1,
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    uplinks: [{ name: 'wire', interface: 'em1', address: `${NEAR}/24`, gateway: GATEWAY }],
    files: new Map([['/etc/pf.conf', PF_CONF]]),
  });
  const commands = withPing(createInProcessCommands(router));
  const loop = createLoop({
    clock,
    carrier: createCarrierWatch({ commands, clock }),
    prober: createProber({ commands, clock }),
    firewall: createFirewall({ commands, clock }),
    routes: createRoutes({ commands }),
    carp: createCarpCounter({ commands }),
    log: { write: () => {} },
    memory: { recall: () => null, keep: () => {} },
  });
  const health = (): Health => loop.engine().paths.get('wire/inet')?.health ?? 'unknown';
  void commands.run('pfctl', ['-f', '/etc/pf.conf'], { timeoutMs: 10_000 }).then(() => loop.start(settings));
  return {
    health,
    becomes: (wanted, withinMs) =>
      new Promise((resolve) => {
        if (health() === wanted) {
          resolve(clock.now());
          return;
        }
        // What is said of a turn is said before anything of it is carried out.
        const end = loop.listen(() => {
          if (health() === wanted) finish(clock.now());
        });
        const timer = setTimeout(() => finish(null), withinMs);
        const finish = (at: Mono | null): void => {
          clearTimeout(timer);
          end();
          resolve(at);
        };
      }),
    stop: () => loop.stop(),
  };
};
