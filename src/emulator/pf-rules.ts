/**
 * pf's rules as data, as the kernel keeps them: one rule each, lists already expanded, with their counters. Built by pf-expand.ts, printed by
 * pf-print.ts, evaluated by pf-walk.ts.
 */
import type { Family, Prefix } from './address.ts';

export type Action = 'pass' | 'block' | 'match';
export type Direction = 'in' | 'out';

export interface InterfaceModifiers {
  readonly network: boolean;
  readonly broadcast: boolean;
  readonly peer: boolean;
  /** `:0` */
  readonly noAlias: boolean;
}

export type Host =
  | { readonly kind: 'any' }
  | { readonly kind: 'prefix'; readonly prefix: Prefix }
  /** `(em0)`: looked up at every packet. */
  | { readonly kind: 'interface'; readonly name: string; readonly modifiers: InterfaceModifiers }
  | { readonly kind: 'table'; readonly name: string }
  /** What there is no route to; of rules only, not of pools. */
  | { readonly kind: 'no-route' };

export type PortOperator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '><' | '<>' | ':';

export interface PortMatch {
  readonly operator: PortOperator;
  readonly low: number;
  readonly high: number;
}

export interface End {
  readonly host: Host;
  readonly isNegated: boolean;
  readonly port: PortMatch | null;
}

export type PoolType = 'none' | 'bitmask' | 'random' | 'source-hash' | 'round-robin' | 'least-states';

export interface Pool {
  readonly host: Host;
  readonly type: PoolType;
  readonly isSticky: boolean;
  readonly isStaticPort: boolean;
  /** nat-to: 50001-65535 unless given; rdr-to: 0 keeps the port. */
  readonly lowPort: number;
  readonly highPort: number;
  /** `0x` and 32 digits; empty unless the type is source-hash. */
  readonly hashKey: string;
  /** Where round-robin and least-states stand (pf's tblidx, counter, curweight); the only part that changes. */
  cursor: number;
  counter: bigint | null;
  currentWeight: number;
}

export interface Scrub {
  readonly noDf: boolean;
  readonly randomId: boolean;
  readonly minTtl: number;
  readonly reassembleTcp: boolean;
  readonly maxMss: number;
}

/** By the owner of the socket; null: `unknown`, which is what forwarded packets have. */
export interface UserMatch {
  readonly operator: Exclude<PortOperator, ':'>;
  readonly low: number | null;
  readonly high: number | null;
}

export interface TcpMatch {
  /** Letters of `FSRPAUEW`. */
  readonly set: string;
  readonly of: string;
}

export interface RuleCounters {
  evaluations: number;
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** pf states that the rule has now, and has ever made. */
  current: number;
  created: number;
}

export interface Rule {
  readonly action: Action;
  /** Blocks only. */
  readonly answer: 'drop' | 'return' | 'return-rst' | 'return-icmp';
  readonly direction: Direction | null;
  /** Its options; null: it does not log. */
  readonly log: readonly string[] | null;
  readonly quick: boolean;
  readonly interface: string | null;
  readonly isInterfaceNegated: boolean;
  readonly rdomain: number | null;
  readonly family: Family | null;
  /** As in /etc/protocols. */
  readonly protocol: string | null;
  readonly source: End;
  readonly destination: End;
  readonly tcpFlags: TcpMatch | null;
  readonly user: UserMatch | null;
  readonly icmpType: number | null;
  readonly icmpCode: number | null;
  readonly tos: number | null;
  readonly prio: number | null;
  readonly setPrio: readonly [number, number] | null;
  readonly setTos: number | null;
  readonly queue: readonly [string, string | null] | null;
  readonly keepState: boolean;
  readonly isIfBound: boolean;
  readonly isSloppy: boolean;
  /** `no-sync` and `pflow`: only printed. */
  readonly isUnsynced: boolean;
  readonly hasFlow: boolean;
  /** Null: any number. */
  readonly maxStates: number | null;
  /** Of 2^32; null takes every packet. */
  readonly probability: number | null;
  readonly scrub: Scrub | null;
  readonly allowOpts: boolean;
  readonly label: string;
  readonly tag: string | null;
  readonly tagged: string | null;
  readonly isTaggedNegated: boolean;
  readonly rtable: number | null;
  readonly nat: Pool | null;
  readonly rdr: Pool | null;
  readonly route: { readonly kind: 'route-to' | 'reply-to'; readonly pool: Pool } | null;
  /** The anchor that this rule calls; `name` as written. */
  readonly anchor: { readonly name: string; readonly path: string; readonly isWildcard: boolean } | null;
  /** Its place in its rule set, or null once it was replaced. */
  number: number | null;
  insertedBy: number;
  /** The anchor that it was loaded into: where its tables are looked for. */
  home: string;
  readonly counters: RuleCounters;
}

export const createCounters = (): RuleCounters => ({
  evaluations: 0,
  packetsIn: 0,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  current: 0,
  created: 0,
});

export const doesPortMatch = (match: PortMatch, port: number): boolean => {
  switch (match.operator) {
    case '=':
      return port === match.low;
    case '!=':
      return port !== match.low;
    case '<':
      return port < match.low;
    case '<=':
      return port <= match.low;
    case '>':
      return port > match.low;
    case '>=':
      return port >= match.low;
    case '><':
      return port > match.low && port < match.high;
    case '<>':
      return port < match.low || port > match.high;
    case ':':
      return port >= match.low && port <= match.high;
  }
};

/** An unknown owner is like no number (sys/net/pf.c, pf_match_uid). */
export const doesUserMatch = ({ operator, low, high }: UserMatch, user: number | null): boolean => {
  if (operator === '=') return user === low;
  if (operator === '!=') return user !== low;
  return user !== null && doesPortMatch({ operator, low: low ?? 0, high: high ?? 0 }, user);
};
