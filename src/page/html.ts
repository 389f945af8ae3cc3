/** HTML as text that cannot be broken out of: what is put in is escaped, unless it is HTML itself. Knows no page. */

declare const safe: unique symbol;
/** Text that is HTML already. */
export interface Html {
  readonly [safe]: true;
  readonly text: string;
}

const raw = (text: string): Html => ({ text }) as Html;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Controls and the marks that turn the direction of writing are made visible. */
const escapeText = (text: string): string =>
  text
    .replace(/[&<>"']/g, (character) => entities[character] ?? '')
    .replace(
      /[\p{Cc}\p{Bidi_Control}]/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );

export type Piece = string | number | Html | readonly Html[] | null;

const renderPiece = (piece: Piece): string => {
  if (piece === null) return '';
  if (typeof piece === 'string') return escapeText(piece);
  if (typeof piece === 'number') return String(piece);
  return 'text' in piece ? piece.text : piece.map(({ text }) => text).join('');
};

/** A template whose constant parts are ours and whose pieces are anybody's. */
export const html = (constant: TemplateStringsArray, ...pieces: readonly Piece[]): Html =>
  raw(constant.reduce((text, part, at) => text + part + renderPiece(pieces[at] ?? null), ''));
