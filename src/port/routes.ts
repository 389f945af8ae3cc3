/** Port: the paths' own routing tables. */
import type { RtableFound } from '../core/rtable.ts';
import type { RouteResult, RouteWish } from '../core/transaction.ts';

export interface Routes {
  /** Makes each path's default route what is wished, writing only what differs. Never rejects; one result per wish, in order. */
  ensure(wishes: readonly RouteWish[]): Promise<readonly RouteResult[]>;
  /** The default routes of the tables from `first` on, up to the first that there is not. Never rejects: what cannot be read ends it. */
  find(first: number): Promise<readonly RtableFound[]>;
}
