/**
 * `dhcpleasectl -l INTERFACE` -> the gateway that the lease names, or why there is none. Written against
 * usr.sbin/dhcpleasectl of 7.8. With `ignore routes` in dhcpleased.conf(5) the line is missing, and the gateway is nowhere.
 */
import { parseInet } from './address.ts';

export type LeaseReading =
  | {
      readonly kind: 'lease';
      /** As printed: `Bound`, `Down`, `Rebooting`, … */
      readonly phase: string;
      /** Canonical text; null: nothing leased, or no default route in it. */
      readonly gateway: string | null;
    }
  /** dhcpleased does not look after this interface, or there is no such interface. */
  | { readonly kind: 'no-lease'; readonly text: string }
  /** dhcpleased does not answer, or it cannot be told what it says. */
  | { readonly kind: 'failed'; readonly text: string };

/**
 * Phases that are entered with an address only (dhcpleased's engine.c). Whatever has one prints how long it is leased for, in the last
 * line but one (dhcpleasectl.c).
 */
const LEASED = /^(?:Bound|Renewing|Rebinding|Rebooting)$/;

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** Never throws. `code` is the exit status. */
export const parseLease = (code: number, stdout: string, stderr: string): LeaseReading => {
  if (code !== 0) {
    const text = firstLine(stderr) || `dhcpleasectl: exit ${code}`;
    return /: (?:non-autoconf interface .*|unknown interface)$/.test(text)
      ? { kind: 'no-lease', text }
      : { kind: 'failed', text };
  }
  const phase = /^\S+ \[([^\]\n]*)\]$/m.exec(stdout)?.[1];
  // Half an answer could be one without its gateway.
  const isLeased = LEASED.test(phase ?? '') || /^\tinet /m.test(stdout);
  const isCut = !stdout.endsWith('\n') || (isLeased && !/^\tlease /m.test(stdout));
  if (phase === undefined || isCut) {
    return { kind: 'failed', text: `dhcpleasectl: not understood: ${firstLine(stdout)}` };
  }
  const said = /^\tdefault gateway (\S+)$/m.exec(stdout)?.[1];
  const gateway = said === undefined ? null : parseInet(said);
  if (said !== undefined && gateway === null)
    return { kind: 'failed', text: `dhcpleasectl: not understood: default gateway ${said}` };
  // 0.0.0.0: everything is on the link, as the server would have it.
  return { kind: 'lease', phase, gateway: gateway === '0.0.0.0' ? null : gateway };
};
