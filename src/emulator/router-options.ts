/** What a router is made from: its LAN, its uplinks, further interfaces. Plain data, so that a world can be described in a test or drawn by chance. */
import type { EmulatorClock } from './clock.ts';
import type { UplinkDescription } from './uplink.ts';

export interface NicDescription {
  readonly name: string;
  /** `10.0.0.1/24`; for point-to-point `100.64.7.7/32 peer 100.64.0.1` is written with `peer`. */
  readonly addresses?: readonly string[];
  readonly peer?: string;
  readonly rdomain?: number;
  readonly groups?: readonly string[];
  readonly description?: string;
  readonly mtu?: number;
  readonly lladdr?: string;
  readonly isAutoconf?: boolean;
  readonly isAutoconf6?: boolean;
  readonly hasCarrier?: boolean;
  /** `192.0.2.2 --> 192.0.2.1`: the outside of gif(4) and gre(4). */
  readonly tunnel?: string;
  /** What a vlan(4) is on, what a pair(4) is patched to. */
  readonly parent?: string;
}

export interface RouterOptions {
  readonly clock: EmulatorClock;
  /** Everything that is left to chance follows from it. */
  readonly seed: number;
  readonly lan: { readonly interface: string; readonly address: string; readonly address6?: string };
  readonly uplinks: readonly UplinkDescription[];
  /** Further interfaces, before the LAN's in ifconfig's order. */
  readonly interfaces?: readonly NicDescription[];
  /** Details of the LAN's and the uplinks' interfaces, by name. */
  readonly details?: readonly NicDescription[];
  /** The rdomains whose loN has its addresses (hostname.loN); the others' are made by the kernel, down and empty. */
  readonly loopbacks?: readonly number[];
  /** A default route in rtable 0 from the start. None by default. */
  readonly defaultRoute?: string;
  /** Files that pfctl can read, beside what a server lends it. */
  readonly files?: ReadonlyMap<string, string>;
  readonly hostname?: string;
  /** How fast `pfctl -ss` prints. Unset: in no time; a real machine has been seen to take a second for 6,000. */
  readonly statesListedPerSecond?: number;
}

/** What sysctl(8) knows here, as a router has it at first. */
export const SYSCTLS: readonly (readonly [string, string])[] = [
  ['kern.ostype', 'OpenBSD'],
  ['kern.osrelease', '7.8'],
  ['net.inet.ip.forwarding', '1'],
  ['net.inet.ip.multipath', '0'],
  ['net.inet6.ip6.forwarding', '1'],
  ['net.inet6.ip6.multipath', '0'],
];
