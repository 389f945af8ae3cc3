/** The claims about pf states that are killed, judged at the instant at which pf ends them. */
import { type PathKey, type PolicySettings, pathKey } from '../core/model.ts';
import type { PfState } from '../emulator/pf-state.ts';
import { hasElsewhere } from './elsewhere.ts';
import { detectionMs, returnMs, type Scene } from './scene.ts';
import { pathOf } from './state-path.ts';
import type { PathTruth } from './truth.ts';

const OUTLIVED_MS = 60_000;
/** A pfctl that was started before the operator spoke has ended by then. */
const UNDER_WAY_MS = 15_000;

/** Between the decision to start a program and its start. */
const SPAWN_MS = 100;

/** When the oldest pfctl that kills now was decided on. */
const killBegan = ({ clock, router }: Scene): number =>
  Math.min(clock.now(), ...router.faults.running('pfctl', /-k /).map(({ startedAt }) => startedAt)) -
  SPAWN_MS;

/** New connections have been kept from it by hand for so long that none can have gone there. */
const isOutOfUse = ({ operator }: Scene, link: string): boolean =>
  operator().modeOf(link) !== 'enabled' && operator().silence(link) > OUTLIVED_MS;

/** Not known to be dead: what was so too shortly to be noticed has never been away. */
const isThere = (scene: Scene, key: PathKey): boolean => {
  const path = scene.truth.paths.get(key);
  if (path === undefined || isOutOfUse(scene, path.link.name)) return false;
  return scene.truth.lasting(key, 'dead', scene.clock.now()) < detectionMs(path.link) + UNDER_WAY_MS;
};

/** A policy has this path, and others of a better tier that are there. */
const hasBetter = (scene: Scene, { link, family }: PathTruth, { members }: PolicySettings): boolean =>
  members.some(
    (own) =>
      own.link === link.name &&
      members.some((other) => other.tier < own.tier && isThere(scene, pathKey(other.link, family))),
  );

/** It has been the best path of a policy for so long that new connections must have gone there. */
const isNeeded = (scene: Scene, path: PathTruth): boolean => {
  const { truth, operator } = scene;
  const { key, link } = path;
  const now = scene.clock.now();
  const fitMs = Math.min(truth.lasting(key, 'good', now), operator().lasting(link.name, 'enabled'));
  if (now < scene.calmAt() || fitMs < returnMs(link)) return false;
  return scene
    .settings()
    .policies.some(
      (policy) => policy.members.some((own) => own.link === link.name) && !hasBetter(scene, path, policy),
    );
};

/** Some policy may end connections on this path because a better one is back, and no other one needs it. */
const isLeftForBetter = (scene: Scene, path: PathTruth): boolean =>
  !isNeeded(scene, path) &&
  scene
    .settings()
    .policies.some(
      (policy) =>
        (policy.failback ?? (path.link.metered ? 'move' : 'stay')) === 'move' &&
        hasBetter(scene, path, policy),
    );

/** Its connections are to stay: that is what a link is drained for. Kills that are under way then may still be done. */
const isKept = ({ operator }: Scene, link: string): boolean =>
  operator().lasting(link, 'drained') > UNDER_WAY_MS;

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
  const operator = scene.operator();
  // And while a link is disabled nobody looks what address it has.
  const disabled = operator.lastDisabled(link.name);
  const changedAt = Math.max(path.identityAt, path.since);
  const foundAt =
    disabled !== null && changedAt >= disabled.from ? Math.max(changedAt, disabled.until) : changedAt;
  const isOutlived = path.identityAt > 0 && now - foundAt < OUTLIVED_MS;
  const isMoved = isOutlived || (isLeftForBetter(scene, path) && !isKept(scene, link.name));
  // A link that is disabled is treated as dead; a kill that has begun by then is still done.
  const isTakenOut =
    operator.modeOf(link.name) === 'disabled' || (disabled !== null && disabled.until > killBegan(scene));
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
  if (isAlone && now > scene.calmAt() && !isOutlived)
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
