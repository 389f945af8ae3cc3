/**
 * What pf has counted for the rules of an anchor: `pfctl -a ANCHOR -sl`. It is asked while a link may be dying, so an
 * answer that does not come soon is none. Which rule is which is the core's business.
 */
import type { Counted } from '../core/counting.ts';
import type { Commands } from '../port/commands.ts';
import { parseLabels, parsePfctlFailure } from '../text/pfctl.ts';

/** Milliseconds; the core waits for less. */
const TIMEOUT = 1000;

export const createCount =
  (commands: Commands) =>
  async (anchor: string): Promise<readonly Counted[] | null> => {
    const result = await commands.run('pfctl', ['-a', anchor, '-sl'], { timeoutMs: TIMEOUT });
    if (result.kind !== 'exited' || parsePfctlFailure(result.code, result.stderr) !== null) return null;
    return parseLabels(result.stdout);
  };
