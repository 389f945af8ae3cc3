/** Each word of the closed lists has its sentence wherever people read it: uplinkctl, the page, the manual. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { renderWhy as renderWhyOfCtl } from '../../src/ctl/words.ts';
import { renderVerdict, renderWhy as renderWhyOfPage } from '../../src/page/words.ts';
import { health, type PathStatus, reason, rung, type Status } from '../../src/wire/status.ts';
import { exampleStatus } from '../wire/example.ts';

const manual = readFileSync(join(import.meta.dirname, '../../docs/uplinkctl.8'), 'utf8');
const [link] = exampleStatus.links;
const [path] = link?.paths ?? [];
if (link === undefined || path === undefined) throw new Error('the example has no path');

const at = (word: PathStatus['reason'], over: Partial<PathStatus> = {}): PathStatus => ({
  ...path,
  health: 'down',
  reason: word,
  ...over,
});

t.test('every reason', async (t) => {
  const sentences = new Set<string>();
  for (const word of reason.options) {
    const [page, ctl] = [renderWhyOfPage(link, at(word)), renderWhyOfCtl(link, at(word))];
    t.match(page, /\w+ \w+/, `page: ${word} is a sentence`);
    t.notMatch(`${page} ${ctl}`, /undefined|null|NaN/, word);
    t.match(ctl, word === 'answering' ? 'targets answer' : word, `uplinkctl: ${word} is found by its word`);
    t.notOk(sentences.has(page), `page: ${word} has a sentence of its own`);
    sentences.add(page);
    t.match(manual, new RegExp(`^\\.It Li ${word}\\n[a-z]`, 'm'), `uplinkctl.8: ${word}`);
  }
});

t.test('what is down has advice, unless it is only waiting', async (t) => {
  const waiting: readonly string[] = ['starting', 'answering', 'probing', 'hold'];
  for (const word of reason.options) {
    const status: Status = {
      ...exampleStatus,
      pf: { ...exampleStatus.pf, called: true, failure: null },
      links: [{ ...link, paths: [at(word)] }],
    };
    const { advice } = renderVerdict(status);
    t.equal(advice.length, waiting.includes(word) ? 0 : 1, `${word}: ${advice.join('; ')}`);
  }
});

t.test('every health and rung is in the manual', async (t) => {
  for (const word of [...health.options, ...rung.options])
    t.match(manual, new RegExp(`^\\.(Cm|Li|It Li) ${word}\\b`, 'm'), word);
});
