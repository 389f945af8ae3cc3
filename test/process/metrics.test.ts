/** The built daemon's figures, over HTTP and over the control socket, while a link fails. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { config, isSettledOn, openWorld, runBuilt } from './world.ts';

t.test('figures follow what happens', async (t) => {
  const world = await openWorld(t);
  world.writeConfig(`${config}\n[metrics]\nlisten = "127.0.0.1:0"\n`);
  world.signal('SIGHUP');
  const listening = /metrics: listening on (127\.0\.0\.1:\d+)/;
  await world.until('the server', () => listening.test(world.log.join('\n')));
  const [, address] = listening.exec(world.log.join('\n')) ?? [];
  const read = async (accept = '*/*'): Promise<string> => {
    const response = await fetch(`http://${address}/metrics`, { headers: { accept } });
    t.equal(response.status, 200);
    return response.text();
  };
  const before = await read();
  t.match(before, /^uplinkd_path_health\{link="fibre",family="inet",uplinkd_path_health="up"\} 1$/m);
  t.match(before, /^uplinkd_pf_states\{link="fibre"\} [1-9]\d*$/m, 'as the emulated pf counts them');
  t.match(before, /^uplinkd_config_reloads_total\{outcome="succeeded"\} 1$/m);
  world.router.setCarrier('em1', false);
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  const after = await read();
  t.match(
    after,
    /^uplinkd_path_transitions_total\{link="fibre",family="inet",health="down",reason="carrier-down"\} 1$/m,
  );
  t.match(after, /^uplinkd_pf_killed_states_total\{link="fibre"\} [1-9]/m);
  t.match(after, /^uplinkd_reaction_duration_seconds_count 1$/m);
  t.match(after, /^uplinkd_policy_share_ratio\{policy="default",family="inet",source="",link="dsl"\} 1$/m);
  t.match(await read('application/openmetrics-text'), /^# TYPE uplinkd_path_health stateset$/m);

  const page = await (await fetch(`http://${address}/`)).text();
  t.match(page, /<h1>fibre is down<\/h1>/);
  t.equal((await fetch(`http://${address}/health.json`)).status, 404);

  const shown = await runBuilt('ctl', ['-s', world.controlSocket, 'show', 'metrics']);
  t.equal(shown.code, 0);
  const names = (text: string) => text.split('\n').filter((line) => line.startsWith('# TYPE'));
  t.strictSame(names(shown.stdout), names(after), 'the same figures');
  if (spawnSync('promtool', ['--version']).status === 0) {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: shown.stdout });
    t.equal(status, 0, `${stdout}${stderr}`);
  }
  const json = await runBuilt('ctl', ['-j', '-s', world.controlSocket, 'show', 'metrics']);
  t.match(JSON.parse(json.stdout), { version: 1, metrics: /^# HELP/ });

  world.writeConfig('nonsense');
  world.signal('SIGHUP');
  await world.until('the refusal', () => /not reloaded/.test(world.log.join('\n')));
  const refused = await read();
  t.match(refused, /^uplinkd_config_last_reload_successful 0$/m);
  world.writeConfig(config);
  world.signal('SIGHUP');
  await world.until(
    'the end of it',
    () => world.log.filter((line) => /configuration \S+ loaded/.test(line)).length === 2,
  );
  await t.rejects(fetch(`http://${address}/metrics`), 'no table, no server');
});
