/**
 * Names to addresses as pfctl does it when a rule set is read: interfaces, groups, `self`, modifiers, literal addresses
 * (sbin/pfctl/pfctl_parser.c, host()). There is no DNS in the emulator: a name that is none of these does not resolve.
 */
import type { Address, Family, Prefix } from './address.ts';
import { bitsOf, createPrefix, parseAddress } from './address.ts';
import type { Nic, NicAddress } from './nic.ts';
import { addressesOf, broadcastOf, driverOf } from './nic.ts';
import type { InterfaceModifiers } from './pf-rules.ts';
import { strtonum } from './strtonum.ts';

/** What pf may ask the machine. */
export interface PfWorld {
  /** The attached interfaces, in ifconfig's order. */
  readonly nics: () => readonly Nic[];
  readonly groupsOf: (nic: Nic) => readonly string[];
  readonly hasRtable: (number: number) => boolean;
  readonly rdomainOf: (rtable: number) => number;
  readonly isRoutable: (rtable: number, address: Address) => boolean;
}

export interface ResolvedHost {
  readonly prefix: Prefix;
  /** The interface of a link-local address. */
  readonly scope: string | null;
  /** A netmask that its family does not have: pfctl takes it here, and complains later. */
  readonly badMask?: number;
}

export type Resolved =
  | { readonly kind: 'hosts'; readonly hosts: readonly ResolvedHost[] }
  /** What pfctl says on stderr before the grammar complains. */
  | { readonly kind: 'failed'; readonly words: readonly string[] };

export const NO_MODIFIERS: InterfaceModifiers = {
  network: false,
  broadcast: false,
  peer: false,
  noAlias: false,
};

/** `em0:network:0` -> name and modifiers; null for a modifier that there is not. */
export const splitModifiers = (
  text: string,
): { readonly name: string; readonly modifiers: InterfaceModifiers } | null => {
  const [name = '', ...rest] = text.split(':');
  let modifiers = NO_MODIFIERS;
  for (const one of rest) {
    if (one === 'network') modifiers = { ...modifiers, network: true };
    else if (one === 'broadcast') modifiers = { ...modifiers, broadcast: true };
    else if (one === 'peer') modifiers = { ...modifiers, peer: true };
    else if (one === '0') modifiers = { ...modifiers, noAlias: true };
    else return null;
  }
  return { name, modifiers };
};

/** The interfaces that a name in a rule means: one interface, a group's members, or all of a driver. */
export const nicsNamed = (world: PfWorld, name: string): readonly Nic[] => {
  const all = world.nics();
  const members = all.filter((nic) => world.groupsOf(nic).includes(name));
  if (members.length > 0) return members;
  return all.filter((nic) => nic.name === name || (!/[0-9]$/.test(name) && driverOf(nic.name) === name));
};

const takeAddresses = (nic: Nic, modifiers: InterfaceModifiers): ResolvedHost[] => {
  const pick = (family: Family): readonly NicAddress[] => {
    const all = addressesOf(nic, family);
    if (!modifiers.noAlias) return all;
    // the first of the interface; the kernel gives it its link-local address before any other of inet6
    const first = all.find((one) => one.address.scope !== null) ?? all[0];
    return first === undefined ? [] : [first];
  };
  return [...pick('inet'), ...pick('inet6')].flatMap((one): ResolvedHost[] => {
    const { family, value, scope } = one.address;
    if (modifiers.broadcast) {
      const text = nic.kind === 'loopback' ? null : broadcastOf(one);
      const end = text === null ? null : parseAddress(text);
      return end === null ? [] : [{ prefix: createPrefix('inet', end.value, 32), scope: null }];
    }
    if (modifiers.peer) {
      const peer = one.peer === null ? null : parseAddress(one.peer);
      return peer === null
        ? []
        : [{ prefix: createPrefix(peer.family, peer.value, bitsOf(peer.family)), scope: null }];
    }
    if (modifiers.network)
      return scope !== null ? [] : [{ prefix: createPrefix(family, value, one.length), scope: null }];
    return [{ prefix: createPrefix(family, value, bitsOf(family)), scope }];
  });
};

/** The addresses that `(em0)` and its like mean at this moment. */
export const addressesNamed = (
  world: PfWorld,
  name: string,
  modifiers: InterfaceModifiers,
): readonly ResolvedHost[] => nicsNamed(world, name).flatMap((nic) => takeAddresses(nic, modifiers));

const failed = (...words: string[]): Resolved => ({ kind: 'failed', words });

const withMask = (host: ResolvedHost, length: number | null): ResolvedHost => {
  if (length === null) return host;
  const { family, value } = host.prefix;
  const bits = bitsOf(family);
  const prefix = createPrefix(family, value, Math.min(length, bits));
  return length > bits ? { ...host, prefix, badMask: length } : { ...host, prefix };
};

/** host_if(): what it says, and what it finds. */
const interfaceHosts = (
  world: PfWorld,
  text: string,
  hasMask: boolean,
): { readonly hosts: readonly ResolvedHost[]; readonly words: readonly string[] } => {
  const nothing = (...words: string[]) => ({ hosts: [], words });
  const split = splitModifiers(text);
  if (split === null) return nothing();
  const { network, broadcast, peer } = split.modifiers;
  if ([network, broadcast, peer].filter(Boolean).length > 1)
    return nothing('illegal combination of interface modifiers');
  if ((network || broadcast) && hasMask)
    return nothing('network or broadcast lookup, but extra netmask given');
  const nics = split.name === 'self' ? world.nics() : nicsNamed(world, split.name);
  return { hosts: nics.flatMap((nic) => takeAddresses(nic, split.modifiers)), words: [] };
};

const numericHost = (text: string, hasMask: boolean): ResolvedHost | null => {
  const address = parseAddress(text);
  if (address !== null) {
    const { family, value, scope } = address;
    return { prefix: createPrefix(family, value, bitsOf(family)), scope };
  }
  // `10/8`, `192.168/16`
  if (!hasMask || !/^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$/.test(text)) return null;
  const padded = parseAddress([...text.split('.'), '0', '0', '0'].slice(0, 4).join('.'));
  return padded === null ? null : { prefix: createPrefix('inet', padded.value, 32), scope: null };
};

/** `text` as it stands in the rule, `10.0.0.0/8` or `em0:network` or `self`. */
export const resolveHost = (world: PfWorld, text: string): Resolved => {
  const slash = text.indexOf('/');
  const bare = slash < 0 ? text : text.slice(0, slash);
  const length = slash < 0 ? null : strtonum(text.slice(slash + 1), 0, 128);
  if (typeof length === 'string') return failed(`netmask is ${length}: ${text.slice(slash)}`);
  const named = interfaceHosts(world, bare, length !== null);
  const numeric = named.hosts.length > 0 ? null : numericHost(bare, length !== null);
  const hosts = numeric === null ? named.hosts : [numeric];
  if (hosts.length === 0) return failed(...named.words, `no IP address found for ${text}`);
  return { kind: 'hosts', hosts: hosts.map((host) => withMask(host, length)) };
};
