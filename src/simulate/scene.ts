/**
 * What the judges share: the machine, what is true of its paths, the settings in force, and since when nothing but the world
 * has been in the daemon's way. The first claim that does not hold is kept; a story ends with it.
 */
import type { Engine } from '../core/engine.ts';
import { longestWait } from '../core/estimate.ts';
import type { Settings } from '../core/model.ts';
import { windowSize } from '../core/window.ts';
import type { VirtualClock } from '../emulator/clock.ts';
import type { Router } from '../emulator/router.ts';
import type { Operator } from './operator.ts';
import type { World } from './story.ts';
import type { Truth } from './truth.ts';

/** The claims. A shrunk story has to break the same one. */
export type Claim =
  | 'connections go where they can'
  | 'no connection leaves by a link that is not its own'
  | 'no packet leaves with the address of another link'
  | 'no pf state is killed on a path that works'
  | 'no pf state is killed without somewhere to go'
  | 'no pf state is killed before the rules lead elsewhere'
  | 'what the kernel tells is known'
  | 'what is known to be applied is in pf'
  | 'no rule leads to a path that is down'
  | 'no path is up before its hold'
  | 'pf takes every rule set'
  | 'pf.conf loads with what was kept for the next boot'
  | 'nothing is said twice'
  | 'the log tells every change'
  | 'what an operator says holds'
  | 'a file is taken as a whole or not at all'
  | 'the default route is what is decided'
  | 'a clean exit leaves what it is to leave'
  | 'health is what the world is'
  | 'show tells the truth'
  | 'pf holds what is decided'
  | 'no pf state is left on a dead path'
  | 'nothing is written at rest'
  | 'a fresh start would do the same'
  | 'memory, queues and children are bounded'
  | 'the memory of a life is understood by the next'
  | 'nothing is thrown';

export interface Broken {
  readonly claim: Claim;
  readonly text: string;
  readonly atMs: number;
}

export interface Scene {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly router: Router;
  readonly truth: Truth;
  /** Of the running daemon, or of its last life. */
  readonly settings: () => Settings;
  readonly engine: () => Engine | null;
  /** From this instant on nothing is the matter but the world itself: its commands work, it runs, nobody else writes to pf. */
  readonly calmAt: () => number;
  /** Until then pings may have missed answers for reasons of their own. */
  readonly blindUntil: () => number;
  /** pf.conf is in force, as it was written. */
  readonly isPfConfLoaded: () => boolean;
  /** Until then pf may hold what a second administrator has left there. */
  readonly foreignUntil: () => number;
  /** When the life of now began, and when the last one did that remembered nothing. */
  readonly startedAt: () => number;
  readonly forgottenAt: () => number;
  /** The daemon is alive, and not stopped. */
  readonly isRunning: () => boolean;
  /** From this instant on it hears what the kernel tells: ifconfig and route work. */
  readonly hearsAt: () => number;
  /** How long that takes: by a monitor, or where that may be mute, by the next reading. */
  readonly hearsWithin: () => number;
  /** From this instant on it writes to pf as it likes: no pfctl has failed of late. */
  readonly writesAt: () => number;
  /** A second administrator is at work with pfctl. */
  readonly isAdminBusy: () => boolean;
  /** What was said of links by hand. */
  readonly operator: () => Operator;
  report(claim: Claim, text: string): void;
  readonly broken: () => Broken | null;
}

/** A target that takes a process a request is asked again only when the last one has ended (adapter/single-probe.ts). */
const roundMs = ({ targets, interval, timeout }: Settings['links'][number]['probe']): number =>
  targets.every(({ kind }) => kind === 'gateway' || kind === 'address')
    ? interval
    : Math.max(interval, 1000, longestWait(timeout) + 500);

/** Since when `settings` could have been followed: how long a dead path may go unnoticed. */
export const detectionMs = ({ metered, probe }: Settings['links'][number]): number =>
  (probe.fall + 1) * (metered ? Math.max(probe.idle, roundMs(probe)) : roundMs(probe)) +
  longestWait(probe.timeout) +
  3000;

/** How long a path that has come back may go unused where nothing else is left. */
export const returnMs = ({ metered, probe }: Settings['links'][number]): number =>
  probe.rise * roundMs(probe) +
  // An idle link is asked quickly once it has answered `rise` times as a good one does.
  (metered ? probe.rise * Math.max(probe.idle, probe.interval) : 0) +
  longestWait(probe.timeout) +
  probe.hold +
  // What it has lost before is in its window, and may keep it degraded for as long.
  Math.max(30_000, windowSize(probe.loss.window, probe.interval) * roundMs(probe));
