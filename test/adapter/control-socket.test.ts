import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  type Control,
  type ControlClient,
  type ControlSettings,
  serveControl,
} from '../../src/adapter/control-socket.ts';

type Handler = ControlSettings['onRequest'];

const echo: Handler = (request, client) => client.reply({ echo: request });

/** tap's own directories are too deep for the name of a socket. */
const shortDirectory = (t: Test): string => {
  const directory = mkdtempSync(join(tmpdir(), 'uplinkd-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

const set = async (t: Test, onRequest: Handler = echo, more: Partial<ControlSettings> = {}) => {
  const path = join(shortDirectory(t), 'c.sock');
  const said: string[] = [];
  const control: Control = await serveControl({
    path,
    group: null,
    onRequest,
    log: { write: (severity, text) => said.push(`${severity} ${text}`) },
    ...more,
  });
  t.teardown(() => control.close());
  return { path, said, control };
};

/** A client that keeps what it is told. */
const connect = async (path: string) => {
  const socket: Socket = createConnection(path);
  let text = '';
  let wake: () => void = () => {};
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    wake();
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return {
    socket,
    closed,
    text: () => text,
    /** The next `count` values. */
    values: async (count: number): Promise<readonly unknown[]> => {
      while (text.split('\n').length <= count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const lines = text.split('\n');
      text = lines.slice(count).join('\n');
      return lines.slice(0, count).map((line) => JSON.parse(line) as unknown);
    },
  };
};

t.test('values in, values out, wherever they are cut', async (t) => {
  const { path, control } = await set(t);
  t.equal(statSync(path).mode & 0o777, 0o660);
  const client = await connect(path);
  for (const byte of Buffer.from('{"show":"links","é":[1]}\n')) client.socket.write(Buffer.of(byte));
  t.same(await client.values(1), [{ echo: { show: 'links', é: [1] } }]);
  client.socket.write('1\n\n  \n"two"\nnull\n');
  t.same(await client.values(3), [{ echo: 1 }, { echo: 'two' }, { echo: null }]);
  client.socket.write('"half a line');
  client.socket.end();
  await client.closed;
  t.equal(client.text(), '');
  await control.close();
  t.notOk(existsSync(path));
});

t.test('a client that has said its last word still gets its answer', async (t) => {
  let answer: () => void = () => {};
  let asked: () => void = () => {};
  const wasAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const { path } = await set(t, (_, client) => {
    asked();
    return new Promise<void>((resolve) => {
      answer = () => {
        client.reply('late');
        resolve();
      };
    });
  });
  const client = await connect(path);
  client.socket.end('1\n');
  await wasAsked;
  // The end of what it has to say comes after the request; there is nothing to wait for but turns.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  answer();
  t.same(await client.values(1), ['late']);
  await client.closed;
});

t.test('monitors: replies as they come, told when the client goes', async (t) => {
  const clients: ControlClient[] = [];
  let gone: () => void = () => {};
  const wentAway = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const { path } = await set(t, (_, client) => {
    clients.push(client);
    client.onClose(() => gone());
    client.onClose(() => {
      throw new Error('a bad hook');
    });
    client.reply('first');
  });
  const client = await connect(path);
  client.socket.write('"monitor"\n');
  await client.values(1);
  clients[0]?.reply('second');
  t.same(await client.values(1), ['second']);
  client.socket.destroy();
  for (let count = 0; count < 100; count += 1) clients[0]?.reply('x'.repeat(1000));
  await wentAway;
  clients[0]?.reply('to nobody');
  clients[0]?.close();
  let late = 0;
  clients[0]?.onClose(() => {
    late += 1;
  });
  t.equal(late, 1, 'at once when it is gone already');

  const closing = await set(t, (_, one) => {
    one.reply('bye');
    one.close();
  });
  const other = await connect(closing.path);
  other.socket.write('1\n2\n');
  await other.closed;
  t.equal(other.text(), '"bye"\n');

  let served: () => void = () => {};
  const wasServed = new Promise<void>((resolve) => {
    served = resolve;
  });
  const halfOpen = await set(t, (_, one) => {
    one.onClose(served);
    one.close();
  });
  const clinging = createConnection({ path: halfOpen.path, allowHalfOpen: true });
  clinging.on('error', () => {});
  clinging.write('1\n');
  await wasServed;
  clinging.destroy();
  t.pass('one that never ends its side is let go as well');
});

t.test('what is no request', async (t) => {
  const cases: readonly (readonly [name: string, text: string, said: string])[] = [
    ['garbage', 'GET / HTTP/1.1\r\n\r\n', '"not-json"\n'],
    ['binary', '\0\u0001\n', '"not-json"\n'],
    ['nesting', `${'['.repeat(60_000)}\n`, '"not-json"\n'],
    ['too long', `"${'x'.repeat(65_536)}"\n`, '"request-too-long"\n'],
    ['endless', 'x'.repeat(200_000), '"request-too-long"\n'],
  ];
  for (const [name, text, said] of cases) {
    const { path } = await set(t, echo, { sayRefused: (why) => why });
    const client = await connect(path);
    client.socket.write(text);
    client.socket.write('1\n');
    await client.closed;
    t.equal(client.text(), said, name);
    const next = await connect(path);
    next.socket.end('1\n');
    t.same(await next.values(1), [{ echo: 1 }], 'the next is served');
  }
  const longest = `"${'x'.repeat(65_534)}"`;
  const { path } = await set(t);
  const client = await connect(path);
  client.socket.write(`${longest}\n`);
  t.same(await client.values(1), [{ echo: JSON.parse(longest) as unknown }]);
});

t.test('a handler that throws costs its client, not the daemon', async (t) => {
  const { path, said } = await set(t, (request) => {
    if (request === 'sync') throw new Error('no such link');
    return Promise.reject(new Error('later'));
  });
  for (const request of ['sync', 'async']) {
    const client = await connect(path);
    client.socket.write(`"${request}"\n`);
    await client.closed;
  }
  t.same(said, ['err control: a request failed: no such link', 'err control: a request failed: later']);
});

t.test('a client that does not read is cut off', async (t) => {
  let sent = 0;
  const { path, said } = await set(t, (_, client) => {
    let gone = false;
    client.onClose(() => {
      gone = true;
    });
    const more = (): void => {
      if (gone) return;
      client.reply('x'.repeat(10_000));
      sent += 1;
      setImmediate(more);
    };
    more();
  });
  const client = await connect(path);
  client.socket.pause();
  client.socket.write('1\n');
  while (said.length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.match(said, [/^warning control: a client left 1\d{6} bytes unread and was cut off$/]);
  t.ok(sent < 1000);
  client.socket.resume();
  await client.closed;
});

t.test('32 clients, and no more', async (t) => {
  const { path, said } = await set(t, echo, { sayRefused: (why) => ({ error: why }) });
  const clients = [];
  for (let count = 0; count < 32; count += 1) clients.push(await connect(path));
  const last = clients.at(-1);
  last?.socket.write('1\n');
  t.same(await last?.values(1), [{ echo: 1 }]);
  const excess = await connect(path);
  await excess.closed;
  t.equal(excess.text(), '{"error":"too-many-clients"}\n');
  t.match(said, [/more than 32 clients/]);
  clients[0]?.socket.end();
  await clients[0]?.closed;
  const next = await connect(path);
  next.socket.write('2\n');
  t.same(await next.values(1), [{ echo: 2 }]);
});

t.test('the name of the socket', async (t) => {
  const serve = (path: string) =>
    serveControl({ path, group: process.getgid?.() ?? null, onRequest: echo, log: { write: () => {} } });
  const { path } = await set(t);
  await t.rejects(serve(path), { message: `${path}: another uplinkd is running` });
  t.ok(existsSync(path), 'theirs is left alone');

  const directory = shortDirectory(t);
  writeFileSync(join(directory, 'file'), 'precious');
  await t.rejects(serve(join(directory, 'file')), { message: /file: exists and is not a socket$/ });
  t.ok(existsSync(join(directory, 'file')));
  await t.rejects(serve(join(directory, 'none/c.sock')), { message: /^.*none\/c\.sock: / });
  await t.rejects(serve(join(directory, 'x'.repeat(104))), { message: /x: longer than 103 bytes/ });

  // A socket whose process died: made by a child that is killed.
  const stale = join(shortDirectory(t), 's.sock');
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  await new Promise((resolve) => child.once('exit', resolve));
  t.ok(existsSync(stale));
  const control = await serve(stale);
  const client = await connect(stale);
  client.socket.write('1\n');
  t.same(await client.values(1), [{ echo: 1 }]);
  await control.close();
  await client.closed;
  t.notOk(existsSync(stale));
});

t.test('close ends everybody, whatever they are doing', async (t) => {
  const { path, control } = await set(t, () => new Promise<void>(() => {}));
  const clients = [await connect(path), await connect(path)];
  clients[0]?.socket.write('1\n');
  await control.close();
  for (const client of clients) await client.closed;
  t.pass();
});
