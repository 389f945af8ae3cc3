/** The gate between the loop and the hooks, apart from both. */
import t from 'tap';
import type { Hooks } from '../../src/adapter/hook.ts';
import { newCarpLane } from '../../src/core/carp.ts';
import { newEngine } from '../../src/core/engine.ts';
import type { Note } from '../../src/core/note.ts';
import { followWithHooks } from '../../src/daemon/hook-gate.ts';
import type { Loop } from '../../src/daemon/loop.ts';

type Follower = Parameters<Loop['follow']>[0];

t.test('a backup tells nothing new, and still that pf is at rest', async (t) => {
  const note: Note = { kind: 'trouble-over', source: 'ifconfig' };
  for (const [role, notes] of [
    ['backup', []],
    ['master', [note]],
    [null, [note]],
  ] as const) {
    const followers: Follower[] = [];
    const told: Parameters<Hooks['tell']>[] = [];
    const carp = { ...newCarpLane, role };
    followWithHooks(
      {
        follow: (follower) => {
          followers.push(follower);
          return () => {};
        },
        engine: () => ({ ...newEngine, carp }),
      },
      { tell: (...args) => told.push(args) },
    );
    for (const follow of followers) follow({ kind: 'turn', notes: [note], isBusy: false });
    t.same(told, [[notes, false]], String(role));
  }
});
