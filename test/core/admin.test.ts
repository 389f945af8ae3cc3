/** Links that an operator has drained or disabled: who gets new connections, who keeps the old, what is said. */
import t from 'tap';
import type { AdminMode } from '../../src/core/model.ts';
import { interfacesOf, linkSettings, policySettings, settingsOf } from './example.ts';
import { createWorld, type World } from './world.ts';

const a = linkSettings('a', 0, { weight: 3 });
const b = linkSettings('b', 1);
const c = linkSettings('c', 2, { tier: 2 });
const three = settingsOf([a, b, c]);

const steady = (settings = three): World => {
  const world = createWorld();
  world.load(settings);
  world.interfaces(interfacesOf(3));
  world.run(60_000);
  world.takeNotes();
  return world;
};
const set = (world: World, link: string, mode: AdminMode): void => {
  world.tell({ kind: 'admin', link, mode });
  world.run(5000);
};
const whyOf = (world: World, link: string): string | undefined =>
  world.engine().decisions[0]?.members.find((member) => member.link === link)?.why;
const texts = (world: World): readonly string[] =>
  world.takeNotes().map((note) => note.replace(/^\S+ /, '').replace(/, \w+ for .*$/, ''));

t.test('who gets new connections, and whose states are left', async (t) => {
  interface Row {
    readonly name: string;
    readonly steps: readonly (readonly [string, AdminMode] | readonly [string, 'dark'])[];
    readonly held: string;
    /** Of 5 states on each link. */
    readonly states: { readonly [link: string]: number };
    readonly health: string;
  }
  const rows: readonly Row[] = [
    { name: 'drain', steps: [['a', 'drained']], held: 'b/1', states: { a: 5, b: 5 }, health: 'up answering' },
    {
      name: 'disable',
      steps: [['a', 'disabled']],
      held: 'b/1',
      states: { a: 0, b: 5 },
      health: 'down admin',
    },
    {
      name: 'drain, then disable',
      steps: [
        ['a', 'drained'],
        ['a', 'disabled'],
      ],
      held: 'b/1',
      states: { a: 0, b: 5 },
      health: 'down admin',
    },
    {
      name: 'a tier that is drained is left for the next one',
      steps: [
        ['a', 'drained'],
        ['b', 'drained'],
      ],
      held: 'c/1',
      states: { a: 5, b: 5, c: 5 },
      health: 'up answering',
    },
    {
      name: 'a drained link that dies is dead: its states have somewhere else to go',
      steps: [
        ['a', 'drained'],
        ['a', 'dark'],
      ],
      held: 'b/1',
      states: { a: 0, b: 5 },
      health: 'down probe-loss',
    },
    {
      name: 'a drained link is no last resort',
      steps: [
        ['a', 'drained'],
        ['b', 'dark'],
        ['c', 'dark'],
      ],
      held: 'b/0.5 c/1',
      // c was still good when b died.
      states: { a: 5, b: 0, c: 5 },
      health: 'up answering',
    },
    {
      name: 'nor is a disabled one; and what nobody can take over is not killed (S11)',
      steps: [
        ['b', 'disabled'],
        ['c', 'disabled'],
        ['a', 'disabled'],
      ],
      held: '',
      states: { a: 5, b: 0, c: 0 },
      health: 'down admin',
    },
    {
      name: 'drained to the last',
      steps: [
        ['a', 'drained'],
        ['b', 'drained'],
        ['c', 'drained'],
      ],
      held: '',
      states: { a: 5, b: 5, c: 5 },
      health: 'up answering',
    },
  ];
  for (const { name, steps, held, states, health } of rows) {
    const world = steady();
    for (const link of ['a', 'b', 'c']) world.grow(link, 5);
    for (const [link, what] of steps) {
      if (what === 'dark') {
        world.answers(link, null);
        world.run(10_000);
      } else set(world, link, what);
    }
    t.equal(world.held(), held, name);
    for (const [link, count] of Object.entries(states)) {
      t.equal(world.statesOf(link), count, `${name}: states of ${link}`);
    }
    const path = world.engine().paths.get('a/inet');
    t.equal(`${path?.health} ${path?.reason}`, health, name);
  }
});

t.test('WHY says so', async (t) => {
  const world = steady();
  set(world, 'a', 'drained');
  t.equal(whyOf(world, 'a'), 'drained: keeps its connections, gets no new ones');
  set(world, 'a', 'disabled');
  t.equal(whyOf(world, 'a'), 'down (admin)');
});

t.test('a disabled link is not pinged, a drained one is', async (t) => {
  const world = steady();
  set(world, 'a', 'disabled');
  set(world, 'b', 'drained');
  t.notOk(world.running().some((probe) => probe.startsWith('a/')));
  t.ok(world.running().some((probe) => probe.startsWith('b/')));
});

t.test('enabled again: from the drain at once, from the dead like from the dead', async (t) => {
  const world = steady();
  world.tell({ kind: 'admin', link: 'a', mode: 'drained' });
  world.run(100);
  world.tell({ kind: 'admin', link: 'a', mode: 'enabled' });
  world.run(100);
  t.equal(world.held(), 'a/0.75 b/1');
  world.tell({ kind: 'admin', link: 'a', mode: 'disabled' });
  world.run(5000);
  world.tell({ kind: 'admin', link: 'a', mode: 'enabled' });
  world.run(9000);
  t.equal(world.held(), 'b/1', 'not before `rise` answers and `hold`');
  world.run(10_000);
  t.equal(world.held(), 'a/0.75 b/1');
});

t.test('what is drained does not move back to a better tier', async (t) => {
  for (const [mode, left] of [
    ['enabled', 0],
    ['drained', 5],
  ] as const) {
    const links = [a, linkSettings('b', 1, { tier: 2, metered: true })];
    const world = steady(settingsOf(links, [policySettings(links)]));
    set(world, 'b', mode);
    world.answers('a', null);
    world.run(10_000);
    world.grow('b', 5);
    world.answers('a', 20);
    world.run(60_000);
    t.equal(world.statesOf('b'), left, mode);
  }
});

t.test('what is said: once, and nothing if it is so already', async (t) => {
  const world = steady();
  set(world, 'a', 'disabled');
  set(world, 'a', 'disabled');
  t.match(
    texts(world).filter((text) => !text.startsWith('pf:')),
    [
      'link a: enabled -> disabled (admin)',
      'link a inet: up -> down (admin)',
      'policy default inet: a 75% b 25% -> b 100%',
    ],
  );
  t.equal(texts(world).length, 0);
});

t.test('a reload keeps it, and forgets it with its link', async (t) => {
  const world = steady();
  set(world, 'a', 'drained');
  world.load(settingsOf([{ ...a, weight: 9 }, b, c]));
  world.run(1000);
  t.equal(world.held(), 'b/1');
  world.load(settingsOf([{ ...a, gateway: '10.0.0.9' }, b, c]));
  world.run(60_000);
  t.equal(world.held(), 'b/1', 'another path is drained, too');
  world.load(settingsOf([b, c]));
  world.run(1000);
  world.load(three);
  world.run(60_000);
  t.equal(world.held(), 'a/0.75 b/1');
});

t.test('a word before the machine is known', async (t) => {
  const world = createWorld();
  world.load(three);
  world.tell({ kind: 'admin', link: 'a', mode: 'disabled' });
  world.interfaces(interfacesOf(3));
  world.run(60_000);
  t.equal(world.held(), 'b/1');
});
