/** The far side of a wire, as it is told to go dark and light again, and when that was. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Mono, mono } from '../core/time.ts';
import { pathOf } from './namespace.ts';

export interface FarSide {
  /** From the returned instant on no echo request is answered. */
  dark(): Promise<Mono>;
  light(): Promise<Mono>;
  close(): void;
}

/** performance.now() and hrtime are the same clock, from another origin. */
const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export const createFarSide = (namespace: string): FarSide => {
  const program = fileURLToPath(new URL('far-program.js', import.meta.url));
  const child = spawn('nsenter', [`--net=${pathOf(namespace)}`, process.execPath, program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: ((at: Mono) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting.shift()?.(mono(Number(line) / 1e6 - origin));
  });
  const order = (what: 'dark' | 'light'): Promise<Mono> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      child.stdin.write(`${what}\n`);
    });
  return { dark: () => order('dark'), light: () => order('light'), close: () => child.stdin.end() };
};
