/**
 * Desired pf content as data: the anchor's rules, the tables of the main rule set, the kills. text/pf.ts turns the
 * rules into pf.conf(5); nothing here knows that language.
 */
import type { Family } from './model.ts';

/** How a rule sends a packet to a link. */
export type Via =
  | { readonly kind: 'route-to'; readonly gateway: string }
  | { readonly kind: 'rtable'; readonly rtable: number };

export type Rule =
  /** Lets this machine's own probes out by their link, whatever pf.conf blocks (DESIGN.md 3, point 11). */
  | { readonly kind: 'probe'; readonly link: string; readonly interface: string; readonly family: Family }
  /** Sends new connections of a policy to a link; with `probability` below 1 only that share of those that get here. */
  | {
      readonly kind: 'choose';
      readonly policy: string;
      readonly family: Family;
      readonly link: string;
      readonly probability: number;
      readonly via: Via;
    }
  /** The end of every policy: what nothing has taken is refused, in either family (fail closed). */
  | { readonly kind: 'refuse'; readonly policy: string }
  /** Lets a policy's connections out by a link, with that link's address if `nat`, by an if-bound state. */
  | {
      readonly kind: 'leave';
      readonly policy: string;
      readonly family: Family;
      readonly link: string;
      readonly interface: string;
      readonly nat: boolean;
    };

export type Ruleset = readonly Rule[];

/** A table of the main rule set, replaced as a whole. Addresses are canonical text, `/length` unless a host, sorted. */
export interface Table {
  readonly name: string;
  readonly addresses: readonly string[];
}
