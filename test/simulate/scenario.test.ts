/** Every story that has once broken a claim, and must not again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { play } from '../../src/simulate/play.ts';
import { parseStory } from '../../src/simulate/story-read.ts';
import { renderStory } from '../../src/simulate/story-text.ts';

const directory = fileURLToPath(new URL('../scenario', import.meta.url));

const isStory = (name: string): boolean => name.endsWith('.story');

for (const file of readdirSync(directory).filter(isStory).sort()) {
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

for (const file of (existsSync(`${directory}/open`) ? readdirSync(`${directory}/open`) : [])
  .filter(isStory)
  .sort()) {
  t.test(`open: ${file}`, async (t) => {
    const story = parseStory(readFileSync(`${directory}/open/${file}`, 'utf8'));
    if ('kind' in story) {
      t.fail(`${file}: ${story.text}`);
      return;
    }
    const { broken } = await play(story);
    t.ok(broken, 'still broken: once it is not, move the story out of open/');
  });
}
