// The emulated commands as real child processes: bytes, exit codes, signals, and what happens when they die.
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createRealClock } from '../../src/emulator/clock.ts';
import type { Router } from '../../src/emulator/router.ts';
import { createRouter } from '../../src/emulator/router.ts';
import type { RouterServer } from '../../src/emulator/server.ts';
import { serveRouter, writeCommandDirectory } from '../../src/emulator/server.ts';

interface Place {
  readonly router: Router;
  readonly server: RouterServer;
  start(name: string, ...args: readonly string[]): ChildProcessWithoutNullStreams;
  run(
    name: string,
    args: readonly string[],
    stdin?: string,
  ): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

const createPlace = async (test: { teardown: (clean: () => unknown) => void }): Promise<Place> => {
  const directory = mkdtempSync(join(tmpdir(), 'uplinkd-emulator-'));
  const router = createRouter({
    clock: createRealClock(),
    seed: 1,
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    uplinks: [
      { name: 'fibre', interface: 'em1', address: '203.0.113.2/24', gateway: '203.0.113.1', latencyMs: 3 },
    ],
    defaultRoute: '203.0.113.1',
  });
  const server = await serveRouter(router, join(directory, 'emulator.sock'));
  writeCommandDirectory(join(directory, 'bin'), server.socketPath);
  const children = new Set<ChildProcessWithoutNullStreams>();
  const start: Place['start'] = (name, ...args) => {
    const child = spawn(join(directory, 'bin', name), args);
    children.add(child);
    child.on('close', () => children.delete(child));
    return child;
  };
  test.teardown(async () => {
    for (const child of children) child.kill('SIGKILL');
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    router,
    server,
    start,
    run: (name, args, stdin = '') =>
      new Promise((resolve) => {
        const child = start(name, ...args);
        let stdout = '';
        let stderr = '';
        child.stdout.on('data', (chunk) => {
          stdout += chunk;
        });
        child.stderr.on('data', (chunk) => {
          stderr += chunk;
        });
        child.on('close', (code) => resolve({ code, stdout, stderr }));
        child.stdin.on('error', () => {});
        child.stdin.end(stdin);
      }),
  };
};

/** Resolves with everything that came until `pattern` matches it. */
const until = (stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (chunk) => {
      text += chunk;
      if (pattern.test(text)) resolve(text);
    });
    stream.on('close', () => reject(new Error(`ended before ${pattern}: ${text}`)));
  });
const closed = (
  child: ChildProcessWithoutNullStreams,
): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
/** Asks until it is so; the world is another event loop turn away, not a length of time. */
const eventually = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};

t.test('pfctl loads what it is given and reads it back; what is refused changes nothing', async (test) => {
  const place = await createPlace(test);
  const rules = 'pass in quick inet tagged x route-to 203.0.113.1 label "uplink:fibre"\n';
  test.same(await place.run('pfctl', ['-a', 'uplinkd', '-f', '-'], rules), {
    code: 0,
    stdout: '',
    stderr: '',
  });
  const bad = await place.run('pfctl', ['-a', 'uplinkd', '-f', '-'], `${rules}fooo bar\n`);
  test.same(bad, {
    code: 1,
    stdout: '',
    stderr: 'stdin:2: syntax error\npfctl: Syntax error in config file: pf rules not loaded\n',
  });
  const shown = await place.run('pfctl', ['-a', 'uplinkd', '-sr']);
  test.equal(
    shown.stdout,
    'pass in quick inet all flags S/SA label "uplink:fibre" tagged x route-to 203.0.113.1\n',
  );
  test.equal((await place.run('pfctl', ['-t', 'nosuch', '-T', 'show'])).code, 255);
});

t.test('a large rule set comes through whole, both ways', async (test) => {
  const place = await createPlace(test);
  const rules = Array.from(
    { length: 3000 },
    (_, i) => `pass in quick inet proto tcp from 10.1.${i >> 8}.${i & 255} tag t${i}\n`,
  ).join('');
  test.equal((await place.run('pfctl', ['-a', 'big', '-f', '-'], rules)).code, 0);
  const { stdout } = await place.run('pfctl', ['-a', 'big', '-sr']);
  test.equal(stdout.split('\n').length, 3001);
});

t.test('ping: lines as they come, SIGINT gives the summary, kill -9 leaves nothing behind', async (test) => {
  const place = await createPlace(test);
  const child = place.start('ping', '-n', '-i', '0.05', '203.0.113.1');
  const end = closed(child);
  let all = '';
  child.stdout.on('data', (chunk) => {
    all += chunk;
  });
  await until(child.stdout, /icmp_seq=2 /);
  test.equal(place.router.faults.running('ping')[0]?.pid, child.pid, 'exec keeps the process id');
  child.kill('SIGINT');
  test.same(await end, { code: 0, signal: null });
  test.match(all, /^PING 203\.0\.113\.1 .*\n64 bytes from [\s\S]*\n--- 203\.0\.113\.1 ping statistics ---\n/);

  const second = place.start('ping', '-n', '203.0.113.1');
  await until(second.stdout, /icmp_seq=0 /);
  const gone = closed(second);
  second.kill('SIGKILL');
  test.same(await gone, { code: null, signal: 'SIGKILL' });
  await eventually(() => place.router.faults.running('ping').length === 0);
  const third = place.start('ping', '-n', '203.0.113.1');
  await until(third.stdout, /icmp_seq=0 /);
  const ended = closed(third);
  third.kill('SIGTERM');
  test.same(await ended, { code: null, signal: 'SIGTERM' });
});

t.test(
  'route monitor: a line for the carrier, though nothing follows it, and faults on order',
  async (test) => {
    const place = await createPlace(test);
    const child = place.start('route', '-n', 'monitor');
    await eventually(() => place.router.faults.running('route').length === 1);
    const line = until(child.stdout, /sockaddrs: <IFP>\n .*\n/);
    place.router.setCarrier('em1', false);
    test.match(
      await line,
      /^got message of size 200 on .*\nRTM_IFINFO: iface status change: len 200, if# 2, name em1, link: no carrier, /,
    );
    const [running] = place.router.faults.running('route', /monitor/);
    const half = until(child.stdout, /RTM_IFINF$/);
    running?.inject('got message of size 200 on Fri Nov 20 08:54:19 2026\nRTM_IFINF');
    await half;
    const end = closed(child);
    running?.kill('SIGKILL');
    test.same(await end, { code: null, signal: 'SIGKILL' });
  },
);

t.test(
  'faults: failing twice and then working, hanging, half an output, an unknown line, a late success',
  async (test) => {
    const place = await createPlace(test);
    place.router.faults.add({
      command: 'pfctl',
      match: /-f -/,
      times: 2,
      fault: { kind: 'fail', code: 1, stderr: 'pfctl: DIOCXBEGIN: Device busy\n' },
    });
    const load = (): Promise<{ code: number | null; stderr: string }> =>
      place.run('pfctl', ['-a', 'x', '-f', '-'], 'pass\n');
    test.match(await load(), { code: 1, stderr: 'pfctl: DIOCXBEGIN: Device busy\n' });
    test.match(await load(), { code: 1 });
    test.match(await load(), { code: 0, stderr: '' });
    place.router.faults.add({
      command: 'ifconfig',
      fault: { kind: 'extra-line', line: '\tfrobnication: maximal' },
    });
    test.match((await place.run('ifconfig', ['em1'])).stdout, /^em1: .*\n\tfrobnication: maximal\n\tlladdr /);
    place.router.faults.add({ command: 'ifconfig', fault: { kind: 'partial', bytes: 20 } });
    test.equal((await place.run('ifconfig', ['em1'])).stdout, 'em1: flags=8843<UP,B');
    place.router.faults.add({ command: 'pfctl', fault: { kind: 'hang' } });
    const hanging = place.start('pfctl', '-sr');
    await eventually(() => place.router.faults.running('pfctl').length === 1);
    const end = closed(hanging);
    hanging.kill('SIGKILL');
    await end;
    place.router.faults.add({ command: 'pfctl', fault: { kind: 'late', ms: 30 } });
    test.match(await place.run('pfctl', ['-a', 'late', '-f', '-'], 'pass label "late"\n'), { code: 0 });
    test.match((await place.run('pfctl', ['-a', 'late', '-sl'])).stdout, /^late /);
  },
);

t.test('logger keeps what it is told', async (test) => {
  const place = await createPlace(test);
  await place.run('logger', ['-t', 'uplinkd', '-p', 'daemon.warning', 'link', 'fibre'], '');
  await place.run('logger', ['-t', 'uplinkd'], 'one\ntwo\n');
  test.same(place.router.syslog, [
    'daemon.warning uplinkd: link fibre',
    'user.notice uplinkd: one',
    'user.notice uplinkd: two',
  ]);
});
