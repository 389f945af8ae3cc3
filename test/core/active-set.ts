/** Which links new connections may take, worked out without a look at how the core does it: to judge the core by. */
import {
  type Family,
  gatewayOf,
  type Health,
  type LinkSettings,
  type PathKey,
  type PolicySettings,
  pathKey,
  type Settings,
} from '../../src/core/model.ts';

const mayTake = (link: LinkSettings, family: Family, owner: string | null): boolean =>
  gatewayOf(link, family) !== null &&
  (family === 'inet' || link.nat6 !== 'no' || (link.name === owner && link.prefix6.length > 0));

/** The links that a new connection may take, best first in the policy's order. `owner` is the link whose prefix6 its source is in. */
export const activeSet = (
  settings: Settings,
  policy: PolicySettings,
  family: Family,
  owner: string | null,
  healthOf: (path: PathKey) => Health,
): readonly string[] => {
  const members = policy.members.filter((member) =>
    settings.links.some((link) => link.name === member.link && mayTake(link, family, owner)),
  );
  const on = (is: (health: Health) => boolean) =>
    members.filter(({ link }) => is(healthOf(pathKey(link, family))));
  const isUp = (health: Health) => health === 'up' || (health === 'degraded' && policy.degraded === 'use');
  const isBad = (health: Health) => health === 'degraded' && policy.degraded === 'avoid';
  for (const rung of [isUp, isBad, (health: Health) => health === 'unknown']) {
    const found = on(rung);
    const best = Math.min(...found.map(({ tier }) => tier));
    if (found.length > 0) return found.filter(({ tier }) => tier === best).map(({ link }) => link);
  }
  return policy.empty === 'drop' ? [] : members.map(({ link }) => link);
};
