/** A whole status as log lines, for SIGUSR1: one fact a line, like everything else in the log. */
import { millis, renderDuration } from '../core/time.ts';
import type { LinkStatus, PathStatus, PolicyFamilyStatus, Status, TargetStatus } from '../wire/status.ts';
import { renderAvailability } from '../wire/words.ts';

const length = (ms: number): string => renderDuration(millis(ms));

const renderPath = (link: LinkStatus, path: PathStatus): string => {
  const { health, reason, sinceMs, holdRemainingMs, damping } = path;
  return [
    `${health} (${reason}) for ${length(sinceMs)}`,
    ...(holdRemainingMs === null ? [] : [`up in ${length(holdRemainingMs)}`]),
    `${link.interface} ${link.carrier}`,
    `gateway ${path.family === 'inet' ? link.gateway : link.gateway6}`,
    `rtable ${link.rtable}`,
    ...(link.admin === 'enabled' ? [] : [`${link.admin} (admin)`]),
    ...(damping.penalty === 0 ? [] : [`penalty ${damping.penalty}`]),
    ...(damping.reuseInMs === null ? [] : [`held back for ${length(damping.reuseInMs)}`]),
  ].join(', ');
};

const renderAvailable = ({ availability: { day, week, month, sinceStart } }: PathStatus): string =>
  `available ${renderAvailability(day)} of 24h, ${renderAvailability(week)} of 7d, ${renderAvailability(month)} of 30d, ` +
  `${renderAvailability(sinceStart)} since the start`;

const renderTarget = (target: TargetStatus): string =>
  `target ${target.target}: ${target.verdict}, ${target.answered} answered, ${target.lost} lost, ` +
  `${target.late} late, ${target.duplicates} duplicates, loss ${target.windowSize === 0 ? '-' : `${target.lossPercent.toFixed(1)}%`}` +
  (target.rtt === null
    ? ''
    : `, rtt p50 ${target.rtt.p50Ms.toFixed(1)} ms, p95 ${target.rtt.p95Ms.toFixed(1)} ms, jitter ${target.rtt.jitterMs.toFixed(1)} ms`);

const renderDecision = ({ family, source, shares, rung, balance, sinceMs }: PolicyFamilyStatus): string => {
  const shared = shares.map(({ link, percent }) => `${link} ${percent}%`).join(' ');
  const scope = source === null ? family : `${family} from ${source}`;
  return `${scope}: ${shared === '' ? 'nothing' : shared} (${rung}) for ${length(sinceMs)}, balance ${balance}`;
};

export const renderFullStatus = (status: Status): readonly string[] =>
  [
    `uplinkd ${status.daemon.version}, up for ${length(status.daemon.uptimeMs)}, configuration ${status.daemon.config}`,
    ...status.links.flatMap((link) =>
      link.paths.flatMap((path) =>
        [renderPath(link, path), renderAvailable(path), ...path.targets.map(renderTarget)].map(
          (fact) => `link ${link.name} ${path.family}: ${fact}`,
        ),
      ),
    ),
    ...status.policies.flatMap((policy) =>
      policy.families.map((decision) => `policy ${policy.name} ${renderDecision(decision)}`),
    ),
    ...(status.ownTraffic.mode === 'best' || status.ownTraffic.mode === 'multipath'
      ? status.ownTraffic.families.map(
          ({ family, links }) => `own traffic ${family}: ${links.length === 0 ? 'nothing' : links.join(' ')}`,
        )
      : []),
    ...(status.carp === null
      ? []
      : [
          `carp: ${status.carp.role ?? 'no carp interface is up'}, group ${status.carp.group} demoted by ${status.carp.demotedBy}`,
        ]),
    `pf: anchor ${status.pf.anchor} ${status.pf.applied}, ${status.pf.rules.length} rules, ${status.pf.pools.length} pools, ` +
      (status.pf.called ? '' : 'not used by the main rule set, ') +
      `${status.pf.loads} loads, ${status.pf.loadFailures} failures, ${status.pf.kills} states killed` +
      (status.pf.failure === null ? '' : `, failing: ${status.pf.failure.text}`),
  ].map((line) => `status: ${line}`);
