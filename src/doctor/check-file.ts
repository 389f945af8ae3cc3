/** Files: that they are there, and that nobody can write them who is not root. */
import type { Cure, Finding } from './finding.ts';
import { linesOf, type Machine, PF_CONF, RC_CONF_LOCAL } from './machine.ts';

export const WRITABLE_BY_OTHERS = 0o022;
const SOCKET_MODE = 0o660;

export const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const checkConfig = (machine: Machine): readonly Finding[] =>
  machine.configErrors.length === 0
    ? []
    : [
        {
          id: 'config-invalid',
          severity: 'error',
          what: machine.configErrors.join('\n'),
          why: 'uplinkd does not start with it, and does not reload it. What depends on it was not looked at.',
          cures: [],
        },
      ];

/** What pf or uplinkd reads as root must not be written by others. */
const checkRights = (machine: Machine, path: string, mode: number): readonly Finding[] => {
  const fact = machine.files.get(path) ?? null;
  if (fact === null) return [];
  const findings: Finding[] = [];
  if ((fact.mode & WRITABLE_BY_OTHERS) !== 0)
    findings.push({
      id: 'writable-by-others',
      severity: 'error',
      what: `${path} has mode ${octal(fact.mode)}`,
      why: 'Others than root can write it, and with it the rules of the firewall.',
      cures: [{ kind: 'run', command: `chmod ${octal(mode)} ${path}` }],
    });
  if (fact.uid !== 0)
    findings.push({
      id: 'owned-by-others',
      severity: 'error',
      what: `${path} belongs to the user ${fact.uid}`,
      why: 'Its owner can write it, and with it the rules of the firewall.',
      cures: [{ kind: 'run', command: `chown root ${path}` }],
    });
  return findings;
};

const checkAnchorFile = (machine: Machine): readonly Finding[] => {
  const anchor = machine.settings?.anchor;
  const loads = machine.pf.source?.flatMap(({ rule: { text } }) => {
    const [, name, path] = /^load anchor "?([^"\s]+)"? from ["]?([^"\s]+)["]?$/.exec(text) ?? [];
    return name === anchor && path !== undefined ? [path] : [];
  });
  const path = loads?.[0];
  const own = `${machine.paths.state}/anchor.conf`;
  if (path !== own || machine.files.get(own) !== null) return [];
  const directory: readonly Cure[] =
    machine.files.get(machine.paths.state) === null
      ? [{ kind: 'run', command: `install -d -o root -g wheel -m 750 ${machine.paths.state}` }]
      : [];
  return [
    {
      id: 'anchor-file-missing',
      severity: 'error',
      what: `${PF_CONF} loads ${path}, and there is no such file`,
      why: 'All of pf.conf fails to load: after the next boot there is no rule at all.',
      cures: [...directory, { kind: 'run', command: `install -o root -g wheel -m 600 /dev/null ${path}` }],
    },
  ];
};

const checkSocket = (machine: Machine): readonly Finding[] => {
  const { socket } = machine.paths;
  const fact = machine.files.get(socket) ?? null;
  if (fact === null)
    return [
      {
        id: 'not-running',
        severity: 'error',
        what: `uplinkd does not run: there is no ${socket}`,
        why: 'Nobody watches the links.',
        cures: [{ kind: 'run', command: 'rcctl start uplinkd' }],
      },
    ];
  if (fact.kind !== 'socket')
    return [
      {
        id: 'socket-is-none',
        severity: 'error',
        what: `${socket} is no socket`,
        why: 'uplinkd does not start while something else has its name.',
        cures: [
          { kind: 'run', command: `rm ${socket}` },
          { kind: 'run', command: 'rcctl start uplinkd' },
        ],
      },
    ];
  return (fact.mode & ~SOCKET_MODE) === 0
    ? []
    : [
        {
          id: 'socket-open',
          severity: 'error',
          what: `${socket} has mode ${octal(fact.mode)}`,
          why: 'Everybody on this machine can take links down.',
          cures: [{ kind: 'run', command: `chmod ${octal(SOCKET_MODE)} ${socket}` }],
        },
      ];
};

const checkBoot = (machine: Machine): readonly Finding[] => {
  if (machine.files.get(RC_CONF_LOCAL) === null) return [];
  const lines = linesOf(machine, RC_CONF_LOCAL);
  const findings: Finding[] = [];
  if (lines.some((line) => /^\s*pf\s*=\s*"?NO"?\s*$/.test(line)))
    findings.push({
      id: 'pf-off-at-boot',
      severity: 'error',
      what: `${RC_CONF_LOCAL} says that pf is not to be enabled`,
      why: 'After the next boot it is not.',
      cures: [{ kind: 'run', command: 'rcctl enable pf' }],
    });
  if (!lines.some((line) => /^\s*pkg_scripts\s*=.*\buplinkd\b/.test(line)))
    findings.push({
      id: 'not-enabled',
      severity: 'warning',
      what: `${RC_CONF_LOCAL} does not enable uplinkd`,
      why: 'After the next boot nobody watches the links.',
      cures: [{ kind: 'run', command: 'rcctl enable uplinkd' }],
    });
  return findings;
};

export const checkFiles = (machine: Machine): readonly Finding[] => [
  ...checkConfig(machine),
  ...checkRights(machine, machine.paths.config, 0o640),
  ...checkRights(machine, machine.paths.state, 0o750),
  ...checkRights(machine, `${machine.paths.state}/anchor.conf`, 0o600),
  ...checkAnchorFile(machine),
  ...checkSocket(machine),
  ...checkBoot(machine),
];
