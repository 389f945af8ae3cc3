/**
 * The status document, version 1: everything uplinkd says of itself, as it crosses the control socket and as
 * `uplinkctl -j` prints it. Its fields are described one by one in docs/uplinkctl.8, which is the contract: a field
 * may be added within a version, none is renamed, removed or given another meaning. Knows nothing of how a status is
 * gathered or shown. Instants of the monotonic clock never appear here, only lengths of time.
 */
import { z } from 'zod';
import type { CarpRole } from '../core/carp.ts';
import type { Rung } from '../core/decide.ts';
import type {
  AdminMode,
  Balance,
  Family,
  Health,
  LinkSettings,
  PolicySettings,
  Reason,
  Settings,
} from '../core/model.ts';
import type { Verdict } from '../core/target.ts';

/** Of the status document and of the control protocol. */
export const WIRE_VERSION = 1;

/** Every word of a closed union of the core, checked by the compiler to be complete and exact. */
export type Words<Union extends string> = { readonly [Word in Union]: Word };

export const family = z.enum({ inet: 'inet', inet6: 'inet6' } satisfies Words<Family>);
export const health = z.enum({
  unknown: 'unknown',
  up: 'up',
  degraded: 'degraded',
  down: 'down',
} satisfies Words<Health>);
export const reason = z.enum({
  starting: 'starting',
  answering: 'answering',
  probing: 'probing',
  hold: 'hold',
  damped: 'damped',
  admin: 'admin',
  'interface-absent': 'interface-absent',
  'interface-down': 'interface-down',
  'carrier-down': 'carrier-down',
  'no-address': 'no-address',
  'no-gateway': 'no-gateway',
  'gateway-off-link': 'gateway-off-link',
  'same-gateway': 'same-gateway',
  'same-network': 'same-network',
  'same-rdomain': 'same-rdomain',
  'no-route': 'no-route',
  'probe-loss': 'probe-loss',
  'probe-latency': 'probe-latency',
} satisfies Words<Reason>);
const verdict = z.enum({
  unknown: 'unknown',
  answers: 'answers',
  failed: 'failed',
} satisfies Words<Verdict>);
export const rung = z.enum({
  up: 'up',
  degraded: 'degraded',
  recovering: 'recovering',
  unproven: 'unproven',
  'last-resort': 'last-resort',
  none: 'none',
} satisfies Words<Rung>);
const balance = z.enum({
  weight: 'weight',
  'least-states': 'least-states',
  'round-robin': 'round-robin',
  'source-hash': 'source-hash',
  random: 'random',
} satisfies Words<Balance>);
/** syslog(3)'s words, as in port/log.ts. */
export const severitySchema = z.enum(['debug', 'info', 'notice', 'warning', 'err']);

const count = z.int().nonnegative();
// No bounds: a status that is off by a rounding error must still be readable when it is needed most.
const durationMs = z.number();
const percent = z.number();

const rttStatus = z
  .object({
    lastMs: durationMs,
    meanMs: durationMs,
    deviationMs: durationMs,
    p50Ms: durationMs,
    p95Ms: durationMs,
    /** Mean absolute difference between answers that follow each other. */
    jitterMs: durationMs,
  })
  .readonly();

const targetStatus = z
  .object({
    /** `gateway`, or the address as configured. */
    target: z.string(),
    /** The address pinged. */
    address: z.string(),
    verdict,
    sent: count,
    answered: count,
    lost: count,
    /** Answers that came after their request had been counted as lost. */
    late: count,
    duplicates: count,
    /** IP packets of its requests and answers, but for those of bursts. */
    bytesOut: count,
    bytesIn: count,
    /** Of the window. */
    lossPercent: percent,
    /** Of the window; null while it holds no answer. */
    rtt: rttStatus.nullable(),
    /** Requests in the window whose outcome is known. */
    windowSize: count,
    /** How long the next answer may take now. */
    timeoutMs: durationMs,
    /** ping's words on the last request that could not be sent. */
    why: z.string().nullable(),
  })
  .readonly();

const dampingStatus = z
  .object({
    /** What its falls have brought it, as it has decayed until now. */
    penalty: z.number(),
    /** It is held back, or would be. */
    suppressed: z.boolean(),
    /** Until it is not any more; null when it is not. */
    reuseInMs: durationMs.nullable(),
  })
  .readonly();

const shareStatus = z.object({ usableMs: durationMs, knownMs: durationMs }).readonly();

const availabilityStatus = z
  .object({
    /** Since this run of the daemon began. */
    sinceStart: shareStatus,
    /** The last 24 whole hours and the one that runs, 7 and 30 whole days and the one that runs; over restarts. */
    day: shareStatus,
    week: shareStatus,
    month: shareStatus,
  })
  .readonly();

const spellsStatus = z.object({ times: z.number(), lastedMs: durationMs }).readonly();

/** What a path was, for one reason: how often that began, and for how long in all. */
const reasonStatus = z
  .object({
    health,
    reason,
    sinceStart: spellsStatus,
    day: spellsStatus,
    week: spellsStatus,
    month: spellsStatus,
  })
  .readonly();

const transitionStatus = z
  .object({
    agoMs: durationMs,
    from: health,
    to: health,
    reason,
    /** How long the path had been in `from`. */
    lastedMs: durationMs,
  })
  .readonly();

const pathStatus = z
  .object({
    family,
    health,
    reason,
    /** How long the health has been so; another reason for the same health does not make it younger. */
    sinceMs: durationMs,
    /** When it will be up if it stays good; null when the path is neither on hold nor damped. */
    holdRemainingMs: durationMs.nullable(),
    damping: dampingStatus,
    availability: availabilityStatus,
    /** Each health and reason that it had since the start or in the last month, over the same times. */
    reasons: z.array(reasonStatus).readonly(),
    /** Oldest first, the last 32, over restarts. */
    transitions: z.array(transitionStatus).readonly(),
    /** Interface, carrier, address and gateway are all there, whatever the probes say. */
    usable: z.boolean(),
    /** This machine's address on the path; null while it has none. */
    address: z.string().nullable(),
    /** How pf sends packets there. */
    via: z.enum(['route-to', 'rtable']),
    /** Connections that go by the path now. Null: nobody asked, which is dear, or pf could not tell. */
    states: count.nullable(),
    /** Between two requests to a target, as it is now. */
    intervalMs: durationMs,
    /** Metered, and no new connections are sent there: it is probed less. */
    idle: z.boolean(),
    targets: z.array(targetStatus).readonly(),
  })
  .readonly();

const linkStatus = z
  .object({
    name: z.string(),
    interface: z.string(),
    carrier: z.enum(['up', 'down', 'unknown', 'absent']),
    rtable: count,
    /** Of its interface, or of the interface as it was last seen. */
    rdomain: count,
    /** The inet next hop; `dhcp`, `peer` or `route` while it is not known. Null: the link has no inet path. */
    gateway: z.string().nullable(),
    /** The inet6 next hop, without scope; null: the link has no inet6 path. */
    gateway6: z.string().nullable(),
    weight: count,
    tier: count,
    nat: z.boolean(),
    nat6: z.enum({ no: 'no', nat: 'nat', prefix: 'prefix' } satisfies Words<LinkSettings['nat6']>),
    /** `2001:db8:a::/48` each. */
    prefix6: z.array(z.string()).readonly(),
    metered: z.boolean(),
    /** IP packets of its probes since the start; this month both ways, and what they may take. Null: not known, not limited. */
    probeBytes: z
      .object({ out: count, in: count, month: count.nullable(), budget: count.nullable() })
      .readonly(),
    /** By hand. */
    admin: z.enum({
      enabled: 'enabled',
      drained: 'drained',
      disabled: 'disabled',
    } satisfies Words<AdminMode>),
    paths: z.array(pathStatus).readonly(),
  })
  .readonly();

export const shares = z.array(z.object({ link: z.string(), percent }).readonly()).readonly();

const policyFamilyStatus = z
  .object({
    family,
    /** inet6: only what has its source in this link's prefix6; null: everything else. */
    source: z.string().nullable(),
    /** In force: `weight` in a family where pf can have no pool of the members. */
    balance,
    /** The step of the ladder that the active set stands on. */
    rung,
    /** How long the shares have been so. */
    sinceMs: durationMs,
    /** Of new connections; empty on the rung `none`. */
    shares,
    members: z
      .array(
        z
          .object({ link: z.string(), tier: count, weight: count, used: z.boolean(), why: z.string() })
          .readonly(),
      )
      .readonly(),
    /** What would follow if links were gone: the best one, then all that are in use. Empty on the rung `none`. */
    failovers: z
      .array(z.object({ lost: z.array(z.string()).readonly(), rung, shares }).readonly())
      .readonly(),
  })
  .readonly();

const policyStatus = z
  .object({
    name: z.string(),
    tag: z.string(),
    /** As configured. */
    balance,
    sticky: z.boolean(),
    degraded: z.enum({ use: 'use', avoid: 'avoid', never: 'never' } satisfies Words<
      PolicySettings['degraded']
    >),
    /** Null: `move` on metered links, `stay` on others. */
    failback: z
      .enum({ stay: 'stay', move: 'move' } satisfies Words<NonNullable<PolicySettings['failback']>>)
      .nullable(),
    empty: z.enum({ 'last-resort': 'last-resort', drop: 'drop' } satisfies Words<PolicySettings['empty']>),
    families: z.array(policyFamilyStatus).readonly(),
  })
  .readonly();

const pfStatus = z
  .object({
    anchor: z.string(),
    /** `known`: pf holds what was last loaded and read back. `unknown`: not yet, or a load failed. */
    applied: z.enum(['unknown', 'known']),
    /** The anchor's text as it should be now, line by line. */
    rules: z.array(z.string()).readonly(),
    /** The anchors of policies that are balanced by a pool: their text as it should be now, line by line. */
    pools: z
      .array(z.object({ anchor: z.string(), rules: z.array(z.string()).readonly() }).readonly())
      .readonly(),
    /** The main rule set has the line that calls the anchor, as far as is known. */
    called: z.boolean(),
    loads: count,
    loadFailures: count,
    /** pf states killed since the start. */
    kills: count,
    /** A transaction is under way. */
    busy: z.boolean(),
    failure: z.object({ text: z.string(), retryInMs: durationMs }).readonly().nullable(),
    /** The last 256: from the line of `route monitor` to the start of `pfctl -f -`, to its end, and to that of the transaction. */
    reactions: z
      .array(
        z
          .object({ cause: z.string(), toLoadMs: durationMs, toLoadedMs: durationMs, toDoneMs: durationMs })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();

const ownTrafficStatus = z
  .object({
    /** `default_route`, as configured. */
    mode: z.enum({
      none: 'none',
      leave: 'leave',
      best: 'best',
      multipath: 'multipath',
    } satisfies Words<Settings['defaultRoute']>),
    /** Who carries it, for each family that a link has; none where the default route is not ours or there is no link for it. */
    families: z.array(z.object({ family, links: z.array(z.string()).readonly() }).readonly()).readonly(),
  })
  .readonly();

const carpStatus = z
  .object({
    group: z.string(),
    role: z.enum({ master: 'master', backup: 'backup' } satisfies Words<CarpRole>).nullable(),
    /** What of the group's demote counter is ours. */
    demotedBy: count,
    /** Policies that have no link to trust. */
    lost: z.array(z.string()).readonly(),
    /** When that is undone if nothing happens; null while there is nothing to wait for. */
    holdRemainingMs: durationMs.nullable(),
  })
  .readonly();

const historyEntry = z
  .object({
    /** Wall clock, milliseconds since 1970. */
    atMs: z.number(),
    severity: severitySchema,
    text: z.string(),
  })
  .readonly();

export const statusSchema = z
  .object({
    version: z.literal(WIRE_VERSION),
    daemon: z
      .object({
        version: z.string(),
        pid: count,
        /** Path of the configuration file. */
        config: z.string(),
        uptimeMs: durationMs,
        settingsLoadedMsAgo: durationMs,
      })
      .readonly(),
    links: z.array(linkStatus).readonly(),
    policies: z.array(policyStatus).readonly(),
    /** This machine's own, in rtable 0. */
    ownTraffic: ownTrafficStatus,
    pf: pfStatus,
    /** Null without [carp]. */
    carp: carpStatus.nullable(),
    /** Oldest first, the last 256. */
    history: z.array(historyEntry).readonly(),
  })
  .readonly();

export type Status = z.infer<typeof statusSchema>;
export type LinkStatus = z.infer<typeof linkStatus>;
export type PathStatus = z.infer<typeof pathStatus>;
export type TargetStatus = z.infer<typeof targetStatus>;
export type RttStatus = z.infer<typeof rttStatus>;
export type PolicyStatus = z.infer<typeof policyStatus>;
export type PolicyFamilyStatus = z.infer<typeof policyFamilyStatus>;
export type TransitionStatus = z.infer<typeof transitionStatus>;
export type ShareStatus = z.infer<typeof shareStatus>;
export type PfStatus = z.infer<typeof pfStatus>;
export type HistoryEntry = z.infer<typeof historyEntry>;
/** The same words as port/log.ts's Severity. */
export type WireSeverity = z.infer<typeof severitySchema>;
