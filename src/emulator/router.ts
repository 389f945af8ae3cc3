/**
 * The emulated OpenBSD 7.8 router: interfaces, addresses, routing tables, pf, the uplinks behind it, and what can happen to them.
 * One object, driven by the clock and the seed it is given. Commands read and change it through here; it prints nothing.
 */
import { createPrefix, parseAddress } from './address.ts';
import { createBoot } from './boot.ts';
import type { Lan } from './clients.ts';
import { createLan } from './clients.ts';
import type { EmulatorClock } from './clock.ts';
import type { Dhcp } from './dhcp.ts';
import { createDhcp } from './dhcp.ts';
import type { FarSide } from './far-side.ts';
import { createFarSide } from './far-side.ts';
import type { FaultBoard } from './fault.ts';
import { createFaultBoard } from './fault.ts';
import type { Forwarding } from './forwarding.ts';
import { createForwarding } from './forwarding.ts';
import type { Interfaces } from './interfaces.ts';
import { createInterfaces } from './interfaces.ts';
import { createLearned } from './learned.ts';
import type { LinkLife } from './link-life.ts';
import { createLinkLife } from './link-life.ts';
import type { Nic } from './nic.ts';
import { isLinkUp } from './nic.ts';
import type { Firewall } from './pf.ts';
import { createFirewall } from './pf.ts';
import type { Queues } from './pf-queue.ts';
import { createQueues } from './pf-queue.ts';
import type { Pppoe } from './pppoe.ts';
import { createPppoe } from './pppoe.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import type { RouteMessage } from './route-message.ts';
import type { NicDescription, RouterOptions } from './router-options.ts';
import { SYSCTLS } from './router-options.ts';
import type { Routing } from './routing.ts';
import { createRouting } from './routing.ts';
import { createUserland, type Userland } from './userland.ts';

export interface Router
  extends Forwarding,
    LinkLife,
    Omit<FarSide, 'behind' | 'need'>,
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
  readonly userland: Userland;
  /** The same router as programs have it: on the clock of userland. */
  readonly forPrograms: Router;
  readonly random: Random;
  readonly routing: Routing;
  readonly firewall: Firewall;
  readonly faults: FaultBoard;
  readonly lan: Lan;
  readonly lanInterface: string;
  readonly sysctls: Map<string, string>;
  readonly files: Map<string, string>;
  /** Demote counters of interface groups. */
  readonly demotions: Map<string, number>;
  /** Lines that logger(1) got. */
  readonly syslog: string[];
  /** Packets that have left, by interface and pf queue. */
  readonly queues: Queues;
  /** Null: a listing takes no time. */
  readonly statesListedPerSecond: number | null;
  readonly dhcp: Dhcp;
  readonly pppoe: Pppoe;
  /** Whether the caller of dhcpleasectl(8) may connect to its socket: root and wheel may. */
  readonly mayAskDhcpleased: boolean;
  nics(): readonly Nic[];
  nic(name: string): Nic | null;
  groupsOf(nic: Nic): readonly string[];
  /** A process id for a command. */
  nextPid(): number;
  subscribe(listener: (message: RouteMessage) => void): () => void;
  /** `ifconfig NAME up|down`. */
  setInterfaceUp(name: string, isUp: boolean): void;
  /** `ifconfig NAME create`, or a device that is plugged in. It is down, and in rdomain 0 unless told. */
  createInterface(description: NicDescription): void;
  /** The routing socket overflows: listeners see RTM_DESYNC. */
  desync(): void;
  /** While it is full, what happens is lost to listeners; then they see RTM_DESYNC. */
  setOverflowing(isFull: boolean): void;
}

export const createRouter = (options: RouterOptions): Router => {
  const { clock } = options;
  const random = createRandom(options.seed);
  const sysctls = new Map(SYSCTLS);
  const files = new Map(options.files ?? []);
  const listeners = new Set<(message: RouteMessage) => void>();
  const farRandom = random.fork('far side');
  let version = 0;
  let pid = 1000 + random.below(30_000);
  let mayAskDhcpleased = true;

  let isOverflowing = false;
  const emit = (message: RouteMessage): void => {
    version++;
    if (isOverflowing) return;
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
    jitter: random.fork('route hash').below(4_294_967_296) | 0,
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
      isRoutable: (rtable, address) => routing.lookup(rtable, address) !== null,
      version: () => version,
      now: () => clock.now(),
    },
    random.fork('pf'),
  );
  const queues = createQueues(() => firewall.queues);
  const far = createFarSide({ uplinks: options.uplinks, random: farRandom, nicOf: nic });

  const dhcp = createDhcp({
    clock,
    interfaces,
    routing,
    emit,
    files,
    pid: nextPid,
    serverBehind: (one) => {
      const uplink = far.behind(one.name);
      return uplink === null || uplink.isGatewayDead || !isLinkUp(one) ? null : far.dhcpServerOf(uplink.name);
    },
    ignores: (name) => {
      const how = options.uplinks.find((one) => one.interface === name)?.dhcp;
      return { routes: how?.ignoresRoutes === true, dns: how?.ignoresDns === true };
    },
  });
  const pppoe = createPppoe({ clock, interfaces, routing });
  const learned = createLearned({ interfaces, routing, emit, pid: nextPid });
  const boot = createBoot({ options, interfaces, far, dhcp, pppoe, learned });
  boot.run();
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
  listeners.add(dhcp.hear);
  listeners.add(pppoe.hear);

  const forwarding = createForwarding({
    clock,
    routing,
    firewall,
    sysctls,
    nic,
    attached,
    uplinkBehind: far.behind,
    queues,
  });
  const life = createLinkLife({
    descriptions: options.uplinks,
    far,
    interfaces,
    dhcp,
    pppoe,
    learned,
    setDhcpleasedAllowed: (isAllowed) => {
      mayAskDhcpleased = isAllowed;
    },
  });

  const userland = createUserland(clock);
  const router: Router = {
    ...forwarding,
    ...life,
    ...far,
    clock,
    userland,
    get forPrograms() {
      return forPrograms;
    },
    random,
    routing,
    firewall,
    faults: createFaultBoard(),
    lan: createLan(() => router, options.lan.interface),
    lanInterface: options.lan.interface,
    sysctls,
    files,
    demotions: new Map(),
    syslog: [],
    queues,
    statesListedPerSecond: options.statesListedPerSecond ?? null,
    dhcp,
    pppoe,
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
    setCarrier: interfaces.setCarrier,
    setInterfaceUp: interfaces.setUp,
    setAutoconf: interfaces.setAutoconf,
    setRdomain: interfaces.setRdomain,
    setAddress: interfaces.setAddress,
    addAddress: interfaces.addAddress,
    removeAddress: interfaces.removeAddress,
    detach: interfaces.detach,
    attach: (name) => {
      interfaces.attach(name);
      boot.addSession(interfaces.need(name), false);
    },
    createInterface: (description) => boot.addSession(interfaces.create(description), false),
    desync: () => emit({ kind: 'desync' }),
    setOverflowing: (isFull) => {
      if (isOverflowing && !isFull) {
        isOverflowing = false;
        emit({ kind: 'desync' });
      }
      isOverflowing = isFull;
    },
  };
  const forPrograms: Router = Object.create(router, { clock: { value: userland.clock } });
  return router;
};
