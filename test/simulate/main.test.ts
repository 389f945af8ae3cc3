/** The command itself: what it says of what it was given, and its exit status. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));

const simulate = (...args: readonly string[]) =>
  new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>((resolve) => {
    const child = spawn(process.execPath, ['--import=tsx', 'src/simulate/main.ts', ...args], { cwd: root });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });

t.test('--help is no mistake, others are', async (t) => {
  t.match(await simulate('--help'), { code: 0, out: /^usage: simulate /, err: '' });
  t.match(await simulate('--hours', 'many'), {
    code: 2,
    out: '',
    err: /^simulate: not a number: many\nusage/,
  });
  const missing = await simulate('--story', '/nonexistent/x.story');
  t.match(missing, { code: 2, out: '', err: /^simulate: ENOENT: .*\/nonexistent\/x\.story'\n$/ });
});

t.test('what breaks is written down, with the commands that play it again', async (t) => {
  const directory = t.testdir({});
  const file = `${directory}/broken.story`;
  // There is no file to start with.
  writeFileSync(file, 'seed 1\nuplink a em1 100.64.1.2/24 100.64.1.1\nafter 1ms rest\nafter 1ms rest\n');
  const { code, out } = await simulate('--story', file, '--write', `${directory}/found`);
  t.equal(code, 1);
  t.match(
    out,
    /^broken\.story: BROKEN after 0 ms: nothing is thrown\n {2}npm run simulate -- --story \S+\/broken\.story\n/,
  );
  const [written = ''] = readdirSync(`${directory}/found`);
  t.equal(written, 'broken-shrunk.story');
  t.match(out, `npm run simulate -- --story ${directory}/found/${written}\n`);
  const text = readFileSync(`${directory}/found/${written}`, 'utf8');
  t.match(text, /^# nothing is thrown\n# found by broken\.story\nseed 1\n/);
  t.notMatch(text, 'after');
});
