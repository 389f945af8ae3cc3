/**
 * What the core hands to pf and to the routing tables, and what comes back: plain data both ways. At most one pf
 * transaction and one routing transaction are under way at any time (core/reconcile.ts sees to it).
 */
import type { Family, PathKey } from './model.ts';
import type { Ruleset, Table } from './ruleset.ts';
import type { Millis } from './time.ts';

/** End every pf state that leaves by a link: those whose creating rule has this label. */
export interface Kill {
  readonly link: string;
  /** `uplink:<link>` */
  readonly label: string;
  /** A second look for states that were made while the first kill was under way. */
  readonly again: boolean;
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
    }
  /** In this order: check, load, tables, read back, kill. The first failure ends it; kills never run before a verified load. */
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
      readonly kills: readonly Kill[];
    };

export type PfStep = 'check' | 'load' | 'table' | 'read-back' | 'kill';

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
      /** How many rules the anchor holds now, ours or not. */
      readonly rulesHeld: number;
      /** What pf printed; to be remembered as fingerprint when nothing differs. */
      readonly fingerprint: Fingerprint;
    }
  | {
      readonly kind: 'applied';
      /** As read back after the load; null when no rules were loaded. */
      readonly fingerprint: Fingerprint | null;
      /** Duration of `pfctl -f -`; null when no rules were loaded. */
      readonly loadTook: Millis | null;
      readonly killed: readonly { readonly link: string; readonly count: number; readonly again: boolean }[];
    }
  | { readonly kind: 'failed'; readonly step: PfStep | 'inspect'; readonly failure: PfFailure };

/** The default route that a path's routing table must have. */
export interface RouteWish {
  readonly path: PathKey;
  readonly family: Family;
  readonly rtable: number;
  readonly gateway: string;
}

export interface RouteTransaction {
  readonly id: number;
  readonly wishes: readonly RouteWish[];
}

/** One per wish, in order. `changed` says whether anything had to be written. */
export type RouteResult =
  | { readonly kind: 'ensured'; readonly path: PathKey; readonly changed: boolean }
  | { readonly kind: 'failed'; readonly path: PathKey; readonly text: string };
