/**
 * Values that are addresses: gateways and networks, to canonical text. Knows what no address of the internet
 * behind a link can be, not which of them fit together.
 */
import { containsAddress, networkOf, parseAddress, parseAddressWithLength } from '../core/address.ts';
import { gatewayWords, type Prefix } from '../core/model.ts';
import { type Refused, refused, text, wanted } from './value.ts';

/** Nothing that can be reached through one link has such an address; loopback would even answer for a dead one. */
const UNUSABLE: readonly (readonly [string, Prefix])[] = [
  ['the unspecified address', networkOf('0.0.0.0', 32)],
  ['a loopback address', networkOf('127.0.0.0', 8)],
  ['a multicast address', networkOf('224.0.0.0', 4)],
  ['the broadcast address', networkOf('255.255.255.255', 32)],
  ['the unspecified address', networkOf('::', 128)],
  ['the loopback address', networkOf('::1', 128)],
  ['a multicast address', networkOf('ff00::', 8)],
  ['an IPv4 address in disguise', networkOf('::ffff:0:0', 96)],
];

/** Why an address cannot be one; null if it can. */
export const unusable = (address: string): string | null =>
  UNUSABLE.find(([, prefix]) => containsAddress(prefix, address))?.[0] ?? null;

/** `fe80::1%em0`: an address all right, if it were not for the scope. */
export const refusedScope = (what: string, address: string, value = address): Refused | null => {
  const [before = '', scope] = address.split('%', 2);
  return scope === undefined || parseAddress(before)?.family !== 'inet6'
    ? null
    : refused(`${wanted(what, value)}; the scope is the interface's, leave it out`);
};

const GATEWAY = 'an IPv4 address such as "203.0.113.1", "dhcp", "peer" or "route"';

/** The next hop for inet, canonical, or the word for where it is learnt. */
export const gateway = text<string>(GATEWAY, (value) => {
  if (gatewayWords.some((word) => word === value)) return value;
  const read = parseAddress(value);
  if (read === null) return refused(wanted(GATEWAY, value));
  if (read.family === 'inet6') return refused(`${wanted(GATEWAY, value)}; the IPv6 gateway is gateway6`);
  const why = unusable(read.address);
  return why === null ? read.address : refused(`${wanted(GATEWAY, value)}, ${why}`);
});

const GATEWAY6 = 'an IPv6 address such as "fe80::1", "peer" or "route"';

/** The next hop for inet6, canonical, without scope, or the word for where it is learnt. */
export const gateway6 = text<string>(GATEWAY6, (value) => {
  if (value === 'peer' || value === 'route') return value;
  if (value === 'dhcp')
    return refused(`${wanted(GATEWAY6, value)}; IPv6 routers announce themselves: that is "route"`);
  const scope = refusedScope(GATEWAY6, value);
  if (scope !== null) return scope;
  const read = parseAddress(value);
  if (read === null) return refused(wanted(GATEWAY6, value));
  if (read.family === 'inet') return refused(`${wanted(GATEWAY6, value)}; the IPv4 gateway is gateway`);
  const why = unusable(read.address);
  return why === null ? read.address : refused(`${wanted(GATEWAY6, value)}, ${why}`);
});

const readNetwork = (what: string, value: string): Prefix | Refused => {
  const read = parseAddressWithLength(value);
  if (read === null) return refused(wanted(what, value));
  const prefix = networkOf(read.address, read.length);
  return prefix.address === read.address
    ? prefix
    : refused(
        `${wanted('a network', value)}, which has host bits set: did you mean "${prefix.address}/${prefix.length}"?`,
      );
};

const NETWORK = 'a network such as "10.0.0.0/8"';
export const network = text<Prefix>(NETWORK, (value) => readNetwork(NETWORK, value));

const NETWORK6 = 'an IPv6 network such as "2001:db8:a::/48"';
export const network6 = text<Prefix>(NETWORK6, (value) => {
  // Without a length it would be a single address, which no provider delegates.
  const read = value.includes('/') ? readNetwork(NETWORK6, value) : refused(wanted(NETWORK6, value));
  return 'family' in read && read.family === 'inet' ? refused(wanted(NETWORK6, value)) : read;
});

const LISTEN = 'an address and a port such as "127.0.0.1:9273" or "[::1]:9273"';

/** Where to listen. */
export const listen = text<{ readonly address: string; readonly port: number }>(LISTEN, (value) => {
  const [, inet6, inet = '', digits = ''] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(value) ?? [];
  const read = parseAddress(inet6 ?? inet);
  const port = Number(digits);
  if (read === null || port > 65_535 || (read.family === 'inet6') !== (inet6 !== undefined))
    return refused(wanted(LISTEN, value));
  return { address: read.address, port };
});

/** Nobody but this machine can reach it. */
export const isLoopback = (address: string): boolean =>
  containsAddress(networkOf('127.0.0.0', 8), address) || containsAddress(networkOf('::1', 128), address);
