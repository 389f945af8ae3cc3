/** `uplinkctl check` as a program, against the emulator's executables and the running daemon. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { config, openWorld, runBuilt } from './world.ts';

t.test('a machine that is well, and the same with a fault', async (t) => {
  const world = await openWorld(t);
  const root = dirname(world.configFile);
  const etc = join(root, 'etc');
  mkdirSync(etc);
  copyFileSync(fileURLToPath(new URL('../../etc/pf.conf.example', import.meta.url)), join(etc, 'pf.conf'));
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
