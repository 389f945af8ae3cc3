/** pf states by path in the status document: where they are to be looked for, and where their numbers go. */
import type { Connections } from '../adapter/pf-connections.ts';
import type { Engine } from '../core/engine.ts';
import { pathKey } from '../core/model.ts';
import type { StatePlace } from '../text/pf-state-count.ts';
import type { Status } from '../wire/status.ts';

export const statePlaces = ({ paths }: Engine): readonly StatePlace[] =>
  [...paths.values()].map((path) => {
    const ready = path.evidence?.kind === 'ready' ? path.evidence : null;
    return {
      path: path.key,
      family: path.family,
      interface: path.interface,
      rdomain: path.rdomain,
      address: ready?.address ?? null,
      gateway: path.via === 'route-to' ? (ready?.gateway ?? null) : null,
    };
  });

export const withStates = (status: Status, counts: Connections): Status => ({
  ...status,
  links: status.links.map((link) => ({
    ...link,
    paths: link.paths.map((path) => ({
      ...path,
      states: counts?.get(pathKey(link.name, path.family)) ?? null,
    })),
  })),
});
