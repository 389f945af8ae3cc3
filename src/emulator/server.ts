/**
 * The emulated machine's commands as executables: a unix socket that command.ts talks to, and the directory of two-line scripts that start
 * it. `exec` keeps the process id, so that a kill hits the right process; a client that dies ends its command.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Router } from './router.ts';
import type { Started } from './run.ts';
import { PROGRAMS, startProgram } from './run.ts';

export interface RouterServer {
  readonly socketPath: string;
  /** Ends every command and closes the socket. */
  close(): Promise<void>;
}

/** What a client may send; anything else ends its connection. */
interface Frame {
  readonly n?: unknown;
  readonly a?: unknown;
  readonly p?: unknown;
  readonly d?: unknown;
  readonly i?: unknown;
  readonly z?: unknown;
  readonly k?: unknown;
}

const LINE_BOUND = 64 * 1024 * 1024;

const serve = (router: Router, socket: Socket): void => {
  let rest = '';
  let started: Started | null = null;
  let onChunk: ((text: string) => void) | null = null;
  let onClose: (() => void) | null = null;
  let isOver = false;
  const reply = (frame: object): void => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(frame)}\n`);
  };
  const begin = (frame: Frame): void => {
    if (typeof frame.n !== 'string' || !Array.isArray(frame.a)) {
      socket.destroy();
      return;
    }
    const directory = typeof frame.d === 'string' ? frame.d : '/';
    started = startProgram(router, {
      name: frame.n,
      args: frame.a.map(String),
      ...(typeof frame.p === 'number' ? { pid: frame.p } : {}),
      out: (text) => reply({ o: text }),
      err: (text) => reply({ e: text }),
      whenRead: (then) => {
        if (socket.writableNeedDrain) socket.once('drain', then);
        else setImmediate(then);
      },
      onEnd: (code, signal) => {
        isOver = true;
        reply(signal === null ? { x: code } : { k: signal });
      },
      become: (path, words) => {
        if (!existsSync(path)) return false;
        reply({ b: [path, ...words] });
        return true;
      },
      stdin: (chunk, close) => {
        onChunk = chunk;
        onClose = close;
        reply({ s: 1 });
      },
      readFile: (path) => {
        try {
          return readFileSync(resolve(directory, path), 'utf8');
        } catch {
          return null;
        }
      },
    });
  };
  const onFrame = (frame: Frame): void => {
    if (started === null && frame.n !== undefined) begin(frame);
    else if (typeof frame.i === 'string') onChunk?.(frame.i);
    else if (frame.z !== undefined) onClose?.();
    else if (frame.k === 'SIGINT') started?.signal('SIGINT');
  };
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_BOUND) socket.destroy();
    for (const line of lines) {
      try {
        onFrame(JSON.parse(line) as Frame);
      } catch (error) {
        // a bug of the emulator must be seen, not swallowed
        reply({
          e: `emulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        });
        reply({ x: 70 });
      }
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    if (!isOver) started?.kill('SIGKILL');
  });
};

/** Serves a router on a unix socket. A stale socket file is replaced. */
export const serveRouter = (router: Router, socketPath: string): Promise<RouterServer> => {
  rmSync(socketPath, { force: true });
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(router, socket);
  });
  return new Promise((done, fail) => {
    server.on('error', fail);
    server.listen(socketPath, () =>
      done({
        socketPath,
        close: () =>
          new Promise((closed) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => closed());
          }),
      }),
    );
  });
};

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Writes the executables `ifconfig`, `route`, `ping`, `pfctl`, … (run.ts) into a directory, which is made if need be. */
export const writeCommandDirectory = (directory: string, socketPath: string): void => {
  const here = fileURLToPath(import.meta.url);
  const isSource = here.endsWith('.ts');
  const client = join(here, '..', isSource ? 'command.ts' : 'command.js');
  const loader = isSource ? `${quote(`--import=${import.meta.resolve('tsx')}`)} ` : '';
  mkdirSync(directory, { recursive: true });
  for (const name of Object.keys(PROGRAMS)) {
    const file = join(directory, name);
    writeFileSync(
      file,
      `#!/bin/sh\nexec ${quote(process.execPath)} ${loader}${quote(client)} ${quote(resolve(socketPath))} ${name} "$@"\n`,
    );
    chmodSync(file, 0o755);
  }
};
