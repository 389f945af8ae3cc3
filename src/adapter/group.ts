/**
 * A group's number, from /etc/group alone: what a directory service somewhere on the network says of a group is no reason
 * to let anybody at the control socket, and no start may wait for it.
 */
import { readFileSync } from 'node:fs';

/** On every OpenBSD; so it is known where the file is not. */
const WHEEL = 0;
/** GID_MAX. */
const LARGEST = 0xffffffff;

/** `name:*:gid:members`, as in group(5). Null: no such group. */
export const findGroup = (text: string, name: string): number | null => {
  for (const line of text.split('\n')) {
    const [found, , gid = ''] = line.split(':');
    if (found === name && /^[0-9]{1,10}$/.test(gid) && Number(gid) <= LARGEST) return Number(gid);
  }
  return null;
};

export type GroupRead =
  | { readonly kind: 'group'; readonly gid: number }
  | { readonly kind: 'unknown'; readonly why: string };

export const readGroup = (name: string, file = '/etc/group'): GroupRead => {
  if (name === 'wheel') return { kind: 'group', gid: WHEEL };
  try {
    const gid = findGroup(readFileSync(file, 'utf8'), name);
    return gid === null ? { kind: 'unknown', why: `no group ${name} in ${file}` } : { kind: 'group', gid };
  } catch (error) {
    return { kind: 'unknown', why: error instanceof Error ? error.message : String(error) };
  }
};
