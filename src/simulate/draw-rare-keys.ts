/** Draws keys that few files have, into a configuration that is there. */
import { parseConfig } from '../config/parse.ts';
import { createRandom } from '../emulator/random.ts';
import { type Config, edit, pick, renderConfigText } from './draw-config.ts';

/** In three worlds of ten; drawn apart, so that the others have the configurations that they had. */
export const addRareKeys = (seed: number, config: Config, policies: readonly string[]): Config => {
  const random = createRandom(seed).fork('rare keys');
  if (!random.chance(0.3)) return config;
  const changes = [
    ...policies.map((name) => [`policy.${name}`, 'sticky', true] as const),
    ['', 'local', [pick(random, '192.168.0.0/16', '10.200.0.0/16'), '203.0.113.0/24']] as const,
    ['probe.latency', 'recover', pick(random, '60ms', '80ms')] as const,
  ].filter(() => random.chance(0.6));
  return changes.reduce<Config>((before, [table, key, value]) => {
    const after = edit(before, table, [[key, value]]);
    // Not everything goes with everything, and what does not is left out.
    return parseConfig(renderConfigText(after), 'drawn').kind === 'ok' ? after : before;
  }, config);
};
