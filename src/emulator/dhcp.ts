/**
 * dhcpleased(8) and the DHCP servers beyond the links: the engine's machine as sbin/dhcpleased/engine.c has it (state_transition(), iface_timeout(),
 * engine_update_iface()), and what its parent does to interfaces and routes. Packets are not walked; a server hears what the link carries.
 */
import type { Address } from './address.ts';
import { bitsOf, createPrefix, doesContain, parseAddress } from './address.ts';
import type { EmulatorClock } from './clock.ts';
import type { DhcpServer, LeaseInterface, LeaseState } from './dhcp-lease.ts';
import { createLeaseInterface, leasePath, parseLeaseFile, renderLeaseFile } from './dhcp-lease.ts';
import type { Interfaces } from './interfaces.ts';
import type { Nic } from './nic.ts';
import { linkStateOf } from './nic.ts';
import type { RouteMessage } from './route-message.ts';
import type { Routing } from './routing.ts';

const MAX_BACKOFF_SLOW = 64;
const MAX_BACKOFF_FAST = 2;
const LABEL = 'dhcpleased';
/** From the server's mouth to the engine's ear. */
const ACK_MS = 20;

export interface Dhcp {
  /** By interface index: what `dhcpleasectl -l` can be told. */
  get(index: number): LeaseInterface | null;
  readonly isRunning: boolean;
  /** Starts or ends the daemon; addresses and routes stay as they are. */
  setRunning(isRunning: boolean): void;
  /** Takes the first lease, before anything else in the world: nothing is said of it. */
  bind(nic: Nic): void;
  /** `dhcpleasectl IF`: asks the server for what it has again. */
  request(index: number): void;
  /** The lease is over and the server does not answer. */
  expire(index: number): void;
  /** The other end, at every message on the routing socket. */
  hear(message: RouteMessage): void;
}

export const createDhcp = (machine: {
  readonly clock: EmulatorClock;
  readonly interfaces: Interfaces;
  readonly routing: Routing;
  readonly emit: (message: RouteMessage) => void;
  readonly files: Map<string, string>;
  readonly pid: () => number;
  /** The server that is in reach behind an interface; null when nobody would answer. */
  readonly serverBehind: (nic: Nic) => DhcpServer | null;
  readonly ignores: (nic: string) => { readonly routes: boolean; readonly dns: boolean };
}): Dhcp => {
  const { clock, interfaces, routing, emit } = machine;
  const known = new Map<number, LeaseInterface>();
  let isRunning = true;
  // taken when it first speaks, so that worlds without it have the process ids that they always had
  let pid = 0;
  const ownPid = (): number => {
    if (pid === 0) pid = machine.pid();
    return pid;
  };
  let sequence = 0;

  const nicOf = (one: LeaseInterface): Nic | null => {
    const nic = interfaces.find(one.name);
    return nic?.index === one.index ? nic : null;
  };
  const offerFor = (one: LeaseInterface): DhcpServer | null => {
    const nic = nicOf(one);
    const server = nic === null ? null : machine.serverBehind(nic);
    return server === null || server.isSilent ? null : server;
  };

  const propose = (one: LeaseInterface, servers: readonly string[]): void =>
    emit({
      kind: 'proposal',
      source: 'dhcp',
      table: one.rdomain,
      name: one.name,
      index: one.index,
      family: 'inet',
      servers,
      pid: ownPid(),
      sequence: ++sequence,
    });

  /** The default route, and one to the gateway where that is outside the prefix (configure_routes()). */
  const configureRoute = (one: LeaseInterface, address: Address, gateway: string, isAdded: boolean): void => {
    const to = parseAddress(gateway);
    if (to === null) return;
    const ask = (destination: ReturnType<typeof createPrefix>, via: string | null): void => {
      if (isAdded)
        routing.add(one.rdomain, {
          destination,
          gateway: via,
          priority: null,
          label: LABEL,
          mpath: true,
          reject: false,
          blackhole: false,
          nic: one.name,
          pid: ownPid(),
          sequence: ++sequence,
        });
      else routing.remove(one.rdomain, destination, via, null, ownPid(), ++sequence);
    };
    if (!doesContain(createPrefix('inet', address.value, one.length), to))
      ask(createPrefix('inet', to.value, bitsOf('inet')), null);
    ask(createPrefix('inet', 0n, 0), gateway);
  };

  const configure = (one: LeaseInterface): void => {
    const nic = nicOf(one);
    const { address, length } = one;
    if (nic === null || address === null) return;
    if (one.previousGateway !== null && one.previousGateway !== one.gateway)
      configureRoute(one, address, one.previousGateway, false);
    const there = nic.addresses.find((own) => own.address.text === address.text);
    if (there !== undefined && there.length !== length) interfaces.unassign(nic, there);
    if (there?.length !== length) interfaces.assign(nic, { address, length, peer: null });
    if (one.gateway !== null) configureRoute(one, address, one.gateway, true);
    machine.files.set(leasePath(one.name), renderLeaseFile(address.text, one.server ?? ''));
  };

  const deconfigure = (one: LeaseInterface): void => {
    const { address } = one;
    if (address === null) return;
    const nic = nicOf(one);
    const there = nic?.addresses.find((own) => own.address.text === address.text);
    // the routes go with the address
    if (nic !== null && there !== undefined) interfaces.unassign(nic, there);
    one.address = null;
    one.length = 0;
    one.server = null;
    one.gateway = null;
  };

  /** An acknowledgement: what it says is taken over at once, also when nothing comes of it until the next reboot. */
  const take = (one: LeaseInterface, server: DhcpServer): void => {
    const ignores = machine.ignores(one.name);
    one.requestedAt = clock.now();
    one.server = server.identifier;
    one.address = server.address;
    one.length = server.length;
    one.previousGateway = ignores.routes ? null : one.gateway;
    one.gateway = ignores.routes ? null : server.gateway;
    one.nameservers = ignores.dns ? [] : server.nameservers;
    one.leaseSeconds = server.leaseSeconds;
    one.renewalSeconds = Math.floor(server.leaseSeconds / 2);
    one.rebindingSeconds = server.leaseSeconds - Math.floor(server.leaseSeconds / 8);
  };

  const answer = (one: LeaseInterface, ms: number, states: readonly LeaseState[], hear: () => void): void => {
    clock.after(ms, () => {
      if (isRunning && known.get(one.index) === one && states.includes(one.state)) hear();
    });
  };
  const askForOffer = (one: LeaseInterface): void => {
    const server = offerFor(one);
    if (server === null) return;
    answer(one, server.offerMs, ['Init'], () => {
      const still = offerFor(one);
      if (still === null) return;
      one.server = still.identifier;
      one.address = still.address;
      enter(one, 'Requesting');
    });
  };
  const askForLease = (one: LeaseInterface): void => {
    if (offerFor(one) === null) return;
    const wanted = one.address;
    answer(one, ACK_MS, ['Requesting', 'Renewing', 'Rebinding', 'Rebooting'], () => {
      const server = offerFor(one);
      if (server === null) return;
      const isGranted = wanted?.text === server.address.text;
      if (isGranted) take(one, server);
      enter(one, isGranted ? 'Bound' : 'Init');
    });
  };

  const age = (one: LeaseInterface): number => Math.floor((clock.now() - one.requestedAt) / 1000);

  /** state_transition(), case by case. */
  const enter = (one: LeaseInterface, to: LeaseState): void => {
    const from = one.state;
    one.state = to;
    switch (to) {
      case 'Down':
        if (one.address === null) one.timeoutSeconds = -1;
        else if (from === 'Down') {
          deconfigure(one);
          one.timeoutSeconds = -1;
        } else {
          propose(one, []);
          one.timeoutSeconds = Math.max(0, one.leaseSeconds - age(one));
        }
        break;
      case 'Init':
        if (from === 'Init') {
          if (one.timeoutSeconds < MAX_BACKOFF_SLOW) one.timeoutSeconds *= 2;
        } else {
          if (from !== 'Down') {
            propose(one, []);
            deconfigure(one);
          }
          one.timeoutSeconds = 1;
        }
        askForOffer(one);
        break;
      case 'Rebooting':
      case 'Requesting':
        one.timeoutSeconds = from === to ? one.timeoutSeconds * 2 : 1;
        askForLease(one);
        break;
      case 'Bound':
        one.timeoutSeconds = one.renewalSeconds;
        // a renewal configures nothing, whatever the server said
        if (from === 'Requesting' || from === 'Rebooting') {
          configure(one);
          propose(one, one.nameservers);
        }
        break;
      case 'Renewing':
        one.timeoutSeconds = Math.max(
          60,
          Math.floor((from === 'Bound' ? one.rebindingSeconds - one.renewalSeconds : one.timeoutSeconds) / 2),
        );
        askForLease(one);
        break;
      case 'Rebinding':
        one.timeoutSeconds = Math.floor(
          (from === 'Renewing' ? one.leaseSeconds - one.rebindingSeconds : one.timeoutSeconds) / 2,
        );
        askForLease(one);
    }
    one.cancel();
    if (one.timeoutSeconds < 0) return;
    one.cancel = clock.after(Math.max(1, one.timeoutSeconds) * 1000, () => enter(one, afterTimeout(one)));
  };

  /** iface_timeout(). */
  const afterTimeout = (one: LeaseInterface): LeaseState => {
    switch (one.state) {
      case 'Down':
        return 'Down';
      case 'Init':
        return 'Init';
      case 'Rebooting':
        return one.timeoutSeconds >= MAX_BACKOFF_FAST ? 'Init' : 'Rebooting';
      case 'Requesting':
        return one.timeoutSeconds >= MAX_BACKOFF_SLOW ? 'Init' : 'Requesting';
      case 'Bound':
        return 'Renewing';
      case 'Renewing':
        return age(one) >= one.rebindingSeconds ? 'Rebinding' : 'Renewing';
      case 'Rebinding':
        return age(one) > one.leaseSeconds ? 'Init' : 'Rebinding';
    }
  };

  const forget = (one: LeaseInterface): void => {
    one.cancel();
    known.delete(one.index);
  };

  /** engine_update_iface(). */
  const update = (nic: Nic): void => {
    const there = known.get(nic.index);
    if (!nic.isAutoconf) {
      if (there === undefined) return;
      propose(there, []);
      deconfigure(there);
      forget(there);
      return;
    }
    const one = there ?? createLeaseInterface(nic.name, nic.index);
    known.set(nic.index, one);
    const hasLink = linkStateOf(nic) !== 'down';
    if (
      there !== undefined &&
      one.rdomain === nic.rdomain &&
      one.isRunning === nic.isUp &&
      one.hasLink === hasLink
    )
      return;
    one.rdomain = nic.rdomain;
    one.isRunning = nic.isUp;
    one.hasLink = hasLink;
    const isThere = one.isRunning && one.hasLink;
    if (isThere) one.address ??= parseAddress(parseLeaseFile(machine.files.get(leasePath(nic.name))) ?? '');
    enter(one, !isThere ? 'Down' : one.address === null ? 'Init' : 'Rebooting');
  };

  /** A moment later: the daemon is another process. */
  const soon = (run: () => void): void => {
    clock.after(1, () => {
      if (isRunning) run();
    });
  };

  return {
    get: (index) => known.get(index) ?? null,
    get isRunning() {
      return isRunning;
    },
    setRunning: (should) => {
      if (should === isRunning) return;
      isRunning = should;
      for (const one of known.values()) one.cancel();
      known.clear();
      if (!should) return;
      pid = 0;
      sequence = 0;
      soon(() => {
        for (const nic of interfaces.attached()) update(nic);
      });
    },
    bind: (nic) => {
      const one = createLeaseInterface(nic.name, nic.index);
      const server = machine.serverBehind(nic);
      known.set(nic.index, one);
      one.rdomain = nic.rdomain;
      one.isRunning = nic.isUp;
      one.hasLink = linkStateOf(nic) !== 'down';
      if (server !== null) {
        take(one, server);
        one.state = 'Requesting';
      }
      enter(one, server === null ? 'Init' : 'Bound');
    },
    request: (index) => {
      const one = known.get(index);
      if (one === undefined || one.state === 'Down') return;
      enter(one, one.state === 'Init' || one.state === 'Requesting' ? one.state : 'Rebooting');
    },
    expire: (index) => {
      const one = known.get(index);
      if (one === undefined || one.address === null) return;
      one.state = 'Rebinding';
      enter(one, 'Init');
    },
    hear: (message) => {
      if (message.kind === 'ifinfo' && message.isNamed) {
        const { nic } = message;
        // what counts is what the message said, but a change that was taken back in between is none
        if (nic.isAutoconf || known.has(nic.index))
          soon(() => {
            if (nic.isAttached) update(nic);
          });
      } else if (message.kind === 'announce' && message.what === 'departure') {
        const one = known.get(message.index);
        if (one !== undefined) soon(() => forget(one));
      }
    },
  };
};
