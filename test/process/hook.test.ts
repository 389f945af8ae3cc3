/** A hook that hangs and floods (PEERS.md S45, S46): in virtual time to the millisecond, and with real processes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createHooks } from '../../src/adapter/hook.ts';
import type { Program, ProgramCall, ProgramEnd } from '../../src/adapter/program.ts';
import { millis } from '../../src/core/time.ts';
import { followWithHooks } from '../../src/daemon/hook-gate.ts';
import type { HookDocument } from '../../src/wire/hook.ts';
import { isAlive } from '../adapter/programs.ts';
import { createVirtualWorld, links } from '../system/virtual.ts';
import { config, healthOf, isSettledOn, openWorld } from './world.ts';

/** Pulls a cable; when the rules that follow from it were loaded, and what was told of it when. */
const failOver = async (hangs: boolean | null) => {
  const world = await createVirtualWorld(links);
  const told: { readonly at: number; readonly call: ProgramCall; readonly loaded: boolean }[] = [];
  const isLoaded = (): boolean => world.log.some((line) => line.includes('a 50% b 50% -> b 100%'));
  const hooks = createHooks({
    clock: world.clock,
    log: { write: () => {} },
    look: () => ({ paths: [], policies: [] }),
    run: (call): Program => {
      const loaded = world.log.filter((line) => line.includes('anchor uplinkd loaded')).length > 1;
      told.push({ at: world.clock.now(), call, loaded: loaded && isLoaded() });
      const ended: Promise<ProgramEnd> =
        hangs === true ? new Promise(() => {}) : Promise.resolve({ kind: 'exited', code: 0 });
      return { ended, stop: () => {} };
    },
  });
  await world.run(10_000);
  hooks.configure(
    hangs === null ? null : { command: ['/x'], timeout: millis(60_000), digest: millis(60_000) },
  );
  followWithHooks(world.loop, hooks);
  const pulledAt = world.clock.now();
  world.router.setCarrier('em1', false);
  await world.run(500);
  const after = world.pfWrites().length;
  const { reactions } = { reactions: world.loop.reactions() };
  // The same link again and again, while the first run is still hanging.
  for (let count = 0; count < 19; count += 1) {
    world.router.setCarrier('em1', count % 2 === 0);
    await world.run(3000);
  }
  world.router.setCarrier('em1', true);
  await world.run(120_000);
  world.stop();
  hooks.stop();
  return { world, told, pulledAt, after, reactions };
};

t.test('S45 in virtual time: not a millisecond later for a hook that never ends', async (t) => {
  const without = await failOver(null);
  const quick = await failOver(false);
  const hanging = await failOver(true);
  t.equal(without.reactions.length, 1, 'the fail-over was measured');
  t.strictSame(hanging.reactions, without.reactions);
  t.strictSame(quick.reactions, without.reactions);
  t.strictSame(hanging.world.pfWrites(), without.world.pfWrites(), 'every later one, too');
  t.equal(without.told.length, 0);
  t.strictSame(
    hanging.told.map(({ call }) => call.environment['UPLINKD_EVENT']),
    ['link', 'policy'],
    'one run of each kind, and no more while it hangs',
  );
  t.ok(
    hanging.told.every(({ at, loaded }) => loaded && at - hanging.pulledAt < 1000),
    'told once the new rules were loaded',
  );
});

t.test('S46 in virtual time: 20 transitions, one digest, each of them in the log', async (t) => {
  const { world, told } = await failOver(false);
  const ofLinks = told.filter(({ call }) => call.environment['UPLINKD_EVENT'] === 'link');
  const documents = ofLinks.map(({ call }): HookDocument => JSON.parse(call.stdin));
  const transitions = world.log.filter((line) => /link a inet: \S+ -> (up|down)/.test(line)).length;
  t.ok(transitions >= 12, `${transitions} transitions in the log`);
  // Those of the start were before anybody was told.
  const told1 = documents.reduce((sum, { events, dropped }) => sum + events.length + dropped, 0);
  t.equal(told1, transitions - 1);
  const starts = ofLinks.map(({ at }) => at);
  t.ok(
    starts.every((at, index) => index === 0 || at - (starts[index - 1] ?? 0) >= 60_000),
    'never two in a minute',
  );
  t.match(documents.at(-1)?.events.at(-1), { to: 'up' }, 'the last says that it is over');
});

t.test('S45 with processes: a hook that ignores SIGTERM and hangs', async (t) => {
  const world = await openWorld(t);
  const directory = t.testdir();
  const hook = join(directory, 'hook');
  const body = `trap '' TERM\necho $$ >>${directory}/pids\necho "$UPLINKD_EVENT $UPLINKD_TEXT" >>${directory}/told\ncat >>${directory}/json\necho started\nsleep 1000 & wait; wait`;
  writeFileSync(hook, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  world.writeConfig(`${config}\n[hook]\ncommand = ["${hook}"]\ntimeout = "10m"\ndigest = "1s"\n`);
  world.signal('SIGHUP');
  await world.until('the new configuration', () =>
    world.log.some((line) => /configuration \S+ loaded/.test(line)),
  );
  world.router.setCarrier('em1', false);
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  await world.until('the hook', () => world.log.some((line) => line.includes('hook policy: started')));
  // While it hangs, the next fail-over.
  world.router.setCarrier('pppoe0', false);
  await world.until('lte alone', isSettledOn('lte 100%'));
  const reactions = (await world.status()).pf.reactions;
  // A session that ends is told in more than one way, and not always first by its carrier.
  t.ok(reactions.length > 0, 'the fail-over was measured');
  for (const { cause, toLoadMs, toDoneMs } of reactions) {
    t.comment(`${cause}: ${toLoadMs} ms to the load, ${toDoneMs} ms in all`);
  }
  // How long it takes depends on who else uses this machine; that both were done while it hung does not.
  t.notMatch(world.log.join('\n'), /hook policy: .*killed/, 'it hangs on');
  t.equal(healthOf(await world.status(), 'lte'), 'up');
  const told = readFileSync(join(directory, 'told'), 'utf8');
  t.match(told, /^link link fibre inet: up -> down \(carrier-down\)/m);
  t.match(told, /^policy policy default inet: fibre 75% dsl 25% -> dsl 100%$/m);
  const first = JSON.parse(readFileSync(join(directory, 'json'), 'utf8').split('\n')[0] ?? '');
  t.match(first, { version: 1, now: { paths: [{ link: 'fibre', health: 'down' }, {}, {}] } });
  const { code, tookMs } = await world.stopDaemon();
  t.equal(code, 0);
  t.comment(`the daemon ends in ${Math.round(tookMs)} ms`);
  const pids = readFileSync(join(directory, 'pids'), 'utf8').trim().split('\n').map(Number);
  t.equal(pids.length, 2, 'a link and a policy');
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 5));
  t.pass('and takes its hooks with it');
});
