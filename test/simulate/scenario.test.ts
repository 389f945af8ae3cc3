/** Every story that has once broken a claim, and must not again. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { play } from '../../src/simulate/play.ts';
import { parseStory, renderStory } from '../../src/simulate/story-text.ts';

const directory = fileURLToPath(new URL('../scenario', import.meta.url));

for (const file of readdirSync(directory).sort()) {
  t.test(file, async (t) => {
    const story = parseStory(readFileSync(`${directory}/${file}`, 'utf8'));
    if ('kind' in story) {
      t.fail(`${file}: ${story.text}`);
      return;
    }
    t.same(parseStory(renderStory(story)), story, 'reads back to the same story');
    const { broken, log } = await play(story);
    t.equal(broken === null ? 'held' : `${broken.claim}: ${broken.text}`, 'held', log.slice(-20).join('\n'));
  });
}
