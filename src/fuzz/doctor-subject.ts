/**
 * The doctor, whole: what commands print and what stands in files of a machine as one text, a head line in front of each. It finds something
 * or nothing, every line that it says to take out or to replace stands in its file, and the first configuration that it writes is one.
 */
import { parseConfig, renderConfigError } from '../config/parse.ts';
import { renderFindings } from '../ctl/doctor.ts';
import { plain } from '../ctl/terminal.ts';
import { check } from '../doctor/check.ts';
import type { Finding } from '../doctor/finding.ts';
import { writeFirstConfig } from '../doctor/first-config.ts';
import { gather } from '../doctor/gather.ts';
import { DHCPLEASED_CONF, linesOf, type Machine, PF_CONF, SYSCTL_CONF } from '../doctor/machine.ts';
import type { Commands } from '../port/commands.ts';
import type { Files } from '../port/files.ts';
import type { Corpus } from './corpus.ts';
import { createMachine } from './emulator-subjects.ts';
import type { Subject } from './subject.ts';

const PATHS = { config: '/etc/uplinkd.conf', state: '/var/db/uplinkd', socket: '/var/run/uplinkd.sock' };

const COMMANDS: readonly string[] = [
  'ifconfig',
  'pfctl -si',
  'pfctl -sr',
  'pfctl -s queue',
  'pfctl -t uplinkd_local -T show',
  'sysctl net.inet.ip.forwarding net.inet6.ip6.forwarding net.inet.ip.multipath net.inet6.ip6.multipath',
  'route -n show',
  'ping -n -c 1 -w 1 192.0.2.1',
];

const CONFIG = `[link.fibre]
interface = "vio2"
gateway = "192.0.2.1"
[link.dsl]
interface = "vio3"
gateway = "dhcp"
[link.dsl.probe]
targets = ["gateway"]
[policy.default]
`;

const RULES = `table <uplinkd_local> persist { self 10.0.0.0/8 }
queue std on vio2 bandwidth 20M default
set skip on lo
pass in quick on vio1 from any to any
match in on vio1 inet from vio1:network to ! <uplinkd_local> tag uplink_default set queue std
match out on vio2 nat-to (vio2)
anchor "uplinkd"
`;

const section = (head: string, text: string): string => `== ${head}\n${text.replace(/\n?$/, '\n')}`;

/** What the emulated machine says, with these files. */
const describe = (config: string, rules: string): string => {
  const machine = createMachine();
  const ask = (line: string): string => machine.run(line.split(' '), rules).out;
  ask('pfctl -f -');
  return [
    ...COMMANDS.map((command) => section(command, ask(command))),
    section(PATHS.config, config),
    section(PF_CONF, rules),
    section(SYSCTL_CONF, 'net.inet.ip.forwarding=1\n'),
    section(DHCPLEASED_CONF, 'interface vio3 {\n\tignore dns, routes\n}\n'),
    section('/etc/rc.conf.local', 'pkg_scripts=uplinkd\n'),
    section('/etc/mygate', '192.0.2.1\n'),
  ].join('');
};

const sectionsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(/^== /m).map((part) => {
      const end = part.indexOf('\n');
      return [end < 0 ? part : part.slice(0, end), end < 0 ? '' : part.slice(end + 1)];
    }),
  );

const commandsOf = (sections: ReadonlyMap<string, string>): Commands => ({
  run: async (command, args) => {
    const said = sections.get([command, ...args].join(' '));
    return { kind: 'exited', code: said === undefined ? 1 : 0, stdout: said ?? '', stderr: said ?? '' };
  },
  stream: () => ({ pid: undefined, write: () => {}, stop: () => {} }),
});

const filesOf = (sections: ReadonlyMap<string, string>): Files => ({
  look: (path) => {
    const text = sections.get(path);
    if (text === undefined) return null;
    return { kind: 'file', mode: 0o600, uid: 0, gid: 0, bytes: Buffer.from(text) };
  },
});

const complainOfFinding = (machine: Machine, { id, what, why, cures }: Finding): string | null => {
  if (what === '' || why === '') return `silent: ${id}`;
  const lost = cures.find(
    (cure) =>
      (cure.kind === 'remove' || cure.kind === 'replace') &&
      !linesOf(machine, cure.file).some((line) => line.trim() === cure.line.trim()),
  );
  return lost === undefined ? null : `cure: of ${id}, no such line: ${JSON.stringify(lost)}`;
};

const complainOfFirst = (machine: Machine): string | null => {
  const first = writeFirstConfig(machine);
  if (first.kind === 'nothing') return null;
  const parsed = parseConfig(first.config, 'uplinkd.conf');
  return parsed.kind === 'ok' ? null : `first: ${parsed.errors.map(renderConfigError).join('; ')}`;
};

/** Characters of words for one of text: each line of a finding is said up to three times. */
const MOST_GROWTH = 20;

export const doctorSubject = (corpus: Corpus): Subject => ({
  name: 'doctor',
  seeds: [
    describe(CONFIG, RULES),
    ...corpus.configs.flatMap((config) => corpus.pfConfs.map((rules) => describe(config, rules))),
  ],
  judge: async (input) => {
    const sections = sectionsOf(input);
    const machine = await gather({ commands: commandsOf(sections), files: filesOf(sections) }, PATHS);
    const findings = check(machine);
    const text = renderFindings(findings, plain);
    const complaint =
      text.length > 10_000 + MOST_GROWTH * input.length
        ? `unbounded: ${text.length} characters from ${input.length}`
        : /[^\P{Cc}\n]/u.test(text)
          ? 'control: a character of its own in the words'
          : null;
    const first = complaint ?? complainOfFirst(machine);
    const found = findings.map((finding) => complainOfFinding(machine, finding));
    return {
      complaint: first ?? found.find((each) => each !== null) ?? null,
      shape: findings.map(({ id }) => id).join(),
    };
  },
});
