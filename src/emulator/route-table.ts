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
  label: string | null;
  isMpath: boolean;
  readonly reject: boolean;
  readonly blackhole: boolean;
  /** Made by a program, not by the kernel for itself: `S`. */
  readonly isStatic: boolean;
  /** Others are cloned from it: `C`. */
  readonly isCloning: boolean;
  use: number;
  /** Neighbours only: until when the kernel answers EHOSTDOWN at once, and how often it has asked so far. */
  rejectUntil: number;
  asked: number;
  askedAt: number;
}

export interface RoutingTable {
  readonly number: number;
  /** Once a table is an rdomain of its own it stays one until the next boot (sys/net/rtable.c, rtable_l2set). */
  rdomain: number;
  routes: Route[];
}

export type RouteError = 'ESRCH' | 'EEXIST' | 'ENETUNREACH' | 'EINVAL' | 'EHOSTUNREACH' | 'ENOENT';

/** The numbers that `errno` has in RTM messages. */
export const ERRNO: Readonly<Record<RouteError, number>> = {
  ENOENT: 2,
  ESRCH: 3,
  EEXIST: 17,
  EINVAL: 22,
  ENETUNREACH: 51,
  EHOSTUNREACH: 65,
};

/** What a program asks of the routing socket. */
export interface StaticRoute {
  readonly destination: Prefix;
  /** Null: to the hosts of the destination themselves, by `nic`; others are cloned from it. */
  readonly gateway: string | null;
  readonly priority: number | null;
  readonly label: string | null;
  readonly mpath: boolean;
  readonly reject: boolean;
  readonly blackhole: boolean;
  readonly pid: number;
  /** The interface, where the gateway does not say it: `-ifp`. */
  readonly nic?: string | null;
  /** The how many-th message it is of its sender. Default 1. */
  readonly sequence?: number;
  /** Made by a driver: not STATIC. */
  readonly isKernels?: boolean;
}

export const BLANK = {
  label: null,
  isMpath: false,
  reject: false,
  blackhole: false,
  isViaGateway: false,
  isStatic: false,
  isCloning: false,
  use: 0,
  rejectUntil: 0,
  asked: 0,
  askedAt: Number.NEGATIVE_INFINITY,
} as const;

export const isSamePrefix = (route: Route, prefix: Prefix): boolean =>
  route.prefix.family === prefix.family &&
  route.prefix.value === prefix.value &&
  route.prefix.length === prefix.length;
