/**
 * What can happen to links that come and go, in the words of a story: leases renewed, renumbered and lost, sessions ended and negotiated anew,
 * modems connected, routers advertised. Each does to both ends what would happen; the machines themselves are in dhcp.ts, pppoe.ts, learned.ts.
 */
import { parseInterfaceAddress } from './address.ts';
import type { Dhcp } from './dhcp.ts';
import type { DhcpServer } from './dhcp-lease.ts';
import type { FarSide } from './far-side.ts';
import type { Interfaces } from './interfaces.ts';
import type { Learned } from './learned.ts';
import type { Nic } from './nic.ts';
import type { Concentrator, Pppoe } from './pppoe.ts';
import type { UplinkDescription } from './uplink.ts';

/** What a DHCP server may give out anew; what is not named stays. */
export interface DhcpOffer {
  readonly address?: string;
  readonly gateway?: string;
  readonly nameservers?: readonly string[];
  readonly leaseSeconds?: number;
}

/** What a concentrator may grant anew. */
export interface PppoeOffer {
  readonly address?: string;
  readonly peer?: string;
  /** False: no address at all, while the session stands. */
  readonly isGranting?: boolean;
}

export interface LinkLife {
  /** What the DHCP server will give out from now on; the client learns it when it asks again. */
  setDhcpOffer(uplink: string, offer: DhcpOffer): void;
  /** The client asks again, as by `dhcpleasectl IF`: the same answer changes nothing. */
  dhcpRenew(uplink: string): void;
  /** Another offer, and the client asks again at once. */
  dhcpRenumber(uplink: string, offer: DhcpOffer): void;
  /** The lease is over, and the server answers no more until `setDhcpSilent(uplink, false)`. */
  dhcpExpire(uplink: string): void;
  setDhcpSilent(uplink: string, isSilent: boolean): void;
  setDhcpleasedRunning(isRunning: boolean): void;
  setDhcpleasedAllowed(isAllowed: boolean): void;
  /** The concentrator will grant this in the next session. */
  setPppoeOffer(uplink: string, offer: PppoeOffer): void;
  /** The session is ended from outside (PADT), and dialled anew. */
  pppoeTerminate(uplink: string): void;
  /** Another offer, and the session is ended: renegotiation. */
  pppoeRenegotiate(uplink: string, offer: PppoeOffer): void;
  setPppoeSilent(uplink: string, isSilent: boolean): void;
  /** The modem's connection is there (again), maybe with another address. */
  umbConnect(uplink: string, offer?: { readonly address?: string; readonly gateway?: string }): void;
  umbDisconnect(uplink: string): void;
  /** A router advertisement; `gateway6` null says that there is no default any more. */
  slaacAdvertise(
    uplink: string,
    offer?: { readonly address6?: string; readonly gateway6?: string | null },
  ): void;
}

export const createLinkLife = (machine: {
  readonly descriptions: readonly UplinkDescription[];
  readonly far: FarSide;
  readonly interfaces: Interfaces;
  readonly dhcp: Dhcp;
  readonly pppoe: Pppoe;
  readonly learned: Learned;
  readonly setDhcpleasedAllowed: (isAllowed: boolean) => void;
}): LinkLife => {
  const { far, interfaces, dhcp, pppoe, learned } = machine;
  const described = (name: string): UplinkDescription => {
    const uplink = far.need(name);
    const found = machine.descriptions.find((one) => one.name === uplink.name);
    if (found === undefined) throw new RangeError(`emulator: no uplink ${name}`);
    return found;
  };
  const needServer = (name: string): DhcpServer => {
    const server = far.dhcpServerOf(far.need(name).name);
    if (server === null) throw new RangeError(`emulator: ${name} is no DHCP uplink`);
    return server;
  };
  const needConcentrator = (name: string): Concentrator => {
    const one = far.concentratorOf(far.need(name).name);
    if (one === null) throw new RangeError(`emulator: ${name} is no PPPoE uplink`);
    return one;
  };
  const nicOf = (name: string): Nic | null => interfaces.find(far.need(name).interface);
  const needNic = (name: string): Nic => interfaces.need(far.need(name).interface);

  const setDhcpOffer: LinkLife['setDhcpOffer'] = (name, { address, gateway, nameservers, leaseSeconds }) => {
    const server = needServer(name);
    const parsed = address === undefined ? null : parseInterfaceAddress(address);
    if (parsed !== null) Object.assign(server, parsed);
    if (gateway !== undefined) {
      if (server.identifier === server.gateway) server.identifier = gateway;
      server.gateway = gateway;
      far.setGateway(name, gateway);
    }
    server.nameservers = nameservers ?? server.nameservers;
    server.leaseSeconds = leaseSeconds ?? server.leaseSeconds;
  };
  const dhcpRenew = (name: string): void => {
    needServer(name);
    const nic = nicOf(name);
    if (nic !== null) dhcp.request(nic.index);
  };
  const setPppoeOffer: LinkLife['setPppoeOffer'] = (name, { address, peer, isGranting }) => {
    const one = needConcentrator(name);
    one.address = address ?? one.address;
    one.peer = peer ?? one.peer;
    one.isGranting = isGranting ?? one.isGranting;
  };
  const pppoeTerminate = (name: string): void => {
    const one = needConcentrator(name);
    far.setGateway(name, one.peer);
    pppoe.terminate(far.need(name).interface);
  };

  return {
    setDhcpOffer,
    dhcpRenew,
    dhcpRenumber: (name, offer) => {
      setDhcpOffer(name, offer);
      dhcpRenew(name);
    },
    dhcpExpire: (name) => {
      needServer(name).isSilent = true;
      const nic = nicOf(name);
      if (nic !== null) dhcp.expire(nic.index);
    },
    setDhcpSilent: (name, isSilent) => {
      needServer(name).isSilent = isSilent;
    },
    setDhcpleasedRunning: dhcp.setRunning,
    setDhcpleasedAllowed: machine.setDhcpleasedAllowed,
    setPppoeOffer,
    pppoeTerminate,
    pppoeRenegotiate: (name, offer) => {
      setPppoeOffer(name, offer);
      pppoeTerminate(name);
    },
    setPppoeSilent: (name, isSilent) => {
      needConcentrator(name).isSilent = isSilent;
      if (isSilent) pppoe.watch(far.need(name).interface);
    },
    umbConnect: (name, { address, gateway } = {}) => {
      const how = described(name);
      if (gateway !== undefined) far.setGateway(name, gateway);
      learned.connectUmb(
        needNic(name),
        address ?? how.address,
        gateway ?? far.need(name).gateway,
        how.umb?.nameservers ?? [],
      );
    },
    umbDisconnect: (name) => learned.disconnectUmb(needNic(name)),
    slaacAdvertise: (name, { address6, gateway6 } = {}) => {
      const how = described(name);
      if (gateway6 !== undefined && gateway6 !== null) far.setGateway(name, gateway6);
      learned.advertise(
        needNic(name),
        address6 ?? how.address6 ?? null,
        gateway6 === undefined ? far.need(name).gateway6 : gateway6,
        how.slaac?.nameservers ?? [],
      );
    },
  };
};
