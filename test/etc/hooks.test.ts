/** The examples in etc/hooks, run as uplinkd would run them, with fakes of the commands that they call. */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { millis } from '../../src/core/time.ts';
import {
  type HookDocument,
  type HookEvent,
  hookEventOf,
  renderHookEnvironment,
} from '../../src/wire/hook.ts';

const hooks = join(import.meta.dirname, '../../etc/hooks');
const AT = Date.UTC(2026, 10, 20, 3, 4, 5);

const event = (note: Parameters<typeof hookEventOf>[0]): HookEvent => {
  const made = hookEventOf(note, AT);
  if (made === null) throw new Error('nobody is told of this');
  return made;
};

const down = event({
  kind: 'health',
  link: 'fibre',
  family: 'inet',
  from: 'up',
  to: 'down',
  reason: 'carrier-down',
  lasted: millis(60_000),
  answering: null,
});
const moved = (links: readonly string[], policy = 'default'): HookEvent =>
  event({
    kind: 'policy',
    policy,
    family: 'inet',
    source: null,
    from: [{ link: 'fibre', percent: 100 }],
    to: links.map((link) => ({ link, percent: 100 })),
    remark: null,
  });

const documentOf = (...events: readonly HookEvent[]): HookDocument => ({
  version: 1,
  kind: events[0]?.kind ?? 'link',
  events,
  dropped: 0,
  now: {
    paths: [{ link: 'fibre', family: 'inet', health: 'down', reason: 'carrier-down' }],
    policies: [
      {
        policy: 'default',
        family: 'inet',
        source: null,
        rung: 'up',
        shares: events.some((each) => each.kind === 'policy' && each.to.length === 0)
          ? []
          : [{ link: 'dsl', percent: 100 }],
      },
    ],
  },
});

/** Each call of a fake, its arguments and what it was given on standard input, as one text. */
const run = (
  t: Test,
  hook: string,
  args: readonly string[],
  document: HookDocument,
  fails: readonly string[] = [],
): Promise<{ readonly code: number; readonly calls: string; readonly stderr: string }> => {
  const directory = t.testdir({ calls: '' });
  const fake = (name: string, body: string): void =>
    writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  fake('hostname', 'echo router');
  for (const name of ['mail', 'curl', 'ftp', 'ifconfig', 'rcctl']) {
    const reads = name === 'mail' || name === 'curl' ? 'cat >>$OUT; echo >>$OUT' : ':';
    const says = `printf '%s' "${name}" >>$OUT; printf ' <%s>' "$@" >>$OUT; echo >>$OUT`;
    fake(name, `OUT=${directory}/calls\n${says}\n${reads}\nexit ${fails.includes(name) ? 1 : 0}`);
  }
  return new Promise((resolve) => {
    const child = execFile(
      'sh',
      [join(hooks, hook), ...args],
      { env: { PATH: `${directory}:/bin:/usr/bin`, ...renderHookEnvironment(document) } },
      (error, _stdout, stderr) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : 0,
          calls: readFileSync(join(directory, 'calls'), 'utf8'),
          stderr,
        }),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(`${JSON.stringify(document)}\n`);
  });
};

t.test('each is a program, and a script that sh can read', async (t) => {
  for (const name of readdirSync(hooks)) {
    execFileSync('sh', ['-n', join(hooks, name)]);
    t.match(readFileSync(join(hooks, name), 'utf8'), /^#!\/bin\/ksh\n# uplinkd hook: /, name);
  }
});

t.test('mail', async (t) => {
  const one = await run(t, 'mail', ['root', 'me'], documentOf(down));
  t.equal(one.code, 0, one.stderr);
  t.equal(
    one.calls,
    `mail <-s> <router: ${down.text}> <root> <me>
2026-11-20T03:04:05.000Z ${down.text}

Now:
link fibre inet: down (carrier-down)
policy default inet: dsl 100%

`,
  );
  const more = await run(t, 'mail', ['root'], documentOf(down, down));
  t.match(more.calls, /<router: 2 changes, last: link fibre/);
  const changed = event({ kind: 'pf-foreign', differences: ['x'] });
  t.strictSame(
    (await run(t, 'mail', ['root'], documentOf(changed))).calls,
    '',
    'no mail for a load of pf.conf',
  );
  t.equal((await run(t, 'mail', ['root'], documentOf(down), ['mail'])).code, 1, 'failure is not kept back');
});

t.test('ntfy', async (t) => {
  const { code, calls, stderr } = await run(t, 'ntfy', ['https://ntfy.example/x'], documentOf(down));
  t.equal(code, 0, stderr);
  t.match(
    calls,
    /<--header> <Title: router: uplinkd> <--header> <Priority: high> <--header> <Tags: warning>/,
  );
  t.match(calls, /<--data-binary> <@-> <--output> <\/dev\/null> <https:\/\/ntfy.example\/x>\n2026-.*fibre/);
  t.match((await run(t, 'ntfy', ['u'], documentOf(moved(['dsl'])))).calls, /Priority: default/);
  t.equal((await run(t, 'ntfy', ['u'], documentOf(down), ['curl'])).code, 1);
});

t.test('ping-url', async (t) => {
  const good = await run(t, 'ping-url', ['https://hc/1'], documentOf(moved(['dsl'])));
  t.equal(good.calls, 'ftp <-V> <-w> <5> <-o> </dev/null> <https://hc/1>\n');
  const bad = await run(t, 'ping-url', ['https://hc/1'], documentOf(moved([])));
  t.match(bad.calls, /<https:\/\/hc\/1\/fail>/);
  t.equal((await run(t, 'ping-url', ['https://hc/1'], documentOf(down))).calls, '');
});

t.test('vpn', async (t) => {
  const args = ['default', 'iked', 'wg0'];
  const { code, calls, stderr } = await run(t, 'vpn', args, documentOf(moved(['dsl'])));
  t.equal(code, 0, stderr);
  t.equal(
    calls,
    'rcctl <check> <iked>\nrcctl <restart> <iked>\nifconfig <wg0> <down>\nifconfig <wg0> <up>\n',
  );
  const stopped = await run(t, 'vpn', ['default', 'iked'], documentOf(moved(['dsl'])), ['rcctl']);
  t.equal(stopped.calls, 'rcctl <check> <iked>\n', 'a daemon that does not run is not started');
  t.equal(stopped.code, 0);
  for (const document of [documentOf(moved(['dsl'], 'voip')), documentOf(moved([])), documentOf(down)])
    t.equal((await run(t, 'vpn', args, document)).calls, '');
});
