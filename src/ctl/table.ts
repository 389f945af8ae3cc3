/**
 * Rows of cells -> aligned lines that fit a screen: what does not fit beside the rest goes beneath it, and what is least
 * needed is left out. Knows nothing of what the columns mean.
 */
import { type Colour, type Paint, printable } from './terminal.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
  /** What is said instead where the cell stands beneath its line, and has all of a line. */
  readonly beneath?: string;
}

export interface Column<Row> {
  readonly title: string;
  /** Numbers are. */
  readonly isRight?: boolean;
  /**
   * `more`: only where there is room for it beside everything else. `less`: left out where the rest would not fit, the last
   * one first. Without it the column is always there.
   */
  readonly need?: 'more' | 'less';
  readonly cell: (row: Row) => Cell | string;
}

/** Columns of a screen where nobody says how many there are: a pipe, a file, a mail. */
export const SCREEN = 80;

/** A terminal may not know, and then says 0. */
export const screenColumns = (columns: number | undefined): number =>
  columns === undefined || columns < 1 ? SCREEN : columns;

const INDENT = 4;

interface Plan {
  /** Places of the columns that are shown. */
  readonly shown: readonly number[];
  readonly gap: number;
  /** The last column stands on lines of its own. */
  readonly isBeneath: boolean;
}

const widthOf = (widths: readonly number[], { shown, gap, isBeneath }: Plan): number =>
  (isBeneath ? shown.slice(0, -1) : shown).reduce((sum, at) => sum + (widths[at] ?? 0) + gap, -gap);

/** All ways to lay a table out, the nicest first. */
const plansOf = (needs: readonly Column<never>['need'][], isText: boolean): readonly Plan[] => {
  const all = needs.map((_, at) => at);
  const of = (need: Column<never>['need']): readonly number[] => all.filter((at) => needs[at] === need);
  const more = of('more');
  const less = of('less');
  const without = (left: readonly number[]): readonly number[] => all.filter((at) => !left.includes(at));
  const wide = more.map((_, count) => without(more.slice(more.length - count)));
  const usual = without(more);
  const narrow = less.map((_, count) => without([...more, ...less.slice(less.length - count - 1)]));
  return [
    ...wide.map((shown) => ({ shown, gap: 2, isBeneath: false })),
    ...[2, 1].map((gap) => ({ shown: usual, gap, isBeneath: false })),
    // A number without a title above it says nothing.
    ...(isText ? [2, 1] : []).map((gap) => ({ shown: usual, gap, isBeneath: true })),
    ...narrow.map((shown) => ({ shown, gap: 1, isBeneath: isText })),
  ];
};

/** At blanks where there are any; a word that is longer than a line is cut into as many as it takes. */
export const foldText = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const end = blank > 0 ? blank : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return rest === '' ? lines : [...lines, rest];
};

/** A line for the titles and one or more for each row, each with its newline, without blanks at their ends. */
export const renderTable = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint,
  screen: number = SCREEN,
): string => {
  const body = rows.map((row) =>
    columns.map((column): Cell => {
      const cell = column.cell(row);
      return typeof cell === 'string' ? { text: printable(cell) } : { ...cell, text: printable(cell.text) };
    }),
  );
  const titles = columns.map(({ title }): Cell => ({ text: title }));
  const lines: readonly (readonly Cell[])[] = [titles, ...body];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.text.length ?? 0)));
  const plans = plansOf(
    columns.map(({ need }) => need),
    columns.at(-1)?.isRight !== true,
  );
  const plan = plans.find((each) => widthOf(widths, each) <= screen) ?? plans.at(-1);
  if (plan === undefined) return '';
  const last = plan.shown.at(-1) ?? 0;
  const beside = plan.isBeneath ? plan.shown.slice(0, -1) : plan.shown;
  const paintCell = ({ text, colour }: Cell): string => (colour === undefined ? text : paint(colour, text));
  const renderCell = (cells: readonly Cell[], at: number): string => {
    const cell = cells[at] ?? { text: '' };
    const blanks = ' '.repeat((widths[at] ?? 0) - cell.text.length);
    return columns[at]?.isRight === true
      ? blanks + paintCell(cell)
      : paintCell(cell) + (at === beside.at(-1) ? '' : blanks);
  };
  const beneath = (cell: Cell | undefined): readonly string[] =>
    cell === undefined || !plan.isBeneath
      ? []
      : foldText(printable(cell.beneath ?? cell.text), Math.max(1, screen - INDENT)).map(
          (text) => ' '.repeat(INDENT) + paintCell({ ...cell, text }),
        );
  return lines
    .flatMap((cells, row) => [
      beside
        .map((at) => renderCell(cells, at))
        .join(' '.repeat(plan.gap))
        .trimEnd(),
      ...(row === 0 ? [] : beneath(cells[last])),
    ])
    .map((line) => `${line}\n`)
    .join('');
};
