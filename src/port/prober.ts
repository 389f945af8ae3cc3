/** Port: long-running probes. */
import type { Probe } from '../core/model.ts';
import type { Observation } from '../core/observation.ts';

export interface Prober {
  start(observe: (observation: Observation) => void): void;
  /** From now on exactly these probes run: new keys are started, missing ones ended, equal ones left alone. */
  want(probes: readonly Probe[]): void;
  stop(): void;
}
