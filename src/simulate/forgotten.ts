/**
 * Connections that the daemon cannot know of: of an earlier life, and such that neither its memory nor the settings of now tell that
 * they are there (docs/DESIGN.md, section 12). Nothing is demanded of them.
 */
import type { Outcome } from '../emulator/clients.ts';
import type { Scene } from './scene.ts';
import type { StoryClient } from './story.ts';

/** What ifconfig and dhcpleasectl show is known so long after a start. */
export const READ_MS = 1000;

/** A pool has pinned it to a link of which the policy has no pool now. */
const isPinnedByFormerPool = (scene: Scene, client: StoryClient): boolean => {
  const { links, policies } = scene.settings();
  const policy = policies.find(({ name }) => name === client.policy);
  const uplinks = [...scene.router.uplinks.values()];
  for (const { stack, route, rule } of scene.router.firewall.states.all.values()) {
    // A label of the policy, not of a link: text/pf.ts.
    if (stack.address0 !== client.address || route === null || rule.label !== `uplink::${client.policy}`)
      continue;
    const uplink = uplinks.find(({ gateway, gateway6 }) => [gateway, gateway6].includes(route.gateway));
    const link = links.find((each) => each.interface === uplink?.interface);
    if (policy?.balance === 'weight' || !policy?.members.some((member) => member.link === link?.name))
      return true;
  }
  return false;
};

export const isForgotten = (
  scene: Scene,
  client: StoryClient,
  openedAt: number,
  outcome: Outcome,
): boolean => {
  if (openedAt >= scene.startedAt()) return false;
  const forgottenAt = scene.forgottenAt();
  if (openedAt < forgottenAt) {
    const by = outcome.kind === 'silence' ? outcome.interface : null;
    if (by !== null && !scene.settings().links.some((link) => link.interface === by)) return true;
    for (const { identityAt } of scene.truth.paths.values())
      if (identityAt > openedAt && identityAt <= forgottenAt + READ_MS) return true;
  }
  return isPinnedByFormerPool(scene, client);
};
