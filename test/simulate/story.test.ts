/** Stories as text: what cannot be told is refused, and names may be any word. */
import t from 'tap';
import { parseStory } from '../../src/simulate/story-read.ts';
import { renderStory } from '../../src/simulate/story-text.ts';

const refusal = (text: string): string => {
  const read = parseStory(text);
  return 'kind' in read ? read.text : 'a story';
};

t.test('refused, and the line is named', async (t) => {
  const uplink = 'uplink a em1 192.0.2.2/24 192.0.2.1';
  t.equal(refusal(`${uplink}\n`), 'a story');
  const rows: readonly (readonly [string, string])[] = [
    // Its lease would be the other one's as well.
    [`${uplink}\ndhcp a 60\n${uplink}\n`, `line 3: ${uplink}`],
    ['seed 2\nlan\n', 'line 2: lan'],
    ['config\n| [link.a]\n', 'line 1: config'],
    ['after 1ms nothing\n', 'line 1: after 1ms nothing'],
  ];
  for (const [text, named] of rows) t.ok(refusal(text).startsWith(named), named);
});

t.test('a name that is no bare word', async (t) => {
  const read = parseStory('config "a b"\n| [link.a]\nafter 5ms reload "a b"\n');
  if ('kind' in read) throw new Error(read.text);
  t.strictSame([...read.world.configs], [['a b', '[link.a]\n']]);
  t.strictSame(parseStory(renderStory(read)), read);
});
