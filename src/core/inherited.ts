/** Whose pf states new settings find in place: those of an earlier life of this daemon, and of settings before. */
import type { Engine } from './engine.ts';
import { isPooled, type StateHolders } from './kill.ts';
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
