/**
 * What ifconfig(8) prints beside what a link needs (ifconfig.ts): flags, groups, and carp(4)'s state. For people's questions:
 * what kind of line this is, and who it belongs to.
 */

export interface InterfaceDetails {
  readonly name: string;
  /** `UP`, `AUTOCONF4`, `POINTOPOINT`, … */
  readonly flags: readonly string[];
  readonly groups: readonly string[];
  /** Of carp(4): `MASTER`, `BACKUP`, `INIT`; null of other interfaces. */
  readonly carp: string | null;
}

/** `carp: carp demote count 50`, as `ifconfig -g carp` prints it; null if it says something else. */
export const parseCarpCounter = (text: string): number | null => {
  const count = /^\S+: carp demote count (\d{1,3})$/m.exec(text)?.[1];
  return count === undefined ? null : Number(count);
};

/** In the order printed. Never throws; lines that say nothing of these are passed over. */
export const parseInterfaceDetails = (text: string): readonly InterfaceDetails[] => {
  const found: { name: string; flags: string[]; groups: string[]; carp: string | null }[] = [];
  for (const line of text.split('\n')) {
    const [, name, flags = ''] =
      /^([A-Za-z][A-Za-z0-9._-]{0,14}): flags=[0-9a-f]+(?:<([^>]*)>)?/.exec(line) ?? [];
    if (name !== undefined) {
      found.push({ name, flags: flags.split(',').filter((flag) => flag !== ''), groups: [], carp: null });
      continue;
    }
    const last = found.at(-1);
    if (last === undefined) continue;
    const groups = /^\tgroups: (.*)$/.exec(line)?.[1];
    if (groups !== undefined) last.groups.push(...groups.split(' ').filter((group) => group !== ''));
    const carp = /^\tcarp: ([A-Z]+) /.exec(line)?.[1];
    if (carp !== undefined) last.carp = carp;
  }
  return found;
};
