#!/usr/bin/env node
/**
 * `npm run simulate -- --seeds N [--hours H] [--seed S | --from S] [--jobs J] [--story FILE]`: plays drawn stories, or a written
 * one; `--speed` tells how fast. What breaks is shrunk and printed as a story that can be played again. Exit status 0: every claim held.
 */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawHistory } from './draw-history.ts';
import { drawWorld } from './draw-world.ts';
import { type Played, play } from './play.ts';
import { shrink } from './shrink.ts';
import { measureSpeed, renderSpeed } from './speed.ts';
import type { Story } from './story.ts';
import { parseStory } from './story-read.ts';
import { renderStory } from './story-text.ts';

const USAGE =
  'usage: simulate [--seeds n] [--hours h] [--from seed | --seed seed] [--jobs n] [--slow] [--story file] [--write dir] [--log] [--whole] [--until-broken]\n       simulate --speed [--hours h]\n';

interface Wanted {
  readonly seeds: number;
  readonly from: number;
  readonly hours: number;
  readonly jobs: number;
  readonly story: string | null;
  /** Where to put the stories of what broke. */
  readonly write: string | null;
  /** Print the log of what broke. */
  readonly log: boolean;
  /** Do not shrink. */
  readonly whole: boolean;
  /** The first that breaks is enough. */
  readonly untilBroken: boolean;
  /** Worlds that ask, reconcile and send so seldom that a simulated day takes a second. */
  readonly slow: boolean;
  /** Only tell how fast simulated time runs. */
  readonly speed: boolean;
}

interface Sum {
  seeds: number;
  broken: number;
  simulatedMs: number;
  steps: number;
  happenings: number;
  packets: number;
}

const say = (text: string): void => {
  process.stdout.write(text);
};

const readWanted = (argv: readonly string[]): Wanted | null => {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seeds: { type: 'string', default: '20' },
        hours: { type: 'string', default: '1' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        jobs: { type: 'string', default: '1' },
        story: { type: 'string' },
        write: { type: 'string' },
        log: { type: 'boolean', default: false },
        whole: { type: 'boolean', default: false },
        'until-broken': { type: 'boolean', default: false },
        slow: { type: 'boolean', default: false },
        speed: { type: 'boolean', default: false },
      },
    });
    const number = (text: string): number => (/^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN);
    const wanted: Wanted = {
      seeds: values.seed === undefined ? number(values.seeds) : 1,
      from: number(values.seed ?? values.from),
      hours: number(values.hours),
      jobs: number(values.jobs),
      story: values.story ?? null,
      write: values.write ?? null,
      log: values.log,
      whole: values.whole,
      untilBroken: values['until-broken'],
      slow: values.slow,
      speed: values.speed,
    };
    return [wanted.seeds, wanted.from, wanted.hours, wanted.jobs].some(Number.isNaN) ? null : wanted;
  } catch {
    return null;
  }
};

const tell = async (name: string, story: Story, played: Played, wanted: Wanted): Promise<void> => {
  const { broken } = played;
  if (broken === null) return;
  say(`${name}: BROKEN after ${Math.round(broken.atMs)} ms: ${broken.claim}\n${broken.text}\n`);
  const shortest = wanted.whole ? { story, played, plays: 0 } : await shrink(story, played, play);
  const text = `# ${broken.claim}\n# found by ${name}\n${renderStory(shortest.story)}`;
  if (wanted.log) say(`${shortest.played.log.join('\n')}\n`);
  say(
    `${name}: as short as it got after ${shortest.plays} plays (npm run simulate -- --story FILE):\n${text}\n`,
  );
  if (wanted.write === null) return;
  mkdirSync(wanted.write, { recursive: true });
  writeFileSync(`${wanted.write}/${name.replaceAll(' ', '-')}.story`, text);
};

const playSeeds = async (wanted: Wanted): Promise<Sum> => {
  const sum: Sum = { seeds: 0, broken: 0, simulatedMs: 0, steps: 0, happenings: 0, packets: 0 };
  for (let seed = wanted.from; seed < wanted.from + wanted.seeds; seed += 1) {
    const pace = wanted.slow ? 'slow' : 'usual';
    const world = drawWorld(seed, pace);
    const story = { world, events: drawHistory(seed, world, wanted.hours, pace) };
    const played = await play(story);
    sum.seeds += 1;
    sum.simulatedMs += played.simulatedMs;
    sum.steps += played.steps;
    sum.happenings += played.happenings;
    sum.packets += played.packets;
    if (played.broken !== null) {
      sum.broken += 1;
      await tell(`seed ${seed}`, story, played, wanted);
      if (wanted.untilBroken) break;
    }
  }
  return sum;
};

/** As many processes as are wanted, each with its share of the seeds. */
const playInProcesses = async (wanted: Wanted): Promise<Sum> => {
  const share = Math.ceil(wanted.seeds / wanted.jobs);
  const sums = await Promise.all(
    Array.from({ length: wanted.jobs }, (_, job) => {
      const from = wanted.from + job * share;
      const seeds = Math.max(0, Math.min(share, wanted.from + wanted.seeds - from));
      const args = [`--from=${from}`, `--seeds=${seeds}`, `--hours=${wanted.hours}`];
      const more = [
        ...(wanted.log ? ['--log'] : []),
        ...(wanted.whole ? ['--whole'] : []),
        ...(wanted.slow ? ['--slow'] : []),
        ...(wanted.untilBroken ? ['--until-broken'] : []),
        ...(wanted.write === null ? [] : ['--write', wanted.write]),
      ];
      return new Promise<Sum>((resolve, reject) => {
        const child = fork(process.argv[1] ?? '', [...args, ...more], { stdio: 'inherit' });
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

const playWritten = async (file: string, wanted: Wanted): Promise<number> => {
  const story = parseStory(readFileSync(file, 'utf8'));
  if ('kind' in story) {
    process.stderr.write(`${file}: ${story.text}\n`);
    return 2;
  }
  const played = await play(story);
  if (wanted.log) say(`${played.log.join('\n')}\n`);
  if (played.broken === null) say(`${file}: every claim held\n`);
  else await tell(file.replace(/.*\//, ''), story, played, { ...wanted, log: false });
  return played.broken === null ? 0 : 1;
};

const main = async (): Promise<number> => {
  const wanted = readWanted(process.argv.slice(2));
  if (wanted === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (wanted.speed) {
    const speed = await measureSpeed(wanted.hours);
    say(`${renderSpeed(speed)}\n`);
    return speed.brokenBy === null ? 0 : 1;
  }
  if (wanted.story !== null) return playWritten(wanted.story, wanted);
  const began = performance.now();
  const sum = wanted.jobs > 1 ? await playInProcesses(wanted) : await playSeeds(wanted);
  if (process.send !== undefined) {
    process.send(sum);
    return 0;
  }
  const tookMs = performance.now() - began;
  say(
    `${sum.seeds} seeds from ${wanted.from}, ${(sum.simulatedMs / 3_600_000).toFixed(1)} simulated hours in ` +
      `${(tookMs / 1000).toFixed(1)} s (${Math.round(sum.simulatedMs / tookMs)} x), ${sum.happenings} happenings, ` +
      `${sum.packets} packets of clients, ${sum.steps} steps: ${sum.broken} broken\n`,
  );
  return sum.broken === 0 ? 0 : 1;
};

process.exitCode = await main();
