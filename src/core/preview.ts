/**
 * The ruleset that given healths would lead to, without a machine: for `uplinkctl render` and for tests. It goes the
 * same way as the running daemon, from paths to decisions to rules.
 */
import { decidePolicy } from './decide.ts';
import { newPath, type PathHealth } from './health.ts';
import type { Health, PathKey, Reason, Settings } from './model.ts';
import { pathKey } from './model.ts';
import { desireRuleset, type Ruleset } from './ruleset.ts';
import { mono } from './time.ts';

/** A path that is down here has carrier, address and gateway, so it may still be the last resort. */
const reasons: { readonly [health in Health]: Reason } = {
  up: 'answering',
  unknown: 'starting',
  down: 'probe-loss',
};

/** Paths that are not in `healths` are up. */
export const previewRuleset = (settings: Settings, healths: ReadonlyMap<PathKey, Health>): Ruleset => {
  const paths = new Map(
    settings.links.map((link): readonly [PathKey, PathHealth] => {
      const key = pathKey(link.name, 'inet');
      const health = healths.get(key) ?? 'up';
      const evidence = {
        kind: 'ready',
        gateway: link.gateway,
        address: link.gateway,
        identity: 'preview',
      } as const;
      return [key, { ...newPath(link, 'inet', 0, mono(0)), evidence, health, reason: reasons[health] }];
    }),
  );
  const decisions = settings.policies.map((policy) => decidePolicy(policy, 'inet', paths));
  return desireRuleset(settings, decisions);
};
