/**
 * The words of OpenBSD's link states -> carrier. ifconfig(8) and route(8) print the same ones (LINK_STATE_DESCRIPTIONS in
 * net/if.h, IFM_STATUS_DESCRIPTIONS in net/if_media.h).
 */
import type { Carrier } from '../core/model.ts';

const up: ReadonlySet<string> = new Set(['active', 'master', 'inserted']);
// `invalid` is neither LINK_STATE_UNKNOWN nor LINK_STATE_UP or more: to the kernel it is down (LINK_STATE_IS_UP).
const down: ReadonlySet<string> = new Set([
  'no carrier',
  'no network',
  'no ring',
  'down',
  'keepalive down',
  'backup',
  'invalid',
]);

/** A word that is not known, `unknown` itself among them, is `unknown`. */
export const parseLinkState = (word: string): Carrier =>
  up.has(word) ? 'up' : down.has(word) ? 'down' : 'unknown';
