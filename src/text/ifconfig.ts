/**
 * What ifconfig(8) prints without arguments (or for one interface or group) -> interfaces. Written against sbin/ifconfig
 * of 7.8. It reports what it does not know instead of stumbling over it, and it must not judge whether a link is usable.
 */
import type { Carrier, Interface, InterfaceAddress, InterfaceTable } from '../core/model.ts';
import { parseInet, parseInet6 } from './address.ts';
import { parseLinkState } from './link-state.ts';

export interface IfconfigReading {
  /** In the order printed. */
  readonly interfaces: InterfaceTable;
  /** Lines that were not understood. Everything else in `interfaces` holds nevertheless. */
  readonly unrecognised: readonly string[];
  /** False if the text stops in the middle of a line: it was cut, and what follows is not known. */
  readonly complete: boolean;
}

/** First words of detail lines that say nothing we need: ifconfig.c, brconfig.c and sff.c. */
const irrelevant: ReadonlySet<string> = new Set([
  ...[
    'lladdr',
    'description:',
    'priority',
    'llprio',
    'hwfeatures',
    'keepalive:',
    'patch:',
    'encap:',
    'tunnel:',
  ],
  ...['carp:', 'pfsync:', 'pflow:', 'mpls:', 'dev:', 'sid:', 'sppp:', 'trunk:', 'trunk', 'groups:', 'media:'],
  ...[
    'supported',
    'ieee80211:',
    'transceiver:',
    'model:',
    'voltage:',
    'temp:',
    'calibration:',
    'channel',
    'tx:',
    'rx:',
  ],
  ...['wgport', 'wgrtable', 'wgpubkey', 'wgpeer', 'designated:', 'root:', 'Addresses', 'dns', 'dns:'],
  // umb(4)
  ...['error:', 'roaming', 'state', 'SIM', 'subscriber-id', 'ICC-id', 'device', 'IMEI', 'ESN', 'MEID', 'ID'],
  ...['firmware', 'phone#', 'APN', 'provider', 'provider-id', 'available', 'preferred', 'current'],
]);

const header = /^([A-Za-z][A-Za-z0-9._-]{0,14}): flags=[0-9a-f]{1,8}(?:<([^>]*)>)?(.*)$/;
const headerTail = /^(?: rdomain (\d{1,5}))?(?: metric \d+)?(?: mtu \d+)?$/;

/** Length of a contiguous mask such as `0xffffff00`, or null. */
const parseMask = (text: string): number | null => {
  const hosts = ~Number.parseInt(text, 16) >>> 0;
  return (hosts & (hosts + 1)) === 0 ? Math.clz32(hosts) : null;
};

const inet = /^inet (\S+)(?: --> (\S+))? netmask 0x([0-9a-f]{1,8})(?: broadcast \S+)?$/;
const inet6 =
  /^inet6 (\S+)(?: --> (\S*))?(?: prefixlen (\d{1,3}))?((?: (?:anycast|tentative|duplicated|detached|deprecated|autoconf|temporary))*)(?: scopeid 0x[0-9a-f]+)?(?: pltime \S+ vltime \S+)?$/;

type AddressLine =
  | { readonly kind: 'address'; readonly address: InterfaceAddress }
  | { readonly kind: 'unusable' }
  | null;

const parseInetLine = (detail: string): AddressLine => {
  const found = inet.exec(detail);
  if (found === null) return null;
  const [, text = '', other, mask = ''] = found;
  const address = parseInet(text);
  const prefixLength = parseMask(mask);
  const peer = other === undefined ? null : parseInet(other);
  if (address === null || prefixLength === null || (other !== undefined && peer === null)) return null;
  // pppoe(4) between sessions.
  if (address === '0.0.0.0') return { kind: 'unusable' };
  return {
    kind: 'address',
    address: { family: 'inet', address, prefixLength, peer: peer === '0.0.0.0' ? null : peer },
  };
};

const parseInet6Line = (detail: string): AddressLine => {
  const found = inet6.exec(detail);
  if (found === null) return null;
  const [, text = '', other = '', prefix = '128', flags = ''] = found;
  const address = parseInet6(text);
  const prefixLength = Number(prefix);
  const peer = other === '' ? null : parseInet6(other);
  if (address === null || prefixLength > 128 || (other !== '' && peer === null)) return null;
  if (address === '::' || /tentative|duplicated/.test(flags)) return { kind: 'unusable' };
  return {
    kind: 'address',
    address: { family: 'inet6', address, prefixLength, peer: peer === '::' ? null : peer },
  };
};

interface Draft {
  readonly name: string;
  readonly up: boolean;
  readonly rdomain: number;
  readonly addresses: InterfaceAddress[];
  index: number;
  carrier: Carrier;
}

/** Takes one detail line, without its tab; false if it says nothing known. */
const takeDetail = (draft: Draft, detail: string): boolean => {
  const word = detail.slice(0, detail.search(/[ =]|$/));
  if (word === 'inet' || word === 'inet6') {
    const line = word === 'inet' ? parseInetLine(detail) : parseInet6Line(detail);
    if (line?.kind === 'address') draft.addresses.push(line.address);
    return line !== null;
  }
  if (word === 'index') {
    const index = /^index (\d{1,10})(?: |$)/.exec(detail)?.[1];
    if (index === undefined) return false;
    draft.index = Number(index);
    return true;
  }
  if (word === 'status:') {
    draft.carrier = parseLinkState(detail.slice('status: '.length));
    return true;
  }
  // Two tabs: details of details. `em0 flags=3<…>`: a member of a bridge.
  return word === '' || detail.startsWith('\t') || irrelevant.has(word) || /^\S+ flags=/.test(detail);
};

/**
 * Never throws; work is linear in the text. Bound the text before (a router with 4000 addresses prints about 300 kB).
 *
 * - `carrier` is `unknown` where ifconfig prints no status line (wg, lo, gif: the kernel counts them as up).
 * - `index` is 0 if it was not printed.
 * - Left out of `addresses` because nothing can be sent from them: inet6 addresses that are `tentative` or `duplicated`, and
 *   the unspecified address (pppoe between sessions). Scopes (`%em0`) are taken off. A peer of 0.0.0.0 or :: is null.
 */
export const parseIfconfig = (text: string): IfconfigReading => {
  const drafts: Draft[] = [];
  const unrecognised: string[] = [];
  let draft: Draft | null = null;
  // What follows the last newline was cut: half an address is an address too, and a wrong one.
  const end = text.lastIndexOf('\n') + 1;
  const cut = text.slice(end);
  for (const line of text.slice(0, end).split('\n').slice(0, -1)) {
    if (line.startsWith('\t')) {
      if (draft === null || !takeDetail(draft, line.slice(1))) unrecognised.push(line);
      continue;
    }
    const found = header.exec(line);
    if (found === null) {
      // What follows belongs to something unknown, not to the interface before.
      draft = null;
      unrecognised.push(line);
      continue;
    }
    const [, name = '', flags = '', rest = ''] = found;
    const tail = headerTail.exec(rest);
    if (tail === null) unrecognised.push(line);
    const rdomain = / rdomain (\d{1,5})(?: |$)/.exec(rest)?.[1] ?? '0';
    const up = flags.split(',').includes('UP');
    draft = { name, up, rdomain: Number(rdomain), addresses: [], index: 0, carrier: 'unknown' };
    drafts.push(draft);
  }
  const complete = cut === '';
  if (!complete) unrecognised.push(cut);
  return { interfaces: drafts.map((each): Interface => ({ ...each })), unrecognised, complete };
};
