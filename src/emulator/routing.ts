/**
 * The routing tables: connected, local, neighbour and static routes, in rtables that belong to rdomains, and what becomes of them
 * when links, interfaces and addresses go. Sources: OPENBSD.md 3b and 3f, sys/net/{route,rtable,rtsock}.c, transcripts route-*.
 */
import type { Address, Family, Prefix } from './address.ts';
import { bitsOf, createPrefix, doesContain, parseAddress, renderValue } from './address.ts';
import type { Nic, NicAddress } from './nic.ts';
import { broadcastOf, isLinkUp } from './nic.ts';
import { createRouteLookup } from './route-lookup.ts';
import type { RouteMessage } from './route-message.ts';
import type { Route, RouteError, RouteKind, RoutingTable, StaticRoute } from './route-table.ts';
import { ERRNO } from './route-table.ts';

export interface Routing {
  readonly tables: ReadonlyMap<number, RoutingTable>;
  /** Makes the table if it is not there; in rdomain 0 unless told. */
  create(number: number, rdomain?: number): RoutingTable;
  rdomainOf(number: number): number;
  /** The best route, also one whose link is down; null without any. `spread` picks among equals (multipath). */
  lookup(table: number, destination: Address, spread?: number): Route | null;
  /** Whether the route is usable now: rtisvalid() in the kernel. */
  isValid(route: Route): boolean;
  add(table: number, wanted: StaticRoute): RouteError | null;
  change(table: number, wanted: StaticRoute): RouteError | null;
  remove(
    table: number,
    destination: Prefix,
    gateway: string | null,
    priority: number | null,
    pid: number,
  ): RouteError | null;
  addAddress(nic: Nic, one: NicAddress): void;
  /** Everything that hangs on the address goes, in every table. */
  removeAddress(nic: Nic, one: NicAddress): void;
  /** The neighbour's entry, made if there is none. */
  neighbour(nic: Nic, address: Address): Route;
  /** Forgets what was learnt by ARP behind an interface; `deleted` tells it on the routing socket, as em(4) does. */
  forgetNeighbours(nic: Nic, deleted: boolean): void;
  /** Routes in the order in which route(8) shows them. */
  list(table: number, family: Family): readonly Route[];
}

const compare = (a: Route, b: Route, down: (route: Route) => number): number => {
  if (a.prefix.value !== b.prefix.value) return a.prefix.value < b.prefix.value ? -1 : 1;
  if (a.prefix.length !== b.prefix.length) return a.prefix.length - b.prefix.length;
  return a.priority + down(a) - (b.priority + down(b));
};

/** `isMultipath` and `nicOf` are asked at every use, for both may change. */
export const createRouting = (world: {
  readonly nicOf: (name: string) => Nic | null;
  /** Changes with every message, so with every interface and address. */
  readonly version: () => number;
  readonly isMultipath: (family: Family) => boolean;
  readonly emit: (message: RouteMessage) => void;
}): Routing => {
  const tables = new Map<number, RoutingTable>();

  const create = (number: number, rdomain = 0): RoutingTable => {
    const there = tables.get(number);
    if (there !== undefined) return there;
    const made: RoutingTable = { number, rdomain, routes: [] };
    tables.set(number, made);
    return made;
  };
  create(0);

  const rdomainOf = (number: number): number => tables.get(number)?.rdomain ?? 0;
  const isUp = (route: Route): boolean => {
    if (route.kind === 'local') return true;
    const nic = world.nicOf(route.nic);
    return nic !== null && isLinkUp(nic);
  };
  const isValid = (route: Route): boolean => isUp(route);
  // a route whose link is down sorts behind all others (RTP_DOWN)
  const down = (route: Route): number => (isUp(route) ? 0 : 128);

  const routes = createRouteLookup({
    routesOf: (number) => tables.get(number)?.routes,
    penalty: down,
    isMultipath: world.isMultipath,
    version: world.version,
  });
  const lookup: Routing['lookup'] = (table, destination, spread = 0) =>
    routes.find(table, destination, spread);

  const insert = (table: RoutingTable, route: Route): void => {
    table.routes.push(route);
    table.routes.sort((a, b) => compare(a, b, () => 0));
  };
  const drop = (table: RoutingTable, route: Route): void => {
    neighbours.clear();
    table.routes = table.routes.filter((one) => one !== route);
  };
  const blank = {
    label: null,
    isMpath: false,
    reject: false,
    blackhole: false,
    isViaGateway: false,
    use: 0,
    rejectUntil: 0,
    asked: 0,
    askedAt: Number.NEGATIVE_INFINITY,
  };
  const tell = (what: 'add' | 'delete' | 'change', table: number, route: Route, up: boolean, pid = 0): void =>
    world.emit({ kind: 'route', what, table, route: { ...route }, isUp: up, pid });
  const fail = (
    what: 'add' | 'delete' | 'change',
    table: number,
    prefix: Prefix,
    pid: number,
    error: RouteError,
  ): RouteError => {
    world.emit({
      kind: 'route-failed',
      what,
      table,
      destination: renderValue(prefix.family, prefix.value),
      pid,
      errno: ERRNO[error],
    });
    return error;
  };

  // by interface and address, until any route goes
  const neighbours = new Map<string, Map<string, Route>>();
  const remember = (nic: Nic, address: Address, route: Route): Route => {
    const known = neighbours.get(nic.name) ?? new Map<string, Route>();
    neighbours.set(nic.name, known.set(address.text, route));
    return route;
  };
  const neighbour = (nic: Nic, address: Address): Route => {
    const known = neighbours.get(nic.name)?.get(address.text);
    if (known !== undefined) return known;
    const table = create(nic.rdomain, nic.rdomain);
    const length = bitsOf(address.family);
    const there = table.routes.find(
      (route) =>
        route.kind === 'neighbour' &&
        route.nic === nic.name &&
        route.prefix.family === address.family &&
        route.prefix.value === address.value,
    );
    if (there !== undefined) return remember(nic, address, there);
    const source = nic.addresses.find(
      (one) =>
        one.address.family === address.family &&
        doesContain(createPrefix(address.family, one.address.value, one.length), address),
    );
    const route: Route = {
      ...blank,
      kind: 'neighbour',
      prefix: createPrefix(address.family, address.value, length),
      isHost: true,
      gateway: null,
      nic: nic.name,
      source: source?.address.text ?? '',
      priority: 3,
    };
    insert(table, route);
    tell('add', table.number, route, true);
    return remember(nic, address, route);
  };

  /** The connected interface on which a gateway must be, in the table's rdomain. */
  const resolveGateway = (
    table: RoutingTable,
    gateway: Address,
  ): { readonly nic: Nic; readonly source: string } | null => {
    const route = lookup(table.rdomain, gateway);
    if (route === null || route.isViaGateway || !isValid(route)) return null;
    const nic = world.nicOf(route.nic);
    if (nic === null) return null;
    if (nic.kind === 'ethernet' && route.kind !== 'local') neighbour(nic, gateway);
    return { nic, source: route.source };
  };

  const samePrefix = (route: Route, prefix: Prefix): boolean =>
    route.prefix.family === prefix.family &&
    route.prefix.value === prefix.value &&
    route.prefix.length === prefix.length;
  const markMpath = (table: RoutingTable, prefix: Prefix, priority: number): void => {
    const equals = table.routes.filter(
      (route) => route.kind === 'static' && samePrefix(route, prefix) && route.priority === priority,
    );
    if (equals.length === 1) for (const route of equals) route.isMpath = false;
  };

  const add = (number: number, wanted: StaticRoute): RouteError | null => {
    // the table is made before the gateway is looked at: a failing add leaves an empty table behind
    const table = create(number);
    const gateway = parseAddress(wanted.gateway);
    const reached = gateway === null ? null : resolveGateway(table, gateway);
    if (gateway === null || reached === null || gateway.family !== wanted.destination.family)
      return fail('add', number, wanted.destination, wanted.pid, 'ENETUNREACH');
    const priority = wanted.priority ?? 8;
    const equals = table.routes.filter(
      (route) => samePrefix(route, wanted.destination) && route.priority === priority,
    );
    if (equals.some((route) => !wanted.mpath || route.gateway === gateway.text))
      return fail('add', number, wanted.destination, wanted.pid, 'EEXIST');
    const route: Route = {
      ...blank,
      kind: 'static',
      prefix: wanted.destination,
      isHost: wanted.destination.length === bitsOf(wanted.destination.family),
      gateway: gateway.text,
      isViaGateway: true,
      nic: reached.nic.name,
      source: reached.source,
      priority,
      label: wanted.label,
      isMpath: wanted.mpath,
      reject: wanted.reject,
      blackhole: wanted.blackhole,
    };
    for (const other of equals) other.isMpath = true;
    insert(table, route);
    tell('add', number, route, true, wanted.pid);
    return null;
  };

  const change = (number: number, wanted: StaticRoute): RouteError | null => {
    const table = tables.get(number);
    const there = table?.routes.find(
      (route) =>
        route.kind === 'static' &&
        samePrefix(route, wanted.destination) &&
        (wanted.priority === null || route.priority === wanted.priority),
    );
    if (table === undefined || there === undefined)
      return fail('change', number, wanted.destination, wanted.pid, 'ESRCH');
    const gateway = parseAddress(wanted.gateway);
    const reached = gateway === null ? null : resolveGateway(table, gateway);
    if (gateway === null || reached === null)
      return fail('change', number, wanted.destination, wanted.pid, 'ENETUNREACH');
    there.gateway = gateway.text;
    there.nic = reached.nic.name;
    there.source = reached.source;
    tell('change', number, there, true, wanted.pid);
    return null;
  };

  const remove: Routing['remove'] = (number, destination, gateway, priority, pid) => {
    const table = tables.get(number);
    const text = gateway === null ? null : (parseAddress(gateway)?.text ?? gateway);
    const there = table?.routes.find(
      (route) =>
        (route.kind === 'static' || route.kind === 'neighbour') &&
        samePrefix(route, destination) &&
        (text === null || route.gateway === text) &&
        (priority === null || route.priority === priority),
    );
    if (table === undefined || there === undefined) return fail('delete', number, destination, pid, 'ESRCH');
    drop(table, there);
    markMpath(table, destination, there.priority);
    tell('delete', number, there, false, pid);
    return null;
  };

  const hostPrefix = (address: Address): Prefix =>
    createPrefix(address.family, address.value, bitsOf(address.family));

  const addAddress = (nic: Nic, one: NicAddress): void => {
    const table = create(nic.rdomain, nic.rdomain);
    const { address, length } = one;
    const base = { ...blank, nic: nic.name, source: address.text };
    const local: Route = {
      ...base,
      kind: 'local',
      prefix: hostPrefix(address),
      isHost: true,
      gateway: nic.kind === 'loopback' ? address.text : nic.lladdr,
      priority: 1,
    };
    insert(table, local);
    tell('add', table.number, local, true);
    if (nic.kind === 'loopback') return;
    if (one.peer !== null) {
      const peer = parseAddress(one.peer);
      if (peer === null) return;
      const route: Route = {
        ...base,
        kind: 'connected',
        prefix: hostPrefix(peer),
        isHost: true,
        gateway: address.text,
        priority: 8,
      };
      insert(table, route);
      tell('add', table.number, route, true);
      return;
    }
    const connected: Route = {
      ...base,
      kind: 'connected',
      prefix: createPrefix(address.family, address.value, length),
      isHost: false,
      gateway: address.text,
      priority: 4,
    };
    insert(table, connected);
    tell('add', table.number, connected, true);
    const broadcast = broadcastOf(one);
    const end = broadcast === null ? null : parseAddress(broadcast);
    if (end === null) return;
    const route: Route = {
      ...base,
      kind: 'broadcast',
      prefix: hostPrefix(end),
      isHost: true,
      gateway: address.text,
      priority: 1,
    };
    insert(table, route);
    tell('add', table.number, route, true);
  };

  const removeAddress = (nic: Nic, one: NicAddress): void => {
    const hangs = (route: Route): boolean => route.nic === nic.name && route.source === one.address.text;
    const table = create(nic.rdomain, nic.rdomain);
    const take = (kind: RouteKind, up: boolean): void => {
      for (const route of table.routes.filter((each) => each.kind === kind && hangs(each))) {
        drop(table, route);
        tell('delete', table.number, route, up);
      }
    };
    take('neighbour', true);
    take('connected', false);
    take('broadcast', false);
    take('local', false);
    world.emit({ kind: 'delete-address', nic, address: one, isNamed: nic.isAttached });
    for (const each of tables.values())
      for (const route of each.routes.filter(
        (candidate) => candidate.kind === 'static' && hangs(candidate),
      )) {
        drop(each, route);
        markMpath(each, route.prefix, route.priority);
        tell('delete', each.number, route, true);
      }
  };

  const forgetNeighbours = (nic: Nic, deleted: boolean): void => {
    for (const table of tables.values())
      for (const route of table.routes.filter((each) => each.kind === 'neighbour' && each.nic === nic.name)) {
        if (deleted) {
          tell('delete', table.number, route, true);
          drop(table, route);
        }
        route.gateway = null;
        route.asked = 0;
        route.rejectUntil = 0;
      }
  };

  return {
    tables,
    create,
    rdomainOf,
    lookup,
    isValid,
    add,
    change,
    remove,
    addAddress,
    removeAddress,
    neighbour,
    forgetNeighbours,
    list: (table, family) =>
      [...(tables.get(table)?.routes ?? [])]
        .filter((route) => route.prefix.family === family)
        .sort((a, b) => compare(a, b, down)),
  };
};
