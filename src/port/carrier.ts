/** Port: what the kernel knows of the interfaces, as observations. */
import type { LearnWish } from '../core/model.ts';
import type { Observation } from '../core/observation.ts';

export interface CarrierWatch {
  /** Begins to watch. A full reading is observed soon after, then again on every event, and from time to time. */
  start(observe: (observation: Observation) => void): void;
  /** From now on each reading looks for these gateways as well; new wishes ask for one at once. */
  learn(wishes: readonly LearnWish[]): void;
  /** Asks for a full reading now. */
  reread(): void;
  stop(): void;
}
