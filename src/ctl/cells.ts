/** Rows and cells that several of the tables have, and the colours of their words. */
import type { LinkStatus, PathStatus, PolicyFamilyStatus, Status, TargetStatus } from '../wire/status.ts';
import type { Cell, Column } from './table.ts';
import type { Colour } from './terminal.ts';
import { renderLoss, renderMs, renderRtt, renderScope, renderShares } from './words.ts';

export const healthColours = {
  up: 'good',
  degraded: 'unsure',
  down: 'bad',
  unknown: 'unsure',
} as const satisfies Readonly<Record<PathStatus['health'], Colour>>;

export const rungColours = {
  up: 'good',
  degraded: 'unsure',
  recovering: 'unsure',
  unproven: 'unsure',
  'last-resort': 'bad',
  none: 'bad',
} as const satisfies Readonly<Record<PolicyFamilyStatus['rung'], Colour>>;

const verdictColours = { answers: 'good', failed: 'bad', unknown: 'unsure' } as const satisfies Readonly<
  Record<TargetStatus['verdict'], Colour>
>;

export const healthCell = (health: PathStatus['health']): Cell => ({
  text: health,
  colour: healthColours[health],
});

export interface PathRow {
  readonly link: LinkStatus;
  readonly path: PathStatus;
}

export const pathRows = (status: Status): readonly PathRow[] =>
  status.links.flatMap((link) => link.paths.map((path) => ({ link, path })));

export const linkColumn: Column<PathRow> = { title: 'LINK', cell: ({ link }) => link.name };
export const familyColumn: Column<PathRow> = { title: 'FAM', cell: ({ path }) => path.family };
export const healthColumn: Column<PathRow> = { title: 'HEALTH', cell: ({ path }) => healthCell(path.health) };

export interface PolicyRow {
  readonly policy: Status['policies'][number];
  readonly in: PolicyFamilyStatus;
}

export const policyRows = (status: Status): readonly PolicyRow[] =>
  status.policies.flatMap((policy) => policy.families.map((family) => ({ policy, in: family })));

/** A line for each decision. */
export const policyColumns: readonly Column<PolicyRow>[] = [
  { title: 'POLICY', cell: ({ policy }) => policy.name },
  { title: 'FAM', cell: ({ in: decision }) => renderScope(decision) },
  { title: 'ACTIVE', cell: ({ in: { rung } }) => ({ text: rung, colour: rungColours[rung] }) },
  { title: 'SINCE', cell: ({ in: { sinceMs } }) => renderMs(sinceMs) },
  { title: 'SHARES', cell: ({ in: { shares } }) => renderShares(shares) },
];

/** A line for each target, after what tells whose it is. */
export const targetColumns = <Row extends { readonly target: TargetStatus }>(): readonly Column<Row>[] => [
  { title: 'TARGET', cell: ({ target }) => target.target },
  {
    title: 'VERDICT',
    cell: ({ target }) => ({ text: target.verdict, colour: verdictColours[target.verdict] }),
  },
  { title: 'SENT', isRight: true, need: 'less', cell: ({ target }) => String(target.sent) },
  { title: 'LOST', isRight: true, cell: ({ target }) => String(target.lost) },
  { title: 'LATE', isRight: true, need: 'less', cell: ({ target }) => String(target.late) },
  { title: 'DUP', isRight: true, need: 'less', cell: ({ target }) => String(target.duplicates) },
  { title: 'LOSS', isRight: true, cell: ({ target }) => renderLoss(target) },
  { title: 'RTT(p50/p95)', cell: ({ target }) => renderRtt(target) },
];
