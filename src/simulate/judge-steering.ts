/**
 * Where the rules lead that pf holds, at any moment: to no path that the daemon itself calls down, while it knows one of the same
 * policy that is up, for longer than it takes to write others.
 */
import type { Engine } from '../core/engine.ts';
import { type Family, type LinkSettings, type PathKey, pathKey, type Settings } from '../core/model.ts';
import type { PathHealth } from '../core/path.ts';
import { type Way, waysOf } from './pf-ways.ts';
import type { Scene } from './scene.ts';

/** A transaction that is under way, and the one after it, on a machine that is not in the way. */
const WRITTEN_MS = 2000;

/** More than one where a gateway is all that is known, and paths share it. */
const pathsAt = ({ paths }: Engine, { family, to }: Way): readonly PathHealth[] =>
  [...paths.values()].filter(
    (path) =>
      path.family === family &&
      (to.kind === 'link' ? path.link === to.link : path.lastReady?.gateway === to.gateway),
  );

const takesAnySource = (link: LinkSettings | undefined, family: Family): boolean =>
  family === 'inet' || link?.nat6 !== 'no';

/** New connections can be sent there. */
const isFit = (path: PathHealth | undefined): boolean =>
  path?.health === 'up' &&
  !path.isDrained &&
  path.evidence?.kind === 'ready' &&
  (path.via === 'route-to' || path.isRouted);

/** A path that would take what the policy sends, whatever its source. */
const findBetter = ({ policies, links }: Settings, { paths }: Engine, way: Way): PathKey | null => {
  const members = policies.find(({ name }) => name === way.policy)?.members ?? [];
  const better = members.find(
    ({ link }) =>
      takesAnySource(
        links.find(({ name }) => name === link),
        way.family,
      ) && isFit(paths.get(pathKey(link, way.family))),
  );
  return better === undefined ? null : pathKey(better.link, way.family);
};

/** While it is stopped, begins, cannot write, or somebody else does, rules may be old. */
const isExcused = (scene: Scene, { startEnds }: Engine): boolean => {
  const now = scene.clock.now();
  return (
    !scene.isRunning() ||
    now < Math.max(scene.writesAt(), scene.foreignUntil()) ||
    (startEnds !== null && now < startEnds)
  );
};

/** To be called at each look. */
export const createSteeringJudge = (scene: Scene): (() => void) => {
  /** Since when a policy is led to what is down. */
  let since = new Map<string, number>();
  return () => {
    const before = since;
    since = new Map();
    const engine = scene.engine();
    if (engine === null || engine.settings === null || isExcused(scene, engine)) return;
    const isDown = ({ health }: PathHealth): boolean => health === 'down';
    if (![...engine.paths.values()].some(isDown)) return;
    const now = scene.clock.now();
    for (const way of waysOf(scene.router.firewall, engine.settings.anchor)) {
      const paths = pathsAt(engine, way);
      if (paths.length === 0 || !paths.every(isDown)) continue;
      const better = findBetter(engine.settings, engine, way);
      if (better === null) continue;
      const led = `${way.policy} to ${paths.map((path) => path.key).join(' or ')}`;
      const from = before.get(led) ?? now;
      since.set(led, from);
      if (now - from > WRITTEN_MS)
        scene.report(
          'no rule leads to a path that is down',
          `${led} for ${now - from} ms, which is down (${paths[0]?.reason}), though ${better} is up`,
        );
    }
  };
};
