/** Everything that is fuzzed, by name. */
import { adapterSubjects } from './adapter-subjects.ts';
import { configSubjects } from './config-subject.ts';
import { readCorpus } from './corpus.ts';
import { doctorSubject } from './doctor-subject.ts';
import { emulatorSubjects } from './emulator-subjects.ts';
import { memorySubjects } from './memory-subject.ts';
import type { OpenedSubject } from './opened.ts';
import { operatorSubjects } from './operator-subjects.ts';
import { createSocketSubject, SOCKET } from './socket-subject.ts';
import type { Subject } from './subject.ts';
import { textSubjects } from './text-subjects.ts';
import { createWebSubject, WEB } from './web-subject.ts';
import { wireSubjects } from './wire-subjects.ts';

/** All but those that have to be opened. */
export const createSubjects = (): readonly Subject[] => {
  const corpus = readCorpus();
  return [
    ...textSubjects(corpus),
    ...configSubjects(corpus),
    ...wireSubjects(),
    ...adapterSubjects(corpus),
    ...memorySubjects,
    ...operatorSubjects(corpus),
    doctorSubject(corpus),
    ...emulatorSubjects(corpus),
  ];
};

/** Servers, by name. */
export const openers: Readonly<Record<string, () => Promise<OpenedSubject>>> = {
  [SOCKET]: createSocketSubject,
  [WEB]: createWebSubject,
};

export const listNames = (): readonly string[] => [
  ...createSubjects().map(({ name }) => name),
  ...Object.keys(openers),
];

export const openSubject = async (
  name: string,
): Promise<{ readonly subject: Subject; readonly close: () => Promise<void> }> => {
  const open = Object.hasOwn(openers, name) ? openers[name] : undefined;
  if (open !== undefined) {
    const subject = await open();
    return { subject, close: () => subject.close() };
  }
  const subject = createSubjects().find((one) => one.name === name);
  if (subject === undefined) throw new Error(`no parser ${name}`);
  return { subject, close: async () => {} };
};
