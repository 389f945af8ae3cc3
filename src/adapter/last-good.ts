/**
 * `anchor.conf` in the state directory: what pf.conf(5) may load with `load anchor "uplinkd" from FILE`, so that a router forwards
 * before this daemon runs. The file must always be there, since without it pf.conf as a whole fails; so it is
 * only ever replaced by rename. Nothing here may hold up or stop the rest: it is written beside it, and failure is only said.
 */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../port/log.ts';

export interface LastGood {
  /** Makes the file, empty, if it is not there. Once, at the start. */
  ensure(): void;
  /** Puts `text` there if it is not what the file holds. Returns at once; of several, the newest wins. */
  keep(text: string): void;
}

export interface LastGoodFile extends LastGood {
  /** Resolves when all that was to be kept is on disk, or has failed. For the end of the daemon. */
  settled(): Promise<void>;
}

const DIRECTORY_MODE = 0o750;
/** As pf.conf: pf's rules are nobody's business. */
const MODE = 0o600;

export const createLastGood = (directory: string, log: Log): LastGoodFile => {
  const file = join(directory, 'anchor.conf');
  let hasComplained = false;
  let newest: string | null = null;
  let writing: Promise<void> | null = null;

  const complain = (error: unknown): void => {
    if (hasComplained) return;
    hasComplained = true;
    const why = error instanceof Error ? error.message : String(error);
    log.write('warning', `${file}: ${why}; the next boot will not begin with the latest rules`);
  };

  const write = async (text: string): Promise<void> => {
    // Looked at each time: somebody may have changed or removed it.
    if ((await readFile(file, 'utf8').catch(() => null)) === text) return;
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
    const handle = await open(`${file}.new`, 'w', MODE);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${file}.new`, file);
  };

  const drain = async (): Promise<void> => {
    while (newest !== null) {
      const text = newest;
      newest = null;
      try {
        await write(text);
        hasComplained = false;
      } catch (error) {
        complain(error);
      }
    }
    writing = null;
  };

  return {
    ensure: () => {
      try {
        mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
        if (!existsSync(file)) closeSync(openSync(file, 'ax', MODE));
      } catch (error) {
        complain(error);
      }
    },
    keep: (text) => {
      newest = text;
      writing ??= drain();
    },
    settled: async () => {
      while (writing !== null) await writing;
    },
  };
};
