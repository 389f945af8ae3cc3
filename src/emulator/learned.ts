/**
 * Links that the kernel or slaacd(8) configures by itself: umb(4)'s addresses and default route, the inet6 default that a router advertisement
 * brings (sys/dev/usb/if_umb.c umb_add_inet_config(), umb_clear_addr(); sbin/slaacd/slaacd.c configure_gateway()).
 */
import { createPrefix } from './address.ts';
import type { Interfaces } from './interfaces.ts';
import type { Nic } from './nic.ts';
import { addressesOf, parseNicAddress } from './nic.ts';
import type { RouteMessage } from './route-message.ts';
import type { Routing } from './routing.ts';

/** The mobile side of an uplink: address and gateway come from the network. */
export interface UmbDescription {
  readonly nameservers?: readonly string[];
  /** False: the modem has no connection yet. Default true. */
  readonly isConnectedAtStart?: boolean;
}

/** The inet6 side: router advertisements from the uplink's gateway6, which is link-local as a rule. */
export interface SlaacDescription {
  readonly nameservers?: readonly string[];
  /** False: nothing has been heard yet. Default true. */
  readonly isHeardAtStart?: boolean;
}

export interface Learned {
  /** `address` with its prefix length. */
  connectUmb(nic: Nic, address: string, gateway: string, nameservers: readonly string[]): void;
  disconnectUmb(nic: Nic): void;
  /** A router advertisement: address and default route; null withdraws the route (lifetime 0). */
  advertise(nic: Nic, address: string | null, gateway: string | null, nameservers: readonly string[]): void;
}

const SLAACD = 'slaacd';

export const createLearned = (machine: {
  readonly interfaces: Interfaces;
  readonly routing: Routing;
  readonly emit: (message: RouteMessage) => void;
  readonly pid: () => number;
}): Learned => {
  const { interfaces, routing, emit } = machine;
  // taken when it first speaks
  let slaacd = 0;
  let sequence = 0;
  const gateways = new Map<string, string>();

  const propose = (
    nic: Nic,
    source: 'umb' | 'slaac',
    family: 'inet' | 'inet6',
    servers: readonly string[],
    pid: number,
  ): void =>
    emit({
      kind: 'proposal',
      source,
      table: nic.rdomain,
      name: nic.name,
      index: nic.index,
      family,
      servers,
      pid,
      sequence: pid === 0 ? 0 : ++sequence,
    });

  const clear = (nic: Nic): void => {
    for (const old of addressesOf(nic, 'inet')) interfaces.unassign(nic, old);
  };

  return {
    connectUmb: (nic, address, gateway, nameservers) => {
      interfaces.setSession(nic, true);
      clear(nic);
      interfaces.assign(nic, parseNicAddress(address, nic.name, gateway));
      // the kernel's own, behind cables by the interface's priority, and not STATIC
      routing.add(nic.rdomain, {
        destination: createPrefix('inet', 0n, 0),
        gateway,
        priority: null,
        label: null,
        mpath: false,
        reject: false,
        blackhole: false,
        nic: nic.name,
        pid: 0,
        isKernels: true,
      });
      propose(nic, 'umb', 'inet', nameservers, 0);
    },
    disconnectUmb: (nic) => {
      propose(nic, 'umb', 'inet', [], 0);
      propose(nic, 'umb', 'inet6', [], 0);
      for (const old of nic.addresses) interfaces.unassign(nic, old);
      interfaces.setSession(nic, false);
    },
    advertise: (nic, address, gateway, nameservers) => {
      if (slaacd === 0) slaacd = machine.pid();
      const destination = createPrefix('inet6', 0n, 0);
      const scoped = (text: string): string => parseNicAddress(text, nic.name, undefined).address.text;
      const old = gateways.get(nic.name);
      if (address !== null) {
        const wanted = { ...parseNicAddress(address, nic.name, undefined), isAutoconf: true };
        const there = nic.addresses.some((one) => one.address.text === wanted.address.text);
        if (!there) interfaces.assign(nic, wanted);
      }
      if (old !== undefined && (gateway === null || scoped(gateway) !== old)) {
        gateways.delete(nic.name);
        routing.remove(nic.rdomain, destination, old, null, slaacd, ++sequence);
      }
      if (gateway !== null && gateways.get(nic.name) === undefined) {
        gateways.set(nic.name, scoped(gateway));
        routing.add(nic.rdomain, {
          destination,
          gateway: scoped(gateway),
          priority: null,
          label: SLAACD,
          mpath: true,
          reject: false,
          blackhole: false,
          pid: slaacd,
          sequence: ++sequence,
        });
      }
      propose(nic, 'slaac', 'inet6', nameservers, slaacd);
    },
  };
};
