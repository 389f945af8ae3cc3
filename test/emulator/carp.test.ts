/** carp(4) in the emulator, as far as it goes: what ifconfig shows of an interface, and the counter of its group. */
import t from 'tap';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { createRouter } from '../../src/emulator/router.ts';
import { readTranscript } from '../text/transcript.ts';

const create = () => {
  const clock = createVirtualClock();
  const router = createRouter({
    clock,
    seed: 1,
    lan: { interface: 'vio1', address: '10.0.0.1/24' },
    uplinks: [],
    interfaces: [{ name: 'carp1', addresses: ['10.0.0.254/24'], lladdr: '00:00:5e:00:01:01' }],
  });
  const commands = createInProcessCommands(router);
  const ifconfig = async (...args: readonly string[]) => {
    const pending = commands.run('ifconfig', args, { timeoutMs: 1000 });
    clock.advance(100);
    return pending;
  };
  return { router, ifconfig };
};

t.test('an interface', async (t) => {
  const { router, ifconfig } = create();
  const recorded = readTranscript('ifconfig-carp1.txt').stdout;
  const index = (text: string): string => text.replace(/index \d+/, 'index N');
  const shown = await ifconfig('carp1');
  t.equal(index(shown.kind === 'exited' ? shown.stdout : ''), index(recorded));
  router.setCarrier('carp1', false);
  t.match(await ifconfig('carp1'), { stdout: /carp: BACKUP carpdev vio1 .*status: backup/s });
});

t.test('the counter', async (t) => {
  const { ifconfig } = create();
  const shows = async (count: number): Promise<void> => {
    t.match(await ifconfig('-g', 'carp'), { code: 0, stdout: `carp: carp demote count ${count}\n` });
  };
  await shows(0);
  await ifconfig('-g', 'carp', 'carpdemote', '50');
  await ifconfig('-g', 'carp', 'carpdemote');
  await shows(51);
  await ifconfig('-g', 'carp', '-carpdemote', '50');
  await shows(1);
  t.match(await ifconfig('-g', 'carp', '-carpdemote', '2'), { code: 1, stderr: /Invalid argument/ });
  t.match(await ifconfig('-g', 'carp', 'carpdemote', '129'), {
    code: 1,
    stderr: /invalid carp demotion: too large/,
  });
  t.match(await ifconfig('-g', 'none'), { code: 1, stderr: /SIOCGIFGATTR: No such file or directory/ });
  await shows(1);
});
