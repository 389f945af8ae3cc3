/**
 * Instants and lengths of time, in milliseconds, as two types that do not mix ("to reduce errors", bgpd's monotime.h).
 * Nothing in the core reads a clock: instants come in as values.
 */

declare const instant: unique symbol;
declare const length: unique symbol;

/** An instant on a monotonic clock of arbitrary origin, in milliseconds. */
export type Mono = number & { readonly [instant]: true };
/** A length of time in milliseconds. */
export type Millis = number & { readonly [length]: true };

export const mono = (value: number): Mono => value as Mono;
export const millis = (value: number): Millis => value as Millis;

export const plus = (at: Mono, by: Millis): Mono => (at + by) as Mono;
/** How long after `earlier` the instant `later` is; negative if it is before. */
export const since = (later: Mono, earlier: Mono): Millis => (later - earlier) as Millis;
/** The earliest of some instants that may be absent. */
export const earliest = (...instants: readonly (Mono | null)[]): Mono | null => {
  let first: Mono | null = null;
  for (const next of instants) if (next !== null && (first === null || next < first)) first = next;
  return first;
};

const two = (value: number): string => String(value).padStart(2, '0');

/** `850ms`, `2.1s`, `4m12s`, `3h07m`, `3d04h`: two units at most, for logs and tables. */
export const renderDuration = (length: Millis): string => {
  const whole = Math.max(0, Math.round(length));
  if (whole < 1000) return `${whole}ms`;
  if (whole < 60_000) return `${(Math.floor(whole / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(whole / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${two(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${two(Math.floor(seconds / 3600) % 24)}h`;
};
