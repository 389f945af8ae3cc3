/**
 * Puts rules of which the order does not matter so that those that have something in common are next to each other: pf then skips them together
 * (pf.conf(5), ruleset-optimization; sbin/pfctl/pfctl_optimize.c, reorder_rules).
 */
import { renderHostKey, renderPortKey } from './pf-rule-key.ts';
import type { End, Rule } from './pf-rules.ts';

/** Null has nothing in common with anything. */
type Attribute = (rule: Rule) => string | null;

/** An address of zeros is like no other, whatever its length. */
const renderEnd = ({ host, isNegated }: End): string | null =>
  host.kind === 'any' || (host.kind === 'prefix' && host.prefix.value === 0n)
    ? null
    : `${isNegated} ${renderHostKey(host)}`;

/** In the order in which pf tests them, and in which they win where several are as common. */
const ATTRIBUTES: readonly Attribute[] = [
  (rule) => (rule.interface === null ? null : `${rule.isInterfaceNegated} ${rule.interface}`),
  (rule) => rule.direction,
  (rule) => (rule.rdomain === null ? null : `${rule.isInterfaceNegated} ${rule.rdomain}`),
  (rule) => rule.family,
  (rule) => rule.protocol,
  (rule) => renderEnd(rule.source),
  (rule) => renderEnd(rule.destination),
  (rule) => renderPortKey(rule.source.port),
  (rule) => renderPortKey(rule.destination.port),
];

/** Rules that have an attribute in common. */
interface Step {
  readonly key: string | null;
  readonly rules: Rule[];
  /** How many there are; 0 once nothing can be gained. */
  count: number;
}

/** The most common first, and among equals the one that was so first. */
const stepsOf = (rules: readonly Rule[], attribute: Attribute): Step[] => {
  const steps: Step[] = [];
  for (const rule of rules) {
    const key = attribute(rule);
    let i = key === null ? -1 : steps.findIndex((step) => step.key === key);
    if (i < 0) i = steps.push({ key, rules: [], count: 0 }) - 1;
    const step = steps[i] as Step;
    step.rules.push(rule);
    step.count++;
    while (i > 0 && (steps[i - 1] as Step).count < step.count) {
      steps[i] = steps[i - 1] as Step;
      steps[--i] = step;
    }
  }
  return steps;
};

const remove = (steps: Step[], rule: Rule): void => {
  if ((steps[0]?.count ?? 0) <= 1) return;
  let i = steps.findIndex((step) => step.rules.includes(rule));
  const step = steps[i];
  if (step === undefined) return;
  step.rules.splice(step.rules.indexOf(rule), 1);
  step.count--;
  for (let next = steps[i + 1]; next !== undefined && next.count > step.count; next = steps[i + 1]) {
    steps[i] = next;
    steps[++i] = step;
  }
};

export const orderForSkips = (rules: readonly Rule[]): readonly Rule[] => {
  if (rules.length < 2) return rules;
  const lists = ATTRIBUTES.map((attribute) => stepsOf(rules, attribute));
  for (const [first] of lists)
    if (first !== undefined && (first.count === rules.length || first.count === 1)) first.count = 0;
  const left = new Set(rules);
  const ahead: Rule[] = [];
  const own: Rule[] = [];
  while (left.size > 0) {
    let best: Step[] = [];
    for (const steps of lists) if ((steps[0]?.count ?? 0) > Math.max(best[0]?.count ?? 0, 1)) best = steps;
    const step = best.shift();
    if (step === undefined) break;
    for (const rule of step.rules) {
      left.delete(rule);
      for (const steps of lists) remove(steps, rule);
    }
    // more than a pair may have more in common
    if (step.count > 2) ahead.push(...orderForSkips(step.rules));
    else own.push(...step.rules);
  }
  return [...ahead, ...own, ...left];
};
