/** `show summary`: the daemon, pf and this machine's own traffic in a line each, then a line for each path and each policy. */
import type { Status } from '../wire/status.ts';
import { renderWait } from '../wire/words.ts';
import {
  familyColumn,
  healthColumn,
  linkColumn,
  type PathRow,
  pathRows,
  policyColumns,
  policyRows,
} from './cells.ts';
import { renderTable } from './table.ts';
import { type Paint, printable } from './terminal.ts';
import { bestTarget, renderLoss, renderMs, renderRtt, renderShare, renderWhy } from './words.ts';

export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** Without that line pf never looks into the anchor. */
export const renderUncalled = ({ anchor }: Status['pf']): string =>
  `the main rule set lacks this line, add it to pf.conf: anchor "${printable(anchor)}"`;

const renderCarp = (
  { group, role, demotedBy, lost, holdRemainingMs }: NonNullable<Status['carp']>,
  paint: Paint,
): string => {
  const head = `${role ?? 'no carp interface is up'}, group ${printable(group)}`;
  if (demotedBy === 0) return `${head} not demoted`;
  const wait = holdRemainingMs === null ? '' : `, until ${renderWait(holdRemainingMs)} from now`;
  const why = lost.length === 0 ? '' : `, no link for policy ${printable(lost.join(', '))}`;
  return `${head} ${paint('bad', `demoted by ${demotedBy}`)}${why}${wait}`;
};

/** Only where it is uplinkd that decides. */
const renderOwnTraffic = ({ mode, families }: Status['ownTraffic'], paint: Paint): string => {
  const by = families.map(({ family, links }) =>
    links.length === 0
      ? `${family} ${paint('bad', 'by no link')}`
      : `${family} by ${printable(links.join(', '))}`,
  );
  return `own traffic (default_route "${mode}"): ${by.join('; ')}`;
};

const renderHead = (status: Status, paint: Paint): string => {
  const { daemon, pf, ownTraffic } = status;
  const inPlace = pf.applied === 'known' ? 'in place' : paint('bad', 'not known to be in place');
  const lines = [
    `uplinkd ${printable(daemon.version)}, pid ${daemon.pid}, up ${renderMs(daemon.uptimeMs)}, ` +
      `${printable(daemon.config)} read ${renderMs(daemon.settingsLoadedMsAgo)} ago`,
    `pf: anchor ${printable(pf.anchor)} ${inPlace}, ${counted(pf.rules.length, 'rule')}, ` +
      `${counted(pf.loads, 'load')}, ${pf.loadFailures} failed, ${counted(pf.kills, 'state')} killed`,
  ];
  if (!pf.called) lines.push(`pf: ${paint('bad', renderUncalled(pf))}`);
  if (pf.failure !== null)
    lines.push(
      `pf: ${paint('bad', `failed: ${printable(pf.failure.text)}`)}, again in ${renderWait(pf.failure.retryInMs)}`,
    );
  if (ownTraffic.mode === 'best' || ownTraffic.mode === 'multipath')
    lines.push(renderOwnTraffic(ownTraffic, paint));
  if (status.carp !== null) lines.push(`carp: ${renderCarp(status.carp, paint)}`);
  return lines.map((line) => `${line}\n`).join('');
};

export const renderSummary = (status: Status, paint: Paint, screen: number): string => {
  const paths = renderTable<PathRow>(
    [
      linkColumn,
      familyColumn,
      healthColumn,
      { title: 'SINCE', cell: ({ path }) => renderMs(path.sinceMs) },
      { title: 'RTT(p50/p95)', cell: ({ path }) => renderRtt(bestTarget(path)) },
      { title: 'LOSS', cell: ({ path }) => renderLoss(bestTarget(path)) },
      { title: 'SHARE', cell: ({ link, path }) => renderShare(status, link.name, path.family) },
      { title: 'WHY', cell: ({ link, path }) => renderWhy(link, path) },
    ],
    pathRows(status),
    paint,
    screen,
  );
  const policies = renderTable(policyColumns, policyRows(status), paint, screen);
  return `${renderHead(status, paint)}\n${paths}\n${policies}`;
};
