/**
 * route(8) with -n: show, get, and how add, change and delete failed. Written against sbin/route of 7.8. What `route monitor`
 * prints is in route-monitor.ts.
 */
import type { Family } from '../core/model.ts';
import { parseInet, parseInet6 } from './address.ts';

/**
 * Of our routes in rtable 0: before those that anybody else has made (RTP_STATIC is 8), behind connected ones (4). So nobody
 * else's has to be touched, and theirs are there when ours are gone.
 */
export const OWN_PRIORITY = 7;

export interface RouteEntry {
  readonly family: Family;
  /** `default`, a host, or `network/length`. */
  readonly destination: string;
  /** An address (with `%interface` if link-local), `link#3`, or a hardware address. */
  readonly gateway: string;
  /** Letters of route(8): U usable, G gateway, S static, P multipath… Without U its interface has no carrier or is down. */
  readonly flags: string;
  readonly uses: number;
  readonly mtu: number | null;
  /** Lower is preferred; bit 7 (128) is set while the interface is down. */
  readonly priority: number;
  /** Null once the interface is gone. */
  readonly interface: string | null;
}

export interface RouteTable {
  readonly entries: readonly RouteEntry[];
  /** Lines that were not understood. */
  readonly unrecognised: readonly string[];
  /** False if the text stops in the middle of a line. */
  readonly complete: boolean;
}

/** route(8) writes `10.0.0/24` for 10.0.0.0/24: as many octets as the length needs. */
const parseDestination = (family: Family, text: string): string | null => {
  if (text === 'default') return text;
  const [, base = text, length] = /^(.*)\/(\d{1,3})$/.exec(text) ?? [];
  const tail = length === undefined ? '' : `/${length}`;
  if (family === 'inet') {
    const octets = base.split('.');
    const missing = tail === '' ? 0 : Math.max(0, 4 - octets.length);
    const address = parseInet([...octets, ...new Array<string>(missing).fill('0')].join('.'));
    return address === null ? null : `${address}${tail}`;
  }
  const address = parseInet6(base);
  const scope = /%[^/]*/.exec(base)?.[0] ?? '';
  return address === null ? null : `${address}${scope}${tail}`;
};

const parseEntry = (family: Family, line: string): RouteEntry | null => {
  const fields = line.trim().split(/ +/);
  const [to = '', gateway = '', letters = ''] = fields;
  const destination = parseDestination(family, to);
  // A route may have no flags at all; then the column is empty.
  const flagged = /^[A-Za-z]/.test(letters);
  const [refs = '', uses = '', mtu = '', ...rest] = fields.slice(flagged ? 3 : 2);
  // `L`: the MTU is locked. A label may follow the interface (-v).
  const [priority = '', device = '', ...label] = rest[0] === 'L' ? rest.slice(1) : rest;
  if (destination === null || gateway === '' || device === '' || label.length > 1) return null;
  if (![refs, uses, priority].every((number) => /^\d{1,15}$/.test(number)) || !/^(?:-|\d{1,10})$/.test(mtu))
    return null;
  return {
    family,
    destination,
    gateway,
    flags: flagged ? letters : '',
    uses: Number(uses),
    mtu: mtu === '-' ? null : Number(mtu),
    priority: Number(priority),
    interface: device === '(null)' ? null : device,
  };
};

/** `route -n show`, any table, either or both families. Sections of other families are passed over. Never throws. */
export const parseRouteShow = (text: string): RouteTable => {
  const entries: RouteEntry[] = [];
  const unrecognised: string[] = [];
  let section: Family | 'foreign' | null = null;
  const end = text.lastIndexOf('\n') + 1;
  const cut = text.slice(end);
  for (const line of text.slice(0, end).split('\n')) {
    if (line === '' || line === 'Routing tables' || /^Destination +Gateway +Flags /.test(line)) continue;
    if (line === 'Internet:') section = 'inet';
    else if (line === 'Internet6:') section = 'inet6';
    else if (/^(?:Encap|MPLS|Protocol Family \d+):$/.test(line)) section = 'foreign';
    else if (section !== 'foreign') {
      const entry: RouteEntry | null = section === null ? null : parseEntry(section, line);
      if (entry === null) unrecognised.push(line);
      else entries.push(entry);
    }
  }
  const complete = cut === '';
  if (!complete) unrecognised.push(cut);
  return { entries, unrecognised, complete };
};

/** The route that a packet to an address would take now. */
export interface RouteAnswer {
  /** As printed: `0.0.0.0` for a default route. */
  readonly destination: string;
  readonly mask: string | null;
  /** Null for a route that needs none: the address is on a network of the interface. */
  readonly gateway: string | null;
  readonly interface: string | null;
  /** This machine's address on the way. */
  readonly interfaceAddress: string | null;
  readonly priority: number;
  /** `UP`, `GATEWAY`, `STATIC`… */
  readonly flags: readonly string[];
  readonly label: string | null;
}

/** `route -n get`, or null if the text is not its answer. */
export const parseRouteGet = (text: string): RouteAnswer | null => {
  const said = (key: string): string | null => new RegExp(`^ *${key}: (.+)$`, 'm').exec(text)?.[1] ?? null;
  const destination = said('destination');
  const priority = /^(\d{1,3}) \(/.exec(said('priority') ?? '')?.[1];
  if (destination === null || priority === undefined) return null;
  return {
    destination,
    mask: said('mask'),
    gateway: said('gateway'),
    interface: said('interface'),
    interfaceAddress: said('if address'),
    priority: Number(priority),
    flags: (said('flags') ?? '').replace(/[<>]/g, '').split(',').filter(Boolean),
    label: said('label'),
  };
};

export type RouteFailureKind =
  /** No such routing table: nothing was ever added to it. */
  | 'no-table'
  | 'exists'
  /** The gateway is on no network of this machine, or its interface is gone. */
  | 'unreachable'
  | 'not-in-table'
  | 'permission'
  | 'other';

export interface RouteFailure {
  readonly kind: RouteFailureKind;
  /** route's own words: its first line on stderr, else on stdout; '' if it said nothing. */
  readonly text: string;
}

const judge = (text: string): RouteFailureKind => {
  if (/routing table \d+: No such file or directory$/.test(text)) return 'no-table';
  if (/: File exists$/.test(text)) return 'exists';
  if (/: (?:Network is unreachable|No route to host|Host is unreachable)$/.test(text)) return 'unreachable';
  if (/: (?:not in table|No such process)$/.test(text)) return 'not-in-table';
  if (/: (?:must be root to .*|Permission denied|Operation not permitted)$/.test(text)) return 'permission';
  return 'other';
};

/** Why route failed, or null if it did not. Failed requests are told on stdout, with what was asked in front. */
export const parseRouteFailure = (code: number, stdout: string, stderr: string): RouteFailure | null => {
  if (code === 0) return null;
  const said = stderr === '' ? stdout : stderr;
  const end = said.indexOf('\n');
  const text = end === -1 ? said : said.slice(0, end);
  return { kind: judge(text), text };
};
