/** sysctl(8): the few names that matter here. It exits 0 whatever happens (OPENBSD.md 2, point 11). */
import type { Program } from './program.ts';
import { parseOptions } from './program.ts';

const LEVELS = ['top', 'second', 'third', 'fourth', 'fifth'];

const complaint = (name: string, known: readonly string[]): string => {
  const parts = name.split('.');
  for (let i = 0; i < parts.length; i++) {
    const prefix = `${parts.slice(0, i + 1).join('.')}`;
    if (!known.some((one) => one === prefix || one.startsWith(`${prefix}.`)))
      return `${LEVELS[i] ?? 'next'} level name ${parts[i]} in ${name} is invalid`;
  }
  return `${name}: specification is incomplete`;
};

export const sysctl: Program = ({ router, args, out, err, exit }) => {
  const options = parseOptions(args, 'Aaf:inqw');
  const isBare = options.given.some((one) => one.letter === 'n');
  const names = options.rest.length === 0 ? [...router.sysctls.keys()] : options.rest;
  for (const word of names) {
    const [name = '', value] = word.split('=');
    const old = router.sysctls.get(name);
    if (old === undefined) err(`sysctl: ${complaint(name, [...router.sysctls.keys()])}\n`);
    else if (value !== undefined) {
      router.sysctls.set(name, value);
      if (!options.given.some((one) => one.letter === 'q'))
        out(`${isBare ? '' : `${name}: `}${old} -> ${value}\n`);
    } else out(isBare ? `${old}\n` : `${name}=${old}\n`);
  }
  exit(0);
};
