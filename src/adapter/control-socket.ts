/**
 * The control socket: a UNIX stream server that turns lines of JSON into values and values into lines of JSON. It must not
 * know what they mean (src/wire does), and nothing that a client does may hurt the daemon: every bound is here.
 */
import { chmodSync, chownSync, lstatSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { Log } from '../port/log.ts';
import { createLineReader } from '../text/lines.ts';

const MAX_CLIENTS = 32;
/** sun_path of OpenBSD holds 104 bytes with its end; Node cuts a longer path short without a word. */
const MAX_PATH_BYTES = 103;
/** Longest request, without its newline. */
const MAX_REQUEST = 64 * 1024;
/** What a client may leave unread. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** A client that has asked for nothing yet gives its place up after this. */
const SILENCE_MS = 30_000;
/** How long a client may take to read the last that it is told. */
const LAST_WORDS_MS = 5000;
/** Whoever holds the socket has this long to take a connection. */
const PROBE_MS = 1000;

export interface ControlClient {
  /** Sends one value as a line of JSON. Ignored once the client has gone. */
  reply(value: unknown): void;
  /** Ends the connection once everything replied is sent. */
  close(): void;
  /** Calls `hook` once the client has gone, whoever ended it; at once if it has gone already. */
  onClose(hook: () => void): void;
}

export type Refusal = 'too-many-clients' | 'request-too-long' | 'not-json';

export interface ControlSettings {
  readonly path: string;
  /** Numeric group that may connect beside the owner; null leaves the directory's (BSD) or the process's. Mode 0660. */
  readonly group: number | null;
  /** One request. May be asynchronous; what it throws is logged and ends the connection. */
  readonly onRequest: (request: unknown, client: ControlClient) => void | Promise<void>;
  /** What a client that is turned away is told; nothing if absent. */
  readonly sayRefused?: (why: Refusal) => unknown;
  readonly log: Log;
}

export interface Control {
  /** Another group may connect from now on; who is connected stays. Throws where chown(2) fails. */
  setGroup(group: number): void;
  /** Ends all connections and removes the socket. */
  close(): Promise<void>;
}

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    // bind(2) happens within listen(), so nobody but the owner can connect before the mode is set.
    const umask = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.removeListener('error', reject);
        resolve();
      });
    } finally {
      process.umask(umask);
    }
  });

/** Does anything take connections there? A full backlog is an answer too. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path);
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_MS, () => settle(true));
    socket.once('connect', () => settle(true));
    socket.once('error', (error) => settle(!['ECONNREFUSED', 'ENOENT'].includes(errorCode(error))));
  });

const removeStale = async (path: string): Promise<void> => {
  if (!lstatSync(path).isSocket()) throw new Error(`${path}: exists and is not a socket`);
  if (await answers(path)) throw new Error(`${path}: another uplinkd is running`);
  unlinkSync(path);
};

/**
 * Listens until closed. Rejects when the socket cannot be made: another uplinkd answers on it, something else has its
 * name, no permission; the message begins with the path.
 */
export const serveControl = async (settings: ControlSettings): Promise<Control> => {
  const { path, log } = settings;
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new Error(`${path}: longer than ${MAX_PATH_BYTES} bytes, too long for a socket`);
  }
  const clients = new Set<Socket>();
  const turnedAway = new Set<Socket>();
  const finished = new WeakSet<Socket>();

  /** Ends it once everything is sent, or once that has taken too long. */
  const finish = (socket: Socket): void => {
    // Of many requests in one piece each is answered, or not any more, and then finished.
    if (finished.has(socket)) return;
    finished.add(socket);
    socket.setTimeout(LAST_WORDS_MS, () => socket.destroy());
    socket.destroySoon();
  };
  const refuse = (socket: Socket, why: Refusal): void => {
    const said = settings.sayRefused?.(why);
    if (said !== undefined) socket.write(`${JSON.stringify(said)}\n`);
    finish(socket);
  };

  const serve = (socket: Socket): void => {
    socket.on('error', () => socket.destroy());
    if (clients.size >= MAX_CLIENTS) {
      log.write('warning', `control: more than ${MAX_CLIENTS} clients, one turned away`);
      turnedAway.add(socket);
      socket.once('close', () => turnedAway.delete(socket));
      refuse(socket, 'too-many-clients');
      return;
    }
    clients.add(socket);
    const lines = createLineReader({ maxLength: MAX_REQUEST });
    const decoder = new StringDecoder('utf8');
    const hooks: (() => void)[] = [];
    let underWay = 0;
    let refused = false;
    let gone = false;
    let saidAll = false;

    const runHook = (hook: () => void): void => {
      try {
        hook();
      } catch (error) {
        log.write('err', `control: ${errorText(error)}`);
      }
    };
    const client: ControlClient = {
      reply: (value) => {
        if (gone || socket.destroyed || socket.writableEnded) return;
        socket.write(`${JSON.stringify(value)}\n`);
        if (socket.writableLength > MAX_UNREAD_BYTES) {
          log.write(
            'warning',
            `control: a client left ${socket.writableLength} bytes unread and was cut off`,
          );
          socket.destroy();
        }
      },
      close: () => {
        if (!socket.destroyed) finish(socket);
      },
      onClose: (hook) => {
        if (gone) runHook(hook);
        else hooks.push(hook);
      },
    };
    const handle = async (request: unknown): Promise<void> => {
      underWay += 1;
      try {
        await settings.onRequest(request, client);
      } catch (error) {
        log.write('err', `control: a request failed: ${errorText(error)}`);
        socket.destroy();
      } finally {
        underWay -= 1;
        if (saidAll && underWay === 0) finish(socket);
      }
    };
    const turnAway = (why: Refusal): void => {
      refused = true;
      refuse(socket, why);
    };
    const take = (line: string): void => {
      if (line.trim() === '') return;
      let request: unknown;
      try {
        request = JSON.parse(line);
      } catch {
        turnAway('not-json');
        return;
      }
      socket.setTimeout(0);
      void handle(request);
    };

    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      if (refused) return;
      const requests = lines.push(decoder.write(chunk));
      if (lines.dropped > 0) {
        turnAway('request-too-long');
        return;
      }
      for (const request of requests) {
        if (refused || socket.destroyed) return;
        take(request);
      }
    });
    // A client that has said its last word still gets the answers to what it asked.
    socket.on('end', () => {
      saidAll = true;
      if (underWay === 0) finish(socket);
    });
    socket.once('close', () => {
      gone = true;
      clients.delete(socket);
      for (const hook of hooks) runHook(hook);
    });
  };

  const server = createServer({ allowHalfOpen: true }, serve);
  // Those beyond the clients are being turned away; beyond these they are not even told why.
  server.maxConnections = 2 * MAX_CLIENTS;
  try {
    try {
      await listen(server, path);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error;
      await removeStale(path);
      await listen(server, path);
    }
    if (settings.group !== null) chownSync(path, process.getuid?.() ?? 0, settings.group);
    chmodSync(path, 0o660);
  } catch (error) {
    if (server.listening) server.close();
    throw errorText(error).startsWith(path) ? error : new Error(`${path}: ${errorText(error)}`);
  }
  server.on('error', (error) => log.write('err', `control: ${errorText(error)}`));

  return {
    setGroup: (group) => chownSync(path, process.getuid?.() ?? 0, group),
    // The socket's file is removed by close(), as libuv does for every one that it has bound.
    close: () =>
      new Promise((resolve) => {
        for (const socket of [...clients, ...turnedAway]) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
