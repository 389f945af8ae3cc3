/**
 * A recording -> an SVG that plays it, in CSS alone, since GitHub shows pictures and runs no scripts in them. Where nothing may move
 * (prefers-reduced-motion) and where CSS is not understood it is the last screen. Takes what uplinkctl writes: lines, and colours.
 */
import type { Cast } from './cast.ts';

const COLUMN = 8.4;
const ROW = 18;
const MARGIN = 16;
/** Seconds of the last screen, before it begins again. */
const REST = 3;

const plain = '#c9d1d9';
const fills: Readonly<Record<string, string>> = {
  '0': plain,
  '1': '#f0f6fc',
  '2': '#7d8590',
  '31': '#f85149',
  '32': '#3fb950',
  '33': '#d29922',
};

interface Piece {
  readonly column: number;
  readonly text: string;
  readonly fill: string;
}

/** What is written at once: a prompt, an answer; or key by key, from `from` on. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly rows: readonly { readonly row: number; readonly pieces: readonly Piece[] }[];
}

interface Screen {
  readonly blocks: readonly Block[];
  /** When there was one row more, and the screen moved up. */
  readonly rows: readonly { readonly at: number; readonly count: number }[];
}

/** Keys follow each other as fast as this, and nothing else does. */
const KEYS_APART = 0.1;

const layOut = ({ events }: Cast): Screen => {
  const blocks: Block[] = [];
  const rows: { at: number; count: number }[] = [{ at: 0, count: 1 }];
  let row = 0;
  let column = 0;
  let fill = plain;
  for (const [at, data] of events) {
    const found = new Map<number, Piece[]>();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of
    for (const part of data.split(/(\u001b\[\d+m|\r\n)/)) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
      const [, code] = /^\u001b\[(\d+)m$/.exec(part) ?? [];
      if (code !== undefined) {
        fill = fills[code] ?? plain;
      } else if (part === '\r\n') {
        row += 1;
        column = 0;
        rows.push({ at, count: row + 1 });
      } else if (part !== '') {
        found.set(row, [...(found.get(row) ?? []), { column, text: part, fill }]);
        column += part.length;
      }
    }
    const last = blocks.at(-1);
    const [[key, pieces] = [0, []]] = [...found];
    const [piece] = pieces;
    const isKey = data.length === 1 && piece !== undefined;
    const lastRow = last?.rows[0];
    const lastPiece = lastRow?.pieces[0];
    if (
      isKey &&
      last !== undefined &&
      lastPiece !== undefined &&
      lastRow?.row === key &&
      at - last.to < KEYS_APART
    )
      blocks[blocks.length - 1] = {
        ...last,
        to: at,
        rows: [{ row: key, pieces: [{ ...lastPiece, text: lastPiece.text + piece.text }] }],
      };
    else if (found.size > 0)
      blocks.push({
        from: at,
        to: at,
        rows: [...found].map(([where, its]) => ({ row: where, pieces: its })),
      });
  }
  return { blocks, rows };
};

const escapeXml = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (each) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[each] ?? each,
  );

const fixed = (value: number): string => String(Math.round(value * 100) / 100);

const renderRow = ({ row, pieces }: Block['rows'][number]): string => {
  const spans = pieces
    .filter(({ text }) => text.trim() !== '')
    .map(({ column, text, fill }) => {
      // By word, so that columns stay columns whatever the font: blanks are places, not text.
      const words = [...text.matchAll(/\S+(?: \S+)*/g)];
      return words
        .map(({ 0: word, index }) => {
          const length = word.length > 1 ? ` textLength="${fixed(word.length * COLUMN)}"` : '';
          const colour = fill === plain ? '' : ` fill="${fill}"`;
          return `<tspan x="${fixed((column + index) * COLUMN)}"${length}${colour}>${escapeXml(word)}</tspan>`;
        })
        .join('');
    });
  return spans.length === 0 ? '' : `<text y="${row * ROW + 13}">${spans.join('')}</text>`;
};

export const renderPicture = (cast: Cast): string => {
  const { blocks, rows } = layOut(cast);
  const all = (cast.events.at(-1)?.[0] ?? 0) + REST;
  const percent = (at: number): string => `${fixed((at / all) * 100)}%`;
  const width = Math.ceil(cast.width * COLUMN + 2 * MARGIN);
  const height = cast.height * ROW + 2 * MARGIN;
  const shift = (count: number): number => -Math.max(0, count - cast.height) * ROW;
  const scrolls = rows.filter(({ count }, at) => count > cast.height && rows[at + 1]?.at !== rows[at]?.at);
  const styles = [
    `g,rect.k{animation:${fixed(all)}s step-end infinite}`,
    `#s{animation-name:s;transform:translateY(${shift(rows.at(-1)?.count ?? 0)}px)}`,
    `@keyframes s{0%{transform:none}${scrolls.map(({ at, count }) => `${percent(at)}{transform:translateY(${shift(count)}px)}`).join('')}}`,
    '@media (prefers-reduced-motion:reduce){g,rect.k{animation:none!important}}',
  ];
  const parts = blocks.map((block, number) => {
    const name = `b${number}`;
    styles.push(
      `#${name}{animation-name:${name}}`,
      `@keyframes ${name}{0%{visibility:hidden}${percent(block.from)}{visibility:visible}}`,
    );
    const [first] = block.rows;
    const [piece] = first?.pieces ?? [];
    const isTyped = block.to > block.from && first !== undefined && piece !== undefined;
    let cover = '';
    if (isTyped) {
      const length = piece.text.length;
      const each = (block.to - block.from) / Math.max(1, length - 1);
      const steps = Array.from(
        { length },
        (_, key) =>
          `${percent(block.from + key * each)}{transform:translateX(${fixed((key + 1) * COLUMN)}px)}`,
      );
      styles.push(
        `#k${number}{animation-name:k${number};transform:translateX(${cast.width}em)}`,
        `@keyframes k${number}{0%{transform:none}${steps.join('')}}`,
      );
      // What is not typed yet is covered by the ground.
      cover = `<rect class="k" id="k${number}" x="${fixed(piece.column * COLUMN)}" y="${first.row * ROW - 2}" width="${fixed(length * COLUMN + 2)}" height="${ROW}" fill="#0d1117"/>`;
    }
    return `<g id="${name}">${block.rows.map(renderRow).join('')}${cover}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(cast.title)}</title>`,
    `<style>${styles.join('\n')}</style>`,
    '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
    `<svg x="${MARGIN}" y="${MARGIN}" width="${width - 2 * MARGIN}" height="${height - 2 * MARGIN}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="${plain}">`,
    `<g id="s">${parts.join('\n')}</g>`,
    '</svg>',
    '</svg>',
    '',
  ].join('\n');
};
