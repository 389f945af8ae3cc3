/** The two bits of statistics that the demo's claims rest on. */

/**
 * Whether `hits` of `total` independent tries agree with a probability: within `deviations` standard deviations of the
 * binomial distribution. With probability 0 or 1 nothing but the exact number does.
 */
export const isWithin = (hits: number, total: number, probability: number, deviations: number): boolean =>
  Math.abs(hits - total * probability) <=
  deviations * Math.sqrt(total * probability * (1 - probability)) + 1e-9;

/** The q-quantile of some figures, 0 <= q <= 1 (nearest rank); NaN of none. */
export const quantile = (figures: readonly number[], q: number): number => {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
};
