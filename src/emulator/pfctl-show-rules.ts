/** pfctl -s rules, -s labels and -z: the rules of one anchor, or of all below it, and what they have counted (sbin/pfctl/pfctl.c pfctl_show_rules). */
import type { Firewall } from './pf.ts';
import { childrenOf, countInterfaceAddresses, doesAnchorExist, tableFor } from './pf.ts';
import type { Sizes } from './pf-print.ts';
import { isUnnamed, renderRule } from './pf-print.ts';
import type { Rule } from './pf-rules.ts';
import { createCounters } from './pf-rules.ts';
import type { Shown } from './pfctl-show.ts';
import { MISSING } from './pfctl-show.ts';

/** What of a rule set is looked at, and how. */
export interface RulesAsked {
  readonly firewall: Firewall;
  readonly anchor: string;
  readonly verbosity: number;
  /** `-a '…*'` */
  readonly isRecursive: boolean;
  /** `-a '…/*'` */
  readonly isWildcard: boolean;
  /** -R; null: all. */
  readonly ruleNumber: number | null;
  /** -z: pf forgets what it has counted as it tells it. */
  readonly doesClear: boolean;
}

const clear = ({ counters }: Rule): void => {
  Object.assign(counters, createCounters(), { current: counters.current });
};

const sizesIn = (firewall: Firewall, anchor: string): Sizes => ({
  table: (name) => tableFor(firewall, anchor, name)?.entries.size ?? '*',
  interface: (name, modifiers, family) => countInterfaceAddresses(firewall, name, modifiers, family),
});

const counters = (rule: Rule): string => {
  const { counters: c } = rule;
  const pad = (value: number, width: number): string => String(value).padEnd(width);
  return (
    `  [ Evaluations: ${pad(c.evaluations, 8)}  Packets: ${pad(c.packetsIn + c.packetsOut, 8)}  Bytes: ${pad(c.bytesIn + c.bytesOut, 10)}  States: ${pad(c.current, 6)}]\n` +
    `  [ Inserted: uid 0 pid ${rule.insertedBy} State Creations: ${pad(c.created, 6)}]\n`
  );
};

const walkRules = (asked: RulesAsked, depth: number): string => {
  const { firewall, anchor, verbosity, isRecursive, ruleNumber } = asked;
  const indent = verbosity > 0 ? '' : '  '.repeat(depth);
  const below = (path: string, isAll: boolean, number: number | null): string =>
    walkRules({ ...asked, anchor: path, isWildcard: isAll, ruleNumber: number }, depth + 1);
  let { isWildcard } = asked;
  let text = '';
  for (const rule of firewall.rulesets.get(anchor)?.rules ?? []) {
    if (ruleNumber === null || rule.number === ruleNumber) {
      // pfctl takes rules of its own for a sign that nothing below is called
      if (rule.anchor?.isWildcard !== true) isWildcard = false;
      text += indent + renderRule(rule, verbosity > 1 ? sizesIn(firewall, anchor) : null);
      const count = verbosity > 0 ? counters(rule) : '';
      if (rule.anchor !== null && (isRecursive || isUnnamed(rule.anchor.name)))
        text += ` {\n${count}${below(rule.anchor.path, rule.anchor.isWildcard, null)}${indent}}\n`;
      else text += `\n${count}`;
    }
    if (asked.doesClear) clear(rule);
  }
  if (isWildcard && isRecursive)
    for (const child of childrenOf(firewall, anchor)) {
      const path = anchor === '' ? child : `${anchor}/${child}`;
      text += `${indent}anchor "${child}" all {\n${below(path, false, ruleNumber)}${indent}}\n`;
    }
  return text;
};

/** `-s rules` */
export const showRules = (asked: RulesAsked): Shown =>
  doesAnchorExist(asked.firewall, asked.anchor) ? { out: walkRules(asked, 0) } : MISSING;

/** `-s labels` */
export const showLabels = ({ firewall, anchor, ruleNumber, doesClear }: RulesAsked): Shown => {
  if (!doesAnchorExist(firewall, anchor)) return MISSING;
  let out = '';
  for (const rule of firewall.rulesets.get(anchor)?.rules ?? []) {
    const { label, counters: c } = rule;
    const packets = `${c.packetsIn + c.packetsOut} ${c.bytesIn + c.bytesOut} ${c.packetsIn} ${c.bytesIn} ${c.packetsOut} ${c.bytesOut}`;
    if (label !== '' && (ruleNumber === null || rule.number === ruleNumber))
      out += `${label} ${c.evaluations} ${packets} ${c.created}\n`;
    if (doesClear) clear(rule);
  }
  return { out };
};

/** `-z` alone */
export const clearRules = ({ firewall, anchor }: RulesAsked): Shown => {
  if (!doesAnchorExist(firewall, anchor)) return MISSING;
  for (const rule of firewall.rulesets.get(anchor)?.rules ?? []) clear(rule);
  return { out: '' };
};
