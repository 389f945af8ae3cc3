/** `show history`: what was said, and then what it comes to for each path: how long it had which health and why. */

import type { HistoryEntry, PathStatus, Status, TransitionStatus } from '../wire/status.ts';
import { renderAvailability } from '../wire/words.ts';
import { familyColumn, healthCell, healthColumn, linkColumn, type PathRow, pathRows } from './cells.ts';
import { type Column, foldText, renderTable, SCREEN } from './table.ts';
import { type Colour, type Paint, printable } from './terminal.ts';
import { renderInstant, renderMs } from './words.ts';

const severityColours: Readonly<Partial<Record<HistoryEntry['severity'], Colour>>> = {
  debug: 'dim',
  warning: 'unsure',
  err: 'bad',
};

const INDENT = 4;

/** One message of `show history` and of `monitor`: a line, but on a screen that is narrower, whose columns then are given. */
export const renderEntry = (
  { atMs, severity, text }: HistoryEntry,
  paint: Paint,
  screen: number | null = null,
): string => {
  const colour = severityColours[severity];
  const painted = (piece: string): string => (colour === undefined ? piece : paint(colour, piece));
  const at = renderInstant(atMs);
  const line = `${severity} ${printable(text)}`;
  if (screen === null || at.length + 1 + line.length <= screen) return `${at} ${painted(line)}\n`;
  const [first = '', ...rest] = foldText(line, Math.max(1, screen - at.length - 1));
  const more = foldText(line.slice(first.length).trimStart(), Math.max(1, screen - INDENT));
  return `${at} ${painted(first)}\n${rest.length === 0 ? '' : more.map((piece) => `${' '.repeat(INDENT)}${painted(piece)}\n`).join('')}`;
};

interface ReasonRow extends PathRow {
  readonly its: PathStatus['reasons'][number];
}

/** `3x 4m12s`: how often it began, and for how long it was so; `-` if not at all. */
const renderSpells = ({ times, lastedMs }: ReasonRow['its']['day']): string => {
  if (times === 0 && lastedMs === 0) return '-';
  return times === 0 ? renderMs(lastedMs) : `${times}x ${renderMs(lastedMs)}`;
};

const reasonColumns: readonly Column<ReasonRow>[] = [
  linkColumn,
  familyColumn,
  { title: 'HEALTH', cell: ({ its }) => healthCell(its.health) },
  { title: '24H', isRight: true, cell: ({ its }) => renderSpells(its.day) },
  { title: '7D', isRight: true, need: 'less', cell: ({ its }) => renderSpells(its.week) },
  { title: '30D', isRight: true, cell: ({ its }) => renderSpells(its.month) },
  { title: 'START', isRight: true, need: 'less', cell: ({ its }) => renderSpells(its.sinceStart) },
  { title: 'WHY', cell: ({ its }) => its.reason },
];

/** Of one path, the latest first. */
export const transitionColumns: readonly Column<TransitionStatus>[] = [
  { title: 'AGO', isRight: true, cell: ({ agoMs }) => renderMs(agoMs) },
  { title: 'FROM', cell: ({ from }) => healthCell(from) },
  { title: 'FOR', isRight: true, cell: ({ lastedMs }) => renderMs(lastedMs) },
  { title: 'TO', cell: ({ to }) => healthCell(to) },
  { title: 'WHY', cell: ({ reason }) => reason },
];

const availabilityColumns: readonly Column<PathRow>[] = [
  linkColumn,
  familyColumn,
  healthColumn,
  { title: 'SINCE', cell: ({ path }) => renderMs(path.sinceMs) },
  { title: '24H', isRight: true, cell: ({ path }) => renderAvailability(path.availability.day) },
  {
    title: '7D',
    isRight: true,
    need: 'less',
    cell: ({ path }) => renderAvailability(path.availability.week),
  },
  { title: '30D', isRight: true, cell: ({ path }) => renderAvailability(path.availability.month) },
  {
    title: 'START',
    isRight: true,
    need: 'less',
    cell: ({ path }) => renderAvailability(path.availability.sinceStart),
  },
];

/** Messages in which the link is named. Names are words without anything that a pattern would take for its own. */
export const historyOf = (status: Status, link: string): Status['history'] => {
  const named = new RegExp(`(^|[^a-z0-9_])${link}($|[^a-z0-9_])`);
  return status.history.filter(({ text }) => named.test(text));
};

/** Messages, what they come to, and with `hasChanges` each change that is remembered. */
export const renderHistory = (
  status: Status,
  paint: Paint,
  screen: number | null,
  hasChanges: boolean,
): string => {
  const columns = screen ?? SCREEN;
  const rows = pathRows(status);
  const messages = status.history.map((entry) => renderEntry(entry, paint, screen)).join('');
  if (rows.length === 0) return messages;
  const reasons = rows.flatMap((row) => row.path.reasons.map((its) => ({ ...row, its })));
  const changes = rows
    .filter(({ path }) => hasChanges && path.transitions.length > 0)
    .map(
      ({ path }) =>
        `${path.family}, the latest first:\n${renderTable(transitionColumns, [...path.transitions].reverse(), paint, columns)}`,
    );
  const tables = [
    renderTable(availabilityColumns, rows, paint, columns),
    renderTable(reasonColumns, reasons, paint, columns),
  ];
  return [messages, ...changes, ...tables].filter((each) => each !== '').join('\n');
};
