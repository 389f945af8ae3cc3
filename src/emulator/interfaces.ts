/**
 * The machine's interfaces, and what can be done to them: made and destroyed, pulled and plugged, upped and downed, given addresses, put into
 * an rdomain. Says each thing on the routing socket as the kernel does (sys/net/if.c; transcripts route-monitor-*). Knows no leases and no sessions.
 */

import type { EmulatorClock } from './clock.ts';
import type { Nic, NicAddress } from './nic.ts';
import {
  addressesOf,
  driverOf,
  isCloned,
  isLinkUp,
  isPointToPoint,
  kindOf,
  linkStateOf,
  parseNicAddress,
} from './nic.ts';
import { buildNic } from './nic-build.ts';
import type { RouteMessage } from './route-message.ts';
import type { NicDescription } from './router-options.ts';
import type { Routing } from './routing.ts';

export interface Interfaces {
  /** Those that are there, in ifconfig's order. */
  attached(): readonly Nic[];
  find(name: string): Nic | null;
  /** Throws a RangeError when there is none. */
  need(name: string): Nic;
  groupsOf(nic: Nic): readonly string[];
  /** As found at boot; nothing is said of it. */
  add(description: NicDescription, index?: number): Nic;
  /**
   * Loopback interfaces of the rdomains that interfaces were born into. The kernel makes them with nothing on them, and netstart(8) leaves it
   * at that; those that are named here have a hostname.loN of their own.
   */
  addLoopbacks(configured: readonly number[]): void;
  /** Leaves an index unused. */
  skipIndex(): void;
  assign(nic: Nic, address: NicAddress): boolean;
  unassign(nic: Nic, address: NicAddress): void;
  /** RTM_IFINFO, as after every change of flags or link. */
  announceLink(nic: Nic): void;
  setCarrier(name: string, hasCarrier: boolean): void;
  /** The carrier as the driver sees it, when no cable was touched: a session, a registration. */
  setSession(nic: Nic, isThere: boolean): void;
  /** The flag alone, as drivers take it and give it back: no carrier is lost or negotiated. */
  setFlagsUp(nic: Nic, isUp: boolean): void;
  setUp(name: string, isUp: boolean): void;
  setAutoconf(name: string, isOn: boolean): void;
  /** `ifconfig NAME rdomain N`: every address is lost, loN is made. Throws what ifconfig(8) would say when N is a plain rtable. */
  setRdomain(name: string, rdomain: number): void;
  setAddress(name: string, address: string): void;
  addAddress(name: string, address: string, peer?: string): void;
  removeAddress(name: string, address: string): void;
  /** `ifconfig NAME create`, or a device that is plugged in; `index` 0 takes the next. */
  create(description: NicDescription): Nic;
  /** `ifconfig NAME destroy`, or a device that is pulled out. */
  detach(name: string): void;
  /** The same device again, with another index and nothing configured. */
  attach(name: string): void;
}

export const LOOPBACK_ADDRESSES: readonly string[] = ['::1/128', 'fe80::1/64', '127.0.0.1/8'];
export const createInterfaces = (machine: {
  readonly clock: EmulatorClock;
  readonly emit: (message: RouteMessage) => void;
  readonly version: () => number;
  readonly routing: () => Routing;
}): Interfaces => {
  const { clock, emit } = machine;
  const nics: Nic[] = [];
  let nextIndex = 1;

  const find = (name: string): Nic | null => nics.find((one) => one.name === name && one.isAttached) ?? null;
  const need = (name: string): Nic => {
    const one = find(name);
    if (one === null) throw new RangeError(`emulator: no interface ${name}`);
    return one;
  };

  // asked for at every rule with an interface; an interface's groups change with a route at most
  const groupCache = new Map<Nic, { readonly version: number; readonly groups: readonly string[] }>();
  const groupsOf = (one: Nic): readonly string[] => {
    const version = machine.version();
    const known = groupCache.get(one);
    if (known !== undefined && known.version === version) return known.groups;
    const own = isCloned(one.name) ? [driverOf(one.name)] : [];
    const isEgress = machine
      .routing()
      .tables.get(0)
      ?.routes.some(
        (route) => route.prefix.length === 0 && route.kind === 'static' && route.nic === one.name,
      );
    const groups = [...own, ...(isEgress === true ? ['egress'] : []), ...one.groups];
    groupCache.set(one, { version, groups });
    return groups;
  };

  const announceLink = (nic: Nic): void =>
    emit({ kind: 'ifinfo', nic, carrier: nic.hasCarrier, isNamed: nic.isAttached });
  /** Makes a change of the link; routes by it follow. */
  const change = (nic: Nic, make: () => void): void => {
    const before = isLinkUp(nic);
    make();
    if (isLinkUp(nic) !== before) machine.routing().relink(nic.name);
  };

  const assign = (nic: Nic, address: NicAddress): boolean => {
    nic.addresses = [...nic.addresses, address];
    if (machine.routing().addAddress(nic, address) === null) return true;
    nic.addresses = nic.addresses.filter((other) => other !== address);
    return false;
  };
  const unassign = (nic: Nic, address: NicAddress): void => {
    nic.addresses = nic.addresses.filter((other) => other !== address);
    machine.routing().removeAddress(nic, address);
  };

  const configure = (nic: Nic, description: NicDescription): void => {
    machine.routing().create(nic.rdomain, nic.rdomain);
    for (const text of description.addresses ?? []) {
      const address = parseNicAddress(text, nic.name, description.peer);
      if (!assign(nic, address)) throw new RangeError(`emulator: ${nic.name}: SIOCAIFADDR: File exists`);
    }
  };

  const add = (description: NicDescription, index = nextIndex): Nic => {
    nextIndex = Math.max(nextIndex, index === nextIndex ? index + 1 : nextIndex);
    const nic = buildNic(description, index, kindOf(description.name) !== 'enc');
    nics.push(nic);
    configure(nic, description);
    return nic;
  };

  const freeIndex = (): number => Math.max(...nics.map((one) => one.index)) + 1;
  const arrive = (nic: Nic): void =>
    emit({ kind: 'announce', name: nic.name, index: nic.index, what: 'arrival' });
  const create = (description: NicDescription): Nic => {
    if (find(description.name) !== null) throw new RangeError(`emulator: ${description.name}: File exists`);
    const nic = buildNic({ ...description, rdomain: 0 }, freeIndex(), false);
    const old = nics.findIndex((one) => one.name === description.name);
    if (old < 0) nics.push(nic);
    else nics.splice(old, 1, nic);
    arrive(nic);
    if (description.rdomain !== undefined && description.rdomain !== 0)
      setRdomain(nic.name, description.rdomain);
    for (const text of description.addresses ?? []) addAddress(nic.name, text, description.peer);
    return nic;
  };

  const leave = (nic: Nic): void => {
    for (const address of nic.addresses) unassign(nic, address);
    machine.routing().forgetNeighbours(nic, false);
  };

  const setUp = (name: string, isUp: boolean): void => {
    const nic = need(name);
    if (nic.isUp === isUp) return;
    change(nic, () => {
      nic.isUp = isUp;
      if (isUp) nic.hasBeenUp = true;
    });
    if (!isUp) {
      machine.routing().forgetNeighbours(nic, false);
      // the message still says active: the carrier is lost later, if at all
      announceLink(nic);
      return;
    }
    // em(4) negotiates anew: two messages without carrier, and the link a second later (transcript route-monitor-em-carrier)
    if (driverOf(name) === 'em')
      change(nic, () => {
        nic.hasCarrier = false;
      });
    announceLink(nic);
    // vether(4) says it twice as well (transcript route-monitor-create-destroy)
    if (driverOf(name) === 'vether' || driverOf(name) === 'em') announceLink(nic);
    if (driverOf(name) !== 'em') return;
    if (!nic.hasCable) return;
    clock.after(1000, () => {
      if (!nic.isAttached || !nic.isUp || !nic.hasCable || nic.hasCarrier) return;
      change(nic, () => {
        nic.hasCarrier = true;
      });
      announceLink(nic);
    });
  };

  const setRdomain = (name: string, rdomain: number): void => {
    const nic = need(name);
    const routing = machine.routing();
    const table = routing.tables.get(rdomain);
    if (table !== undefined && table.rdomain !== rdomain) {
      // if_createrdomain() takes over a table that has nothing in it, and makes it an rdomain for ever
      if (table.routes.length > 0) throw new RangeError(`ifconfig: SIOCSIFRDOMAIN: Invalid argument`);
      table.rdomain = rdomain;
    }
    if (rdomain !== 0 && find(`lo${rdomain}`) === null) {
      const loopback = buildNic({ name: `lo${rdomain}`, rdomain }, freeIndex(), false);
      nics.push(loopback);
      arrive(loopback);
    }
    routing.create(rdomain, rdomain);
    if (rdomain === nic.rdomain) return;
    const wasUp = nic.isUp;
    if (wasUp) {
      change(nic, () => {
        nic.isUp = false;
      });
      announceLink(nic);
    }
    leave(nic);
    nic.rdomain = rdomain;
    if (!wasUp) return;
    change(nic, () => {
      nic.isUp = true;
    });
    announceLink(nic);
  };

  const addAddress = (name: string, text: string, peer?: string): void => {
    if (!assign(need(name), parseNicAddress(text, name, peer)))
      throw new RangeError(`ifconfig: SIOCAIFADDR: File exists`);
  };

  return {
    attached: () => nics.filter((one) => one.isAttached),
    find,
    need,
    groupsOf,
    add,
    addLoopbacks: (configured) => {
      for (const rdomain of new Set(nics.map((one) => one.rdomain).filter((number) => number !== 0))) {
        const name = `lo${rdomain}`;
        const isConfigured = configured.includes(rdomain);
        if (find(name) === null)
          add({ name, rdomain, addresses: isConfigured ? LOOPBACK_ADDRESSES : [] }).isUp = isConfigured;
      }
    },
    skipIndex: () => {
      nextIndex++;
    },
    assign,
    unassign,
    announceLink,
    setCarrier: (name, hasCarrier) => {
      const nic = need(name);
      if (nic.hasCable === hasCarrier) return;
      change(nic, () => {
        nic.hasCable = hasCarrier;
        // a session outlives its parent's cable, and a tunnel has none
        if (nic.kind === 'ethernet' || nic.kind === 'umb' || nic.kind === 'tun') nic.hasCarrier = hasCarrier;
      });
      if (linkStateOf(nic) !== 'unknown') announceLink(nic);
      if (!hasCarrier && driverOf(name) === 'em') machine.routing().forgetNeighbours(nic, true);
    },
    setSession: (nic, isThere) => {
      if (nic.hasCarrier === isThere) return;
      change(nic, () => {
        nic.hasCarrier = isThere;
      });
      announceLink(nic);
    },
    setFlagsUp: (nic, isUp) => {
      if (nic.isUp === isUp) return;
      change(nic, () => {
        nic.isUp = isUp;
      });
      announceLink(nic);
    },
    setUp,
    setAutoconf: (name, isOn) => {
      const nic = need(name);
      if (nic.isAutoconf === isOn) return;
      nic.isAutoconf = isOn;
      if (isOn && !nic.isUp) return setUp(name, true);
      announceLink(nic);
    },
    setRdomain,
    setAddress: (name, text) => {
      const nic = need(name);
      const wanted = parseNicAddress(text, name, undefined);
      const peer = addressesOf(nic, wanted.address.family).find((old) => old.peer !== null)?.peer ?? null;
      for (const old of addressesOf(nic, wanted.address.family)) unassign(nic, old);
      assign(nic, isPointToPoint(nic.kind) ? { ...wanted, peer } : wanted);
    },
    addAddress,
    removeAddress: (name, text) => {
      const nic = need(name);
      const bare = text.split('/')[0] ?? '';
      const old = nic.addresses.find((each) => each.address.text === bare);
      if (old !== undefined) unassign(nic, old);
    },
    create,
    detach: (name) => {
      const nic = need(name);
      nic.hasBeenUp = nic.isUp;
      change(nic, () => {
        nic.isUp = false;
        nic.isAttached = false;
      });
      if (nic.hasBeenUp) announceLink(nic);
      leave(nic);
      emit({ kind: 'announce', name, index: nic.index, what: 'departure' });
    },
    attach: (name) => {
      const gone = nics.find((one) => one.name === name && !one.isAttached);
      if (gone === undefined) throw new RangeError(`emulator: ${name} was never detached`);
      const nic = create({ name, mtu: gone.mtu, ...(gone.lladdr === null ? {} : { lladdr: gone.lladdr }) });
      change(nic, () => {
        nic.hasCable = gone.hasCable;
        nic.hasCarrier = gone.hasCable && gone.kind !== 'pppoe';
      });
    },
  };
};
