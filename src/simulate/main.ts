#!/usr/bin/env node
/**
 * `npm run simulate -- --seeds N [--hours H] [--seed S | --from S] [--jobs J] [--story FILE]`: plays drawn stories, or a written
 * one; `--speed` tells how fast. What breaks is shrunk, printed, and written down to be played again. Exit status 0: every claim held.
 */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { drawHistory } from './draw-history.ts';
import { drawWorld } from './draw-world.ts';
import { type Options, readOptions, renderOptions, USAGE } from './options.ts';
import { type Played, play } from './play.ts';
import { shrink } from './shrink.ts';
import { measureSpeed, renderSpeed } from './speed.ts';
import type { Story } from './story.ts';
import { parseStory } from './story-read.ts';
import { renderStory } from './story-text.ts';

interface Sum {
  seeds: number;
  broken: number;
  simulatedMs: number;
  steps: number;
  happenings: number;
  packets: number;
}

/** Where a story is from, and how it is played again as a whole. */
interface Origin {
  readonly name: string;
  readonly file: string;
  readonly command: string;
}

const say = (text: string): void => {
  process.stdout.write(text);
};

const simulate = (options: string): string => `  npm run simulate -- ${options}\n`;

const write = (directory: string, name: string, text: string): string => {
  const file = `${directory}/${name}.story`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, text);
  return file;
};

/** Says at once what broke, then the shortest story that breaks the same claim. */
const tell = async (origin: Origin, story: Story, played: Played, options: Options): Promise<void> => {
  const { name, file, command } = origin;
  const { broken, log } = played;
  if (broken === null) return;
  say(`${name}: BROKEN after ${Math.round(broken.atMs)} ms: ${broken.claim}\n${simulate(command)}`);
  const shrunk = options.whole ? null : await shrink(story, played, play);
  const told = shrunk?.played.broken ?? broken;
  if (options.log) say(`${(shrunk?.played.log ?? log).join('\n')}\n`);
  const text = `# ${told.claim}\n# found by ${name}\n${renderStory(shrunk?.story ?? story)}`;
  const written = write(options.write, file, text);
  const after = shrunk === null ? '' : `, after ${shrunk.plays} plays as short as it got`;
  say(`${told.text}\n${name}${after}:\n${simulate(`--story ${written}`)}`);
  if (shrunk !== null) say(`${text}\n`);
};

const originOf = (seed: number, { hours, slow }: Options): Origin => ({
  name: `seed ${seed}`,
  file: `seed-${seed}${slow ? '-slow' : ''}`,
  command: `--seed ${seed} --hours ${hours}${slow ? ' --slow' : ''}`,
});

const playSeeds = async (options: Options): Promise<Sum> => {
  const sum: Sum = { seeds: 0, broken: 0, simulatedMs: 0, steps: 0, happenings: 0, packets: 0 };
  for (let seed = options.from; seed < options.from + options.seeds; seed += 1) {
    const pace = options.slow ? 'slow' : 'usual';
    const world = drawWorld(seed, pace);
    const story = { world, events: drawHistory(seed, world, options.hours, pace) };
    const played = await play(story);
    sum.seeds += 1;
    sum.simulatedMs += played.simulatedMs;
    sum.steps += played.steps;
    sum.happenings += played.happenings;
    sum.packets += played.packets;
    if (played.broken !== null) {
      sum.broken += 1;
      await tell(originOf(seed, options), story, played, options);
      if (options.untilBroken) break;
    }
  }
  return sum;
};

/** As many processes as are wanted, each with its share of the seeds. */
const playInProcesses = async (options: Options): Promise<Sum> => {
  const share = Math.ceil(options.seeds / options.jobs);
  const sums = await Promise.all(
    Array.from({ length: options.jobs }, (_, job) => {
      const from = options.from + job * share;
      const seeds = Math.max(0, Math.min(share, options.from + options.seeds - from));
      return new Promise<Sum>((resolve, reject) => {
        const args = renderOptions({ ...options, from, seeds });
        const child = fork(process.argv[1] ?? '', args, { stdio: 'inherit' });
        child.on('message', (sum) => resolve(sum as Sum));
        child.on('exit', (code) => reject(new Error(`a job ended with ${code}`)));
      });
    }),
  );
  return sums.reduce((all, sum) => ({
    seeds: all.seeds + sum.seeds,
    broken: all.broken + sum.broken,
    simulatedMs: all.simulatedMs + sum.simulatedMs,
    steps: all.steps + sum.steps,
    happenings: all.happenings + sum.happenings,
    packets: all.packets + sum.packets,
  }));
};

const playWritten = async (file: string, options: Options): Promise<number> => {
  const story = parseStory(readFileSync(file, 'utf8'));
  if ('kind' in story) throw new Error(`${file}: ${story.text}`);
  const played = await play(story);
  const { broken } = played;
  if (options.log) say(`${played.log.join('\n')}\n`);
  if (broken === null) {
    say(`${file}: every claim held\n`);
    return 0;
  }
  const name = basename(file);
  if (options.whole)
    say(`${name}: BROKEN after ${Math.round(broken.atMs)} ms: ${broken.claim}\n${broken.text}\n`);
  else {
    // Its own file stays as it is.
    const origin = { name, file: `${basename(file, '.story')}-shrunk`, command: `--story ${file}` };
    await tell(origin, story, played, { ...options, log: false });
  }
  return 1;
};

const main = async (options: Options): Promise<number> => {
  if (options.help) {
    say(USAGE);
    return 0;
  }
  if (options.speed) {
    const speed = await measureSpeed(options.hours);
    say(`${renderSpeed(speed)}\n`);
    return speed.brokenBy === null ? 0 : 1;
  }
  if (options.story !== null) return playWritten(options.story, options);
  const began = performance.now();
  const sum = options.jobs > 1 ? await playInProcesses(options) : await playSeeds(options);
  if (process.send !== undefined) {
    process.send(sum);
    return 0;
  }
  const tookMs = performance.now() - began;
  say(
    `${sum.seeds} seeds from ${options.from}, ${(sum.simulatedMs / 3_600_000).toFixed(1)} simulated hours in ` +
      `${(tookMs / 1000).toFixed(1)} s (${Math.round(sum.simulatedMs / tookMs)} x), ${sum.happenings} happenings, ` +
      `${sum.packets} packets of clients, ${sum.steps} steps: ${sum.broken} broken\n`,
  );
  return sum.broken === 0 ? 0 : 1;
};

const refuse = (error: unknown, usage: string): number => {
  process.stderr.write(`simulate: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
  return 2;
};

const readWanted = (): Options | null => {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.exitCode = refuse(error, USAGE);
    return null;
  }
};

const wanted = readWanted();
// A story that cannot be read needs no usage.
if (wanted !== null) process.exitCode = await main(wanted).catch((error: unknown) => refuse(error, ''));
