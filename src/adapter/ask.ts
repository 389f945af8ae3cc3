/**
 * One request that takes a process of its own: a connection by nc(1), a question by dig(1), a program of the administrator's. Each
 * is in the routing table of the path, so what it sends can only leave by the link that is asked about; the kernel takes the source
 * address from there as well, as it does for ping(8). What an answer means is not judged here.
 */
import type { Ask, Family } from '../core/model.ts';
import { type Millis, millis, since } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands } from '../port/commands.ts';
import { parseDig } from '../text/dig.ts';
import { parseNcLine } from '../text/nc.ts';
import { firstLine, renderRunFailure } from './ending.ts';
import type { RunProgram } from './program.ts';

export interface Request {
  readonly ask: Exclude<Ask, { readonly kind: 'ping' }>;
  readonly family: Family;
  readonly address: string;
  readonly rtable: number;
  /** It is ended after this, and has not answered. */
  readonly longest: Millis;
}

export type Reply =
  | { readonly kind: 'answered'; readonly rtt: Millis }
  /** It was not answered, or not well; `why` is short: `Connection refused`, `NXDOMAIN`, `exit 1`. */
  | { readonly kind: 'failed'; readonly why: string }
  /** It could not be asked at all: that tells nothing of the link. */
  | { readonly kind: 'not-started'; readonly why: string };

/** What it is done with. */
export interface Means {
  readonly commands: Commands;
  readonly clock: Clock;
  /** Runs programs of the administrator's. */
  readonly run: RunProgram;
  /** The path of route(8). */
  readonly route: string;
}

/** Until the process has begun, and to let it end by itself. */
const SLACK_MS = 500;
const DIG = '/usr/bin/dig';
const MAX_WHY = 200;

const secondsOf = (longest: Millis): string => String(Math.max(1, Math.ceil(longest / 1000)));
const short = (why: string): string => why.slice(0, MAX_WHY);

const connect = async (means: Means, request: Request, port: number, signal: AbortSignal): Promise<Reply> => {
  const { commands, clock } = means;
  const { address, rtable, longest } = request;
  const began = clock.now();
  const args = ['-n', '-v', '-z', '-w', secondsOf(longest), '-V', String(rtable), address, String(port)];
  const result = await commands.run('nc', args, { timeoutMs: longest + SLACK_MS, signal });
  if (result.kind === 'timed-out') return { kind: 'failed', why: 'timed out' };
  if (result.kind !== 'exited') return { kind: 'not-started', why: short(renderRunFailure('nc', result)) };
  const said = result.stderr.split('\n').map(parseNcLine);
  if (result.code === 0 && said.some(({ kind }) => kind === 'connected'))
    return { kind: 'answered', rtt: millis(since(clock.now(), began)) };
  const failed = said.find((line) => line.kind === 'failed');
  return failed === undefined
    ? { kind: 'not-started', why: short(renderRunFailure('nc', result)) }
    : { kind: 'failed', why: short(failed.error) };
};

/** The root has name servers and nothing else; of any other name a host is expected. */
const typeOf = (name: string, family: Family): string =>
  name === '.' ? 'NS' : family === 'inet' ? 'A' : 'AAAA';

const lookUp = async (means: Means, request: Request, name: string, signal: AbortSignal): Promise<Reply> => {
  const { commands, clock } = means;
  const { address, family, rtable, longest } = request;
  const began = clock.now();
  // dig(1) has no option for a routing table. OpenBSD's reads no ~/.digrc.
  const dig = [DIG, `@${address}`, '-u', '-q', name, '-t', typeOf(name, family)];
  const how = [
    '+tries=1',
    `+timeout=${secondsOf(longest)}`,
    '+ignore',
    '+noedns',
    '+noall',
    '+comments',
    '+stats',
  ];
  const args = ['-T', String(rtable), 'exec', ...dig, ...how];
  const result = await commands.run('route', args, { timeoutMs: longest + SLACK_MS, signal });
  if (result.kind === 'timed-out') return { kind: 'failed', why: 'timed out' };
  if (result.kind !== 'exited') return { kind: 'not-started', why: short(renderRunFailure('dig', result)) };
  const said = parseDig(result.stdout, result.stderr);
  switch (said.kind) {
    case 'silent':
      return { kind: 'failed', why: 'timed out' };
    case 'failed':
      // route(8) has not become dig.
      return firstLine(result.stderr).startsWith('route: ')
        ? { kind: 'not-started', why: short(firstLine(result.stderr)) }
        : { kind: 'failed', why: short(said.text || `dig: exit ${result.code}`) };
    case 'answer':
      if (said.status !== 'NOERROR') return { kind: 'failed', why: said.status };
      if (said.records === 0) return { kind: 'failed', why: 'no such record' };
      return { kind: 'answered', rtt: millis(said.ms ?? since(clock.now(), began)) };
  }
};

/** A program may say itself how long it took: a number of milliseconds as the first line. */
const numberOf = (line: string | null): number | null => {
  const number = /^\s*(\d{1,9}(?:\.\d{1,6})?)\s*(?:ms\s*)?$/.exec(line ?? '')?.[1];
  return number === undefined ? null : Number(number);
};

/** route(8) has not become the program: no such table, setrtable(2), execvp(3) (main and rdomain in route.c). */
const isOfRoute = (said: string, rtable: number, program: string): boolean =>
  [`routing table ${rtable}`, 'setrtable', program].some((what) => said.startsWith(`route: ${what}: `));

const runHook = async (
  means: Means,
  request: Request,
  ask: Extract<Ask, { readonly kind: 'exec' }>,
  signal: AbortSignal,
): Promise<Reply> => {
  const { run, clock, route } = means;
  const began = clock.now();
  let first: string | null = null;
  let lastError: string | null = null;
  const program = run({
    command: [route, '-T', String(request.rtable), 'exec', ...ask.command],
    environment: ask.environment,
    stdin: '',
    timeoutMs: request.longest,
    onLine: (line, isError) => {
      if (isError) lastError = line;
      else first ??= line;
    },
  });
  signal.addEventListener('abort', () => program.stop());
  const end = await program.ended;
  const said: string = lastError ?? '';
  switch (end.kind) {
    case 'exited':
      if (end.code === 0)
        return { kind: 'answered', rtt: millis(numberOf(first) ?? since(clock.now(), began)) };
      return isOfRoute(said, request.rtable, ask.command[0])
        ? { kind: 'not-started', why: short(said) }
        : { kind: 'failed', why: short(said === '' ? `exit ${end.code}` : `exit ${end.code}: ${said}`) };
    case 'killed':
      return { kind: 'failed', why: `killed by ${end.signal}` };
    case 'timed-out':
      return { kind: 'failed', why: 'timed out' };
    case 'too-much-output':
      return { kind: 'failed', why: 'printed too much' };
    case 'stopped':
      return { kind: 'failed', why: 'stopped' };
    case 'not-started':
      return { kind: 'not-started', why: short(`${route}: ${end.why}`) };
  }
};

const begin = (means: Means, request: Request, signal: AbortSignal): Promise<Reply> => {
  const { ask } = request;
  switch (ask.kind) {
    case 'tcp':
      return connect(means, request, ask.port, signal);
    case 'dns':
      return lookUp(means, request, ask.name, signal);
    case 'exec':
      return runHook(means, request, ask, signal);
  }
};

/** Asks once. `tell` is called once, unless it was stopped before; what was started is then killed. */
export const askOnce = (means: Means, request: Request, tell: (reply: Reply) => void): (() => void) => {
  const abort = new AbortController();
  void begin(means, request, abort.signal).then((reply) => {
    if (!abort.signal.aborted) tell(reply);
  });
  return () => abort.abort();
};
