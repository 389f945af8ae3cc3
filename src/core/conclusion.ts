/**
 * Conclusions: what follows from the settings, the interfaces and how every path stands, and from nothing else. No answer
 * to a ping that leaves all paths standing as they did can change them, and there are hundreds of those a second; so they
 * are drawn anew only when a premise has changed. They are a value of the engine; drawn from nothing they are the same.
 *
 * What time alone brings about is for turn.ts.
 */
import { isAlike } from './alike.ts';
import { type Decision, decidePolicy } from './decide.ts';
import { wishRoutes } from './default-route.ts';
import { learnWishOf } from './evidence.ts';
import { isAnswering } from './health.ts';
import { findLeaving, findStranded, type Leaving, type PathUsers } from './kill.ts';
import {
  families,
  type InterfaceTable,
  type LearnWish,
  type PathKey,
  pathKey,
  type Settings,
} from './model.ts';
import type { PathHealth } from './path.ts';
import type { DesiredPf } from './reconcile.ts';
import { type RtableNumbers, rdomainOf } from './rtable.ts';
import { desirePools, desireRuleset } from './ruleset.ts';
import { desireTables } from './tables.ts';
import type { RouteWish } from './transaction.ts';

export interface Premises {
  readonly settings: Settings;
  readonly interfaces: InterfaceTable;
  readonly rtables: RtableNumbers;
  readonly paths: ReadonlyMap<PathKey, PathHealth>;
  readonly former: PathUsers;
}

export interface Conclusions {
  readonly decisions: readonly Decision[];
  /** Dead paths whose connections have somewhere else to go. */
  readonly stranded: readonly PathKey[];
  /** Paths whose connections go back to a better tier. */
  readonly leaving: readonly Leaving[];
  readonly desired: DesiredPf;
  readonly routes: readonly RouteWish[];
  /** Paths whose routing table has no default route yet. */
  readonly unrouted: readonly PathKey[];
  /** Of the paths that have one. */
  readonly gateways: readonly string[];
  /** Where this machine tells the gateways that the configuration does not. */
  readonly learn: readonly LearnWish[];
}

/** Conclusions and the premises that they still follow from. */
export interface Concluded {
  readonly premises: Premises;
  readonly conclusions: Conclusions;
}

/** Whether the premises are what they were, in all that anything can follow from. */
export const isConcluded = (before: Concluded | null, premises: Premises): before is Concluded =>
  before !== null && isSamePremise(premises, before.premises);

/** What its probes measure, and since when it is good, says nothing of how a path stands; everything else might. */
const passing: ReadonlySet<string> = new Set<keyof PathHealth>([
  'targets',
  'goodSince',
  'pace',
  'confirming',
  'fell',
]);

const standsAs = (path: PathHealth, before: PathHealth | undefined): boolean => {
  if (path === before) return true;
  if (before === undefined) return false;
  let field: keyof PathHealth;
  for (field in path) if (path[field] !== before[field] && !passing.has(field)) return false;
  return isAnswering(path) === isAnswering(before);
};

const stand = (paths: Premises['paths'], before: Premises['paths']): boolean => {
  if (paths.size !== before.size) return false;
  for (const path of paths.values()) if (!standsAs(path, before.get(path.key))) return false;
  return true;
};

const isSamePremise = (premises: Premises, before: Premises): boolean =>
  premises.settings === before.settings &&
  premises.interfaces === before.interfaces &&
  premises.rtables === before.rtables &&
  premises.former === before.former &&
  stand(premises.paths, before.paths);

export const learnWishes = (settings: Settings, rtables: RtableNumbers): readonly LearnWish[] =>
  settings.links.flatMap((link) =>
    families.flatMap((family) => learnWishOf(link, family, rdomainOf(rtables, link.name)) ?? []),
  );

const draw = ({ settings, interfaces, rtables, paths, former }: Premises): Conclusions => {
  const decisions = settings.policies.flatMap((policy) => decidePolicy(policy, settings, paths));
  const stranded = findStranded(settings, paths, decisions, former);
  const input = { settings, decisions, paths, stranded };
  const used = decisions.flatMap(({ family, shares }) => shares.map((share) => pathKey(share.link, family)));
  const all = [...paths.values()];
  return {
    decisions,
    stranded,
    leaving: findLeaving(settings, paths, decisions),
    desired: {
      anchor: settings.anchor,
      ruleset: desireRuleset(input),
      tables: desireTables(settings, decisions, interfaces, paths),
      pools: desirePools(input),
      paths: [...new Set(used)],
    },
    routes: wishRoutes(settings, paths),
    unrouted: all.filter((path) => !path.isRouted).map((path) => path.key),
    gateways: all.flatMap(({ evidence }) => (evidence?.kind === 'ready' ? [evidence.gateway] : [])),
    learn: learnWishes(settings, rtables),
  };
};

/**
 * From new premises. They are often equal to those before even so, since every reading of the interfaces is a new premise;
 * and what stays the same object need not be compared by those who use it.
 */
export const conclude = (before: Concluded | null, premises: Premises): Concluded => {
  const drawn = draw(premises);
  const isEqual = before !== null && isAlike(drawn, before.conclusions);
  return { premises, conclusions: isEqual ? before.conclusions : drawn };
};
