/**
 * The views of `uplinkctl show`: pure functions of one status document, to text and to JSON. Knows nothing of sockets
 * and of argv.
 */
import type { Status, TargetStatus } from '../wire/status.ts';
import type { View } from './argument.ts';
import { type PathRow, type PolicyRow, pathRows, policyColumns, policyRows, targetColumns } from './cells.ts';
import { historyOf, renderHistory } from './show-history.ts';
import { renderLink, renderLinks } from './show-links.ts';
import { counted, renderSummary, renderUncalled } from './show-summary.ts';
import { renderTable, SCREEN } from './table.ts';
import { type Paint, printable } from './terminal.ts';
import { renderDecisionWhy, renderJitter, renderMs } from './words.ts';

const renderPolicies = (status: Status, paint: Paint, screen: number): string =>
  renderTable<PolicyRow>(
    [
      ...policyColumns,
      {
        title: 'BALANCE',
        need: 'more',
        cell: ({ policy, in: { balance } }) => (policy.sticky ? `${balance}, sticky` : balance),
      },
      { title: 'DEGRADED', need: 'more', cell: ({ policy }) => policy.degraded },
      { title: 'FAILBACK', need: 'more', cell: ({ policy }) => policy.failback ?? 'by link' },
      { title: 'EMPTY', need: 'more', cell: ({ policy }) => policy.empty },
      { title: 'WHY', cell: ({ in: decision }) => renderDecisionWhy(status, decision) },
    ],
    policyRows(status),
    paint,
    screen,
  );

interface TargetRow extends PathRow {
  readonly target: TargetStatus;
}

const renderProbes = (status: Status, paint: Paint, screen: number): string =>
  renderTable<TargetRow>(
    [
      { title: 'LINK', cell: ({ link }) => link.name },
      { title: 'FAM', cell: ({ path }) => path.family },
      ...targetColumns<TargetRow>(),
      { title: 'JITTER', need: 'more', cell: ({ target }) => renderJitter(target) },
      { title: 'TIMEOUT', need: 'more', cell: ({ target }) => renderMs(target.timeoutMs) },
      { title: 'ADDRESS', need: 'more', cell: ({ target }) => target.address },
      { title: 'WHY', cell: ({ target }) => target.why ?? '' },
    ],
    pathRows(status).flatMap((row) => row.path.targets.map((target) => ({ ...row, target }))),
    paint,
    screen,
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

/** The document with one link alone, and what was said of it; null if there is none of that name. */
export const withOnlyLink = (status: Status, name: string): Status | null => {
  const links = status.links.filter((link) => link.name === name);
  return links.length === 0 ? null : { ...status, links, history: historyOf(status, name) };
};

/** A view as text, of all links or of one, for a screen of so many columns; null: it is no screen, and messages stay lines. */
export const renderView = (
  view: View,
  status: Status,
  paint: Paint,
  columns: number | null = null,
  link: string | null = null,
): string => {
  const screen = columns ?? SCREEN;
  const shown = link === null ? status : (withOnlyLink(status, link) ?? status);
  switch (view) {
    case 'summary':
      return renderSummary(shown, paint, screen);
    case 'links':
      return link === null
        ? renderLinks(shown, paint, screen)
        : shown.links.map((each) => renderLink(status, each, paint, screen)).join('\n');
    case 'policies':
      return renderPolicies(shown, paint, screen);
    case 'probes':
      return renderProbes(shown, paint, screen);
    case 'rules':
      return renderRules(shown);
    case 'history':
      return renderHistory(shown, paint, columns, link !== null);
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
      return { version, links, history };
  }
};
