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
