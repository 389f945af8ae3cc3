/**
 * One hunt in a process of its own (watched.ts starts it): writes what it is about to try into a file, so that a reader that never comes back can
 * be caught at it, and sends its report at the end.
 */
import { openSync, writeSync } from 'node:fs';
import { type Find, hunt } from './hunt.ts';
import { complaintOf, shrinkInput } from './shrink.ts';
import type { Subject } from './subject.ts';
import { openSubject } from './subjects.ts';
import { HEAD_BYTES, type Report, type Task } from './watched.ts';

/** A text that takes longer three times, beside what its length allows, is too slow. */
const SLOW_MS = 500;
const SLOW_MS_PER_CHARACTER = 0.02;
const MOST_SUSPECTS = 20;

const allowedMs = (input: string): number => SLOW_MS + SLOW_MS_PER_CHARACTER * input.length;

/** The machine may have been busy: the shortest of three counts. */
const isSlow = async (subject: Subject, input: string): Promise<boolean> => {
  for (let time = 0; time < 3; time++) {
    const began = performance.now();
    await complaintOf(subject, input);
    if (performance.now() - began <= allowedMs(input)) return false;
  }
  return true;
};

const work = async ({ name, seed, seconds, runs, nowFile }: Task): Promise<Report> => {
  const { subject, close } = await openSubject(name);
  const now = openSync(nowFile, 'r+');
  const began = performance.now();
  const suspects: string[] = [];
  let triedAt = began;
  let count = 0;
  const hunted = await hunt(subject, seed, {
    goOn: (tries) => (runs === null ? performance.now() - began < 1000 * (seconds ?? 10) : tries < runs),
    onTry: (input) => {
      count += 1;
      // the length in front tells how much of the file is of this text
      const text = Buffer.from(input, 'utf16le');
      writeSync(
        now,
        Buffer.concat([Buffer.from(`${count} ${text.length}\n`.padEnd(HEAD_BYTES)), text]),
        0,
        HEAD_BYTES + text.length,
        0,
      );
      triedAt = performance.now();
    },
    onDone: (input) => {
      if (performance.now() - triedAt > allowedMs(input) && suspects.length < MOST_SUSPECTS)
        suspects.push(input);
      return null;
    },
  });
  const tookMs = performance.now() - began;
  // what follows is watched no more: to make it short may take as long as a hang
  writeSync(now, '0 0'.padEnd(HEAD_BYTES), 0);
  const finds: Find[] = [];
  for (const input of suspects)
    if (finds.length === 0 && (await isSlow(subject, input)))
      finds.push({ input, complaint: `slow: longer than ${Math.round(allowedMs(input))} ms` });
  for (const { input, complaint } of hunted.finds)
    finds.push({ input: await shrinkInput(subject, input, complaint), complaint });
  await close();
  return { ...hunted, finds, tookMs };
};

process.once('message', (task: Task) => {
  void work(task).then(
    (report) => process.send?.(report, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(3);
    },
  );
});
