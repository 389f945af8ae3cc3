/** pfctl -T: what is done to a table and what is said about it (sbin/pfctl/pfctl_table.c, transcripts pfctl-table-*). */
import { parseAddress } from './address.ts';
import type { Firewall } from './pf.ts';
import { dropTable, makeTable, tableAt } from './pf.ts';
import type { Feedback, Marked, Table, TableAddress } from './pf-table.ts';
import {
  addAddresses,
  clearAddresses,
  copyTable,
  deleteAddresses,
  lookupAddress,
  renderTableAddress,
  replaceAddresses,
  sortAddresses,
  zeroAddresses,
  zeroTable,
} from './pf-table.ts';
import { renderTableTraffic } from './pfctl-show.ts';
import { loadAddresses } from './pfctl-table-address.ts';
import { renderTime } from './route-monitor.ts';
import { strtonum } from './strtonum.ts';

export interface TableCall {
  readonly firewall: Firewall;
  readonly anchor: string;
  readonly name: string;
  readonly command: string;
  readonly words: readonly string[];
  /** What `-f` held, null without it; `undefined` when the file is not there. */
  readonly file: { readonly path: string; readonly text: string | null } | null;
  readonly verbosity: number;
  readonly isQuiet: boolean;
  readonly isDummy: boolean;
  readonly wall: number;
}

export interface TableAnswer {
  readonly out: string;
  readonly err: string;
  readonly code: number;
  readonly isUsage?: boolean;
}

const ERROR = 255;
const UINT_MAX = 4_294_967_295;

/** What is done to a table of addresses. */
interface Work {
  readonly call: TableCall;
  readonly table: Table;
  readonly addresses: readonly TableAddress[];
  readonly say: (text: string) => string;
}

/** `-v`: what happened to which address; `-vv`: to which nothing happened as well. */
const feedback = (call: TableCall, marked: readonly Marked[]): string =>
  marked
    .filter(({ mark }) => call.verbosity > 1 || (call.verbosity > 0 && mark !== ' '))
    .map(({ address, mark }) => `${mark} ${renderTableAddress(address)}\n`)
    .join('');

const count = (marked: readonly Marked[], mark: Feedback): number =>
  marked.filter((one) => one.mark === mark).length;

const done = ({ call, addresses, say }: Work, marked: readonly Marked[], mark: Feedback, what: string) => ({
  out: feedback(call, marked),
  err: say(`${count(marked, mark)}/${addresses.length} addresses ${what}`),
  code: 0,
});

const add = (work: Work): TableAnswer =>
  done(work, addAddresses(work.table, work.addresses, work.call.wall), 'A', 'added');

const remove = (work: Work, what: 'deleted' | 'expired'): TableAnswer =>
  done(work, deleteAddresses(work.table, work.addresses), 'D', what);

const zero = (work: Work): TableAnswer =>
  done(work, zeroAddresses(work.table, work.addresses, work.call.wall), 'Z', 'cleared');

const replace = ({ call, table, addresses, say }: Work): TableAnswer => {
  const marked = replaceAddresses(table, addresses, call.wall);
  const changes = [['A', 'added'] as const, ['D', 'deleted'] as const, ['C', 'changed'] as const].flatMap(
    ([mark, what]) => (count(marked, mark) === 0 ? [] : [`${count(marked, mark)} addresses ${what}`]),
  );
  const words = changes.length === 0 ? ['no changes'] : changes;
  return { out: feedback(call, marked), err: words.map(say).join(''), code: 0 };
};

const test = ({ call, table, addresses, say }: Work): TableAnswer => {
  const tested = addresses.map((address) => {
    const parsed = parseAddress(renderTableAddress(address).slice(1));
    return { address, entry: parsed === null ? null : lookupAddress(table, parsed) };
  });
  const hits = tested.filter(({ entry }) => entry !== null && !entry.isNegated);
  const lines =
    call.verbosity === 0
      ? []
      : call.verbosity === 1
        ? hits.map(({ address }) => `M ${renderTableAddress(address)}`)
        : // with the entry that it was found by, or that it was not
          tested.map(({ address, entry }) =>
            entry === null
              ? `  ${renderTableAddress(address)}\t nomatch`
              : `${entry.isNegated ? ' ' : 'M'} ${renderTableAddress(address)}\t${renderTableAddress(entry)}`,
          );
  return {
    out: lines.map((line) => `${line}\n`).join(''),
    err: say(`${hits.length}/${tested.length} addresses match`),
    code: hits.length < tested.length ? 2 : 0,
  };
};

const show = (call: TableCall, table: Table): TableAnswer => {
  const lines = sortAddresses(table.entries.values()).map((entry) => {
    const head = `  ${renderTableAddress(entry)}\n`;
    if (call.verbosity === 0) return head;
    const active = entry.active > 0 ? `\tActive States:      ${entry.active}\n` : '';
    const weight = entry.weight === null ? '' : `\tWeight:             ${entry.weight}\n`;
    return `${head}\tCleared:     ${renderTime(entry.cleared)}\n${active}${weight}${entry.traffic === null ? '' : renderTableTraffic(entry.traffic, 3)}`;
  });
  return { out: lines.join(''), err: '', code: 0 };
};

const told = (err: string, code = ERROR): TableAnswer => ({ out: '', err, code });
const MISSING = told('pfctl: Table does not exist\n');
const FORBIDDEN = told('pfctl: Operation not permitted\n');
/** The kernel takes no dummy of it: EINVAL, which pf_strerror() puts so. */
const NO_DUMMY = told('pfctl: Anchor does not exist\n');
const NO_WRITE = told('pfctl: Permission denied\n');

/** The table that addresses are put into, which is made if there is none; `said` is what was said of that. */
const target = (
  call: TableCall,
  say: (text: string) => string,
): { readonly table: Table | null; readonly said: string } => {
  const { firewall, anchor, name } = call;
  const twins = [...firewall.tables.values()].filter((one) => one.name === name && one.anchor !== anchor);
  const warned = twins
    .map(
      ({ anchor: other }) =>
        `pfctl: warning: table <${name}> already defined in anchor "${other === '' ? '/' : other}"\n`,
    )
    .join('');
  const there = tableAt(firewall, anchor, name);
  if (there !== null) return { table: there, said: warned };
  const said = `${warned}${say('1 table created')}`;
  if (call.isDummy) return { table: null, said };
  const made = makeTable(firewall, anchor, name, call.wall);
  made.isPersist = true;
  return { table: made, said };
};

/** Commands that take addresses. */
const withAddresses = (call: TableCall, say: (text: string) => string): TableAnswer => {
  const { firewall, anchor, name, command, isDummy } = call;
  const loaded = loadAddresses(firewall.world, call.words, call.file, command === 'test');
  if (loaded.kind === 'failed') return told(loaded.err);
  if (isDummy && command === 'test') return NO_DUMMY;
  if (isDummy && command === 'zero') return NO_WRITE;
  const isMade = command === 'add' || command === 'replace';
  const { table, said } = isMade ? target(call, say) : { table: tableAt(firewall, anchor, name), said: '' };
  if (table === null) return isMade ? told(said, 0) : MISSING;
  if (table.isConst && command !== 'test' && command !== 'zero') return told(said + FORBIDDEN.err);
  const work: Work = { call, table: isDummy ? copyTable(table) : table, addresses: loaded.addresses, say };
  switch (command) {
    case 'add':
    case 'replace': {
      const answer = command === 'add' ? add(work) : replace(work);
      return { ...answer, err: `${said}${answer.err}` };
    }
    case 'delete':
      return remove(work, 'deleted');
    case 'zero':
      return zero(work);
    default:
      return test(work);
  }
};

const expire = (call: TableCall, table: Table | null, say: (text: string) => string): TableAnswer => {
  const age = strtonum(call.words[0] ?? '', 0, UINT_MAX);
  if (typeof age === 'string') return told(`pfctl: expiry time: ${age}\n`, 1);
  if (table === null) return MISSING;
  const old = [...table.entries.values()].filter(
    ({ cleared }) => Math.floor(call.wall / 1000) - Math.floor(cleared / 1000) > age,
  );
  if (table.isConst) return FORBIDDEN;
  const addresses = sortAddresses(old);
  return remove({ call, table: call.isDummy ? copyTable(table) : table, addresses, say }, 'expired');
};

export const runTable = (call: TableCall): TableAnswer => {
  const { firewall, anchor, name, command } = call;
  const say = (text: string): string => (call.isQuiet ? '' : `${text}${call.isDummy ? ' (dummy)' : ''}.\n`);
  const table = tableAt(firewall, anchor, name);
  const hasAddresses = call.words.length > 0 || call.file !== null;
  const usage: TableAnswer = { ...told('', 1), isUsage: true };
  if (hasAddresses && ['kill', 'flush', 'show'].includes(command)) return usage;
  if (command === 'expire' && (call.words.length !== 1 || call.file !== null)) return usage;

  switch (command) {
    case 'kill': {
      if (table !== null && !call.isDummy) dropTable(firewall, table);
      return told(say(`${table === null ? 0 : 1} table deleted`), 0);
    }
    case 'flush': {
      if (table === null) return MISSING;
      if (table.isConst) return FORBIDDEN;
      const size = table.entries.size;
      if (!call.isDummy) clearAddresses(table);
      return told(say(`${size} addresses deleted`), 0);
    }
    case 'show':
      if (call.isDummy && call.verbosity === 0) return NO_DUMMY;
      return table === null ? MISSING : show(call, table);
    case 'zero':
      if (hasAddresses) return withAddresses(call, say);
      if (table !== null && !call.isDummy) zeroTable(table, call.wall);
      return told(say(`${table === null ? 0 : 1} table/stats cleared`), 0);
    case 'expire':
      return expire(call, table, say);
    default:
      return withAddresses(call, say);
  }
};
