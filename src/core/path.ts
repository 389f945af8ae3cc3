/** A path, one link in one family, as a value: where it leads, what is known of it, and what it was judged to be (health.ts). */
import { type Confirming, newConfirming } from './confirm.ts';
import { type Damping, newDamping } from './damping.ts';
import type { Evidence } from './evidence.ts';
import {
  type Family,
  type Health,
  type LinkSettings,
  type PathKey,
  type ProbeSettings,
  pathKey,
  type Reason,
  viaOf,
} from './model.ts';
import type { Fall, TargetHealth } from './target.ts';
import type { Millis, Mono } from './time.ts';

/** What connections by a path depend on. */
export interface LastReady {
  readonly gateway: string;
  readonly address: string;
  readonly rdomain: number;
}

export interface PathHealth {
  readonly key: PathKey;
  readonly link: string;
  readonly family: Family;
  /** Scope of its link-local addresses. */
  readonly interface: string;
  readonly rtable: number;
  /** Of its interface. */
  readonly rdomain: number;
  /** How pf sends packets there. */
  readonly via: 'route-to' | 'rtable';
  readonly settings: ProbeSettings;
  /** Between two requests, in place of the settings' interval; null: that (pace.ts). */
  readonly pace: Millis | null;
  readonly evidence: Evidence | null;
  /** The last evidence that was ready: connections may be left of the path that it was then. */
  readonly lastReady: LastReady | null;
  readonly health: Health;
  readonly reason: Reason;
  readonly since: Mono;
  /** Set on hold: when the path became good. */
  readonly goodSince: Mono | null;
  /** By hand: no new connections, whatever the health. */
  readonly isDrained: boolean;
  /** The path's routing table has its default route: probes may run. */
  readonly isRouted: boolean;
  /** How often targets of its have been begun anew (target.ts). */
  readonly incarnation: number;
  readonly targets: readonly TargetHealth[];
  readonly confirming: Confirming;
  /** Set while the path is down by losses, if it was usable before: an answer that was only slow brings it back at once. */
  readonly fell: Fall | null;
  readonly damping: Damping;
}

export const newPath = (
  link: LinkSettings,
  family: Family,
  rtable: number,
  now: Mono,
  rdomain = 0,
): PathHealth => ({
  key: pathKey(link.name, family),
  link: link.name,
  family,
  interface: link.interface,
  rtable,
  rdomain,
  via: viaOf(link, family, rdomain),
  settings: link.probe,
  pace: null,
  evidence: null,
  lastReady: null,
  health: 'unknown',
  reason: 'starting',
  since: now,
  goodSince: null,
  isDrained: false,
  isRouted: false,
  incarnation: 0,
  targets: [],
  confirming: newConfirming(now),
  fell: null,
  damping: newDamping(now),
});

/** New connections may go there: up or degraded. */
export const isUsable = (path: PathHealth): boolean => path.health === 'up' || path.health === 'degraded';
