/**
 * `plots.db` in the state directory: what the status page plots. Written seldom, as routers have flash, and replaced by rename,
 * so that a killed daemon loses ten minutes and no more. A file that cannot be read is said once, and begun anew.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../port/log.ts';
import { type KeptSeries, MOST_BYTES, parseSeriesFile } from '../wire/series-file.ts';

export interface SeriesFile {
  /** What was kept; nothing if there is none or it cannot be read. */
  read(): KeptSeries;
  write(bytes: Uint8Array): void;
}

export const createSeriesFile = (directory: string, log: Log): SeriesFile => {
  const file = join(directory, 'plots.db');
  let hasComplained = false;
  const complain = (text: string): void => {
    if (!hasComplained) log.write('warning', `${file}: ${text}`);
    hasComplained = true;
  };
  return {
    read: () => {
      let bytes: Uint8Array;
      try {
        // Not ours to read whatever somebody has put there.
        if (statSync(file).size > MOST_BYTES) {
          complain('too large, the plots begin anew');
          return [];
        }
        bytes = readFileSync(file);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
          complain(`${error instanceof Error ? error.message : String(error)}; the plots begin anew`);
        return [];
      }
      const kept = parseSeriesFile(bytes);
      if (kept === null) log.write('warning', `${file}: not understood, the plots begin anew`);
      return kept ?? [];
    },
    write: (bytes) => {
      try {
        mkdirSync(directory, { recursive: true, mode: 0o750 });
        writeFileSync(`${file}.new`, bytes, { mode: 0o600 });
        renameSync(`${file}.new`, file);
        hasComplained = false;
      } catch (error) {
        complain(
          `${error instanceof Error ? error.message : String(error)}; a restart will forget the plots`,
        );
      }
    },
  };
};
