/**
 * What a DHCP server gives out on a link, and what dhcpleased(8) has got of it: the nouns, and the text of a lease file. Both machines are in
 * dhcp.ts; dhcpleasectl.ts prints.
 */
import type { Address } from './address.ts';
import { parseInterfaceAddress } from './address.ts';

/** The DHCP side of an uplink, as a world describes it; address and gateway are the uplink's. */
export interface DhcpDescription {
  /** Default 7200. */
  readonly leaseSeconds?: number;
  /** Default: the gateway. */
  readonly server?: string;
  readonly nameservers?: readonly string[];
  /** `ignore routes` in dhcpleased.conf: then the gateway is nowhere to be found. */
  readonly ignoresRoutes?: boolean;
  /** `ignore dns`. */
  readonly ignoresDns?: boolean;
  /** False: the interface is autoconf, and the lease is still to come. Default true. */
  readonly isBoundAtStart?: boolean;
}

/** What the server would give out now. */
export interface DhcpServer {
  address: Address;
  length: number;
  gateway: string;
  nameservers: readonly string[];
  leaseSeconds: number;
  identifier: string;
  /** It answers nobody. */
  isSilent: boolean;
  /** How long an offer takes: servers look whether the address is free. */
  offerMs: number;
}

export const createDhcpServer = (
  description: DhcpDescription,
  address: string,
  gateway: string,
): DhcpServer => {
  const parsed = parseInterfaceAddress(address);
  if (parsed === null) throw new RangeError(`emulator: ${address} is no address`);
  return {
    ...parsed,
    gateway,
    nameservers: description.nameservers ?? [],
    leaseSeconds: description.leaseSeconds ?? 7200,
    identifier: description.server ?? gateway,
    isSilent: false,
    offerMs: 1000,
  };
};

/** sbin/dhcpleased/engine.c, if_state_name. */
export type LeaseState = 'Down' | 'Init' | 'Requesting' | 'Bound' | 'Renewing' | 'Rebinding' | 'Rebooting';

/** One interface as dhcpleased's engine has it. */
export interface LeaseInterface {
  readonly name: string;
  readonly index: number;
  rdomain: number;
  isRunning: boolean;
  hasLink: boolean;
  state: LeaseState;
  /** Null: none (INADDR_ANY). */
  address: Address | null;
  length: number;
  gateway: string | null;
  previousGateway: string | null;
  nameservers: readonly string[];
  server: string | null;
  leaseSeconds: number;
  renewalSeconds: number;
  rebindingSeconds: number;
  /** When the lease was acknowledged, in milliseconds on the router's clock. */
  requestedAt: number;
  timeoutSeconds: number;
  cancel: () => void;
}

export const createLeaseInterface = (name: string, index: number): LeaseInterface => ({
  name,
  index,
  rdomain: 0,
  isRunning: false,
  hasLink: false,
  state: 'Down',
  address: null,
  length: 0,
  gateway: null,
  previousGateway: null,
  nameservers: [],
  server: null,
  leaseSeconds: 0,
  renewalSeconds: 0,
  rebindingSeconds: 0,
  requestedAt: 0,
  timeoutSeconds: 0,
  cancel: () => {},
});

export const leasePath = (name: string): string => `/var/db/dhcpleased/${name}`;

/** What is kept of a lease; never the gateway (sbin/dhcpleased/dhcpleased.c; transcripts dhcpleased-leasefile*). */
export const renderLeaseFile = (address: string, server: string): string =>
  `version: 2\nip: ${address}\nnext-server: ${server}\nfilename: \nhost-name: lab\ndomain-name: isp-b.example\n`;

export const parseLeaseFile = (text: string | undefined): string | null =>
  /^version: 2\nip: (\S+)\n/.exec(text ?? '')?.[1] ?? null;
