/** Whose pf states new settings find in place: those of an earlier life of this daemon, and of settings before. */
import type { Engine } from './engine.ts';
import { isPooled, type PathUsers, type StateHolders } from './kill.ts';
import { families, gatewayOf, type PathKey, pathKey, type Settings } from './model.ts';

/** Links that were not known until now may hold states of an earlier life of this daemon. */
export const holdUnknown = (
  holders: StateHolders,
  settings: Settings,
  before: Settings | null,
): StateHolders => {
  const pathsOf = (of: Settings | null): readonly PathKey[] =>
    of?.links.flatMap((link) =>
      families
        .filter((family) => gatewayOf(link, family) !== null)
        .map((family) => pathKey(link.name, family)),
    ) ?? [];
  const known = new Set(pathsOf(before));
  const unknown = pathsOf(settings).filter((path) => !known.has(path));
  return new Map([...unknown.map((path) => [path, null] as const), ...holders]);
};

/** Paths that pools use now: what they have pinned there stays pinned, whatever the next settings say. */
export const pooledUnder = ({ settings, paths }: Engine): readonly PathKey[] =>
  settings === null
    ? []
    : [...paths.values()].filter((path) => isPooled(settings, paths, path)).map(({ key }) => key);

/** Paths that pools use, or have used while what they have pinned there is there: for the next life. */
export const pooledOf = (engine: Engine): readonly PathKey[] => {
  const now = new Set(pooledUnder(engine));
  const { pooledBefore, holders } = engine.sweep;
  return [...engine.paths.keys()].filter(
    (path) => now.has(path) || (pooledBefore.has(path) && holders.has(path)),
  );
};

/** Policies that have lost a link to new settings, or to those before, while others keep it. */
export const findFormer = (known: PathUsers, before: Settings | null, after: Settings): PathUsers => {
  const found = new Map<PathKey, readonly string[]>();
  for (const { name, members } of after.policies) {
    const was = before?.policies.find((policy) => policy.name === name)?.members ?? [];
    for (const link of after.links.filter((each) => !members.some((member) => member.link === each.name)))
      for (const key of families.map((family) => pathKey(link.name, family)))
        if (was.some((member) => member.link === link.name) || known.get(key)?.includes(name))
          found.set(key, [...(found.get(key) ?? []), name]);
  }
  return found;
};

/** Policies that have a path among their members, or had while what they have left there is still there: for the next life. */
export const usersOf = ({ settings, former }: Pick<Engine, 'settings' | 'former'>): PathUsers => {
  const users = new Map<PathKey, readonly string[]>();
  if (settings === null) return former;
  for (const link of settings.links) {
    const now = settings.policies.filter(({ members }) =>
      members.some((member) => member.link === link.name),
    );
    for (const family of families.filter((each) => gatewayOf(link, each) !== null)) {
      const key = pathKey(link.name, family);
      const names = [...now.map(({ name }) => name), ...(former.get(key) ?? [])];
      if (names.length > 0) users.set(key, names);
    }
  }
  return users;
};

/** Without those of paths that hold no state any more. */
export const forgetFormer = (engine: Engine): Engine => {
  const { former, pf, sweep } = engine;
  const isHeld = (path: PathKey): boolean =>
    pf.holders.has(path) || (sweep.pooledBefore.has(path) && sweep.holders.has(path));
  const held = [...former].filter(([path]) => isHeld(path));
  return held.length === former.size ? engine : { ...engine, former: new Map(held) };
};
