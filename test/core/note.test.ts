import t from 'tap';
import { type Note, renderNote } from '../../src/core/note.ts';
import { noteRows } from './note-rows.ts';

t.test('the exact words', async (t) => {
  for (const [note, severity, text] of noteRows) t.same(renderNote(note), { severity, text }, text);
});

/** The compiler says when one is missing. */
const kinds: Readonly<Record<Note['kind'], true>> = {
  health: true,
  damped: true,
  'target-failed': true,
  'target-answers': true,
  admin: true,
  policy: true,
  'pf-loaded': true,
  'pf-killed': true,
  'pf-failed': true,
  'pf-recovered': true,
  'pf-uncalled': true,
  'sweep-failed': true,
  'pf-foreign': true,
  'route-set': true,
  'route-failed': true,
  'route-warning': true,
  conflict: true,
  'probe-ended': true,
  'confirm-refused': true,
  trouble: true,
  'trouble-over': true,
  carp: true,
  'carp-role': true,
  'carp-failed': true,
  budget: true,
  late: true,
  'no-rtable-left': true,
};

t.test('of every kind', async (t) => {
  const seen = new Set(noteRows.map(([{ kind }]) => kind));
  for (const kind of Object.keys(kinds)) t.ok(seen.has(kind as Note['kind']), kind);
});
