/**
 * A story: a router with its uplinks, clients and configurations, and what happens to it, instant by instant. Plain data, so
 * that it can be drawn from a seed, shrunk, written down and played again. Nothing here knows how it is played.
 */
import type { AdminMode } from '../core/model.ts';
import type { CallFault } from '../emulator/fault.ts';

/** The rules that were good last, which a pf.conf may load at boot. */
export const LAST_GOOD = '/var/db/uplinkd/anchor.conf';

/** How an uplink's inet address and gateway come, where no file has them: by a lease, or in a session over another interface. */
export type Learnt =
  | { readonly kind: 'dhcp'; readonly leaseSeconds: number }
  | { readonly kind: 'pppoe'; readonly parent: string };

export interface StoryUplink {
  readonly name: string;
  readonly interface: string;
  readonly address: string;
  readonly gateway: string;
  readonly address6: string | null;
  readonly gateway6: string | null;
  readonly latencyMs: number;
  /** Prefixes that the provider routes here. */
  readonly routed: readonly string[];
  readonly learnt: Learnt | null;
}

/** A host of the LAN that sends one packet or opens one connection every so often. */
export interface StoryClient {
  readonly address: string;
  /** Whose policy it is tagged for in pf.conf. */
  readonly policy: string;
  /** `fresh`: a new connection each time; `lasting`: one connection with fixed ports. */
  readonly kind: 'fresh' | 'lasting';
  readonly protocol: 'tcp' | 'udp';
  readonly to: string;
  readonly everyMs: number;
}

export interface World {
  /** Everything that the emulated machine leaves to chance. */
  readonly seed: number;
  /** inet6 addresses of the LAN's interface, with their length. */
  readonly lanAddresses6: readonly string[];
  readonly uplinks: readonly StoryUplink[];
  readonly clients: readonly StoryClient[];
  readonly pfConf: string;
  /** Texts of uplinkd.conf; the daemon starts with `first`. A bad one is refused by a reload. */
  readonly configs: ReadonlyMap<string, string>;
}

export type Happening =
  | { readonly kind: 'carrier'; readonly interface: string; readonly isThere: boolean }
  /** `ifconfig NAME up|down` */
  | { readonly kind: 'ifconfig'; readonly interface: string; readonly isUp: boolean }
  /** Hot-plug. An interface that comes back is given its address and brought up, as hotplugd(8) would. */
  | { readonly kind: 'detach' | 'attach'; readonly interface: string }
  /** The gateway answers, nothing behind it does; or the gateway is dead itself. */
  | { readonly kind: 'dark' | 'gateway-dead'; readonly uplink: string; readonly isSo: boolean }
  /** Nothing behind the gateway answers in this family; null: all is well again. */
  | { readonly kind: 'dark-family'; readonly uplink: string; readonly family: 'inet' | 'inet6' | null }
  | { readonly kind: 'loss'; readonly uplink: string; readonly percent: number }
  | { readonly kind: 'latency'; readonly uplink: string; readonly ms: number }
  | {
      readonly kind: 'blackhole';
      readonly uplink: string;
      readonly target: string;
      readonly isSilent: boolean;
    }
  /** Another address on the interface, in the same network or not; its provider goes along. */
  | { readonly kind: 'renumber'; readonly interface: string; readonly address: string }
  /**
   * The DHCP server will give out this from now on, and the client asks for it or hears of it when it renews; or a PPPoE session
   * ends, and this is what the next one has.
   */
  | {
      readonly kind: 'offer';
      readonly uplink: string;
      readonly address: string;
      readonly gateway: string;
      readonly isAskedFor: boolean;
    }
  /** The client asks again, or the session ends and is dialled anew. */
  | { readonly kind: 'ask'; readonly uplink: string }
  /** The lease is over, and the server silent from now on. */
  | { readonly kind: 'expire'; readonly uplink: string }
  /** The DHCP server or the concentrator answers nobody. */
  | { readonly kind: 'far-silent'; readonly uplink: string; readonly isSo: boolean }
  /** dhcpleased(8) ends, or is started again. */
  | { readonly kind: 'dhcpleased'; readonly isRunning: boolean }
  | {
      readonly kind: 'fault';
      readonly command: string;
      /** Of the arguments, joined by blanks; a regular expression. */
      readonly match: string;
      readonly times: number;
      readonly fault: CallFault;
    }
  /** Something happens to a command that runs: it dies, falls silent, prints half a line or one that nobody knows. */
  | {
      readonly kind: 'child';
      readonly command: string;
      readonly match: string;
      readonly what: 'kill' | 'mute' | 'cut' | 'junk';
    }
  /** The routing socket is full, or has room again: what happens meanwhile nobody hears, then RTM_DESYNC. */
  | { readonly kind: 'overflow'; readonly isFull: boolean }
  /** A second administrator. */
  | { readonly kind: 'admin'; readonly command: 'pfctl' | 'route'; readonly args: readonly string[] }
  /** SIGHUP, the file being this one now. */
  | { readonly kind: 'reload'; readonly config: string }
  /** `uplinkctl drain|disable|enable LINK`. Nobody hears it while the daemon is dead or stopped. */
  | { readonly kind: 'by-hand'; readonly link: string; readonly mode: AdminMode }
  /** SIGTERM: it takes out what it is to take out, and ends. Nothing if it is stopped. */
  | { readonly kind: 'terminate' }
  /** SIGKILL; what it had started runs on. */
  | { readonly kind: 'kill' }
  /** A start, with the memory of its last life or without. Nothing if it runs. */
  | { readonly kind: 'start'; readonly remembers: boolean }
  /** SIGSTOP, SIGCONT. */
  | { readonly kind: 'pause' | 'resume' }
  /** The whole machine stalls: no process gets its turn, the daemon and its children neither. Then it goes on. */
  | { readonly kind: 'stall' | 'go-on' }
  /** The wall clock is stepped. */
  | { readonly kind: 'wall'; readonly ms: number }
  /** Commands work again, the daemon runs; then, once everything has had the time that it may take, it all has to be right. */
  | { readonly kind: 'rest' }
  /** At rest: SIGKILL and a start, which finds what it would have made. Nothing elsewhere. */
  | { readonly kind: 'restart'; readonly remembers: boolean };

export interface StoryEvent {
  /** Milliseconds after the event before it: an event that is taken out takes its time with it. */
  readonly afterMs: number;
  readonly happening: Happening;
}

export interface Story {
  readonly world: World;
  readonly events: readonly StoryEvent[];
}
