/**
 * The emulated OpenBSD 7.8 router: interfaces, addresses, routing tables, pf, the uplinks behind it, and what can happen to them.
 * One object, driven by the clock and the seed it is given. Commands read and change it through here; it prints nothing.
 */
import { createPrefix, doesContain, parseAddress } from './address.ts';
import type { Lan } from './clients.ts';
import { createLan } from './clients.ts';
import type { EmulatorClock } from './clock.ts';
import type { FaultBoard } from './fault.ts';
import { createFaultBoard } from './fault.ts';
import type { Forwarding } from './forwarding.ts';
import { createForwarding } from './forwarding.ts';
import type { Nic, NicAddress } from './nic.ts';
import { addressesOf, driverOf, kindOf, parseNicAddress } from './nic.ts';
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

export interface Router extends Forwarding {
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
  nics(): readonly Nic[];
  nic(name: string): Nic | null;
  groupsOf(nic: Nic): readonly string[];
  /** A process id for a command. */
  nextPid(): number;
  subscribe(listener: (message: RouteMessage) => void): () => void;
  /** What the far side of an interface does with a packet that left by it. */
  answer(nic: Nic, packet: Packet): Exchange;
  /** Pulls or plugs the cable: RTM_IFINFO at once. */
  setCarrier(name: string, hasCarrier: boolean): void;
  /** `ifconfig NAME up|down`. */
  setInterfaceUp(name: string, isUp: boolean): void;
  /** Gives an interface an address in place of all of that family. */
  setAddress(name: string, address: string): void;
  addAddress(name: string, address: string): void;
  removeAddress(name: string, address: string): void;
  setDark(uplink: string, isDark: boolean): void;
  setGatewayDead(uplink: string, isDead: boolean): void;
  /** Loss in 0-1. */
  setLoss(uplink: string, loss: number): void;
  setLatency(uplink: string, latencyMs: number, jitterMs?: number): void;
  setBlackhole(uplink: string, target: string, isSilent: boolean): void;
  /** Another gateway answers from now on (renumbering); addresses and routes are changed apart from it. */
  setGateway(uplink: string, gateway: string): void;
  detach(name: string): void;
  attach(name: string): void;
  /** The routing socket overflows: listeners see RTM_DESYNC. */
  desync(): void;
}

export const createRouter = (options: RouterOptions): Router => {
  const { clock } = options;
  const random = createRandom(options.seed);
  const nics: Nic[] = [];
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
  const nic = (name: string): Nic | null => nics.find((one) => one.name === name && one.isAttached) ?? null;
  const routing = createRouting({
    nicOf: nic,
    version: () => version,
    isMultipath: (family) =>
      sysctls.get(family === 'inet' ? 'net.inet.ip.multipath' : 'net.inet6.ip6.multipath') === '1',
    emit,
  });

  // asked for at every rule with an interface; an interface's groups change with a route at most
  const groupCache = new Map<Nic, { readonly version: number; readonly groups: readonly string[] }>();
  const groupsOf = (one: Nic): readonly string[] => {
    const known = groupCache.get(one);
    if (known !== undefined && known.version === version) return known.groups;
    const own = one.kind === 'ethernet' ? [] : [driverOf(one.name)];
    const isEgress = routing.tables
      .get(0)
      ?.routes.some(
        (route) => route.prefix.length === 0 && route.kind === 'static' && route.nic === one.name,
      );
    const groups = [...own, ...(isEgress === true ? ['egress'] : []), ...one.groups];
    groupCache.set(one, { version, groups });
    return groups;
  };
  const attached = (): readonly Nic[] => nics.filter((one) => one.isAttached);

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

  const assign = (one: Nic, address: NicAddress): void => {
    one.addresses = [...one.addresses, address];
    emit({ kind: 'new-address', nic: one, address, isNamed: true });
    routing.addAddress(one, address);
  };
  const unassign = (one: Nic, address: NicAddress): void => {
    one.addresses = one.addresses.filter((other) => other !== address);
    routing.removeAddress(one, address);
  };

  const addNic = (description: NicDescription, index: number): Nic => {
    const kind = kindOf(description.name);
    const made: Nic = {
      name: description.name,
      index,
      kind,
      lladdr:
        kind === 'ethernet' ? (description.lladdr ?? `52:54:00:00:00:${(0x0f + index).toString(16)}`) : null,
      mtu: description.mtu ?? (kind === 'loopback' ? 32768 : kind === 'pppoe' ? 1492 : 1500),
      rdomain: description.rdomain ?? 0,
      description: description.description ?? null,
      groups: description.groups ?? [],
      isUp: kind !== 'enc',
      hasCable: true,
      hasCarrier: true,
      isAutoconf: description.isAutoconf ?? false,
      addresses: [],
      isAttached: true,
    };
    nics.push(made);
    routing.create(made.rdomain, made.rdomain);
    for (const text of description.addresses ?? [])
      assign(made, parseNicAddress(text, made.name, description.peer));
    return made;
  };

  const extra = options.interfaces ?? [];
  const count = extra.length + 1 + options.uplinks.length;
  const loopback: readonly string[] = ['::1/128', 'fe80::1/64', '127.0.0.1/8'];
  const details = (name: string): NicDescription =>
    options.details?.find((one) => one.name === name) ?? { name };
  addNic({ name: 'lo0', addresses: loopback }, count + 2);
  let index = 1;
  for (const description of extra) addNic(description, index++);
  const { lan } = options;
  addNic(
    {
      ...details(lan.interface),
      name: lan.interface,
      addresses: [
        lan.address,
        ...(lan.address6 === undefined ? [] : [lan.address6]),
        ...(details(lan.interface).addresses ?? []),
      ],
    },
    index++,
  );
  for (const description of options.uplinks) {
    const more = details(description.interface);
    addNic(
      {
        ...more,
        name: description.interface,
        addresses: [
          description.address,
          ...(description.address6 === undefined ? [] : [description.address6]),
          ...(more.addresses ?? []),
        ],
      },
      index++,
    );
    const uplink = createUplink(description);
    uplinks.set(uplink.name, uplink);
    byNic.set(uplink.interface, uplink);
  }
  addNic({ name: 'enc0' }, index++);
  index++;
  for (const rdomain of new Set(nics.map((one) => one.rdomain).filter((number) => number !== 0)))
    addNic({ name: `lo${rdomain}`, rdomain, addresses: loopback }, index++);
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

  const ifinfo = (one: Nic, carrier = one.hasCarrier): void =>
    emit({ kind: 'ifinfo', nic: one, carrier, isNamed: true });
  const need = (name: string): Nic => {
    const one = nic(name);
    if (one === null) throw new RangeError(`emulator: no interface ${name}`);
    return one;
  };
  const needUplink = (name: string): Uplink => {
    const one = uplinks.get(name) ?? byNic.get(name);
    if (one === undefined) throw new RangeError(`emulator: no uplink ${name}`);
    return one;
  };

  const setCarrier = (name: string, hasCarrier: boolean): void => {
    const one = need(name);
    if (one.hasCable === hasCarrier) return;
    one.hasCable = hasCarrier;
    one.hasCarrier = hasCarrier;
    ifinfo(one);
    if (!hasCarrier && driverOf(name) === 'em') routing.forgetNeighbours(one, true);
  };
  const setInterfaceUp = (name: string, isUp: boolean): void => {
    const one = need(name);
    if (one.isUp === isUp) return;
    one.isUp = isUp;
    const isEm = driverOf(name) === 'em';
    if (!isUp) {
      routing.forgetNeighbours(one, false);
      // the message still says active: the carrier is lost later, if at all
      ifinfo(one);
    } else if (isEm) {
      // em(4) negotiates anew: two messages without carrier, and the link a second later
      one.hasCarrier = false;
      ifinfo(one);
      ifinfo(one);
      if (one.hasCable)
        clock.after(1000, () => {
          if (!one.isUp || !one.hasCable || one.hasCarrier) return;
          one.hasCarrier = true;
          ifinfo(one);
        });
    } else ifinfo(one);
  };

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
    nics: attached,
    nic,
    groupsOf,
    nextPid: () => {
      pid = pid >= 99_999 ? 1000 : pid + 1 + random.below(3);
      return pid;
    },
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
    setCarrier,
    setInterfaceUp,
    setAddress: (name, text) => {
      const one = need(name);
      const wanted = parseNicAddress(text, name, undefined);
      for (const old of addressesOf(one, wanted.address.family)) unassign(one, old);
      assign(one, wanted);
    },
    addAddress: (name, text) => assign(need(name), parseNicAddress(text, name, undefined)),
    removeAddress: (name, text) => {
      const one = need(name);
      const bare = text.split('/')[0] ?? '';
      const old = one.addresses.find((each) => each.address.text === bare);
      if (old !== undefined) unassign(one, old);
    },
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
    detach: (name) => {
      const one = need(name);
      one.isUp = false;
      one.isAttached = false;
      emit({ kind: 'ifinfo', nic: one, carrier: one.hasCarrier, isNamed: false });
      for (const address of one.addresses) unassign(one, address);
      routing.forgetNeighbours(one, false);
      emit({ kind: 'announce', name, index: one.index, what: 'departure' });
    },
    attach: (name) => {
      const old = nics.findIndex((one) => one.name === name && !one.isAttached);
      const gone = nics[old];
      if (gone === undefined) throw new RangeError(`emulator: ${name} was never detached`);
      const next = Math.max(...nics.map((one) => one.index)) + 1;
      const made: Nic = {
        ...gone,
        index: next,
        isAttached: true,
        isUp: false,
        hasCarrier: gone.hasCable,
        addresses: [],
        rdomain: 0,
      };
      nics.splice(old, 1, made);
      emit({ kind: 'announce', name, index: next, what: 'arrival' });
    },
    desync: () => emit({ kind: 'desync' }),
  };
  return router;
};
