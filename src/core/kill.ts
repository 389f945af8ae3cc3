/**
 * Whose pf states must go: links that are dead while a policy that uses them has somewhere else to go. Level-triggered:
 * a link that may hold states stays on the list until they have been killed twice (once with the decision, once a
 * moment later for what slipped in between) or the link is no longer dead.
 *
 * Never kill without an alternative (OPNsense #9789): the link may come back, and with it every connection on it. A
 * label is per link, not per policy; so one policy with an alternative is enough, and policies that have no other link
 * lose their connections on it as well.
 */
import { type Decision, isTrusted } from './decide.ts';
import { isAnswering, type PathHealth } from './health.ts';
import type { PathKey, Settings } from './model.ts';
import { pathKey } from './model.ts';
import { type Mono, millis, plus } from './time.ts';
import type { Kill } from './transaction.ts';

/** How long after a kill to look for stragglers: packets that were under way while the rules changed. */
export const STRAGGLERS_AFTER = millis(1000);

export const linkLabel = (link: string): string => `uplink:${link}`;

/** Per link that may hold states: null while none were killed, else when to look for stragglers. */
export type StateHolders = ReadonlyMap<string, Mono | null>;

/** A path that cannot be probed for want of a route is not used, but nothing says that it is dead. */
const isDead = (path: PathHealth | undefined): boolean =>
  path !== undefined && path.health === 'down' && path.reason !== 'no-route' && !isAnswering(path);

const hasAlternative = (link: string, settings: Settings, decisions: readonly Decision[]): boolean =>
  settings.policies.some(
    (policy) =>
      policy.members.some((member) => member.link === link) &&
      decisions.some(
        (decision) =>
          decision.policy === policy.name &&
          isTrusted(decision.rung) &&
          !decision.shares.some((share) => share.link === link),
      ),
  );

/** The links whose states are pinned to a dead path and have somewhere else to go. */
export const findStranded = (
  settings: Settings,
  paths: ReadonlyMap<PathKey, PathHealth>,
  decisions: readonly Decision[],
): readonly string[] =>
  settings.links
    .map((link) => link.name)
    .filter((link) => isDead(paths.get(pathKey(link, 'inet'))) && hasAlternative(link, settings, decisions));

/** The kills that are due at `now`. */
export const dueKills = (holders: StateHolders, stranded: readonly string[], now: Mono): readonly Kill[] =>
  stranded.flatMap((link): readonly Kill[] => {
    const again = holders.get(link);
    if (again === undefined || (again !== null && now < again)) return [];
    return [{ link, label: linkLabel(link), again: again !== null }];
  });

/** When the next straggler is to be looked for. */
export const killDeadline = (holders: StateHolders, stranded: readonly string[]): Mono | null =>
  stranded.reduce<Mono | null>((first, link) => {
    const again = holders.get(link) ?? null;
    return again !== null && (first === null || again < first) ? again : first;
  }, null);

/** New connections may have gone to these links: whatever was killed on them before, there may be states again. */
export const holdStates = (holders: StateHolders, links: readonly string[]): StateHolders =>
  new Map([...holders, ...links.map((link) => [link, null] as const)]);

/** These kills succeeded. */
export const afterKills = (holders: StateHolders, kills: readonly Kill[], now: Mono): StateHolders => {
  const left = new Map(holders);
  for (const kill of kills) {
    if (kill.again) left.delete(kill.link);
    else left.set(kill.link, plus(now, STRAGGLERS_AFTER));
  }
  return left;
};
