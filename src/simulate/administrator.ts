/** A second administrator: he runs pfctl and route by hand, and reads pf when everything is at rest. */
import type { Commands } from '../port/commands.ts';
import type { Scene } from './scene.ts';

export interface Administrator {
  run(command: 'pfctl' | 'route', args: readonly string[]): void;
  /** What pfctl prints. */
  ask(args: readonly string[]): Promise<string>;
  readonly isBusy: () => boolean;
}

const TIMEOUT_MS = 10_000;

export const createAdministrator = (scene: Scene, commands: Commands): Administrator => {
  const { faults } = scene.router;
  let calls = 0;
  const call = async (command: 'pfctl' | 'route', args: readonly string[]) => {
    calls += 1;
    const result = await commands.run(command, args, { timeoutMs: TIMEOUT_MS });
    calls -= 1;
    return result;
  };
  return {
    run: (command, args) => {
      const before = faults.used;
      const isMain = command === 'pfctl' && args.join(' ') === '-f /etc/pf.conf';
      void call(command, args).then((result) => {
        const isClean = before === faults.used;
        if (isMain && isClean && result.kind === 'exited' && result.code !== 0)
          scene.report('pf.conf loads with what was kept for the next boot', result.stderr);
      });
    },
    ask: async (args) => {
      const result = await call('pfctl', args);
      return result.kind === 'exited' ? result.stdout : '';
    },
    isBusy: () => calls > 0,
  };
};
