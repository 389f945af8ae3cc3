/** A daemon that says what a test tells it to, on a UNIX socket in a temporary directory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

export interface FakeDaemon {
  readonly path: string;
  /** The request lines received so far. */
  readonly requests: readonly string[];
}

/** A directory that is gone after the test. Short: a socket's path may have about a hundred characters. */
export const temporaryDirectory = (t: Test): string => {
  const directory = mkdtempSync(join(tmpdir(), 'uplinkctl-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

/** Calls `answer` for each complete line. Resolves when it listens. */
export const startFakeDaemon = async (
  t: Test,
  answer: (socket: Socket, line: string) => void,
): Promise<FakeDaemon> => {
  const path = join(temporaryDirectory(t), 's');
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let begun = '';
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (chunk: string) => {
      const lines = (begun + chunk).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) {
        requests.push(line);
        answer(socket, line);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { path, requests };
};

export const say = (socket: Socket, ...values: readonly unknown[]): void => {
  for (const value of values) socket.write(`${JSON.stringify(value)}\n`);
};
