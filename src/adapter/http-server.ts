/**
 * The HTTP server of figures and page: read-only, for a few clients. Every bound is here: connections, header, time, method,
 * and the names by which it may be called, so that no web page elsewhere can read it through its own name (DNS rebinding).
 * What there is to be read is not its business.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { MetricsSettings } from '../core/model.ts';
import { millis, renderDuration } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Severity } from '../port/log.ts';

const MAX_CONNECTIONS = 64;
/** Connections that are held open to tell news. */
const MAX_STREAMS = 16;
const MAX_HEADER_BYTES = 8192;
const MAX_URL = 1024;
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 5000;
/** A connection on which nothing moves; a stream is told more often than that. */
const SILENCE_MS = 60_000;
/** A stream says at least a comment so often, or those between would take it for dead. */
const HEARTBEAT = millis(20_000);
/** What the reader of a stream may leave unread. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const RETRY = millis(30_000);

/** Nothing from elsewhere, nothing inline, nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface WebRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
}

export interface NewsStream {
  /** One event of text/event-stream. Ignored once the reader has gone. */
  send(event: string, data: string): void;
}

export type WebAnswer =
  | { readonly kind: 'text'; readonly type: string; readonly body: string }
  /** Server-sent events until either side ends it. What `open` returns is called at the end. */
  | { readonly kind: 'stream'; readonly open: (stream: NewsStream) => () => void }
  | { readonly kind: 'not-found' };

export interface WebServer {
  /** Listens there from now on, or nowhere. Failure is said once, and tried again. */
  configure(settings: MetricsSettings | null): void;
  /** Where it listens now; null while it does not. */
  listening(): { readonly address: string; readonly port: number } | null;
  close(): Promise<void>;
}

/** `127.0.0.1:9273`, `[::1]:9273`. */
export const renderListen = (address: string, port: number): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

/**
 * A Host header that a browser sends for an address, for localhost, or for a name that was configured. A page elsewhere
 * can make its own name point here, but then that name is what the browser sends.
 */
export const isKnownHost = (host: string | undefined, hosts: readonly string[]): boolean => {
  const name = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host ?? '');
  if (name === null) return false;
  const [, inet6, other = ''] = name;
  if (inet6 !== undefined) return isIP(inet6) === 6;
  const plain = other.toLowerCase();
  return isIP(plain) === 4 || plain === 'localhost' || hosts.includes(plain);
};

const whyNotListening = (error: NodeJS.ErrnoException): string => {
  if (error.code === 'EADDRINUSE') return 'something else listens there already';
  if (error.code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return error.code === 'EACCES' ? 'permission denied' : error.message;
};

const finish = (
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  more: Readonly<Record<string, string>> = {},
): void => {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...HEADERS, ...more, 'content-type': type, 'content-length': bytes.length });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
};

const refuse = (response: ServerResponse, status: number, text: string, more = {}): void =>
  finish(response, status, 'text/plain; charset=utf-8', `${text}\n`, { connection: 'close', ...more });

export const createWebServer = (settings: {
  readonly clock: Clock;
  readonly say: (severity: Severity, text: string) => void;
  /** May take its time; what it throws is said, and the client told that it failed. */
  readonly answer: (request: WebRequest) => WebAnswer | Promise<WebAnswer>;
}): WebServer => {
  const { clock, say, answer } = settings;
  let wanted: MetricsSettings | null = null;
  let server: Server | null = null;
  let cancelRetry = (): void => {};
  let hasComplained = false;
  let streams = 0;

  const openStream = (response: ServerResponse, open: (stream: NewsStream) => () => void): void => {
    if (streams >= MAX_STREAMS) {
      refuse(response, 503, `more than ${MAX_STREAMS} pages are open`, { 'retry-after': '60' });
      return;
    }
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
    if (response.req.method === 'HEAD') {
      response.end();
      return;
    }
    streams += 1;
    const write = (text: string): void => {
      if (response.destroyed || response.writableEnded) return;
      response.write(text);
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
    };
    let cancelBeat = (): void => {};
    const beat = (): void => {
      write(':\n\n');
      cancelBeat = clock.after(HEARTBEAT, beat);
    };
    beat();
    const end = open({
      send: (event, data) =>
        write(
          `event: ${event}\n${data
            .split('\n')
            .map((line) => `data: ${line}\n`)
            .join('')}\n`,
        ),
    });
    response.once('close', () => {
      streams -= 1;
      cancelBeat();
      end();
    });
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.on('error', () => response.destroy());
    // Nobody here reads a body.
    if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined)
      response.shouldKeepAlive = false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(response, 405, 'only GET and HEAD', { allow: 'GET, HEAD' });
      return;
    }
    if (!isKnownHost(request.headers.host, wanted?.hosts ?? [])) {
      refuse(response, 421, 'not known by this name: use an address, or add the name to hosts in [metrics]');
      return;
    }
    const { url = '' } = request;
    if (url.length > MAX_URL || !url.startsWith('/')) {
      refuse(response, url.length > MAX_URL ? 414 : 400, 'no such address');
      return;
    }
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    try {
      const given = await answer({ path, query, accept: request.headers.accept });
      if (given.kind === 'text') finish(response, 200, given.type, given.body);
      else if (given.kind === 'stream') openStream(response, given.open);
      else refuse(response, 404, 'nothing here; there are / and /metrics');
    } catch (error) {
      say('err', `metrics: a request failed: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'failed; the reason is in the log');
    }
  };

  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      cancelRetry();
      cancelRetry = () => {};
      const old = server;
      server = null;
      if (old === null) {
        resolve();
        return;
      }
      old.close(() => resolve());
      old.closeAllConnections();
    });

  const listen = (at: MetricsSettings): void => {
    const mine = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1000,
    });
    mine.maxConnections = MAX_CONNECTIONS;
    mine.setTimeout(SILENCE_MS, (socket: Socket) => socket.destroy());
    mine.on('request', (request, response) => void serve(request, response));
    mine.on('clientError', (_error, socket) => socket.destroy());
    const name = renderListen(at.address, at.port);
    mine.on('error', (error: NodeJS.ErrnoException) => {
      if (mine.listening) return;
      if (!hasComplained)
        say(
          'err',
          `metrics: cannot listen on ${name}: ${whyNotListening(error)}; again every ${renderDuration(RETRY)}`,
        );
      hasComplained = true;
      if (server === mine) {
        server = null;
        cancelRetry = clock.after(RETRY, () => listen(at));
      }
    });
    mine.once('listening', () => {
      hasComplained = false;
      const bound = mine.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : at.port;
      say('info', `metrics: listening on ${renderListen(at.address, port)}`);
    });
    server = mine;
    mine.listen({ host: at.address, port: at.port, exclusive: true });
  };

  return {
    configure: (next) => {
      const isSame = JSON.stringify(next) === JSON.stringify(wanted);
      const moves = next?.address !== wanted?.address || next?.port !== wanted?.port;
      wanted = next;
      if (isSame && server !== null) return;
      if (!moves && server?.listening === true) return;
      hasComplained = false;
      const then = next;
      // The old port may be the new one on another address.
      void shut().then(() => {
        if (then !== null && wanted === then && server === null) listen(then);
      });
    },
    listening: () => {
      const bound = server?.listening === true ? server.address() : null;
      return typeof bound === 'object' && bound !== null
        ? { address: bound.address, port: bound.port }
        : null;
    },
    close: () => {
      wanted = null;
      return shut();
    },
  };
};
