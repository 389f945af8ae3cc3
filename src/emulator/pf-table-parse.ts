/** The `table` statement of pf.conf(5): options, addresses in braces or from files (sbin/pfctl/parse.y, tabledef), and how -v prints it. */
import { renderValue } from './address.ts';
import { parseTableHosts } from './pf-address-parse.ts';
import type { HostNode } from './pf-expand.ts';
import { resolveHost } from './pf-host.ts';
import type { Source } from './pf-source.ts';

export interface TableDefinition {
  readonly name: string;
  readonly isPersist: boolean;
  readonly isConst: boolean;
  readonly hasCounters: boolean;
  /** Null: no braces, the addresses that are there stay. */
  readonly hosts: readonly HostNode[] | null;
}

const TABLE_NAME_SIZE = 32;

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

export const renderTable = (table: TableDefinition): string => {
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

/** A `table` statement, the word being the next token. `holding` is what pfctl calls the anchor that is being read. */
export const parseTable = (
  source: Source,
  holding: string,
  print: ((line: string) => void) | null,
): TableDefinition => {
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
  print?.(renderTable(table));
  for (const anchor of source.world.anchorsWithTable(name, holding))
    source.say(`pfctl: warning: table <${name}> already defined in anchor "${anchor}"`);
  return table;
};
