/**
 * How long it takes to know of a dead path: from the instant at which the far side stops answering, carrier and all else
 * staying, to the change of health in the core. Every run begins anew (one that flaps is damped, and rightly so) and ends
 * in the dark; several wires are measured at a time, since most of a run is waiting.
 */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommands } from '../adapter/run.ts';
import { since } from '../core/time.ts';
import { startDpinger } from './dpinger.ts';
import { createFarSide, type FarSide } from './far-side.ts';
import { createIputils } from './iputils.ts';
import { createWire, findProgram, pathOf, removeWire, type Wire } from './namespace.ts';
import { GATEWAY, NEAR, settingsWith, TARGETS, watchPath } from './watched-path.ts';

/** What is not found out by then is not found out. */
const LONGEST_MS = 60_000;
const LONGEST_START_MS = 10_000;

export interface DetectionCase {
  readonly name: string;
  /** The inside of [probe]; all else is at its default. */
  readonly probe: string;
  readonly intervalMs: number;
  /**
   * Wires measured at a time, for each core. Every one has its pings, and a burst of them in the instants that are measured: too
   * many, and the figure is of processes that wait for a core, not of the daemon.
   */
  readonly lanesPerCore: number;
  /** How long a path has been up before it goes dark: its round trips are known by then. */
  readonly warmUpMs: number;
  /** With dpinger beside it, whose window must be full as well. */
  readonly dpingerWarmUpMs: number;
  /** Options of the dpinger that runs beside it. */
  readonly dpinger: readonly string[];
}

export const DETECTION_CASES: readonly DetectionCase[] = [
  {
    name: '10 probes a second',
    probe: 'interval = "100ms"',
    intervalMs: 100,
    lanesPerCore: 1,
    warmUpMs: 4000,
    dpingerWarmUpMs: 4000,
    dpinger: ['-s', '100', '-l', '200', '-t', '1000', '-A', '50', '-L', '20'],
  },
  {
    name: '1 probe a second',
    probe: 'interval = "1s"',
    intervalMs: 1000,
    lanesPerCore: 5,
    warmUpMs: 15_000,
    dpingerWarmUpMs: 63_000,
    // What pfSense gives it. dpinger's own defaults have no alarm at all.
    dpinger: ['-s', '500', '-l', '2000', '-t', '60000', '-A', '1000', '-D', '500', '-L', '20'],
  },
];

export interface Detection {
  /** Milliseconds from dark to down. */
  readonly ours: readonly number[];
  /** Milliseconds from dark to the alarm; null: dpinger is not installed. */
  readonly theirs: readonly number[] | null;
  /** Runs in which the path was not up when it was to go dark, or not down within a minute of it. */
  readonly spoilt: number;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Lane {
  readonly wire: Wire;
  readonly far: FarSide;
}

type Run = { readonly ours: number; readonly theirs: number | null } | null;

const runOnce = async (
  { wire, far }: Lane,
  which: DetectionCase,
  directory: string,
  dpinger: string | null,
): Promise<Run> => {
  await far.light();
  const beside =
    dpinger === null
      ? null
      : startDpinger({
          program: dpinger,
          namespace: wire.near,
          args: which.dpinger,
          target: TARGETS[0] ?? '',
        });
  const path = watchPath(settingsWith(which.probe), (others) =>
    createIputils({
      others,
      inside: createCommands({ directory }),
      namespacePath: pathOf(wire.near),
      pingPath: findProgram('ping') ?? '',
    }),
  );
  try {
    if ((await path.becomes('up', LONGEST_START_MS)) === null) return null;
    await wait((beside === null ? which.warmUpMs : which.dpingerWarmUpMs) + Math.random() * which.intervalMs);
    if (path.health() !== 'up') return null;
    const darkAt = await far.dark();
    const [downAt, alarmAt] = await Promise.all([
      path.becomes('down', LONGEST_MS),
      beside?.alarm(LONGEST_MS) ?? null,
    ]);
    if (downAt === null) return null;
    return { ours: since(downAt, darkAt), theirs: alarmAt === null ? null : since(alarmAt, darkAt) };
  } finally {
    path.stop();
    beside?.stop();
  }
};

export const measureDetection = async (
  which: DetectionCase,
  options: { readonly runs: number; readonly lanes: number; readonly dpinger: string | null },
): Promise<Detection> => {
  const { runs, dpinger } = options;
  const directory = mkdtempSync(join(tmpdir(), 'uplinkd-bench-'));
  symlinkSync(findProgram('nsenter') ?? '', join(directory, 'ping'));
  const lanes = Array.from({ length: Math.min(options.lanes, runs) }, (_, at): Lane => {
    const wire = createWire(String(at), { near: NEAR, gateway: GATEWAY, targets: TARGETS });
    return { wire, far: createFarSide(wire.far) };
  });
  let left = runs;
  const done: Run[] = [];
  try {
    await Promise.all(
      lanes.map(async (lane) => {
        while (left > 0) {
          left -= 1;
          done.push(await runOnce(lane, which, directory, dpinger));
        }
      }),
    );
  } finally {
    for (const { wire, far } of lanes) {
      far.close();
      removeWire(wire);
    }
    rmSync(directory, { recursive: true, force: true });
  }
  const good = done.filter((run) => run !== null);
  return {
    ours: good.map((run) => run.ours),
    theirs: dpinger === null ? null : good.map((run) => run.theirs).filter((each) => each !== null),
    spoilt: runs - good.length,
  };
};
