/** Tiny real programs under the names of OpenBSD's commands, in a directory of their own, for tests through real children. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { CommandName } from '../../src/port/commands.ts';

/** Bodies are sh(1), or node if they begin with `//`. Returns the directory. */
export const programs = (t: Test, bodies: Partial<Record<CommandName, string>>): string => {
  const directory = t.testdir();
  for (const [name, body] of Object.entries(bodies)) {
    const first = body.startsWith('//') ? `#!${process.execPath}` : '#!/bin/sh';
    writeFileSync(join(directory, name), `${first}\n${body}\n`, { mode: 0o755 });
  }
  return directory;
};

/** False also for a zombie, which nobody in a container may be there to bury. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    try {
      process.kill(pid, 0);
      return !existsSync('/proc/self/status');
    } catch {
      return false;
    }
  }
};
