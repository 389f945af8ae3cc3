/**
 * Lines for people, through pino: as text on stderr, or to syslog through logger(1). One fact is one line: whatever a
 * message contains, control characters come out escaped and nothing longer than a kilobyte. What is said is not decided here.
 */
import { pino } from 'pino';
import { millis, since } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands, Stream } from '../port/commands.ts';
import type { Log, Severity } from '../port/log.ts';
import { createClock } from './clock.ts';

export interface AdjustableLog extends Log {
  /** True: everything is written; false: no `debug` lines. */
  setVerbose(verbose: boolean): void;
  /** Nothing is written afterwards. Lines already handed to logger(1) still arrive. */
  close(): void;
}

/** As syslog's, with room between; pino needs numbers that rise with severity. */
const levels: Readonly<Record<Severity, number>> = { debug: 20, info: 30, notice: 35, warning: 40, err: 50 };
const severityOf = new Map(Object.entries(levels).map(([name, level]) => [level, name as Severity]));

/** logger(1) reads with a buffer of 1024 bytes and would cut a longer line in two. */
const MAX_LINE_BYTES = 1000;
const ELLIPSIS = '...';

const colours: Readonly<Record<Severity, string>> = {
  debug: '\x1b[2m',
  info: '',
  notice: '\x1b[1m',
  warning: '\x1b[33m',
  err: '\x1b[31m',
};
const PLAIN = '\x1b[0m';

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** Controls, the line and paragraph separators, the marks that turn the direction of writing, halves of characters. */
const unsafe = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Surrogate}]/gu;

/** One safe line of at most 1000 bytes of UTF-8, without a newline. */
export const renderLogText = (text: string): string => {
  // Escaping only makes it longer, so what is far beyond the bound need not be looked at.
  const line = text
    .slice(0, MAX_LINE_BYTES + 1)
    .replace(
      unsafe,
      (character) => escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  const bytes = Buffer.from(line);
  if (bytes.length <= MAX_LINE_BYTES) return line;
  let end = MAX_LINE_BYTES - ELLIPSIS.length;
  // Never within a character: bytes 10xxxxxx continue one.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, end).toString('utf8')}${ELLIPSIS}`;
};

interface Entry {
  readonly severity: Severity;
  readonly time: string;
  readonly text: string;
}

const createLog = (
  verbose: boolean,
  wall: () => number,
  write: (entry: Entry) => void,
  close: () => void,
): AdjustableLog => {
  const levelFor = (everything: boolean): Severity => (everything ? 'debug' : 'info');
  let closed = false;
  const logger = pino<Severity>(
    {
      customLevels: levels,
      useOnlyCustomLevels: true,
      level: levelFor(verbose),
      base: null,
      timestamp: () => `,"time":"${new Date(wall()).toISOString()}"`,
    },
    {
      write: (json: string) => {
        const { level, time, msg } = JSON.parse(json) as { level: number; time: string; msg: string };
        write({ severity: severityOf.get(level) ?? 'info', time, text: renderLogText(msg) });
      },
    },
  );
  return {
    write: (severity, text) => {
      if (!closed) logger[severity](text);
    },
    setVerbose: (everything) => {
      logger.level = levelFor(everything);
    },
    close: () => {
      closed = true;
      close();
    },
  };
};

/**
 * `2026-11-20T09:05:03.123Z notice link fibre inet: …`, one line a call of `write`, newline included. `colour` is for
 * terminals only; `wall` is milliseconds since 1970.
 */
export const createForegroundLog = (settings: {
  readonly verbose: boolean;
  readonly colour: boolean;
  readonly write: (line: string) => void;
  readonly wall?: () => number;
}): AdjustableLog =>
  createLog(
    settings.verbose,
    settings.wall ?? Date.now,
    ({ severity, time, text }) => {
      const colour = settings.colour ? colours[severity] : '';
      const word = colour === '' ? severity : `${colour}${severity}${PLAIN}`;
      settings.write(`${time} ${word} ${text}\n`);
    },
    () => {},
  );

/** A logger(1) that lived this long was all right. */
const SOUND_LIFE = millis(10_000);
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 60_000;
/** What is kept for a logger(1) that does not run just now; the oldest go first. */
const MAX_KEPT_LINES = 200;

/** One `logger -t uplinkd -p daemon.SEVERITY`, started when first needed and again, with a growing delay, when it dies. */
const createChannel = (commands: Commands, clock: Clock, severity: Severity) => {
  let child: Stream | null = null;
  let kept: string[] = [];
  let lost = 0;
  let delay = FIRST_DELAY;
  let cancel: (() => void) | null = null;
  let closed = false;

  const flush = (): void => {
    // Without a process nobody reads: the lines wait for the next attempt.
    if (child?.pid === undefined) return;
    if (lost > 0) child.write(`${lost} lines lost: logger was not running\n`);
    for (const line of kept) child.write(line);
    kept = [];
    lost = 0;
  };
  const start = (): void => {
    const startedAt = clock.now();
    const mine = commands.stream('logger', ['-t', 'uplinkd', '-p', `daemon.${severity}`], {
      onStdout: () => {},
      onStderr: () => {},
      onEnd: () => {
        if (child === mine) child = null;
        if (closed) return;
        if (since(clock.now(), startedAt) >= SOUND_LIFE) delay = FIRST_DELAY;
        cancel = clock.after(millis(delay), () => {
          cancel = null;
          if (kept.length > 0) start();
        });
        delay = Math.min(delay * 2, LONGEST_DELAY);
      },
    });
    child = mine;
    flush();
  };
  return {
    write: (line: string): void => {
      kept.push(line);
      if (child !== null) flush();
      else if (cancel === null) start();
      while (kept.length > MAX_KEPT_LINES) {
        kept.shift();
        lost += 1;
      }
    },
    close: (): void => {
      closed = true;
      cancel?.();
      child?.stop();
      child = null;
    },
  };
};

/** To syslog: facility `daemon`, tag `uplinkd`, the time is syslogd's. */
export const createSyslogLog = (settings: {
  readonly commands: Commands;
  readonly verbose: boolean;
  readonly clock?: Clock;
}): AdjustableLog => {
  const clock = settings.clock ?? createClock();
  const channels = new Map<Severity, ReturnType<typeof createChannel>>();
  return createLog(
    settings.verbose,
    () => clock.wall(),
    ({ severity, text }) => {
      const channel = channels.get(severity) ?? createChannel(settings.commands, clock, severity);
      channels.set(severity, channel);
      channel.write(`${text}\n`);
    },
    () => {
      for (const channel of channels.values()) channel.close();
    },
  );
};
