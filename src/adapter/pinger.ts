/**
 * A few pings for a person, through OpenBSD's ping(8): one process, every request of which has an outcome. ping prints nothing
 * for a lost packet, so losses are known by time, here by a clock of our own (text/ping.ts).
 */
import { type Millis, millis, plus, since } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands } from '../port/commands.ts';
import type { Pinger, PingOutcome, PingRequest } from '../port/pinger.ts';
import { createLineReader } from '../text/lines.ts';
import { parsePingError, parsePingLine } from '../text/ping.ts';
import type { Means } from './ask.ts';
import { renderStreamEnd } from './ending.ts';
import { runProgram } from './program.ts';
import { askInARow } from './single-pings.ts';

const MAX_LINE = 1024;
/** Until the process has started and its first request is on its way. */
const STARTING = millis(250);

const argumentsOf = ({ rtable, count, interval, timeout, address }: PingRequest): readonly string[] => [
  '-n',
  ...(rtable === null ? [] : ['-V', String(rtable)]),
  '-c',
  String(count),
  ...(interval === 1000 ? [] : ['-i', String(interval / 1000)]),
  // Of the last request, in whole seconds.
  '-w',
  String(Math.max(1, Math.ceil(timeout / 1000))),
  address,
];

export const createPinger = (
  settings: { readonly commands: Commands; readonly clock: Clock } & Partial<Means>,
): Pinger => {
  const { commands, clock } = settings;
  const means: Means = { run: runProgram, route: '/sbin/route', ...settings };

  const ping: Pinger['ping'] = (request, onOutcome, onEnd) => {
    const { ask } = request;
    if (ask !== undefined && ask.kind !== 'ping') return askInARow(means, request, ask, onOutcome, onEnd);
    const { count, interval, timeout } = request;
    const program = request.family === 'inet' ? 'ping' : 'ping6';
    const started = clock.now();
    const known = new Set<number>();
    const lines = createLineReader({ maxLength: MAX_LINE });
    const errors = createLineReader({ maxLength: MAX_LINE });
    let lastWords: string | null = null;
    let isOver = false;
    const cancels: (() => void)[] = [];

    const end = (): void => {
      isOver = true;
      for (const cancel of cancels) cancel();
      child.stop();
    };
    const tell = (outcome: PingOutcome): void => {
      if (isOver || outcome.seq >= count || known.has(outcome.seq)) return;
      known.add(outcome.seq);
      const isLast = known.size === count;
      if (isLast) end();
      onOutcome(outcome);
      if (isLast) onEnd();
    };
    const unknown = (): readonly number[] =>
      Array.from({ length: count }, (_, seq) => seq).filter((seq) => !known.has(seq));
    const dueAt = (seq: number): Millis => millis(seq * interval + timeout + STARTING);

    const say = (line: string): void => {
      const said = parsePingLine(line);
      if (said.kind !== 'answer' || said.duplicate) return;
      tell(
        said.rttMs !== null && said.rttMs > timeout
          ? { kind: 'lost', seq: said.seq }
          : { kind: 'answered', seq: said.seq, rttMs: said.rttMs },
      );
    };
    const complain = (line: string): void => {
      const said = parsePingError(line);
      if (said.kind === 'warning') return;
      if (said.kind !== 'send-failed') {
        lastWords = said.kind === 'fatal' ? said.text : said.line;
        return;
      }
      // It does not say which: the newest that can have left by now.
      const newest = Math.floor((since(clock.now(), started) + interval / 2) / interval);
      const open = unknown();
      const seq = open.filter((each) => each <= newest).at(-1) ?? open[0];
      if (seq !== undefined) tell({ kind: 'not-sent', seq, why: said.error });
    };

    const child = commands.stream(program, argumentsOf(request), {
      onStdout: (chunk) => {
        for (const line of lines.push(chunk)) say(line);
      },
      onStderr: (chunk) => {
        for (const line of errors.push(chunk)) complain(line);
      },
      onEnd: (ending) => {
        if (isOver) return;
        const hasRun = ending.kind === 'exited' && lastWords === null;
        const why = lastWords ?? renderStreamEnd(program, ending, errors.end() ?? '');
        for (const seq of unknown()) tell(hasRun ? { kind: 'lost', seq } : { kind: 'not-sent', seq, why });
      },
    });
    for (let seq = 0; seq < count; seq += 1) {
      const wait = since(plus(started, dueAt(seq)), clock.now());
      cancels.push(clock.after(millis(wait), () => tell({ kind: 'lost', seq })));
    }
    return { stop: end };
  };

  return { ping };
};
