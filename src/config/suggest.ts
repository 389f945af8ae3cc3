/** A known word that a misspelt one may have been meant for. */

/** Whether one word becomes the other by so many letters put in, left out or changed. */
const isNear = (a: string, b: string, edits: number): boolean => {
  if (a === b) return true;
  if (edits === 0) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const [x, y, fewer] = [a.slice(same), b.slice(same), edits - 1];
  return (
    isNear(x.slice(1), y.slice(1), fewer) || isNear(x.slice(1), y, fewer) || isNear(x, y.slice(1), fewer)
  );
};

/** `, did you mean "weight"?` if a known word is one edit away, or two when it has four letters or more. */
export const suggest = (name: string, known: readonly string[]): string => {
  const near =
    known.find((word) => isNear(name, word, 1)) ??
    known.find((word) => word.length >= 4 && isNear(name, word, 2));
  return near === undefined ? '' : `, did you mean "${near}"?`;
};
