/**
 * `health.json` in the state directory: what must survive a restart. Written when it differs, and once an hour for
 * what only grows (routers have flash), replaced by rename. What it says of the links is believed only within the boot that wrote it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { afterReboot } from '../core/memory.ts';
import { millis } from '../core/time.ts';
import type { Log } from '../port/log.ts';
import type { MemoryStore } from '../port/memory-store.ts';
import { parseMemory, renderMemory } from '../wire/memory.ts';

/** Wall clocks are stepped by a little now and then; a boot takes longer than this. */
const SAME_BOOT_MS = 30_000;

const bootedAt = (): number => Date.now() - uptime() * 1000;

export const createMemoryFile = (directory: string, log: Log): MemoryStore => {
  const file = join(directory, 'health.json');
  let hasComplained = false;
  const complain = (error: unknown): void => {
    if (hasComplained) return;
    hasComplained = true;
    log.write(
      'warning',
      `${file}: ${error instanceof Error ? error.message : String(error)}; a restart will forget health`,
    );
  };
  return {
    recall: () => {
      let text: string;
      try {
        text = readFileSync(file, 'utf8');
      } catch {
        return null;
      }
      const kept = parseMemory(text);
      if (kept === null) {
        log.write('warning', `${file}: not understood, ignored`);
        return null;
      }
      const isSameBoot = Math.abs(kept.bootedAtMs - bootedAt()) <= SAME_BOOT_MS;
      // Within a boot the wall clock need not be asked, which may have been stepped meanwhile.
      const age = isSameBoot ? uptime() * 1000 - kept.uptimeMs : Date.now() - kept.keptAtMs;
      const memory = { ...kept.memory, age: millis(Math.max(0, age)) };
      return isSameBoot ? memory : afterReboot(memory);
    },
    keep: (memory) => {
      try {
        const now = {
          bootedAtMs: bootedAt(),
          keptAtMs: Math.max(0, Date.now() - memory.age),
          uptimeMs: Math.max(0, uptime() * 1000 - memory.age),
        };
        mkdirSync(directory, { recursive: true, mode: 0o750 });
        writeFileSync(`${file}.new`, renderMemory(memory, now), { mode: 0o600 });
        renameSync(`${file}.new`, file);
        hasComplained = false;
      } catch (error) {
        complain(error);
      }
    },
  };
};
