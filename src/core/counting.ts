/**
 * What pf counts for free: packets that came in by a link, as answers to what had left by it. Asked only while a burst
 * finds a path silent (confirm.ts), never in steady operation, and by one reading at a time. pfctl prints one line for
 * each rule with a label, in the order of the rules, so a rule is found by its place among those of equal label.
 */
import { stepAsked, stepCounted, wantsReading } from './confirm.ts';
import { linkLabel } from './kill.ts';
import type { PathHealth } from './path.ts';
import type { Ruleset } from './rule.ts';

/** One line of `pfctl -sl`. */
export interface Counted {
  readonly label: string;
  readonly packetsIn: number;
}

export interface CountLane {
  readonly nextId: number;
  readonly inFlight: number | null;
}

export const newCountLane: CountLane = { nextId: 1, inFlight: null };

/** Packets in, over the rules that let connections out by the path; null: what pf printed is not of these rules. */
export const packetsIn = (ruleset: Ruleset, path: PathHealth, counted: readonly Counted[]): number | null => {
  const label = linkLabel(path.link, path.family);
  const rules = ruleset.filter(
    (rule) =>
      (rule.kind === 'choose' || rule.kind === 'leave') &&
      rule.link === path.link &&
      rule.family === path.family,
  );
  const lines = counted.filter((line) => line.label === label);
  if (lines.length !== rules.length || !rules.some((rule) => rule.kind === 'leave')) return null;
  return lines.reduce((sum, line, n) => (rules[n]?.kind === 'leave' ? sum + line.packetsIn : sum), 0);
};

/** Begins a reading if a burst waits for one and none is under way; `id` is null if not. */
export const planCount = (
  lane: CountLane,
  paths: Iterable<PathHealth>,
): { readonly lane: CountLane; readonly id: number | null } => {
  const isWanted = lane.inFlight === null && [...paths].some(({ confirming }) => wantsReading(confirming));
  return isWanted
    ? { lane: { nextId: lane.nextId + 1, inFlight: lane.nextId }, id: lane.nextId }
    : { lane, id: null };
};

export const askPath = (path: PathHealth, id: number): PathHealth =>
  wantsReading(path.confirming) ? { ...path, confirming: stepAsked(path.confirming, id) } : path;

/** pf's answer, for a path that waits for it. `ruleset` is what pf is known to hold. */
export const countPath = (
  path: PathHealth,
  id: number,
  ruleset: Ruleset | null,
  counted: readonly Counted[] | null,
): PathHealth => {
  if (path.confirming.burst?.passive.asked !== id) return path;
  const packets = ruleset === null || counted === null ? null : packetsIn(ruleset, path, counted);
  return { ...path, confirming: stepCounted(path.confirming, id, packets) };
};

export const stepCountDone = (lane: CountLane, id: number): CountLane =>
  lane.inFlight === id ? { ...lane, inFlight: null } : lane;
