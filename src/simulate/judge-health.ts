/** Health against truth: of what has been good or dead for long enough, it has to be known. */
import type { Health, Reason } from '../core/model.ts';
import { type Claim, detectionMs, returnMs, type Scene } from './scene.ts';
import type { PathTruth } from './truth.ts';

/** What is said of a path, by the core or to an operator. */
export interface SaidHealth {
  readonly health: Health;
  readonly reason: Reason;
}

export const judgeHealth = (
  scene: Scene,
  claim: Claim,
  saidOf: (path: PathTruth) => SaidHealth | undefined,
): void => {
  const now = scene.clock.now();
  for (const path of scene.truth.paths.values()) {
    const health = saidOf(path);
    // Pings that were silent have lost what the world has not.
    const lasted = now - Math.max(path.since, scene.blindUntil());
    const said = `${path.key} has been ${path.standing} for ${Math.round(lasted)} ms, and is said to be ${health?.health} (${health?.reason})`;
    const mode = scene.operator().modeOf(path.link.name);
    if (mode === 'disabled') {
      if (health?.reason !== 'admin')
        scene.report('what an operator says holds', `${path.link.name} is disabled. ${said}`);
      continue;
    }
    if (scene.operator().silence(path.link.name) < returnMs(path.link)) continue;
    if (path.standing === 'good' && lasted > returnMs(path.link) && health?.health !== 'up')
      scene.report(claim, said);
    if (path.standing === 'dead' && lasted > detectionMs(path.link) && health?.health !== 'down')
      scene.report(claim, said);
  }
};
