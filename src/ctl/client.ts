/**
 * One conversation with the daemon over its control socket: a request, then a reply, or events until the end. Every
 * failure is a text for people. Knows nothing of what is asked for.
 */
import { createConnection, type Socket } from 'node:net';
import { createClock } from '../adapter/clock.ts';
import { millis } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import { createLineReader } from '../text/lines.ts';
import { parseReply, type Reply, type Request, type StreamedReply } from '../wire/control.ts';

export type Answer =
  | { readonly kind: 'reply'; readonly reply: Exclude<Reply, StreamedReply> }
  | { readonly kind: 'failure'; readonly text: string };

export interface AskOptions {
  /** How long to wait for the reply, or, when there is `onEvent`, for the connection alone. Milliseconds. */
  readonly timeoutMs: number;
  /** Takes what `monitor` and `probe` are answered with until the end. Without it an event is no answer. */
  readonly onEvent?: (event: StreamedReply) => void;
  readonly clock?: Pick<Clock, 'after'>;
}

/** The longest reply believed, in UTF-16 units; a status of a thousand links is below it. */
const MAX_REPLY = 16_777_216;

const connectFailures: Readonly<Record<string, string>> = {
  ENOENT: 'no such file: is uplinkd running?',
  ECONNREFUSED: 'connection refused: uplinkd is not running',
  EACCES: 'permission denied: only root and the group of the socket may',
  EPERM: 'permission denied: only root and the group of the socket may',
  ENOTSOCK: 'not a socket',
};

const reason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : connectFailures[code]) ?? message ?? String(error);
};

type Heard = { readonly kind: 'event'; readonly event: StreamedReply } | Answer;

const failure = (text: string): Answer => ({ kind: 'failure', text });

const hear = (line: string): Heard => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return failure('uplinkd sent a line that is no JSON');
  }
  const parsed = parseReply(value);
  if (parsed.kind !== 'reply') return failure(parsed.text);
  return parsed.reply.kind === 'event' || parsed.reply.kind === 'ping'
    ? { kind: 'event', event: parsed.reply }
    : { kind: 'reply', reply: parsed.reply };
};

/** Asks and waits. Never rejects. The connection is closed when it resolves. */
export const ask = (
  path: string,
  request: Request,
  { timeoutMs, onEvent, clock = createClock() }: AskOptions,
): Promise<Answer> =>
  new Promise((resolve) => {
    const lines = createLineReader({ maxLength: MAX_REPLY });
    let socket: Socket | null = null;
    let isConnected = false;
    let isOver = false;
    const finish = (answer: Answer): void => {
      if (isOver) return;
      isOver = true;
      cancelTimer();
      socket?.destroy();
      resolve(answer);
    };
    const fail = (text: string): void => finish(failure(text));
    const cancelTimer = clock.after(millis(timeoutMs), () => {
      fail(
        isConnected
          ? `no answer from uplinkd within ${timeoutMs / 1000}s`
          : `cannot connect to ${path}: timed out`,
      );
    });

    const take = (line: string): void => {
      const heard = hear(line);
      if (heard.kind !== 'event') finish(heard);
      else if (onEvent === undefined) fail('uplinkd sent an event that nobody asked for');
      else onEvent(heard.event);
    };
    const end = (): void =>
      fail(lines.end() === null ? 'uplinkd closed the connection' : 'uplinkd sent half a line');

    try {
      socket = createConnection({ path });
    } catch (error) {
      fail(`cannot connect to ${path}: ${reason(error)}`);
      return;
    }
    socket.setEncoding('utf8');
    socket.on('connect', () => {
      isConnected = true;
      if (onEvent !== undefined) cancelTimer();
      socket?.write(`${JSON.stringify(request)}\n`);
    });
    socket.on('data', (chunk: string) => {
      for (const line of lines.push(chunk)) if (!isOver) take(line);
      if (lines.dropped > 0) fail('uplinkd sent a line that is too long');
    });
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', (error) =>
      fail(
        isConnected
          ? `connection to uplinkd lost: ${reason(error)}`
          : `cannot connect to ${path}: ${reason(error)}`,
      ),
    );
  });
