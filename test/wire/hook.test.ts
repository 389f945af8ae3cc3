/** What a hook is told, against its manual page and against hostile texts. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { z } from 'zod';
import type { Note } from '../../src/core/note.ts';
import { millis } from '../../src/core/time.ts';
import {
  type HookDocument,
  type HookEvent,
  hookEventOf,
  hookNowOf,
  hookSchema,
  renderHookEnvironment,
} from '../../src/wire/hook.ts';
import { exampleStatus } from './example.ts';

const failure = { text: 'pfctl: x', line: null, rule: null };
const notes: readonly Note[] = [
  {
    kind: 'health',
    link: 'fibre',
    family: 'inet6',
    from: 'up',
    to: 'down',
    reason: 'probe-loss',
    lasted: millis(90_400.4),
    answering: { count: 0, of: 2 },
  },
  {
    kind: 'policy',
    policy: 'voip',
    family: 'inet6',
    source: 'fibre',
    from: [{ link: 'fibre', percent: 100 }],
    to: [],
    remark: null,
  },
  { kind: 'pf-failed', anchor: 'uplinkd', step: 'load', failure, retryIn: millis(100) },
  { kind: 'pf-recovered', anchor: 'uplinkd', failures: 2 },
  { kind: 'pf-foreign', differences: ['the anchor is empty'] },
  { kind: 'pf-uncalled', anchor: 'uplinkd' },
];
const events = notes.map((note) => hookEventOf(note, 1000)).filter((event) => event !== null);

const documentOf = (...some: readonly HookEvent[]): HookDocument => ({
  version: 1,
  kind: some[0]?.kind ?? 'link',
  events: some,
  dropped: 0,
  now: hookNowOf(exampleStatus),
});

t.test('a document of each kind is as the schema says', async (t) => {
  t.equal(events.length, notes.length);
  for (const event of events) t.ok(hookSchema.safeParse(documentOf(event)).success, event.text);
  t.match(events[0], { kind: 'link', severity: 'warning', to: 'down', lastedMs: 90_400, atMs: 1000 });
  t.match(events[0]?.text, /^link fibre inet6: up -> down \(probe-loss\)/);
});

t.test('nobody is woken for what is only on its way', async (t) => {
  const quiet: readonly Note[] = [
    { ...(notes[0] as Note & { kind: 'health' }), to: 'unknown' },
    { kind: 'target-answers', path: 'fibre/inet', target: '9.9.9.9' },
    { kind: 'pf-loaded', anchor: 'uplinkd', rules: 4, took: millis(3) },
    { kind: 'pf-killed', link: 'fibre', count: 4, again: false },
  ];
  for (const note of quiet) t.equal(hookEventOf(note, 0), null, note.kind);
});

t.test('the environment', async (t) => {
  const [link, policy, failed] = events as [HookEvent, HookEvent, HookEvent];
  t.match(renderHookEnvironment({ ...documentOf(link), dropped: 2 }), {
    UPLINKD_VERSION: '1',
    UPLINKD_EVENT: 'link',
    UPLINKD_COUNT: '3',
    UPLINKD_SEVERITY: 'warning',
    UPLINKD_LINK: 'fibre',
    UPLINKD_FAMILY: 'inet6',
    UPLINKD_FROM: 'up',
    UPLINKD_TO: 'down',
    UPLINKD_REASON: 'probe-loss',
    UPLINKD_LASTED: '90',
    UPLINKD_LOG: /^2 earlier events are in the log\n1970-01-01T00:00:01.000Z link fibre/,
    UPLINKD_NOW: /^link fibre inet: up \(answering\)\n[\s\S]*\npolicy guest inet: nothing$/,
  });
  t.match(renderHookEnvironment(documentOf(policy)), {
    UPLINKD_EVENT: 'policy',
    UPLINKD_POLICY: 'voip',
    UPLINKD_SOURCE: 'fibre',
    UPLINKD_FROM: 'fibre 100%',
    UPLINKD_TO: '',
  });
  t.match(renderHookEnvironment(documentOf(failed)), { UPLINKD_WHAT: 'failed', UPLINKD_SEVERITY: 'err' });
  t.strictSame(renderHookEnvironment(documentOf()), {});
});

t.test('an environment stays small, whatever has happened', async (t) => {
  const [link] = events as [HookEvent];
  const long = { ...link, text: 'x'.repeat(1000) };
  const environment = renderHookEnvironment(documentOf(...Array.from({ length: 100 }, () => long)));
  t.ok(Object.values(environment).every((value) => value.length <= 16_384 && !value.includes('\0')));
});

t.test('every variable, member and word is in uplinkd.8', async (t) => {
  const manual = readFileSync(new URL('../../docs/uplinkd.8', import.meta.url), 'utf8');
  const section = manual.slice(manual.indexOf('.Sh HOOKS'), manual.indexOf('.Sh LOGGING'));
  const described = new Set(section.split(/[\s,.]+/));
  const wordsOf = (value: unknown): readonly string[] => {
    if (typeof value !== 'object' || value === null) return [];
    const { properties, enum: words, ...rest } = value as { properties?: object; enum?: string[] };
    return [
      ...Object.keys(properties ?? {}),
      ...(words ?? []),
      ...Object.values({ ...properties, ...rest }).flatMap(wordsOf),
    ];
  };
  const own = new Set([
    'version',
    'kind',
    'events',
    'dropped',
    'now',
    'paths',
    'policies',
    'atMs',
    'severity',
    'text',
  ]);
  const variables = events.flatMap((event) => Object.keys(renderHookEnvironment(documentOf(event))));
  const words = wordsOf(z.toJSONSchema(hookSchema, { io: 'input' }));
  // The words of the status document are described where that is.
  const others = new Set(
    readFileSync(new URL('../../docs/uplinkctl.8', import.meta.url), 'utf8').split(/[\s,.]+/),
  );
  t.ok(
    [...own].every((word) => words.includes(word)),
    'the schema was looked through',
  );
  for (const word of new Set([...variables, ...words]))
    t.ok(described.has(word) || (!own.has(word) && others.has(word)), word);
});

t.test('a policy without sources of its own', async (t) => {
  const [event] = events.filter((each) => each.kind === 'policy');
  t.equal(event?.kind, 'policy');
  if (event?.kind !== 'policy') return;
  t.match(renderHookEnvironment(documentOf({ ...event, source: null })), { UPLINKD_SOURCE: '' });
  t.match(renderHookEnvironment(documentOf(event)), { UPLINKD_SOURCE: 'fibre' });
});
