/**
 * The words that follow a command -> what is asked for, or what is wrong with them. Nothing is done here, and no word of a command
 * itself is known.
 */
import type { AdminMode } from '../core/model.ts';
import { MOST_PINGS } from '../wire/control.ts';
import type { Place } from './doctor.ts';
import type { InitPlace } from './init.ts';

export type View = 'summary' | 'links' | 'policies' | 'probes' | 'rules' | 'history';

export type Command =
  /** `link`: of `show links`, `probes` and `history` only. */
  | { readonly kind: 'show'; readonly view: View; readonly link: string | null }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'explain'; readonly policy: string }
  /** `link` is not looked at yet. */
  | { readonly kind: 'admin'; readonly link: string; readonly mode: AdminMode }
  | { readonly kind: 'probe'; readonly link: string; readonly count: number }
  /** `argv`: the command and its arguments, at least one word. */
  | { readonly kind: 'exec'; readonly link: string; readonly argv: readonly string[] }
  | { readonly kind: 'probe-targets'; readonly targets: readonly string[]; readonly count: number }
  | { readonly kind: 'monitor' }
  | { readonly kind: 'reload' }
  | { readonly kind: 'log'; readonly level: 'brief' | 'verbose' }
  /** `root` and `commands`: of an emulated machine. */
  | { readonly kind: 'check'; readonly place: Omit<Place, 'socket'> }
  | { readonly kind: 'init'; readonly place: InitPlace }
  /** `sets`: `link[/family]=health` and `link.gateway[6]=address`, not looked at yet. */
  | { readonly kind: 'render'; readonly file: string; readonly sets: readonly string[] };

const DEFAULT_CONFIG = '/etc/uplinkd.conf';

interface Wrong {
  readonly kind: 'wrong';
  readonly text: string;
}
export type Read = { readonly kind: 'command'; readonly command: Command } | Wrong;

export const command = (value: Command): Read => ({ kind: 'command', command: value });
export const wrong = (text: string): Wrong => ({ kind: 'wrong', text });

export const readExec = ([link, ...argv]: readonly string[]): Read => {
  if (link === undefined || link === '') return wrong('missing link');
  return argv.length === 0 ? wrong('missing command') : command({ kind: 'exec', link, argv });
};

/** The value of `-f file`, `-ffile`, `--set x` or `--set=x` at the head of `args`, and what is left; null: another word. */
export const takeOption = (
  args: readonly string[],
  option: string,
): { readonly value: string | undefined; readonly rest: readonly string[] } | null => {
  const [head = '', ...rest] = args;
  if (head === option) return { value: rest[0], rest: rest.slice(1) };
  const glued = option.startsWith('--') ? `${option}=` : option;
  if (head.startsWith(glued)) return { value: head.slice(glued.length), rest };
  return null;
};

const DEFAULT_PINGS = 5;

/** At once. */
const MOST_TARGETS = 16;

/** Names of links have neither. */
const isTarget = (word: string): boolean => /[.:]/.test(word);

export const readProbe = (args: readonly string[]): Read => {
  let count = DEFAULT_PINGS;
  let rest = args;
  for (let found = takeOption(rest, '-c'); found !== null; found = takeOption(rest, '-c')) {
    count = /^[0-9]{1,3}$/.test(found.value ?? '') ? Number(found.value) : 0;
    if (count < 1 || count > MOST_PINGS) return wrong(`-c needs a number from 1 to ${MOST_PINGS}`);
    rest = found.rest;
  }
  const [first, ...more] = rest;
  if (first === undefined || first === '') return wrong('missing link or target');
  if (!isTarget(first)) {
    return more[0] === undefined
      ? command({ kind: 'probe', link: first, count })
      : wrong(`unexpected argument: ${more[0]}`);
  }
  const strange = rest.find((word) => !/^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$/.test(word) || !isTarget(word));
  if (strange !== undefined) return wrong(`not an address or a host name with a dot: ${strange}`);
  if (rest.length > MOST_TARGETS) return wrong(`at most ${MOST_TARGETS} targets`);
  return command({ kind: 'probe-targets', targets: rest, count });
};

const DEFAULT_STATE = '/var/db/uplinkd';

/** Options with a value each, of which the last counts; nothing else may follow. */
const readOptions = (
  args: readonly string[],
  names: readonly string[],
): { readonly kind: 'options'; readonly options: ReadonlyMap<string, string> } | Wrong => {
  const options = new Map<string, string>();
  let rest = args;
  while (rest.length > 0) {
    const name = names.find((each) => takeOption(rest, each) !== null) ?? '';
    const found = takeOption(rest, name);
    if (name === '' || found === null) return wrong(`unexpected argument: ${rest[0]}`);
    if (found.value === undefined || found.value === '')
      return wrong(`${name} needs a ${name === '-f' ? 'file' : 'directory'}`);
    options.set(name, found.value);
    rest = found.rest;
  }
  return { kind: 'options', options };
};

/** Of `check` and `init`: another machine than this one, for tests. */
const elsewhere = (options: ReadonlyMap<string, string>) => ({
  root: options.get('--root') ?? '/',
  commands: options.get('--commands') ?? null,
});

export const readCheck = (args: readonly string[]): Read => {
  const read = readOptions(args, ['-f', '--state', '--root', '--commands']);
  if (read.kind === 'wrong') return read;
  const file = read.options.get('-f') ?? DEFAULT_CONFIG;
  const state = read.options.get('--state') ?? DEFAULT_STATE;
  return command({ kind: 'check', place: { file, state, ...elsewhere(read.options) } });
};

export const readInit = (args: readonly string[]): Read => {
  const read = readOptions(args, ['-o', '--root', '--commands']);
  if (read.kind === 'wrong') return read;
  const output = read.options.get('-o') ?? null;
  return command({ kind: 'init', place: { output, ...elsewhere(read.options) } });
};

export const readRender = (args: readonly string[]): Read => {
  let file = DEFAULT_CONFIG;
  const sets: string[] = [];
  let rest = args;
  while (rest.length > 0) {
    const forFile = takeOption(rest, '-f');
    const forSet = forFile === null ? takeOption(rest, '--set') : null;
    const found = forFile ?? forSet;
    if (found === null) return wrong(`unexpected argument: ${rest[0]}`);
    if (found.value === undefined || found.value === '')
      return wrong(
        forFile === null ? '--set needs link[/family]=health or link.gateway[6]=address' : '-f needs a file',
      );
    if (forFile === null) sets.push(found.value);
    else file = found.value;
    rest = found.rest;
  }
  return command({ kind: 'render', file, sets });
};
