/** A file's bytes to text: TOML is UTF-8, and what is not would be read as something else, silently. */
import type { Place } from './toml.ts';

const decode = (bytes: Uint8Array): string | null => {
  try {
    // The byte order mark is left to the reader of TOML, who takes one away.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};

const NEWLINE = 0x0a;

/** The first line that is no UTF-8. No character goes over a newline, so each line can be read by itself. */
const badLine = (bytes: Uint8Array): number => {
  let line = 1;
  let from = 0;
  for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
    if (decode(bytes.subarray(from, to)) === null) return line;
    line += 1;
    from = to + 1;
  }
  return line;
};

/** The text, or the line that has none. */
export const decodeConfig = (bytes: Uint8Array): string | Place =>
  decode(bytes) ?? { line: badLine(bytes), column: 1 };
