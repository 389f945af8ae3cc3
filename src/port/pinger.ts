/** Port: a few pings, or requests of another kind, for a person who waits for them. What probes say of a link's health is port/prober.ts's. */
import type { Ask, Family } from '../core/model.ts';
import type { Millis } from '../core/time.ts';

export interface PingRequest {
  /** Left out: by ping. Anything else needs an `rtable`. */
  readonly ask?: Ask;
  readonly family: Family;
  /** An address, or, where there is no `rtable`, what the machine's ping takes for one. */
  readonly address: string;
  /** Routing table; null: that of the process. */
  readonly rtable: number | null;
  /** At least 1. */
  readonly count: number;
  readonly interval: Millis;
  /** An answer that takes longer is none. */
  readonly timeout: Millis;
}

/** `seq` counts from 0. */
export type PingOutcome =
  | { readonly kind: 'answered'; readonly seq: number; readonly rttMs: number | null }
  /** `why`: what was said in place of an answer, if anything was. */
  | { readonly kind: 'lost'; readonly seq: number; readonly why?: string }
  /** It could not be sent; `why` is ping's word on it. */
  | { readonly kind: 'not-sent'; readonly seq: number; readonly why: string };

export interface Pings {
  /** Nothing is told any more. */
  stop(): void;
}

export interface Pinger {
  /** Each of the `count` requests has one outcome, told when it is known; `onEnd` follows the last. */
  ping(request: PingRequest, onOutcome: (outcome: PingOutcome) => void, onEnd: () => void): Pings;
}
