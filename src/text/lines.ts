/**
 * Text that arrives in pieces -> whole lines, whatever the cutting. It holds the beginning of one line at most and never
 * more than `maxLength` of it, so a command gone mad cannot fill the memory. It must not know what the lines mean.
 */

export interface LineReader {
  /** The lines that this chunk completed, without their newlines. A `\r` is an ordinary character and stays. */
  push(chunk: string): readonly string[];
  /**
   * The last line when it lacks its newline, or null. Half a line may be half a number, so the caller decides whether to
   * believe it. The reader is empty afterwards.
   */
  end(): string | null;
  /** How many lines were longer than `maxLength` and were left out. */
  readonly dropped: number;
}

/** `maxLength`: longest line kept, in UTF-16 units without the newline, 1 or more. */
export const createLineReader = ({ maxLength }: { readonly maxLength: number }): LineReader => {
  let begun = '';
  let overlong = false;
  let dropped = 0;

  const extend = (chunk: string, from: number, to: number): void => {
    if (overlong) return;
    if (begun.length + (to - from) > maxLength) {
      begun = '';
      overlong = true;
      dropped += 1;
      return;
    }
    begun += chunk.slice(from, to);
  };

  return {
    push(chunk) {
      const lines: string[] = [];
      let from = 0;
      for (let newline = chunk.indexOf('\n'); newline !== -1; newline = chunk.indexOf('\n', from)) {
        extend(chunk, from, newline);
        if (!overlong) lines.push(begun);
        begun = '';
        overlong = false;
        from = newline + 1;
      }
      extend(chunk, from, chunk.length);
      return lines;
    },
    end() {
      const last = begun === '' ? null : begun;
      begun = '';
      overlong = false;
      return last;
    },
    get dropped() {
      return dropped;
    },
  };
};
