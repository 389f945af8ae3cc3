/** What the kernel says on its routing socket, as data. route-monitor.ts turns it into route(8)'s text. */
import type { Family } from './address.ts';
import type { Nic, NicAddress } from './nic.ts';
import type { Route } from './route-table.ts';

/** `get` is a report: whoever asks for a route is heard by all. */
export type RouteAction = 'add' | 'delete' | 'change' | 'get';

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
      readonly what: RouteAction;
      readonly table: number;
      readonly route: Route;
      readonly isUp: boolean;
      readonly pid: number;
      /** The how many-th message of its sender; 0 for the kernel's own. */
      readonly sequence: number;
    }
  /** A request that failed: shown with its errno and without DONE. */
  | {
      readonly kind: 'route-failed';
      readonly what: RouteAction;
      readonly table: number;
      readonly destination: string;
      readonly gateway: string | null;
      readonly label: string | null;
      readonly isMpath: boolean;
      readonly pid: number;
      readonly sequence: number;
      readonly errno: number;
    }
  /** Name servers that were learnt: dhcpleased(8), slaacd(8), umb(4). None: what was proposed is withdrawn. */
  | {
      readonly kind: 'proposal';
      readonly source: 'dhcp' | 'slaac' | 'umb' | 'ppp';
      readonly table: number;
      readonly name: string;
      readonly index: number;
      readonly family: Family;
      readonly servers: readonly string[];
      readonly pid: number;
      readonly sequence: number;
    }
  | { readonly kind: 'desync' };
