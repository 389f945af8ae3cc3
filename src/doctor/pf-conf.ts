/** What the checks of pf's main rule set share: where things stand in pf.conf, and how a line of it is changed. */
import type { MainRule, SourceLine } from '../text/pf-main.ts';
import type { Cure, Place } from './finding.ts';
import { anchorLineOf, type Machine, PF_CONF } from './machine.ts';

export const LOAD: Cure = { kind: 'run', command: `pfctl -f ${PF_CONF}` };

export const add = (line: string, place: Place): readonly Cure[] => [
  { kind: 'add', file: PF_CONF, line, place },
  LOAD,
];
export const replace = (line: string, by: string): readonly Cure[] => [
  { kind: 'replace', file: PF_CONF, line, by },
  LOAD,
];
/** Moves a line of pf.conf behind another. */
export const moveBehind = (line: string, behind: string): readonly Cure[] => [
  { kind: 'remove', file: PF_CONF, line },
  { kind: 'add', file: PF_CONF, line: line.trim(), place: { kind: 'after', line: behind } },
  LOAD,
];

export const tagOf = (policy: { readonly name: string }): string => `uplink_${policy.name}`;
export const INBOUND = 'uplink_inbound';

/** What is before the anchor, as pf evaluates it; all of it where the anchor is not called. */
export const splitAtAnchor = (
  rules: readonly MainRule[],
  anchor: string,
): { readonly before: readonly MainRule[]; readonly after: readonly MainRule[] } => {
  const at = rules.findIndex((rule) => rule.anchor === anchor || rule.anchor === '*');
  return at === -1
    ? { before: rules, after: [] }
    : { before: rules.slice(0, at), after: rules.slice(at + 1) };
};

export const sourceOf = (machine: Machine, is: (rule: MainRule) => boolean): SourceLine | undefined =>
  machine.pf.source?.find(({ rule }) => is(rule));

/** In front of the line that calls the anchor, or at the end where there is none. */
export const inFrontOfAnchor = (machine: Machine): Place => {
  const line = anchorLineOf(machine);
  return line === null ? { kind: 'end' } : { kind: 'before', line };
};
