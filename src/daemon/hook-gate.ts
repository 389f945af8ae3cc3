/** What hooks are told of what is done, and when nothing: the backup of a pair leaves it to the master (PEERS.md S51). */
import type { Hooks } from '../adapter/hook.ts';
import type { Loop } from './loop.ts';

export const followWithHooks = (loop: Pick<Loop, 'follow' | 'engine'>, hooks: Pick<Hooks, 'tell'>): void => {
  loop.follow((done) => {
    if (done.kind !== 'turn') return;
    const isBackup = loop.engine().carp.role === 'backup';
    // Told all the same that pf is not busy any more: what was said before it became the backup is still to be delivered.
    hooks.tell(isBackup ? [] : done.notes, done.isBusy);
  });
};
