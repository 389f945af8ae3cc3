/** What is said of some measurements, and how sure a count of rare events is. Numbers only. */

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** The q-quantile, nearest rank; NaN of none. */
const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;

export const summarise = (figures: readonly number[]): Summary => {
  const sorted = [...figures].sort((a, b) => a - b);
  return {
    count: sorted.length,
    min: quantile(sorted, 0),
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    max: quantile(sorted, 1),
  };
};

/**
 * A mean of independent values, and within what it is with 95 % certainty by the normal approximation; that takes some
 * tens of values that are not zero to be worth anything, which is why their number is given beside it.
 */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth: number;
  readonly nonZero: number;
}

const Z_95 = 1.96;

export const estimate = (values: readonly number[]): Estimate => {
  const count = values.length;
  if (count === 0) return { mean: 0, halfWidth: 0, nonZero: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    halfWidth: Z_95 * Math.sqrt(squares / Math.max(1, count - 1) / count),
    nonZero: values.filter((value) => value !== 0).length,
  };
};

/** Chance of at most `count` events where `mean` are expected (Poisson). */
const atMost = (count: number, mean: number): number => {
  let term = Math.exp(-mean);
  let sum = term;
  for (let k = 1; k <= count; k += 1) {
    term *= mean / k;
    sum += term;
  }
  return sum;
};

/** The highest mean that still shows so few events one time in twenty: with none seen, 3.0. Up to some hundreds of them. */
export const highestMean = (count: number): number => {
  let low = count;
  let high = count + 10 + 5 * Math.sqrt(count + 1);
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (atMost(count, middle) > 0.05) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};
