/**
 * The ruleset that given healths would lead to, without a machine: for `uplinkctl render` and for tests. It goes the
 * same way as the running daemon, from paths to decisions to rules.
 */
import { decidePolicy } from './decide.ts';
import { newPath, type PathHealth } from './health.ts';
import { findStranded } from './kill.ts';
import {
  families,
  gatewayOf,
  type Health,
  type PathKey,
  pathKey,
  type Reason,
  type Settings,
} from './model.ts';
import { allocateRtables, noRtables } from './rtable.ts';
import { desirePools, desireRuleset, type PoolAnchor, type Ruleset, type RulesetInput } from './ruleset.ts';
import { mono } from './time.ts';

/** A path that is down here has carrier, address and gateway, so it may still be the last resort. */
const reasons: { readonly [health in Health]: Reason } = {
  up: 'answering',
  degraded: 'probe-loss',
  unknown: 'starting',
  down: 'probe-loss',
};

/** Paths that are not in `healths` are up. Routing table numbers are those that a first start would give out. */
const previewInput = (settings: Settings, healths: ReadonlyMap<PathKey, Health>): RulesetInput => {
  const { byLink } = allocateRtables(noRtables, settings.links, null);
  const paths = new Map(
    settings.links.flatMap((link) =>
      families.flatMap((family): readonly (readonly [PathKey, PathHealth])[] => {
        const gateway = gatewayOf(link, family);
        if (gateway === null) return [];
        const key = pathKey(link.name, family);
        const health = healths.get(key) ?? 'up';
        const evidence = { kind: 'ready', gateway, address: gateway, identity: 'preview' } as const;
        const path = newPath(link, family, byLink.get(link.name) ?? 0, mono(0));
        return [[key, { ...path, evidence, health, reason: reasons[health], isRouted: true }]];
      }),
    ),
  );
  const decisions = settings.policies.flatMap((policy) => decidePolicy(policy, settings, paths));
  return { settings, decisions, rtables: byLink, stranded: findStranded(settings, paths, decisions) };
};

export const previewRuleset = (settings: Settings, healths: ReadonlyMap<PathKey, Health>): Ruleset =>
  desireRuleset(previewInput(settings, healths));

/** The policies' own anchors, of those that are balanced by a pool. */
export const previewPools = (
  settings: Settings,
  healths: ReadonlyMap<PathKey, Health>,
): readonly PoolAnchor[] => desirePools(previewInput(settings, healths));
