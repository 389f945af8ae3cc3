#!/usr/bin/env node
/**
 * `npm run demo`: plays the story and says whether every claim held. On a terminal a live picture, elsewhere plain
 * lines. `--svg FILE` also writes the picture of one moment, which is the one in README.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Status } from '../wire/status.ts';
import { COLUMNS, drawScene, type Scene } from './picture.ts';
import { quantile } from './statistics.ts';
import { playStory, renderStoryConfig } from './story.ts';
import { renderAnsi, renderSvg } from './styled.ts';
import { createWorld, type World } from './world.ts';

const FRAME_MS = 150;
/** The whole demo must be over by then. */
const LONGEST_MS = 58_000;
/** What a fail-over may cost the daemon itself, in milliseconds, at the median. */
const BUDGET_MS = 5;

const { values } = parseArgs({
  options: { svg: { type: 'string' }, plain: { type: 'boolean', default: false } },
});
const isLive = process.stdout.isTTY === true && !values.plain;
const from = performance.now();
const elapsed = (): string => ((performance.now() - from) / 1000).toFixed(1).padStart(5);
const print = (line: string): void => {
  if (!isLive) process.stdout.write(`${line}\n`);
};

const report: string[] = [];
let act = '';
let held = 0;
let broken = 0;
/** Null until it has been made. */
const now: { world: World | null; status: Status | null } = { world: null, status: null };
let counted: { readonly delivered: ReadonlyMap<string, number>; readonly failed: number } = {
  delivered: new Map(),
  failed: 0,
};
let previous = { delivered: new Map<string, number>(), failed: 0 };

const claim = (text: string, holds: boolean, seen: string): void => {
  if (holds) held += 1;
  else broken += 1;
  const line = `${elapsed()}  ${holds ? 'ok    ' : 'NOT OK'}  ${text}: ${seen}`;
  report.push(line);
  print(line);
};

/** What has come since the last look; the counts begin anew whenever the story marks them. */
const countRecent = (): void => {
  if (now.world === null) return;
  const { delivered, refused, silent } = now.world.traffic.count();
  const current = { delivered: new Map(delivered), failed: refused + silent };
  const total = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((sum, each) => sum + each, 0);
  const isNewMark = total(current.delivered) < total(previous.delivered);
  const base = isNewMark ? { delivered: new Map<string, number>(), failed: 0 } : previous;
  if (total(current.delivered) - total(base.delivered) < 60 && !isNewMark) return;
  counted = {
    delivered: new Map(
      [...current.delivered].map(([link, count]) => [link, count - (base.delivered.get(link) ?? 0)]),
    ),
    failed: current.failed - base.failed,
  };
  previous = current;
};

const takeScene = (): Scene => {
  const links = now.status?.links.map(({ name }) => name) ?? [];
  const flows = new Map<string, number>();
  for (const flow of now.world?.traffic.flows ?? []) {
    const last = flow.history.at(-1);
    if (last?.kind === 'delivered' && last.uplink !== null)
      flows.set(last.uplink, (flows.get(last.uplink) ?? 0) + 1);
  }
  return {
    act,
    status: now.status,
    connections: counted.delivered,
    unanswered: counted.failed,
    states: new Map(links.map((link) => [link, now.world?.statesOf(link).length ?? 0])),
    flows,
    log: now.world?.log ?? [],
    held,
    broken,
  };
};

const drawFrame = async (): Promise<void> => {
  now.status = (await now.world?.status().catch(() => null)) ?? now.status;
  countRecent();
  if (isLive) process.stdout.write(`\u001b[H\u001b[2J${renderAnsi(drawScene(takeScene()))}\n`);
};

const describe = (name: string, figures: readonly number[]): string => {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return `${name}: min ${ms(Math.min(...figures))}, median ${ms(quantile(figures, 0.5))}, p99 ${ms(quantile(figures, 0.99))}, ${figures.length} times`;
};

const claimReactions = (status: Status): void => {
  const { reactions } = status.pf;
  const toLoad = reactions.map((each) => each.toLoadMs);
  print('');
  for (const line of [
    describe('from the line of `route monitor` to the start of `pfctl -f -`', toLoad),
    describe(
      'from the line of `route monitor` to the end of `pfctl -f -`',
      reactions.map((each) => each.toLoadedMs),
    ),
    describe(
      'from the line of `route monitor` to the end of it all, read back and killed',
      reactions.map((each) => each.toDoneMs),
    ),
  ]) {
    report.push(line);
    print(line);
  }
  claim(
    `of which the daemon itself takes under ${BUDGET_MS} ms at the median`,
    quantile(toLoad, 0.5) < BUDGET_MS,
    `${quantile(toLoad, 0.5).toFixed(2)} ms`,
  );
};

const play = async (): Promise<void> => {
  const world = await createWorld(renderStoryConfig(1), (line) =>
    print(`${elapsed()}          | ${line.replace(/^\S+ /, '')}`),
  );
  now.world = world;
  await playStory(world, {
    act: (title) => {
      act = title;
      report.push(`${elapsed()}  ${title}`);
      print(`\n${elapsed()}  == ${title}`);
    },
    claim,
    pose: () => {
      if (values.svg !== undefined) writeFileSync(values.svg, renderSvg(drawScene(takeScene()), COLUMNS));
    },
  });
  claimReactions(await world.status());
  const { tookMs, code } = await world.stopDaemon();
  claim(
    'SIGTERM: the daemon leaves within a second',
    code === 0 && tookMs < 1000,
    `${Math.round(tookMs)} ms, exit status ${code}`,
  );
};

const frames = setInterval(() => void drawFrame(), FRAME_MS);
const alarm = setTimeout(() => {
  process.stderr.write(`demo: not over after ${LONGEST_MS} ms\n`);
  now.world?.close();
  process.exit(1);
}, LONGEST_MS);
try {
  await play();
} catch (error) {
  claim('the story went on', false, error instanceof Error ? error.message : String(error));
} finally {
  clearInterval(frames);
  clearTimeout(alarm);
  now.world?.close();
}
if (isLive) process.stdout.write(`\u001b[H\u001b[2J${report.join('\n')}\n`);
process.stdout.write(`\n${held} claims held, ${broken} did not; ${elapsed().trim()} s\n`);
process.exitCode = broken === 0 ? 0 : 1;
