/**
 * Reads a recorded transcript of OpenBSD 7.8 (test/fixtures/7.8, copied byte for byte from real machines): a header of
 * `# key: value` lines, then `# --- stdout` and `# --- stderr`, or only what was seen on stdout.
 */
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../fixtures/7.8/', import.meta.url);

export interface Transcript {
  readonly file: string;
  readonly command: string;
  /** Null where it was not recorded: a command that was ended. */
  readonly exit: number | null;
  readonly context: string;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Names of the transcripts that begin with `prefix`, sorted. */
export const listTranscripts = (prefix: string): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.startsWith(prefix) && file.endsWith('.txt'))
    .sort();

export const readTranscript = (file: string): Transcript => {
  const lines = readFileSync(new URL(file, folder), 'utf8').split('\n');
  const header = new Map<string, string>();
  let stdin = '';
  let at = 0;
  for (; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const key = /^# ([a-z][a-z -]*): ?(.*)$/.exec(line);
    if (key !== null) header.set(key[1] ?? '', key[2] ?? '');
    else if (line.startsWith('#   ')) stdin += `${line.slice(4)}\n`;
    else break;
  }
  const body = lines.slice(at).join('\n');
  const marked = /^# --- stdout\n([\s\S]*)$/.exec(body)?.[1] ?? body;
  const [stdout = '', stderr = ''] = marked.split(/^# --- stderr\n/m);
  // The shell that recorded endless commands says how it ended them, on either stream.
  const own = (text: string): string => text.replace(/^(?:Terminated |rc=\d+)\n/gm, '');
  const exit = header.get('exit');
  return {
    file,
    command: (header.get('cmd') ?? '').trimEnd(),
    exit: exit === undefined ? null : Number(exit),
    context: header.get('context') ?? '',
    stdin,
    stdout: own(stdout),
    stderr: own(stderr),
  };
};

export const readTranscripts = (prefix: string): readonly Transcript[] =>
  listTranscripts(prefix).map(readTranscript);
