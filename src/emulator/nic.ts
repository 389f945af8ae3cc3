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
  /** By slaacd(8). */
  readonly isAutoconf?: boolean;
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

export type NicKind =
  | 'loopback'
  | 'ethernet'
  | 'enc'
  | 'pppoe'
  | 'tun'
  | 'gre'
  | 'gif'
  | 'wg'
  | 'ppp'
  | 'umb';

/** One interface; the router alone changes it. */
export interface Nic {
  readonly name: string;
  readonly index: number;
  readonly kind: NicKind;
  readonly lladdr: string | null;
  /** `A --> B`, outside addresses of a tunnel. */
  readonly tunnel: string | null;
  /** vlan(4): what it is on, by the number of its name. pair(4): the other one. */
  readonly parent: string | null;
  /** Added to the priority of every route by it (`ifconfig priority`): modems stand behind cables by themselves. */
  readonly priority: number;
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
  isAutoconf6: boolean;
  /** Whether it has been UP since it was made. */
  hasBeenUp: boolean;
  addresses: readonly NicAddress[];
  /** Detached interfaces stay in the list so that indices are not used twice. */
  isAttached: boolean;
}

const drivers = new Map<string, string>();

/** `em1` -> `em`. */
export const driverOf = (name: string): string => {
  const known = drivers.get(name);
  if (known !== undefined) return known;
  const driver = name.replace(/[0-9]+$/, '');
  drivers.set(name, driver);
  return driver;
};

const KINDS: Readonly<Record<string, NicKind>> = {
  lo: 'loopback',
  enc: 'enc',
  pppoe: 'pppoe',
  tun: 'tun',
  gre: 'gre',
  gif: 'gif',
  wg: 'wg',
  ppp: 'ppp',
  umb: 'umb',
};

export const kindOf = (name: string): NicKind => KINDS[driverOf(name)] ?? 'ethernet';

const POINT_TO_POINT: ReadonlySet<NicKind> = new Set<NicKind>(['pppoe', 'tun', 'gre', 'gif', 'ppp', 'umb']);
export const isPointToPoint = (kind: NicKind): boolean => POINT_TO_POINT.has(kind);

/** Drivers that never say whether there is a link: the kernel takes it to be there (LINK_STATE_IS_UP). */
const MUTE: ReadonlySet<NicKind> = new Set<NicKind>(['loopback', 'gre', 'gif', 'wg', 'ppp']);

/** What the kernel has as the link state. */
export const linkStateOf = (nic: Nic, hasCarrier = nic.hasCarrier): 'up' | 'down' | 'unknown' =>
  // of a pppoe(4) that has never been up nothing is known yet
  MUTE.has(nic.kind) || (nic.kind === 'pppoe' && !nic.hasBeenUp) ? 'unknown' : hasCarrier ? 'up' : 'down';

/** sys/net/if_media.h, LINK_STATE_DESCRIPTIONS: what the type of the interface calls a link that is down. */
export const linkStateName = (nic: Nic, hasCarrier = nic.hasCarrier): string => {
  switch (linkStateOf(nic, hasCarrier)) {
    case 'up':
      return driverOf(nic.name) === 'carp' ? 'master' : 'active';
    case 'unknown':
      return 'unknown';
    case 'down':
      if (driverOf(nic.name) === 'carp') return 'backup';
      return nic.kind === 'tun' || nic.kind === 'umb' ? 'down' : 'no carrier';
  }
};

/** Interfaces that are made by a command, and the group that each is in from then on. */
const CLONED: ReadonlySet<string> = new Set([
  'vether',
  'vlan',
  'carp',
  'pair',
  'trunk',
  'veb',
  'vport',
  'bridge',
]);
export const isCloned = (name: string): boolean =>
  (kindOf(name) !== 'ethernet' && kindOf(name) !== 'umb') || CLONED.has(driverOf(name));

const FLAG = {
  UP: 0x1,
  BROADCAST: 0x2,
  LOOPBACK: 0x8,
  POINTOPOINT: 0x10,
  RUNNING: 0x40,
  NOARP: 0x80,
  SIMPLEX: 0x800,
  MULTICAST: 0x8000,
  AUTOCONF6TEMP: 0x40000,
  AUTOCONF6: 0x200000,
  AUTOCONF4: 0x800000,
  LRO: 0x2000000,
} as const;

type FlagName = keyof typeof FLAG;

const flagNames = (nic: Nic): readonly FlagName[] => {
  const running: readonly FlagName[] = nic.isUp ? ['UP'] : [];
  const lro: readonly FlagName[] = driverOf(nic.name) === 'vio' && nic.rdomain !== 127 ? ['LRO'] : [];
  const autoconf: readonly FlagName[] = [
    ...(nic.isAutoconf6 ? (['AUTOCONF6TEMP', 'AUTOCONF6'] as const) : []),
    ...(nic.isAutoconf ? (['AUTOCONF4'] as const) : []),
  ];
  // a driver that is torn down is not told to stop
  const run: readonly FlagName[] = nic.isUp || (!nic.isAttached && nic.hasBeenUp) ? ['RUNNING'] : [];
  switch (nic.kind) {
    case 'loopback':
      return [...running, 'LOOPBACK', ...run, 'MULTICAST', 'LRO'];
    case 'enc':
      return [];
    case 'pppoe':
    case 'umb':
      return [...running, 'POINTOPOINT', ...run, 'SIMPLEX', 'MULTICAST'];
    case 'tun':
    case 'gre':
    case 'gif':
    case 'ppp':
      return [...running, 'POINTOPOINT', ...run, 'MULTICAST'];
    case 'wg':
      return [...running, 'BROADCAST', ...run, 'NOARP', 'MULTICAST'];
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
  if (nic.kind === 'enc') return 'active';
  if (linkStateOf(nic) === 'unknown') return null;
  return linkStateName(nic, nic.hasCarrier && (nic.isUp || driverOf(nic.name) !== 'vio'));
};

/** Whether packets can leave by it: UP, with carrier. */
export const isLinkUp = (nic: Nic): boolean =>
  nic.isAttached && nic.isUp && (linkStateOf(nic) === 'unknown' || (nic.hasCarrier && nic.hasCable));

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
