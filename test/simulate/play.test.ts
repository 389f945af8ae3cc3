/** What playing makes of stories that go wrong: a breach, never silence. */
import t from 'tap';
import { play } from '../../src/simulate/play.ts';
import type { Story } from '../../src/simulate/story.ts';
import { parseStory } from '../../src/simulate/story-read.ts';

const storyOf = (text: string): Story => {
  const story = parseStory(text);
  if ('kind' in story) throw new Error(story.text);
  return story;
};

const WORLD = `seed 1
uplink a em1 100.64.1.2/24 100.64.1.1
client 10.0.0.10 default fresh udp 198.18.0.80 1000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
`;
const FIRST = `config first
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
`;

t.test('a story that cannot be set up is broken, and leaves no handlers behind', async (t) => {
  const before = ['uncaughtException', 'unhandledRejection'].map((name) => process.listenerCount(name));
  const { broken } = await play(storyOf(WORLD));
  t.equal(broken?.claim, 'nothing is thrown');
  t.same(
    ['uncaughtException', 'unhandledRejection'].map((name) => process.listenerCount(name)),
    before,
  );
});

t.test('what is thrown in the middle of a story is a breach', async (t) => {
  const text = `${WORLD}${FIRST}after 10ms fault pfctl "(" 1 hang\nafter 1ms rest\n`;
  const { broken } = await play(storyOf(text));
  t.equal(broken?.claim, 'nothing is thrown');
  t.match(broken?.text, /regular expression/i);
});

t.test('a bad file is refused while running, stopped and dead', async (t) => {
  const events = `after 10ms reload bad
after 10ms pause
after 10ms reload bad
after 10ms reload first
after 10ms resume
after 10ms kill
after 10ms reload bad
after 10ms start remembering
after 10ms rest
`;
  const { broken, log } = await play(storyOf(`${WORLD}${FIRST}config bad\n| no file\n${events}`));
  t.equal(broken, null);
  t.equal(log.filter((line) => line.endsWith('the running one stays')).length, 1);
  t.equal(log.filter((line) => line.endsWith('configuration uplinkd.conf loaded')).length, 1);
});
