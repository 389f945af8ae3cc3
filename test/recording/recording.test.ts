/** The recording in docs/ is of the uplinkctl that is here: the same session, in the same words. Figures may differ. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Cast, parseCast, renderCast } from './cast.ts';
import { renderPicture } from './picture.ts';
import { recordSession } from './session.ts';

process.env['TZ'] = 'UTC';
const docs = join(import.meta.dirname, '../../docs');

/** The screen without colours, line by line. */
const linesOf = ({ events }: Cast): readonly string[] =>
  events
    .map(([, text]) => text)
    .join('')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of
    .replace(/\u001b\[\d+m/g, '')
    .split('\r\n');
/** What was asked, and the titles of what was answered, whatever the room between them. */
const outlineOf = (cast: Cast): readonly string[] =>
  linesOf(cast)
    .filter((line) => /^(gate# .+|[A-Z]+ +[A-Z]+ .*)$/.test(line))
    .map((line) => line.replace(/ +/g, ' '));

t.test('what is recorded is what there is', async (t) => {
  const kept = parseCast(readFileSync(join(docs, 'uplinkctl.cast'), 'utf8'));
  const now = await recordSession(t.testdir());
  t.ok(outlineOf(now).length > 12);
  t.strictSame(outlineOf(kept), outlineOf(now), 'make it anew: node --import=tsx test/recording/record.ts');
  for (const line of linesOf(now)) t.ok(line.length <= now.width, line);
  t.match(linesOf(now).join('\n'), /link fibre inet: up -> down \(carrier-down\)/);
  const times = now.events.map(([seconds]) => seconds);
  t.strictSame(
    times,
    [...times].sort((a, b) => a - b),
  );
  t.strictSame(parseCast(renderCast(now)), now);
  t.equal(readFileSync(join(docs, 'uplinkctl.svg'), 'utf8'), renderPicture(kept), 'and the picture is of it');
});

t.test('the picture says what the terminal did', async (t) => {
  const cast: Cast = {
    width: 20,
    height: 2,
    title: 'a < b',
    events: [
      [0.5, '\u001b[1m#\u001b[0m '],
      [1, 'l'],
      [1.06, 's'],
      [1.5, '\r\n'],
      [1.6, 'A   B\r\n\u001b[32mup\u001b[0m  <&>\r\n'],
      [3, '# '],
    ],
  };
  const svg = renderPicture(cast);
  t.match(svg, '<title>a &lt; b</title>');
  t.match(
    svg,
    /<tspan x="0" textLength="16.8" fill="#3fb950">up<\/tspan><tspan x="33.6" textLength="25.2">&lt;&amp;&gt;<\/tspan>/,
  );
  t.match(svg, />ls<\/tspan>/, 'what is typed is one text, uncovered key by key');
  t.match(
    svg,
    /@keyframes s\{0%\{transform:none\}26\.67%\{transform:translateY\(-36px\)\}\}/,
    'two rows up at 1.6 of 6 s',
  );
  t.notMatch(svg, /<script|href|url\(|\p{Cc}(?<!\n)/u, 'nothing that a picture may not have');
  const open = svg.match(/<(svg|g|text|tspan|style|title)[ >]/g)?.length;
  t.equal(svg.match(/<\/(svg|g|text|tspan|style|title)>/g)?.length, open, 'what is opened is closed');
});
