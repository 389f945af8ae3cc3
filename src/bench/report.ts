/** The bench's figures as lines of text. */
import type { Cost } from './cost.ts';
import type { Detection, DetectionCase } from './detection.ts';
import type { FalseDowns } from './false-downs.ts';
import { highestMean, summarise } from './figures.ts';

export interface Claim {
  readonly text: string;
  readonly isKept: boolean;
  readonly seen: string;
}

export const renderClaim = ({ text, isKept, seen }: Claim): string =>
  `${isKept ? 'ok    ' : 'NOT OK'}  ${text}: ${seen}`;

const NAME = 68;

const row = (name: string, figures: readonly number[]): string => {
  const { count, min, median, p95, max } = summarise(figures);
  const each = [
    ['min', min],
    ['median', median],
    ['p95', p95],
    ['max', max],
  ] as const;
  const cells = each.map(([label, ms]) => `${label} ${(ms / 1000).toFixed(3)}`);
  return `  ${name.padEnd(NAME)} ${cells.join('  ')}  (${count})`;
};

export const renderDetection = (which: DetectionCase, { ours, theirs, spoilt }: Detection): string =>
  [
    row(`uplinkd, ${which.name}`, ours),
    ...(theirs === null ? [] : [row(`dpinger ${which.dpinger.join(' ')}`, theirs)]),
    ...(spoilt === 0 ? [] : [`  ${spoilt} runs were spoilt: not up before, or not down within a minute`]),
  ].join('\n');

const rate = (value: number): string =>
  value === 0
    ? '0'
    : value < 0.01
      ? value.toExponential(0)
      : value < 10
        ? value.toFixed(2)
        : value.toFixed(0);

export const renderFalseDowns = (name: string, found: FalseDowns): string => {
  const { years, counted, outages, degraded, inside } = found;
  const sampled = `${rate(inside.mean)} +- ${rate(inside.halfWidth)} (${inside.nonZero} hits)`;
  const plain = `${counted} in ${(years * 365.25).toFixed(1)} days (at most ${rate(highestMean(counted) / years)} a year)`;
  return (
    `  ${name.padEnd(28)} ${sampled.padEnd(30)}  counted ${plain.padEnd(44)}` +
    `  degraded ${rate(degraded / years)}${outages === 0 ? '' : `, outages found ${rate(outages / years)}`}`
  );
};

const share = (value: number): string => `${(100 * value).toFixed(2)}%`;

export const renderCost = (cost: Cost): string =>
  [
    `  ${cost.links} links, ${cost.probes} pings, ${cost.seconds.toFixed(0)} s`,
    `  daemon    ${share(cost.daemon)} of one core, ${cost.rssMb.toFixed(0)} MB now (${cost.ownMb.toFixed(0)} of its own, the rest program text), ${cost.highestRssMb.toFixed(0)} MB at most`,
    `  pings     ${share(cost.pings)} of one core, all together`,
    `  commands  ${share(cost.commands)} of one core: programs of the emulator in Node, which OpenBSD's are not`,
    ...(cost.log.length === 0 ? [] : ['  said meanwhile:', ...cost.log.map((line) => `    ${line}`)]),
  ].join('\n');
