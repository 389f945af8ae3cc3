#!/usr/bin/env node
/**
 * `npm run fuzz -- [--seconds N | --runs N] [--seed S] [--parser NAME] [--write DIR]`: gives damaged texts to every reader of what comes from
 * outside; `--input FILE` tries one kept text again. A process of its own reads, this one watches that it goes on. Exit status: 0 nothing found, 1 found.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Find } from './hunt.ts';
import { parseKept, renderKept } from './kept.ts';
import { complaintOf, kindOf } from './shrink.ts';
import { listNames, openSubject } from './subjects.ts';
import { huntWatched } from './watched.ts';

const USAGE =
  'usage: fuzz [--seconds n | --runs n] [--seed s] [--parser name[,name]] [--write dir] [--input file] [--list]\n';
const say = (text: string): void => {
  process.stdout.write(text);
};

const replay = async (file: string): Promise<number> => {
  const { parser, input } = parseKept(readFileSync(file, 'utf8'));
  const { subject, close } = await openSubject(parser);
  const complaint = await complaintOf(subject, input);
  await close();
  say(`${file}: ${parser}: ${complaint ?? 'nothing to complain of'}\n`);
  return complaint === null ? 0 : 1;
};

const tell = (name: string, seed: number, find: Find, folder: string): void => {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/${name}-${kindOf(find.complaint).replace(/\W+/g, '-')}-${seed}.json`;
  writeFileSync(file, renderKept({ parser: name, ...find }));
  say(
    `${name}: ${find.complaint.split('\n').slice(0, 4).join('\n')}\n  ${JSON.stringify(find.input).slice(0, 300)}\n`,
  );
  say(`  npm run fuzz -- --input ${file}\n`);
};

const main = async (): Promise<number> => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    seconds: text,
    runs: text,
    seed: text,
    parser: text,
    write: text,
    input: text,
    list: flag,
    help: flag,
  };
  const { values } = parseArgs({ options });
  if (values.help === true) {
    say(USAGE);
    return 0;
  }
  const number = (value: string | undefined): number | null => {
    if (value === undefined) return null;
    if (!/^\d{1,9}$/.test(value)) throw new Error(`not a number: ${value}`);
    return Number(value);
  };
  if (values.input !== undefined) return replay(values.input);
  const all = listNames();
  const names = values.parser === undefined ? all : values.parser.split(',');
  const stranger = names.find((name) => !all.includes(name));
  if (stranger !== undefined) throw new Error(`no parser ${stranger}: one of ${all.join(' ')}`);
  if (values.list === true) {
    say(`${names.join('\n')}\n`);
    return 0;
  }
  const runs = number(values.runs);
  const seconds = runs === null ? (number(values.seconds) ?? 10) : null;
  const seed = number(values.seed) ?? Date.now() % 1_000_000_000;
  say(`seed ${seed}\n`);
  let found = 0;
  let tries = 0;
  for (const name of names) {
    const report = await huntWatched({ name, seed, seconds, runs });
    const perSecond = Math.round((1000 * report.tries) / report.tookMs);
    say(
      `${name}: ${report.tries} texts (${perSecond} a second), ${report.shapes} shapes, ${report.finds.length} found\n`,
    );
    for (const find of report.finds) tell(name, seed, find, values.write ?? '/tmp/uplinkd-fuzz');
    found += report.finds.length;
    tries += report.tries;
  }
  say(`${tries} texts for ${names.length} parsers: ${found} found\n`);
  return found === 0 ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`fuzz: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
