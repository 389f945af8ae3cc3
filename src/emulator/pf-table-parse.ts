/** The `table` statement of pf.conf(5): options, addresses in braces or from files (sbin/pfctl/parse.y, tabledef), and how -v prints it. */
import { bitsOf, renderValue } from './address.ts';
import { parseTableHosts } from './pf-address-parse.ts';
import type { HostNode } from './pf-expand.ts';
import type { Source } from './pf-source.ts';
import { createAddressReader, wordsOf } from './pf-table-address.ts';

export interface TableDefinition {
  readonly name: string;
  readonly isPersist: boolean;
  readonly isConst: boolean;
  readonly hasCounters: boolean;
  /** Null: no braces, the addresses that are there stay. */
  readonly hosts: readonly HostNode[] | null;
}

const TABLE_NAME_SIZE = 32;

/** A list in braces, or a file. */
type Part =
  | { readonly kind: 'list'; readonly hosts: readonly HostNode[] }
  | { readonly kind: 'file'; readonly path: string };

const hostWord = (node: HostNode): string => {
  if (node.host.kind !== 'prefix') return '';
  const { family, value, length } = node.host.prefix;
  const text = length === 0 ? 'any' : renderValue(family, value);
  return ` ${node.isNegated ? '!' : ''}${text}${length > 0 && length < bitsOf(family) ? `/${length}` : ''}`;
};

/** Lists that follow each other as one, files by their names. */
const partWords = (parts: readonly Part[]): string =>
  parts
    .map((part, at) => {
      if (part.kind === 'file') return ` file "${part.path}"`;
      const start = parts[at - 1]?.kind === 'list' ? '' : ' {';
      return `${start}${part.hosts.map(hostWord).join('')}${parts[at + 1]?.kind === 'list' ? '' : ' }'}`;
    })
    .join('');

const render = (table: TableDefinition, parts: readonly Part[]): string => {
  const flags = `${table.isConst ? ' const' : ''}${table.isPersist ? ' persist' : ''}${table.hasCounters ? ' counters' : ''}`;
  const content = parts.length > 0 ? partWords(parts) : table.hosts === null ? '' : ' { }';
  return `table <${table.name}>${flags}${content}`;
};

export const renderTable = (table: TableDefinition): string => {
  const hosts = table.hosts ?? [];
  return render(table, hosts.length === 0 ? [] : [{ kind: 'list', hosts }]);
};

const fileHosts = (source: Source, path: string): readonly HostNode[] => {
  const text = source.world.readFile(path);
  if (text === null) return source.refuse(`cannot load "${path}": No such file or directory`);
  const reader = createAddressReader(source.world, false);
  const bad = `file "${path}" contains bad data`;
  for (const word of wordsOf(text)) {
    const problem = reader.take(word);
    if (problem === null) continue;
    for (const line of problem.said.split('\n').filter((one) => one !== '')) source.say(line);
    source.refuse(problem.reason === '' ? bad : `cannot load "${path}": ${problem.reason}`);
  }
  if (reader.doesExpectWeight()) source.refuse(bad);
  return reader.addresses.map(({ prefix, isNegated, weight }) => ({
    family: prefix.family,
    host: { kind: 'prefix', prefix },
    isNegated,
    weight: weight ?? 0,
    scope: null,
  }));
};

const listHosts = (source: Source, hosts: readonly HostNode[]): readonly HostNode[] =>
  hosts.some((node) => node.badMask !== undefined)
    ? source.refuse('cannot create address buffer: Invalid argument')
    : hosts;

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
  const parts: Part[] = [];
  let hasContent = false;
  for (;;) {
    if (source.skip('{')) {
      hasContent = true;
      const hosts = parseTableHosts(source);
      for (const { host } of hosts) {
        if (host.kind === 'interface') source.refuse('dynamic addresses are not permitted inside tables');
        if (host.kind === 'table') source.refuse('tables cannot contain tables');
      }
      if (hosts.length > 0) parts.push({ kind: 'list', hosts });
    } else if (source.skip('file')) {
      hasContent = true;
      parts.push({ kind: 'file', path: source.word() });
    } else if (source.peek().kind === 'word') {
      const word = source.word();
      if (word === 'persist') flags.isPersist = true;
      else if (word === 'const') flags.isConst = true;
      else if (word === 'counters') flags.hasCounters = true;
      else source.refuse(`invalid table option '${word}'`);
    } else break;
  }
  if (source.peek().kind !== 'newline') source.syntaxError();
  const hosts = parts.flatMap((part) =>
    part.kind === 'file' ? fileHosts(source, part.path) : listHosts(source, part.hosts),
  );
  const table: TableDefinition = { name, ...flags, hosts: hasContent ? hosts : null };
  print?.(render(table, parts));
  for (const anchor of source.world.anchorsWithTable(name, holding))
    source.say(`pfctl: warning: table <${name}> already defined in anchor "${anchor}"`);
  return table;
};
