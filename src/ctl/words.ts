/**
 * Single facts of the status document in words, as they stand in the cells of tables: round-trip times, loss, and the
 * WHY of a path. Knows nothing of tables.
 */
import { millis, renderDuration } from '../core/time.ts';
import type { PathStatus, Status, TargetStatus } from '../wire/status.ts';

/** A length of time as in the log. */
export const renderMs = (length: number): string => renderDuration(millis(length));

/** `7s`, rounded up so that it never says that something is due before it is; above a minute as in the log. */
export const renderWait = (length: number): string =>
  length > 60_000 ? renderMs(length) : `${Math.max(0, Math.ceil(length / 1000))}s`;

/** Local time, as in syslog but with the year: `2026-11-20 09:05:03`. `atMs`: milliseconds since 1970. */
export const renderInstant = (atMs: number): string => {
  const at = new Date(atMs);
  if (Number.isNaN(at.getTime())) return '-';
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};

/** `8.1/11.2ms`: half of the answers came faster than the first, 95 % faster than the second. */
export const renderRtt = (target: TargetStatus | null): string => {
  if (target === null || target.rtt === null) return '-';
  const { p50Ms, p95Ms } = target.rtt;
  const digits = p95Ms >= 100 ? 0 : 1;
  return `${p50Ms.toFixed(digits)}/${p95Ms.toFixed(digits)}ms`;
};

/** `0.8%`; whole from 10 on, but 100 % only if it is all. */
export const renderPercent = (percent: number): string => {
  if (percent >= 10) return `${percent >= 100 ? 100 : Math.min(99, Math.round(percent))}%`;
  return percent <= 0 ? '0%' : `${Math.max(0.1, percent).toFixed(1)}%`;
};

/** Of the window; `-` while nothing is known of it. */
export const renderLoss = (target: TargetStatus | null): string =>
  target === null || target.windowSize === 0 ? '-' : renderPercent(target.lossPercent);

const ranks: Readonly<Record<TargetStatus['verdict'], number>> = { answers: 0, unknown: 1, failed: 2 };
/** A target of which nothing is known yet can say nothing. */
const rank = (target: TargetStatus): number => (target.windowSize === 0 ? 3 : ranks[target.verdict]);

/**
 * The target that speaks for a path where there is room for one: of those that answer one beyond the gateway, with the
 * least loss and then the shortest time. A single far target that fails says little of a link whose others answer.
 */
export const bestTarget = (path: PathStatus): TargetStatus | null => {
  const order = (a: TargetStatus, b: TargetStatus): number =>
    rank(a) - rank(b) ||
    Number(a.target === 'gateway') - Number(b.target === 'gateway') ||
    a.lossPercent - b.lossPercent ||
    (a.rtt?.p50Ms ?? Number.MAX_VALUE) - (b.rtt?.p50Ms ?? Number.MAX_VALUE);
  return [...path.targets].sort(order)[0] ?? null;
};

/** `2/3` */
const renderAnswering = (path: PathStatus): string =>
  `${path.targets.filter((target) => target.verdict === 'answers').length}/${path.targets.length}`;

/** Why a path has its health, in few words: `2/3 targets answer`, `carrier-down`, `hold, up in 7s`. */
export const renderWhy = (path: PathStatus): string => {
  switch (path.reason) {
    case 'answering':
      return `${renderAnswering(path)} targets answer`;
    case 'probing':
    case 'probe-loss':
      return `${path.reason}, ${renderAnswering(path)} answer`;
    case 'hold':
      return path.holdRemainingMs === null ? 'hold' : `hold, up in ${renderWait(path.holdRemainingMs)}`;
    case 'starting':
    case 'interface-absent':
    case 'interface-down':
    case 'carrier-down':
    case 'other-rdomain':
    case 'no-address':
    case 'gateway-off-link':
    case 'no-route':
      return path.reason;
  }
};

/**
 * A link's share of new connections in one family: `75%`, or `0-75%` when policies differ. `-` if no policy has it.
 */
export const renderShare = (status: Status, link: string, family: PathStatus['family']): string => {
  const shares = status.policies
    .flatMap((policy) => policy.families)
    .filter((each) => each.family === family && each.members.some((member) => member.link === link))
    .map((each) => Math.round(each.shares.find((share) => share.link === link)?.percent ?? 0));
  if (shares.length === 0) return '-';
  const least = Math.min(...shares);
  const most = Math.max(...shares);
  return least === most ? `${least}%` : `${least}-${most}%`;
};
