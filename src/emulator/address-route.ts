/**
 * The routes that the kernel makes by itself for an address of an interface, and takes away with it: local, connected, broadcast, the peer
 * of a point-to-point link (sys/netinet/in.c, sys/net/route.c; transcripts route-monitor-addr-*, -create-destroy, -dhcp*).
 */
import type { Address } from './address.ts';
import { bitsOf, createPrefix, parseAddress } from './address.ts';
import type { Nic, NicAddress } from './nic.ts';
import { broadcastOf, isLinkUp, isPointToPoint } from './nic.ts';
import type { RouteStore } from './route-store.ts';
import type { Route, RouteError, RouteKind } from './route-table.ts';
import { BLANK } from './route-table.ts';

const hostPrefix = (address: Address) => createPrefix(address.family, address.value, bitsOf(address.family));

/** The magical "any" address of a session that is not up gets no local route, and nothing is said of it (rt_ifa_addlocal). */
const isAny = (address: Address): boolean => address.value === 0n;

const peerRoute = (nic: Nic, one: NicAddress): Route | null => {
  const peer = one.peer === null ? null : parseAddress(one.peer);
  // in_addhost() would put 0.0.0.0 where default routes are
  if (peer === null || peer.family !== one.address.family || isAny(peer)) return null;
  return {
    ...BLANK,
    kind: 'connected',
    prefix: hostPrefix(peer),
    isHost: true,
    nic: nic.name,
    source: one.address.text,
    gateway: one.address.text,
    priority: 8 + nic.priority,
  };
};

const localRoute = (nic: Nic, one: NicAddress): Route => ({
  ...BLANK,
  kind: 'local',
  prefix: hostPrefix(one.address),
  isHost: true,
  nic: nic.name,
  source: one.address.text,
  gateway: nic.kind === 'loopback' || isPointToPoint(nic.kind) ? one.address.text : nic.lladdr,
  priority: 1,
});

/** `EEXIST` when another interface of the rdomain has that very address: the kernel takes it back then. */
export const addAddressRoutes = (store: RouteStore, nic: Nic, one: NicAddress): RouteError | null => {
  const table = store.create(nic.rdomain, nic.rdomain);
  const { address, length } = one;
  const add = (route: Route): RouteError | null => {
    const error = store.insert(table, route, true);
    if (error === null)
      store.tell('add', table.number, route, store.isUp(route), undefined, !store.isUp(route));
    return error;
  };
  const isTaken = table.routes.some((route) => route.kind === 'local' && route.source === address.text);
  if (!isAny(address) && !isTaken) {
    store.world.emit({ kind: 'new-address', nic, address: one, isNamed: true });
    add(localRoute(nic, one));
  }
  if (nic.kind === 'loopback') return null;
  if (isPointToPoint(nic.kind)) {
    const route = peerRoute(nic, one);
    return route === null ? null : add(route);
  }
  const base = { ...BLANK, nic: nic.name, source: address.text, gateway: address.text } as const;
  const error = add({
    ...base,
    kind: 'connected',
    prefix: createPrefix(address.family, address.value, length),
    isHost: false,
    isCloning: true,
    priority: 4 + nic.priority,
  });
  if (error !== null) return error;
  const end = parseAddress(broadcastOf(one) ?? '');
  if (end !== null) add({ ...base, kind: 'broadcast', prefix: hostPrefix(end), isHost: true, priority: 1 });
  return null;
};

/** Everything that hangs on the address goes, in every table; those that were asked for last (in_purgeaddr). */
export const removeAddressRoutes = (store: RouteStore, nic: Nic, one: NicAddress): void => {
  const hangs = (route: Route): boolean => route.nic === nic.name && route.source === one.address.text;
  const table = store.create(nic.rdomain, nic.rdomain);
  const isDown = !isLinkUp(nic);
  const take = (kind: RouteKind, up: boolean): void => {
    for (const route of table.routes.filter((each) => each.kind === kind && hangs(each))) {
      store.drop(table, route);
      store.tell('delete', table.number, route, up, undefined, isDown && kind !== 'local');
    }
  };
  take('neighbour', !isDown);
  take('connected', false);
  take('broadcast', false);
  take('local', false);
  if (!isAny(one.address))
    store.world.emit({ kind: 'delete-address', nic, address: one, isNamed: nic.isAttached });
  for (const each of store.tables.values())
    for (const route of each.routes.filter((candidate) => candidate.kind === 'static' && hangs(candidate))) {
      store.drop(each, route);
      store.tell('delete', each.number, route, !isDown, undefined, isDown);
    }
};

/**
 * sppp_set_ip_addrs(): a point-to-point session gets another address and peer in place. Routes by it stay, and silently get the new peer as
 * their gateway (sppp_update_gw).
 */
export const changeAddressRoutes = (
  store: RouteStore,
  nic: Nic,
  before: NicAddress,
  after: NicAddress,
  /** Called when the old one is gone and the new one not yet there. */
  between: () => void = () => {},
): void => {
  const table = store.create(nic.rdomain, nic.rdomain);
  const hangs = (route: Route): boolean => route.nic === nic.name && route.source === before.address.text;
  for (const kind of ['connected', 'local'] as const)
    for (const route of table.routes.filter((each) => each.kind === kind && hangs(each))) {
      store.drop(table, route);
      store.tell('delete', table.number, route, false, undefined, kind === 'connected' && !isLinkUp(nic));
    }
  if (!isAny(before.address))
    store.world.emit({
      kind: 'delete-address',
      nic,
      address: { ...before, peer: after.peer },
      isNamed: true,
    });
  for (const each of store.tables.values())
    for (const route of each.routes)
      if (route.kind === 'static' && hangs(route)) {
        route.source = after.address.text;
        if (route.isViaGateway && after.peer !== null) route.gateway = after.peer;
      }
  between();
  addAddressRoutes(store, nic, after);
};

/** Forgets what was learnt by ARP behind an interface; `deleted` tells it on the routing socket, as em(4) does. */
export const forgetNeighbourRoutes = (store: RouteStore, nic: Nic, deleted: boolean): void => {
  for (const table of store.tables.values())
    for (const route of table.routes.filter((each) => each.kind === 'neighbour' && each.nic === nic.name)) {
      if (deleted) {
        store.tell('delete', table.number, route, true);
        store.drop(table, route);
      }
      route.gateway = null;
      route.asked = 0;
      route.rejectUntil = 0;
    }
};
