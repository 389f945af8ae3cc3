// Many pf states: listed as a stream, in process and through the executables, by a reader that is slow, and killed on the way.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createRealClock } from '../../src/emulator/clock.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import type { Router } from '../../src/emulator/router.ts';
import { createRouter } from '../../src/emulator/router.ts';
import { serveRouter, writeCommandDirectory } from '../../src/emulator/server.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const RULES = `set limit states 400000
pass in quick on vio1 inet to !10.0.0.0/8 probability 50% route-to 192.0.2.1 label a
pass in quick on vio1 inet to !10.0.0.0/8 route-to 198.51.100.1 label b
pass
`;
/** Opens connections; each makes two pf states. */
const fill = (router: Router, connections: number): void => {
  for (let i = 0; i < connections; i++)
    router.forward(
      {
        family: 'inet',
        protocol: 'udp',
        source: `10.0.${1 + (i >> 13)}.${2 + ((i >> 6) & 127)}`,
        sourcePort: 1024 + (i & 63),
        destination: '203.0.113.5',
        destinationPort: 5000,
        flags: {},
        icmpType: null,
        bytes: 76,
        tag: null,
        rtable: 0,
      },
      'vio1',
    );
};
const machine = (connections: number, perSecond?: number): Machine => {
  const made = createMachine(perSecond === undefined ? {} : { statesListedPerSecond: perSecond });
  made.load('', RULES);
  fill(made.router, connections);
  return made;
};

t.test('100,000 pf states in process: many small pieces, each of whole lines', async (test) => {
  const made = machine(50_000);
  test.equal(made.router.firewall.states.all.size, 100_000);
  const commands = createInProcessCommands(made.router);
  let pieces = 0;
  let longest = 0;
  let ids = 0;
  let gateways = 0;
  let isWhole = true;
  let end: unknown = null;
  commands.stream('pfctl', ['-ss', '-vv'], {
    onStdout: (text) => {
      pieces++;
      longest = Math.max(longest, text.length);
      isWhole &&= text.endsWith('\n');
      ids += text.split('   id: ').length - 1;
      gateways += text.split('{192.0.2.1} <- ').length - 1;
    },
    onStderr: () => {},
    onEnd: (how) => {
      end = how;
    },
  });
  made.clock.advance(10);
  test.same(end, { kind: 'exited', code: 0 });
  test.equal(ids, 100_000);
  test.ok(gateways > 24_000 && gateways < 26_000, `${gateways}`);
  test.ok(pieces >= 400 && longest < 100_000, `${pieces} pieces, the longest of ${longest}`);
  test.ok(isWhole);
  const killed = made.run('pfctl -k label -k a').stderr;
  test.equal(killed, `killed ${gateways} states\n`);
});

t.test('a listing shows what was there when it began, and may take its time', async (test) => {
  const made = machine(3000, 6000);
  const before = made.clock.now();
  let lines = 0;
  let end: unknown = null;
  const handlers = {
    onStdout: (text: string) => {
      lines += text.split('\n').length - 1;
    },
    onStderr: () => {},
    onEnd: (how: unknown) => {
      end = how;
    },
  };
  const commands = createInProcessCommands(made.router);
  commands.stream('pfctl', ['-ss'], handlers);
  made.clock.advance(500);
  test.ok(lines > 1000 && lines < 6000, `${lines} after half a second`);
  test.equal(made.run('pfctl -F states', '', 0).stderr, '6000 states cleared\n', 'meanwhile others work');
  while (end === null && made.clock.step());
  test.equal(lines, 6000);
  test.ok(made.clock.now() - before >= 999 && made.clock.now() - before < 1100);
  const again = machine(3000, 6000);
  lines = 0;
  const stream = createInProcessCommands(again.router).stream('pfctl', ['-ss'], handlers);
  again.clock.advance(500);
  stream.stop();
  again.clock.advance(10);
  test.same(end, { kind: 'killed', signal: 'SIGTERM' });
  test.equal(again.clock.next(), null, 'nothing is left behind');
});

t.test('through an executable, with a reader that stops reading', async (test) => {
  const directory = mkdtempSync(join(tmpdir(), 'uplinkd-listing-'));
  const router = createRouter({
    clock: createRealClock(),
    seed: 1,
    lan: { interface: 'vio1', address: '10.0.0.1/16' },
    uplinks: [
      { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      { name: 'b', interface: 'vio3', address: '198.51.100.2/24', gateway: '198.51.100.1' },
    ],
  });
  const server = await serveRouter(router, join(directory, 'emulator.sock'));
  writeCommandDirectory(join(directory, 'bin'), server.socketPath);
  test.teardown(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const pfctl = (...args: readonly string[]) => spawn(join(directory, 'bin', 'pfctl'), args);
  const load = pfctl('-f', '-');
  load.stdin.end(RULES);
  test.equal(await new Promise((done) => load.on('close', done)), 0);
  fill(router, 20_000);

  const child = pfctl('-ss', '-vv');
  let lines = 0;
  let bytes = 0;
  child.stdout.setEncoding('utf8');
  await new Promise<void>((done) => child.stdout.once('readable', done));
  // as long as nobody reads, the server waits: the other commands go on
  const info = pfctl('-si');
  info.stdout.resume();
  test.equal(await new Promise((done) => info.on('close', done)), 0);
  test.equal(router.faults.running('pfctl', /-vv/).length, 1, 'it has not printed into the void');
  child.stdout.on('data', (text: string) => {
    bytes += text.length;
    lines += text.split('\n').length - 1;
  });
  test.equal(await new Promise((done) => child.on('close', done)), 0);
  test.equal(lines, 120_000, 'three lines a pf state');
  test.ok(bytes > 5_000_000);

  const gone = pfctl('-ss');
  await new Promise<void>((done) => gone.stdout.once('readable', done));
  gone.kill('SIGKILL');
  await new Promise((done) => gone.on('close', done));
  while (router.faults.running('pfctl').length > 0) await new Promise((done) => setImmediate(done));
  test.pass('a listing that nobody wants any more ends');
});
