/**
 * argv -> what is asked for: options, then a table of words that may be cut short as long as they are unique. Nothing
 * is done here. A command that does not work yet is no word of the table.
 */
import type { AdminMode } from '../core/model.ts';
import { MOST_PINGS } from '../wire/control.ts';
import type { Place } from './doctor.ts';
import type { InitPlace } from './init.ts';

export type View = 'summary' | 'links' | 'policies' | 'probes' | 'rules' | 'history';

export type Command =
  /** `link`: of `show probes` only. */
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

export interface Invocation {
  readonly kind: 'run';
  readonly json: boolean;
  readonly socket: string;
  readonly command: Command;
}

export type CommandLine = Invocation | { readonly kind: 'usage'; readonly text: string };

export const DEFAULT_SOCKET = '/var/run/uplinkd.sock';
export const DEFAULT_CONFIG = '/etc/uplinkd.conf';
export const USAGE = 'usage: uplinkctl [-j] [-s socket] command [argument ...]';

interface Wrong {
  readonly kind: 'wrong';
  readonly text: string;
}
type Read = { readonly kind: 'command'; readonly command: Command } | Wrong;

const command = (value: Command): Read => ({ kind: 'command', command: value });
const wrong = (text: string): Wrong => ({ kind: 'wrong', text });

/** What may follow a word: more words of the table, or arguments that `read` takes. */
type Node =
  | {
      readonly kind: 'words';
      /** Stands for the word that is left out; null: it may not be. */
      readonly missing: string | null;
      readonly words: Readonly<Record<string, Node>>;
    }
  | { readonly kind: 'arguments'; readonly read: (rest: readonly string[]) => Read };

const none = (value: Command): Node => ({
  kind: 'arguments',
  read: ([extra]) => (extra === undefined ? command(value) : wrong(`unexpected argument: ${extra}`)),
});

const show = (view: View): Node => none({ kind: 'show', view, link: null });

const showProbes: Node = {
  kind: 'arguments',
  read: ([link, extra]) =>
    extra === undefined
      ? command({ kind: 'show', view: 'probes', link: link ?? null })
      : wrong(`unexpected argument: ${extra}`),
};

const explain: Node = {
  kind: 'arguments',
  read: ([policy, extra]) => {
    if (policy === undefined || policy === '') return wrong('missing policy');
    return extra === undefined
      ? command({ kind: 'explain', policy })
      : wrong(`unexpected argument: ${extra}`);
  },
};

const admin = (mode: AdminMode): Node => ({
  kind: 'arguments',
  read: ([link, extra]) => {
    if (link === undefined || link === '') return wrong('missing link');
    return extra === undefined
      ? command({ kind: 'admin', link, mode })
      : wrong(`unexpected argument: ${extra}`);
  },
});

const readExec = ([link, ...argv]: readonly string[]): Read => {
  if (link === undefined || link === '') return wrong('missing link');
  return argv.length === 0 ? wrong('missing command') : command({ kind: 'exec', link, argv });
};

/** The value of `-f file`, `-ffile`, `--set x` or `--set=x` at the head of `args`, and what is left; null: another word. */
const takeOption = (
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

const readProbe = (args: readonly string[]): Read => {
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

const readCheck = (args: readonly string[]): Read => {
  const read = readOptions(args, ['-f', '--state', '--root', '--commands']);
  if (read.kind === 'wrong') return read;
  const file = read.options.get('-f') ?? DEFAULT_CONFIG;
  const state = read.options.get('--state') ?? DEFAULT_STATE;
  return command({ kind: 'check', place: { file, state, ...elsewhere(read.options) } });
};

const readInit = (args: readonly string[]): Read => {
  const read = readOptions(args, ['-o', '--root', '--commands']);
  if (read.kind === 'wrong') return read;
  const output = read.options.get('-o') ?? null;
  return command({ kind: 'init', place: { output, ...elsewhere(read.options) } });
};

const readRender = (args: readonly string[]): Read => {
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

const table: Node = {
  kind: 'words',
  missing: null,
  words: {
    show: {
      kind: 'words',
      missing: 'summary',
      words: {
        summary: show('summary'),
        links: show('links'),
        policies: show('policies'),
        probes: showProbes,
        rules: show('rules'),
        history: show('history'),
        metrics: none({ kind: 'metrics' }),
      },
    },
    check: { kind: 'arguments', read: readCheck },
    explain,
    init: { kind: 'arguments', read: readInit },
    exec: { kind: 'arguments', read: readExec },
    enable: admin('enabled'),
    drain: admin('drained'),
    disable: admin('disabled'),
    monitor: none({ kind: 'monitor' }),
    probe: { kind: 'arguments', read: readProbe },
    reload: none({ kind: 'reload' }),
    log: {
      kind: 'words',
      missing: null,
      words: {
        brief: none({ kind: 'log', level: 'brief' }),
        verbose: none({ kind: 'log', level: 'verbose' }),
      },
    },
    render: { kind: 'arguments', read: readRender },
  },
};

const choice = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;

/** Follows the table from `node`. `said` are the words that led there, for messages. */
const walk = (node: Node, args: readonly string[], said: string): Read => {
  switch (node.kind) {
    case 'arguments': {
      const read = node.read(args);
      return read.kind === 'wrong' ? wrong(`${said}: ${read.text}`) : read;
    }
    case 'words': {
      const [given = node.missing, ...rest] = args;
      const prefix = said === '' ? '' : `${said}: `;
      const all = Object.keys(node.words);
      if (given === null)
        return wrong(`${prefix}missing ${said === '' ? 'command' : 'argument'}: ${choice(all)}`);
      const candidates = all.includes(given)
        ? [given]
        : all.filter((word) => given !== '' && word.startsWith(given));
      const [word, other] = candidates;
      const next = word === undefined ? undefined : node.words[word];
      if (word === undefined || next === undefined)
        return wrong(
          `${prefix}unknown ${said === '' ? 'command' : 'argument'}: ${given}: not ${choice(all)}`,
        );
      if (other !== undefined) return wrong(`${prefix}ambiguous: ${given}: ${choice(candidates)}`);
      return walk(next, rest, said === '' ? word : `${said} ${word}`);
    }
  }
};

/** Reads what follows the program's name. Options of uplinkctl itself come before the command, as getopt(3) has it. */
export const parseCommandLine = (argv: readonly string[]): CommandLine => {
  const usage = (text: string): CommandLine => ({ kind: 'usage', text: `${text}\n${USAGE}` });
  let json = false;
  let socket = DEFAULT_SOCKET;
  let rest = argv;
  for (let head = rest[0]; head !== undefined && /^-./.test(head); head = rest[0]) {
    if (head === '--') {
      rest = rest.slice(1);
      break;
    }
    const forSocket = takeOption(rest, '-s');
    if (forSocket !== null) {
      if (forSocket.value === undefined || forSocket.value === '') return usage('-s needs a socket');
      socket = forSocket.value;
      rest = forSocket.rest;
    } else if (head.startsWith('-j')) {
      json = true;
      // `-js path` is `-j -s path`.
      rest = head === '-j' ? rest.slice(1) : [`-${head.slice(2)}`, ...rest.slice(1)];
    } else return usage(`unknown option: ${head}`);
  }
  const read = walk(table, rest, '');
  return read.kind === 'wrong' ? usage(read.text) : { kind: 'run', json, socket, command: read.command };
};
