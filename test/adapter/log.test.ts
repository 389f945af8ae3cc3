import t from 'tap';
import { createForegroundLog, createSyslogLog, renderLogText } from '../../src/adapter/log.ts';
import { createCommands } from '../../src/adapter/run.ts';
import type { Severity } from '../../src/port/log.ts';
import fc from '../chance.ts';
import { createFakeCommands } from './fake-commands.ts';
import { programs } from './programs.ts';
import { createVirtualClock } from './virtual-clock.ts';

const SEVERITIES: readonly Severity[] = ['debug', 'info', 'notice', 'warning', 'err'];
const wall = () => Date.UTC(2026, 10, 20, 9, 5, 3, 123);

t.test('text: one safe line, whatever comes', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['link fibre inet: up -> down (carrier-down)', 'link fibre inet: up -> down (carrier-down)'],
    ['pf: "stdin:1: é €" 100% %s %d {}', 'pf: "stdin:1: é €" 100% %s %d {}'],
    ['a\nb\r\tc\\', 'a\\nb\\r\\tc\\'],
    ['\x1b[31mred\x07\x7f\u009b', '\\u001b[31mred\\u0007\\u007f\\u009b'],
    ['\u2028\u202e\ud800x', '\\u2028\\u202e\\ud800x'],
    ['😀', '😀'],
    ['', ''],
  ];
  for (const [text, wanted] of cases) t.equal(renderLogText(text), wanted);
  t.equal(renderLogText('x'.repeat(1000)), 'x'.repeat(1000));
  t.equal(renderLogText('x'.repeat(1001)), `${'x'.repeat(997)}...`);
  t.equal(renderLogText('€'.repeat(1000)), `${'€'.repeat(332)}...`);

  const codeUnit = fc.oneof(fc.nat(0xff), fc.nat(0xffff), fc.integer({ min: 0xd7ff, max: 0xe000 }));
  fc.assert(
    fc.property(fc.array(codeUnit, { maxLength: 30 }), fc.nat(60), (units, times) => {
      const text = String.fromCharCode(...units);
      const line = renderLogText(text.repeat(times));
      const isWhole = text.includes('\ufffd') || !line.includes('\ufffd');
      return isWhole && Buffer.byteLength(line) <= 1000 && !/[\p{Cc}\p{Surrogate}\u2028]/u.test(line);
    }),
    { numRuns: 300 },
  );
});

t.test('foreground', async (t) => {
  const lines: string[] = [];
  const log = createForegroundLog({ verbose: false, colour: false, write: (line) => lines.push(line), wall });
  for (const severity of SEVERITIES) log.write(severity, `said as ${severity}`);
  t.same(lines.splice(0), [
    '2026-11-20T09:05:03.123Z info said as info\n',
    '2026-11-20T09:05:03.123Z notice said as notice\n',
    '2026-11-20T09:05:03.123Z warning said as warning\n',
    '2026-11-20T09:05:03.123Z err said as err\n',
  ]);
  log.setVerbose(true);
  log.write('debug', 'link fibre: %s "quoted" {}\nnext');
  t.same(lines.splice(0), ['2026-11-20T09:05:03.123Z debug link fibre: %s "quoted" {}\\nnext\n']);
  log.setVerbose(false);
  log.write('debug', 'no');
  log.close();
  log.write('err', 'no');
  t.same(lines, []);

  const coloured = createForegroundLog({
    verbose: true,
    colour: true,
    write: (line) => lines.push(line),
    wall,
  });
  coloured.write('err', 'x');
  coloured.write('info', 'x');
  t.same(lines, ['2026-11-20T09:05:03.123Z \x1b[31merr\x1b[0m x\n', '2026-11-20T09:05:03.123Z info x\n']);
});

const set = (verbose = false) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  return { clock, commands, log: createSyslogLog({ commands, clock, verbose }) };
};

t.test('syslog: one logger a severity, when first needed', async (t) => {
  const { commands, log } = set();
  t.equal(commands.streams.length, 0);
  log.write('debug', 'unheard');
  log.write('notice', 'one');
  log.write('err', 'two\nlines');
  log.write('notice', 'three');
  t.same(
    commands.streams.map(({ command, args, written }) => [command, ...args, ...written]),
    [
      ['logger', '-t', 'uplinkd', '-p', 'daemon.notice', 'one\n', 'three\n'],
      ['logger', '-t', 'uplinkd', '-p', 'daemon.err', 'two\\nlines\n'],
    ],
  );
  log.close();
  t.ok(commands.streams.every((stream) => stream.stopped));
  log.write('err', 'no');
  t.equal(commands.streams.length, 2);
});

t.test('syslog: a logger that dies is started again, lines wait for it', async (t) => {
  const { clock, commands, log } = set();
  log.write('notice', 'one');
  commands.latest().end({ kind: 'killed', signal: 'SIGKILL' });
  log.write('notice', 'two');
  await clock.advance(999);
  t.equal(commands.streams.length, 1);
  await clock.advance(1);
  t.same(commands.latest().written, ['two\n']);

  commands.failStreams({ kind: 'not-started', why: 'gone' });
  commands.latest().end({ kind: 'exited', code: 1 });
  for (let count = 0; count < 250; count += 1) log.write('notice', `line ${count}`);
  await clock.advance(100_000);
  const starts = commands.streams.map((stream) => stream.startedAt);
  t.same(
    starts.slice(2).map((at, index) => at - (starts[index + 1] ?? 0)),
    [2000, 4000, 8000, 16_000, 32_000],
  );
  commands.failStreams(null);
  log.write('notice', 'line 250');
  await clock.advance(60_000);
  const { written } = commands.latest();
  t.match(written[0], /^51 lines lost/);
  t.same(
    written.slice(1),
    Array.from({ length: 200 }, (_, index) => `line ${index + 51}\n`),
  );

  await clock.advance(10_000);
  commands.latest().end({ kind: 'exited', code: 0 });
  const before = commands.streams.length;
  await clock.advance(60_000);
  t.equal(commands.streams.length, before, 'nothing to say, no logger');
  log.write('notice', 'again');
  t.equal(commands.streams.length, before + 1);
  log.close();
  await clock.settle();
  t.equal(clock.pending(), 0);
});

t.test('syslog through real children: every line arrives, the last ones too', async (t) => {
  const directory = programs(t, { logger: 'cat > "$0.$4"; echo done >> "$0.$4"' });
  const log = createSyslogLog({ commands: createCommands({ directory }), verbose: true });
  const { existsSync, readFileSync } = await import('node:fs');
  for (let count = 0; count < 500; count += 1) log.write(count % 2 === 0 ? 'info' : 'debug', `line ${count}`);
  log.close();
  for (const [severity, first] of [
    ['info', 0],
    ['debug', 1],
  ] as const) {
    const file = `${directory}/logger.daemon.${severity}`;
    while (!existsSync(file) || !readFileSync(file, 'utf8').endsWith('done\n')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const wanted = Array.from({ length: 250 }, (_, index) => `line ${first + 2 * index}\n`).join('');
    t.equal(readFileSync(file, 'utf8'), `${wanted}done\n`);
  }
});
