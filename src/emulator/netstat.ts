/**
 * netstat(1): which interfaces and routing tables each rdomain has, `-R` (usr.bin/netstat/route.c rdomainpr(), transcript netstat-R), and
 * the routes, `-rn`. Interfaces and sockets are not known here, and it says so.
 */
import type { Family } from './address.ts';
import type { Program } from './program.ts';
import { parseOptions } from './program.ts';
import { renderRoutes } from './route-show.ts';
import type { Router } from './router.ts';

const renderDomains = (router: Router): string => {
  const nics = router.nics();
  let text = '';
  for (const rdomain of [...new Set(nics.map((nic) => nic.rdomain))].sort((a, b) => a - b)) {
    const names = nics.filter((nic) => nic.rdomain === rdomain).map((nic) => nic.name);
    const tables = [...router.routing.tables.values()]
      .filter((table) => table.rdomain === rdomain)
      .map((table) => table.number)
      .sort((a, b) => a - b);
    text += `Rdomain ${rdomain}\n  Interface${names.length === 1 ? '' : 's'}: ${names.join(' ')}\n`;
    text += `  Routing table${tables.length === 1 ? '' : 's'}: ${tables.join(' ')}\n\n`;
  }
  return text;
};

const familiesOf = (name: string | null | undefined): readonly Family[] | null => {
  if (name === undefined) return ['inet', 'inet6'];
  return name === 'inet' || name === 'inet6' ? [name] : null;
};

export const netstat: Program = ({ router, args, out, err, exit, rtable }) => {
  const { given, problem, rest } = parseOptions(args, 'Rrnf:T:');
  const argumentOf = (letter: string) => given.find((one) => one.letter === letter)?.value;
  const has = (letter: string): boolean => given.some((one) => one.letter === letter);
  const fail = (why: string): void => {
    err(`netstat: ${why}\n`);
    exit(1);
  };
  const table = argumentOf('T') ?? String(rtable);
  if (problem !== null) return fail(problem);
  if (!/^[0-9]+$/.test(table) || Number(table) > 255)
    return fail(`invalid table id: ${/^[0-9]+$/.test(table) ? 'too large' : 'invalid'}`);
  const families = familiesOf(argumentOf('f'));
  if (families === null) return fail(`${argumentOf('f')}: unknown address family`);
  if (rest.length > 0) return fail('emulator: only -R and -rn are known');
  if (has('R')) out(renderDomains(router));
  else if (!has('r') || !has('n')) return fail('emulator: only -R and -rn are known');
  else if (!router.routing.tables.has(Number(table)))
    return fail(`routing table ${table}: No such file or directory`);
  else out(renderRoutes(router, Number(table), families, null));
  exit(0);
};
