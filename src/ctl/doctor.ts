/** `uplinkctl check` in words and as JSON. What is looked at, and what is wrong with it, is the doctor's business. */
import { createFiles } from '../adapter/files.ts';
import { createCommands } from '../adapter/run.ts';
import { check } from '../doctor/check.ts';
import { type Cure, type Finding, isSound, renderCure, type Severity } from '../doctor/finding.ts';
import { gather } from '../doctor/gather.ts';
import { WIRE_VERSION } from '../wire/status.ts';
import { type Colour, type Paint, printable, renderJson } from './terminal.ts';

/** Where to look. `root` and `commands` other than null: not at this machine, but at an emulated one. */
export interface Place {
  readonly file: string;
  readonly socket: string;
  readonly state: string;
  readonly root: string;
  readonly commands: string | null;
}

const WIDTH = 78;

const colours: Readonly<Record<Severity, Colour>> = { error: 'bad', warning: 'unsure', advice: 'dim' };

/** Words in lines of at most `WIDTH`, each behind `indent`. */
const wrap = (text: string, indent: string): string => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${indent}${each}\n`).join('');
};

const renderLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => `${printable(line)}\n`)
    .join('');

const renderFinding = ({ id, severity, what, why, cures }: Finding, paint: Paint): string => {
  const [first = '', ...more] = what.split('\n').map(printable);
  const head = `${paint(colours[severity], severity)}: ${first} (${id})\n`;
  return [
    head,
    ...more.map((line) => `  ${line}\n`),
    wrap(printable(why), '  '),
    ...cures.map((cure: Cure) => renderLines(renderCure(cure))),
  ].join('');
};

const counted = (findings: readonly Finding[], severity: Severity, one: string, many: string): string => {
  const count = findings.filter((each) => each.severity === severity).length;
  return `${count} ${count === 1 ? one : many}`;
};

export const renderFindings = (findings: readonly Finding[], paint: Paint): string =>
  findings.length === 0
    ? 'nothing found that is wrong\n'
    : [
        ...findings.map((finding) => `${renderFinding(finding, paint)}\n`),
        [
          counted(findings, 'error', 'error', 'errors'),
          counted(findings, 'warning', 'warning', 'warnings'),
          counted(findings, 'advice', 'advice', 'advice'),
        ].join(', '),
        '\n',
      ].join('');

/** What to write, and whether there is nothing that a script should stop for. */
export const examine = async (
  place: Place,
  json: boolean,
  paint: Paint,
): Promise<{ readonly text: string; readonly isSound: boolean }> => {
  const looks = { commands: createCommands({ directory: place.commands }), files: createFiles(place.root) };
  const findings = check(
    await gather(looks, { config: place.file, state: place.state, socket: place.socket }),
  );
  return {
    text: json ? renderJson({ version: WIRE_VERSION, findings }, 2) : renderFindings(findings, paint),
    isSound: isSound(findings),
  };
};
