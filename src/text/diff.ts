/** Two lists of lines against each other: what both have, what only the one has, in the order of a unified diff. */

export interface DiffLine {
  /** ` `: in both; `-`: only before; `+`: only after. */
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** Of lines that moved the longest common subsequence stays. For lists of some hundred lines. */
export const diffLines = (before: readonly string[], after: readonly string[]): readonly DiffLine[] => {
  // lengths[i][j]: of the longest common subsequence of before[i..] and after[j..]
  const lengths: number[][] = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  );
  const lengthAt = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    const row = lengths[i] ?? [];
    for (let j = after.length - 1; j >= 0; j -= 1) {
      row[j] =
        before[i] === after[j]
          ? 1 + lengthAt(i + 1, j + 1)
          : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i];
    const text = after[j];
    if (old !== undefined && old === text) {
      lines.push({ mark: ' ', text });
      i += 1;
      j += 1;
    } else if (old !== undefined && (text === undefined || lengthAt(i + 1, j) >= lengthAt(i, j + 1))) {
      lines.push({ mark: '-', text: old });
      i += 1;
    } else if (text !== undefined) {
      lines.push({ mark: '+', text });
      j += 1;
    }
  }
  return lines;
};
