/**
 * The demote counter of an interface group, through ifconfig(8): `-g GROUP` shows it, `carpdemote N` adds to it and
 * `-carpdemote N` takes from it. It looks before it writes, since what is there may be another's, or gone with a reboot.
 */
import type { CarpCounter } from '../port/carp.ts';
import type { Commands } from '../port/commands.ts';
import { parseCarpCounter } from '../text/interface-details.ts';
import { renderRunFailure } from './ending.ts';

const TIMEOUT_MS = 5000;

export const createCarpCounter = (settings: { readonly commands: Commands }): CarpCounter => {
  const run = (args: readonly string[]) =>
    settings.commands.run('ifconfig', ['-g', ...args], { timeoutMs: TIMEOUT_MS });
  return {
    carry: async ({ group, from, to }) => {
      const shown = await run([group]);
      const counter = shown.kind === 'exited' && shown.code === 0 ? parseCarpCounter(shown.stdout) : null;
      if (counter === null) return renderRunFailure('ifconfig', shown);
      // Less than ours is left: somebody else has taken it away, or we had never come to add it.
      const ours = Math.min(from, counter);
      if (ours === to) return null;
      const by = String(Math.abs(to - ours));
      const changed = await run([group, to > ours ? 'carpdemote' : '-carpdemote', by]);
      return changed.kind === 'exited' && changed.code === 0 ? null : renderRunFailure('ifconfig', changed);
    },
  };
};
