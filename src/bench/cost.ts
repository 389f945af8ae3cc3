/**
 * What the daemon costs: the built one as a process of its own, with 50 links of three targets each, one probe a second. Its
 * pings are real ones that answer themselves in a namespace; ifconfig, route and pfctl are the emulator's programs.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createRealClock } from '../emulator/clock.ts';
import { createInProcessCommands } from '../emulator/commands.ts';
import { createRouter } from '../emulator/router.ts';
import { serveRouter, writeCommandDirectory } from '../emulator/server.ts';
import { createIsland, findProgram, pathOf } from './namespace.ts';
import { type ProcessCost, readChildren, readMemory, readProcess, readScheduled } from './process-cost.ts';
import { TARGETS } from './watched-path.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LONGEST_START_MS = 60_000;

export interface Cost {
  readonly links: number;
  readonly probes: number;
  readonly seconds: number;
  /** Shares of one core. */
  readonly daemon: number;
  readonly pings: number;
  /** Commands that came and went, which here are the emulator's programs and cost far more than OpenBSD's. */
  readonly commands: number;
  readonly rssMb: number;
  /** Of that: what is the process's own, and no page of a file (the program text of Node, which others may share). */
  readonly ownMb: number;
  readonly highestRssMb: number;
  /** Lines of the log from the moment on at which all paths were up: there should be none. */
  readonly log: readonly string[];
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const network = (link: number): string => `10.${100 + Math.floor(link / 100)}.${link % 100}`;

/** getopts keeps to OpenBSD's options; iputils' lines can be read as they are as long as an answer takes less than 1 ms. */
const renderPing = (namespace: string): string => `#!/bin/sh
interval=1
while getopts nV:i:c:I:w: option; do
	case $option in
	i) interval=$OPTARG ;;
	esac
done
shift $((OPTIND - 1))
exec ${findProgram('nsenter')} --net=${pathOf(namespace)} ${findProgram('ping')} -n -i $interval "$1"
`;

interface Usage {
  readonly at: number;
  readonly daemon: ProcessCost;
  readonly pings: ReadonlyMap<number, number>;
}

const readUsage = (pid: number): Usage => {
  const daemon = readProcess(pid);
  if (daemon === null) throw new Error('the daemon has ended');
  const pings = readChildren(pid).filter(({ name }) => name === 'ping');
  return {
    at: performance.now(),
    daemon,
    pings: new Map(pings.map((each) => [each.pid, readScheduled(each.pid)])),
  };
};

export const measureCost = async (options: {
  readonly links: number;
  readonly seconds: number;
  readonly warmUpMs: number;
}): Promise<Cost> => {
  const { links, warmUpMs } = options;
  const numbers = Array.from({ length: links }, (_, at) => at + 1);
  const island = createIsland('island', [...numbers.map((link) => `${network(link)}.1`), ...TARGETS]);
  const directory = mkdtempSync(join(tmpdir(), 'uplinkd-bench-'));
  const router = createRouter({
    clock: createRealClock(),
    seed: 1,
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    uplinks: numbers.map((link) => ({
      name: `link${link}`,
      interface: `em${link}`,
      address: `${network(link)}.2/24`,
      gateway: `${network(link)}.1`,
    })),
    files: new Map([['/etc/pf.conf', readFileSync(join(root, 'etc/pf.conf.example'), 'utf8')]]),
  });
  await createInProcessCommands(router).run('pfctl', ['-f', '/etc/pf.conf'], { timeoutMs: 10_000 });
  const server = await serveRouter(router, join(directory, 'router.sock'));
  const commands = join(directory, 'sbin');
  writeCommandDirectory(commands, server.socketPath);
  writeFileSync(join(commands, 'ping'), renderPing(island));
  chmodSync(join(commands, 'ping'), 0o755);
  const config = join(directory, 'uplinkd.conf');
  writeFileSync(
    config,
    numbers
      .map((link) => `[link.link${link}]\ninterface = "em${link}"\ngateway = "${network(link)}.1"\n`)
      .join(''),
  );
  const daemon = spawn(
    process.execPath,
    [
      join(root, 'dist/daemon/main.js'),
      ...['-d', '-f', config, '-s', join(directory, 'uplinkd.sock')],
      ...['--commands', commands, '--state', join(directory, 'state')],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const pid = daemon.pid ?? 0;
  let ups = 0;
  let log: string[] = [];
  createInterface({ input: daemon.stderr }).on('line', (line) => {
    if (/ -> up \(/.test(line)) ups += 1;
    log.push(line);
  });
  try {
    for (const end = performance.now() + LONGEST_START_MS; ups < links; await wait(100)) {
      if (performance.now() > end) throw new Error(`${ups} of ${links} links came up:\n${log.join('\n')}`);
    }
    await wait(warmUpMs);
    log = [];
    const before = readUsage(pid);
    await wait(options.seconds * 1000);
    const after = readUsage(pid);
    const seconds = (after.at - before.at) / 1000;
    const pings = [...after.pings].reduce((sum, [ping, cpu]) => sum + cpu - (before.pings.get(ping) ?? 0), 0);
    return {
      links,
      probes: after.pings.size,
      seconds,
      daemon: (after.daemon.cpu - before.daemon.cpu) / seconds,
      pings: pings / seconds,
      commands: (after.daemon.endedChildrenCpu - before.daemon.endedChildrenCpu) / seconds,
      rssMb: readMemory(pid, 'VmRSS'),
      ownMb: readMemory(pid, 'RssAnon'),
      highestRssMb: readMemory(pid, 'VmHWM'),
      log,
    };
  } finally {
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGTERM');
    await ended;
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  }
};
