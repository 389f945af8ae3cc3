/** `uplinkctl init`: a first configuration, to standard output or into a directory. Overwrites nothing. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoWords } from '../adapter/errno.ts';
import { createFiles } from '../adapter/files.ts';
import { createCommands } from '../adapter/run.ts';
import { type FirstConfig, writeFirstConfig } from '../doctor/first-config.ts';
import { gather } from '../doctor/gather.ts';
import { WIRE_VERSION } from '../wire/status.ts';
import { renderJson } from './terminal.ts';

export interface InitPlace {
  /** A directory; null: standard output. */
  readonly output: string | null;
  readonly root: string;
  readonly commands: string | null;
}

export type Outcome =
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string };

/** What is for pf.conf as comments, so that the whole is still a configuration. */
const together = ({ config, pf }: FirstConfig): string =>
  `${config}\n${pf
    .split('\n')
    .slice(0, -1)
    .map((line) => `#| ${line}`.trimEnd())
    .join('\n')}\n`;

const writeNew = (path: string, text: string): void => writeFileSync(path, text, { flag: 'wx', mode: 0o640 });

const writeFiles = (directory: string, { config, pf }: FirstConfig): Outcome => {
  const files = [
    [join(directory, 'uplinkd.conf'), config],
    [join(directory, 'pf.conf.uplinkd'), pf],
  ] as const;
  const there = files.find(([path]) => existsSync(path));
  if (there !== undefined)
    return { kind: 'failed', text: `${there[0]} is there already, nothing was written` };
  for (const [path, text] of files) {
    try {
      writeNew(path, text);
    } catch (error) {
      return { kind: 'failed', text: `cannot write ${path}: ${errnoWords(error)}` };
    }
  }
  return { kind: 'done', text: files.map(([path]) => `${path}\n`).join('') };
};

export const init = async (place: InitPlace, json: boolean): Promise<Outcome> => {
  const looks = { commands: createCommands({ directory: place.commands }), files: createFiles(place.root) };
  // What is configured already does not matter here.
  const first = writeFirstConfig(await gather(looks, { config: '/', state: '/', socket: '/' }));
  if (first.kind === 'nothing') return { kind: 'failed', text: first.why };
  if (place.output !== null) return writeFiles(place.output, first);
  const { config, pf } = first;
  return {
    kind: 'done',
    text: json ? renderJson({ version: WIRE_VERSION, config, pf }, 2) : together(first),
  };
};
