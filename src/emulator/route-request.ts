/**
 * What programs ask of the routing socket: add, change, delete (sys/net/rtsock.c rtm_output(), sys/net/route.c rt_setgwroute(); transcripts
 * route-add-*, -change, -mpath-*, pppoe-route-add). Knows no command's syntax.
 */
import type { Address, Prefix } from './address.ts';
import { bitsOf, createPrefix, doesContain, parseAddress } from './address.ts';
import type { Nic } from './nic.ts';
import { isPointToPoint } from './nic.ts';
import type { RouteStore } from './route-store.ts';
import { canonical } from './route-store.ts';
import type { Route, RouteError, RoutingTable, StaticRoute } from './route-table.ts';
import { BLANK, isSamePrefix } from './route-table.ts';

interface Reached {
  readonly nic: Nic;
  readonly source: string;
}

/** The address of an interface from which another is in reach: the peer's, the one of its network, else the first of the family. */
const sourceOn = (nic: Nic, to: Address): string | null => {
  const own = nic.addresses.filter((one) => one.address.family === to.family);
  const found =
    own.find((one) => one.peer !== null && canonical(one.peer) === to.text) ??
    own.find(
      (one) =>
        !isPointToPoint(nic.kind) && doesContain(createPrefix(to.family, one.address.value, one.length), to),
    ) ??
    own[0];
  return found?.address.text ?? null;
};

/** rtm_getifa(): by which interface and with which address, from the interface that was named or from where the gateway is. */
const findInterface = (
  store: RouteStore,
  table: RoutingTable,
  wanted: StaticRoute,
  to: Address,
): Reached | RouteError => {
  if (wanted.nic !== undefined && wanted.nic !== null) {
    const nic = store.world.nicOf(wanted.nic);
    const source = nic === null ? null : sourceOn(nic, to);
    return nic === null || source === null ? 'ENETUNREACH' : { nic, source };
  }
  const route = store.lookup(table.rdomain, to, null);
  const nic = route === null ? null : store.world.nicOf(route.nic);
  return route === null || nic === null ? 'ENETUNREACH' : { nic, source: route.source };
};

/** rt_setgwroute(): the gateway must be in reach by that interface, in the table of the rdomain. */
const checkGateway = (
  store: RouteStore,
  table: RoutingTable,
  gateway: Address,
  by: Nic,
): RouteError | null => {
  const next = store.lookup(table.rdomain, gateway, null);
  if (next === null) return 'ENOENT';
  let route: Route = next;
  if (next.nic !== by.name) {
    // of several networks with the same prefix the interface's own is asked
    const parent = store.tables
      .get(table.rdomain)
      ?.routes.find((one) => one.isCloning && one.nic === by.name && doesContain(one.prefix, gateway));
    if ((next.kind !== 'neighbour' && !next.isCloning) || parent === undefined) return 'EHOSTUNREACH';
    route = parent;
  }
  if (route.isViaGateway) return 'ENETUNREACH';
  if (by.kind === 'ethernet' && route.kind !== 'local') store.neighbour(by, gateway);
  return null;
};

const resolve = (store: RouteStore, table: RoutingTable, wanted: StaticRoute): Reached | RouteError => {
  const { destination, gateway } = wanted;
  const to = gateway === null ? null : parseAddress(gateway);
  if (gateway === null) {
    const nic = store.world.nicOf(wanted.nic ?? '');
    const source = nic?.addresses.find((one) => one.address.family === destination.family);
    return nic === null || nic === undefined || source === undefined
      ? 'ENETUNREACH'
      : { nic, source: source.address.text };
  }
  if (to === null || to.family !== destination.family) return 'ENETUNREACH';
  const reached = findInterface(store, table, wanted, to);
  if (typeof reached === 'string') return reached;
  return checkGateway(store, table, to, reached.nic) ?? reached;
};

export const addRoute = (store: RouteStore, number: number, wanted: StaticRoute): RouteError | null => {
  // the table is made before the gateway is looked at: a failing add leaves an empty table behind
  const table = store.create(number);
  const reached = resolve(store, table, wanted);
  if (typeof reached === 'string') return store.fail('add', number, wanted, reached);
  const { destination } = wanted;
  const route: Route = {
    ...BLANK,
    kind: 'static',
    isStatic: wanted.isKernels !== true,
    prefix: destination,
    isHost: wanted.gateway !== null && destination.length === bitsOf(destination.family),
    isCloning: wanted.gateway === null,
    gateway: wanted.gateway === null ? reached.source : canonical(wanted.gateway),
    isViaGateway: wanted.gateway !== null,
    nic: reached.nic.name,
    source: reached.source,
    priority: wanted.priority ?? 8 + reached.nic.priority,
    label: wanted.label,
    reject: wanted.reject,
    blackhole: wanted.blackhole,
  };
  const error = store.insert(table, route, wanted.mpath);
  if (error !== null) return store.fail('add', number, wanted, error);
  const isUp = store.isUp(route);
  store.tell('add', number, route, isUp, wanted, !isUp);
  return null;
};

/** Of several by the same prefix only an exact gateway will do (rtm_output: "we require users to specify a matching gateway"). */
const find = (
  store: RouteStore,
  table: RoutingTable | undefined,
  destination: Prefix,
  gateway: string | null,
  priority: number | null,
): Route | null => {
  const all = [...(table?.routes ?? [])]
    .filter((route) => isSamePrefix(route, destination) && (priority === null || route.priority === priority))
    .sort((a, b) => a.priority + store.penalty(a) - (b.priority + store.penalty(b)));
  if (gateway !== null) return all.find((route) => route.gateway === canonical(gateway)) ?? null;
  const first = all[0] ?? null;
  return first?.isMpath === true ? null : first;
};

export const changeRoute = (store: RouteStore, number: number, wanted: StaticRoute): RouteError | null => {
  const { destination, gateway, priority } = wanted;
  const table = store.tables.get(number);
  const route =
    find(store, table, destination, gateway, priority) ?? find(store, table, destination, null, priority);
  if (table === undefined || route === null) return store.fail('change', number, wanted, 'ESRCH');
  if (route.kind === 'local' || route.kind === 'broadcast')
    return store.fail('change', number, wanted, 'EINVAL');
  const reached = resolve(store, table, wanted);
  if (typeof reached === 'string') return store.fail('change', number, wanted, reached);
  route.gateway = gateway === null ? route.gateway : canonical(gateway);
  route.nic = reached.nic.name;
  route.source = reached.source;
  if (wanted.label !== null) route.label = wanted.label;
  store.tell('change', number, route, store.isUp(route), wanted);
  return null;
};

export const removeRoute = (
  store: RouteStore,
  number: number,
  asked: Pick<StaticRoute, 'destination' | 'gateway' | 'priority' | 'pid' | 'sequence'>,
): RouteError | null => {
  const whole = { ...asked, label: null, mpath: false };
  const table = store.tables.get(number);
  const route = find(store, table, asked.destination, asked.gateway, asked.priority);
  if (table === undefined || route === null) return store.fail('delete', number, whole, 'ESRCH');
  if (route.kind === 'local' || route.kind === 'broadcast')
    return store.fail('delete', number, whole, 'EINVAL');
  store.drop(table, route);
  store.tell('delete', number, route, false, asked, !store.isUp(route));
  return null;
};
