/**
 * Where the rules that pf holds send the new connections of each policy, read from the emulated pf alone: nothing that the daemon
 * says of its rules or decisions counts here.
 */
import { type Family, renderValue } from '../emulator/address.ts';
import type { Firewall } from '../emulator/pf.ts';
import type { Rule } from '../emulator/pf-rules.ts';
import { poolEntries } from '../emulator/pf-table.ts';

export interface Way {
  readonly policy: string;
  readonly family: Family;
  /** Only what comes from this network; null: from anywhere. */
  readonly source: string | null;
  /** A rule names the link by its label, a pool the gateway. */
  readonly to:
    | { readonly kind: 'link'; readonly link: string }
    | { readonly kind: 'gateway'; readonly gateway: string };
  /** Of what the policy sends from there, 0 to 1; null: pf picks. */
  readonly share: number | null;
}

/** pf keeps probabilities in 32 bits. */
const CERTAIN = 2 ** 32 - 1;

const poolWays = (
  { rulesets, tables }: Firewall,
  anchor: string,
  policy: string,
  family: Family,
): readonly Way[] => {
  const rules = rulesets.get(anchor)?.rules ?? [];
  const names = rules.flatMap(({ family: of, route }) =>
    of === family && route?.pool.host.kind === 'table' ? [route.pool.host.name] : [],
  );
  return [...tables.values()]
    .filter((table) => table.anchor === anchor && names.includes(table.name))
    .flatMap((table) => poolEntries(table, family))
    .map(({ text }) => ({
      policy,
      family,
      source: null,
      to: { kind: 'gateway', gateway: text },
      share: null,
    }));
};

const sourceOf = ({ source: { host } }: Rule): string | null =>
  host.kind === 'prefix'
    ? `${renderValue(host.prefix.family, host.prefix.value)}/${host.prefix.length}`
    : null;

/** A rule's part of it, as long as the same rules are loaded: a way, or the pool of a policy, whose entries come and go. */
type Step = Way | { readonly pool: string; readonly policy: string; readonly family: Family };

const read = (rules: readonly Rule[]): readonly Step[] => {
  const left = new Map<string, number>();
  return rules.flatMap((rule): readonly Step[] => {
    const { family, tagged, direction, action, label, probability } = rule;
    const policy = tagged?.match(/^uplink_(.*)$/)?.[1];
    if (direction !== 'in' || family === null || policy === undefined) return [];
    if (rule.anchor !== null) return [{ pool: policy, policy, family }];
    if (action !== 'pass' || rule.interface !== null) return [];
    const source = sourceOf(rule);
    const key = `${policy} ${family} ${source}`;
    const rest = left.get(key) ?? 1;
    const share = probability === null ? rest : (rest * probability) / CERTAIN;
    left.set(key, rest - share);
    return [{ policy, family, source, to: { kind: 'link', link: label.split(':')[1] ?? '' }, share }];
  });
};

/** By the rules of a load: they are asked for at every look, and hardly ever loaded. */
const known = new WeakMap<readonly Rule[], readonly Step[]>();

/** In the order in which pf goes through the rules: each takes its part of what those before it have left. */
export const waysOf = (firewall: Firewall, anchor: string): readonly Way[] => {
  const rules = firewall.rulesets.get(anchor)?.rules;
  if (rules === undefined) return [];
  let steps = known.get(rules);
  if (steps === undefined) {
    steps = read(rules);
    known.set(rules, steps);
  }
  return steps.flatMap((step) =>
    'pool' in step ? poolWays(firewall, `${anchor}/${step.pool}`, step.policy, step.family) : [step],
  );
};
