/**
 * The demo's world for system tests: the emulated router with its executables, and the built daemon (`npm test` builds
 * first) as a process. Tests wait for conditions, never for time.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import tap, { type Test } from 'tap';
import type { Status } from '../../src/wire/status.ts';

type WorldModule = typeof import('../../src/demo/world.ts');
export type World = Awaited<ReturnType<WorldModule['createWorld']>>;

const root = fileURLToPath(new URL('../..', import.meta.url));
// The built emulator: its executables start in a third of the time that they would take from source.
const built = (await import(new URL('../../dist/demo/world.js', import.meta.url).href)) as WorldModule;

/**
 * Links fail in these tests by their cables, by their commands and by what kills their probes, so a probe may take as long as it likes: on
 * a busy machine one of 400 ms was lost now and then, and its link with it.
 */
export const config = `
[probe]
interval = "200ms"
timeout = "4s"
rise = 2
hold = "300ms"

[link.fibre]
interface = "em1"
gateway = "203.0.113.1"
weight = 3

[link.dsl]
interface = "pppoe0"
gateway = "peer"

[link.lte]
interface = "em3"
gateway = "192.0.2.1"
tier = 2
`;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of our programs to its end. */
export const runBuilt = (program: 'daemon' | 'ctl', args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [`${root}/dist/${program}/main.js`, ...args],
      { timeout: 120_000 },
      (error, stdout, stderr) => {
        resolve({
          code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
          stdout,
          stderr,
        });
      },
    );
  });

export const healthOf = (status: Status, link: string): string | undefined =>
  status.links.find(({ name }) => name === link)?.paths[0]?.health;

export const sharesOf = (status: Status): string =>
  status.policies
    .flatMap((policy) => policy.families.flatMap((family) => family.shares))
    .map(({ link, percent }) => `${link} ${percent}%`)
    .join(' ');

/** pf is known to hold what these shares need. */
export const isSettledOn = (shares: string) => (status: Status) =>
  sharesOf(status) === shares &&
  status.pf.applied === 'known' &&
  !status.pf.busy &&
  status.pf.failure === null;

type Closing = Pick<Test, 'teardown'>;

const isWell = (status: Status): boolean =>
  ['fibre', 'dsl', 'lte'].every((link) => healthOf(status, link) === 'up') &&
  isSettledOn('fibre 75% dsl 25%')(status);

const open = async (t: Closing, text: string): Promise<World> => {
  const world = await built.createWorld(text, () => {});
  t.teardown(() => world.close());
  // Long enough for a machine with twenty times as much to do: what is waited for comes, or does not.
  const until: World['until'] = (what, isWanted, timeoutMs = 60_000) =>
    world.until(what, isWanted, timeoutMs);
  await until('three healthy links', isWell);
  return { ...world, until };
};

/** A world in which all three links are up; closed when the test ends. */
export const openWorld = async (t: Test): Promise<World> => {
  const world = await open(t, config);
  t.on('fail', () => t.comment(world.log.join('\n')));
  return world;
};

let shared: World | null = null;

/**
 * The same world for every test of a file that asks for it, and pulls no cable but fibre's: all links are up again, and commands work. To
 * open one takes longer than most of these tests. A link that falls in each of them is not held back for it. Once a test has failed, the
 * next one gets another world.
 */
export const shareWorld = async (t: Test): Promise<World> => {
  shared ??= await open(tap, config.replace('[probe]', '[probe]\ndamping = false'));
  const world = shared;
  t.on('fail', () => {
    shared = null;
    t.comment(world.log.join('\n'));
  });
  world.router.faults.clear();
  world.router.setCarrier('em1', true);
  await world.until('three healthy links', isWell);
  return world;
};

/** The emulated pf holds, rule for rule, what `uplinkctl render` says of these healths: what a fresh start would load. */
export const isAsFresh = async (t: Test, world: World, down: readonly string[]): Promise<void> => {
  // What DSL has negotiated is in no file.
  const sets = ['dsl.gateway=198.51.100.1', ...down.map((link) => `${link}=down`)].flatMap((set) => [
    '--set',
    set,
  ]);
  const rendered = await runBuilt('ctl', ['render', '-f', world.configFile, ...sets]);
  const held = await world.pfctl(['-a', 'uplinkd', '-sr']);
  t.equal(held, rendered.stdout, 'pf holds what a fresh start would load');
};
