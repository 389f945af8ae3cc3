/**
 * What an operator has said of links by hand, over everything that is measured. It outlives restarts and reloads, and is
 * forgotten with the link: a name that comes back to the configuration later may be another line. Knows nothing of what
 * follows from it: a disabled link has no evidence (observe.ts), a drained one is not chosen (decide.ts).
 */
import type { AdminMode, LinkSettings } from './model.ts';

/** By name of the link; who is not in it is enabled. */
export type AdminModes = ReadonlyMap<string, Exclude<AdminMode, 'enabled'>>;

export const adminModeOf = (modes: AdminModes, link: string): AdminMode => modes.get(link) ?? 'enabled';

export const withAdminMode = (modes: AdminModes, link: string, mode: AdminMode): AdminModes => {
  const others = [...modes].filter(([name]) => name !== link);
  return new Map(mode === 'enabled' ? others : [...others, [link, mode]]);
};

export const ofTheseLinks = (modes: AdminModes, links: readonly LinkSettings[]): AdminModes =>
  new Map([...modes].filter(([name]) => links.some((link) => link.name === name)));
