/** strtonum(3): a whole decimal number within bounds, or the word that the C library has for what is wrong with it. */

export type NumberFault = 'invalid' | 'too small' | 'too large';

export const strtonum = (text: string, low: number, high: number): number | NumberFault => {
  if (!/^\s*[+-]?[0-9]+$/.test(text)) return 'invalid';
  const value = Number(text);
  return value < low ? 'too small' : value > high ? 'too large' : value;
};

/** What strerror(3) says of the error that comes with it. */
export const faultText = (fault: NumberFault): string =>
  fault === 'invalid' ? 'Invalid argument' : 'Result too large';
