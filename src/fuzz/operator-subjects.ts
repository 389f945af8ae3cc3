/**
 * What people write: uplinkctl's command line, `--set` of render, and stories of the simulation. What is read is theirs, what is refused is
 * refused in words that name it.
 */
import { parseCommandLine, USAGE } from '../ctl/command.ts';
import { renderAnchor } from '../ctl/render.ts';
import { parseLeaseFile, renderLeaseFile } from '../emulator/dhcp-lease.ts';
import { parseStory } from '../simulate/story-read.ts';
import { renderStory } from '../simulate/story-text.ts';
import { MOST_PINGS } from '../wire/control.ts';
import type { Corpus } from './corpus.ts';
import { createMachine } from './emulator-subjects.ts';
import { argvOf, type Subject, shapeOf, type Verdict } from './subject.ts';

const COMMANDS: readonly string[] = [
  '-j -s /tmp/sock show links fibre',
  's h',
  'probe -c 3 9.9.9.9 2620:fe::fe dns.quad9.net',
  'probe -c20 fibre',
  'drain fibre',
  'exec fibre ping -n 9.9.9.9',
  'check -f a --state b --root=c --commands d',
  'init -o d',
  'render --set fibre=down --set=dsl/inet=unknown -fa --set lte.gateway=192.0.2.9',
  'log verbose',
];

const commandLine: Subject = {
  name: 'ctl-words',
  seeds: COMMANDS.map((line) => line.replaceAll(' ', '\0')),
  judge: (input) => {
    const line = parseCommandLine(argvOf(input));
    if (line.kind === 'usage') {
      const [first = '', ...more] = line.text.split('\n');
      const isWhole = first !== '' && more.at(-1) === USAGE;
      const isBounded = line.text.length <= 500 + input.length;
      return {
        complaint: isWhole && isBounded ? null : `usage: ${line.text.slice(0, 300)}`,
        shape: first.replace(/: [^:]*$/, ''),
      };
    }
    const { command } = line;
    const count = 'count' in command ? command.count : 1;
    const isEmpty =
      line.socket === '' ||
      ('argv' in command && command.argv.length === 0) ||
      ('targets' in command && (command.targets.length === 0 || command.targets.length > 16));
    const isWrong = isEmpty || !(count >= 1 && count <= MOST_PINGS);
    return { complaint: isWrong ? `command: ${JSON.stringify(line)}` : null, shape: shapeOf(command) };
  },
};

const CONFIG = `[link.fibre]
interface = "vio2"
gateway = "192.0.2.1"
gateway6 = "2001:db8::1"
prefix6 = ["2001:db8:a::/48"]
[link.dsl]
interface = "vio3"
gateway = "198.51.100.1"
[policy.default]
[policy.voip]
members = ["dsl"]
`;

/** `--set`s, one a line: pf takes what comes out, or it is said what was wrong with which. */
const sets: Subject = {
  name: 'ctl-set',
  seeds: [
    'fibre=down\ndsl/inet=unknown',
    'fibre.gateway=192.0.2.9\nfibre.gateway6=2001:db8::9',
    'dsl.rdomain=3\nfibre/inet6=degraded',
  ],
  judge: (input): Verdict => {
    const given = input.split('\n').slice(0, 30);
    const rendered = renderAnchor(CONFIG, 'uplinkd.conf', given);
    switch (rendered.kind) {
      case 'bad-config':
        return { complaint: `config: ${rendered.errors.join()}`, shape: '' };
      case 'bad-set': {
        const isNamed = given.some((set) => rendered.text.startsWith(`--set ${set}: `));
        const isOfAll = rendered.text.startsWith('--set: ');
        return {
          complaint: isNamed || isOfAll ? null : `unnamed: ${rendered.text.slice(0, 300)}`,
          shape: rendered.text.replace(/^--set .*: /s, '').slice(0, 30),
        };
      }
      case 'rendered': {
        const rules = `${rendered.rules.join('\n')}\n`;
        const { code, err } = createMachine().run(['pfctl', '-n', '-f', '-'], rules);
        // that one has no other tables
        const isTaken = code === 0 || /^(?:stdin:\d+: rtable \d+ does not exist\n)+$/.test(err);
        return { complaint: isTaken ? null : `pfctl: ${err}`, shape: rules.replace(/\d+/g, '') };
      }
    }
  },
};

/** What was read is written as the same story, and a line that is none is named. */
const story = (seeds: readonly string[]): Subject => ({
  name: 'story',
  seeds,
  judge: (input) => {
    const read = parseStory(input);
    if ('kind' in read) {
      const line = Number(/^line (\d+): /.exec(read.text)?.[1]);
      const isNamed = read.text.startsWith(`line ${line}: ${input.split('\n')[line - 1] ?? '\0'}`);
      return { complaint: isNamed ? null : `unnamed: ${read.text.slice(0, 200)}`, shape: 'refused' };
    }
    const text = renderStory(read);
    const again = parseStory(text);
    // numbers that JavaScript writes as powers are nobody's
    const isSame = /\d{16}/.test(input) || (!('kind' in again) && renderStory(again) === text);
    const kinds = [...new Set(read.events.map(({ happening }) => happening.kind))].sort().join();
    return { complaint: isSame ? null : 'print: reads as another story', shape: kinds };
  },
});

/** Of a file that the emulated dhcpleased has kept. */
const lease: Subject = {
  name: 'emulator-lease',
  seeds: [renderLeaseFile('192.0.2.7', '192.0.2.1')],
  judge: (input) => {
    const address = parseLeaseFile(input);
    const isSame = address === null || parseLeaseFile(renderLeaseFile(address, '192.0.2.1')) === address;
    return { complaint: isSame ? null : `print: ${address}`, shape: String(address === null) };
  },
};

export const operatorSubjects = (corpus: Corpus): readonly Subject[] => [
  commandLine,
  sets,
  story(corpus.stories),
  lease,
];
