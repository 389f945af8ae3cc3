/** The floors of docs/DESIGN.md (HOUSE.md, part 1): who may import what. Reads every import line of src and says why. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const src = fileURLToPath(new URL('../src', import.meta.url));

interface Floor {
  /** Folders of src, or single files of them. */
  readonly floors: readonly string[];
  /** Packages, and `node:` for what Node brings along. */
  readonly packages: readonly string[];
  readonly why: string;
}

const below = ['core', 'text', 'config', 'wire', 'page', 'port', 'adapter'];

const floors: { readonly [folder: string]: Floor } = {
  core: { floors: ['core'], packages: [], why: 'the core is pure: plain data in, plain data out' },
  text: {
    floors: ['core', 'text'],
    packages: [],
    why: 'languages of OpenBSD are read and written, nothing is done',
  },
  config: {
    floors: ['core', 'config'],
    packages: ['zod', 'toml-eslint-parser'],
    why: 'a file is read, nothing is done',
  },
  wire: { floors: ['core', 'wire'], packages: ['zod'], why: 'formats only' },
  page: {
    floors: ['core', 'wire', 'page'],
    packages: [],
    why: 'the page is text made of the status document',
  },
  port: { floors: ['core', 'port'], packages: [], why: 'interfaces only' },
  adapter: {
    floors: ['core', 'text', 'wire', 'port', 'adapter'],
    packages: ['node:', 'execa', 'pino', 'ping'],
    why: 'an adapter knows one command or device, and not who uses it',
  },
  daemon: { floors: [...below, 'daemon'], packages: ['node:'], why: 'the daemon composes what is below it' },
  doctor: {
    floors: ['core', 'text', 'config', 'port', 'doctor'],
    packages: [],
    why: 'facts in, findings out: what touches the machine comes in through ports',
  },
  ctl: {
    floors: [...below, 'doctor', 'ctl'],
    packages: ['node:'],
    why: 'uplinkctl talks to the daemon over the socket, or works without any',
  },
  emulator: {
    floors: ['core/time.ts', 'port', 'emulator'],
    packages: ['node:'],
    why: 'the emulator shares no code with what it judges',
  },
  demo: {
    floors: [...below, 'emulator', 'demo'],
    packages: ['node:'],
    why: 'the demo runs the built daemon, from outside',
  },
  bench: {
    floors: [...below, 'daemon/loop.ts', 'emulator', 'bench'],
    packages: ['node:'],
    why: 'the bench measures the loop and the built daemon, and is part of neither',
  },
  simulate: {
    floors: [...below, 'daemon', 'emulator', 'simulate'],
    packages: ['node:'],
    why: 'the simulation plays the real daemon on the emulator, and is no part of either',
  },
  fuzz: {
    floors: [
      ...[...below, 'doctor', 'ctl', 'emulator', 'fuzz'],
      ...['daemon/control.ts', 'daemon/options.ts', 'daemon/web.ts'],
      ...['simulate/story-read.ts', 'simulate/story-text.ts'],
    ],
    packages: ['node:', 'zod'],
    why: 'damaged texts are given to readers as they are, from outside',
  },
};

/** The only files that may import a package. */
const doors: { readonly [name: string]: readonly string[] } = {
  execa: ['adapter/run.ts', 'adapter/program.ts'],
  pino: ['adapter/log.ts'],
  ping: ['adapter/ping-package.ts'],
};

const forbiddenNames = /^(index|utils?|helpers?|common|manager|service|types)\.ts$/;

const comments = /\/\*[\s\S]*?\*\/|(?<!['"`:\\/])\/\/.*$/gm;
const texts = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g;

const read = (path: string): string => readFileSync(join(src, path), 'utf8');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort();

/** Whatever stands behind `from`, `import`, `import()` or `require()`. */
const importsOf = (text: string): readonly string[] =>
  [
    ...text
      .replace(comments, '')
      .matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"\n${}]+)\1/g),
  ].map(([, , name = '']) => name);

/** Why a file must not import this, or null. */
const refuse = (file: string, name: string): string | null => {
  const [folder = ''] = file.split('/');
  const floor = floors[folder];
  if (floor === undefined) return `src/${file} is on no floor`;
  if (!name.startsWith('.')) {
    const isNode = name.startsWith('node:');
    const wanted = isNode ? 'node:' : name;
    if (!floor.packages.includes(wanted)) return `src/${file} may not import ${name}: ${floor.why}`;
    const door = doors[name];
    if (door !== undefined && !door.includes(file))
      return `src/${file} may not import ${name}: only through src/${door.join(' or src/')}`;
    return null;
  }
  if (!name.endsWith('.ts')) return `src/${file}: "${name}" needs its .ts ending`;
  const target = relative(src, join(src, dirname(file), name));
  const [there = ''] = target.split('/');
  const allowed = floor.floors.includes(there) || floor.floors.includes(target);
  return allowed ? null : `src/${file} may not import src/${target}: ${floor.why}`;
};

t.test('every import stays on its floors', async (t) => {
  t.ok(files.length > 30, 'there is something to read');
  for (const file of files) {
    const refusals = importsOf(read(file))
      .map((name) => refuse(file, name))
      .filter((why) => why !== null);
    t.same(refusals, [], file);
  }
});

t.test('no file is so long that it must hold two things', async (t) => {
  for (const file of files) t.ok(read(file).split('\n').length <= 401, file);
});

t.test('a test has its chance from chance.ts alone', async (t) => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const own = /from 'fast-check'|\bMath\.random\(|\brandomInt\(|\bseed\w* = .*Date\.now\(/;
  for (const name of tests.filter((each) => each !== 'chance.ts' && each !== 'layers.test.ts'))
    t.notMatch(readFileSync(join(folder, name), 'utf8'), own, name);
});

t.test('no test file is left out, or run twice', async (t) => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const leftOut = [...text('../.taprc').matchAll(/"test\/([a-z]+)\/\*\*"$/gm)].map(([, name]) => name);
  const together = readdirSync(join(folder, 'together')).filter((name) => name.endsWith('.test.ts'));
  const runThere = together.flatMap((name) =>
    [...text(`together/${name}`).matchAll(/'([a-z]+)'/g)].map(([, directory]) => directory),
  );
  t.ok(leftOut.length > 0);
  t.same(runThere.sort(), leftOut.sort());
  for (const name of leftOut) {
    const below = readdirSync(join(folder, name ?? ''), { recursive: true, encoding: 'utf8' });
    t.same(
      below.filter((file) => file.includes('/') && file.endsWith('.test.ts')),
      [],
      `${name}: none further down`,
    );
  }
});

t.test('the core has no clock, no chance, no timer and no process', async (t) => {
  const impure =
    /\b(Date|setTimeout|setInterval|setImmediate|queueMicrotask|performance|process|console|crypto|fetch|globalThis|Intl)\b|\bMath\.random\b/g;
  for (const file of files.filter((each) => each.startsWith('core/'))) {
    const code = read(file).replace(comments, '').replace(texts, "''");
    t.same(code.match(impure), null, file);
  }
});

t.test('files are named for what they are', async (t) => {
  for (const file of files) {
    const name = file.slice(file.lastIndexOf('/') + 1);
    t.notMatch(name, forbiddenNames, `src/${file}`);
    t.match(name, /^[a-z0-9]+(-[a-z0-9]+)*\.ts$/, `src/${file} is kebab-case`);
  }
});

t.test('the guard itself', async (t) => {
  const rows: readonly (readonly [string, string, RegExp | null])[] = [
    ['core/x.ts', './time.ts', null],
    ['core/x.ts', '../text/ping.ts', /may not import src\/text\/ping\.ts: the core is pure/],
    ['core/x.ts', 'node:fs', /may not import node:fs/],
    ['text/x.ts', 'zod', /may not import zod/],
    ['adapter/ping.ts', 'execa', /only through src\/adapter\/run\.ts/],
    ['adapter/run.ts', 'execa', null],
    ['adapter/x.ts', '../daemon/loop.ts', /may not import/],
    ['daemon/x.ts', '../emulator/pf.ts', /may not import/],
    ['daemon/x.ts', '../ctl/show.ts', /may not import/],
    ['emulator/x.ts', '../core/time.ts', null],
    ['emulator/x.ts', '../core/ruleset.ts', /shares no code/],
    ['emulator/x.ts', '../text/pf.ts', /shares no code/],
    ['demo/x.ts', '../daemon/main.ts', /from outside/],
    ['ctl/x.ts', '../adapter/clock.ts', null],
    ['ctl/x.ts', '../daemon/loop.ts', /may not import/],
    ['doctor/x.ts', '../adapter/run.ts', /come.* in through ports/],
    ['doctor/x.ts', 'node:fs', /may not import node:fs/],
    ['core/x.ts', './time', /needs its \.ts ending/],
    ['new/x.ts', './y.ts', /is on no floor/],
  ];
  for (const [file, name, why] of rows) {
    const refusal = refuse(file, name);
    if (why === null) t.equal(refusal, null, `${file} <- ${name}`);
    else t.match(refusal, why, `${file} <- ${name}`);
  }
  const code =
    "import a from 'a';\nexport { b } from \"b\";\nawait import('c');\nimport 'd';\n// import e from 'e'\nimport {\n  f,\n} from 'f';";
  t.same(importsOf(code), ['a', 'b', 'c', 'd', 'f']);
});
