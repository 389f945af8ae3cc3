/** Port: the paths' own routing tables. */
import type { RouteResult, RouteWish } from '../core/transaction.ts';

export interface Routes {
  /** Makes each path's default route what is wished, writing only what differs. Never rejects; one result per wish, in order. */
  ensure(wishes: readonly RouteWish[]): Promise<readonly RouteResult[]>;
}
