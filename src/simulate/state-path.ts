/** Which path a pf state is of: told by its label, or where a pool has made it, by its gateway. */
import { type PathKey, pathKey } from '../core/model.ts';
import type { PfState } from '../emulator/pf-state.ts';
import type { Scene } from './scene.ts';

/** Null: of none, or of one of several that share a gateway. */
export const pathOf = ({ truth, settings }: Scene, { rule, route, family }: PfState): PathKey | null => {
  const [, name = '', kind] = rule.label.split(':');
  if (settings().links.some((link) => link.name === name) && kind !== 'probe') return pathKey(name, family);
  if (route === null) return null;
  const [path, other] = [...truth.paths.values()].filter(({ gateway }) => gateway === route.gateway);
  return path === undefined || other !== undefined ? null : path.key;
};
