/** Who may use the control socket beside root: the configured group, or wheel where there is none of that name. */
import type { Control } from '../adapter/control-socket.ts';
import { readGroup } from '../adapter/group.ts';
import type { Loop } from './loop.ts';

const WHEEL = 0;

export interface ControlGroup {
  /** Its number; null: without root nothing can be changed. */
  find(name: string): number | null;
  /** After a reload, also of the same name: groups come and go. */
  move(control: Control | null, name: string): void;
}

export const createControlGroup = ({
  say,
  isRoot,
}: {
  readonly say: Loop['say'];
  readonly isRoot: boolean;
}): ControlGroup => {
  const find = (name: string): number | null => {
    if (!isRoot) return null;
    const group = readGroup(name);
    if (group.kind === 'group') return group.gid;
    say('err', `control: ${group.why}; only root and group wheel may use the socket`);
    return WHEEL;
  };
  return {
    find,
    move: (control, name) => {
      const group = find(name);
      try {
        if (group !== null) control?.setGroup(group);
      } catch (error) {
        say('err', `control: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
};
