/**
 * argv -> what is asked for: options, then a table of words that may be cut short as long as they are unique. Nothing
 * is done here. A command that does not work yet is no word of the table.
 */
import type { AdminMode } from '../core/model.ts';
import {
  type Command,
  command,
  type Read,
  readCheck,
  readExec,
  readInit,
  readProbe,
  readRender,
  takeOption,
  type View,
  wrong,
} from './argument.ts';

export interface Invocation {
  readonly kind: 'run';
  readonly json: boolean;
  readonly socket: string;
  readonly command: Command;
}

export type CommandLine = Invocation | { readonly kind: 'usage'; readonly text: string };

export const DEFAULT_SOCKET = '/var/run/uplinkd.sock';
export const USAGE = 'usage: uplinkctl [-j] [-s socket] command [argument ...]';

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

/** The same of one link, where it is named. */
const showOf = (view: View): Node => ({
  kind: 'arguments',
  read: ([link, extra]) =>
    extra === undefined
      ? command({ kind: 'show', view, link: link ?? null })
      : wrong(`unexpected argument: ${extra}`),
});

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

const table: Node = {
  kind: 'words',
  missing: null,
  words: {
    show: {
      kind: 'words',
      missing: 'summary',
      words: {
        summary: show('summary'),
        links: showOf('links'),
        policies: show('policies'),
        probes: showOf('probes'),
        rules: show('rules'),
        history: showOf('history'),
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

const wordsBelow = (node: Node, said: string): readonly string[] =>
  node.kind === 'arguments'
    ? [said]
    : Object.entries(node.words).flatMap(([word, next]) =>
        wordsBelow(next, said === '' ? word : `${said} ${word}`),
      );

/** Every command in full: `show links`, `log brief`. */
export const commandWords = (): readonly string[] => wordsBelow(table, '');

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
