/**
 * The nouns: link, path, gateway, target, carrier, interface, policy, settings. Types and their keys only; what
 * happens to them is in the other files of the core. The words are those of docs/DESIGN.md, section 2.
 */
import type { Millis } from './time.ts';

export type Family = 'inet' | 'inet6';
/** Link state as the kernel reports it. The kernel itself treats `unknown` as up (LINK_STATE_IS_UP). */
export type Carrier = 'up' | 'down' | 'unknown';

// ---- what ifconfig shows -------------------------------------------------------------------------------------

export interface InterfaceAddress {
  readonly family: Family;
  /** Canonical text without scope: `192.0.2.2`, `fe80::1`. */
  readonly address: string;
  readonly prefixLength: number;
  /** The other end of a point-to-point interface, canonical text, or null. */
  readonly peer: string | null;
}

export interface Interface {
  readonly name: string;
  readonly index: number;
  /** The UP flag: administratively up. em(4) says `active` after `ifconfig em1 down`, so carrier alone is not enough. */
  readonly up: boolean;
  readonly carrier: Carrier;
  /** Routing domain, 0 unless said otherwise. */
  readonly rdomain: number;
  readonly addresses: readonly InterfaceAddress[];
}

/** One complete reading of ifconfig(8), in its order. */
export type InterfaceTable = readonly Interface[];

/** Where a gateway that no file names can be read. */
export type GatewaySource =
  /** The lease that dhcpleased(8) holds for the interface: `dhcpleasectl -l`. */
  | { readonly kind: 'lease' }
  /** The default route by the interface in a routing table: what the kernel learned. */
  | { readonly kind: 'route'; readonly rtable: number };

/** A gateway to look for, beside each reading of the interfaces. */
export interface LearnWish {
  readonly interface: string;
  readonly family: Family;
  readonly source: GatewaySource;
}

/** What was found, canonical text without scope; null: there is none now. */
export interface LearntGateway extends LearnWish {
  readonly gateway: string | null;
}

// ---- settings ------------------------------------------------------------------------------------------------

/** A network: canonical text of its first address, and its length. A host is /32 or /128. */
export interface Prefix {
  readonly family: Family;
  readonly address: string;
  readonly length: number;
}

/** What to ask: by ping, the path's own gateway or an address; or in another way. Names of hosts are never resolved. */
export type Target =
  | { readonly kind: 'gateway' }
  | { readonly kind: 'address'; readonly family: Family; readonly address: string }
  /** A port that takes connections. */
  | { readonly kind: 'tcp'; readonly family: Family; readonly address: string; readonly port: number }
  /** A DNS server that knows a name. */
  | { readonly kind: 'dns'; readonly family: Family; readonly address: string; readonly name: string }
  /** A program of the administrator's, absolute path and arguments, that ends with 0. Of either family. */
  | { readonly kind: 'exec'; readonly command: readonly [string, ...string[]] };

/** The family that a target belongs to; null: to that of the path. */
export const familyOfTarget = (target: Target): Family | null =>
  target.kind === 'gateway' || target.kind === 'exec' ? null : target.family;

/** `auto`: follows the round-trip time (estimate.ts). */
export type Timeout = Millis | 'auto';

export interface ProbeSettings {
  readonly targets: readonly Target[];
  /** How many targets must answer, 1 to the number of targets. */
  readonly quorum: number;
  /** Between two requests to one target. */
  readonly interval: Millis;
  /** The same on a metered link that no new connections are sent to; no shorter than `interval`. */
  readonly idle: Millis;
  /** A request without an answer is lost this long after it was sent. */
  readonly timeout: Timeout;
  /** Consecutive losses after which a target has failed, 1 to 60. */
  readonly fall: number;
  /** Consecutive answers after which a failed target has recovered, 1 to 60. */
  readonly rise: number;
  /** How long a path that came back must stay good before it is up. */
  readonly hold: Millis;
  /** The first loss starts a short row of quick requests to all targets, so that death is known at once. */
  readonly confirm: boolean;
  /**
   * Percent of the requests of the last `window` that are lost: from `degraded` on the path is degraded; from `down` on a
   * target has failed. 0 < recover <= degraded <= down <= 100.
   */
  readonly loss: {
    readonly degraded: number;
    /** A degraded path is good again below this; null: half of `degraded`. */
    readonly recover: number | null;
    readonly down: number;
    readonly window: Millis;
  };
  /** Mean round-trip time from which on the path is degraded; null: latency never matters. It never takes a path down. */
  readonly latency: {
    readonly degraded: Millis | null;
    /** Good again below this; null: four fifths of `degraded`. */
    readonly recover: Millis | null;
  };
  /** A path that falls again and again is held back for longer each time (damping.ts). */
  readonly damping: boolean;
}

export interface LinkSettings {
  readonly name: string;
  /** Name of its interface, such as `em0`. */
  readonly interface: string;
  /**
   * The inet next hop: an address, or where to learn it: `dhcp`, `peer` (the other end of a point-to-point interface),
   * `route` (what the kernel learned). Null: the link has no inet path.
   */
  readonly gateway: string | null;
  /** The same for inet6: canonical text without scope, often link-local, or `peer` or `route`. */
  readonly gateway6: string | null;
  /** How packets are sent to it; null: `rtable` in a routing domain of its own and for link-local gateways, else `route-to`. */
  readonly via: 'route-to' | 'rtable' | null;
  /** Share of new connections relative to the other members of its tier, 1 to 65535. */
  readonly weight: number;
  /** Lower is preferred, 1 to 255. */
  readonly tier: number;
  /** Translate inet to the link's own address on the way out. */
  readonly nat: boolean;
  /**
   * inet6: `no`: only what has a source in `prefix6` leaves by this link, as it is; `nat`: anything may, with the link's
   * address; `prefix`: anything may, its source mapped into the first of `prefix6`.
   */
  readonly nat6: 'no' | 'nat' | 'prefix';
  /** The networks that the provider has delegated to this link. */
  readonly prefix6: readonly Prefix[];
  /** Costs by the byte: connections leave it as soon as a better link has been up for a while. */
  readonly metered: boolean;
  /** How many bytes probes of a metered link may take in a month, as far as making them rare while it is idle helps. */
  readonly budget: number | null;
  /** Routing table whose default route is this link's gateway; null: given out from 101 on. */
  readonly rtable: number | null;
  readonly probe: ProbeSettings;
}

export const families: readonly Family[] = ['inet', 'inet6'];

/** The next hop of a link's path as configured, an address or a word; null if it has no path in that family. */
export const gatewayOf = (link: LinkSettings, family: Family): string | null =>
  family === 'inet' ? link.gateway : link.gateway6;

/** Words that stand for a gateway that must be learnt. */
export const gatewayWords = ['dhcp', 'peer', 'route'] as const;
export type GatewayWord = (typeof gatewayWords)[number];

/** Where a path's gateway is learnt; null if it is configured, or there is no path. */
export const gatewayWordOf = (link: LinkSettings, family: Family): GatewayWord | null =>
  gatewayWords.find((word) => word === gatewayOf(link, family)) ?? null;

/** fe80::/10, in canonical text. */
export const isLinkLocal = (address: string): boolean => /^fe[89ab][0-9a-f]:/.test(address);

/**
 * How packets are sent to a path. From another routing domain only the routing table leads there. And pf's route-to
 * loses the scope of a link-local address (OPENBSD.md, section 1), which is what inet6 routers have that announce themselves.
 */
export const viaOf = (link: LinkSettings, family: Family, rdomain: number): 'route-to' | 'rtable' => {
  if (rdomain !== 0) return 'rtable';
  const isScoped =
    isLinkLocal(gatewayOf(link, family) ?? '') ||
    (family === 'inet6' && gatewayWordOf(link, family) !== null);
  return link.via ?? (isScoped ? 'rtable' : 'route-to');
};

export interface Member {
  readonly link: string;
  readonly tier: number;
  readonly weight: number;
}

export type Balance = 'weight' | 'least-states' | 'round-robin' | 'source-hash' | 'random';

export interface PolicySettings {
  /** Its pf tag is `uplink_<name>`. */
  readonly name: string;
  readonly members: readonly Member[];
  /** How new connections are shared out among the active set. */
  readonly balance: Balance;
  /** A client keeps its link for as long as it has connections (sticky-address). Not with `weight`. */
  readonly sticky: boolean;
  /** Degraded members: as good as any, only when nothing better is there, or never. */
  readonly degraded: 'use' | 'avoid' | 'never';
  /** Connections on a worse tier when a better one is back: stay, or are ended. Null: ended on metered links only. */
  readonly failback: 'stay' | 'move' | null;
  /** What to do when no member can be trusted: use every member that could work at all, or refuse. */
  readonly empty: 'last-resort' | 'drop';
  /** `set prio`: of the policy's packets, and of its TCP ACKs and low-delay ones if it differs; 0 to 7. Null: not set. */
  readonly prio: readonly [number, number] | null;
  /** `set tos`, 0 to 255. Null: not set. */
  readonly tos: number | null;
}

/** A program of the administrator's that is told of changes. No decision depends on it. */
export interface HookSettings {
  /** Absolute path and arguments; there is no shell. */
  readonly command: readonly [string, ...string[]];
  /** After this it is killed, with its children. */
  readonly timeout: Millis;
  /** What happens within this time of the last run is told together, in the next. */
  readonly digest: Millis;
}

/** Where figures and the status page are served over HTTP. No decision depends on it. */
export interface MetricsSettings {
  /** An address of this machine, canonical. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Names by which browsers may call it, beside addresses and localhost. */
  readonly hosts: readonly string[];
  /** Said in so many words that the address may be other than loopback. */
  readonly isPublic: boolean;
}

/** Stepping back behind the other router of a pair. */
export interface CarpSettings {
  /** The interface group whose demote counter is raised. */
  readonly group: string;
  /** By how much, 1 to 128. */
  readonly demote: number;
  /** How long every policy must have had a link again before that is undone. */
  readonly hold: Millis;
}

export interface Settings {
  /** Name of the pf anchor and prefix of the tables. */
  readonly anchor: string;
  /** Networks never sent to an uplink, beside this machine's own. */
  readonly local: readonly Prefix[];
  /** How often what pf holds is compared with what should be there. */
  readonly reconcile: Millis;
  /**
   * Default routes of rtable 0, for this machine's own traffic. `none`: what dhcpleased puts there for a link is taken out;
   * `leave`: nothing is touched; `best`: one by the best link; `multipath`: one by each link that would be used.
   */
  readonly defaultRoute: 'none' | 'leave' | 'best' | 'multipath';
  /** On a clean exit: leave pf and routes as they are, or take everything out. */
  readonly onExit: 'keep' | 'flush';
  /** Answers to connections from outside, tagged `uplink_inbound`, leave by the link that they came in on. */
  readonly inbound: boolean;
  /** Null: nobody is told. */
  readonly hook: HookSettings | null;
  /** Name of the group that may use the control socket beside root. */
  readonly controlGroup: string;
  /** Null: nothing is served. */
  readonly metrics: MetricsSettings | null;
  readonly carp: CarpSettings | null;
  readonly links: readonly LinkSettings[];
  readonly policies: readonly PolicySettings[];
}

// ---- paths and probes ------------------------------------------------------------------------------------------

/** A link in one family; health is per path. */
export type PathKey = `${string}/${Family}`;
export const pathKey = (link: string, family: Family): PathKey => `${link}/${family}`;

/** How a target is asked. All but ping take a process a request. */
export type Ask =
  | { readonly kind: 'ping' }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'dns'; readonly name: string }
  | {
      readonly kind: 'exec';
      readonly command: readonly [string, ...string[]];
      readonly environment: Readonly<Record<string, string>>;
    };

/** A target through one path: one long-lived ping(8), or a row of short processes. Two probes with equal keys are the same probe. */
export interface Probe {
  /** `fibre/inet/9.9.9.9`; changes with anything that would need a new process. */
  readonly key: string;
  readonly path: PathKey;
  readonly family: Family;
  readonly ask: Ask;
  /** A process that asks once is ended after this. */
  readonly longest: Millis;
  /** The address asked, canonical text (with `%interface` for a link-local one); the gateway's for a program. */
  readonly address: string;
  readonly rtable: number;
  readonly interval: Millis;
  /** How many requests; null: until it is ended. */
  readonly count: number | null;
}

// ---- by hand -----------------------------------------------------------------------------------------------------

/**
 * What an operator has said of a link: `disabled`: treat it as dead; `drained`: nothing new is sent there, what is there
 * stays, and its health goes on being watched.
 */
export type AdminMode = 'enabled' | 'drained' | 'disabled';

// ---- health ------------------------------------------------------------------------------------------------------

export type Health = 'unknown' | 'up' | 'degraded' | 'down';

/** Why a path has its health: a closed list, the same words in logs, tables and JSON. */
export type Reason =
  | 'starting' // nothing is known yet
  | 'answering' // enough targets answer
  | 'probing' // the evidence is back; waiting for `rise` answers
  | 'hold' // good again; waiting out `hold`
  | 'damped' // has held, but fell too often: waiting until its penalty has decayed
  | 'admin' // disabled by hand
  | 'interface-absent'
  | 'interface-down' // the UP flag is missing
  | 'carrier-down'
  | 'no-address'
  | 'no-gateway' // it is learnt, and nobody has told it yet
  | 'gateway-off-link' // the gateway is not on a network of the interface: packets to it would follow any route
  | 'same-gateway' // another link of the same routing domain has this gateway: the kernel cannot tell them apart
  | 'same-network' // another link of the same routing domain is on this network
  | 'same-rdomain' // another link is in this routing domain, and it has one default route only
  | 'no-route' // the path's routing table could not be given its default route
  | 'probe-loss'
  | 'probe-latency';
