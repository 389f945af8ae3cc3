/** The live picture: one screen of what the router, the daemon and the clients are doing. Pure: figures in, lines out. */
import type { Status } from '../wire/status.ts';
import { type Colour, fit, type Line, span } from './styled.ts';

export const COLUMNS = 98;
const BAR = 24;
/** `pppoe0 tier 1 weight 1` and a blank. */
const PLACE = 23;
const LOG_LINES = 9;

export interface Scene {
  readonly act: string;
  readonly status: Status | null;
  /** New connections of the last second or so, by link, and those that got no answer. */
  readonly connections: ReadonlyMap<string, number>;
  readonly unanswered: number;
  /** pf states by link. */
  readonly states: ReadonlyMap<string, number>;
  /** Long UDP flows by the link that they leave by now. */
  readonly flows: ReadonlyMap<string, number>;
  readonly log: readonly string[];
  readonly held: number;
  readonly broken: number;
}

const healthColours: Readonly<Record<string, Colour>> = { up: 'good', down: 'bad', unknown: 'unsure' };
const severityColours: Readonly<Record<string, Colour>> = { warning: 'unsure', err: 'bad', notice: 'good' };

const heading = (text: string): Line => [span(fit(text, COLUMNS), 'dim')];

const linkLine = (scene: Scene, link: Status['links'][number]): Line => {
  const path = link.paths[0];
  const best = path?.targets.findLast((target) => target.rtt !== null && target.verdict === 'answers');
  const rtt = path?.health === 'up' && best?.rtt ? `${best.rtt.p50Ms.toFixed(1)} ms` : '-';
  const answering = path?.targets.filter((target) => target.verdict === 'answers').length ?? 0;
  const why =
    path?.reason === 'answering'
      ? `${answering}/${path.targets.length} targets answer`
      : (path?.reason ?? '');
  const total = [...scene.connections.values()].reduce((sum, count) => sum + count, 0);
  const share = total === 0 ? 0 : (scene.connections.get(link.name) ?? 0) / total;
  const filled = Math.round(share * BAR);
  return [
    span(fit(link.name, 7), 'bold'),
    span(fit(`${link.interface} tier ${link.tier} weight ${link.weight}`, PLACE), 'dim'),
    span(fit(path?.health ?? '-', 8), healthColours[path?.health ?? ''] ?? 'dim'),
    span(fit(rtt, 9)),
    span('█'.repeat(filled), 'good'),
    span('·'.repeat(BAR - filled), 'dim'),
    span(fit(` ${Math.round(share * 100)}%`, 6)),
    span(fit(why, COLUMNS - 7 - PLACE - 8 - 9 - BAR - 6), 'dim'),
  ];
};

const countLine = (label: string, links: readonly string[], counts: ReadonlyMap<string, number>): Line => [
  span(fit(label, 20), 'dim'),
  ...links.map((link) => span(fit(`${link} ${counts.get(link) ?? 0}`, 14))),
];

/** `2026-11-20T09:05:03.123Z notice link …` as the log has it, without the date. */
const logLine = (line: string): Line => {
  const [, time = '', severity = '', text = line] = /^\S+T(\S{8})\S* (\w+) (.*)$/.exec(line) ?? [];
  return [span(fit(time, 9), 'dim'), span(fit(text, COLUMNS - 9), severityColours[severity] ?? 'plain')];
};

export const drawScene = (scene: Scene): readonly Line[] => {
  const { status } = scene;
  const links = status?.links ?? [];
  const names = links.map(({ name }) => name);
  const shares =
    status?.policies
      .flatMap((policy) => policy.families.flatMap((family) => family.shares))
      .map(({ link, percent }) => `${link} ${percent}%`)
      .join(' ') ?? '';
  const log = scene.log.slice(-LOG_LINES);
  return [
    [span('uplinkd ', 'bold'), span(fit(scene.act, COLUMNS - 8), 'unsure')],
    [],
    heading('LINK                          HEALTH  RTT      NEW CONNECTIONS               WHY'),
    ...links.map((link) => linkLine(scene, link)),
    [],
    [
      span(fit('policy default', 20), 'dim'),
      span(fit(shares === '' ? 'nothing' : shares, 40), 'bold'),
      span(scene.unanswered === 0 ? '' : `${scene.unanswered} without answer`, 'bad'),
    ],
    countLine('pf states', names, scene.states),
    countLine('UDP flows leave by', names, scene.flows),
    [],
    ...log.map(logLine),
    ...Array.from({ length: LOG_LINES - log.length }, (): Line => []),
    [],
    [
      span(`${scene.held} claims held`, 'good'),
      span(scene.broken === 0 ? '' : `, ${scene.broken} did not`, 'bad'),
    ],
  ];
};
