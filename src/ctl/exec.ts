/**
 * `uplinkctl exec`: a command of the machine's own, run through one link: by route(8), which puts it into the link's
 * routing table. The daemon only tells which table that is.
 */
import type { Status } from '../wire/status.ts';

/** By its absolute path: PATH is the user's. */
export const ROUTE = '/sbin/route';

export type Exec =
  | { readonly kind: 'run'; readonly path: string; readonly args: readonly string[] }
  | { readonly kind: 'refused'; readonly text: string };

/**
 * What to start. Without a path that has a gateway the routing table has no route: the command would only fail in a way
 * that is harder to understand.
 */
export const planExec = (status: Status, name: string, command: readonly string[]): Exec => {
  const link = status.links.find((each) => each.name === name);
  if (link === undefined) {
    const known = status.links.map((each) => each.name).join(', ');
    return { kind: 'refused', text: `unknown link: ${name}: not ${known}` };
  }
  if (!link.paths.some((path) => path.usable)) {
    const why = [...new Set(link.paths.map((path) => path.reason))].join(', ');
    return { kind: 'refused', text: `link ${name} has no way out now: ${why}` };
  }
  return { kind: 'run', path: ROUTE, args: ['-T', String(link.rtable), 'exec', ...command] };
};
