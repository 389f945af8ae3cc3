/**
 * The ruleset that given healths would lead to, without a machine: for `uplinkctl render` and for tests. It goes the
 * same way as the running daemon, from paths to decisions to rules.
 */
import { decidePolicy } from './decide.ts';
import { findStranded } from './kill.ts';
import {
  families,
  gatewayOf,
  gatewayWordOf,
  type Health,
  type PathKey,
  pathKey,
  type Reason,
  type Settings,
} from './model.ts';
import { newPath, type PathHealth } from './path.ts';
import { allocateRtables, noRtables } from './rtable.ts';
import type { PoolAnchor, Ruleset } from './rule.ts';
import { desirePools, desireRuleset, type RulesetInput } from './ruleset.ts';
import { mono } from './time.ts';

/** A path that is down here has carrier, address and gateway, so it may still be the last resort. */
const reasons: { readonly [health in Health]: Reason } = {
  up: 'answering',
  degraded: 'probe-loss',
  unknown: 'starting',
  down: 'probe-loss',
};

type Healths = ReadonlyMap<PathKey, Health>;
type Rdomains = ReadonlyMap<string, number>;

/**
 * Paths that are not in `healths` are up; `rdomains` are of links whose interface has one of its own. Routing table numbers
 * are those that a first start would give out. A gateway that would be learnt is not known here: such a path has none.
 */
const previewInput = (settings: Settings, healths: Healths, rdomains: Rdomains): RulesetInput => {
  const numbers = { ...noRtables, rdomains, rdomainsSeen: new Set(rdomains.values()) };
  const { byLink } = allocateRtables(numbers, settings.links, null);
  const paths = new Map(
    settings.links.flatMap((link) =>
      families.flatMap((family): readonly (readonly [PathKey, PathHealth])[] => {
        const gateway = gatewayOf(link, family);
        if (gateway === null) return [];
        const key = pathKey(link.name, family);
        const health = healths.get(key) ?? 'up';
        const rdomain = rdomains.get(link.name) ?? 0;
        const path = newPath(link, family, byLink.get(link.name) ?? 0, mono(0), rdomain);
        // By a routing table the gateway is in no rule.
        const isKnown = gatewayWordOf(link, family) === null || path.via === 'rtable';
        if (!isKnown) {
          const missing = { kind: 'missing', reason: 'no-gateway' } as const;
          return [[key, { ...path, evidence: missing, health: 'down', reason: missing.reason }]];
        }
        const evidence = { kind: 'ready', gateway, address: gateway, identity: 'preview' } as const;
        return [[key, { ...path, evidence, health, reason: reasons[health], isRouted: true }]];
      }),
    ),
  );
  const decisions = settings.policies.flatMap((policy) => decidePolicy(policy, settings, paths));
  return { settings, decisions, paths, stranded: findStranded(settings, paths, decisions) };
};

export const previewRuleset = (
  settings: Settings,
  healths: Healths,
  rdomains: Rdomains = new Map(),
): Ruleset => desireRuleset(previewInput(settings, healths, rdomains));

/** The policies' own anchors, of those that are balanced by a pool. */
export const previewPools = (
  settings: Settings,
  healths: Healths,
  rdomains: Rdomains = new Map(),
): readonly PoolAnchor[] => desirePools(previewInput(settings, healths, rdomains));
