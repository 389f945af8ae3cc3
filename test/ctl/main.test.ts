/** uplinkctl as a program: what it prints, where, and how it exits. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { renderExplanation } from '../../src/ctl/explain.ts';
import { renderView } from '../../src/ctl/show.ts';
import { plain } from '../../src/ctl/terminal.ts';
import { exampleStatus } from '../wire/example.ts';
import { say, startFakeDaemon, temporaryDirectory } from './fake-daemon.ts';

// Built (`npm test` builds first): from source it would start in three times as long.
const main = fileURLToPath(new URL('../../dist/ctl/main.js', import.meta.url));

const start = (args: readonly string[]) =>
  spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const run = async (...args: readonly string[]) => {
  const child = start(args);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const [code] = await once(child, 'close');
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
};

t.test('show', async (t) => {
  const daemon = await startFakeDaemon(t, (socket) => say(socket, { kind: 'status', status: exampleStatus }));
  const summary = renderView('summary', exampleStatus, plain);
  t.strictSame(await run('-s', daemon.path, 'sh'), { code: 0, out: summary, err: '' });
  const json = await run('-j', '-s', daemon.path, 'show', 'pr', 'dsl');
  t.equal(json.code, 0);
  t.strictSame(JSON.parse(json.out), { version: 1, links: exampleStatus.links.slice(1, 2) });
  t.match(json.out, /^\{\n {2}"version": 1,\n/);
  t.strictSame(await run('-s', daemon.path, 'show', 'probes', 'nosuch'), {
    code: 1,
    out: '',
    err: 'uplinkctl: unknown link: nosuch: not fibre, dsl, lte, radio\n',
  });
});

t.test('explain', async (t) => {
  const daemon = await startFakeDaemon(t, (socket) => say(socket, { kind: 'status', status: exampleStatus }));
  const [policy] = exampleStatus.policies;
  if (policy === undefined) throw new Error('the example has no policy');
  const text = renderExplanation(exampleStatus, policy, plain);
  t.strictSame(await run('-s', daemon.path, 'exp', 'default'), { code: 0, out: text, err: '' });
  const json = await run('-j', '-s', daemon.path, 'explain', 'default');
  t.equal(json.code, 0);
  t.strictSame(JSON.parse(json.out), { version: 1, policy });
  t.strictSame(await run('-s', daemon.path, 'explain', 'def'), {
    code: 1,
    out: '',
    err: 'uplinkctl: unknown policy: def: not default, voip, guest\n',
  });
});

t.test('show, answered with something else', async (t) => {
  const replies: unknown[] = [{ kind: 'done' }, { kind: 'error', text: 'busy' }];
  const daemon = await startFakeDaemon(t, (socket) => say(socket, replies.shift()));
  const none = { code: 1, out: '', err: 'uplinkctl: uplinkd sent no status\n' };
  t.strictSame(await run('-s', daemon.path, 'show'), none);
  t.strictSame(await run('-s', daemon.path, 'show'), { code: 1, out: '', err: 'uplinkctl: busy\n' });
});

t.test('reload and log', async (t) => {
  const replies: unknown[] = [
    { kind: 'done' },
    { kind: 'done', text: 'configuration loaded' },
    { kind: 'refused', errors: ['uplinkd.conf:3:1: no', 'uplinkd.conf:4:1: no'] },
    { kind: 'refused', errors: ['uplinkd.conf:3:1: no'] },
    { kind: 'error', text: 'later' },
    { kind: 'status', status: exampleStatus },
  ];
  const daemon = await startFakeDaemon(t, (socket) => say(socket, replies.shift()));
  const to = ['-s', daemon.path];
  t.strictSame(await run(...to, 'log', 'verb'), { code: 0, out: '', err: '' });
  t.strictSame(await run(...to, 'reload'), { code: 0, out: 'configuration loaded\n', err: '' });
  t.strictSame(await run(...to, 'reload'), {
    code: 1,
    out: '',
    err: 'uplinkctl: refused, the running configuration stays:\nuplinkd.conf:3:1: no\nuplinkd.conf:4:1: no\n',
  });
  t.strictSame(await run('-j', ...to, 'reload'), {
    code: 1,
    out: '{\n  "kind": "refused",\n  "errors": [\n    "uplinkd.conf:3:1: no"\n  ]\n}\n',
    err: '',
  });
  t.strictSame(await run(...to, 'reload'), { code: 1, out: '', err: 'uplinkctl: later\n' });
  t.match(await run(...to, 'reload'), { code: 1, out: '', err: /a status that nobody asked for/ });
  t.strictSame(daemon.requests.slice(0, 2), [
    '{"version":1,"command":"log","level":"verbose"}',
    '{"version":1,"command":"reload"}',
  ]);
});

t.test('probe', async (t) => {
  const ping = (outcome: string) => ({
    kind: 'ping',
    link: 'dsl',
    family: 'inet',
    target: 'gateway',
    address: '192.0.2.1',
    seq: 0,
    outcome,
    rttMs: outcome === 'answered' ? 1.5 : null,
    why: null,
  });
  let replies: readonly unknown[] = [ping('answered'), { kind: 'done' }];
  const daemon = await startFakeDaemon(t, (socket) => say(socket, ...replies));
  const text = await run('-s', daemon.path, 'probe', '-c', '1', 'dsl');
  t.match(text, { code: 0, err: '' });
  t.match(
    text.out,
    /^dsl inet gateway \(192\.0\.2\.1\): seq 0, 1\.5ms\n\nLINK .*\ndsl {3}inet {2}gateway {6}1\/1 {4}0% {2}1\.5ms/,
  );
  const json = await run('-j', '-s', daemon.path, 'pro', 'dsl');
  const { kind: _, ...bare } = ping('answered');
  t.strictSame(json, { code: 0, out: `${JSON.stringify(bare)}\n`, err: '' });
  t.equal(daemon.requests[0], '{"version":1,"command":"probe","link":"dsl","count":1}');
  replies = [ping('lost'), { kind: 'done' }];
  t.match(await run('-s', daemon.path, 'probe', 'dsl'), { code: 1, out: /seq 0, lost\n/ });
  replies = [{ kind: 'error', text: 'unknown link: x: not dsl' }];
  t.match(await run('-s', daemon.path, 'probe', 'x'), { code: 1, out: '', err: /unknown link: x: not dsl/ });
});

t.test('monitor', async (t) => {
  const event = (text: string) => ({ kind: 'event', atMs: 1_795_165_503_123, severity: 'notice', text });
  const daemon = await startFakeDaemon(t, (socket) => {
    say(socket, event('one'), event('two'));
    socket.end();
  });
  t.strictSame(await run('-s', daemon.path, 'm'), {
    code: 1,
    out: '2026-11-20 09:05:03 notice one\n2026-11-20 09:05:03 notice two\n',
    err: 'uplinkctl: uplinkd closed the connection\n',
  });
  t.match(await run('-j', '-s', daemon.path, 'm'), {
    code: 1,
    out: '{"atMs":1795165503123,"severity":"notice","text":"one"}\n{"atMs":1795165503123,"severity":"notice","text":"two"}\n',
  });
});

t.test('nobody reads any more', async (t) => {
  const daemon = await startFakeDaemon(t, (socket) => {
    const more = (): void => {
      if (socket.destroyed) return;
      say(socket, { kind: 'event', atMs: 1, severity: 'notice', text: 'again' });
      setImmediate(more);
    };
    more();
  });
  const child = start(['-s', daemon.path, 'monitor']);
  const err: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'exit');
  t.equal(code, 0);
  t.equal(Buffer.concat(err).toString(), '');
});

t.test('no daemon', async (t) => {
  const path = join(temporaryDirectory(t), 's');
  t.strictSame(await run('-s', path, 'show'), {
    code: 1,
    out: '',
    err: `uplinkctl: cannot connect to ${path}: no such file: is uplinkd running?\n`,
  });
});

t.test('usage', async (t) => {
  t.strictSame(await run('re'), {
    code: 2,
    out: '',
    err: 'uplinkctl: ambiguous: re: reload or render\nusage: uplinkctl [-j] [-s socket] command [argument ...]\n',
  });
});

t.test('render', async (t) => {
  const directory = temporaryDirectory(t);
  const good = join(directory, 'good.conf');
  writeFileSync(good, '[link.fibre]\ninterface = "em0"\ngateway = "203.0.113.1"\n');
  const text = await run('render', '-f', good);
  t.equal(text.code, 0);
  t.match(text.out, / route-to 203\.0\.113\.1\n/);
  const json = await run('-j', 'ren', '-f', good, '--set', 'fibre=down');
  t.equal(json.code, 0);
  t.match(JSON.parse(json.out), { version: 1, anchor: 'uplinkd', rules: Array, pools: [] });
  const pooled = join(directory, 'pooled.conf');
  writeFileSync(
    pooled,
    '[link.fibre]\ninterface = "em0"\ngateway = "203.0.113.1"\n[policy.default]\nbalance = "random"\n',
  );
  const [main = '', pool = '', ...more] = (await run('render', '-f', pooled)).out.split(/^# anchor .*\n/m);
  t.match(main, /\nanchor "default" in inet .*\n(block|pass) .*\n$/s);
  t.match(pool, /^table <pool_inet> .*\npass in .* random\n$/);
  t.strictSame(more, []);
  const bad = join(directory, 'bad.conf');
  writeFileSync(bad, 'x = 1\ny = 2\n');
  const refused = await run('render', '-f', bad);
  t.equal(refused.code, 1);
  t.equal(refused.out, '');
  const lines = refused.err.split('\n');
  t.equal(lines.pop(), '');
  t.ok(
    lines.every((line) => line.startsWith(`${bad}:`)),
    'nothing in front of the place',
  );
  t.match(lines, [/:1:1: /, /./]);
  t.match(await run('render', '-f', good, '--set', 'dsl=down'), {
    code: 1,
    err: 'uplinkctl: --set dsl=down: unknown link: dsl: not fibre\n',
  });
  t.match(await run('render', '-f', join(directory, 'none')), {
    code: 1,
    out: '',
    err: /^uplinkctl: cannot read .*none: /,
  });
});
