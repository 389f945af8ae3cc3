/**
 * The demo's world: the emulated router with three uplinks and a busy LAN, its commands as executables, and the real,
 * built daemon on top of them as a process of its own. What the story claims, it asks here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Flow, Traffic } from '../emulator/clients.ts';
import { createRealClock } from '../emulator/clock.ts';
import { createInProcessCommands } from '../emulator/commands.ts';
import { createRouter, type Router } from '../emulator/router.ts';
import { serveRouter, writeCommandDirectory } from '../emulator/server.ts';
import { parseReply } from '../wire/control.ts';
import type { Status } from '../wire/status.ts';
import { demoUplinks } from './uplinks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const POLL_MS = 40;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface World {
  readonly router: Router;
  readonly traffic: Traffic;
  /** Long TCP connections that say something twice a second. */
  readonly sessions: readonly Flow[];
  readonly configFile: string;
  readonly controlSocket: string;
  /** Arguments that the daemon was started with. */
  readonly daemonArgs: readonly string[];
  /** Lines of the daemon's log since the start. */
  readonly log: readonly string[];
  status(): Promise<Status>;
  /** Asks until a status is as wanted; throws what was waited for after `timeoutMs`. */
  until(what: string, isWanted: (status: Status) => boolean, timeoutMs?: number): Promise<Status>;
  /** Counts new connections for a while: how many each uplink carried. */
  countFor(
    ms: number,
  ): Promise<ReadonlyMap<string, number> & { readonly total: number; readonly failed: number }>;
  writeConfig(text: string): void;
  signal(signal: NodeJS.Signals): void;
  /** Ids of the pf states that leave by a link and would still be there in a second if nobody killed them. */
  statesOf(link: string): readonly bigint[];
  hasState(id: bigint): boolean;
  /** What the emulated pfctl prints; throws if it fails. */
  pfctl(args: readonly string[]): Promise<string>;
  /** How often pf was written to: anchor loads, table replacements, kills. */
  pfWrites(): number;
  /** Process ids of the pings that run. */
  pings(): readonly number[];
  /** SIGKILL, and a new daemon at once. */
  killAndRestart(): Promise<void>;
  /** How long the daemon took to leave after SIGTERM, and its exit status. */
  stopDaemon(): Promise<{ readonly tookMs: number; readonly code: number | null }>;
  close(): void;
}

const clients = Array.from({ length: 12 }, (_, index) => `10.0.0.${10 + index}`);

const isWrite = (args: readonly string[]): boolean =>
  !args.includes('-n') &&
  ((args.includes('-f') && args.includes('-a')) || args.includes('replace') || args.includes('-k'));

const ask = (socketPath: string): Promise<Status> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    socket.once('error', reject);
    const lines = createInterface({ input: socket });
    lines.once('error', reject);
    lines.once('line', (line) => {
      socket.destroy();
      const parsed = parseReply(JSON.parse(line));
      if (parsed.kind === 'reply' && parsed.reply.kind === 'status') resolve(parsed.reply.status);
      else reject(new Error(`not a status: ${line.slice(0, 200)}`));
    });
    socket.write('{"version":1,"command":"show"}\n');
  });

export const createWorld = async (config: string, onLog: (line: string) => void): Promise<World> => {
  const directory = mkdtempSync(join(tmpdir(), 'uplinkd-demo-'));
  const configFile = join(directory, 'uplinkd.conf');
  const controlSocket = join(directory, 'uplinkd.sock');
  const emulatorSocket = join(directory, 'router.sock');
  const commandDirectory = join(directory, 'sbin');

  const router = createRouter({
    clock: createRealClock(),
    seed: 20261120,
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    uplinks: demoUplinks,
    files: new Map([
      // the example, with the session in the place of the modem's interface
      ['/etc/pf.conf', readFileSync(join(root, 'etc/pf.conf.example'), 'utf8').replaceAll('em2', 'pppoe0')],
      ['/var/db/uplinkd/anchor.conf', ''],
    ]),
  });
  const commands = createInProcessCommands(router);
  const pfctl = async (args: readonly string[]): Promise<string> => {
    const result = await commands.run('pfctl', args, { timeoutMs: 1000 });
    if (result.kind === 'exited' && result.code === 0) return result.stdout;
    throw new Error(`pfctl ${args.join(' ')}: ${JSON.stringify(result)}`);
  };
  await pfctl(['-f', '/etc/pf.conf']);
  const server = await serveRouter(router, emulatorSocket);
  writeCommandDirectory(commandDirectory, emulatorSocket);

  writeFileSync(configFile, config);
  const log: string[] = [];
  const daemonArgs = [
    ...['-d', '-f', configFile, '-s', controlSocket],
    ...['--commands', commandDirectory, '--state', join(directory, 'state')],
  ];
  let daemon: ChildProcess;
  let exit: { readonly code: number | null; readonly at: number } | null = null;
  const startDaemon = (): void => {
    exit = null;
    const started = spawn(process.execPath, [join(root, 'dist/daemon/main.js'), ...daemonArgs], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    daemon = started;
    started.once('exit', (code) => {
      if (daemon === started) exit = { code, at: performance.now() };
    });
    createInterface({ input: started.stderr }).on('line', (line) => {
      log.push(line);
      onLog(line);
    });
  };
  startDaemon();

  const traffic = router.lan.startTraffic({
    clients,
    newConnectionsPerSecond: 120,
    udpFlows: clients.map((client, index) => ({
      client,
      to: '203.0.113.53',
      port: 4500,
      sourcePort: 40_000 + index,
      everyMs: 200,
    })),
  });
  const sessions = clients.map((client) =>
    router.lan.open({ client, protocol: 'tcp', to: '198.18.0.22', port: 22 }),
  );
  const typing = setInterval(() => {
    for (const session of sessions) session.send();
  }, 500);

  const status = (): Promise<Status> => ask(controlSocket);
  const until = async (
    what: string,
    isWanted: (status: Status) => boolean,
    timeoutMs = 12_000,
  ): Promise<Status> => {
    const end = performance.now() + timeoutMs;
    for (;;) {
      if (exit !== null) throw new Error(`waited for ${what}, but the daemon has exited`);
      const now = await status().catch(() => null);
      if (now !== null && isWanted(now)) return now;
      if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}, in vain`);
      await wait(POLL_MS);
    }
  };

  return {
    router,
    traffic,
    sessions,
    configFile,
    controlSocket,
    daemonArgs,
    log,
    status,
    until,
    countFor: async (ms) => {
      traffic.mark();
      await wait(ms);
      const { delivered, refused, silent, total } = traffic.count();
      return Object.assign(new Map(delivered), { total, failed: refused + silent });
    },
    writeConfig: (text) => writeFileSync(configFile, text),
    signal: (signal) => void daemon.kill(signal),
    statesOf: (link) =>
      [...router.firewall.states.all.values()]
        .filter(
          (each) =>
            each.rule.label === `uplink:${link}` &&
            router.firewall.states.expiresAt(each) > router.clock.now() + 5000,
        )
        .map((each) => each.id),
    hasState: (id) => router.firewall.states.all.has(id),
    pfctl,
    pfWrites: () =>
      router.faults.calls.filter(({ command, args }) => command === 'pfctl' && isWrite(args)).length,
    pings: () => router.faults.running('ping').map(({ pid }) => pid),
    killAndRestart: async () => {
      daemon.kill('SIGKILL');
      while (exit === null) await wait(5);
      startDaemon();
    },
    stopDaemon: async () => {
      const from = performance.now();
      daemon.kill('SIGTERM');
      while (exit === null && performance.now() - from < 3000) await wait(5);
      const ended = exit as { readonly code: number | null; readonly at: number } | null;
      return { tookMs: (ended?.at ?? performance.now()) - from, code: ended?.code ?? null };
    },
    close: () => {
      clearInterval(typing);
      traffic.stop();
      // its lease would be renewed for as long as the process lives
      router.setDhcpleasedRunning(false);
      if (exit === null) daemon.kill('SIGKILL');
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
