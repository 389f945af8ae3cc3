/**
 * Single facts of the status document in words, as they stand in the cells of tables: round-trip times, loss, and the
 * WHY of a path. Knows nothing of tables.
 */

import { millis, renderDuration } from '../core/time.ts';
import type { LinkStatus, PathStatus, PolicyFamilyStatus, Status, TargetStatus } from '../wire/status.ts';
import { renderPercent, renderWait } from '../wire/words.ts';

/** A length of time as in the log. */
export const renderMs = (length: number): string => renderDuration(millis(length));

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

/** Of the window; `-` while nothing is known of it. */
export const renderLoss = (target: TargetStatus | null): string =>
  target === null || target.windowSize === 0 ? '-' : renderPercent(target.lossPercent);

/** `0.4ms` between one answer and the next. */
export const renderJitter = (target: TargetStatus | null): string =>
  target === null || target.rtt === null
    ? '-'
    : `${target.rtt.jitterMs.toFixed(target.rtt.jitterMs >= 100 ? 0 : 1)}ms`;

/** `-` where pf could not be asked. */
export const renderStates = ({ states }: PathStatus): string => (states === null ? '-' : String(states));

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

/** Why a path has its health. */
const reasonOf = (path: PathStatus): string => {
  switch (path.reason) {
    case 'answering':
      return `${renderAnswering(path)} targets answer`;
    case 'probing':
    case 'probe-loss':
    case 'probe-latency':
      return `${path.reason}, ${renderAnswering(path)} answer`;
    case 'hold':
      return path.holdRemainingMs === null ? 'hold' : `hold, up in ${renderWait(path.holdRemainingMs)}`;
    case 'damped': {
      const wait = path.holdRemainingMs === null ? '' : `, up in ${renderWait(path.holdRemainingMs)}`;
      return `damped, penalty ${path.damping.penalty}${wait}`;
    }
    case 'admin':
      return 'disabled (admin)';
    case 'starting':
    case 'interface-absent':
    case 'interface-down':
    case 'carrier-down':
    case 'no-address':
    case 'no-gateway':
    case 'gateway-off-link':
    case 'same-gateway':
    case 'same-network':
    case 'same-rdomain':
    case 'no-route':
      return path.reason;
  }
};

/** Why a path is used or not, in few words: `2/3 targets answer`, `carrier-down`, `hold, up in 7s`, `drained; …`. */
export const renderWhy = (link: Pick<LinkStatus, 'admin'>, path: PathStatus): string =>
  link.admin === 'drained' ? `drained; ${reasonOf(path)}` : reasonOf(path);

/** A link's next hop in one family; `-` if it has none. */
export const gatewayOf = (link: LinkStatus, family: PathStatus['family']): string =>
  (family === 'inet' ? link.gateway : link.gateway6) ?? '-';

/** `inet`, or `inet6 from fibre` where only what has its source in a link's prefix6 is meant. */
export const renderScope = ({ family, source }: Pick<PolicyFamilyStatus, 'family' | 'source'>): string =>
  source === null ? family : `${family} from ${source}`;

/** As in the log: `fibre 75% dsl 25%`. */
export const renderShares = (shares: PolicyFamilyStatus['shares']): string =>
  shares.length === 0
    ? 'refused'
    : shares.map(({ link, percent }) => `${link} ${Math.round(percent)}%`).join(' ');

/** A link's path in one family. */
export const pathOf = (status: Status, family: PathStatus['family'], name: string): PathStatus | undefined =>
  status.links.find((link) => link.name === name)?.paths.find((path) => path.family === family);

/** `dsl hold`; null of a path with which nothing is wrong, or that the configuration does not have. */
const renderTrouble = (status: Status, family: PathStatus['family'], name: string): string | null => {
  const path = pathOf(status, family, name);
  if (path === undefined) return null;
  const isDrained = status.links.some((link) => link.name === name && link.admin === 'drained');
  const word = isDrained ? 'drained' : path.reason;
  return path.health === 'up' && !isDrained ? null : `${name} ${word}`;
};

/** How many members are named where there is one line for all of them. */
const MOST_NAMED = 2;

/**
 * Why connections go where they go, in few words: `tier 1`, `tier 2; fibre carrier-down`, and below the rung `up` what is
 * wrong with the members. Names only those that matter: a tier that nobody waits for is left out. All of it is in explain.ts.
 */
export const renderDecisionWhy = (status: Status, decision: PolicyFamilyStatus): string => {
  const { family, rung, members } = decision;
  const used = members.filter((member) => member.used);
  const tier = Math.min(...used.map((member) => member.tier));
  const others = members.filter((member) => !member.used && (rung !== 'up' || member.tier <= tier));
  const troubles = (rung === 'up' ? others : [...used, ...others]).flatMap(
    ({ link }) => renderTrouble(status, family, link) ?? [],
  );
  const more = troubles.length - MOST_NAMED;
  const named = [...troubles.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
  if (rung === 'up') return named === '' ? `tier ${tier}` : `tier ${tier}; ${named}`;
  return named === '' ? (members[0]?.why ?? 'no members') : named;
};

/**
 * Of each policy that has the link as a member in one family, the link's share of new connections. What can only go by another
 * link, because its source is in that link's prefix6, does not count against it.
 */
const policyShares = (status: Status, link: string, family: PathStatus['family']) =>
  status.policies.flatMap(({ name, families }) =>
    families
      .filter(({ family: its, members }) => its === family && members.some((member) => member.link === link))
      .filter(
        ({ source, shares }) => source === null || source === link || shares.some((one) => one.link === link),
      )
      .map(({ source, shares }) => ({
        name,
        source,
        percent: Math.round(shares.find((share) => share.link === link)?.percent ?? 0),
      })),
  );

/** `75%`, or `0-75%` when policies differ. `-` if no policy has the link. */
export const renderShare = (status: Status, link: string, family: PathStatus['family']): string => {
  const shares = policyShares(status, link, family).map(({ percent }) => percent);
  if (shares.length === 0) return '-';
  const least = Math.min(...shares);
  const most = Math.max(...shares);
  return least === most ? `${least}%` : `${least}-${most}%`;
};

/** `default 75%` each. */
export const sharesOfPath = (status: Status, link: string, family: PathStatus['family']): readonly string[] =>
  policyShares(status, link, family).map(
    ({ name, source, percent }) => `${name}${source === null ? '' : ` from ${source}`} ${percent}%`,
  );
