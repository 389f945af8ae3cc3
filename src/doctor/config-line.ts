/** Where a key stands in uplinkd.conf, so that a cure can name the line. Knows only the plain way to write TOML, a key a line. */

/** The line of `key` in the table `[section]`, as it stands; null if it is not written there so. */
export const findKeyLine = (lines: readonly string[], section: string, key: string): string | null => {
  let at = '';
  for (const line of lines) {
    const header = /^\s*\[([^\][]+)\]\s*(?:#.*)?$/.exec(line)?.[1];
    if (header !== undefined) at = header.trim();
    else if (at === section && new RegExp(String.raw`^\s*${key}\s*=`).test(line)) return line;
  }
  return null;
};

/** The line that opens a table. */
export const findSectionLine = (lines: readonly string[], section: string): string | null =>
  lines.find((line) => /^\s*\[([^\][]+)\]\s*(?:#.*)?$/.exec(line)?.[1]?.trim() === section) ?? null;
