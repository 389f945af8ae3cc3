/** The nouns of routing: a route, a table, what can be asked for, what can go wrong. Types and errno only; routing.ts acts on them. */
import type { Prefix } from './address.ts';

export type RouteKind = 'connected' | 'local' | 'broadcast' | 'neighbour' | 'static';

export interface Route {
  readonly kind: RouteKind;
  readonly prefix: Prefix;
  readonly isHost: boolean;
  /** An IP address, a link-level address, or null for `link#N`. */
  gateway: string | null;
  isViaGateway: boolean;
  nic: string;
  /** The interface address that the route hangs on. */
  source: string;
  readonly priority: number;
  readonly label: string | null;
  isMpath: boolean;
  readonly reject: boolean;
  readonly blackhole: boolean;
  use: number;
  /** Neighbours only: until when the kernel answers EHOSTDOWN at once, and how often it has asked so far. */
  rejectUntil: number;
  asked: number;
  askedAt: number;
}

export interface RoutingTable {
  readonly number: number;
  readonly rdomain: number;
  routes: Route[];
}

export type RouteError = 'ESRCH' | 'EEXIST' | 'ENETUNREACH' | 'EINVAL';

/** The numbers that `errno` has in RTM messages. */
export const ERRNO: Readonly<Record<RouteError, number>> = {
  ESRCH: 3,
  EEXIST: 17,
  ENETUNREACH: 51,
  EINVAL: 22,
};

export interface StaticRoute {
  readonly destination: Prefix;
  readonly gateway: string;
  readonly priority: number | null;
  readonly label: string | null;
  readonly mpath: boolean;
  readonly reject: boolean;
  readonly blackhole: boolean;
  readonly pid: number;
}
