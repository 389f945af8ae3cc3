/** Programs that root runs for the administrator, hooks and probes: that they are there, can be run, and are nobody else's to write. */
import type { Settings } from '../core/model.ts';
import { octal, WRITABLE_BY_OTHERS } from './check-file.ts';
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

const EXECUTABLE = 0o111;

/** Each once, with what it is for. */
export const programsOf = (settings: Settings | null): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  if (settings?.hook != null) found.set(settings.hook.command[0], 'the hook');
  for (const link of settings?.links ?? [])
    for (const target of link.probe.targets)
      if (target.kind === 'exec' && !found.has(target.command[0]))
        found.set(target.command[0], `a probe of link ${link.name}`);
  return found;
};

const checkProgram = (machine: Machine, path: string, use: string): readonly Finding[] => {
  const fact = machine.files.get(path) ?? null;
  if (fact === null)
    return [
      {
        id: 'program-missing',
        severity: 'error',
        what: `${path}, ${use}: there is no such file`,
        why: 'It cannot be run, so it never says anything; a target that never answers counts for nothing.',
        cures: [],
      },
    ];
  // Where a symbolic link leads is not looked at.
  if (fact.kind === 'other') return [];
  const findings: Finding[] = [];
  if (fact.kind !== 'file' || (fact.mode & EXECUTABLE) === 0)
    findings.push({
      id: 'program-not-executable',
      severity: 'error',
      what: `${path}, ${use}: ${fact.kind === 'file' ? `it has mode ${octal(fact.mode)}` : `it is a ${fact.kind}`}`,
      why: 'It cannot be run, so it never says anything.',
      cures: fact.kind === 'file' ? [{ kind: 'run', command: `chmod 0755 ${path}` }] : [],
    });
  else if ((fact.mode & WRITABLE_BY_OTHERS) !== 0)
    findings.push({
      id: 'program-writable',
      severity: 'error',
      what: `${path}, ${use}: it has mode ${octal(fact.mode)}`,
      why: 'root runs it, and others can write it: they can do what they like.',
      cures: [{ kind: 'run', command: `chmod 0755 ${path}` }],
    });
  if (fact.uid !== 0)
    findings.push({
      id: 'program-owned-by-others',
      severity: 'error',
      what: `${path}, ${use}: it belongs to the user ${fact.uid}`,
      why: 'root runs it, and its owner can write it.',
      cures: [{ kind: 'run', command: `chown root ${path}` }],
    });
  return findings;
};

export const checkPrograms = (machine: Machine): readonly Finding[] =>
  [...programsOf(machine.settings)].flatMap(([path, use]) => checkProgram(machine, path, use));
