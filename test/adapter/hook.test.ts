/** The hook in virtual time, its program a fake: what is told when, and that nobody ever waits for it. */
import t from 'tap';
import { createHooks } from '../../src/adapter/hook.ts';
import type { Program, ProgramCall, ProgramEnd } from '../../src/adapter/program.ts';
import type { HookSettings } from '../../src/core/model.ts';
import type { Note } from '../../src/core/note.ts';
import { millis } from '../../src/core/time.ts';
import type { HookDocument } from '../../src/wire/hook.ts';
import { createVirtualClock } from './virtual-clock.ts';

const hook: HookSettings = { command: ['/x', 'y'], timeout: millis(10_000), digest: millis(60_000) };

const health = (to: 'up' | 'down', link = 'a'): Note => ({
  kind: 'health',
  link,
  family: 'inet',
  from: to === 'up' ? 'unknown' : 'up',
  to,
  reason: to === 'up' ? 'answering' : 'carrier-down',
  lasted: millis(1),
  answering: null,
});
const policy: Note = {
  kind: 'policy',
  policy: 'default',
  family: 'inet',
  source: null,
  from: [],
  to: [{ link: 'a', percent: 100 }],
  remark: null,
};

const world = () => {
  const clock = createVirtualClock();
  const log: string[] = [];
  const runs: (ProgramCall & { readonly at: number; document: HookDocument; end(end: ProgramEnd): void })[] =
    [];
  let stops = 0;
  const hooks = createHooks({
    clock,
    log: { write: (severity, text) => log.push(`${severity} ${text}`) },
    look: () => ({ paths: [], policies: [] }),
    run: (call): Program => {
      let end: (end: ProgramEnd) => void = () => {};
      const ended = new Promise<ProgramEnd>((resolve) => {
        end = resolve;
      });
      runs.push({ ...call, at: clock.now() - 1000, document: JSON.parse(call.stdin), end });
      return {
        ended,
        stop: () => {
          stops += 1;
          end({ kind: 'stopped' });
        },
      };
    },
  });
  return { clock, log, runs, hooks, stops: () => stops };
};

t.test('a turn is one message a kind, and each kind runs by itself', async (t) => {
  const { clock, runs, hooks } = world();
  hooks.configure(hook);
  hooks.tell([health('down'), health('down', 'b'), policy], false);
  t.strictSame(
    runs.map(({ document }) => [document.kind, document.events.length]),
    [
      ['link', 2],
      ['policy', 1],
    ],
  );
  t.strictSame(runs[0]?.command, ['/x', 'y']);
  t.equal(runs[0]?.timeoutMs, 10_000);
  t.match(runs[0]?.environment, { UPLINKD_EVENT: 'link', UPLINKD_COUNT: '2', UPLINKD_LINK: 'b' });
  await clock.settle();
});

t.test('not while pf is being written, though not for ever', async (t) => {
  const { clock, runs, hooks } = world();
  hooks.configure(hook);
  hooks.tell([health('down')], true);
  await clock.advance(40);
  t.equal(runs.length, 0);
  hooks.tell([], false);
  t.equal(runs[0]?.at, 40, 'as soon as pf is at rest');
  hooks.tell([policy], true);
  await clock.advance(10_000);
  t.equal(runs[1]?.at, 2040, 'pf that never comes to rest keeps nobody in the dark');
});

t.test('one at a time; what comes meanwhile is told afterwards', async (t) => {
  const { clock, runs, hooks, log } = world();
  hooks.configure(hook);
  hooks.tell([health('down')], false);
  await clock.advance(100_000);
  hooks.tell([health('up')], false);
  hooks.tell([health('down')], false);
  await clock.advance(100_000);
  t.equal(runs.length, 1, 'the first still runs');
  t.equal(hooks.counts()[0]?.running, true);
  runs[0]?.end({ kind: 'timed-out' });
  await clock.settle();
  t.equal(runs.length, 2);
  t.equal(runs[1]?.document.events.length, 2);
  t.match(log, ['warning hook link: /x: killed after 3m20s: it takes too long']);
  runs[1]?.end({ kind: 'exited', code: 0 });
  await clock.settle();
  t.match(hooks.counts()[0], {
    kind: 'link',
    succeeded: 1,
    failed: 0,
    timedOut: 1,
    events: 3,
    running: false,
  });
});

t.test('S46: 20 transitions in a minute', async (t) => {
  const { clock, runs, hooks } = world();
  hooks.configure(hook);
  for (let count = 0; count < 20; count += 1) {
    hooks.tell([health(count % 2 === 0 ? 'down' : 'up')], false);
    runs.at(-1)?.end({ kind: 'exited', code: 0 });
    await clock.advance(3000);
  }
  await clock.advance(600_000);
  t.strictSame(
    runs.map(({ at, document }) => [
      at,
      document.events.length,
      document.events.at(-1)?.text.includes('-> up'),
    ]),
    [
      [0, 1, false],
      [60_000, 19, true],
    ],
  );
});

t.test('how it ends, and what it says, is logged within bounds', async (t) => {
  const { clock, runs, hooks, log } = world();
  hooks.configure({ ...hook, digest: millis(1000) });
  const ends: readonly (readonly [ProgramEnd, string | null])[] = [
    [{ kind: 'exited', code: 0 }, 'debug hook link: done in 5ms'],
    [{ kind: 'exited', code: 3 }, 'warning hook link: /x: exited with 3'],
    [{ kind: 'killed', signal: 'SIGSEGV' }, 'warning hook link: /x: killed by SIGSEGV'],
    [{ kind: 'too-much-output' }, 'warning hook link: /x: killed: it prints too much'],
    [{ kind: 'not-started', why: 'no such file' }, 'warning hook link: /x: no such file'],
  ];
  for (const [end, line] of ends) {
    hooks.tell([health('down')], false);
    await clock.advance(5);
    runs.at(-1)?.end(end);
    await clock.settle();
    t.equal(log.at(-1), line);
    await clock.advance(100_000);
  }
  hooks.tell([health('down')], false);
  for (let line = 0; line < 60; line += 1) runs.at(-1)?.onLine(`line ${line}`, line === 0);
  runs.at(-1)?.end({ kind: 'exited', code: 0 });
  await clock.settle();
  t.equal(log.filter((line) => /hook link: line /.test(line)).length, 50);
  t.ok(log.includes('warning hook link: line 0') && log.includes('info hook link: line 1'));
  t.ok(log.includes('info hook link: 10 more lines'));
});

t.test('without a hook nobody is told, and nothing is kept for later', async (t) => {
  const { clock, runs, hooks } = world();
  hooks.tell([health('down')], false);
  hooks.configure(hook);
  await clock.advance(100_000);
  t.equal(runs.length, 0);
  hooks.tell([health('down')], false);
  runs[0]?.end({ kind: 'exited', code: 0 });
  await clock.settle();
  hooks.tell([health('up')], false);
  hooks.configure(null);
  await clock.advance(100_000);
  t.equal(runs.length, 1);
  t.equal(clock.pending(), 0);
});

t.test('the end of the daemon is the end of its hooks', async (t) => {
  const { clock, hooks, stops, log } = world();
  hooks.configure(hook);
  hooks.tell([health('down')], false);
  hooks.tell([health('up')], false);
  hooks.stop();
  await clock.advance(100_000);
  t.equal(stops(), 1);
  t.match(log, ['warning hook link: /x: killed: uplinkd is terminating']);
  t.equal(clock.pending(), 0);
});
