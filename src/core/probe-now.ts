/**
 * What an operator can have pinged through a link right now. The same targets as its probes, by the same routing table, but
 * also of a link that is disabled by hand: whether it works again is what one wants to know before it is enabled.
 */
import type { Engine } from './engine.ts';
import { findEvidence } from './evidence.ts';
import { stepEvidence } from './health.ts';
import type { Family, Probe, Reason } from './model.ts';

export type PathToProbe =
  | {
      readonly kind: 'targets';
      readonly family: Family;
      readonly targets: readonly { readonly target: string; readonly probe: Probe }[];
    }
  /** Nothing to ping from, or by. */
  | { readonly kind: 'none'; readonly family: Family; readonly reason: Reason };

/** Each path of a link; empty if there is no such link. */
export const pathsToProbe = (engine: Engine, name: string): readonly PathToProbe[] => {
  const link = engine.settings?.links.find((each) => each.name === name);
  if (link === undefined) return [];
  return [...engine.paths.values()]
    .filter((path) => path.link === name)
    .map((path): PathToProbe => {
      const { family } = path;
      const evidence =
        path.reason === 'admin' && engine.interfaces !== null
          ? findEvidence(link, family, { interfaces: engine.interfaces, learnt: engine.learnt })
          : path.evidence;
      if (evidence === null) return { kind: 'none', family, reason: path.reason };
      if (evidence.kind === 'missing') return { kind: 'none', family, reason: evidence.reason };
      const { targets } = path.reason === 'admin' ? stepEvidence(path, evidence, path.since) : path;
      return { kind: 'targets', family, targets };
    });
};
