/** A whole status as log lines, for SIGUSR1: one fact a line, like everything else in the log. */
import { millis, renderDuration } from '../core/time.ts';
import type { Status } from '../wire/status.ts';

const length = (ms: number): string => renderDuration(millis(ms));

export const renderFullStatus = (status: Status): readonly string[] => [
  `status: uplinkd ${status.daemon.version}, up for ${length(status.daemon.uptimeMs)}, configuration ${status.daemon.config}`,
  ...status.links.flatMap((link) =>
    link.paths.flatMap((path) => [
      `status: link ${link.name} ${path.family}: ${path.health} (${path.reason}) for ${length(path.sinceMs)}, ` +
        `${link.interface} ${link.carrier}, gateway ${path.family === 'inet' ? link.gateway : link.gateway6}, rtable ${link.rtable}` +
        (link.admin === 'enabled' ? '' : `, ${link.admin} (admin)`),
      ...path.targets.map(
        (target) =>
          `status: link ${link.name} ${path.family}: target ${target.target}: ${target.verdict}, ` +
          `${target.answered} answered, ${target.lost} lost, ${target.late} late, ${target.duplicates} duplicates` +
          (target.rtt === null ? '' : `, rtt ${target.rtt.meanMs.toFixed(1)} ms`),
      ),
    ]),
  ),
  ...status.policies.flatMap((policy) =>
    policy.families.map((family) => {
      const shares = family.shares.map(({ link, percent }) => `${link} ${percent}%`).join(' ');
      const scope = family.source === null ? family.family : `${family.family} from ${family.source}`;
      return `status: policy ${policy.name} ${scope}: ${shares === '' ? 'nothing' : shares} (${family.rung}) for ${length(family.sinceMs)}`;
    }),
  ),
  ...(status.carp === null
    ? []
    : [
        `status: carp: ${status.carp.role ?? 'no carp interface is up'}, group ${status.carp.group} demoted by ${status.carp.demotedBy}`,
      ]),
  `status: pf: anchor ${status.pf.anchor} ${status.pf.applied}, ${status.pf.rules.length} rules, ${status.pf.pools.length} pools, ` +
    (status.pf.called ? '' : 'not used by the main rule set, ') +
    `${status.pf.loads} loads, ${status.pf.loadFailures} failures, ${status.pf.kills} states killed` +
    (status.pf.failure === null ? '' : `, failing: ${status.pf.failure.text}`),
];
