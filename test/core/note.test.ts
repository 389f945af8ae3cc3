import t from 'tap';
import { renderNote } from '../../src/core/note.ts';
import { noteRows } from './note-rows.ts';

t.test('the exact words', async (t) => {
  for (const [note, severity, text] of noteRows) t.same(renderNote(note), { severity, text }, text);
});
