/** LOGGING in uplinkd(8) against what is logged: each form there is read as a pattern, and every note has to be of one of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { renderFullStatus } from '../../src/daemon/full-status.ts';
import { noteRows } from '../core/note-rows.ts';
import { exampleStatus } from '../wire/example.ts';

const manual = readFileSync(join(import.meta.dirname, '../../docs/uplinkd.8'), 'utf8');
const section = manual.slice(
  manual.indexOf('.Sh LOGGING'),
  manual.indexOf('.Sh FILES', manual.indexOf('.Sh LOGGING')),
);

/** What follows `.It` of each form, and the severities that are said under it. */
const forms = section
  .split(/^\.It /m)
  .slice(1)
  .map((text) => {
    const lines = text.split('\n');
    const end = lines[0] === 'Xo' ? lines.indexOf('.Xc') : 1;
    const form = lines[0] === 'Xo' ? lines.slice(1, end).map((line) => line.slice(1)) : lines.slice(0, 1);
    const rest = lines.slice(end === 1 ? 1 : end + 1).join(' ');
    const [, severity = ''] = /^\(([^)]*)\)/.exec(rest) ?? [];
    return { form, severity };
  });

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** mdoc(7) -> a pattern: `Ar` is anything, `Op` may be missing, `Brq a | b` is one of them. Blanks count where words do. */
const patternOf = (lines: readonly string[]): RegExp => {
  const one = (words: readonly string[]): string => {
    let pattern = '';
    let isArgument = false;
    for (let at = 0; at < words.length; at += 1) {
      const word = words[at] ?? '';
      if (word === 'Op') return `${pattern}(?:${one(words.slice(at + 1))})?`;
      if (word === 'Brq') {
        const either = words
          .slice(at + 1)
          .join(' ')
          .split(' | ');
        return `${pattern}(?:${either.map((each) => one(each.split(' '))).join('|')})`;
      }
      if (word === 'Oo') {
        const close = words.indexOf('Oc', at);
        pattern += `(?:${one(words.slice(at + 1, close))})?`;
        at = close;
      } else if (word === 'Pq')
        pattern += ` *\\(${one(words.slice(at + 1).filter((each) => each !== 'Ns'))} *\\)`;
      else if (word === 'Ar') isArgument = true;
      else if (word === 'Li') isArgument = false;
      else if (word !== 'Ns')
        pattern += ` *${isArgument && !/^[:;,]$/.test(word) ? '.+?' : escaped(word.replaceAll('\\&', '').replaceAll('\\(dq', '"'))}`;
      if (word === 'Pq') return pattern;
    }
    return pattern;
  };
  return new RegExp(`^${lines.map((line) => one(line.split(' '))).join('')} *$`);
};
// What begins with a file, a signal or a number is none of the core's, and would fit anything.
const patterns = forms
  .filter(({ form }) => !form[0]?.startsWith('Ar '))
  .flatMap(({ form, severity }) => {
    // Several of the same kind may stand in one line: `monitor: works again , ifconfig: works again`.
    const alternatives = form.length === 1 ? (form[0] ?? '').split(' , ') : [form];
    return alternatives.map((each, at) => ({
      pattern: patternOf(
        Array.isArray(each) ? each : [at === 0 || /^(Li|Ar)/.test(`${each}`) ? `${each}` : `Li ${each}`],
      ),
      severity,
    }));
  });

t.test('every note, with its severity', async (t) => {
  t.ok(patterns.length > 40, `${patterns.length} forms`);
  for (const [, severity, text] of noteRows) {
    const found = patterns.filter(({ pattern }) => pattern.test(text));
    t.ok(found.length > 0, text);
    t.ok(
      found.some((each) => each.severity.includes(severity)),
      `${text}: ${severity} of ${found.map((each) => each.severity).join(' or ')}`,
    );
  }
});

t.test('a full status', async (t) => {
  for (const text of renderFullStatus(exampleStatus))
    t.ok(
      patterns.some(({ pattern }) => pattern.test(text)),
      text,
    );
});

t.test('and not everything is', async (t) => {
  for (const text of ['', 'link fibre inet: up', 'pf: killed 3 states', 'policy default inet: fibre'])
    t.notOk(
      patterns.some(({ pattern, severity }) => severity !== '' && pattern.test(text)),
      text,
    );
});
