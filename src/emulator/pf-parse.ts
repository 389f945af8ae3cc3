/**
 * A whole rule set: the statements of pf.conf(5) and their recovery after errors (sbin/pfctl/parse.y, ruleset). Gives what is to be loaded, or
 * what pfctl would say. What the emulator does not know is refused loudly, never skipped.
 */
import { renderValue } from './address.ts';
import { parseTableHosts } from './pf-address-parse.ts';
import type { HostNode } from './pf-expand.ts';
import { expandRule } from './pf-expand.ts';
import { resolveHost } from './pf-host.ts';
import { renderRule, UNLOADED } from './pf-print.ts';
import { parseAnchorRule, parsePfRule } from './pf-rule-parse.ts';
import type { Rule } from './pf-rules.ts';
import type { ParseWorld, QueueDefinition, Source, SourceState } from './pf-source.ts';
import { openSource, Refusal } from './pf-source.ts';

export interface TableDefinition {
  readonly name: string;
  readonly isPersist: boolean;
  readonly isConst: boolean;
  readonly hasCounters: boolean;
  /** Null: no braces, the addresses that are there stay. */
  readonly hosts: readonly HostNode[] | null;
}

export interface ParsedRuleset {
  readonly rules: readonly Rule[];
  readonly tables: readonly TableDefinition[];
  readonly queues: readonly QueueDefinition[];
  readonly loads: readonly { readonly anchor: string; readonly file: string }[];
}

export interface ParseOutcome {
  readonly content: ParsedRuleset | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ParseOptions {
  /** As pfctl names it in errors: `stdin` or the path. */
  readonly file: string;
  readonly anchor: string;
  /** 0, 1 (`-v`) or 2 (`-vv`). */
  readonly verbosity: number;
}

const TABLE_NAME_SIZE = 32;
const LIMITS = ['states', 'src-nodes', 'frags', 'tables', 'table-entries', 'pktdelay-pkts', 'anchors'];

interface Work {
  readonly opened: SourceState;
  readonly rules: Rule[];
  readonly tables: TableDefinition[];
  readonly loads: { anchor: string; file: string }[];
  readonly print: (line: string) => void;
  readonly verbosity: number;
}

const hostWords = (nodes: readonly HostNode[]): string =>
  nodes
    .map((node) => {
      if (node.host.kind !== 'prefix') return '';
      const { prefix } = node.host;
      const bits = prefix.family === 'inet' ? 32 : 128;
      const text = renderValue(prefix.family, prefix.value);
      return ` ${node.isNegated ? '!' : ''}${text}${prefix.length < bits ? `/${prefix.length}` : ''}`;
    })
    .join('');

const renderTable = (table: TableDefinition): string => {
  const flags = `${table.isConst ? ' const' : ''}${table.isPersist ? ' persist' : ''}${table.hasCounters ? ' counters' : ''}`;
  return `table <${table.name}>${flags}${table.hosts === null ? '' : ` {${hostWords(table.hosts)} }`}`;
};

const fileHosts = (source: Source, path: string): HostNode[] => {
  const text = source.world.readFile(path);
  if (text === null) return source.refuse(`cannot load "${path}": No such file or directory`);
  const words = text
    .split('\n')
    .map((line) => line.replace(/#.*/, ''))
    .join(' ')
    .split(/\s+/)
    .filter((word) => word !== '');
  return words.flatMap((word) => {
    const isNegated = word.startsWith('!');
    const resolved = resolveHost(source.world, isNegated ? word.slice(1) : word);
    if (resolved.kind === 'failed') {
      for (const line of resolved.words) source.say(line);
      return source.refuse(`file "${path}" contains bad data`);
    }
    return resolved.hosts.map(
      (host): HostNode => ({
        family: host.prefix.family,
        host: { kind: 'prefix', prefix: host.prefix },
        isNegated,
        weight: 0,
        scope: host.scope,
      }),
    );
  });
};

const tableStatement = (work: Work): void => {
  const { source } = work.opened;
  source.take();
  source.expect('<');
  const name = source.word();
  source.expect('>');
  if (name.length >= TABLE_NAME_SIZE) source.refuse(`table name too long, max ${TABLE_NAME_SIZE - 1} chars`);
  const flags = { isPersist: false, isConst: false, hasCounters: false };
  let hosts: HostNode[] | null = null;
  for (;;) {
    if (source.skip('{')) {
      const nodes = parseTableHosts(source);
      for (const node of nodes) {
        if (node.host.kind === 'interface')
          source.refuse('dynamic addresses are not permitted inside tables');
        if (node.host.kind === 'table') source.refuse('tables cannot contain tables');
      }
      hosts = [...(hosts ?? []), ...nodes];
    } else if (source.skip('file')) hosts = [...(hosts ?? []), ...fileHosts(source, source.word())];
    else if (source.peek().kind === 'word') {
      const word = source.word();
      if (word === 'persist') flags.isPersist = true;
      else if (word === 'const') flags.isConst = true;
      else if (word === 'counters') flags.hasCounters = true;
      else source.refuse(`invalid table option '${word}'`);
    } else break;
  }
  if (source.peek().kind !== 'newline') source.syntaxError();
  const table: TableDefinition = { name, ...flags, hosts };
  if (work.verbosity > 0) work.print(renderTable(table));
  for (const anchor of source.world.anchorsWithTable(name))
    source.say(`pfctl: warning: table <${name}> already defined in anchor "${anchor}"`);
  const before = work.tables.findIndex((one) => one.name === name);
  if (before >= 0) work.tables.splice(before, 1);
  work.tables.push(table);
};

const queueStatement = (work: Work): void => {
  const { source } = work.opened;
  source.take();
  const name = source.word();
  let nic: string | null = null;
  if (source.skip('on')) {
    if (source.is('{')) source.unknown('a list of interfaces for a queue');
    nic = source.word();
  }
  let parent: string | null = null;
  let hasBandwidth = false;
  let hasFlows = false;
  let text = `queue ${name}${nic === null ? '' : ` on ${nic}`}`;
  const amount = (): string => {
    const token = source.peek();
    if (token.kind !== 'word' && token.kind !== 'number') return source.syntaxError();
    const value = source.take().text;
    if (!/^[0-9.]+[KMG]?b?$/.test(value)) source.refuse(`unknown unit "${value.replace(/^[0-9.]+/, '')}"`);
    if (!source.skip('burst')) return value;
    const burst = amount();
    source.expect('for');
    return `${value} burst ${burst} for ${source.take().text}`;
  };
  while (source.peek().kind !== 'newline') {
    if (source.skip('bandwidth')) {
      if (hasBandwidth) source.refuse('bandwidth cannot be respecified');
      hasBandwidth = true;
      text += ` bandwidth ${amount()}`;
      source.skip(',');
      while (source.is('min', 'max')) {
        text += `, ${source.take().text} ${amount()}`;
        source.skip(',');
      }
    } else if (source.skip('parent')) {
      parent = source.word();
      text = text.replace(`queue ${name}`, `queue ${name} parent ${parent}`);
    } else if (source.skip('default')) text += ' default';
    else if (source.skip('qlimit')) text += ` qlimit ${source.number()}`;
    else if (source.skip('flows')) {
      hasFlows = true;
      text += ` flows ${source.number()}`;
    } else if (source.skip('quantum')) text += ` quantum ${source.number()}`;
    else source.syntaxError();
  }
  if (nic === null && parent === null) source.refuse('root queue without interface');
  if (nic !== null && !source.world.nics().some((one) => one.name === nic)) source.refuse('not an interface');
  if (!hasBandwidth && !hasFlows) source.refuse('no bandwidth or flow specification');
  if (source.anchor !== '') {
    // pfctl prints this one on stdout (transcript pfctl-anchor-queue)
    work.print('must not have queue definitions in an anchor');
    source.complain('cannot add queue');
    return;
  }
  source.queues.set(name, { name, interface: nic, parent, text });
};

const setStatement = (work: Work): void => {
  const { source } = work.opened;
  const { world } = source;
  source.take();
  const verbose = (line: string): void => {
    if (work.verbosity > 0) work.print(line);
  };
  const pairs = (each: (name: string, value: number) => void): void => {
    const pair = (): void => each(source.word(), source.number());
    if (!source.skip('{')) {
      pair();
      return;
    }
    source.skipNewlines();
    while (!source.skip('}')) {
      pair();
      source.skip(',');
      source.skipNewlines();
    }
  };
  if (source.skip('skip')) {
    source.expect('on');
    const names: string[] = [];
    if (source.skip('{')) {
      source.skipNewlines();
      while (!source.skip('}')) {
        names.push(source.word());
        source.skip(',');
        source.skipNewlines();
      }
    } else names.push(source.word());
    verbose(`set skip on {${names.map((name) => ` ${name}`).join('')} }`);
    world.setSkip(names);
  } else if (source.skip('state-policy')) {
    if (source.skip('if-bound')) source.isIfBoundByDefault = true;
    else {
      source.expect('floating');
      source.isIfBoundByDefault = false;
    }
    verbose(`set state-policy ${source.isIfBoundByDefault ? 'if-bound' : 'floating'}`);
  } else if (source.skip('block-policy')) {
    if (source.skip('drop')) source.blockAnswer = 'drop';
    else {
      source.expect('return');
      source.blockAnswer = 'return';
    }
    verbose(`set block-policy ${source.blockAnswer}`);
  } else if (source.skip('limit'))
    pairs((name, value) => {
      if (!LIMITS.includes(name) || !world.setLimit(name, value))
        source.refuse(`unable to set limit ${name} ${value}`);
      verbose(`set limit ${name} ${value}`);
    });
  else if (source.skip('timeout')) source.unknown('set timeout');
  else if (source.skip('reassemble')) {
    if (!source.skip('no') && source.word() !== 'yes') source.refuse("invalid value, expected 'yes' or 'no'");
    source.skip('no-df');
  } else if (
    source.skip('loginterface') ||
    source.skip('optimization') ||
    source.skip('ruleset-optimization')
  )
    source.take();
  else if (source.skip('debug')) source.take();
  else if (source.is('hostid', 'fingerprints', 'state-defaults', 'syncookies'))
    source.unknown(`set ${source.peek().text}`);
  else source.syntaxError();
  if (source.peek().kind !== 'newline') source.syntaxError();
};

const loadStatement = (work: Work): void => {
  const { source } = work.opened;
  source.take();
  source.expect('anchor');
  if (source.peek().kind !== 'word') source.refuse('anchor name is missing');
  const anchor = source.word();
  source.expect('from');
  const file = source.word();
  if (source.peek().kind !== 'newline') source.syntaxError();
  work.loads.push({ anchor: source.anchor === '' ? anchor : `${source.anchor}/${anchor}`, file });
};

const macroStatement = (work: Work): void => {
  const { source } = work.opened;
  const name = source.word();
  source.expect('=');
  const words: string[] = [];
  while (source.peek().kind === 'word' || source.peek().kind === 'number') words.push(source.take().text);
  if (words.length === 0 || source.peek().kind !== 'newline') source.syntaxError();
  const value = words.join(' ');
  if (work.verbosity > 0) work.print(`${name} = "${value}"`);
  if (/\s/.test(name.slice(1))) source.refuse('macro name cannot contain whitespace');
  work.opened.setMacro(name, value);
};

const statement = (work: Work, expand: (source: Source, isAnchor: boolean) => void) => {
  const { source } = work.opened;
  const token = source.peek();
  if (token.kind === 'newline') return;
  if (token.kind === 'word') return macroStatement(work);
  if (token.kind !== 'keyword') return source.syntaxError();
  switch (token.text) {
    case 'pass':
    case 'block':
    case 'match':
      return expand(source, false);
    case 'anchor':
      return expand(source, true);
    case 'table':
      return tableStatement(work);
    case 'queue':
      return queueStatement(work);
    case 'set':
      return setStatement(work);
    case 'load':
      return loadStatement(work);
    case 'include':
    case 'antispoof':
      return source.unknown(token.text);
    default:
      return source.syntaxError();
  }
};

/** Reads a rule set. `content` is null when there was an error; nothing but `set skip` and limits has then been touched. */
export const parseRuleset = (text: string, options: ParseOptions, world: ParseWorld): ParseOutcome => {
  const stdout: string[] = [];
  const opened = openSource(text, options.file, options.anchor, world);
  const work: Work = {
    opened,
    rules: [],
    tables: [],
    loads: [],
    print: (line) => {
      stdout.push(line);
    },
    verbosity: options.verbosity,
  };
  const { source } = opened;
  const expand = (from: Source, isAnchor: boolean): void => {
    const spec = isAnchor ? parseAnchorRule(from) : parsePfRule(from);
    expandRule(spec, {
      complain: from.complain,
      automaticTable: (hosts) => {
        const name = world.automaticName();
        const table = { name, isPersist: false, isConst: true, hasCounters: false, hosts };
        work.tables.push(table);
        if (work.verbosity > 0) work.print(renderTable(table));
        return name;
      },
      addRule: (rule) => {
        work.rules.push(rule);
      },
      nextNumber: () => work.rules.length,
    });
  };
  while (source.peek().kind !== 'end') {
    try {
      statement(work, expand);
      if (source.peek().kind !== 'newline') source.syntaxError();
      source.take();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      opened.recover(refusal);
    }
  }
  const isRight = opened.errors() === 0;
  if (isRight && options.verbosity > 0)
    for (const rule of work.rules) stdout.push(renderRule(rule, options.verbosity > 1 ? UNLOADED : null));
  const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
  return {
    content: isRight
      ? { rules: work.rules, tables: work.tables, queues: [...source.queues.values()], loads: work.loads }
      : null,
    stdout: lines(stdout),
    stderr: lines(opened.stderr),
  };
};
