/** A life of the daemon: the real loop, core and adapters on the emulated machine, from a start to a SIGKILL. */

import { createCarpCounter } from '../adapter/carp.ts';
import { createCarrierWatch } from '../adapter/monitor.ts';
import { createFirewall } from '../adapter/pfctl.ts';
import { createProber } from '../adapter/ping.ts';
import { createRoutes } from '../adapter/route.ts';
import type { Settings } from '../core/model.ts';
import type { Mono } from '../core/time.ts';
import { mono, since } from '../core/time.ts';
import { createLoop, type Loop } from '../daemon/loop.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands } from '../port/commands.ts';
import { parseMemory, renderMemory } from '../wire/memory.ts';
import { createProgram } from './admin-program.ts';
import { createProcess, type Process } from './process.ts';

/** What is on disk: it outlives the process. */
export interface Disk {
  /** health.json */
  memory: string | null;
  /** anchor.conf */
  lastGood: string;
}

export interface Life {
  readonly loop: Loop;
  readonly process: Process;
  readonly startedAt: Mono;
}

export interface Around {
  readonly clock: Clock;
  readonly commands: Commands;
  /** Called whenever something reaches the daemon. */
  readonly onInput: () => void;
  readonly disk: Disk;
  readonly hear: (severity: string, text: string) => void;
  readonly onUnreadable: (text: string) => void;
  readonly onLastGood: (text: string) => void;
}

export const beginLife = (around: Around, settings: Settings, remembers: boolean): Life => {
  const { disk } = around;
  const process = createProcess(around.clock, around.commands, around.onInput);
  const { clock, commands } = process;
  /** What the dead would still say or write. */
  const whileAlive =
    <Args extends readonly unknown[]>(act: (...args: Args) => void) =>
    (...args: Args): void => {
      if (process.isAlive) act(...args);
    };
  const loop = createLoop({
    clock,
    carrier: createCarrierWatch({ commands, clock }),
    prober: createProber({ commands, clock, run: createProgram(commands) }),
    firewall: createFirewall({
      commands,
      clock,
      lastGood: { ensure: () => {}, keep: whileAlive(around.onLastGood) },
    }),
    routes: createRoutes({ commands }),
    carp: createCarpCounter({ commands }),
    log: { write: whileAlive(around.hear) },
    memory: {
      recall: () => {
        if (disk.memory === null || !remembers) return null;
        const kept = parseMemory(disk.memory);
        if (kept === null) around.onUnreadable(disk.memory);
        return kept === null ? null : { ...kept.memory, age: since(clock.now(), mono(kept.uptimeMs)) };
      },
      keep: whileAlive((memory) => {
        disk.memory = renderMemory(memory, {
          bootedAtMs: 0,
          keptAtMs: 0,
          uptimeMs: Math.max(0, clock.now() - memory.age),
        });
      }),
    },
  });
  loop.start(settings);
  return { loop, process, startedAt: clock.now() };
};
