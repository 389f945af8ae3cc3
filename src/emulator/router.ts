/**
 * The emulated OpenBSD 7.8 router: interfaces, addresses, routing tables, pf, the uplinks behind it, and what can happen to them.
 * One object, driven by the clock and the seed it is given. Commands read and change it through here; it prints nothing.
 */
import { createPrefix, doesContain, parseAddress, parseInterfaceAddress } from './address.ts';
import type { Lan } from './clients.ts';
import { createLan } from './clients.ts';
import type { EmulatorClock } from './clock.ts';
import type { Dhcp } from './dhcp.ts';
import { createDhcp } from './dhcp.ts';
import type { DhcpServer } from './dhcp-lease.ts';
import { createDhcpServer } from './dhcp-lease.ts';
import type { FaultBoard } from './fault.ts';
import { createFaultBoard } from './fault.ts';
import type { Forwarding } from './forwarding.ts';
import { createForwarding } from './forwarding.ts';
import type { Interfaces } from './interfaces.ts';
import { createInterfaces, LOOPBACK_ADDRESSES } from './interfaces.ts';
import type { Nic } from './nic.ts';
import { isLinkUp } from './nic.ts';
import type { Packet } from './packet.ts';
import type { Firewall } from './pf.ts';
import { createFirewall } from './pf.ts';
import type { Queues } from './pf-queue.ts';
import { createQueues } from './pf-queue.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import type { RouteMessage } from './route-message.ts';
import type { NicDescription, RouterOptions } from './router-options.ts';
import { SYSCTLS } from './router-options.ts';
import type { Routing } from './routing.ts';
import { createRouting } from './routing.ts';
import type { Exchange, Uplink } from './uplink.ts';
import { createUplink, exchange } from './uplink.ts';

/** What a DHCP server may give out anew; what is not named stays. */
export interface DhcpOffer {
  readonly address?: string;
  readonly gateway?: string;
  readonly nameservers?: readonly string[];
  readonly leaseSeconds?: number;
}

export interface Router
  extends Forwarding,
    Pick<
      Interfaces,
      | 'setCarrier'
      | 'setAutoconf'
      | 'setRdomain'
      | 'setAddress'
      | 'addAddress'
      | 'removeAddress'
      | 'detach'
      | 'attach'
    > {
  readonly clock: EmulatorClock;
  readonly random: Random;
  readonly routing: Routing;
  readonly firewall: Firewall;
  readonly faults: FaultBoard;
  readonly uplinks: ReadonlyMap<string, Uplink>;
  readonly lan: Lan;
  readonly lanInterface: string;
  readonly sysctls: Map<string, string>;
  readonly files: Map<string, string>;
  /** Lines that logger(1) got. */
  readonly syslog: string[];
  /** Packets that have left, by interface and pf queue. */
  readonly queues: Queues;
  /** Null: a listing takes no time. */
  readonly statesListedPerSecond: number | null;
  readonly dhcp: Dhcp;
  /** Whether the caller of dhcpleasectl(8) may connect to its socket: root and wheel may. */
  readonly mayAskDhcpleased: boolean;
  nics(): readonly Nic[];
  nic(name: string): Nic | null;
  groupsOf(nic: Nic): readonly string[];
  /** A process id for a command. */
  nextPid(): number;
  subscribe(listener: (message: RouteMessage) => void): () => void;
  /** What the far side of an interface does with a packet that left by it. */
  answer(nic: Nic, packet: Packet): Exchange;
  /** `ifconfig NAME up|down`. */
  setInterfaceUp(name: string, isUp: boolean): void;
  /** `ifconfig NAME create`, or a device that is plugged in. It is down, and in rdomain 0 unless told. */
  createInterface(description: NicDescription): void;
  setDark(uplink: string, isDark: boolean): void;
  setGatewayDead(uplink: string, isDead: boolean): void;
  /** Loss in 0-1. */
  setLoss(uplink: string, loss: number): void;
  setLatency(uplink: string, latencyMs: number, jitterMs?: number): void;
  setBlackhole(uplink: string, target: string, isSilent: boolean): void;
  /** Another gateway answers from now on (renumbering); addresses and routes are changed apart from it. */
  setGateway(uplink: string, gateway: string): void;
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
  /** The routing socket overflows: listeners see RTM_DESYNC. */
  desync(): void;
}

export const createRouter = (options: RouterOptions): Router => {
  const { clock } = options;
  const random = createRandom(options.seed);
  const uplinks = new Map<string, Uplink>();
  const byNic = new Map<string, Uplink>();
  const sysctls = new Map(SYSCTLS);
  const files = new Map(options.files ?? []);
  const listeners = new Set<(message: RouteMessage) => void>();
  const far = random.fork('far side');
  let version = 0;
  let pid = 1000 + random.below(30_000);

  const emit = (message: RouteMessage): void => {
    version++;
    for (const listener of [...listeners]) listener(message);
  };
  const interfaces: Interfaces = createInterfaces({
    clock,
    emit,
    version: () => version,
    routing: () => routing,
  });
  const { attached, find: nic, groupsOf } = interfaces;
  const routing: Routing = createRouting({
    nicOf: nic,
    version: () => version,
    isMultipath: (family) =>
      sysctls.get(family === 'inet' ? 'net.inet.ip.multipath' : 'net.inet6.ip6.multipath') === '1',
    emit,
  });
  const nextPid = (): number => {
    pid = pid >= 99_999 ? 1000 : pid + 1 + random.below(3);
    return pid;
  };

  const firewall = createFirewall(
    {
      nics: attached,
      groupsOf,
      hasRtable: (number) => routing.tables.has(number),
      rdomainOf: routing.rdomainOf,
      version: () => version,
      now: () => clock.now(),
    },
    random.fork('pf'),
  );
  const queues = createQueues(() => firewall.queues);

  const dhcpServers = new Map<string, DhcpServer>();
  const dhcp = createDhcp({
    clock,
    interfaces,
    routing,
    emit,
    files,
    pid: nextPid,
    serverBehind: (one) => {
      const uplink = byNic.get(one.name);
      const server = uplink === undefined ? undefined : dhcpServers.get(uplink.name);
      return server === undefined || uplink?.isGatewayDead === true || !isLinkUp(one) ? null : server;
    },
    ignores: (name) => {
      const how = options.uplinks.find((one) => one.interface === name)?.dhcp;
      return { routes: how?.ignoresRoutes === true, dns: how?.ignoresDns === true };
    },
  });

  const extra = options.interfaces ?? [];
  const count = extra.length + 1 + options.uplinks.length;
  const details = (name: string): NicDescription =>
    options.details?.find((one) => one.name === name) ?? { name };
  interfaces.add({ name: 'lo0', addresses: LOOPBACK_ADDRESSES }, count + 2);
  for (const description of extra) interfaces.add(description);
  const { lan } = options;
  const merged = (name: string, own: readonly (string | undefined)[]): NicDescription => {
    const more = details(name);
    return {
      ...more,
      name,
      addresses: [...own.filter((text) => text !== undefined), ...(more.addresses ?? [])],
    };
  };
  interfaces.add(merged(lan.interface, [lan.address, lan.address6]));
  for (const description of options.uplinks) {
    const { name, dhcp: how } = description;
    const uplink = createUplink(description);
    uplinks.set(name, uplink);
    byNic.set(uplink.interface, uplink);
    if (how === undefined) {
      interfaces.add(merged(description.interface, [description.address, description.address6]));
      continue;
    }
    dhcpServers.set(name, createDhcpServer(how, description.address, description.gateway));
    const made = interfaces.add({
      ...merged(description.interface, [description.address6]),
      isAutoconf: true,
    });
    if (how.isBoundAtStart !== false) dhcp.bind(made);
  }
  interfaces.add({ name: 'enc0' });
  interfaces.skipIndex();
  interfaces.addLoopbacks(options.loopbacks ?? []);
  if (options.defaultRoute !== undefined) {
    const gateway = parseAddress(options.defaultRoute);
    if (gateway !== null)
      routing.add(0, {
        destination: createPrefix(gateway.family, 0n, 0),
        gateway: options.defaultRoute,
        priority: null,
        label: null,
        mpath: false,
        reject: false,
        blackhole: false,
        pid: 0,
      });
  }

  const { forward, send, isLocalAddress, solicit } = createForwarding({
    clock,
    random,
    routing,
    firewall,
    sysctls,
    nic,
    attached,
    uplinkBehind: (name) => byNic.get(name) ?? null,
    queues,
  });

  const isOwnSource = (on: Nic, packet: Packet): boolean => {
    const source = parseAddress(packet.source);
    const lease = dhcpServers.get(byNic.get(on.name)?.name ?? '');
    // what was given out, not what somebody still has
    if (lease !== undefined && source?.family === 'inet')
      return doesContain(createPrefix('inet', lease.address.value, lease.length), source);
    return (
      source !== null &&
      on.addresses.some((one) =>
        doesContain(createPrefix(one.address.family, one.address.value, one.length), source),
      )
    );
  };

  const answer = (on: Nic, packet: Packet): Exchange => {
    const uplink = byNic.get(on.name);
    if (uplink === undefined)
      return { kind: 'answered', afterMs: 0.2 + far.next() * 0.3, copies: 1, ttl: 255 };
    return exchange(uplink, packet, isOwnSource(on, packet), far);
  };

  const needUplink = (name: string): Uplink => {
    const one = uplinks.get(name) ?? byNic.get(name);
    if (one === undefined) throw new RangeError(`emulator: no uplink ${name}`);
    return one;
  };

  const offer = (name: string): { readonly server: DhcpServer; readonly index: number | null } => {
    const uplink = needUplink(name);
    const server = dhcpServers.get(uplink.name);
    if (server === undefined) throw new RangeError(`emulator: ${name} is no DHCP uplink`);
    return { server, index: nic(uplink.interface)?.index ?? null };
  };
  const setDhcpOffer = (name: string, change: DhcpOffer): void => {
    const { server } = offer(name);
    const uplink = needUplink(name);
    const { address, gateway, nameservers, leaseSeconds } = change;
    const parsed = address === undefined ? null : parseInterfaceAddress(address);
    if (parsed !== null) {
      server.address = parsed.address;
      server.length = parsed.length;
    }
    if (gateway !== undefined) {
      if (server.identifier === server.gateway) server.identifier = gateway;
      server.gateway = gateway;
      uplink.gateway = gateway;
    }
    server.nameservers = nameservers ?? server.nameservers;
    server.leaseSeconds = leaseSeconds ?? server.leaseSeconds;
  };
  const dhcpRenew = (name: string): void => {
    const { index } = offer(name);
    if (index !== null) dhcp.request(index);
  };
  let mayAskDhcpleased = true;

  listeners.add(dhcp.hear);
  const router: Router = {
    clock,
    random,
    routing,
    firewall,
    faults: createFaultBoard(),
    uplinks,
    lan: createLan(() => router, lan.interface),
    lanInterface: lan.interface,
    sysctls,
    files,
    syslog: [],
    queues,
    statesListedPerSecond: options.statesListedPerSecond ?? null,
    dhcp,
    get mayAskDhcpleased() {
      return mayAskDhcpleased;
    },
    nics: attached,
    nic,
    groupsOf,
    nextPid,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    forward,
    send,
    answer,
    isLocalAddress,
    solicit,
    setCarrier: interfaces.setCarrier,
    setInterfaceUp: interfaces.setUp,
    setAutoconf: interfaces.setAutoconf,
    setRdomain: interfaces.setRdomain,
    setAddress: interfaces.setAddress,
    addAddress: interfaces.addAddress,
    removeAddress: interfaces.removeAddress,
    detach: interfaces.detach,
    attach: interfaces.attach,
    createInterface: (description) => void interfaces.create(description),
    setDark: (name, isDark) => {
      needUplink(name).isDark = isDark;
    },
    setGatewayDead: (name, isDead) => {
      needUplink(name).isGatewayDead = isDead;
    },
    setLoss: (name, loss) => {
      needUplink(name).loss = loss;
    },
    setLatency: (name, latencyMs, jitterMs) => {
      const uplink = needUplink(name);
      uplink.latencyMs = latencyMs;
      uplink.jitterMs = jitterMs ?? uplink.jitterMs;
    },
    setBlackhole: (name, target, isSilent) => {
      const { blackholes } = needUplink(name);
      if (isSilent) blackholes.add(target);
      else blackholes.delete(target);
    },
    setGateway: (name, gateway) => {
      const uplink = needUplink(name);
      if (gateway.includes(':')) uplink.gateway6 = gateway;
      else uplink.gateway = gateway;
    },
    setDhcpOffer,
    dhcpRenew,
    dhcpRenumber: (name, change) => {
      setDhcpOffer(name, change);
      dhcpRenew(name);
    },
    dhcpExpire: (name) => {
      const { server, index } = offer(name);
      server.isSilent = true;
      if (index !== null) dhcp.expire(index);
    },
    setDhcpSilent: (name, isSilent) => {
      offer(name).server.isSilent = isSilent;
    },
    setDhcpleasedRunning: dhcp.setRunning,
    setDhcpleasedAllowed: (isAllowed) => {
      mayAskDhcpleased = isAllowed;
    },
    desync: () => emit({ kind: 'desync' }),
  };
  return router;
};
