/** `uplinkctl check` as a program, against the emulator's executables and the running daemon. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { config, openWorld, runBuilt } from './world.ts';

t.test('a machine that is well, and the same with a fault', async (t) => {
  const world = await openWorld(t);
  const root = dirname(world.configFile);
  const etc = join(root, 'etc');
  mkdirSync(etc);
  writeFileSync(join(etc, 'pf.conf'), world.router.files.get('/etc/pf.conf') ?? '');
  writeFileSync(join(etc, 'sysctl.conf'), 'net.inet.ip.forwarding=1\n');
  writeFileSync(join(etc, 'rc.conf.local'), 'pkg_scripts=uplinkd\n');
  const commands = world.daemonArgs[world.daemonArgs.indexOf('--commands') + 1] ?? '';
  const state = (world.daemonArgs[world.daemonArgs.indexOf('--state') + 1] ?? '').slice(root.length);
  const check = (...options: readonly string[]) =>
    runBuilt('ctl', [
      ...options,
      ...['-s', world.controlSocket.slice(root.length)],
      ...['check', '-f', world.configFile.slice(root.length)],
      ...['--root', root, '--commands', commands, '--state', state],
    ]);
  // The world's lease has put a default route there, and the configuration names its gateway itself.
  const stray = await check('-j');
  t.match(JSON.parse(stray.stdout).findings.at(-1), {
    id: 'stray-default-route',
    severity: 'advice',
    cures: [{ kind: 'run', command: 'route -n delete default 192.0.2.1' }],
  });
  await promisify(execFile)(join(commands, 'route'), ['-n', 'delete', 'default', '192.0.2.1']);
  // The example tags connections from outside, and the demo has no [inbound].
  const found = await check('-j');
  t.equal(found.code, 1, found.stdout);
  t.match(JSON.parse(found.stdout), {
    version: 1,
    findings: [{ id: 'inbound-disabled', severity: 'error' }],
  });
  t.strictSame(
    JSON.parse(found.stdout).findings.map(({ id }: { id: string }) => id),
    ['inbound-disabled'],
  );
  world.writeConfig(`${config}\n[inbound]\nenabled = true\n`);
  t.strictSame(await check(), { code: 0, stdout: 'nothing found that is wrong\n', stderr: '' });
  world.router.firewall.isEnabled = false;
  const disabled = await check();
  t.equal(disabled.code, 1);
  t.match(
    disabled.stdout,
    /^error: pf is not enabled \(pf-disabled\)\n .*\n {2}# pfctl -e\n\n1 error, 0 warnings, 0 advice\n$/,
  );
});

t.test('init: a first configuration that uplinkd accepts, and that overwrites nothing', async (t) => {
  const world = await openWorld(t);
  const root = dirname(world.configFile);
  const commands = world.daemonArgs[world.daemonArgs.indexOf('--commands') + 1] ?? '';
  const init = (...options: readonly string[]) =>
    runBuilt('ctl', ['init', '--root', root, '--commands', commands, ...options]);
  const printed = await init();
  t.equal(printed.code, 0);
  const output = t.testdir({ 'printed.conf': printed.stdout });
  t.match(await runBuilt('daemon', ['-n', '-f', join(output, 'printed.conf')]), { code: 0, stderr: '' });
  t.match(printed.stdout, /^#\| anchor "uplinkd"$/m);
  const written = await init('-o', output);
  t.strictSame(written, {
    code: 0,
    stdout: `${join(output, 'uplinkd.conf')}\n${join(output, 'pf.conf.uplinkd')}\n`,
    stderr: '',
  });
  t.match(await runBuilt('daemon', ['-n', '-f', join(output, 'uplinkd.conf')]), { code: 0, stderr: '' });
  const before = readFileSync(join(output, 'uplinkd.conf'), 'utf8');
  t.match(await init('-o', output), {
    code: 1,
    stderr: /uplinkd\.conf is there already, nothing was written/,
  });
  rmSync(join(output, 'uplinkd.conf'));
  t.match(await init('-o', output), { code: 1, stderr: /pf\.conf\.uplinkd is there already/ });
  t.notOk(existsSync(join(output, 'uplinkd.conf')), 'not one of them is written');
  t.match(before, /^interface = "pppoe0"\ngateway {3}= "peer"$/m);
  t.match(before, /^interface = "em3"\ngateway {3}= "dhcp"$/m);
  t.match(before, /^# em1 \(203\.0\.113\.2\/24\) may be an uplink, too/m);
  t.match(await init('-o', join(output, 'none')), {
    code: 1,
    stderr: /cannot write .*none\/uplinkd\.conf: no such file or directory/,
  });
});
