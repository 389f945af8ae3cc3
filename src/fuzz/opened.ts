/** Subjects that have to be opened: they listen, and go on listening until they are closed. */
import type { Subject } from './subject.ts';

export interface OpenedSubject extends Subject {
  close(): Promise<void>;
}
