/** Lengths and shares in the words that uplinkctl, the log and the page have in common. */
import { millis, renderDuration } from '../core/time.ts';
import type { ShareStatus } from './status.ts';

/** `99.98%`, rounded down, so that 100 % is all of it; `-` while nothing is known. */
export const renderAvailability = ({ usableMs, knownMs }: ShareStatus): string => {
  if (knownMs <= 0) return '-';
  const percent = Math.min(100, Math.floor((usableMs / knownMs) * 10_000) / 100);
  return percent >= 100 ? '100%' : `${Math.max(0, percent).toFixed(2)}%`;
};

/** `7s`, rounded up so that it never says that something is due before it is; above a minute as in the log. */
export const renderWait = (ms: number): string =>
  ms > 60_000 ? renderDuration(millis(ms)) : `${Math.max(0, Math.ceil(ms / 1000))}s`;

/** `0.8%`; whole from 10 on, but 100 % only if it is all. */
export const renderPercent = (percent: number): string => {
  if (percent >= 10) return `${percent >= 100 ? 100 : Math.min(99, Math.round(percent))}%`;
  return percent <= 0 ? '0%' : `${Math.max(0.1, percent).toFixed(1)}%`;
};
