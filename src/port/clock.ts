/** Port: time. The core never asks it; it is handed `now` as a value. The simulation brings its own. */
import type { Millis, Mono } from '../core/time.ts';

export interface Clock {
  /** A monotonic instant: it never goes back and does not follow the wall clock. */
  now(): Mono;
  /** Milliseconds since 1970, for people only. */
  wall(): number;
  /** Calls `fire` once, `delay` from now. The returned function cancels. */
  after(delay: Millis, fire: () => void): () => void;
}
