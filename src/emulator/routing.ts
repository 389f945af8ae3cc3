/**
 * The routing tables as the machine uses them: one object over where routes are kept (route-store.ts), what the kernel makes by itself
 * (address-route.ts) and what programs ask for (route-request.ts). Sources: OPENBSD.md 3b and 3f, transcripts route-*.
 */
import type { Address, Family, Prefix } from './address.ts';
import {
  addAddressRoutes,
  changeAddressRoutes,
  forgetNeighbourRoutes,
  removeAddressRoutes,
} from './address-route.ts';
import type { Nic, NicAddress } from './nic.ts';
import { addRoute, changeRoute, removeRoute } from './route-request.ts';
import type { RoutingWorld } from './route-store.ts';
import { createRouteStore, sortRoutes } from './route-store.ts';
import type { Route, RouteError, RoutingTable, StaticRoute } from './route-table.ts';

export interface Routing {
  readonly tables: ReadonlyMap<number, RoutingTable>;
  /** Makes the table if it is not there; in rdomain 0 unless told. */
  create(number: number, rdomain?: number): RoutingTable;
  rdomainOf(number: number): number;
  /** The best route, also one whose link is down; null without any. Of equals the first, unless a source makes it multipath. */
  lookup(table: number, destination: Address, source?: string | null): Route | null;
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
    sequence?: number,
  ): RouteError | null;
  /** Somebody has asked for a route, and all listeners hear the answer. */
  report(table: number, destination: Prefix, route: Route | null, pid: number): void;
  addAddress(nic: Nic, one: NicAddress): RouteError | null;
  removeAddress(nic: Nic, one: NicAddress): void;
  /** Point-to-point: another address and peer in the place of the old one, routes by it stay. */
  changeAddress(nic: Nic, before: NicAddress, after: NicAddress, between?: () => void): void;
  /** To be told when the link of an interface has come or gone. */
  relink(nic: string): void;
  /** The neighbour's entry, made if there is none. */
  neighbour(nic: Nic, address: Address): Route;
  forgetNeighbours(nic: Nic, deleted: boolean): void;
  /** Routes in the order in which route(8) shows them. */
  list(table: number, family: Family): readonly Route[];
}

export const createRouting = (world: RoutingWorld): Routing => {
  const store = createRouteStore(world);
  return {
    tables: store.tables,
    create: store.create,
    rdomainOf: (number) => store.tables.get(number)?.rdomain ?? 0,
    lookup: (table, destination, source = null) => store.lookup(table, destination, source),
    isValid: store.isUp,
    add: (table, wanted) => addRoute(store, table, wanted),
    change: (table, wanted) => changeRoute(store, table, wanted),
    remove: (table, destination, gateway, priority, pid, sequence = 1) =>
      removeRoute(store, table, { destination, gateway, priority, pid, sequence }),
    report: (table, destination, route, pid) => {
      if (route !== null) store.tell('get', table, route, store.isUp(route), { pid });
      else store.fail('get', table, { destination, gateway: null, label: null, mpath: false, pid }, 'ESRCH');
    },
    addAddress: (nic, one) => addAddressRoutes(store, nic, one),
    removeAddress: (nic, one) => removeAddressRoutes(store, nic, one),
    changeAddress: (nic, before, after, between) => changeAddressRoutes(store, nic, before, after, between),
    relink: store.relink,
    neighbour: store.neighbour,
    forgetNeighbours: (nic, deleted) => forgetNeighbourRoutes(store, nic, deleted),
    list: (table, family) =>
      sortRoutes(
        (store.tables.get(table)?.routes ?? []).filter((route) => route.prefix.family === family),
        store.penalty,
      ),
  };
};
