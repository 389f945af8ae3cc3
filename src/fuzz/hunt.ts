/**
 * The hunt through one subject: takes a text, changes it, asks the judge, keeps what came out in a new shape to be changed further. The same
 * seed tries the same texts. Knows no clock: whoever hunts says when it is enough.
 */
import { createRandom } from '../emulator/random.ts';
import { mutate } from './mutate.ts';
import { complaintOf, kindOf } from './shrink.ts';
import type { Subject } from './subject.ts';

export interface Find {
  readonly input: string;
  readonly complaint: string;
}

export interface Hunted {
  readonly tries: number;
  /** Different pictures of what came out. */
  readonly shapes: number;
  /** One of each kind. */
  readonly finds: readonly Find[];
}

export interface Watch {
  /** Whether there is to be another try, after so many. */
  readonly goOn: (tries: number) => boolean;
  /** In front of each try. */
  readonly onTry?: (input: string) => void;
  /** After each; a complaint of the watcher's own, or null. */
  readonly onDone?: (input: string) => string | null;
}

/** Texts that are kept beside the seeds; the oldest give way. */
const MOST_KEPT = 2000;
/** Longer ones are not changed further: they would be tried for ever. */
const MOST_KEPT_CHARACTERS = 20_000;

export const hunt = async (subject: Subject, seed: number, watch: Watch): Promise<Hunted> => {
  const random = createRandom(seed).fork(subject.name);
  const kept: string[] = [];
  const shapes = new Set<string>();
  const finds = new Map<string, Find>();
  let tries = 0;

  const note = (input: string, complaint: string): void => {
    const kind = kindOf(complaint);
    if (!finds.has(kind)) finds.set(kind, { input, complaint });
  };
  const attempt = async (input: string): Promise<void> => {
    tries += 1;
    watch.onTry?.(input);
    let shape: string | null = null;
    try {
      const verdict = await subject.judge(input);
      if (verdict.complaint !== null) note(input, verdict.complaint);
      shape = verdict.shape;
    } catch {
      note(input, (await complaintOf(subject, input)) ?? 'thrown: once only');
    }
    const own = watch.onDone?.(input) ?? null;
    if (own !== null) note(input, own);
    if (shape === null || shapes.has(shape)) return;
    shapes.add(shape);
    if (input.length > MOST_KEPT_CHARACTERS) return;
    if (kept.length < MOST_KEPT) kept.push(input);
    else kept[random.below(MOST_KEPT)] = input;
  };

  for (const input of ['', ...subject.seeds]) if (watch.goOn(tries)) await attempt(input);
  while (watch.goOn(tries)) {
    const from = kept.length > 0 && random.chance(0.6) ? kept : subject.seeds;
    await attempt(mutate(random, from[random.below(from.length)] ?? '', subject.seeds));
  }
  return { tries, shapes: shapes.size, finds: [...finds.values()] };
};
