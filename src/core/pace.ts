/**
 * How often a metered link is probed: at its interval while new connections are sent there or it has to be found out whether
 * they could be, else at the idle interval, which grows as far as its budget of the month demands. It knows nothing of how probes
 * are sent; a path that is given another pace keeps what was measured (health.ts).
 */
import type { Decision } from './decide.ts';
import { isAnswering } from './health.ts';
import { bytesInMonth, type Meters, meterOf } from './meter.ts';
import type { LinkSettings, Settings } from './model.ts';
import type { Note } from './note.ts';
import type { PathHealth } from './path.ts';
import { roundBytes } from './probe-bytes.ts';
import { isRecovering } from './quorum.ts';
import { type Millis, type Mono, millis, since } from './time.ts';

/** The wall clock's month, as the daemon has told it. */
export interface Calendar {
  readonly month: string;
  readonly ends: Mono;
}

/** Idle intervals are of these, in seconds, so that they change a few times a month and not with every byte. */
const STEPS = [
  1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700, 3600,
].map((seconds) => millis(seconds * 1000));
/** However little is left: a link of which nothing is known is no backup. */
export const LONGEST_IDLE = millis(3_600_000);

/** The shortest idle interval with which the budget lasts until the month ends. */
const thriftyInterval = (link: LinkSettings, round: number, used: number, left: Millis): Millis => {
  const remaining = (link.budget ?? 0) - used;
  const needed = remaining <= 0 ? Number.POSITIVE_INFINITY : (round * left) / remaining;
  return STEPS.find((step) => step >= needed) ?? LONGEST_IDLE;
};

export interface Idle {
  /** Between two requests to a target while the link is idle. */
  readonly interval: Millis;
  /** It is longer than configured, for the budget. */
  readonly isStretched: boolean;
}

/** Of a metered link, at an instant. */
const idleOf = (link: LinkSettings, meters: Meters, calendar: Calendar | null, now: Mono): Idle => {
  const configured = millis(Math.max(link.probe.idle, link.probe.interval));
  const used = bytesInMonth(meterOf(meters, link.name), calendar?.month ?? null);
  if (link.budget === null || calendar === null || used === null)
    return { interval: configured, isStretched: false };
  const left = millis(Math.max(0, since(calendar.ends, now)));
  const thrifty = thriftyInterval(link, roundBytes(link), used, left);
  return thrifty > configured
    ? { interval: thrifty, isStretched: true }
    : { interval: configured, isStretched: false };
};

/** By link, of those that are metered. */
export type Idles = ReadonlyMap<string, Idle>;

/** Worked out when a month or an hour begins, and when settings come: between, nothing is stretched further. */
export const findIdles = (settings: Settings, meters: Meters, calendar: Calendar | null, now: Mono): Idles =>
  new Map(
    settings.links
      .filter(({ metered }) => metered)
      .map((link) => [link.name, idleOf(link, meters, calendar, now)]),
  );

/** What is worth saying: intervals that a budget has changed. */
export const idleNotes = (
  settings: Settings,
  before: Idles,
  after: Idles,
  meters: Meters,
  calendar: Calendar | null,
): readonly Note[] =>
  settings.links.flatMap((link): readonly Note[] => {
    const [was, is] = [before.get(link.name), after.get(link.name)];
    const isNews =
      is !== undefined && (is.isStretched || was?.isStretched === true) && is.interval !== was?.interval;
    if (!isNews || link.budget === null) return [];
    const used = bytesInMonth(meterOf(meters, link.name), calendar?.month ?? null) ?? 0;
    const month = calendar?.month ?? '';
    const { interval, isStretched } = is;
    return [{ kind: 'budget', link: link.name, interval, isStretched, month, used, budget: link.budget }];
  });

/** New connections are sent there, or may be soon: it is not judged yet, or is on its way back. */
const isAwake = (path: PathHealth, decisions: readonly Decision[]): boolean =>
  decisions.some(({ shares }) => shares.some(({ link }) => link === path.link)) ||
  (path.evidence?.kind === 'ready' &&
    (path.health === 'unknown' || (path.health === 'down' && isAnswering(path)) || isRecovering(path)));

/** Null: the interval of the path's settings. */
export const paceOf = (
  path: PathHealth,
  idle: Idle | undefined,
  decisions: readonly Decision[],
): Millis | null =>
  idle === undefined || idle.interval <= path.settings.interval || isAwake(path, decisions)
    ? null
    : idle.interval;
