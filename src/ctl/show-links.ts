/** `show links`: a line for each path with everything that was measured, or all that is known of one link. */
import { megabytes } from '../core/note.ts';
import type { LinkStatus, PathStatus, Status } from '../wire/status.ts';
import { renderAvailability, renderWait } from '../wire/words.ts';
import {
  familyColumn,
  healthColours,
  healthColumn,
  linkColumn,
  type PathRow,
  pathRows,
  targetColumns,
} from './cells.ts';
import { transitionColumns } from './show-history.ts';
import { type Column, foldText, renderTable } from './table.ts';
import { type Paint, printable } from './terminal.ts';
import {
  bestTarget,
  gatewayOf,
  renderJitter,
  renderLoss,
  renderMs,
  renderRtt,
  renderShare,
  renderStates,
  renderWhy,
  sharesOfPath,
} from './words.ts';

const natOf = (link: LinkStatus, { family }: PathStatus): string =>
  family === 'inet6' ? link.nat6 : link.nat ? 'nat' : 'no';

const translationOf = (link: LinkStatus, path: PathStatus): string => {
  const nat = natOf(link, path);
  return nat === 'no' ? 'not translated' : nat === 'prefix' ? 'nat to prefix6' : nat;
};

/** What a narrow screen has no columns for. */
const placeOf = (link: LinkStatus, path: PathStatus): string =>
  `${link.interface} to ${gatewayOf(link, path.family)}, tier ${link.tier}, weight ${link.weight}`;

const columnsOf = (status: Status): readonly Column<PathRow>[] => [
  linkColumn,
  familyColumn,
  healthColumn,
  { title: 'SINCE', cell: ({ path }) => renderMs(path.sinceMs) },
  { title: 'RTT(p50/p95)', cell: ({ path }) => renderRtt(bestTarget(path)) },
  { title: 'JITTER', need: 'less', cell: ({ path }) => renderJitter(bestTarget(path)) },
  { title: 'LOSS', isRight: true, cell: ({ path }) => renderLoss(bestTarget(path)) },
  {
    title: 'SHARE',
    isRight: true,
    cell: ({ link, path }) => renderShare(status, link.name, path.family),
  },
  { title: 'STATES', isRight: true, need: 'less', cell: ({ path }) => renderStates(path) },
  {
    title: '24H',
    isRight: true,
    need: 'less',
    cell: ({ path }) => renderAvailability(path.availability.day),
  },
  {
    title: '7D',
    isRight: true,
    need: 'more',
    cell: ({ path }) => renderAvailability(path.availability.week),
  },
  {
    title: '30D',
    isRight: true,
    need: 'more',
    cell: ({ path }) => renderAvailability(path.availability.month),
  },
  { title: 'IFACE', need: 'more', cell: ({ link }) => link.interface },
  { title: 'CARRIER', need: 'more', cell: ({ link }) => link.carrier },
  { title: 'GATEWAY', need: 'more', cell: ({ link, path }) => gatewayOf(link, path.family) },
  { title: 'TIER', isRight: true, need: 'more', cell: ({ link }) => String(link.tier) },
  { title: 'WEIGHT', isRight: true, need: 'more', cell: ({ link }) => String(link.weight) },
  { title: 'RTABLE', isRight: true, need: 'more', cell: ({ link }) => String(link.rtable) },
  { title: 'NAT', need: 'more', cell: ({ link, path }) => natOf(link, path) },
  {
    title: 'WHY',
    cell: ({ link, path }) => {
      const text = renderWhy(link, path);
      return { text, beneath: `${text}; ${placeOf(link, path)}` };
    },
  },
];

export const renderLinks = (status: Status, paint: Paint, screen: number): string =>
  renderTable(columnsOf(status), pathRows(status), paint, screen);

const renderDamping = ({ damping: { penalty, suppressed, reuseInMs } }: PathStatus): string =>
  suppressed && reuseInMs !== null
    ? `held back for ${renderWait(reuseInMs)} more, penalty ${penalty}`
    : penalty === 0
      ? 'none'
      : `not held back, penalty ${penalty}`;

const renderMetered = (
  { probeBytes: { month, budget } }: LinkStatus,
  { intervalMs, idle }: PathStatus,
): string => {
  const often = `every ${renderMs(intervalMs)}${idle ? ', as it is idle' : ''}`;
  const limit = budget === null ? '' : ` of ${megabytes(budget)}`;
  return month === null ? often : `${often}; those of the link took ${megabytes(month)}${limit} this month`;
};

/** Facts of one path, a name and a text each. */
const factsOf = (
  status: Status,
  link: LinkStatus,
  path: PathStatus,
): readonly (readonly [string, string])[] => {
  const best = bestTarget(path);
  const gateway = `${gatewayOf(link, path.family)} by ${path.via === 'rtable' ? `rtable ${link.rtable}` : path.via}`;
  const { sinceStart, day, week, month } = path.availability;
  const shares = sharesOfPath(status, link.name, path.family);
  return [
    ['gateway', `${gateway}, address ${path.address ?? '-'}, ${translationOf(link, path)}`],
    ['shares', shares.length === 0 ? 'in no policy' : shares.join(', ')],
    ['states', renderStates(path)],
    [
      'round trip',
      best === null
        ? '-'
        : `p50/p95 ${renderRtt(best)}, jitter ${renderJitter(best)}, loss ${renderLoss(best)} (${best.target})`,
    ],
    [
      'available',
      `24h ${renderAvailability(day)}, 7d ${renderAvailability(week)}, 30d ${renderAvailability(month)}, ` +
        `since the start ${renderAvailability(sinceStart)}`,
    ],
    ['damping', renderDamping(path)],
    ...(link.metered ? [['probes', renderMetered(link, path)] as const] : []),
  ];
};

const FACT = 12;

const renderPath = (
  status: Status,
  link: LinkStatus,
  path: PathStatus,
  paint: Paint,
  screen: number,
): string => {
  const why = printable(renderWhy(link, path));
  const head = `${path.family}: ${paint(healthColours[path.health], path.health)} for ${renderMs(path.sinceMs)}, ${why}\n`;
  const facts = factsOf(status, link, path).flatMap(([name, text]) =>
    foldText(printable(text), Math.max(1, screen - 2 - FACT)).map(
      (line, at) => `  ${(at === 0 ? name : '').padEnd(FACT)}${line}\n`,
    ),
  );
  const targets =
    path.targets.length === 0
      ? []
      : [
          '\n',
          renderTable(
            [
              ...targetColumns<{ target: (typeof path.targets)[number] }>(),
              { title: 'WHY', cell: ({ target }) => target.why ?? '' },
            ],
            path.targets.map((target) => ({ target })),
            paint,
            screen,
          ),
        ];
  const changes =
    path.transitions.length === 0
      ? []
      : ['\n', renderTable(transitionColumns, [...path.transitions].reverse(), paint, screen)];
  return [head, ...facts, ...targets, ...changes].join('');
};

export const renderLink = (status: Status, link: LinkStatus, paint: Paint, screen: number): string => {
  const more = [
    `carrier ${link.carrier}`,
    `tier ${link.tier}`,
    `weight ${link.weight}`,
    `rtable ${link.rtable}`,
    ...(link.rdomain === 0 ? [] : [`rdomain ${link.rdomain}`]),
    ...(link.prefix6.length === 0 ? [] : [`prefix6 ${link.prefix6.join(' ')}`]),
    ...(link.metered ? ['metered'] : []),
    ...(link.admin === 'enabled' ? [] : [`${link.admin} (admin)`]),
  ];
  const head = foldText(printable(`link ${link.name}: ${link.interface}, ${more.join(', ')}`), screen);
  return [
    head.map((line) => `${line}\n`).join(''),
    ...link.paths.map((path) => renderPath(status, link, path, paint, screen)),
  ].join('\n');
};
