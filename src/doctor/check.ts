/** The doctor: all checks over one machine. Pure; what is looked at is gather.ts's. */
import { checkFiles } from './check-file.ts';
import { checkLinks } from './check-link.ts';
import { checkPf } from './check-pf.ts';
import { checkPrograms } from './check-program.ts';
import { checkQueues } from './check-queue.ts';
import { checkRoutes } from './check-route.ts';
import { type Finding, sortFindings } from './finding.ts';
import type { Machine } from './machine.ts';

/** The worst first. */
export const check = (machine: Machine): readonly Finding[] =>
  sortFindings([
    ...checkFiles(machine),
    ...checkPrograms(machine),
    ...checkPf(machine),
    ...checkRoutes(machine),
    ...checkLinks(machine),
    ...checkQueues(machine),
  ]);
