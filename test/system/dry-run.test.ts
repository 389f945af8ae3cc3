/** `uplinkd -nv` beside a running daemon: what a start would load, against what pf holds (S53). It only looks. */
import t from 'tap';
import { createCarrierWatch } from '../../src/adapter/monitor.ts';
import { createPfctl, isFailure } from '../../src/adapter/pf-run.ts';
import { createFirewall } from '../../src/adapter/pfctl.ts';
import type { Memory } from '../../src/core/memory.ts';
import { dryRun } from '../../src/daemon/dry-run.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { createVirtualWorld, links, pfConf, settingsOf, type VirtualWorld } from './virtual.ts';

const pooled = `${links}[policy.default]\nbalance = "least-states"\n`;

const begin = async (config: string) => {
  let kept: Memory | null = null;
  const memory = {
    recall: () => kept,
    keep: (newest: Memory) => {
      kept = newest;
    },
  };
  const world = await createVirtualWorld(config, { memory });
  await world.run(4000);
  return { world, memory };
};

const look = async ({ world, memory }: Awaited<ReturnType<typeof begin>>, config: string) => {
  const commands = createInProcessCommands(world.router);
  const pfctl = createPfctl(commands);
  const { clock } = world;
  const writes = world.pfWrites().length;
  let lines: readonly string[] | null = null;
  void dryRun(settingsOf(config), {
    clock,
    carrier: createCarrierWatch({ commands, clock }),
    firewall: createFirewall({ commands, clock }),
    memory,
    readRules: async (anchor) => {
      const read = await pfctl.readRules(anchor);
      return isFailure(read) ? read.text : read;
    },
  }).then((done) => {
    lines = done;
  });
  for (let turn = 0; turn < 100 && lines === null; turn += 1) await world.run(100);
  t.equal(world.pfWrites().length, writes, 'nothing is written');
  return (lines ?? ['no answer']) as readonly string[];
};

const heldBy = (world: VirtualWorld, anchor = 'uplinkd') => world.pfctl(['-a', anchor, '-sr']);

t.test('the same file: the exact rules, and no difference', async (t) => {
  for (const config of [links, pooled]) {
    const running = await begin(config);
    const said = await look(running, config);
    const held = await heldBy(running.world);
    t.equal(said[0], '# anchor "uplinkd": as it should be');
    const rules = said.slice(1).filter((line) => !line.startsWith('#'));
    t.match(rules.map((line) => `${line.slice(2)}\n`).join(''), held);
    t.ok(rules.every((line) => line.startsWith('  ')));
    t.ok(said.filter((line) => line.startsWith('#')).every((line) => line.endsWith(': as it should be')));
    running.world.stop();
  }
});

t.test('what probes have found is in it', async (t) => {
  const running = await begin(links);
  running.world.router.setDark('a', true);
  await running.world.run(10_000);
  t.notMatch(await heldBy(running.world), /route-to 192\.0\.2\.1/);
  t.equal((await look(running, links))[0], '# anchor "uplinkd": as it should be');
  running.world.router.setCarrier('em2', false);
  await running.world.run(5000);
  t.equal(
    (await look(running, links))[0],
    '# anchor "uplinkd": as it should be',
    'and what the interfaces tell',
  );
  running.world.stop();
});

t.test('a change', async (t) => {
  const running = await begin(links);
  const said = await look(running, links.replace('[link.b]', 'weight = 3\n[link.b]'));
  t.equal(
    said[0],
    `# anchor "uplinkd": holds ${said.length - 2} rules (-), would hold ${said.length - 2} (+)`,
  );
  t.match(
    said.filter((line) => /^[+-]/.test(line)),
    [
      /^- pass in quick inet all flags S\/SA probability 50% label "uplink:a"/,
      /^\+ pass in quick inet all flags S\/SA probability 75% label "uplink:a"/,
    ],
  );
  running.world.stop();
});

t.test('pf after pf.conf was loaded without us', async (t) => {
  const running = await begin(pooled);
  running.world.loop.stop();
  await running.world.pfctl(['-a', 'uplinkd', '-F', 'rules']);
  await running.world.pfctl(['-t', 'uplinkd_local', '-T', 'flush']);
  running.world.router.files.set('/etc/pf.conf', pfConf.replace('anchor "uplinkd"\n', ''));
  await running.world.pfctl(['-f', '/etc/pf.conf']);
  const said = await look(running, pooled);
  t.match(said[0], /^# anchor "uplinkd": holds 0 rules \(-\), would hold \d+ \(\+\)$/);
  t.match(said, [
    ...said.slice(0, -2),
    /^# table uplinkd_local should not have /,
    '# the main rule set lacks the line: anchor "uplinkd"',
  ]);
});

t.test('where pf may not be asked', async (t) => {
  const running = await begin(links);
  running.world.loop.stop();
  running.world.router.faults.add({
    command: 'pfctl',
    times: 100,
    fault: { kind: 'fail', code: 1, stderr: 'pfctl: /dev/pf: Permission denied\n' },
  });
  const said = await look(running, links);
  t.match(said[0], /what it holds cannot be read: pfctl: \/dev\/pf: Permission denied/);
  t.match(said.join('\n'), /\n {2}pass in quick inet all flags S\/SA label "uplink:b"/);
});
