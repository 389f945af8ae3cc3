/**
 * A network interface of the emulated router: what ifconfig shows of it, and how its driver behaves when it is pulled,
 * downed or upped. Knows nothing of routes, pf or what is on the other end of the cable.
 */
import type { Address } from './address.ts';
import { isLinkLocal, parseAddress, parseInterfaceAddress } from './address.ts';

export interface NicAddress {
  readonly address: Address;
  readonly length: number;
  /** The other end, for point-to-point interfaces. */
  readonly peer: string | null;
}

/** `text` as ifconfig takes it; a link-local address gets the interface's scope. Throws a RangeError for what is none. */
export const parseNicAddress = (text: string, on: string, peer: string | undefined): NicAddress => {
  const parsed = parseInterfaceAddress(text);
  if (parsed === null) throw new RangeError(`emulator: ${text} is no address`);
  const { address, length } = parsed;
  const scoped =
    isLinkLocal(address) && address.scope === null ? parseAddress(`${address.text}%${on}`) : address;
  return { address: scoped ?? address, length, peer: peer ?? null };
};

export type NicKind = 'loopback' | 'ethernet' | 'enc' | 'pppoe';

/** One interface; the router alone changes it. */
export interface Nic {
  readonly name: string;
  readonly index: number;
  readonly kind: NicKind;
  readonly lladdr: string | null;
  mtu: number;
  rdomain: number;
  description: string | null;
  /** Groups set by hand. `egress` and the driver's own group are worked out. */
  groups: readonly string[];
  isUp: boolean;
  /** The cable is in and the other end is alive. */
  hasCable: boolean;
  /** What the driver reports: it may lag behind the cable. */
  hasCarrier: boolean;
  isAutoconf: boolean;
  addresses: readonly NicAddress[];
  /** Detached interfaces stay in the list so that indices are not used twice. */
  isAttached: boolean;
}

/** `em1` -> `em`. */
export const driverOf = (name: string): string => name.replace(/[0-9]+$/, '');

export const kindOf = (name: string): NicKind => {
  const driver = driverOf(name);
  if (driver === 'lo') return 'loopback';
  return driver === 'enc' || driver === 'pppoe' ? driver : 'ethernet';
};

const FLAG = {
  UP: 0x1,
  BROADCAST: 0x2,
  LOOPBACK: 0x8,
  POINTOPOINT: 0x10,
  RUNNING: 0x40,
  SIMPLEX: 0x800,
  MULTICAST: 0x8000,
  AUTOCONF4: 0x800000,
  LRO: 0x2000000,
} as const;

type FlagName = keyof typeof FLAG;

const flagNames = (nic: Nic): readonly FlagName[] => {
  const running: readonly FlagName[] = nic.isUp ? ['UP'] : [];
  const lro: readonly FlagName[] = driverOf(nic.name) === 'vio' && nic.rdomain !== 127 ? ['LRO'] : [];
  const autoconf: readonly FlagName[] = nic.isAutoconf ? ['AUTOCONF4'] : [];
  const run: readonly FlagName[] = nic.isUp ? ['RUNNING'] : [];
  switch (nic.kind) {
    case 'loopback':
      return [...running, 'LOOPBACK', ...run, 'MULTICAST', 'LRO'];
    case 'enc':
      return [];
    case 'pppoe':
      return [...running, 'POINTOPOINT', ...run, 'SIMPLEX', 'MULTICAST'];
    case 'ethernet':
      return [...running, 'BROADCAST', ...run, 'SIMPLEX', 'MULTICAST', ...autoconf, ...lro];
  }
};

/** `flags=8843<UP,BROADCAST,…>`, as ifconfig(8) prints them. */
export const renderFlags = (nic: Nic): string => {
  const names = flagNames(nic);
  const bits = names.reduce((sum, name) => sum + FLAG[name], 0);
  return `flags=${bits.toString(16)}<${names.join(',')}>`;
};

/** `<UP,BROADCAST,…>` as route(8) prints them: it has no name for LRO. */
export const renderMonitorFlags = (nic: Nic): string =>
  `<${flagNames(nic)
    .filter((name) => name !== 'LRO')
    .map((name) => (name === 'POINTOPOINT' ? 'PTP' : name))
    .join(',')}>`;

/** What `ifconfig` says after `status:`, or null when the line is missing. vio(4) loses its carrier when downed, em(4) does not. */
export const statusOf = (nic: Nic): string | null => {
  switch (nic.kind) {
    case 'loopback':
      return null;
    case 'enc':
      return 'active';
    case 'pppoe':
      return nic.hasCarrier ? 'active' : 'no carrier';
    case 'ethernet':
      if (!nic.isUp && driverOf(nic.name) === 'vio') return 'no carrier';
      return nic.hasCarrier ? 'active' : 'no carrier';
  }
};

/** Whether packets can leave by it: UP, with carrier. */
export const isLinkUp = (nic: Nic): boolean =>
  nic.isAttached && nic.isUp && (nic.kind === 'loopback' || (nic.hasCarrier && nic.hasCable));

export const addressesOf = (nic: Nic, family: 'inet' | 'inet6'): readonly NicAddress[] =>
  nic.addresses.filter((one) => one.address.family === family);

export const broadcastOf = (one: NicAddress): string | null => {
  if (one.address.family !== 'inet' || one.length >= 31 || one.peer !== null) return null;
  const host = (1n << BigInt(32 - one.length)) - 1n;
  const value = one.address.value | host;
  return (
    parseAddress([24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.'))?.text ?? null
  );
};
