/**
 * What must survive a restart of the daemon, so that a restart moves not one connection: each path's health, and the
 * routing table numbers given out; and what an operator has said by hand. Plain data; where it is kept is an adapter's business.
 */
import type { AdminModes } from './admin.ts';
import type { AvailabilityMemory } from './availability.ts';
import type { CarpAdded } from './carp.ts';
import type { PathUsers } from './kill.ts';
import type { MonthMemory } from './meter.ts';
import type { AdminMode, Health, PathKey, Reason } from './model.ts';
import type { LastReady, PathHealth } from './path.ts';
import type { RtableNumbers } from './rtable.ts';
import { type Millis, type Mono, millis, mono, since } from './time.ts';

export interface PathMemory {
  readonly path: PathKey;
  /** The path that it was (evidence.ts); another one shares nothing with it but the name. */
  readonly identity: string;
  readonly health: Health;
  readonly reason: Reason;
  /** How long it had been so when it was remembered. */
  readonly lasted: Millis;
  /** What its falls have brought it (damping.ts), as of `ago` before it was remembered. */
  readonly damping: { readonly penalty: number; readonly isSuppressed: boolean; readonly ago: Millis };
}

export interface RecordMemory {
  readonly path: PathKey;
  /** Oldest first; `ago`: before it was remembered. */
  readonly transitions: readonly {
    readonly ago: Millis;
    readonly from: Health;
    readonly to: Health;
    readonly reason: Reason;
    readonly lasted: Millis;
  }[];
  readonly availability: AvailabilityMemory;
}

export interface Memory {
  /** How long ago it was kept. */
  readonly age: Millis;
  readonly paths: readonly PathMemory[];
  /**
   * Where paths were ready last that are not ready, or not judged yet; or before, while what they have left there is still to go
   * (outlived.ts).
   */
  readonly left: readonly {
    readonly path: PathKey;
    readonly gateway: string;
    readonly address: string;
    readonly rdomain: number;
  }[];
  /** Policies that have, or had, connections on a path: the next settings may have it for others (kill.ts). */
  readonly users: readonly { readonly path: PathKey; readonly policies: readonly string[] }[];
  /** Paths that may have what a pool has pinned to them: the next settings may have no pool for them (sweep.ts, pooledBefore). */
  readonly pooled: readonly PathKey[];
  readonly rtables: readonly { readonly link: string; readonly rtable: number }[];
  /** Of links in a routing domain of their own. */
  readonly rdomains: readonly { readonly link: string; readonly rdomain: number }[];
  readonly rdomainsSeen: readonly number[];
  /** What we have put on a demote counter, or were about to. */
  readonly carp: CarpAdded | null;
  /** What each path has been; of use after a reboot, too. */
  readonly records: readonly RecordMemory[];
  /** What probes of each link took in which month: of use after a reboot, too. */
  readonly months: MonthMemory;
  /** Of the machine's owner, not of the moment: of use after a reboot, too. */
  readonly admin: readonly { readonly link: string; readonly mode: Exclude<AdminMode, 'enabled'> }[];
}

/** What is still true after a reboot: nothing of the links' health, and no routing table is left. */
export const afterReboot = (memory: Memory): Memory => ({
  ...memory,
  paths: [],
  left: [],
  users: [],
  pooled: [],
  rtables: [],
  rdomains: [],
  rdomainsSeen: [],
  carp: null,
});

/** What is still on paths of what they, or the settings, were before. */
export interface Inherited {
  readonly leftBehind: ReadonlyMap<PathKey, LastReady>;
  readonly users: PathUsers;
  readonly pooled: readonly PathKey[];
}

const nothingInherited: Inherited = { leftBehind: new Map(), users: new Map(), pooled: [] };

/** Judged by what probes have said: what evidence says is found anew. */
const isWorthKeeping = ({ evidence, reason }: PathHealth): boolean =>
  evidence?.kind === 'ready' && reason !== 'starting';

/** What to keep of the present. Two presents that are to be treated alike after a restart differ in `lasted` only. The records (record.ts) come on top. */
export const rememberPresent = (
  paths: Iterable<PathHealth>,
  rtables: RtableNumbers,
  admin: AdminModes,
  carp: CarpAdded | null,
  now: Mono,
  inherited: Inherited = nothingInherited,
): Memory => {
  const known = [...paths];
  return {
    age: millis(0),
    paths: known.flatMap((path) =>
      path.evidence?.kind === 'ready' && isWorthKeeping(path)
        ? [
            {
              path: path.key,
              identity: path.evidence.identity,
              health: path.health,
              reason: path.reason,
              lasted: since(now, path.since),
              damping: {
                penalty: path.damping.penalty,
                isSuppressed: path.damping.isSuppressed,
                ago: since(now, path.damping.at),
              },
            },
          ]
        : [],
    ),
    left: [
      ...new Map([
        ...known.flatMap((path) =>
          isWorthKeeping(path) || path.lastReady === null ? [] : [[path.key, path.lastReady] as const],
        ),
        // Also of links that the settings do not have any more.
        ...inherited.leftBehind,
      ]),
    ].map(([path, place]) => ({ path, ...place })),
    users: [...inherited.users].map(([path, policies]) => ({ path, policies })),
    pooled: inherited.pooled,
    rtables: [...rtables.byLink].map(([link, rtable]) => ({ link, rtable })),
    rdomains: [...rtables.rdomains].map(([link, rdomain]) => ({ link, rdomain })),
    rdomainsSeen: [...rtables.rdomainsSeen].sort((a, b) => a - b),
    carp,
    records: [],
    months: [],
    admin: [...admin].map(([link, mode]) => ({ link, mode })),
  };
};

export const recallRtables = (memory: Memory): RtableNumbers => ({
  byLink: new Map(memory.rtables.map(({ link, rtable }) => [link, rtable])),
  rdomains: new Map(memory.rdomains.map(({ link, rdomain }) => [link, rdomain])),
  rdomainsSeen: new Set(memory.rdomainsSeen),
});

export const recallUsers = (memory: Memory): PathUsers =>
  new Map(memory.users.map(({ path, policies }) => [path, policies]));

export const recallAdmin = (memory: Memory): AdminModes =>
  new Map(memory.admin.map(({ link, mode }) => [link, mode]));

/** A path as it was before the restart; probes begin anew and have the last word. A hold is waited out from its start. */
export const recallPath = (
  path: PathHealth,
  memory: Memory | null,
  identity: string,
  now: Mono,
): PathHealth => {
  const was = memory?.paths.find((each) => each.path === path.key && each.identity === identity);
  if (was === undefined) return path;
  return {
    ...path,
    health: was.health,
    reason: was.reason,
    since: mono(now - Math.max(0, was.lasted)),
    goodSince: was.reason === 'hold' ? now : null,
    damping: {
      penalty: was.damping.penalty,
      isSuppressed: was.damping.isSuppressed,
      at: mono(now - Math.max(0, was.damping.ago + (memory?.age ?? 0))),
    },
  };
};

/** Equal for memories that differ in lengths of time only: then there is nothing to write. */
export const memoryKey = (memory: Memory): string =>
  JSON.stringify({
    ...memory,
    records: [],
    months: [],
    paths: memory.paths.map(({ damping, ...path }) => ({
      ...path,
      lasted: millis(0),
      damping: { ...damping, ago: millis(0) },
    })),
  });
