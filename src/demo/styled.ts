/** Text in a few colours, for a terminal and for an SVG: what the picture is drawn with. Knows nothing of what it shows. */

export type Colour = 'plain' | 'dim' | 'good' | 'bad' | 'unsure' | 'bold';

export interface Span {
  readonly colour: Colour;
  readonly text: string;
}

export type Line = readonly Span[];

export const span = (text: string, colour: Colour = 'plain'): Span => ({ colour, text });

/** Cuts or pads to exactly `width` columns. */
export const fit = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);

const codes: Readonly<Record<Colour, string>> = {
  plain: '',
  dim: '\u001b[2m',
  good: '\u001b[32m',
  bad: '\u001b[31m',
  unsure: '\u001b[33m',
  bold: '\u001b[1m',
};

export const renderAnsi = (lines: readonly Line[]): string =>
  lines
    .map((line) =>
      line
        .map(({ colour, text }) => (codes[colour] === '' ? text : `${codes[colour]}${text}\u001b[0m`))
        .join(''),
    )
    .join('\n');

const escapeXml = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (each) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[each] ?? each,
  );

const fills: Readonly<Record<Colour, string>> = {
  plain: '#c9d1d9',
  dim: '#7d8590',
  good: '#3fb950',
  bad: '#f85149',
  unsure: '#d29922',
  bold: '#f0f6fc',
};

const COLUMN = 8.4;
const ROW = 18;
const MARGIN = 16;

/** The same picture as a stand-alone SVG, `columns` wide. */
export const renderSvg = (lines: readonly Line[], columns: number): string => {
  const width = Math.ceil(columns * COLUMN + 2 * MARGIN);
  const height = lines.length * ROW + 2 * MARGIN;
  const rows = lines.map((line, row) => {
    let column = 0;
    const spans = line.map(({ colour, text }) => {
      const x = (MARGIN + column * COLUMN).toFixed(1);
      column += text.length;
      const weight = colour === 'bold' ? ' font-weight="bold"' : '';
      const length = (text.length * COLUMN).toFixed(1);
      return text.trim() === ''
        ? ''
        : `<tspan x="${x}" textLength="${length}" fill="${fills[colour]}"${weight}>${escapeXml(text)}</tspan>`;
    });
    return `<text y="${MARGIN + row * ROW + 13}" xml:space="preserve">${spans.join('')}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '<title>uplinkd at work: three uplinks, the cable of the first is pulled</title>',
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">',
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
};
