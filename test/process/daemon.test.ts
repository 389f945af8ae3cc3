/** The daemon as a process: command line, signals, restarts, a second one. */

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { config, isAsFresh, isSettledOn, openWorld, runBuilt, shareWorld } from './world.ts';

t.test('kill -9 and a new start: not one write to pf, not one state lost, no transition', async (t) => {
  const world = await openWorld(t);
  world.router.setCarrier('em1', false);
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  // The look for stragglers comes a second after the kill: let it pass.
  await world.until(
    'the second kill',
    () => world.router.faults.calls.filter(({ args }) => args.join(' ').includes('-k label')).length >= 2,
  );
  const writes = world.pfWrites();
  const states = world.statesOf('dsl');
  const mark = world.log.length;
  await world.killAndRestart();
  await world.until('pf in order', isSettledOn('dsl 100%'));
  const answered = (await world.status()).links[1]?.paths[0]?.targets[0]?.answered ?? 0;
  await world.until(
    'some answers',
    (status) => (status.links[1]?.paths[0]?.targets[0]?.answered ?? 0) > answered + 3,
  );
  const kills = world.router.faults.calls
    .slice(-200)
    .filter(({ args }) => args.includes('-f') && args.includes('-a') && !args.includes('-n'));
  t.ok(states.length > 0 && states.every((id) => world.hasState(id)), 'every state is still there');
  t.notMatch(world.log.slice(mark).join('\n'), /loaded|up -> down/, 'no load, no transition');
  t.ok(
    world.pfWrites() - writes <= 2,
    `only the label of the dead link is killed again: ${world.pfWrites() - writes} writes`,
  );
  t.ok(kills.length > 0);
  await isAsFresh(t, world, ['fibre']);
});

t.test('SIGUSR1 logs everything, SIGTERM leaves pf as it is', async (t) => {
  const world = await openWorld(t);
  const mark = world.log.length;
  world.signal('SIGUSR1');
  await world.until('the last line', () =>
    world.log.slice(mark).some((line) => line.includes('status: pf: anchor uplinkd known')),
  );
  const said = world.log.slice(mark).join('\n');
  t.match(said, /status: link fibre inet: up \(answering\)/);
  t.match(said, /status: link fibre inet: available (\S+ of (24h|7d|30d), ){3}\S+ since the start$/m);
  t.match(
    said,
    /status: link fibre inet: target gateway: answers, .*, rtt p50 .* ms, p95 .* ms, jitter .* ms$/m,
  );
  t.match(said, /status: policy default inet: fibre 75% dsl 25% \(up\)/);
  const held = await world.pfctl(['-a', 'uplinkd', '-sr']);
  const { tookMs, code } = await world.stopDaemon();
  t.equal(code, 0);
  // Within a second, on a machine that has nothing else to do: main.ts sees to that. Nothing that it may wait for is as short as this.
  t.ok(tookMs < 5000, `it takes ${Math.round(tookMs)} ms`);
  t.equal(await world.pfctl(['-a', 'uplinkd', '-sr']), held);
});

t.test('a SIGHUP that comes while it leaves is not followed', async (t) => {
  const world = await openWorld(t);
  world.writeConfig(`on_exit = "flush"\n${config}`);
  world.signal('SIGHUP');
  const loaded = /configuration \S+ loaded/;
  await world.until('the new file', () => world.log.some((line) => loaded.test(line)));
  await world.until('pf as it should be', isSettledOn('fibre 75% dsl 25%'));
  const mark = world.log.length;
  // For as long as it waits at most.
  world.router.faults.add({ command: 'pfctl', match: /-f -$/, fault: { kind: 'hang' } });
  let isGone = false;
  const left = world.stopDaemon().then((how) => {
    isGone = true;
    return how;
  });
  while (!isGone && world.router.faults.running('pfctl', /-f -$/).length === 0) await setTimeout(5);
  world.writeConfig(config);
  world.signal('SIGHUP');
  t.equal((await left).code, 0);
  t.notMatch(world.log.slice(mark).join('\n'), loaded);
});

t.test('a second daemon on the same socket is refused', async (t) => {
  const world = await shareWorld(t);
  const second = await runBuilt('daemon', world.daemonArgs);
  t.equal(second.code, 1);
  t.match(second.stderr, /uplinkd: .*uplinkd\.sock.*(running|use)/);
  t.match((await world.status()).daemon.config, /uplinkd\.conf$/, 'the first one goes on');
});

t.test('uplinkctl against the running daemon', async (t) => {
  const world = await shareWorld(t);
  const ctl = (...args: readonly string[]) => runBuilt('ctl', ['-s', world.controlSocket, ...args]);
  t.match((await ctl('sh', 'l')).stdout, /fibre +inet +up/);
  t.match(JSON.parse((await ctl('-j', 'show', 'policies')).stdout), {
    version: 1,
    policies: [{ name: 'default' }],
  });
  t.equal(
    (await ctl('show', 'rules')).stdout.replace(/^#.*\n/, ''),
    await world.pfctl(['-a', 'uplinkd', '-sr']),
    'show rules is what pf holds',
  );
  t.equal((await ctl('reload')).code, 0);
  world.writeConfig(`${config}\n[link.fibre]\n`);
  const refused = await ctl('reload');
  t.equal(refused.code, 1);
  t.match(refused.stderr, /uplinkd\.conf:\d+:\d+: /);
  world.writeConfig(config);
});

t.test('without -d everything goes to syslog, with its severity', async (t) => {
  const world = await openWorld(t);
  await world.stopDaemon();
  const args = world.daemonArgs.filter((each) => each !== '-d');
  const child = execFile(process.execPath, [join(import.meta.dirname, '../../dist/daemon/main.js'), ...args]);
  t.teardown(() => child.kill('SIGKILL'));
  for (let status = null; status === null || !isSettledOn('fibre 75% dsl 25%')(status); ) {
    status = await world.status().catch(() => null);
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  t.equal(await ended, 0);
  const syslog = world.router.syslog.join('\n');
  t.match(syslog, /notice.*uplinkd .* started/);
  t.match(syslog, /notice.*SIGTERM, terminating/, 'the last line arrives, too');
});

t.test('-nv beside a running daemon: the configuration on stdout, what pf holds on stderr', async (t) => {
  const world = await shareWorld(t);
  const with_ = (...args: readonly string[]) =>
    runBuilt('daemon', [...args, ...world.daemonArgs.filter((arg) => arg !== '-d')]);
  const same = await with_('-nv');
  t.equal(same.code, 0);
  t.match(
    same.stderr,
    /^# anchor "uplinkd": as it should be\n {2}pass out quick on em1 .*\nconfiguration OK\n$/s,
  );
  t.match(same.stdout, /^anchor +=/);
  t.equal((await with_('-n')).stderr, '');
});

t.test('the command line', async (t) => {
  const directory = t.testdir({
    'good.conf': config,
    'bad.conf': config.replace('"em1"', '"em 1"').replace('weight = 3', 'weight = 0'),
  });
  const good = join(directory, 'good.conf');
  t.match(await runBuilt('daemon', ['-n', '-f', good]), {
    code: 0,
    stdout: 'configuration OK\n',
    stderr: '',
  });
  const printed = await runBuilt('daemon', ['-nv', '-f', good]);
  t.equal(printed.code, 0);
  writeFileSync(join(directory, 'again.conf'), printed.stdout);
  const again = await runBuilt('daemon', ['-nv', '-f', join(directory, 'again.conf')]);
  t.equal(again.stdout, printed.stdout, 'what -nv prints means the same');
  const bad = await runBuilt('daemon', ['-n', '-f', join(directory, 'bad.conf')]);
  t.equal(bad.code, 1);
  t.match(
    bad.stderr,
    /^\S+bad\.conf:9:13: link\.fibre\.interface: .*\n\S+bad\.conf:11:10: link\.fibre\.weight: .*\n$/,
  );
  t.match(await runBuilt('daemon', ['-n', '-f', join(directory, 'none.conf')]), {
    code: 1,
    stderr: /none\.conf: no such file or directory\n$/,
  });
  t.match(await runBuilt('daemon', ['-x']), { code: 2, stderr: /usage: uplinkd \[-dnv\]/ });
  t.match(readFileSync(good, 'utf8'), /fibre/);
});
