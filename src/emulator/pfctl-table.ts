/** pfctl -T: what is done to a table and what is said about it (sbin/pfctl/pfctl_table.c, transcripts pfctl-table-*). */
import { parseAddress } from './address.ts';
import type { Firewall } from './pf.ts';
import { dropTable, makeTable, tableAt } from './pf.ts';
import { resolveHost } from './pf-host.ts';
import type { Table, TableAddress, TableChange } from './pf-table.ts';
import {
  addAddresses,
  clearAddresses,
  deleteAddresses,
  lookupAddress,
  renderTableAddress,
  replaceAddresses,
  sortAddresses,
  zeroAddresses,
  zeroTable,
} from './pf-table.ts';
import { renderTableTraffic } from './pfctl-show.ts';
import { renderTime } from './route-monitor.ts';

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

type Loaded =
  | { readonly kind: 'addresses'; readonly addresses: readonly TableAddress[] }
  | { readonly kind: 'failed'; readonly err: string };

/** Words and the file's words, `weight N` behind an address in the file only: as arguments the pair is not split (OPENBSD.md 1). */
const loadAddresses = (call: TableCall): Loaded => {
  const addresses: TableAddress[] = [];
  let expectsWeight = false;
  const append = (word: string): string | null => {
    if (word === 'weight') {
      expectsWeight = true;
      return null;
    }
    if (expectsWeight) {
      expectsWeight = false;
      const weight = Number(word);
      if (!/^[0-9]+$/.test(word) || weight < 1 || weight > 65535) return `failed to convert weight ${word}\n`;
      const last = addresses.pop();
      if (last !== undefined) addresses.push({ ...last, weight });
      return null;
    }
    const bare = word.replace(/^!+/, '');
    const isNegated = (word.length - bare.length) % 2 === 1;
    const resolved = resolveHost(call.firewall.world, bare);
    if (resolved.kind === 'failed') return resolved.words.map((line) => `${line}\n`).join('');
    for (const host of resolved.hosts) addresses.push({ prefix: host.prefix, isNegated, weight: null });
    return null;
  };
  for (const word of call.words) {
    const err = append(word);
    if (err !== null) return { kind: 'failed', err };
  }
  if (call.file !== null) {
    const { path, text } = call.file;
    if (text === null)
      return { kind: 'failed', err: `pfctl: cannot load ${path}: No such file or directory\n` };
    const words = text
      .split('\n')
      .map((line) => line.replace(/#.*/, ''))
      .join(' ')
      .split(/\s+/)
      .filter((word) => word !== '');
    for (const word of words) {
      const err = append(word);
      if (err !== null)
        return { kind: 'failed', err: `${err}pfctl: cannot load ${path}: Undefined error: 0\n` };
    }
  }
  // pf keeps an address once
  const seen = new Map<string, TableAddress>();
  for (const address of addresses)
    seen.set(`${address.prefix.family} ${address.prefix.value}/${address.prefix.length}`, address);
  return { kind: 'addresses', addresses: [...seen.values()] };
};

const feedback = (call: TableCall, change: TableChange): string =>
  call.verbosity === 0
    ? ''
    : [
        ...change.added.map((one) => `A ${renderTableAddress(one)}\n`),
        ...change.deleted.map((one) => `D ${renderTableAddress(one)}\n`),
        ...change.changed.map((one) => `C ${renderTableAddress(one)}\n`),
      ].join('');

/** Null: there is no such table. */
const zero = (call: TableCall, table: Table | null, say: (text: string) => string): TableAnswer | null => {
  if (call.words.length === 0 && call.file === null) {
    if (table === null) return null;
    if (!call.isDummy) zeroTable(table, call.wall);
    return { out: '', err: say('1 table/stats cleared'), code: 0 };
  }
  const loaded = loadAddresses(call);
  if (loaded.kind === 'failed') return { out: '', err: loaded.err, code: ERROR };
  if (table === null) return null;
  const done = zeroAddresses(table, loaded.addresses, call.wall);
  const shown = loaded.addresses.filter((one) => call.verbosity > 1 || done.includes(one));
  return {
    out:
      call.verbosity === 0
        ? ''
        : shown.map((one) => `${done.includes(one) ? 'Z' : ' '} ${renderTableAddress(one)}\n`).join(''),
    err: say(`${done.length}/${loaded.addresses.length} addresses cleared`),
    code: 0,
  };
};

export const runTable = (call: TableCall): TableAnswer => {
  const { firewall, anchor, name, command } = call;
  const say = (text: string): string => (call.isQuiet ? '' : `${text}${call.isDummy ? ' (dummy)' : ''}.\n`);
  const missing: TableAnswer = { out: '', err: 'pfctl: Table does not exist\n', code: ERROR };
  const forbidden: TableAnswer = { out: '', err: 'pfctl: Operation not permitted\n', code: ERROR };
  const usage: TableAnswer = { out: '', err: '', code: 1, isUsage: true };
  const table = tableAt(firewall, anchor, name);
  const takesNothing = ['kill', 'flush', 'show'].includes(command);
  if (takesNothing && (call.words.length > 0 || call.file !== null)) return usage;

  switch (command) {
    case 'kill': {
      if (table !== null && !call.isDummy) dropTable(firewall, table);
      return { out: '', err: say(`${table === null ? 0 : 1} table deleted`), code: 0 };
    }
    case 'flush': {
      if (table === null) return missing;
      if (table.isConst) return forbidden;
      const count = table.entries.size;
      if (!call.isDummy) clearAddresses(table);
      return { out: '', err: say(`${count} addresses deleted`), code: 0 };
    }
    case 'show': {
      if (table === null) return missing;
      const lines = sortAddresses(table.entries.values()).map((entry) => {
        const head = `  ${renderTableAddress(entry)}\n`;
        if (call.verbosity === 0) return head;
        const active = entry.active > 0 ? `\tActive States:      ${entry.active}\n` : '';
        const weight = entry.weight === null ? '' : `\tWeight:             ${entry.weight}\n`;
        return `${head}\tCleared:     ${renderTime(entry.cleared)}\n${active}${weight}${entry.traffic === null ? '' : renderTableTraffic(entry.traffic, 3)}`;
      });
      return { out: lines.join(''), err: '', code: 0 };
    }
    case 'add':
    case 'replace': {
      const loaded = loadAddresses(call);
      if (loaded.kind === 'failed') return { out: '', err: loaded.err, code: ERROR };
      let err = '';
      for (const other of firewall.tables.values())
        if (other.name === name && other.anchor !== anchor)
          err += `pfctl: warning: table <${name}> already defined in anchor "${other.anchor === '' ? '/' : other.anchor}"\n`;
      if (table?.isConst === true)
        return { out: '', err: `${err}pfctl: Operation not permitted\n`, code: ERROR };
      if (table === null) {
        err += say('1 table created');
        if (call.isDummy) return { out: '', err, code: 0 };
      }
      const target = makeTable(firewall, anchor, name, call.wall);
      if (table === null) target.isPersist = true;
      if (call.isDummy) return { out: '', err, code: 0 };
      const before = loaded.addresses.length;
      if (command === 'add') {
        const change = addAddresses(target, loaded.addresses, call.wall);
        return {
          out: feedback(call, change),
          err: err + say(`${change.added.length}/${before} addresses added`),
          code: 0,
        };
      }
      const change = replaceAddresses(target, loaded.addresses, call.wall);
      if (change.added.length > 0) err += say(`${change.added.length} addresses added`);
      if (change.deleted.length > 0) err += say(`${change.deleted.length} addresses deleted`);
      if (change.changed.length > 0) err += say(`${change.changed.length} addresses changed`);
      if (change.added.length + change.deleted.length + change.changed.length === 0) err += say('no changes');
      return { out: feedback(call, change), err, code: 0 };
    }
    case 'delete': {
      const loaded = loadAddresses(call);
      if (loaded.kind === 'failed') return { out: '', err: loaded.err, code: ERROR };
      if (table === null) return missing;
      if (table.isConst) return forbidden;
      const change = deleteAddresses(table, loaded.addresses);
      return {
        out: feedback(call, change),
        err: say(`${change.deleted.length}/${loaded.addresses.length} addresses deleted`),
        code: 0,
      };
    }
    case 'test': {
      const loaded = loadAddresses(call);
      if (loaded.kind === 'failed') return { out: '', err: loaded.err, code: ERROR };
      if (table === null) return missing;
      const tested = loaded.addresses.map((address) => {
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
    }
    case 'zero':
      return zero(call, table, say) ?? missing;
    case 'expire': {
      if (table === null) return missing;
      const age = Number(call.words[0]);
      if (call.words.length !== 1 || Number.isNaN(age)) return usage;
      const old = [...table.entries.values()].filter((entry) => (call.wall - entry.cleared) / 1000 > age);
      deleteAddresses(table, old);
      return { out: '', err: say(`${old.length}/${old.length} addresses expired`), code: 0 };
    }
    default:
      return usage;
  }
};
