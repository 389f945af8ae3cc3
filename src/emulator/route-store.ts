/**
 * Where routes are kept: tables that belong to rdomains, their order, which of equals are multipath, neighbours, and what the routing
 * socket says of each change (sys/net/rtable.c, sys/net/route.c). Decides nothing about what may be asked for.
 */
import type { Address, Family, Prefix } from './address.ts';
import { bitsOf, createPrefix, doesContain, parseAddress, renderValue } from './address.ts';
import type { Nic } from './nic.ts';
import { isLinkUp } from './nic.ts';
import type { RouteLookup } from './route-lookup.ts';
import { createRouteLookup } from './route-lookup.ts';
import type { RouteAction, RouteMessage } from './route-message.ts';
import type { Route, RouteError, RoutingTable, StaticRoute } from './route-table.ts';
import { BLANK, ERRNO, isSamePrefix } from './route-table.ts';

/** What routing needs to know of the machine. All of it is asked at every use, for it changes. */
export interface RoutingWorld {
  readonly nicOf: (name: string) => Nic | null;
  /** Changes with every message, so with every interface and address. */
  readonly version: () => number;
  readonly isMultipath: (family: Family) => boolean;
  readonly emit: (message: RouteMessage) => void;
  /** Drawn once a boot: no two machines spread packets alike. */
  readonly jitter: number;
}

export interface RouteStore {
  readonly world: RoutingWorld;
  readonly tables: ReadonlyMap<number, RoutingTable>;
  create(number: number, rdomain?: number): RoutingTable;
  isUp(route: Route): boolean;
  /** 128 (RTP_DOWN) for a route whose link is down, which sorts it behind all others. */
  penalty(route: Route): number;
  readonly lookup: RouteLookup['find'];
  /** Only `mayShare` lets it stand beside another of the same prefix and priority. */
  insert(table: RoutingTable, route: Route, mayShare: boolean): RouteError | null;
  drop(table: RoutingTable, route: Route): void;
  /** The link of an interface has come or gone: its routes go behind their equals. */
  relink(nic: string): void;
  neighbour(nic: Nic, address: Address): Route;
  tell(
    what: RouteAction,
    table: number,
    route: Route,
    isUp: boolean,
    sender?: Sender,
    isDown?: boolean,
  ): void;
  fail(what: RouteAction, table: number, asked: Asked, error: RouteError): RouteError;
}

export interface Sender {
  readonly pid: number;
  readonly sequence?: number;
}

type Asked = Pick<StaticRoute, 'destination' | 'gateway' | 'pid' | 'label' | 'sequence' | 'mpath'>;

const compare = (a: Route, b: Route, penalty: (route: Route) => number): number => {
  if (a.prefix.value !== b.prefix.value) return a.prefix.value < b.prefix.value ? -1 : 1;
  if (a.prefix.length !== b.prefix.length) return a.prefix.length - b.prefix.length;
  return a.priority + penalty(a) - (b.priority + penalty(b));
};

/** In the order of route(8): by destination, then by priority, those that are down last. */
export const sortRoutes = (routes: readonly Route[], penalty: (route: Route) => number): Route[] =>
  [...routes].sort((a, b) => compare(a, b, penalty));

export const createRouteStore = (world: RoutingWorld): RouteStore => {
  const tables = new Map<number, RoutingTable>();
  const create = (number: number, rdomain = 0): RoutingTable => {
    const there = tables.get(number);
    if (there !== undefined) return there;
    const made: RoutingTable = { number, rdomain, routes: [] };
    tables.set(number, made);
    return made;
  };
  create(0);

  const isUp = (route: Route): boolean => {
    if (route.kind === 'local') return true;
    const nic = world.nicOf(route.nic);
    return nic !== null && isLinkUp(nic);
  };
  const penalty = (route: Route): number => (isUp(route) ? 0 : 128);
  const routes = createRouteLookup({
    routesOf: (number) => tables.get(number)?.routes,
    penalty,
    isMultipath: world.isMultipath,
    version: world.version,
    jitter: world.jitter,
  });

  // by interface and address, until any route goes
  const neighbours = new Map<string, Map<string, Route>>();

  const insert: RouteStore['insert'] = (table, route, mayShare) => {
    const equals = table.routes.filter(
      (one) => isSamePrefix(one, route.prefix) && one.priority === route.priority,
    );
    // the gateway of a clone is its interface's
    const isSameGateway = (one: Route): boolean =>
      one.gateway === route.gateway && (one.gateway !== null || one.nic === route.nic);
    if (equals.some((one) => !mayShare || isSameGateway(one))) return 'EEXIST';
    route.isMpath = equals.length > 0;
    for (const one of equals) one.isMpath = true;
    table.routes.push(route);
    table.routes = sortRoutes(table.routes, () => 0);
    return null;
  };

  const drop = (table: RoutingTable, route: Route): void => {
    neighbours.clear();
    table.routes = table.routes.filter((one) => one !== route);
    const equals = table.routes.filter(
      (one) => isSamePrefix(one, route.prefix) && one.priority === route.priority,
    );
    const [last] = equals;
    if (equals.length === 1 && last !== undefined) last.isMpath = false;
  };

  const relink = (nic: string): void => {
    for (const table of tables.values()) {
      const moved = table.routes.filter((one) => one.nic === nic && one.kind !== 'local');
      if (moved.length > 0)
        table.routes = sortRoutes([...table.routes.filter((one) => !moved.includes(one)), ...moved], () => 0);
    }
  };

  const tell: RouteStore['tell'] = (what, table, route, up, sender, isDown = false) =>
    world.emit({
      kind: 'route',
      what,
      table,
      route: { ...route, priority: route.priority + (isDown ? 128 : 0) },
      isUp: up,
      pid: sender?.pid ?? 0,
      sequence: sender === undefined || sender.pid === 0 ? 0 : (sender.sequence ?? 1),
    });

  const fail: RouteStore['fail'] = (what, table, asked, error) => {
    const prefix: Prefix = asked.destination;
    world.emit({
      kind: 'route-failed',
      what,
      table,
      destination: renderValue(prefix.family, prefix.value),
      gateway: asked.gateway,
      label: asked.label,
      isMpath: asked.mpath,
      pid: asked.pid,
      sequence: asked.sequence ?? 1,
      errno: ERRNO[error],
    });
    return error;
  };

  const remember = (nic: Nic, address: Address, route: Route): Route => {
    const known = neighbours.get(nic.name) ?? new Map<string, Route>();
    neighbours.set(nic.name, known.set(address.text, route));
    return route;
  };
  const neighbour = (nic: Nic, address: Address): Route => {
    const known = neighbours.get(nic.name)?.get(address.text);
    if (known !== undefined) return known;
    const table = create(nic.rdomain, nic.rdomain);
    const prefix = createPrefix(address.family, address.value, bitsOf(address.family));
    const there = table.routes.find(
      (route) => route.kind === 'neighbour' && route.nic === nic.name && isSamePrefix(route, prefix),
    );
    if (there !== undefined) return remember(nic, address, there);
    const parent = table.routes.find(
      (route) => route.isCloning && route.nic === nic.name && doesContain(route.prefix, address),
    );
    const source = nic.addresses.find(
      (one) =>
        one.address.family === address.family &&
        doesContain(createPrefix(address.family, one.address.value, one.length), address),
    );
    const route: Route = {
      ...BLANK,
      kind: 'neighbour',
      prefix,
      isHost: true,
      gateway: null,
      nic: nic.name,
      source: source?.address.text ?? parent?.source ?? '',
      priority: 3,
    };
    insert(table, route, true);
    tell('add', table.number, route, true);
    return remember(nic, address, route);
  };

  return {
    world,
    tables,
    create,
    isUp,
    penalty,
    lookup: routes.find,
    insert,
    drop,
    relink,
    neighbour,
    tell,
    fail,
  };
};

/** The address text, canonical where it is one. */
export const canonical = (text: string): string => parseAddress(text)?.text ?? text;
