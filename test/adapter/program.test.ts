/** A hook as a real process: its end, its children's end, its output, its environment. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createRunProgram, type Program, runProgram } from '../../src/adapter/program.ts';
import { isAlive } from './programs.ts';
import { createVirtualClock } from './virtual-clock.ts';

const LONG = 20_000;

const script = (t: Test, body: string): { readonly path: string; readonly directory: string } => {
  const directory = t.testdir();
  const path = join(directory, 'hook');
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return { path, directory };
};

const start = (path: string, more: Partial<Parameters<typeof runProgram>[0]> = {}, run = runProgram) => {
  const lines: string[] = [];
  const program: Program = run({
    command: [path],
    environment: {},
    stdin: '',
    timeoutMs: LONG,
    onLine: (line, isError) => lines.push(isError ? `! ${line}` : line),
    ...more,
  });
  return { program, lines, ended: program.ended };
};

/** Polls for something that another process does at its own time. */
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

const childOf = async (file: string): Promise<number> => {
  await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
  return Number(readFileSync(file, 'utf8'));
};

t.test('arguments, environment, standard input, output, exit status', async (t) => {
  const { path } = script(
    t,
    'echo "<$1> <$2>"; cat; echo oops >&2; env | grep -E "^(PATH|HOME|LC_ALL|UPLINKD_[A-Z]*)=" | sort; pwd; printf end; exit 3',
  );
  process.env['UPLINKD_SECRET'] = 'of the daemon';
  t.teardown(() => delete process.env['UPLINKD_SECRET']);
  const { ended, lines } = start(path, {
    command: [path, 'a b', '$(x)'],
    environment: { UPLINKD_TEXT: 'x; rm -rf /' },
    stdin: '{"version":1}\n',
  });
  t.strictSame(await ended, { kind: 'exited', code: 3 });
  t.strictSame(
    lines.filter((line) => !line.startsWith('!')),
    [
      '<a b> <$(x)>',
      '{"version":1}',
      'PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin',
      'UPLINKD_TEXT=x; rm -rf /',
      '/',
      'end',
    ],
  );
  t.ok(lines.includes('! oops'));
});

t.test('what hangs is killed at its time-out, with its children, also if it ignores SIGTERM', async (t) => {
  const { path, directory } = script(
    t,
    'trap "" TERM; sleep 1000 & echo up; echo $! > "$1/child"; wait; wait',
  );
  const clock = createVirtualClock();
  const more = { command: [path, directory], timeoutMs: 300 } as const;
  const { ended, lines } = start(path, more, createRunProgram(clock));
  const child = await childOf(join(directory, 'child'));
  await clock.advance(299);
  t.equal(clock.pending(), 1, 'not yet');
  t.ok(isAlive(child));
  await clock.advance(1);
  t.ok(isAlive(child), 'SIGTERM is ignored');
  await clock.advance(1000);
  t.strictSame(await ended, { kind: 'timed-out' });
  await until(() => !isAlive(child));
  t.strictSame(lines, ['up']);
});

t.test('what it leaves behind goes with it', async (t) => {
  const { path, directory } = script(t, 'sleep 1000 & echo $! > "$1/child"; exit 0');
  const { ended } = start(path, { command: [path, directory] });
  t.strictSame(await ended, { kind: 'exited', code: 0 });
  const child = await childOf(join(directory, 'child'));
  await until(() => !isAlive(child));
  t.pass('it is gone');
});

t.test('a flood of output ends it', async (t) => {
  const { path } = script(t, 'exec yes');
  const { ended, lines } = start(path);
  t.strictSame(await ended, { kind: 'too-much-output' });
  t.ok(lines.length < 200_000, `${lines.length} lines`);
});

t.test('stop kills it at once and says no more of it', async (t) => {
  const { path, directory } = script(t, 'sleep 1000 & echo $! > "$1/child"; echo up; wait');
  const { program, ended } = start(path, { command: [path, directory] });
  const child = await childOf(join(directory, 'child'));
  program.stop();
  program.stop();
  t.strictSame(await ended, { kind: 'stopped' });
  await until(() => !isAlive(child));
  t.pass('it is gone');
});

t.test('what cannot be started', async (t) => {
  const missing = await start('/nonexistent/hook').ended;
  t.strictSame(missing, { kind: 'not-started', why: 'no such file or directory' });
  const { path } = script(t, 'exit 0');
  chmodSync(path, 0o644);
  t.strictSame(await start(path).ended, { kind: 'not-started', why: 'permission denied' });
});

t.test('one that does not read its input, and one that kills itself', async (t) => {
  const { path } = script(t, 'exec 0<&-; kill -9 $$');
  t.strictSame(await start(path, { stdin: 'x'.repeat(300_000) }).ended, {
    kind: 'killed',
    signal: 'SIGKILL',
  });
});
