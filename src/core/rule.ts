/**
 * What our anchors and tables may hold, as values: every kind of rule, a policy's own anchor, a table. How pf is told of them is
 * text/pf.ts's business, and which of them are wanted is ruleset.ts's.
 */
import type { Balance, Family, Prefix } from './model.ts';

/** How a rule sends a packet to a link. */
export type Via =
  | { readonly kind: 'route-to'; readonly gateway: string }
  | { readonly kind: 'rtable'; readonly rtable: number };

/** `set prio`, `set tos`: on every rule that makes a policy's states. */
export interface Marks {
  readonly prio: readonly [number, number] | null;
  readonly tos: number | null;
}

/** What happens to the source address on the way out. */
export type Translation =
  | { readonly kind: 'none' }
  /** To the interface's own address: `(em0:0)` for inet, `(em0)` for inet6 (`:0` would be the link-local one). */
  | { readonly kind: 'address' }
  /** inet6: the network part is exchanged, `nat-to PREFIX bitmask`. */
  | { readonly kind: 'prefix'; readonly prefix: Prefix };

export type Rule =
  /** Lets this machine's own probes out by their link, whatever pf.conf blocks (DESIGN.md 3, point 11). */
  | { readonly kind: 'probe'; readonly link: string; readonly interface: string; readonly family: Family }
  /** The same for probes that are connections or questions: to that target, and only from this machine's root. */
  | {
      readonly kind: 'probe-to';
      readonly link: string;
      readonly interface: string;
      readonly family: Family;
      readonly protocol: 'tcp' | 'udp';
      readonly address: string;
      readonly port: number;
    }
  /** Sends new connections of a policy to a link; with `probability` below 1 only that share of those that get here. */
  | {
      readonly kind: 'choose';
      readonly policy: string;
      readonly family: Family;
      readonly link: string;
      /** Only what comes from this network; null: from anywhere. */
      readonly from: Prefix | null;
      readonly probability: number;
      readonly via: Via;
      readonly marks: Marks;
    }
  /**
   * Calls the policy's own anchor `<anchor>/<policy>`, which holds its pool rules. They live apart because a load of
   * rules makes pf forget sticky clients: the main anchor may be loaded while these stay.
   */
  | { readonly kind: 'call'; readonly policy: string; readonly family: Family }
  /** In the policy's own anchor: pf picks a gateway from a table of that anchor. */
  | {
      readonly kind: 'pool';
      readonly policy: string;
      readonly family: Family;
      readonly table: string;
      readonly balance: Exclude<Balance, 'weight'>;
      readonly sticky: boolean;
      /** 32 hex digits, for source-hash only: without a key pf draws one at each load and all clients move. */
      readonly hashKey: string | null;
      readonly marks: Marks;
    }
  /** The end of every policy: what nothing has taken is refused, in either family (fail closed). */
  | { readonly kind: 'refuse'; readonly policy: string }
  /** A policy's packets may not leave by this dead link: states that are pinned to it learn at once. */
  | {
      readonly kind: 'close';
      readonly policy: string;
      readonly family: Family;
      readonly link: string;
      readonly interface: string;
    }
  /**
   * Behind all `leave` of a policy, where rtable 0 has a default route: what was sent to a gateway that is not on any network of ours
   * any more, since its interface is gone or has another address, would follow that route by another link.
   */
  | { readonly kind: 'fence'; readonly policy: string }
  /**
   * Behind `leave`: what is in the middle of a connection and has no state to translate it would leave with an address of the LAN.
   */
  | {
      readonly kind: 'guard';
      readonly policy: string;
      readonly family: Family;
      readonly link: string;
      readonly interface: string;
    }
  /** Lets a policy's connections out by a link, by an if-bound state. */
  | {
      readonly kind: 'leave';
      readonly policy: string;
      readonly family: Family;
      readonly link: string;
      readonly interface: string;
      readonly translation: Translation;
      readonly marks: Marks;
    }
  /**
   * Connections from outside (tag uplink_inbound), DESIGN.md 3, point 8. `inbound-mark`: tells by which link it came
   * (hosts on the link's own network are exempt); `inbound-direct`: lets those hosts in; `inbound-in`: lets the others in,
   * answers of this machine itself leave by the link; `inbound-out`: lets them out to the LAN, answers likewise.
   */
  | {
      readonly kind: 'inbound-mark';
      readonly link: string;
      readonly interface: string;
      readonly family: Family;
    }
  | {
      readonly kind: 'inbound-direct';
      readonly link: string;
      readonly interface: string;
      readonly family: Family;
      /** As below. */
      readonly crosses: boolean;
    }
  | {
      readonly kind: 'inbound-in';
      readonly link: string;
      readonly interface: string;
      readonly family: Family;
      /** Null for a link that is steered by rtable: then there is no reply-to. */
      readonly gateway: string | null;
      /** The link is in a routing domain of its own: what comes in is sent on in that of the LAN. */
      readonly crosses: boolean;
    }
  /** Lets what came from a link's own network out to the LAN: its answers need no steering, but they do need a state. */
  | { readonly kind: 'inbound-pass'; readonly family: Family }
  | { readonly kind: 'inbound-out'; readonly link: string; readonly family: Family; readonly via: Via };

export type Ruleset = readonly Rule[];

/** A pool's table, in the policy's own anchor (pf ignores the weights of a table in the main rule set). Sorted by address. */
export interface PoolTable {
  readonly name: string;
  readonly entries: readonly { readonly address: string; readonly weight: number }[];
}

/** A policy's own anchor. */
export interface PoolAnchor {
  /** `uplinkd/default` */
  readonly anchor: string;
  readonly rules: Ruleset;
  readonly tables: readonly PoolTable[];
}

/** A table of the main rule set, replaced as a whole. Addresses are canonical text, `/length` unless a host, sorted. */
export interface Table {
  readonly name: string;
  readonly addresses: readonly string[];
}
