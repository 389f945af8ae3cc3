/** The HTTP server on real loopback sockets: what it refuses, how much it takes, and how it comes and goes. */
import { type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { createClock } from '../../src/adapter/clock.ts';
import {
  createWebServer,
  isKnownHost,
  type NewsStream,
  type WebAnswer,
} from '../../src/adapter/http-server.ts';
import type { MetricsSettings } from '../../src/core/model.ts';
import { createVirtualClock } from './virtual-clock.ts';

const at = (port: number, more: Partial<MetricsSettings> = {}): MetricsSettings => ({
  address: '127.0.0.1',
  port,
  hosts: ['router.lan'],
  isPublic: false,
  ...more,
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

const open = async (
  t: Test,
  answer: (path: string) => WebAnswer | Promise<WebAnswer> = () => ({ kind: 'not-found' }),
) => {
  const said: string[] = [];
  const server = createWebServer({
    clock: createClock(),
    say: (severity, text) => said.push(`${severity} ${text}`),
    answer: ({ path }) => answer(path),
  });
  t.teardown(() => server.close());
  server.configure(at(0));
  await until(() => server.listening() !== null);
  return { server, said, port: server.listening()?.port ?? 0 };
};

const get = (
  port: number,
  path: string,
  more: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<{
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}> =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: more.method ?? 'GET',
        headers: more.headers ?? {},
        agent: false,
      },
      (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(more.body);
  });

t.test('a text, with headers that let nothing else in', async (t) => {
  const { port, said } = await open(t, (path) =>
    path === '/x' ? { kind: 'text', type: 'text/plain; charset=utf-8', body: 'ö' } : { kind: 'not-found' },
  );
  const { status, headers, body } = await get(port, '/x?y=1');
  t.equal(status, 200);
  t.equal(body, 'ö');
  t.match(headers, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': '2',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
  });
  t.notMatch(headers['content-security-policy'], /unsafe/);
  t.equal(headers['access-control-allow-origin'], undefined);
  const head = await get(port, '/x', { method: 'HEAD' });
  t.match(head, { status: 200, body: '', headers: { 'content-length': '2' } });
  t.equal((await get(port, '/')).status, 404);
  t.strictSame(said, [`info metrics: listening on 127.0.0.1:${port}`]);
});

t.test('only reading', async (t) => {
  let asked = 0;
  const { port } = await open(t, () => {
    asked += 1;
    return { kind: 'not-found' };
  });
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])
    t.match(await get(port, '/', { method }), { status: 405, headers: { allow: 'GET, HEAD' } }, method);
  t.equal(asked, 0);
});

t.test('DNS rebinding: a name that nobody has configured is refused', async (t) => {
  const { port } = await open(t, () => ({ kind: 'text', type: 'text/plain', body: 'secret' }));
  for (const host of ['evil.example', 'evil.example:9273', 'router.lan.evil.example', '127.0.0.1.nip.io'])
    t.match(await get(port, '/', { headers: { host } }), { status: 421 }, host);
  for (const host of [
    'router.lan',
    'ROUTER.lan:80',
    'localhost:1',
    '10.0.0.1',
    `127.0.0.1:${port}`,
    '[::1]:9273',
  ])
    t.match(await get(port, '/', { headers: { host } }), { status: 200, body: 'secret' }, host);
  t.equal(isKnownHost(undefined, []), false);
  for (const host of ['a b', 'x:y', '[x]', '[127.0.0.1]', '1.2.3', '0x7f.1', 'localhost.', '::1'])
    t.equal(isKnownHost(host, []), false, host);
});

t.test('what is no request, and what is too much of one', async (t) => {
  const { port } = await open(t, () => ({ kind: 'text', type: 'text/plain', body: 'x' }));
  const raw = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(heard));
    });
  t.equal(await raw('nonsense\r\n\r\n'), '', 'closed without a word');
  t.equal(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), '');
  t.match(
    await raw(`GET /${'x'.repeat(2000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
    /^HTTP\/1.1 414 /,
  );
  t.match(await raw('GET http://evil/ HTTP/1.1\r\nHost: localhost\r\n\r\n'), /^HTTP\/1.1 400 /);
  t.match(
    await raw('GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello'),
    /connection: close/i,
  );
});

t.test('an answer that fails is said, and the next one comes', async (t) => {
  let fails = true;
  const { port, said } = await open(t, async () => {
    if (fails) throw new Error('x');
    return { kind: 'text', type: 'text/plain', body: 'y' };
  });
  t.match(await get(port, '/'), { status: 500 });
  t.equal(said.at(-1), 'err metrics: a request failed: x');
  fails = false;
  t.equal((await get(port, '/')).body, 'y');
});

t.test('news: told as they come, ended by either side, and not for everybody', async (t) => {
  const streams = new Set<NewsStream>();
  const { port, server } = await open(t, () => ({
    kind: 'stream',
    open: (stream) => {
      streams.add(stream);
      return () => streams.delete(stream);
    },
  }));
  const listen = () =>
    new Promise<{ text: () => string; response: IncomingMessage }>((resolve) => {
      request({ host: '127.0.0.1', port, path: '/', agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('error', () => {});
        resolve({ text: () => text, response });
      }).end();
    });
  const first = await listen();
  t.match(first.response.headers, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const stream of streams) stream.send('page', 'a\nb');
  await until(() => first.text().includes('data: b'));
  t.equal(first.text(), ':\n\nevent: page\ndata: a\ndata: b\n\n');
  const others = await Promise.all(Array.from({ length: 15 }, listen));
  t.match(await get(port, '/'), { status: 503, headers: { 'retry-after': '60' } });
  first.response.destroy();
  await until(() => streams.size === 15);
  t.match((await listen()).response.statusCode, 200, 'one has made room');
  const [slow] = others;
  slow?.response.pause();
  // Nobody who does not read is kept.
  for (let count = 0; count < 64 && streams.size === 16; count += 1) {
    for (const stream of streams) stream.send('page', 'x'.repeat(1_000_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => streams.size < 16);
  await server.close();
  await until(() => streams.size === 0);
  t.pass('all gone');
});

t.test('a port in use is one error; the daemon goes on, and tries again', async (t) => {
  const clock = createVirtualClock();
  const said: string[] = [];
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const address = holder.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const server = createWebServer({
    clock,
    say: (severity, text) => said.push(`${severity} ${text}`),
    answer: () => ({ kind: 'not-found' }),
  });
  t.teardown(() => server.close());
  server.configure(at(port));
  await until(() => said.length > 0);
  const complaint = `err metrics: cannot listen on 127.0.0.1:${port}: something else listens there already; again every 30.0s`;
  t.strictSame(said, [complaint]);
  await until(() => clock.pending() === 1);
  await clock.advance(30_000);
  await until(() => clock.pending() === 1);
  t.strictSame(said, [complaint], 'said once');
  await new Promise((resolve) => holder.close(resolve));
  await clock.advance(30_000);
  await until(() => server.listening() !== null);
  t.equal(said.at(-1), `info metrics: listening on 127.0.0.1:${port}`);
});

t.test('another place, other names, nowhere', async (t) => {
  const { server, port, said } = await open(t, () => ({ kind: 'text', type: 'text/plain', body: 'x' }));
  server.configure(at(0, { hosts: ['other.lan'] }));
  t.equal(server.listening()?.port, port, 'other names need no other socket');
  t.equal((await get(port, '/', { headers: { host: 'router.lan' } })).status, 421);
  t.equal((await get(port, '/', { headers: { host: 'other.lan' } })).status, 200);
  server.configure(at(0, { address: '::1' }));
  await until(() => server.listening()?.address === '::1');
  await t.rejects(get(port, '/'), { code: 'ECONNREFUSED' });
  t.match(said.at(-1), /^info metrics: listening on \[::1\]:\d+$/);
  server.configure(null);
  await until(() => server.listening() === null);
  server.configure(at(0, { address: '192.0.2.1' }));
  await until(() => /192\.0\.2\.1/.test(said.at(-1) ?? ''));
  t.match(said.at(-1), /^err metrics: cannot listen on 192.0.2.1:0: this machine has no such address/);
});
