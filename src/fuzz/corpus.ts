/** Texts to begin with: what OpenBSD was recorded to print (test/fixtures), and the examples that we ship. */
import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

const readAll = (folder: string, does: (name: string) => boolean): readonly string[] =>
  readdirSync(new URL(folder, root))
    .filter(does)
    .sort()
    .map((name) => readFileSync(new URL(folder + name, root), 'utf8'));

interface Recording {
  readonly command: string;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Header lines of `# key: value`, the standard input as `#   `, then what was printed (docs/HACKING.md). */
const readRecording = (text: string): Recording => {
  const [head = '', body = ''] = text.split(/^# --- stdout\n/m);
  const [stdout = '', stderr = ''] = body.split(/^# --- stderr\n/m);
  const bare = text.replace(/^#.*\n/gm, '');
  return {
    command: (/^# cmd: (.*)$/m.exec(head)?.[1] ?? '').trim(),
    stdin: [...head.matchAll(/^# {3}(.*\n)/gm)].map(([, line]) => line).join(''),
    stdout: body === '' ? bare : stdout,
    stderr,
  };
};

export interface Corpus {
  /** What a command printed, on either stream, by the beginning of the recording's name. */
  readonly printed: (prefix: string) => readonly string[];
  /** What it was given. */
  readonly given: (prefix: string) => readonly string[];
  /** The command lines themselves. */
  readonly commands: readonly string[];
  readonly configs: readonly string[];
  readonly pfConfs: readonly string[];
  /** Goldens: the rule sets that we render. */
  readonly rulesets: readonly string[];
  /** Of the simulation. */
  readonly stories: readonly string[];
}

export const readCorpus = (): Corpus => {
  const folder = 'test/fixtures/7.8/';
  const names = readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.txt'))
    .sort();
  const recordings = names.map(
    (name) => [name, readRecording(readFileSync(new URL(folder + name, root), 'utf8'))] as const,
  );
  const of = (prefix: string): readonly Recording[] =>
    recordings.filter(([name]) => name.startsWith(prefix)).map(([, recording]) => recording);
  return {
    printed: (prefix) =>
      of(prefix).flatMap(({ stdout, stderr }) => [stdout, stderr].filter((text) => text !== '')),
    given: (prefix) => of(prefix).flatMap(({ stdin }) => (stdin === '' ? [] : [stdin])),
    commands: [...new Set(recordings.map(([, { command }]) => command))],
    configs: readAll('etc/', (name) => name === 'uplinkd.conf'),
    pfConfs: readAll('etc/', (name) => name.startsWith('pf.conf')),
    stories: readAll('test/scenario/', (name) => name.endsWith('.story')),
    rulesets: readAll('test/golden/', (name) => name.endsWith('.pf')),
  };
};
