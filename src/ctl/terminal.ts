/**
 * What is fit to be written to a terminal: colours where they are wanted, and text from elsewhere without anything a
 * terminal obeys. Knows nothing of what is written.
 */

export type Colour = 'good' | 'bad' | 'unsure' | 'dim';
/** Colours a text, or leaves it alone. */
export type Paint = (colour: Colour, text: string) => string;

const codes = { good: 32, bad: 31, unsure: 33, dim: 2 } as const satisfies Readonly<Record<Colour, number>>;

export const inColour: Paint = (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[0m`;
export const plain: Paint = (_colour, text) => text;

/**
 * Whether to use colours on a stream. `NO_COLOR` with any value but the empty one switches them off (no-color.org).
 */
export const wantsColour = (
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean => isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';

const escaped = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** Control characters as `\x1b`: a text then stays on its line and cannot move the cursor. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, escaped);

/** A value as a JSON document; the control characters that JSON.stringify leaves (DEL and C1) are escaped too. */
export const renderJson = (value: unknown, indent: 0 | 2): string =>
  `${JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`;
