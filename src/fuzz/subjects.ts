/** Everything that is fuzzed, by name. */
import { adapterSubjects } from './adapter-subjects.ts';
import { configSubjects } from './config-subject.ts';
import { readCorpus } from './corpus.ts';
import { emulatorSubjects } from './emulator-subjects.ts';
import { memorySubjects } from './memory-subject.ts';
import { createSocketSubject, SOCKET } from './socket-subject.ts';
import type { Subject } from './subject.ts';
import { textSubjects } from './text-subjects.ts';
import { wireSubjects } from './wire-subjects.ts';

/** All but the control socket, which has to be opened. */
export const createSubjects = (): readonly Subject[] => {
  const corpus = readCorpus();
  return [
    ...textSubjects(corpus),
    ...configSubjects(corpus),
    ...wireSubjects(),
    ...adapterSubjects(corpus),
    ...memorySubjects,
    ...emulatorSubjects(corpus),
  ];
};

export const listNames = (): readonly string[] => [...createSubjects().map(({ name }) => name), SOCKET];

export const openSubject = async (
  name: string,
): Promise<{ readonly subject: Subject; readonly close: () => Promise<void> }> => {
  if (name === SOCKET) {
    const subject = await createSocketSubject();
    return { subject, close: () => subject.close() };
  }
  const subject = createSubjects().find((one) => one.name === name);
  if (subject === undefined) throw new Error(`no parser ${name}`);
  return { subject, close: async () => {} };
};
