import EventEmitter from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createCommands } from '../../src/adapter/run.ts';
import type { CommandName, StreamEnd } from '../../src/port/commands.ts';
import { programs } from './programs.ts';
import { createVirtualClock } from './virtual-clock.ts';

const LONG = 20_000;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Polls for something that another process does at its own time. */
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** The process id that a program has written down, when it has. */
const pidIn = async (file: string): Promise<number> => {
  await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
  return Number(readFileSync(file, 'utf8'));
};

const withPrograms = (t: Test, bodies: Partial<Record<CommandName, string>>, maxOutputBytes?: number) => {
  const directory = programs(t, bodies);
  return {
    directory,
    ...createCommands(maxOutputBytes === undefined ? { directory } : { directory, maxOutputBytes }),
  };
};

/** A stream whose end can be awaited and whose output is kept. */
const follow = (
  commands: ReturnType<typeof createCommands>,
  command: CommandName,
  args: readonly string[] = [],
  onText: (text: string) => void = () => {},
) => {
  const said = { stdout: '', stderr: '', ends: 0 };
  let finish: (end: StreamEnd) => void = () => {};
  const end = new Promise<StreamEnd>((resolve) => {
    finish = resolve;
  });
  const stream = commands.stream(command, args, {
    onStdout: (chunk) => {
      said.stdout += chunk;
      onText(said.stdout);
    },
    onStderr: (chunk) => {
      said.stderr += chunk;
    },
    onEnd: (how) => {
      said.ends += 1;
      finish(how);
    },
  });
  return { stream, end, said };
};

t.test('run: output, arguments and environment', async (t) => {
  const { run } = withPrograms(t, {
    route: 'printf "%s|" "$@"; echo; pwd; echo err >&2; exit 3',
    sysctl: 'echo "$LC_ALL|$PATH|$HOME|$UPLINKD_TEST_SECRET|"',
    pfctl: 'cat',
  });
  t.same(await run('route', ['-n', '$(id)', 'a b', ''], { timeoutMs: LONG }), {
    kind: 'exited',
    code: 3,
    stdout: '-n|$(id)|a b||\n/\n',
    stderr: 'err\n',
  });
  process.env['UPLINKD_TEST_SECRET'] = 'ours';
  t.same(
    await run('sysctl', [], { timeoutMs: LONG }),
    { kind: 'exited', code: 0, stdout: 'C|/sbin:/bin:/usr/sbin:/usr/bin|||\n', stderr: '' },
    'nothing of our own environment',
  );
  delete process.env['UPLINKD_TEST_SECRET'];
  const text = 'é€\n'.repeat(100_000);
  t.same(
    await run('pfctl', [], { timeoutMs: LONG, stdin: text }),
    { kind: 'exited', code: 0, stdout: text, stderr: '' },
    'an input larger than a pipe',
  );
  for (const input of [{ stdin: '' }, {}]) {
    t.same(
      await run('pfctl', [], { timeoutMs: LONG, ...input }),
      { kind: 'exited', code: 0, stdout: '', stderr: '' },
      'standard input is at its end, not ours',
    );
  }
});

t.test('run: failures are data', async (t) => {
  const { run, directory } = withPrograms(t, {
    ifconfig: 'exit 4',
    route: 'echo half; kill -9 $$',
    ping: 'echo begun; echo $$ > "$0.pid"; while :; do :; done',
    ping6: 'echo left; sleep 60 & echo $! > "$0.pid"; exit 0',
  });
  writeFileSync(join(directory, 'sysctl'), 'no program\n', { mode: 0o644 });

  t.same(
    await run('ifconfig', [], { timeoutMs: LONG, stdin: 'x'.repeat(5_000_000) }),
    { kind: 'exited', code: 4, stdout: '', stderr: '' },
    'a broken pipe is harmless',
  );
  t.same(await run('route', [], { timeoutMs: LONG }), {
    kind: 'killed',
    signal: 'SIGKILL',
    stdout: 'half\n',
    stderr: '',
  });
  const clock = createVirtualClock();
  const timed = createCommands({ directory, clock });
  const ping = timed.run('ping', [], { timeoutMs: 200 });
  await pidIn(join(directory, 'ping.pid'));
  await clock.advance(200);
  t.same(await ping, { kind: 'timed-out', stdout: 'begun\n', stderr: '' });
  t.same(await run('pfctl', [], { timeoutMs: LONG }), {
    kind: 'not-started',
    why: `${directory}/pfctl: no such file or directory`,
  });
  t.same(await run('sysctl', [], { timeoutMs: LONG }), {
    kind: 'not-started',
    why: `${directory}/sysctl: permission denied`,
  });
  t.match(await run('route', ['a\0b'], { timeoutMs: LONG }), { kind: 'not-started', why: /null byte/ });

  const pipes = () => process.getActiveResourcesInfo().filter((kind) => kind === 'PipeWrap').length;
  const pipesBefore = pipes();
  const held = timed.run('ping6', [], { timeoutMs: 200 });
  const holder = await pidIn(join(directory, 'ping6.pid'));
  await clock.advance(200);
  await clock.advance(500);
  t.same(
    await held,
    { kind: 'timed-out', stdout: 'left\n', stderr: '' },
    'a process that holds the output open does not hold us',
  );
  await until(() => pipes() <= pipesBefore);
  process.kill(holder, 'SIGKILL');
});

t.test('run: too much output ends the command, even one that ignores the broken pipe', async (t) => {
  const { run, directory } = withPrograms(
    t,
    {
      route: 'echo $$ > "$0.pid"; trap "" PIPE TERM; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done',
      ping: 'printf 12345678; printf 1234567 >&2',
      ping6: 'printf 12345678; printf 123456789 >&2',
    },
    16,
  );
  t.same(await run('route', [], { timeoutMs: LONG }), { kind: 'too-much-output' });
  const pid = Number(readFileSync(join(directory, 'route.pid'), 'utf8'));
  t.notOk(isAlive(pid));
  t.match(await run('ping', [], { timeoutMs: LONG }), {
    kind: 'exited',
    stdout: '12345678',
    stderr: '1234567',
  });
  t.same(await run('ping6', [], { timeoutMs: LONG }), { kind: 'too-much-output' }, 'both streams together');
});

t.test('run: cancelling', async (t) => {
  const { run, directory } = withPrograms(t, { pfctl: 'echo $$ > "$0.pid"; while :; do :; done' });
  const early = AbortSignal.abort();
  t.same(await run('pfctl', [], { timeoutMs: LONG, signal: early }), { kind: 'cancelled' });
  t.notOk(existsSync(join(directory, 'pfctl.pid')), 'nothing was started');

  const late = new AbortController();
  const outcome = run('pfctl', [], { timeoutMs: LONG, signal: late.signal });
  const pidFile = join(directory, 'pfctl.pid');
  const pid = await pidIn(pidFile);
  late.abort();
  t.same(await outcome, { kind: 'cancelled' });
  t.notOk(isAlive(pid));
});

t.test('stream: text as it comes, whole characters, one end after the last', async (t) => {
  const commands = withPrograms(t, {
    route:
      '// node\nconst b = Buffer.from("é€\\n"); (async () => { for (const x of b) { process.stdout.write(Buffer.of(x)); await new Promise(setImmediate); } process.stderr.write("bye\\n"); process.exitCode = 7; })();',
    ping: 'printf "half a li"; kill -9 $$',
    sysctl: "printf 'x\\303'",
    pfctl: 'read line; echo "got $line"; read line || echo over',
  });
  const route = follow(commands, 'route');
  t.type(route.stream.pid, 'number');
  t.same(await route.end, { kind: 'exited', code: 7 });
  t.same(route.said, { stdout: 'é€\n', stderr: 'bye\n', ends: 1 });

  const ping = follow(commands, 'ping');
  t.same(await ping.end, { kind: 'killed', signal: 'SIGKILL' });
  t.equal(ping.said.stdout, 'half a li');

  const cut = follow(commands, 'sysctl');
  await cut.end;
  t.equal(cut.said.stdout, 'x\ufffd', 'half a character at the end');

  const missing = follow(commands, 'ifconfig');
  t.match(await missing.end, { kind: 'not-started', why: /no such file or directory$/ });
  t.equal(missing.stream.pid, undefined);
  missing.stream.write('x');
  missing.stream.stop();
  t.match(await follow(commands, 'ping', ['\0']).end, { kind: 'not-started' });
  t.equal(missing.said.ends, 1);

  const reader = follow(commands, 'pfctl');
  reader.stream.write('hello\n');
  reader.stream.stop();
  await reader.end;
  reader.stream.write('late\n');
  t.equal(reader.said.ends, 1);
});

t.test('stream: stop', async (t) => {
  const commands = withPrograms(t, {
    route: 'trap "" TERM; echo ready; while :; do read x || :; done',
    ping: 'echo ready; exec sleep 20',
    logger: 'while read line; do echo "logged $line"; done',
  });
  const polite = follow(commands, 'ping', [], () => polite.stream.stop());
  t.same(await polite.end, { kind: 'killed', signal: 'SIGTERM' });

  const stubborn = follow(commands, 'route', [], () => stubborn.stream.stop());
  t.same(await stubborn.end, { kind: 'killed', signal: 'SIGKILL' });

  const logger = follow(commands, 'logger');
  for (let line = 0; line < 1000; line += 1) logger.stream.write(`line ${line}\n`);
  logger.stream.stop();
  t.same(await logger.end, { kind: 'exited', code: 0 }, 'a logger is let finish what it was given');
  t.equal(logger.said.stdout.split('\n').length, 1001);
});

t.test('stream: what a command leaves unread is bounded', async (t) => {
  const commands = withPrograms(t, {
    logger: 'until [ -e "$0.go" ]; do sleep 0.01; done; exec wc -c',
  });
  const logger = follow(commands, 'logger');
  const line = `${'x'.repeat(999)}\n`;
  for (let count = 0; count < 5000; count += 1) logger.stream.write(line);
  writeFileSync(join(commands.directory, 'logger.go'), '');
  logger.stream.stop();
  await logger.end;
  const arrived = Number(logger.said.stdout);
  t.ok(arrived >= 1_000_000 && arrived < 2_000_000, `${arrived} of 5000000 bytes arrived`);
});

t.test('nothing is left behind', async (t) => {
  const { run } = withPrograms(t, { route: 'exit 0', pfctl: 'exec sleep 20' });
  const controller = new AbortController();
  const signalNames = ['exit', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  const listeners = () => signalNames.map((name) => process.listenerCount(name));
  const before = listeners();
  // The TypeScript loader has a child of its own.
  const children = () => process.getActiveResourcesInfo().filter((kind) => kind === 'ProcessWrap').length;
  const childrenBefore = children();
  for (let count = 0; count < 30; count += 1) {
    await run('route', [], { timeoutMs: LONG, signal: controller.signal });
  }
  await run('pfctl', [], { timeoutMs: 30 });
  t.same(listeners(), before);
  t.equal(EventEmitter.getEventListeners(controller.signal, 'abort').length, 0);
  // A handle is let go a moment after its process is known to be gone.
  await until(() => children() <= childrenBefore);
});

t.test("OpenBSD's own places", async (t) => {
  const { run } = createCommands({ directory: null });
  // No such program here, and if there is (OpenBSD), it refuses the argument.
  const result = await run('pfctl', ['--no-such-option'], { timeoutMs: LONG });
  t.match(result, result.kind === 'not-started' ? { why: /^\/sbin\/pfctl: / } : { kind: 'exited' });
});
