/**
 * Makes a story that breaks a claim as short as it gets and still breaks the same one: fewer events, less time between them,
 * fewer clients. Each attempt is a whole play, so there is a bound on their number.
 */
import type { Played } from './play.ts';
import type { Story, StoryEvent } from './story.ts';

const MAX_PLAYS = 400;

/** Without some events; the time that went before one of them passes before the next. */
const without = (events: readonly StoryEvent[], from: number, count: number): readonly StoryEvent[] => {
  const lost = events.slice(from, from + count).reduce((sum, event) => sum + event.afterMs, 0);
  return [
    ...events.slice(0, from),
    ...events
      .slice(from + count)
      .map((event, at) => (at === 0 ? { ...event, afterMs: event.afterMs + lost } : event)),
  ];
};

const withGap = (events: readonly StoryEvent[], at: number, afterMs: number): readonly StoryEvent[] =>
  events.map((event, index) => (index === at ? { ...event, afterMs } : event));

export interface Shrunk {
  readonly story: Story;
  readonly played: Played;
  readonly plays: number;
}

export const shrink = async (
  first: Story,
  broken: Played,
  play: (story: Story) => Promise<Played>,
  maxPlays = MAX_PLAYS,
): Promise<Shrunk> => {
  const claim = broken.broken?.claim;
  let story = first;
  let played = broken;
  let plays = 0;
  const attempt = async (candidate: Story): Promise<boolean> => {
    if (plays >= maxPlays) return false;
    plays += 1;
    const result = await play(candidate);
    if (result.broken?.claim !== claim) return false;
    story = candidate;
    played = result;
    return true;
  };
  const tryEvents = (events: readonly StoryEvent[]): Promise<boolean> =>
    attempt({ world: story.world, events });

  // What comes after the breach is no part of it.
  const needed = broken.happenings;
  if (needed < story.events.length) await tryEvents(story.events.slice(0, needed));

  for (let isShorter = true; isShorter && plays < maxPlays; ) {
    isShorter = false;
    for (let size = Math.ceil(story.events.length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let from = story.events.length - size; from >= 0; from -= size) {
        if (await tryEvents(without(story.events, from, size))) isShorter = true;
      }
    }
    for (let at = story.world.clients.length - 1; at >= 0; at -= 1) {
      const clients = story.world.clients.filter((_, index) => index !== at);
      if (await attempt({ ...story, world: { ...story.world, clients } })) isShorter = true;
    }
    const unused = [...story.world.configs.keys()].filter(
      (name) =>
        name !== 'first' &&
        !story.events.some(({ happening }) => happening.kind === 'reload' && happening.config === name),
    );
    if (unused.length > 0) {
      const configs = new Map([...story.world.configs].filter(([name]) => !unused.includes(name)));
      await attempt({ ...story, world: { ...story.world, configs } });
    }
    for (const [at, { afterMs }] of story.events.entries()) {
      const shorter = [0, 1, 10, 1000, 10_000].filter((ms) => ms < afterMs / 2);
      for (const ms of shorter) {
        if (!(await tryEvents(withGap(story.events, at, ms)))) continue;
        isShorter = true;
        break;
      }
    }
  }
  return { story, played, plays };
};
