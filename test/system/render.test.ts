/** What `uplinkctl render` prints for every combination of healths is accepted by the emulator's pfctl, rule for rule. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { renderAnchor } from '../../src/ctl/render.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { createRouter } from '../../src/emulator/router.ts';

const file = new URL('../../etc/uplinkd.conf', import.meta.url).pathname;
const healths = ['up', 'unknown', 'down'] as const;
const links = ['fibre', 'dsl', 'lte'];

const combinations = (names: readonly string[]): readonly (readonly string[])[] => {
  const [name, ...others] = names;
  if (name === undefined) return [[]];
  return healths.flatMap((health) => combinations(others).map((rest) => [`${name}=${health}`, ...rest]));
};

t.test('every combination of healths', async (t) => {
  const clock = createVirtualClock();
  const router = createRouter({
    clock,
    seed: 1,
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    uplinks: [
      { name: 'fibre', interface: 'em1', address: '203.0.113.2/24', gateway: '203.0.113.1' },
      { name: 'dsl', interface: 'em2', address: '198.51.100.2/24', gateway: '198.51.100.1' },
      { name: 'lte', interface: 'em3', address: '192.0.2.2/24', gateway: '192.0.2.1' },
    ],
  });
  const commands = createInProcessCommands(router);
  const pfctl = async (args: readonly string[], stdin: string) => {
    let result: Awaited<ReturnType<typeof commands.run>> | null = null;
    void commands.run('pfctl', args, { timeoutMs: 1000, stdin }).then((done) => {
      result = done;
    });
    for (let turns = 0; result === null && turns < 50; turns += 1) {
      clock.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return result ?? { kind: 'nothing' };
  };
  const all = combinations(links);
  t.equal(all.length, 27);
  for (const sets of all) {
    const rendered = renderAnchor(readFileSync(file, 'utf8'), file, sets);
    const rules = rendered.kind === 'rendered' ? rendered.rules : [];
    t.ok(rules.length > 0, `${sets.join(' ')}: ${rules.length} rules`);
    const text = `${rules.join('\n')}\n`;
    t.match(await pfctl(['-n', '-a', 'uplinkd', '-f', '-'], text), { kind: 'exited', code: 0, stderr: '' });
    t.match(await pfctl(['-a', 'uplinkd', '-f', '-'], text), { kind: 'exited', code: 0, stderr: '' });
    t.match(
      await pfctl(['-a', 'uplinkd', '-sr'], ''),
      { kind: 'exited', code: 0, stdout: text },
      'printed as it was written',
    );
  }
});
