/**
 * How long pf states live without a packet: pf's defaults, `set timeout` and the bundles of `set optimization` (sys/net/pfvar.h,
 * sbin/pfctl/pfctl.c pf_timeouts, pf_hints). A load of the main rule set sets all of them, those that it does not name to the default.
 */

export type TimeoutName =
  | 'tcp.first'
  | 'tcp.opening'
  | 'tcp.established'
  | 'tcp.closing'
  | 'tcp.finwait'
  | 'tcp.closed'
  | 'udp.first'
  | 'udp.single'
  | 'udp.multiple'
  | 'icmp.first'
  | 'icmp.error'
  | 'other.first'
  | 'other.single'
  | 'other.multiple';

/** Of which nothing here depends. */
type IdleName = 'tcp.tsdiff' | 'frag' | 'interval';

/** Not times, but numbers of pf states: between them all times shrink, in proportion to what is left to the end. */
export type AdaptiveName = 'adaptive.start' | 'adaptive.end';

/** Seconds. */
export type Timeouts = Record<TimeoutName | IdleName | AdaptiveName, number>;

/** Where a limit on pf states has them when nothing else is said, of all or of one rule: 60 % and 120 % (pfctl.c pfctl_load_options, parse.y pfrule). */
export const adaptiveOf = (limit: number): Record<AdaptiveName, number> => {
  const tenth = Math.floor(limit / 10);
  return { 'adaptive.start': tenth * 6, 'adaptive.end': tenth * 12 };
};

/** As `pfctl -st` shows them at first. */
export const DEFAULTS: Readonly<Timeouts> = {
  'tcp.first': 120,
  'tcp.opening': 30,
  'tcp.established': 86400,
  'tcp.closing': 900,
  'tcp.finwait': 45,
  'tcp.closed': 90,
  'udp.first': 60,
  'udp.single': 30,
  'udp.multiple': 60,
  'icmp.first': 20,
  'icmp.error': 10,
  'other.first': 60,
  'other.single': 30,
  'other.multiple': 60,
  'tcp.tsdiff': 30,
  frag: 60,
  interval: 10,
  'adaptive.start': 60_000,
  'adaptive.end': 120_000,
};

const bundle = (
  first: number,
  opening: number,
  established: number,
  closing: number,
  finwait: number,
  closed: number,
  tsdiff: number,
): Partial<Timeouts> => ({
  'tcp.first': first,
  'tcp.opening': opening,
  'tcp.established': established,
  'tcp.closing': closing,
  'tcp.finwait': finwait,
  'tcp.closed': closed,
  'tcp.tsdiff': tsdiff,
});

const DAY = 86_400;
const SATELLITE = bundle(180, 35, DAY, 905, 50, 95, 60);
const BUNDLES: ReadonlyMap<string, Partial<Timeouts>> = new Map([
  ['normal', bundle(120, 30, DAY, 900, 45, 90, 30)],
  ['satellite', SATELLITE],
  ['high-latency', SATELLITE],
  ['conservative', bundle(3600, 900, 5 * DAY, 3600, 600, 180, 60)],
  ['aggressive', bundle(30, 5, 18_000, 60, 30, 30, 10)],
]);

/** What `set optimization` stands for; null when there is none of that name. */
export const timeoutsOf = (optimization: string): Partial<Timeouts> | null =>
  BUNDLES.get(optimization.toLowerCase()) ?? null;

const isTimeout = (name: string): name is keyof Timeouts => Object.hasOwn(DEFAULTS, name);

/** Names that pf has and that would change how states end; nothing here knows how. */
const UNKNOWN: ReadonlySet<string> = new Set(['src.track']);

/** What a name in `set timeout` is to this machine. */
export const readTimeoutName = (text: string): keyof Timeouts | 'unknown' | null => {
  const name = text.toLowerCase();
  if (isTimeout(name)) return name;
  return UNKNOWN.has(name) ? 'unknown' : null;
};
