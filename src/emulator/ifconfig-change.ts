/**
 * ifconfig(8) where it changes something: `NAME up`, `down`, `rdomain N`, `inet autoconf`, an inet address. The rest of it is not
 * known here, and says so.
 */
import type { Router } from './router.ts';

/** What it says on stderr; empty if it was done. */
export const changeInterface = (router: Router, name: string, words: readonly string[]): string => {
  if (router.nic(name) === null) return `ifconfig: ${name}: no such interface\n`;
  const [first = '', second = '', third] = words;
  try {
    if (first === 'up' || first === 'down') router.setInterfaceUp(name, first === 'up');
    else if (first === 'rdomain') router.setRdomain(name, Number(second));
    else if (first === 'inet' && second === 'autoconf') router.setAutoconf(name, true);
    else if (first === 'inet' && second === '-autoconf') router.setAutoconf(name, false);
    else if (first === 'inet' && third === undefined) router.setAddress(name, second);
    else return 'ifconfig: emulator: not known\n';
  } catch (error) {
    return `ifconfig: ${error instanceof Error ? error.message : String(error)}\n`;
  }
  return '';
};

const MOST_AT_ONCE = 128;
const MOST = 255;

/** `-g GROUP` shows its demote counter, `carpdemote N` adds to it, `-carpdemote N` subtracts (sbin/ifconfig/ifconfig.c, sys/net/if.c). */
export const changeGroup = (
  router: Router,
  group: string,
  [verb, amount = '1']: readonly string[],
): { readonly out: string; readonly err: string } => {
  const fail = (err: string) => ({ out: '', err: `ifconfig: ${group}: ${err}\n` });
  const isThere = router.nics().some((nic) => router.groupsOf(nic).includes(group));
  const count = router.demotions.get(group) ?? 0;
  if (verb === undefined)
    return isThere
      ? { out: `${group}: carp demote count ${count}\n`, err: '' }
      : fail('SIOCGIFGATTR: No such file or directory');
  if (!/^\d+$/.test(amount) || Number(amount) > MOST_AT_ONCE)
    return fail(`invalid carp demotion: ${/^\d+$/.test(amount) ? 'too large' : 'invalid'}`);
  if (!isThere) return fail('SIOCSIFGATTR: No such file or directory');
  const next = count + (verb.startsWith('-') ? -1 : 1) * Number(amount);
  if (next < 0 || next > MOST) return fail('SIOCSIFGATTR: Invalid argument');
  router.demotions.set(group, next);
  return { out: '', err: '' };
};
