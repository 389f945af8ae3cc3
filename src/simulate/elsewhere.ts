/** Whether what is on a path could be somewhere else, by the settings and by what is true of the other paths. */
import { type PathKey, pathKey } from '../core/model.ts';
import { returnMs, type Scene } from './scene.ts';

/** A policy, by its tag, has had another path that works for so long that its connections must have gone there. */
export const hasElsewhere = (scene: Scene, key: PathKey, tag: string): boolean => {
  const { policies, links } = scene.settings();
  const now = scene.clock.now();
  const family = scene.truth.paths.get(key)?.family ?? 'inet';
  const policy = policies.find(({ name }) => `uplink_${name}` === tag);
  return (policy?.members ?? []).some(({ link: name }) => {
    const link = links.find((each) => each.name === name);
    const other = pathKey(name, family);
    if (link === undefined || other === key || (family === 'inet6' && link.nat6 === 'no')) return false;
    if (scene.operator().lasting(name, 'enabled') < returnMs(link)) return false;
    return scene.truth.lasting(other, 'good', now) > returnMs(link);
  });
};
