import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask } from '../../src/ctl/client.ts';
import type { EventReply, StreamedReply } from '../../src/wire/control.ts';
import { createVirtualClock } from '../adapter/virtual-clock.ts';
import { exampleStatus } from '../wire/example.ts';
import { say, startFakeDaemon, temporaryDirectory } from './fake-daemon.ts';

const show = { version: 1, command: 'show' } as const;
const monitor = { version: 1, command: 'monitor' } as const;
/** Far more than an answer takes here, and far less than the test may. */
const timeoutMs = 20_000;

t.test('a request and its reply', async (t) => {
  const daemon = await startFakeDaemon(t, (socket) => say(socket, { kind: 'status', status: exampleStatus }));
  const answer = await ask(daemon.path, show, { timeoutMs });
  t.strictSame(answer, { kind: 'reply', reply: { kind: 'status', status: exampleStatus } });
  t.strictSame(daemon.requests, ['{"version":1,"command":"show"}']);
});

t.test('a reply in pieces, cut inside a character', async (t) => {
  const daemon = await startFakeDaemon(t, (socket) => {
    const bytes = Buffer.from(`${JSON.stringify({ kind: 'done', text: 'fünf' })}\n`);
    const cut = bytes.indexOf(0xbc);
    socket.write(bytes.subarray(0, cut));
    // Long enough for the first piece to be read by itself.
    setTimeout(() => socket.write(bytes.subarray(cut)), 20);
  });
  t.strictSame(await ask(daemon.path, show, { timeoutMs }), {
    kind: 'reply',
    reply: { kind: 'done', text: 'fünf' },
  });
});

t.test('only the first reply counts', async (t) => {
  const daemon = await startFakeDaemon(t, (socket) =>
    say(socket, { kind: 'done' }, { kind: 'error', text: 'x' }),
  );
  t.strictSame(await ask(daemon.path, show, { timeoutMs }), { kind: 'reply', reply: { kind: 'done' } });
});

t.test('replies that are none', async (t) => {
  const rows: readonly (readonly [string, string, string | RegExp])[] = [
    ['no JSON', '{oops\n', 'uplinkd sent a line that is no JSON'],
    ['empty line', '\n', 'uplinkd sent a line that is no JSON'],
    ['not a reply', '{"kind":"maybe"}\n', /^malformed reply: kind: /],
    ['another version', '{"kind":"status","status":{"version":9}}\n', /version 1 .* version 9/],
    [
      'an event',
      '{"kind":"event","atMs":1,"severity":"info","text":""}\n',
      'uplinkd sent an event that nobody asked for',
    ],
  ];
  for (const [name, bytes, text] of rows) {
    await t.test(name, async (t) => {
      const daemon = await startFakeDaemon(t, (socket) => socket.write(bytes));
      t.match(await ask(daemon.path, show, { timeoutMs }), { kind: 'failure', text });
    });
  }
});

t.test('the end without an answer', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['', 'uplinkd closed the connection'],
    ['{"kind":"do', 'uplinkd sent half a line'],
  ];
  for (const [bytes, text] of rows) {
    const daemon = await startFakeDaemon(t, (socket) => socket.end(bytes));
    t.strictSame(await ask(daemon.path, show, { timeoutMs }), { kind: 'failure', text });
  }
});

t.test('a line without an end is not kept for ever', async (t) => {
  const daemon = await startFakeDaemon(t, (socket) => {
    const chunk = 'x'.repeat(1_048_576);
    for (let count = 0; count < 17; count += 1) socket.write(chunk);
  });
  const answer = await ask(daemon.path, show, { timeoutMs });
  t.strictSame(answer, { kind: 'failure', text: 'uplinkd sent a line that is too long' });
});

t.test('no answer', async (t) => {
  const clock = createVirtualClock();
  const daemon = await startFakeDaemon(t, () => void clock.advance(250));
  t.strictSame(await ask(daemon.path, show, { timeoutMs: 250, clock }), {
    kind: 'failure',
    text: 'no answer from uplinkd within 0.25s',
  });
});

t.test('events, for longer than the time-out, until the daemon ends', async (t) => {
  const clock = createVirtualClock();
  const events: StreamedReply[] = [];
  const event = (text: string): EventReply => ({ kind: 'event', atMs: 1, severity: 'notice', text });
  const daemon = await startFakeDaemon(t, (socket) => {
    say(socket, event('one'), event('two'));
    // The time-out is over when this arrives.
    void clock.advance(300).then(() => {
      say(socket, event('three'));
      socket.end();
    });
  });
  const onEvent = (each: StreamedReply) => events.push(each);
  const answer = await ask(daemon.path, monitor, { timeoutMs: 250, onEvent, clock });
  t.strictSame(answer, { kind: 'failure', text: 'uplinkd closed the connection' });
  t.strictSame(
    events.map((each) => each.kind === 'event' && each.text),
    ['one', 'two', 'three'],
  );
});

t.test('who cannot connect is told why', async (t) => {
  const directory = temporaryDirectory(t);
  const missing = join(directory, 'missing');
  t.strictSame(await ask(missing, show, { timeoutMs }), {
    kind: 'failure',
    text: `cannot connect to ${missing}: no such file: is uplinkd running?`,
  });
  const file = join(directory, 'file');
  writeFileSync(file, '');
  t.match(await ask(file, show, { timeoutMs }), {
    text: /^cannot connect to .*: connection refused: uplinkd is not running$/,
  });
  const long = join(directory, 'x'.repeat(200));
  t.match(await ask(long, show, { timeoutMs }), { kind: 'failure', text: /^cannot connect to .*/ });
  t.match(await ask('', show, { timeoutMs }), { kind: 'failure', text: /^cannot connect to / });
});

t.test('permission denied is told apart', async (t) => {
  const daemon = await startFakeDaemon(t, () => {});
  chmodSync(daemon.path, 0);
  // Root may everything: be nobody for the moment of connecting.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  const answer = ask(daemon.path, show, { timeoutMs });
  if (isRoot) process.seteuid?.(0);
  t.strictSame(await answer, {
    kind: 'failure',
    text: `cannot connect to ${daemon.path}: permission denied: only root and the group of the socket may`,
  });
});
