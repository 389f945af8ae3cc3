/** Files of this machine, to look at. With a root directory the whole of it is somewhere below that, for tests and images. */
import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { FileFact, Files } from '../port/files.ts';

/** A configuration is a few kilobytes. */
const LARGEST = 1024 * 1024;

const kindOf = (stats: Stats): FileFact['kind'] => {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSocket() ? 'socket' : 'other';
};

const read = (path: string, stats: Stats): Uint8Array | null => {
  if (!stats.isFile() || stats.size > LARGEST) return null;
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
};

/** `root`: `/` for this machine itself. Below another one its files belong to whoever has made it, who counts as root. */
export const createFiles = (root: string): Files => {
  const owner = (id: number, own: number | undefined): number => (root !== '/' && id === own ? 0 : id);
  return {
    look: (path) => {
      const at = join(root, path);
      try {
        const stats = lstatSync(at);
        return {
          kind: kindOf(stats),
          mode: stats.mode & 0o7777,
          uid: owner(stats.uid, process.getuid?.()),
          gid: owner(stats.gid, process.getgid?.()),
          bytes: read(at, stats),
        };
      } catch {
        return null;
      }
    },
  };
};
