/** `show history`: what was said, and then what it comes to for each path: how long it had which health and why. */
import { renderAvailability } from '../wire/availability.ts';
import type { HistoryEntry, PathStatus, Status } from '../wire/status.ts';
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

/** A time during which health and reason were the same. */
interface Period {
  readonly health: PathStatus['health'];
  readonly reason: PathStatus['reason'];
  readonly lastedMs: number;
  /** How long ago it ended; 0: it has not. */
  readonly endedMs: number;
}

/** Of the transitions that are known, oldest first; of a path that has none, what it is. */
export const periodsOf = ({ transitions, health, reason, sinceMs }: PathStatus): readonly Period[] =>
  transitions.length === 0
    ? [{ health, reason, lastedMs: sinceMs, endedMs: 0 }]
    : transitions.map(({ to, reason: why, agoMs }, at) => {
        const endedMs = transitions[at + 1]?.agoMs ?? 0;
        return { health: to, reason: why, lastedMs: agoMs - endedMs, endedMs };
      });

interface Total extends PathRow {
  readonly health: PathStatus['health'];
  readonly reason: PathStatus['reason'];
  readonly times: number;
  readonly allMs: number;
  readonly longestMs: number;
  readonly endedMs: number;
}

/** By health and reason, in the order in which they came first. */
export const totalsOf = (row: PathRow): readonly Total[] => {
  const totals = new Map<string, Total>();
  for (const { health, reason, lastedMs, endedMs } of periodsOf(row.path)) {
    const key = `${health} ${reason}`;
    const before = totals.get(key);
    totals.set(key, {
      ...row,
      health,
      reason,
      times: (before?.times ?? 0) + 1,
      allMs: (before?.allMs ?? 0) + lastedMs,
      longestMs: Math.max(before?.longestMs ?? 0, lastedMs),
      endedMs,
    });
  }
  return [...totals.values()];
};

const totalColumns: readonly Column<Total>[] = [
  linkColumn,
  familyColumn,
  { title: 'HEALTH', cell: ({ health }) => healthCell(health) },
  { title: 'WHY', cell: ({ reason }) => reason },
  { title: 'TIMES', isRight: true, cell: ({ times }) => String(times) },
  { title: 'IN ALL', isRight: true, cell: ({ allMs }) => renderMs(allMs) },
  { title: 'LONGEST', isRight: true, cell: ({ longestMs }) => renderMs(longestMs) },
  {
    title: 'ENDED',
    isRight: true,
    cell: ({ endedMs }) => (endedMs === 0 ? 'not yet' : `${renderMs(endedMs)} ago`),
  },
];

const availabilityColumns: readonly Column<PathRow>[] = [
  linkColumn,
  familyColumn,
  healthColumn,
  { title: 'SINCE', cell: ({ path }) => renderMs(path.sinceMs) },
  { title: '24H', isRight: true, cell: ({ path }) => renderAvailability(path.availability.day) },
  { title: '7D', isRight: true, cell: ({ path }) => renderAvailability(path.availability.week) },
  { title: '30D', isRight: true, cell: ({ path }) => renderAvailability(path.availability.month) },
  { title: 'START', isRight: true, cell: ({ path }) => renderAvailability(path.availability.sinceStart) },
];

/** Messages in which the link is named. Names are words without anything that a pattern would take for its own. */
export const historyOf = (status: Status, link: string): Status['history'] =>
  status.history.filter(({ text }) => new RegExp(`(^|[^a-z0-9_])${link}($|[^a-z0-9_])`).test(text));

export const renderHistory = (status: Status, paint: Paint, screen: number | null): string => {
  const rows = pathRows(status);
  const messages = status.history.map((entry) => renderEntry(entry, paint, screen)).join('');
  if (rows.length === 0) return messages;
  const tables = [
    renderTable(totalColumns, rows.flatMap(totalsOf), paint, screen ?? SCREEN),
    renderTable(availabilityColumns, rows, paint, screen ?? SCREEN),
  ];
  return [messages, ...tables].filter((each) => each !== '').join('\n');
};
