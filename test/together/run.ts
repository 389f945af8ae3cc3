/**
 * Test files that need no process of their own, in one. To start a process costs more than most of them do: tap, the translation of
 * TypeScript and hundreds of modules are loaded each time. `.taprc` leaves their directories out, so that none runs twice;
 * `npx tap test/core/window.test.ts` runs one alone.
 */
import { readdirSync } from 'node:fs';
import t from 'tap';

const root = new URL('..', import.meta.url);

/** Those of these directories below test/, each when the one before is over. */
export const runTogether = async (...directories: readonly string[]): Promise<void> => {
  for (const directory of directories) {
    const files = readdirSync(new URL(directory, root)).filter((name) => name.endsWith('.test.ts'));
    for (const file of files.sort()) {
      const before = t.counts.total;
      await import(new URL(`${directory}/${file}`, root).href);
      // Its tests are queued, and this one after them.
      let isAfter = false;
      await t.test(`test/${directory}/${file}`, async (t) => {
        isAfter = true;
        t.ok((t.parent?.counts.total ?? 0) > before, 'was run');
      });
      // tap ends soon after a teardown of the root, runs nothing more, and says so nowhere.
      if (isAfter) continue;
      process.stderr.write(
        `test/${directory}/${file}: tap had ended before it: has a file before it a teardown of the root?\n`,
      );
      process.exit(1);
    }
  }
};
