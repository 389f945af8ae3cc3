/** Thousands of damaged texts for every reader of what comes from outside, the same at every run; `npm run fuzz` tries millions. */
import { readdirSync, readFileSync } from 'node:fs';

import t from 'tap';
import { hunt } from '../../src/fuzz/hunt.ts';
import { parseKept } from '../../src/fuzz/kept.ts';
import { FULL_MEMORY } from '../../src/fuzz/memory-subject.ts';
import { complaintOf } from '../../src/fuzz/shrink.ts';
import { createSubjects, openers } from '../../src/fuzz/subjects.ts';
import { parseMemory, renderMemory } from '../../src/wire/memory.ts';
import fc from '../chance.ts';

const kept = new URL('../fixtures/fuzz/', import.meta.url);
const opened = await Promise.all(Object.values(openers).map((open) => open()));
t.teardown(() => Promise.all(opened.map((subject) => subject.close())));
const subjects = [...createSubjects(), ...opened];

/** Of those that take a millisecond or more for each; the others get 1500. */
const RUNS: Readonly<Record<string, number>> = {
  config: 500,
  'emulator-pf': 500,
  'emulator-words': 300,
  'control-socket': 300,
  'web-server': 500,
  'ctl-set': 500,
  doctor: 300,
  'series-file': 500,
};

const runsOf = (name: string): number => RUNS[name] ?? 1500;
const randomRunsOf = (name: string): number => Math.min(100, runsOf(name));

t.test('changed texts of the real kind', async (test) => {
  for (const subject of subjects) {
    const runs = runsOf(subject.name);
    const { tries, shapes, finds } = await hunt(subject, 1, { goOn: (so) => so < runs });
    test.same(finds, [], `${subject.name}: ${tries} texts, ${shapes} shapes`);
    test.ok(shapes > 1, `${subject.name} tells one text from another`);
  }
});

t.test('texts of no kind at all', async (test) => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ maxLength: 200 }),
    fc.json(),
    fc.array(fc.ipV4Extended(), { maxLength: 4 }).map((all) => all.join('\n')),
    fc.ipV6(),
  );
  for (const subject of subjects) {
    const holds = fc.asyncProperty(texts, async (text) => {
      const complaint = await complaintOf(subject, text);
      if (complaint !== null) throw new Error(complaint);
    });
    await fc.assert(holds, { seed: 1, numRuns: randomRunsOf(subject.name) });
    test.pass(subject.name);
  }
});

t.test('as many as HACKING says', async (test) => {
  const tried = subjects.reduce((sum, { name }) => sum + runsOf(name) + randomRunsOf(name), 0);
  const thousands = Math.round(tried / 1000);
  const text = readFileSync(new URL('../../docs/HACKING.md', import.meta.url), 'utf8');
  test.match(text.replace(/\s+/g, ' '), `tries ${thousands},000 texts for ${subjects.length} readers`);
});

t.test('what was found once', async (test) => {
  for (const file of readdirSync(kept)) {
    const { parser, input, complaint } = parseKept(readFileSync(new URL(file, kept), 'utf8'));
    const subject = subjects.find(({ name }) => name === parser);
    test.ok(subject !== undefined, `${file}: ${parser}`);
    if (subject !== undefined) test.equal(await complaintOf(subject, input), null, `${file}: ${complaint}`);
  }
});

t.test('the memory that is damaged lacks nothing, and is read whole', async (test) => {
  const text = renderMemory(FULL_MEMORY, { bootedAtMs: 3, keptAtMs: 2, uptimeMs: 1 });
  test.strictSame(parseMemory(text)?.memory, FULL_MEMORY);
  for (const [key, value] of Object.entries(FULL_MEMORY))
    test.ok(!Array.isArray(value) || value.length > 0, `there is something in ${key}`);
});
