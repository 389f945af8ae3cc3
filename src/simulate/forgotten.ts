/**
 * Connections that the daemon cannot know of: of an earlier life, and such that neither its memory nor the settings of now tell that
 * they are there (docs/DESIGN.md, section 15). Nothing is demanded of them.
 */
import type { PathKey } from '../core/model.ts';
import type { Outcome } from '../emulator/clients.ts';
import type { PfState } from '../emulator/pf-state.ts';
import type { Scene } from './scene.ts';
import { pathOf } from './state-path.ts';
import type { StoryClient } from './story.ts';

/** What ifconfig and dhcpleasectl show is known so long after a start. */
export const READ_MS = 1000;

/** A pool that no memory tells of has pinned it to a link of which the policy has no pool now. */
export const isOfForgottenPool = (scene: Scene, { rule, route, created }: PfState): boolean => {
  // A label of the policy, not of a link: text/pf.ts.
  const name = /^uplink::(.+)$/.exec(rule.label)?.[1];
  if (name === undefined || route === null || created >= scene.forgottenAt()) return false;
  const { links, policies } = scene.settings();
  const policy = policies.find((each) => each.name === name);
  const uplinks = [...scene.router.uplinks.values()];
  const uplink = uplinks.find(({ gateway, gateway6 }) => [gateway, gateway6].includes(route.gateway));
  const link = links.find((each) => each.interface === uplink?.interface);
  return policy?.balance === 'weight' || !policy?.members.some((member) => member.link === link?.name);
};

/** No memory tells that its policy ever had this link. */
export const isOfForgottenUser = (scene: Scene, { created, tag }: PfState, link: string): boolean =>
  created < scene.forgottenAt() &&
  !scene
    .settings()
    .policies.some(
      ({ name, members }) => `uplink_${name}` === tag && members.some((member) => member.link === link),
    );

export const isForgotten = (
  scene: Scene,
  client: StoryClient,
  openedAt: number,
  outcome: Outcome,
): boolean => {
  if (openedAt >= scene.startedAt()) return false;
  const states = [...scene.router.firewall.states.all.values()].filter(
    ({ stack }) => stack.address0 === client.address,
  );
  const forgottenAt = scene.forgottenAt();
  if (openedAt < forgottenAt) {
    const by = outcome.kind === 'silence' ? outcome.interface : null;
    if (by !== null && !scene.settings().links.some((link) => link.interface === by)) return true;
    const mayBeOn = (path: PathKey): boolean =>
      states.some((pfState) => [path, null].includes(pathOf(scene, pfState)));
    const readAt = forgottenAt + READ_MS;
    for (const { key, identityAt, leftAt } of scene.truth.paths.values()) {
      if (identityAt <= openedAt) continue;
      // Later as well, if it has not been ready meanwhile as what it was.
      if (identityAt <= readAt || (leftAt < readAt && mayBeOn(key))) return true;
    }
  }
  return states.some(
    (pfState) => pfState.rule.label === `uplink::${client.policy}` && isOfForgottenPool(scene, pfState),
  );
};
