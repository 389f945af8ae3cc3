/**
 * The views of `uplinkctl show`: pure functions of one status document, to text and to JSON. Knows nothing of sockets
 * and of argv.
 */
import type {
  HistoryEntry,
  LinkStatus,
  PathStatus,
  PolicyFamilyStatus,
  Status,
  TargetStatus,
} from '../wire/status.ts';
import type { View } from './command.ts';
import { type Cell, type Column, renderTable } from './table.ts';
import { type Colour, type Paint, printable } from './terminal.ts';
import {
  bestTarget,
  gatewayOf,
  renderDecisionWhy,
  renderInstant,
  renderLoss,
  renderMs,
  renderRtt,
  renderScope,
  renderShare,
  renderShares,
  renderWait,
  renderWhy,
} from './words.ts';

type Family = PathStatus['family'];

const healthColours = {
  up: 'good',
  degraded: 'unsure',
  down: 'bad',
  unknown: 'unsure',
} as const satisfies Readonly<Record<PathStatus['health'], Colour>>;
const verdictColours = { answers: 'good', failed: 'bad', unknown: 'unsure' } as const satisfies Readonly<
  Record<TargetStatus['verdict'], Colour>
>;
export const rungColours = {
  up: 'good',
  degraded: 'unsure',
  recovering: 'unsure',
  unproven: 'unsure',
  'last-resort': 'bad',
  none: 'bad',
} as const satisfies Readonly<Record<PolicyFamilyStatus['rung'], Colour>>;

const healthCell = (path: PathStatus): Cell => ({ text: path.health, colour: healthColours[path.health] });

interface PathRow {
  readonly link: LinkStatus;
  readonly path: PathStatus;
}
const pathRows = (status: Status): readonly PathRow[] =>
  status.links.flatMap((link) => link.paths.map((path) => ({ link, path })));

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

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

const renderHead = (status: Status, paint: Paint): string => {
  const { daemon, pf } = status;
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
  if (status.carp !== null) lines.push(`carp: ${renderCarp(status.carp, paint)}`);
  return lines.map((line) => `${line}\n`).join('');
};

interface PolicyRow {
  readonly policy: string;
  readonly in: PolicyFamilyStatus;
}
const policyRows = (status: Status): readonly PolicyRow[] =>
  status.policies.flatMap((policy) => policy.families.map((family) => ({ policy: policy.name, in: family })));

/** A line for each decision. */
const policyColumns: readonly Column<PolicyRow>[] = [
  { title: 'POLICY', cell: ({ policy }) => policy },
  { title: 'FAM', cell: ({ in: decision }) => renderScope(decision) },
  { title: 'ACTIVE', cell: ({ in: { rung } }) => ({ text: rung, colour: rungColours[rung] }) },
  { title: 'SINCE', cell: ({ in: { sinceMs } }) => renderMs(sinceMs) },
  { title: 'SHARES', cell: ({ in: { shares } }) => renderShares(shares) },
];

const renderSummary = (status: Status, paint: Paint): string => {
  const paths = renderTable<PathRow>(
    [
      { title: 'LINK', cell: ({ link }) => link.name },
      { title: 'FAM', cell: ({ path }) => path.family },
      { title: 'HEALTH', cell: ({ path }) => healthCell(path) },
      { title: 'SINCE', cell: ({ path }) => renderMs(path.sinceMs) },
      { title: 'RTT(p50/p95)', cell: ({ path }) => renderRtt(bestTarget(path)) },
      { title: 'LOSS', cell: ({ path }) => renderLoss(bestTarget(path)) },
      { title: 'SHARE', cell: ({ link, path }) => renderShare(status, link.name, path.family) },
      { title: 'WHY', cell: ({ link, path }) => renderWhy(link, path) },
    ],
    pathRows(status),
    paint,
  );
  const policies = renderTable(policyColumns, policyRows(status), paint);
  return `${renderHead(status, paint)}\n${paths}\n${policies}`;
};

const natOf = (link: LinkStatus, { family }: PathStatus): string =>
  family === 'inet6' ? link.nat6 : link.nat ? 'nat' : 'no';

const renderLinks = (status: Status, paint: Paint): string =>
  renderTable<PathRow>(
    [
      { title: 'LINK', cell: ({ link }) => link.name },
      { title: 'FAM', cell: ({ path }) => path.family },
      { title: 'HEALTH', cell: ({ path }) => healthCell(path) },
      { title: 'IFACE', cell: ({ link }) => link.interface },
      { title: 'CARRIER', cell: ({ link }) => link.carrier },
      { title: 'GATEWAY', cell: ({ link, path }) => gatewayOf(link, path.family) },
      { title: 'RTABLE', isRight: true, cell: ({ link }) => String(link.rtable) },
      { title: 'TIER', isRight: true, cell: ({ link }) => String(link.tier) },
      { title: 'WEIGHT', isRight: true, cell: ({ link }) => String(link.weight) },
      { title: 'NAT', cell: ({ link, path }) => natOf(link, path) },
    ],
    pathRows(status),
    paint,
  );

const renderPolicies = (status: Status, paint: Paint): string =>
  renderTable<PolicyRow>(
    [...policyColumns, { title: 'WHY', cell: ({ in: decision }) => renderDecisionWhy(status, decision) }],
    policyRows(status),
    paint,
  );

interface TargetRow {
  readonly link: string;
  readonly family: Family;
  readonly target: TargetStatus;
}

const probeColumns: readonly Column<TargetRow>[] = [
  { title: 'LINK', cell: ({ link }) => link },
  { title: 'FAM', cell: ({ family }) => family },
  { title: 'TARGET', cell: ({ target }) => target.target },
  {
    title: 'VERDICT',
    cell: ({ target }) => ({ text: target.verdict, colour: verdictColours[target.verdict] }),
  },
  { title: 'SENT', isRight: true, cell: ({ target }) => String(target.sent) },
  { title: 'LOST', isRight: true, cell: ({ target }) => String(target.lost) },
  { title: 'LATE', isRight: true, cell: ({ target }) => String(target.late) },
  { title: 'DUP', isRight: true, cell: ({ target }) => String(target.duplicates) },
  { title: 'LOSS', isRight: true, cell: ({ target }) => renderLoss(target) },
  { title: 'RTT(p50/p95)', cell: ({ target }) => renderRtt(target) },
  { title: 'WHY', cell: ({ target }) => target.why ?? '' },
];

const renderProbes = (status: Status, paint: Paint): string =>
  renderTable(
    probeColumns,
    pathRows(status).flatMap(({ link, path }) =>
      path.targets.map((target) => ({ link: link.name, family: path.family, target })),
    ),
    paint,
  );

/** The head of a policy's own anchor, in `show rules` and in `render`: what comes before the first one is the main anchor. */
export const renderAnchorComment = (anchor: string): string => `# anchor "${printable(anchor)}"`;

/** Loadable by pfctl up to the first policy's own anchor: what is said of the rules is a comment. */
const renderRules = ({ pf }: Status): string => {
  const inPlace = pf.applied === 'known' ? 'in place' : 'not known to be in place';
  const head = [`${renderAnchorComment(pf.anchor)}, ${counted(pf.rules.length, 'rule')}, ${inPlace}`];
  if (!pf.called) head.push(`# ${renderUncalled(pf)}`);
  if (pf.failure !== null) head.push(`# failed: ${printable(pf.failure.text)}`);
  const pools = pf.pools.flatMap(({ anchor, rules }) => [
    renderAnchorComment(anchor),
    ...rules.map(printable),
  ]);
  return [...head, ...pf.rules.map(printable), ...pools].map((line) => `${line}\n`).join('');
};

const severityColours: Readonly<Partial<Record<HistoryEntry['severity'], Colour>>> = {
  debug: 'dim',
  warning: 'unsure',
  err: 'bad',
};

/** One line of `show history` and of `monitor`. */
export const renderEntry = ({ atMs, severity, text }: HistoryEntry, paint: Paint): string => {
  const colour = severityColours[severity];
  const line = `${severity} ${printable(text)}`;
  return `${renderInstant(atMs)} ${colour === undefined ? line : paint(colour, line)}\n`;
};

/** The document with one link alone, or null if there is none of that name. */
export const withOnlyLink = (status: Status, name: string): Status | null => {
  const links = status.links.filter((link) => link.name === name);
  return links.length === 0 ? null : { ...status, links };
};

/** A view as text. */
export const renderView = (view: View, status: Status, paint: Paint): string => {
  switch (view) {
    case 'summary':
      return renderSummary(status, paint);
    case 'links':
      return renderLinks(status, paint);
    case 'policies':
      return renderPolicies(status, paint);
    case 'probes':
      return renderProbes(status, paint);
    case 'rules':
      return renderRules(status);
    case 'history':
      return status.history.map((entry) => renderEntry(entry, paint)).join('');
  }
};

/** The part of the document that a view shows, with the document's version: a subset, nothing renamed. */
export const selectView = (view: View, status: Status): Partial<Status> & Pick<Status, 'version'> => {
  const { version, links, policies, pf, history } = status;
  switch (view) {
    case 'summary':
      return status;
    case 'links':
    case 'probes':
      return { version, links };
    case 'policies':
      return { version, policies };
    case 'rules':
      return { version, pf };
    case 'history':
      return { version, history };
  }
};
