/** A hunt in a process of its own, watched: when it stops trying, it hangs, and what it was trying last is what it hangs at. */
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Hunted } from './hunt.ts';

export interface Task {
  readonly name: string;
  readonly seed: number;
  /** For how long, or how many; one of them is null. */
  readonly seconds: number | null;
  readonly runs: number | null;
  /** Where it says what it tries: 40 bytes of the number and the length, then the text in UTF-16. */
  readonly nowFile: string;
}

export interface Report extends Hunted {
  readonly tookMs: number;
}

/** A text that takes so long is one that hangs. */
const HANG_MS = 10_000;
const LOOK_MS = 500;
export const HEAD_BYTES = 40;

const readNow = (file: string): { readonly tries: number; readonly input: string } => {
  const bytes = readFileSync(file);
  const [tries, length] = bytes.subarray(0, HEAD_BYTES).toString('latin1').split(' ').map(Number);
  return {
    tries: tries ?? 0,
    input: bytes.subarray(HEAD_BYTES, HEAD_BYTES + (length ?? 0)).toString('utf16le'),
  };
};

export const huntWatched = (wanted: Omit<Task, 'nowFile'>, hangMs = HANG_MS): Promise<Report> =>
  new Promise((resolve, reject) => {
    const folder = mkdtempSync(join(tmpdir(), 'uplinkd-fuzz-'));
    const nowFile = join(folder, 'now');
    writeFileSync(nowFile, '0 0'.padEnd(HEAD_BYTES));
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const child = fork(fileURLToPath(new URL(`./child.${ending}`, import.meta.url)), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let last = -1;
    let since = performance.now();
    let report: Report | null = null;
    const watch = setInterval(() => {
      const { tries, input } = readNow(nowFile);
      if (tries !== last) {
        last = tries;
        since = performance.now();
      } else if (tries > 0 && performance.now() - since > hangMs) {
        report = {
          tries,
          shapes: 0,
          tookMs: hangMs,
          finds: [{ input, complaint: `hang: longer than ${hangMs} ms` }],
        };
        child.kill('SIGKILL');
      }
    }, LOOK_MS);
    child.on('message', (message: Report) => {
      report = message;
    });
    child.on('close', (code) => {
      clearInterval(watch);
      rmSync(folder, { recursive: true, force: true });
      if (report === null) reject(new Error(`the hunt of ${wanted.name} ended with ${code}`));
      else resolve(report);
    });
    const task: Task = { ...wanted, nowFile };
    child.send(task);
  });
