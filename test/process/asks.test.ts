/** Connections, questions and programs through real child processes: the emulated machine's executables, and a script of the administrator's. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { askOnce, type Reply, type Request } from '../../src/adapter/ask.ts';
import { createClock } from '../../src/adapter/clock.ts';
import { runProgram } from '../../src/adapter/program.ts';
import { createCommands } from '../../src/adapter/run.ts';
import { millis } from '../../src/core/time.ts';
import { createRealClock } from '../../src/emulator/clock.ts';
import { createRouter } from '../../src/emulator/router.ts';
import { serveRouter, writeCommandDirectory } from '../../src/emulator/server.ts';

const directory = mkdtempSync(join(tmpdir(), 'uplinkd-asks-'));
const router = createRouter({
  clock: createRealClock(),
  seed: 1,
  lan: { interface: 'em0', address: '10.0.0.1/24' },
  uplinks: [{ name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' }],
});
const server = await serveRouter(router, join(directory, 'emulator.sock'));
const bin = join(directory, 'bin');
writeCommandDirectory(bin, server.socketPath);
t.teardown(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});
const commands = createCommands({ directory: bin });
const means = { commands, clock: createClock(), run: runProgram, route: join(bin, 'route') };
// A busy machine takes its time to start node; nothing here rests on how long.
const longest = millis(60_000);
const common = { family: 'inet', address: '9.9.9.9', rtable: 101, longest } as const;
const ask = (request: Request['ask'], more: Partial<Request> = {}): Promise<Reply> =>
  new Promise((resolve) => {
    askOnce(means, { ...common, ask: request, ...more }, resolve);
  });

const script = join(directory, 'portal');
writeFileSync(script, '#!/bin/sh\necho 12.5\necho "$UPLINKD_LINK $* is behind a portal" >&2\nexit "$1"\n');
chmodSync(script, 0o755);

await commands.run('route', ['-T', '101', 'add', 'default', '192.0.2.1'], { timeoutMs: 60_000 });

t.test('a connection', async (t) => {
  t.match(await ask({ kind: 'tcp', port: 443 }), { kind: 'answered', rtt: Number });
  router.setPortal('a', 'resets');
  t.same(await ask({ kind: 'tcp', port: 443 }), { kind: 'failed', why: 'Connection refused' });
  router.setPortal('a', null);
  t.match(await ask({ kind: 'tcp', port: 443 }, { rtable: 103 }), { kind: 'not-started', why: /setrtable/ });
});

t.test('a question', async (t) => {
  t.match(await ask({ kind: 'dns', name: '.' }), { kind: 'answered', rtt: Number });
  t.same(await ask({ kind: 'dns', name: 'www.invalid' }), { kind: 'failed', why: 'NXDOMAIN' });
});

t.test('a program', async (t) => {
  const run = (args: readonly string[], path = script): Promise<Reply> =>
    ask({ kind: 'exec', command: [path, ...args], environment: { UPLINKD_LINK: 'fibre' } });
  t.same(await run(['0']), { kind: 'answered', rtt: 12.5 });
  t.same(await run(['3', '-v']), { kind: 'failed', why: 'exit 3: fibre 3 -v is behind a portal' });
  t.match(await run([], join(directory, 'nosuch')), {
    kind: 'not-started',
    why: /nosuch: No such file or directory$/,
  });
});
