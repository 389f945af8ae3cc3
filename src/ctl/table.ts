/**
 * Rows of cells -> aligned lines. Knows nothing of what the columns mean.
 */
import { type Colour, type Paint, printable } from './terminal.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

export interface Column<Row> {
  readonly title: string;
  /** Numbers are. */
  readonly isRight?: boolean;
  readonly cell: (row: Row) => Cell | string;
}

/** What a table should fit into. Above it the columns move closer together; nothing is ever cut. */
const SCREEN = 80;

/** A line for the titles and one for each row, each with its newline, without blanks at their ends. */
export const renderTable = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint,
): string => {
  const body = rows.map((row) =>
    columns.map((column): Cell => {
      const cell = column.cell(row);
      return typeof cell === 'string' ? { text: printable(cell) } : { ...cell, text: printable(cell.text) };
    }),
  );
  const lines: readonly (readonly Cell[])[] = [columns.map(({ title }): Cell => ({ text: title })), ...body];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.text.length ?? 0)));
  const wide = widths.reduce((sum, width) => sum + width + 2, -2);
  const gap = wide <= SCREEN ? '  ' : ' ';
  const renderCell = (cell: Cell, at: number): string => {
    const blanks = ' '.repeat((widths[at] ?? 0) - cell.text.length);
    const text = cell.colour === undefined ? cell.text : paint(cell.colour, cell.text);
    if (columns[at]?.isRight === true) return blanks + text;
    return at === columns.length - 1 ? text : text + blanks;
  };
  return lines.map((cells) => `${cells.map(renderCell).join(gap).trimEnd()}\n`).join('');
};
