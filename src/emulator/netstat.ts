/** netstat(1): which interfaces and routing tables each rdomain has, `-R` (usr.bin/netstat/route.c rdomainpr(), transcript netstat-R). */
import type { Program } from './program.ts';
import { parseOptions } from './program.ts';

export const netstat: Program = ({ router, args, out, err, exit }) => {
  const options = parseOptions(args, 'R');
  if (options.problem !== null || options.given.length === 0 || options.rest.length > 0) {
    err(`netstat: ${options.problem ?? 'emulator: only -R is known'}\n`);
    exit(1);
    return;
  }
  const nics = router.nics();
  for (const rdomain of [...new Set(nics.map((nic) => nic.rdomain))].sort((a, b) => a - b)) {
    const names = nics.filter((nic) => nic.rdomain === rdomain).map((nic) => nic.name);
    const tables = [...router.routing.tables.values()]
      .filter((table) => table.rdomain === rdomain)
      .map((table) => table.number)
      .sort((a, b) => a - b);
    out(`Rdomain ${rdomain}\n`);
    out(`  Interface${names.length === 1 ? '' : 's'}: ${names.join(' ')}\n`);
    out(`  Routing table${tables.length === 1 ? '' : 's'}: ${tables.join(' ')}\n\n`);
  }
  exit(0);
};
