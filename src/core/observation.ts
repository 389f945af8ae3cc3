/**
 * Everything that the outside can tell the core, as one closed union. An observation is a fact and when it was seen
 * (`now` is handed to observe() beside it); it never is an instruction. Losing, doubling or reordering observations
 * must not be able to leave pf wrong: whole readings follow.
 */
import type { Counted } from './counting.ts';
import type { Memory } from './memory.ts';
import type { AdminMode, Carrier, InterfaceTable, LearntGateway, Settings } from './model.ts';
import type { RtableFound } from './rtable.ts';
import type { Millis } from './time.ts';
import type { PfResult, RouteResult, SweepResult } from './transaction.ts';

export type Observation =
  /** What an earlier run of the daemon has left; before the first settings, or not at all. */
  | { readonly kind: 'memory'; readonly memory: Memory }
  /** A configuration was read and found good: at start, on SIGHUP. */
  | { readonly kind: 'settings'; readonly settings: Settings }
  /** A complete fresh reading of ifconfig(8). */
  | {
      readonly kind: 'interfaces';
      readonly interfaces: InterfaceTable;
      /** Gateways that were looked for beside it. Left out: none was asked for. */
      readonly learnt?: readonly LearntGateway[];
    }
  /** One RTM_IFINFO line: this interface's flags and carrier, before the full reading that follows it. */
  | {
      readonly kind: 'interface-status';
      readonly name: string;
      readonly up: boolean;
      readonly carrier: Carrier;
    }
  /** A route message about a default route or address of this routing table: look at the path's route again. */
  | { readonly kind: 'route-event'; readonly rtable: number }
  /** The wall clock's month, and how much of it is left: at the start, every hour, and when it begins. */
  | { readonly kind: 'calendar'; readonly month: string; readonly left: Millis }
  /** A ping child was started: its first request leaves about now, with icmp_seq 0. */
  | { readonly kind: 'probe-started'; readonly probe: string }
  /** The next request of a probe that takes a process a request has left: numbers from 0 since `probe-started`. */
  | { readonly kind: 'probe-sent'; readonly probe: string }
  | {
      readonly kind: 'probe-answer';
      readonly probe: string;
      /** icmp_seq, 0 to 65535. */
      readonly seq: number;
      /** Null when ping printed no time. */
      readonly rtt: Millis | null;
      readonly duplicate: boolean;
    }
  /** A request could not be sent (`ping: sendmsg: …`), or was refused: known lost at once. */
  | { readonly kind: 'probe-error'; readonly probe: string; readonly text: string }
  /** The child died or was mute and was ended; it is started again after `restartIn`. */
  | { readonly kind: 'probe-ended'; readonly probe: string; readonly how: string; readonly restartIn: Millis }
  /** An operator's word on a link. It stands until the next one, over restarts and reloads. */
  | { readonly kind: 'admin'; readonly link: string; readonly mode: AdminMode }
  /** ping will not ask as often as a burst does; `text` is why. */
  | { readonly kind: 'probe-refused'; readonly probe: string; readonly text: string }
  /** What pf has counted, rule by rule; null: it could not be read in time. */
  | { readonly kind: 'counted'; readonly id: number; readonly counted: readonly Counted[] | null }
  | { readonly kind: 'pf'; readonly id: number; readonly result: PfResult }
  /** The routing tables that a life before has left, where nothing else is known of it; tells before the first inspection of pf. */
  | { readonly kind: 'tables'; readonly found: readonly RtableFound[] }
  | { readonly kind: 'swept'; readonly id: number; readonly result: SweepResult }
  /** The demote counter: null if it was done, or why not. */
  | { readonly kind: 'carp'; readonly id: number; readonly failure: string | null }
  | { readonly kind: 'routes'; readonly id: number; readonly results: readonly RouteResult[] }
  /** Something about the watching itself: the monitor died or was mute, a command failed or printed an unknown line. */
  | { readonly kind: 'trouble'; readonly source: WatchSource; readonly text: string }
  | { readonly kind: 'trouble-over'; readonly source: WatchSource };

/** `gateway`: where gateways are learnt. */
export type WatchSource = 'monitor' | 'ifconfig' | 'gateway';
