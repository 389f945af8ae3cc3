/** dpinger beside us, where it is installed: the same wire, the same darkness, and its own word for it, an alarm. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Mono, mono } from '../core/time.ts';
import { pathOf } from './namespace.ts';

/** dpinger calls system(3) with the arguments appended: with echo, an alarm is a line on its standard output. */
const QUIET = ['-f', '-r', '0', '-C', 'echo'];

export interface Dpinger {
  /** The next alarm, or null after `withinMs`. */
  alarm(withinMs: number): Promise<Mono | null>;
  stop(): void;
}

export const startDpinger = (settings: {
  readonly program: string;
  readonly namespace: string;
  readonly args: readonly string[];
  readonly target: string;
}): Dpinger => {
  const { program, namespace, args, target } = settings;
  const child: ChildProcess = spawn(
    'nsenter',
    [`--net=${pathOf(namespace)}`, program, ...QUIET, ...args, target],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let onAlarm: (at: Mono) => void = () => {};
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.split(' ')[1] === '1') onAlarm(mono(performance.now()));
    });
  }
  return {
    alarm: (withinMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(null), withinMs);
        onAlarm = (at) => {
          clearTimeout(timer);
          resolve(at);
        };
      }),
    stop: () => void child.kill('SIGTERM'),
  };
};
