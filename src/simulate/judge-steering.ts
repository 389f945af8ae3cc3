/**
 * Where the rules lead that pf holds, at any moment: to no path that the daemon itself calls down, while it knows one of the same
 * policy that is up, for longer than it takes to write others. Read from the emulated pf; nothing that the daemon says of its rules
 * or decisions counts.
 */
import type { Engine } from '../core/engine.ts';
import { type Family, type LinkSettings, type PathKey, pathKey, type Settings } from '../core/model.ts';
import type { PathHealth } from '../core/path.ts';
import type { Rule } from '../emulator/pf-rules.ts';
import { poolEntries, type Table } from '../emulator/pf-table.ts';
import type { Scene } from './scene.ts';

/** A transaction that is under way, and the one after it, on a machine that is not in the way. */
const WRITTEN_MS = 2000;

/** A policy's new connections of a family are sent there. */
interface Way {
  readonly policy: string;
  readonly family: Family;
  /** More than one where a gateway is all that is known, and paths share it. */
  readonly paths: readonly PathHealth[];
}

const linkOfLabel = (label: string): string => label.split(':')[1] ?? '';

const waysOfPool = (scene: Scene, { paths }: Engine, policy: string, family: Family): readonly Way[] => {
  const { rulesets, tables } = scene.router.firewall;
  const anchor = `${scene.settings().anchor}/${policy}`;
  const rules = rulesets.get(anchor)?.rules ?? [];
  const names = rules.flatMap(({ family: of, route }) =>
    of === family && route?.pool.host.kind === 'table' ? [route.pool.host.name] : [],
  );
  const isNamed = (table: Table): boolean => table.anchor === anchor && names.includes(table.name);
  return [...tables.values()]
    .filter(isNamed)
    .flatMap((table) => poolEntries(table, family))
    .map(({ text }) => ({
      policy,
      family,
      paths: [...paths.values()].filter(
        (path) =>
          path.family === family &&
          (path.evidence?.kind === 'ready' ? path.evidence : path.lastReady)?.gateway === text,
      ),
    }));
};

const waysOfRule = (scene: Scene, engine: Engine, rule: Rule): readonly Way[] => {
  const { family, tagged, label, anchor, direction, action } = rule;
  const policy = tagged?.replace(/^uplink_/, '');
  if (direction !== 'in' || policy === undefined || family === null) return [];
  if (anchor !== null) return waysOfPool(scene, engine, policy, family);
  const path = action === 'pass' ? engine.paths.get(pathKey(linkOfLabel(label), family)) : undefined;
  return path === undefined ? [] : [{ policy, family, paths: [path] }];
};

const takesAnySource = (link: LinkSettings | undefined, family: Family): boolean =>
  family === 'inet' || link?.nat6 !== 'no';

/** It would take what the policy sends, whatever its source. */
const isBetter = (path: PathHealth | undefined): boolean =>
  path?.health === 'up' &&
  !path.isDrained &&
  path.evidence?.kind === 'ready' &&
  (path.via === 'route-to' || path.isRouted);

const betterThan = ({ policies, links }: Settings, { paths }: Engine, way: Way): PathKey | null => {
  const members = policies.find(({ name }) => name === way.policy)?.members ?? [];
  const better = members.find(
    ({ link }) =>
      takesAnySource(
        links.find(({ name }) => name === link),
        way.family,
      ) && isBetter(paths.get(pathKey(link, way.family))),
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
  let since = new Map<string, number>();
  return () => {
    const engine = scene.engine();
    if (engine === null || engine.settings === null || isExcused(scene, engine)) {
      since = new Map();
      return;
    }
    const now = scene.clock.now();
    const wrong = new Map<string, number>();
    const { settings } = engine;
    const rules = scene.router.firewall.rulesets.get(settings.anchor)?.rules ?? [];
    for (const way of rules.flatMap((rule) => waysOfRule(scene, engine, rule))) {
      if (way.paths.length === 0 || way.paths.some(({ health }) => health !== 'down')) continue;
      const better = betterThan(settings, engine, way);
      if (better === null) continue;
      const led = way.paths.map(({ key, reason }) => `${key}, which is down (${reason})`).join(' or ');
      const key = `${way.policy} ${way.paths.map((path) => path.key).join()}`;
      const from = since.get(key) ?? now;
      wrong.set(key, from);
      if (now - from > WRITTEN_MS)
        scene.report(
          'no rule leads to a path that is down',
          `${way.policy} for ${now - from} ms to ${led}, though ${better} is up`,
        );
    }
    since = wrong;
  };
};
