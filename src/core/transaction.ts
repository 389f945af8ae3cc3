/**
 * What the core hands to pf and to the routing tables, and what comes back: plain data both ways. At most one pf
 * transaction and one routing transaction are under way at any time (core/reconcile.ts sees to it).
 */
import type { Family, PathKey } from './model.ts';
import type { PoolAnchor, PoolTable, Ruleset, Table } from './rule.ts';
import type { Millis } from './time.ts';

/** End pf states: one system call for each routing domain, whatever the number of states. */
export interface Kill {
  readonly path: PathKey;
  readonly link: string;
  readonly what: /**
   * Every one whose creating rule has this label: `uplink:<link>`, for inet6 `uplink:<link>:inet6`, since pfctl cannot
   * kill by label and family.
   */
    | { readonly kind: 'label'; readonly label: string }
    /** Every one whose initiator is in this network. */
    | { readonly kind: 'source'; readonly network: string };
  /** pfctl's kill is of one routing domain. A link in one of its own has states there and in 0. */
  readonly rdomains: readonly number[];
  /** A second look for states that were made while the first kill was under way. */
  readonly again: boolean;
}

/** What has to be done to a policy's own anchor. */
export interface PoolWork {
  readonly anchor: string;
  /** Load the whole of it, with its tables: sticky clients are forgotten. Null: leave the rules alone. */
  readonly load: PoolAnchor | null;
  /** `-T replace`, with weights for entries that are new. Standing entries keep theirs. */
  readonly replace: readonly PoolTable[];
  /** After that. Entries whose weight is new or unknown: deleted and added again, one by one, so that the table is never empty. */
  readonly reweigh: readonly PoolTable[];
}

/** What pf printed for the anchor right after a load (`pfctl -a ANCHOR -sr`), line by line. Opaque to the core. */
export type Fingerprint = readonly string[];

export type PfTransaction =
  /** Only look: does pf hold this? Writes nothing. */
  | {
      readonly kind: 'inspect';
      readonly id: number;
      readonly anchor: string;
      readonly ruleset: Ruleset;
      /** What pf printed after our last load; null when nothing is known: then compare with the rendered text. */
      readonly fingerprint: Fingerprint | null;
      readonly tables: readonly Table[];
      readonly pools: readonly PoolAnchor[];
    }
  /**
   * In this order: pools (tables, then their anchors), check, load, tables, read back, keep as last good, kill. The first
   * failure ends it; kills never run before a verified load, and each only if it is wanted still when its turn comes.
   */
  | {
      readonly kind: 'apply';
      readonly id: number;
      readonly anchor: string;
      /** Parse with `pfctl -n` first: after a start or a reload. A fail-over goes straight to the load, which is atomic. */
      readonly check: boolean;
      /** Null: the anchor is as it should be, leave it alone. */
      readonly ruleset: Ruleset | null;
      /** Only the tables that must change. */
      readonly tables: readonly Table[];
      readonly pools: readonly PoolWork[];
      readonly kills: readonly Kill[];
    };

/**
 * Ends the states that a pool has pinned to dead gateways: found by the `{gateway}` in `pfctl -ss -vv`, which is read as a
 * stream, and killed by id, several at once. Takes seconds on a busy router, so it runs beside the transactions, never in one.
 */
export interface Sweep {
  readonly id: number;
  readonly gateways: readonly {
    readonly path: PathKey;
    readonly link: string;
    readonly gateway: string;
    readonly again: boolean;
  }[];
  /** Addresses and networks that no pool sends anything to: a connection to one of them came from outside, and is let be. */
  readonly exempt: readonly string[];
}

export type SweepResult =
  | {
      readonly kind: 'swept';
      readonly killed: readonly { readonly link: string; readonly count: number; readonly again: boolean }[];
      /** Gateways by which states were found, and left alone: they were not to go any more. */
      readonly spared: readonly string[];
    }
  | { readonly kind: 'failed'; readonly failure: PfFailure };

export type PfStep = 'pool' | 'check' | 'load' | 'table' | 'read-back' | 'kill';

/** pfctl's own words. `line` is the line of the rule set that it names, `rule` that line's text. */
export interface PfFailure {
  readonly text: string;
  readonly line: number | null;
  readonly rule: string | null;
}

export type PfResult =
  /** pf's rules and tables against what was asked: what differs, in a few words each; empty if nothing does. */
  | {
      readonly kind: 'inspected';
      readonly differences: readonly string[];
      /** Which parts must be written again. */
      readonly rulesDiffer: boolean;
      readonly tablesThatDiffer: readonly string[];
      /** Anchors of pools whose rules or tables differ. */
      readonly poolsThatDiffer: readonly string[];
      /** The main rule set has a line `anchor "<anchor>"`; null: could not be told. */
      readonly isCalled: boolean | null;
      /** How many rules the anchor holds now, ours or not. */
      readonly rulesHeld: number;
      /** The routing tables that its rules name, and the links that they name them for. */
      readonly rtablesHeld: readonly { readonly link: string; readonly rtable: number }[];
      /** What pf printed; to be remembered as fingerprint when nothing differs. */
      readonly fingerprint: Fingerprint;
    }
  | {
      readonly kind: 'applied';
      /** As read back after the load; null when no rules were loaded. */
      readonly fingerprint: Fingerprint | null;
      /** Duration of `pfctl -f -`; null when no rules were loaded. */
      readonly loadTook: Millis | null;
      /** How many states went by each kill of the transaction, in their order; null: it was not wanted any more, and not done. */
      readonly killed: readonly (number | null)[];
    }
  | { readonly kind: 'failed'; readonly step: PfStep | 'inspect'; readonly failure: PfFailure };

/** What a routing table should hold. `id` says which wish it is, `gateways` are as route(8) takes them, with scopes. */
export type RouteWish =
  /** A path's own routing table: one default route in this family, and no other. */
  | {
      readonly kind: 'path';
      readonly id: PathKey;
      readonly family: Family;
      readonly rtable: number;
      readonly gateway: string;
    }
  /** rtable 0, for this machine's own traffic: of the default routes that are ours (by their label) exactly these. */
  | {
      readonly kind: 'own';
      readonly id: `own/${Family}`;
      readonly family: Family;
      readonly rtable: 0;
      readonly gateways: readonly string[];
    }
  /** rtable 0: the default routes that dhcpleased has put there for these interfaces have to go. */
  | {
      readonly kind: 'captured';
      readonly id: 'captured/inet';
      readonly family: 'inet';
      readonly rtable: 0;
      readonly interfaces: readonly string[];
    };

export interface RouteTransaction {
  readonly id: number;
  readonly wishes: readonly RouteWish[];
}

/** One per wish, in order. `changed` says whether anything had to be written. */
export type RouteResult =
  | {
      readonly kind: 'ensured';
      readonly id: RouteWish['id'];
      readonly changed: boolean;
      /** What stands in the way of its effect, for people; null: nothing. */
      readonly warning: string | null;
    }
  | { readonly kind: 'failed'; readonly id: RouteWish['id']; readonly text: string };
