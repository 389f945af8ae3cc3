/**
 * The real loop, core and adapters over the emulated router, in process and in virtual time: only the commands and the
 * clock are replaced. An hour takes as long as its events.
 */

import { createCarpCounter } from '../../src/adapter/carp.ts';
import { createCarrierWatch } from '../../src/adapter/monitor.ts';
import { createFirewall } from '../../src/adapter/pfctl.ts';
import { createProber } from '../../src/adapter/ping.ts';
import type { RunProgram } from '../../src/adapter/program.ts';
import { createRoutes } from '../../src/adapter/route.ts';
import { parseConfig, renderConfigError } from '../../src/config/parse.ts';
import type { Memory } from '../../src/core/memory.ts';
import type { Settings } from '../../src/core/model.ts';
import { createLoop, type Loop } from '../../src/daemon/loop.ts';
import { createVirtualClock, type VirtualClock } from '../../src/emulator/clock.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { createRouter, type Router } from '../../src/emulator/router.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import type { CommandName } from '../../src/port/commands.ts';
import type { MemoryStore } from '../../src/port/memory-store.ts';

/** pf.conf of a router that tags everything from the LAN, in both families. */
export const pfConf = `table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:1::/64 2001:db8:2::/64 }
match in on em0 inet from em0:network to ! <uplinkd_local> tag uplink_default
match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
anchor "uplinkd"
`;

export const uplinks: RouterOptions['uplinks'] = [
  { name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' },
  { name: 'b', interface: 'em2', address: '198.51.100.2/24', gateway: '198.51.100.1', latencyMs: 20 },
  { name: 'c', interface: 'em3', address: '203.0.113.2/24', gateway: '203.0.113.1', latencyMs: 40 },
];

export const links = `
[probe]
targets = ["gateway", "9.9.9.9"]
hold = "2s"
rise = 2
[link.a]
interface = "em1"
gateway = "192.0.2.1"
[link.b]
interface = "em2"
gateway = "198.51.100.1"
`;

export interface VirtualWorld {
  readonly clock: VirtualClock;
  readonly router: Router;
  readonly loop: Loop;
  /** Lines of the log. */
  readonly log: readonly string[];
  /** Lets time pass, with everything that happens in it. */
  run(ms: number): Promise<void>;
  reload(config: string): Promise<void>;
  pfctl(args: readonly string[], stdin?: string): Promise<string>;
  /** Runs a command as an administrator would. */
  command(name: CommandName, args: readonly string[], stdin?: string): Promise<string>;
  /** What the daemon has kept for its next life. */
  remembered(): Memory | null;
  /** Commands that wrote to pf since the start, their arguments joined. */
  readonly pfWrites: () => readonly string[];
  stop(): void;
}

export const settingsOf = (config: string): Settings => {
  const parsed = parseConfig(config, 'test.conf');
  if (parsed.kind === 'ok') return parsed.settings;
  throw new Error(parsed.errors.map(renderConfigError).join('\n'));
};

const isWrite = (args: readonly string[]): boolean =>
  !args.includes('-n') &&
  (args.includes('-f') || args.includes('-k') || args.includes('replace') || args.includes('delete'));

/** Promises settle between the steps of the clock, as they would between events. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const createVirtualWorld = async (
  config: string,
  options: {
    readonly seed?: number;
    readonly uplinks?: RouterOptions['uplinks'];
    readonly address6?: string;
    readonly pfConf?: string;
    /** Of the uplinks' interfaces, beside what is made for inet6. */
    readonly details?: RouterOptions['details'];
    /** Programs of the administrator's. */
    readonly program?: RunProgram;
    /** In place of one that remembers for `remembered` alone. */
    readonly memory?: MemoryStore;
    readonly interfaces?: RouterOptions['interfaces'];
    /** Another life of the daemon on the router of an earlier one, with pf as that has left it. */
    readonly on?: VirtualWorld;
  } = {},
): Promise<VirtualWorld> => {
  const clock = options.on?.clock ?? createVirtualClock();
  const lan = {
    interface: 'em0',
    address: '10.0.0.1/24',
    ...(options.address6 === undefined ? {} : { address6: options.address6 }),
  };
  const router =
    options.on?.router ??
    createRouter({
      clock,
      seed: options.seed ?? 1,
      lan,
      uplinks: options.uplinks ?? uplinks,
      ...(options.interfaces === undefined ? {} : { interfaces: options.interfaces }),
      // The kernel gives each inet6 interface one.
      details: [
        ...(options.details ?? []),
        ...(options.address6 === undefined ? [] : [{ name: 'em0', addresses: ['2001:db8:2:1::1/64'] }]),
        ...(options.uplinks ?? uplinks)
          .filter((uplink) => uplink.address6 !== undefined)
          .map((uplink, index) => ({
            name: uplink.interface,
            addresses: [`fe80::5054:ff:fe00:${index + 1}/64`],
          })),
      ],
      files: new Map([['/etc/pf.conf', options.pfConf ?? pfConf]]),
    });
  const commands = createInProcessCommands(router);
  const log: string[] = [];
  let kept: Memory | null = null;
  const loop = createLoop({
    clock,
    carrier: createCarrierWatch({ commands, clock }),
    prober: createProber({
      commands,
      clock,
      ...(options.program === undefined ? {} : { run: options.program }),
    }),
    firewall: createFirewall({ commands, clock }),
    routes: createRoutes({ commands }),
    carp: createCarpCounter({ commands }),
    log: { write: (severity, text) => log.push(`${severity} ${text}`) },
    memory: options.memory ?? {
      recall: () => null,
      keep: (memory) => {
        kept = memory;
      },
    },
  });
  const run = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    await breathe();
    for (let next = clock.next(); next !== null && next <= end; next = clock.next()) {
      clock.step();
      await breathe();
    }
    clock.advance(end - clock.now());
    await breathe();
  };
  const command = async (name: CommandName, args: readonly string[], stdin = ''): Promise<string> => {
    let result: Awaited<ReturnType<typeof commands.run>> | null = null;
    void commands.run(name, args, { timeoutMs: 10_000, stdin }).then((done) => {
      result = done;
    });
    for (let turn = 0; turn < 100 && result === null; turn += 1) await run(5);
    const ended = result as Awaited<ReturnType<typeof commands.run>> | null;
    if (ended?.kind === 'exited' && ended.code === 0) return ended.stdout;
    throw new Error(`${name} ${args.join(' ')}: ${JSON.stringify(ended)}`);
  };
  const pfctl = (args: readonly string[], stdin = ''): Promise<string> => command('pfctl', args, stdin);
  if (options.on === undefined) await pfctl(['-f', '/etc/pf.conf']);
  loop.start(settingsOf(config));
  return {
    clock,
    router,
    loop,
    log,
    run,
    reload: async (changed) => {
      loop.reload(settingsOf(changed));
      await run(500);
    },
    pfctl,
    command,
    remembered: () => kept,
    pfWrites: () =>
      router.faults.calls.flatMap(({ command, args }) =>
        command === 'pfctl' && isWrite(args) ? [args.join(' ')] : [],
      ),
    stop: () => loop.stop(),
  };
};
