/** What the kernel says on its routing socket, as data. route-monitor.ts turns it into route(8)'s text. */
import type { Nic, NicAddress } from './nic.ts';
import type { Route } from './route-table.ts';

export type RouteMessage =
  | { readonly kind: 'ifinfo'; readonly nic: Nic; readonly carrier: boolean; readonly isNamed: boolean }
  | {
      readonly kind: 'announce';
      readonly name: string;
      readonly index: number;
      readonly what: 'arrival' | 'departure';
    }
  | {
      readonly kind: 'new-address' | 'delete-address';
      readonly nic: Nic;
      readonly address: NicAddress;
      readonly isNamed: boolean;
    }
  | {
      readonly kind: 'route';
      readonly what: 'add' | 'delete' | 'change';
      readonly table: number;
      readonly route: Route;
      readonly isUp: boolean;
      readonly pid: number;
    }
  /** A request that failed: shown with its errno and without DONE. */
  | {
      readonly kind: 'route-failed';
      readonly what: 'add' | 'delete' | 'change';
      readonly table: number;
      readonly destination: string;
      readonly pid: number;
      readonly errno: number;
    }
  | { readonly kind: 'desync' };
