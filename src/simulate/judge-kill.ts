/** The claims about pf states that are killed, judged at the instant at which pf ends them. */
import { type PathKey, pathKey, type Settings } from '../core/model.ts';
import type { PfState } from '../emulator/pf-state.ts';
import { hasElsewhere } from './elsewhere.ts';
import { detectionMs, type Scene } from './scene.ts';

const OUTLIVED_MS = 60_000;
/** A pfctl that was started before the operator spoke has ended by then. */
const UNDER_WAY_MS = 15_000;

/** The path that a pf state is of, by its label; what a pool has made is known by its gateway only. */
const pathOf = ({ truth, settings: read }: Scene, pfState: PfState): PathKey | null => {
  const settings = read();
  const [, name = '', kind] = (pfState.rule.label ?? '').split(':');
  const byLabel = settings.links.find((link) => link.name === name);
  if (byLabel !== undefined && kind !== 'probe') return pathKey(name, pfState.family);
  const gateway = pfState.route?.gateway;
  if (gateway !== undefined)
    for (const path of truth.paths.values()) if (path.gateway === gateway) return path.key;
  return null;
};

/** Some policy ends connections on this link because a better one is back. */
const isLeftForBetter = (settings: Settings, name: string): boolean => {
  const isMetered = settings.links.find((link) => link.name === name)?.metered ?? false;
  return settings.policies.some(
    (policy) =>
      policy.members.some((member) => member.link === name) &&
      (policy.failback ?? (isMetered ? 'move' : 'stay')) === 'move',
  );
};

/** Its connections are to stay: that is what a link is drained for. Kills that are under way then may still be done. */
const isKept = ({ operator }: Scene, link: string): boolean =>
  operator().lasting(link, 'drained') > UNDER_WAY_MS;

/** New connections have been kept from it by hand for so long that none can have gone there. */
const isOutOfUse = ({ operator }: Scene, link: string): boolean =>
  operator().modeOf(link) !== 'enabled' && operator().silence(link) > OUTLIVED_MS;

/** `tags`: what was killed on it, which may be of a policy that has it no longer. */
const judge = (scene: Scene, key: PathKey, tags: readonly (string | null)[]): void => {
  const { truth } = scene;
  const settings = scene.settings();
  const now = scene.clock.now();
  const path = truth.paths.get(key);
  if (path === undefined) return;
  const { link, family } = path;
  // What an address or a gateway that is gone has left behind goes in any case (core/outlived.ts), as soon as pfctl works; and since
  // a label tells no addresses, what is new goes with it.
  const isOutlived = path.identityAt > 0 && now - Math.max(path.identityAt, path.since) < OUTLIVED_MS;
  const operator = scene.operator();
  const isMoved = isOutlived || (isLeftForBetter(settings, link.name) && !isKept(scene, link.name));
  // A link that is disabled is treated as dead; pfctl may be slow to follow.
  const isTakenOut =
    operator.modeOf(link.name) === 'disabled' ||
    (operator.beforeOf(link.name) === 'disabled' && operator.silence(link.name) < OUTLIVED_MS);
  const healthy = truth.lasting(key, 'good', now);
  if (!isMoved && !isTakenOut && healthy > detectionMs(link) + 5000 && now > scene.blindUntil()) {
    const health = scene.engine()?.paths.get(key);
    scene.report(
      'no pf state is killed on a path that works',
      `${key} has worked for ${healthy} ms, the daemon says ${health?.health} (${health?.reason})`,
    );
  }
  const others = new Set(
    settings.policies
      .filter(
        ({ name, members }) =>
          tags.includes(`uplink_${name}`) || members.some((member) => member.link === link.name),
      )
      .flatMap((policy) => policy.members.map((member) => pathKey(member.link, family)))
      .filter((other) => other !== key),
  );
  const isAlone = [...others].every((other) => {
    const there = truth.paths.get(other);
    if (there !== undefined && isOutOfUse(scene, there.link.name)) return true;
    return there === undefined || truth.lasting(other, 'dead', now) > detectionMs(there.link);
  });
  if (isAlone && now > scene.calmAt() && !isMoved)
    scene.report('no pf state is killed without somewhere to go', `${key}, all others are dead`);
};

/** Rules first, states after: a fast client would connect again to where it was killed (OPNsense #10684). */
const judgeOrder = (scene: Scene, pfState: PfState): void => {
  const { tag } = pfState;
  const { label } = pfState.rule;
  if (tag === null || pfState.direction !== 'out' || scene.clock.now() < scene.calmAt()) return;
  const [, name = '', kind] = label.split(':');
  const key = pathKey(name, pfState.family);
  if (kind === 'in' || !hasElsewhere(scene, key, tag)) return;
  const rules = scene.router.firewall.rulesets.get(scene.settings().anchor)?.rules ?? [];
  if (rules.some((rule) => rule.direction === 'in' && rule.label === label && rule.tagged === tag))
    scene.report('no pf state is killed before the rules lead elsewhere', `${key}: ${tag}`);
};

/** Judges every kill from now on; those of a second administrator are his. */
export const watchKills = (scene: Scene): void => {
  scene.router.firewall.onKill = (dead) => {
    if (scene.isAdminBusy()) return;
    scene.truth.look(scene.settings(), scene.clock.now());
    for (const pfState of dead) judgeOrder(scene, pfState);
    const killed = dead.map((pfState) => ({ key: pathOf(scene, pfState), tag: pfState.tag }));
    for (const key of new Set(killed.map((each) => each.key)))
      if (key !== null)
        judge(
          scene,
          key,
          killed.filter((each) => each.key === key).map(({ tag }) => tag),
        );
  };
};
