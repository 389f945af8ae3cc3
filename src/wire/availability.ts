/** How much of the time, in the words that uplinkctl, the log and the page have in common. */
import type { ShareStatus } from './status.ts';

/** `99.98%`, rounded down, so that 100 % is all of it; `-` while nothing is known. */
export const renderAvailability = ({ usableMs, knownMs }: ShareStatus): string => {
  if (knownMs <= 0) return '-';
  const percent = Math.min(100, Math.floor((usableMs / knownMs) * 10_000) / 100);
  return percent >= 100 ? '100%' : `${Math.max(0, percent).toFixed(2)}%`;
};
