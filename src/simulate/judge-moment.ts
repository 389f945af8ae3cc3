/**
 * What must hold at any moment: that the daemon knows what the kernel tells, that pf has what it believes to be there, and that
 * a path which was down waits out its hold. Looked at so often that nothing can hide between two looks for long.
 */
import { longestWait } from '../core/estimate.ts';
import { families, type PathKey, pathKey, type Settings } from '../core/model.ts';
import type { PathHealth } from '../core/path.ts';
import { driverOf, isLinkUp } from '../emulator/nic.ts';
import { judgeGrowth } from './judge-bounds.ts';
import type { LogJudge } from './judge-log.ts';
import { createSteeringJudge } from './judge-steering.ts';
import type { Scene } from './scene.ts';

/** How often, where links are asked every few seconds; seldomer where they are asked seldom, for less can happen between two looks. */
const OFTEN_MS = 700;
const SELDOM_MS = 5000;
const betweenLooks = ({ links }: Settings): number => {
  const quickest = Math.min(...links.map(({ probe }) => probe.interval));
  return quickest < 10_000 ? OFTEN_MS : SELDOM_MS;
};

/** Carrier and UP of every link's interface, as the kernel has them and as the daemon does. */
const judgeKnowledge = (scene: Scene, changedAt: number): void => {
  const now = scene.clock.now();
  const known = scene.engine()?.interfaces ?? null;
  if (known === null || now - Math.max(changedAt, scene.hearsAt()) < scene.hearsWithin()) return;
  for (const link of scene.settings().links) {
    const nic = scene.router.nic(link.interface);
    const there = known.find(({ name }) => name === link.interface);
    if (nic === null || there === undefined) {
      // Nobody hears of one that comes or goes: RTM_IFANNOUNCE stays in route's buffer (OPENBSD.md 2, point 5).
      continue;
    }
    const isUsable = there.up && there.carrier !== 'down';
    if (isUsable !== isLinkUp(nic))
      scene.report(
        'what the kernel tells is known',
        `${link.interface} (${driverOf(nic.name)}) ${isLinkUp(nic) ? 'has' : 'lacks'} carrier, and is taken to be ${there.up ? 'up' : 'not up'}, ${there.carrier}`,
      );
  }
};

const createAppliedJudge = (scene: Scene) => {
  // The same text mostly, look after look.
  let counted = { text: '[]', rules: 0 };
  const countRules = (text: string): number => {
    if (text === counted.text) return counted.rules;
    const applied: unknown = JSON.parse(text);
    counted = { text, rules: Array.isArray(applied) ? applied.length : 0 };
    return counted.rules;
  };
  return (): void => {
    const engine = scene.engine();
    if (engine === null || scene.clock.now() < scene.foreignUntil()) return;
    const { pf, settings } = engine;
    if (pf.inFlight !== null || pf.appliedRules === null || settings === null) return;
    const rules = countRules(pf.appliedRules);
    const count = scene.router.firewall.rulesets.get(settings.anchor)?.rules.length ?? 0;
    if (rules !== count)
      scene.report('what is known to be applied is in pf', `${rules} rules, pf holds ${count}`);
  };
};

/**
 * A verdict may have been too soon: an answer to a request that had left before the fall proves that the path was never down
 * (core/health.ts). It comes within the longest time that any answer may take, or not at all.
 */
const mayBeAcquitted = ({ fell, settings }: PathHealth, now: number, betweenMs: number): boolean =>
  fell !== null && now - fell.at <= longestWait(settings.timeout) + betweenMs;

const createHoldJudge = (scene: Scene) => {
  const downAt = new Map<PathKey, number>();
  let life = scene.engine()?.startEnds ?? null;
  /** A link that is taken out of the settings and put back begins anew. */
  const keep = ({ links }: Settings): void => {
    const kept = new Set(links.flatMap(({ name }) => families.map((family) => pathKey(name, family))));
    for (const key of downAt.keys()) if (!kept.has(key)) downAt.delete(key);
  };
  const judge = (): void => {
    const engine = scene.engine();
    if (engine === null) return;
    if (engine.startEnds !== life) downAt.clear();
    life = engine.startEnds;
    const now = scene.clock.now();
    const betweenMs = betweenLooks(scene.settings());
    for (const path of engine.paths.values()) {
      if (path.health === 'down' && !mayBeAcquitted(path, now, betweenMs)) downAt.set(path.key, now);
      const last = downAt.get(path.key);
      const { hold } = path.settings;
      if (path.health === 'up' && last !== undefined && now - last + betweenMs < hold)
        scene.report('no path is up before its hold', `${path.key}: ${now - last} ms after it was down`);
    }
  };
  return { judge, keep };
};

/** Tells whether the carrier of some interface is not as it was when this was called last, or another interface is in its place. */
const watchCarriers = (scene: Scene): (() => boolean) => {
  let last: readonly { readonly index: number; readonly isUp: boolean }[] = [];
  return () => {
    const nics = scene.router.nics();
    const isSame =
      nics.length === last.length &&
      nics.every((nic, at) => nic.index === last[at]?.index && isLinkUp(nic) === last[at]?.isUp);
    if (!isSame) last = nics.map((nic) => ({ index: nic.index, isUp: isLinkUp(nic) }));
    return !isSame;
  };
};

export interface Moments {
  /** Other settings are in force: what is not in them is forgotten. */
  keep(settings: Settings): void;
}

/** Looks from now on. */
export const watchMoments = (scene: Scene, log: LogJudge): Moments => {
  const hold = createHoldJudge(scene);
  const judgeApplied = createAppliedJudge(scene);
  const judgeSteering = createSteeringJudge(scene);
  const haveCarriersChanged = watchCarriers(scene);
  let changedAt = 0;
  // Between two looks a cable may be pulled and put in again.
  scene.router.subscribe(({ kind }) => {
    if (kind === 'ifinfo') changedAt = scene.clock.now();
  });
  const look = (): void => {
    if (haveCarriersChanged()) changedAt = scene.clock.now();
    judgeKnowledge(scene, changedAt);
    if (scene.isRunning()) {
      judgeApplied();
      log.look();
    }
    judgeSteering();
    hold.judge();
    judgeGrowth(scene);
    scene.clock.after(betweenLooks(scene.settings()), look);
  };
  look();
  return { keep: hold.keep };
};
