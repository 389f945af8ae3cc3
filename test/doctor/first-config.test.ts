/** A first configuration from emulated machines: what is written is valid. */
import t from 'tap';
import { parseConfig } from '../../src/config/parse.ts';
import { type First, writeFirstConfig } from '../../src/doctor/first-config.ts';
import { gather } from '../../src/doctor/gather.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { createRouter } from '../../src/emulator/router.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';

const look = async (
  options: Omit<RouterOptions, 'clock' | 'seed' | 'lan'> & Partial<Pick<RouterOptions, 'lan'>>,
  ...defaults: readonly string[]
) => {
  const clock = createVirtualClock();
  const router = createRouter({
    clock,
    seed: 1,
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    ...options,
  });
  const commands = createInProcessCommands(router);
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let done: { readonly value: T } | null = null;
    void promise.then((value) => {
      done = { value };
    });
    for (let turn = 0; turn < 20_000; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const settled = done as { readonly value: T } | null;
      if (settled !== null) return settled.value;
      if (clock.next() !== null) clock.step();
    }
    throw new Error('it never ends');
  };
  clock.advance(10_000);
  for (const gateway of defaults)
    await settle(commands.run('route', ['-n', 'add', '-mpath', 'default', gateway], { timeoutMs: 1000 }));
  const first = writeFirstConfig(
    await settle(gather({ commands, files: { look: () => null } }, { config: '/', state: '/', socket: '/' })),
  );
  const pfAccepts = async (text: string): Promise<string> => {
    const result = await settle(commands.run('pfctl', ['-nf', '-'], { timeoutMs: 1000, stdin: text }));
    return result.kind === 'exited' && result.code === 0 ? 'accepted' : JSON.stringify(result);
  };
  return { first, pfAccepts, router };
};
const written = (first: First) => {
  if (first.kind !== 'written') throw new Error(first.why);
  return first;
};

t.test('a static uplink with the default route, a leased one, one of which nothing is known', async (t) => {
  const { first, pfAccepts } = await look(
    {
      uplinks: [
        { name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' },
        {
          name: 'b',
          interface: 'em2',
          gateway: '198.51.100.1',
          dhcp: {},
          address: '198.51.100.2/24',
        },
        { name: 'c', interface: 'em3', address: '203.0.113.2/24', gateway: '203.0.113.1' },
      ],
    },
    '192.0.2.1',
  );
  const { config, pf } = written(first);
  const parsed = parseConfig(config, 'first.conf');
  t.match(parsed, {
    kind: 'ok',
    settings: {
      links: [
        { name: 'em1', interface: 'em1', gateway: '192.0.2.1' },
        { name: 'em2', interface: 'em2', gateway: 'dhcp' },
      ],
      policies: [{ name: 'default' }],
    },
  });
  t.match(config, /# em3 \(203\.0\.113\.2\/24\) may be an uplink, too/);
  t.equal(await pfAccepts(pf), 'accepted');
  t.match(pf, /^match in on em0 inet from em0:network to ! <uplinkd_local> tag uplink_default$/m);
  t.notMatch(pf, /^match in on em[123]/m);
  t.ok(pf.indexOf('\nmatch in') < pf.indexOf('\nanchor "uplinkd"'));
});

t.test('no uplink at all', async (t) => {
  const { first } = await look({ uplinks: [] });
  t.match(first, { kind: 'nothing', why: /no interface looks like an uplink/ });
});

t.test('no LAN', async (t) => {
  const { first, pfAccepts } = await look(
    {
      uplinks: [{ name: 'a', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' }],
      lan: { interface: 'em0', address: '198.18.0.1/24' },
    },
    '192.0.2.1',
  );
  const { pf } = written(first);
  t.match(pf, /No interface looks like a network of yours/);
  t.equal(await pfAccepts(pf), 'accepted');
});
