/** A SIGHUP takes the file as a whole or not at all, and the log says which, once. */
import type { Engine } from '../core/engine.ts';
import type { Settings } from '../core/model.ts';
import type { Scene } from './scene.ts';

export interface Reloaded {
  /** What the file says; null: it is no good. */
  readonly wanted: Settings | null;
  readonly before: Engine;
  readonly after: Engine;
  /** Lines of the log meanwhile. */
  readonly said: readonly string[];
}

const REFUSED = 'configuration not reloaded, the running one stays';
const TAKEN = /^configuration \S+ loaded$/;

export const judgeReload = (scene: Scene, { wanted, before, after, said }: Reloaded): void => {
  const refused = said.filter((line) => line === REFUSED).length;
  const taken = said.filter((line) => TAKEN.test(line)).length;
  const isTaken = after.settings === wanted && taken === 1 && said.length === 1;
  // At least one line tells what is wrong with it.
  const isRefused = after === before && refused === 1 && taken === 0 && said.length > 1;
  if (wanted === null ? isRefused : isTaken) return;
  const what = wanted === null ? 'a bad file' : 'a good file';
  scene.report('a file is taken as a whole or not at all', `${what}: ${JSON.stringify(said)}`);
};
