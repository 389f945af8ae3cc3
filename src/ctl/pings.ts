/**
 * Single pings in words as they come, and what they amount to when they are over. Knows nothing of who sends them: a daemon by
 * a link, or this machine by whatever route it has.
 */
import type { PingReply } from '../wire/control.ts';
import { renderPercent } from '../wire/words.ts';
import { type Column, renderTable } from './table.ts';
import { type Paint, printable } from './terminal.ts';

/** `link`: null when it is this machine that pings. */
export type Ping = Omit<PingReply, 'kind' | 'link'> & { readonly link: string | null };

const rtt = (ms: number): string => `${ms.toFixed(ms >= 100 ? 0 : 1)}ms`;

const subject = ({ link, family, target, address }: Ping): string =>
  [
    ...(link === null ? [] : [link, family]),
    ...(target === null ? [] : [target]),
    ...(target === 'gateway' && address !== null ? [`(${address})`] : []),
  ].join(' ');

/** `fibre inet 9.9.9.9: seq 3, 8.1ms` */
export const renderPing = (ping: Ping, paint: Paint): string => {
  const head = printable(subject(ping));
  switch (ping.outcome) {
    case 'answered':
      return `${head}: seq ${ping.seq}, ${ping.rttMs === null ? 'answered' : rtt(ping.rttMs)}\n`;
    case 'lost':
      return `${head}: seq ${ping.seq}, ${paint('bad', ping.why === null ? 'lost' : `lost: ${printable(ping.why)}`)}\n`;
    case 'not-sent': {
      const why = printable(ping.why ?? 'not sent');
      return ping.target === null
        ? `${head}: ${paint('bad', `nothing to ping by: ${why}`)}\n`
        : `${head}: seq ${ping.seq}, ${paint('bad', `not sent: ${why}`)}\n`;
    }
  }
};

export interface PingSummary {
  readonly link: string | null;
  readonly family: Ping['family'];
  readonly target: string;
  readonly address: string;
  readonly sent: number;
  readonly answered: number;
  readonly lossPercent: number;
  /** Null if nothing was answered. `jitterMs`: the mean difference between one answer and the next. */
  readonly rtt: {
    readonly minMs: number;
    readonly meanMs: number;
    readonly maxMs: number;
    readonly jitterMs: number;
  } | null;
}

const mean = (numbers: readonly number[]): number =>
  numbers.length === 0 ? 0 : numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

const summarize = (pings: readonly Ping[], first: Ping): PingSummary => {
  const times = [...pings]
    .sort((a, b) => a.seq - b.seq)
    .flatMap(({ rttMs }) => (rttMs === null ? [] : [rttMs]));
  const answered = pings.filter(({ outcome }) => outcome === 'answered').length;
  return {
    link: first.link,
    family: first.family,
    target: first.target ?? '',
    address: first.address ?? '',
    sent: pings.length,
    answered,
    lossPercent: (100 * (pings.length - answered)) / pings.length,
    rtt:
      times.length === 0
        ? null
        : {
            minMs: Math.min(...times),
            meanMs: mean(times),
            maxMs: Math.max(...times),
            jitterMs: mean(times.slice(1).map((time, at) => Math.abs(time - (times[at] ?? time)))),
          },
  };
};

/** One for each target of each path, in the order in which they were first heard of. */
export const summarizePings = (pings: readonly Ping[]): readonly PingSummary[] => {
  const groups = new Map<string, Ping[]>();
  for (const ping of pings) {
    if (ping.target === null) continue;
    const key = JSON.stringify([ping.link, ping.family, ping.target]);
    groups.set(key, [...(groups.get(key) ?? []), ping]);
  }
  return [...groups.values()].flatMap((group) =>
    group[0] === undefined ? [] : [summarize(group, group[0])],
  );
};

const timeColumn = (
  title: string,
  read: (of: NonNullable<PingSummary['rtt']>) => number,
): Column<PingSummary> => ({
  title,
  isRight: true,
  cell: ({ rtt: times }) => (times === null ? '-' : rtt(read(times))),
});

export const renderPingSummaries = (summaries: readonly PingSummary[], paint: Paint): string => {
  const hasLinks = summaries.some(({ link }) => link !== null);
  const linkColumns: readonly Column<PingSummary>[] = [
    { title: 'LINK', cell: ({ link }) => link ?? '' },
    { title: 'FAM', cell: ({ family }) => family },
  ];
  return renderTable<PingSummary>(
    [
      ...(hasLinks ? linkColumns : []),
      { title: 'TARGET', cell: ({ target }) => target },
      {
        title: 'ANSWERS',
        isRight: true,
        cell: ({ answered, sent }) => ({
          text: `${answered}/${sent}`,
          colour: answered === sent ? 'good' : answered === 0 ? 'bad' : 'unsure',
        }),
      },
      { title: 'LOSS', isRight: true, cell: ({ lossPercent }) => renderPercent(lossPercent) },
      timeColumn('MIN', ({ minMs }) => minMs),
      timeColumn('MEAN', ({ meanMs }) => meanMs),
      timeColumn('MAX', ({ maxMs }) => maxMs),
      timeColumn('JITTER', ({ jitterMs }) => jitterMs),
    ],
    summaries,
    paint,
  );
};

/** Every path has answered, or, from here, every target. Paths that have nothing to ping by count as well. */
export const haveAllAnswered = (pings: readonly Ping[]): boolean => {
  const paths = new Map<string, boolean>();
  for (const { link, family, target, outcome } of pings) {
    const key = JSON.stringify(link === null ? [target] : [link, family]);
    paths.set(key, (paths.get(key) ?? false) || outcome === 'answered');
  }
  return pings.length > 0 && [...paths.values()].every((answered) => answered);
};
