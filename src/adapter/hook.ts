/**
 * The administrator's hook: told of what has happened, one run at a time for each kind of event, beside everything else. It
 * is not started while pf is being written, so a fail-over never waits for it, and what it looks at is in force. When to
 * tell is core/digest.ts's, what is told wire/hook.ts's.
 */
import { type Digest, digestDue, newDigest, stepDigest, takeDigest } from '../core/digest.ts';
import type { HookSettings } from '../core/model.ts';
import type { Note } from '../core/note.ts';
import { type Millis, type Mono, millis, plus, renderDuration, since } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Log } from '../port/log.ts';
import {
  HOOK_VERSION,
  type HookEvent,
  type HookKind,
  type HookNow,
  hookEventOf,
  renderHookEnvironment,
} from '../wire/hook.ts';
import type { Program, ProgramEnd, RunProgram } from './program.ts';

/** pf that does not come to rest (it refuses the rules, say) must not keep people in the dark. */
const LONGEST_WAIT = millis(2000);
/** Lines of one run that are logged; the rest is counted. */
const MAX_LINES = 50;

export interface HookCounts {
  readonly kind: HookKind;
  readonly succeeded: number;
  readonly failed: number;
  readonly timedOut: number;
  /** Events told or to be told. */
  readonly events: number;
  readonly running: boolean;
}

export interface Hooks {
  /** After each turn: what it had to say, and whether pf is being written. */
  tell(notes: readonly Note[], isBusy: boolean): void;
  /** Null: nobody is told any more. What runs goes on. */
  configure(settings: HookSettings | null): void;
  /** Kills what runs. */
  stop(): void;
  counts(): readonly HookCounts[];
}

interface Lane {
  digest: Digest<HookEvent>;
  running: Program | null;
  cancelTimer: () => void;
  succeeded: number;
  failed: number;
  timedOut: number;
  events: number;
}

const kinds: readonly HookKind[] = ['link', 'policy', 'pf'];

const newLane = (): Lane => ({
  digest: newDigest,
  running: null,
  cancelTimer: () => {},
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  events: 0,
});

/** Null of one that did what it should. */
const complaintOf = (end: ProgramEnd, took: Millis): string | null => {
  switch (end.kind) {
    case 'exited':
      return end.code === 0 ? null : `exited with ${end.code}`;
    case 'killed':
      return `killed by ${end.signal}`;
    case 'timed-out':
      return `killed after ${renderDuration(took)}: it takes too long`;
    case 'too-much-output':
      return 'killed: it prints too much';
    case 'stopped':
      return 'killed: uplinkd is terminating';
    case 'not-started':
      return end.why;
  }
};

export const createHooks = (settings: {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunProgram;
  /** How things are now. */
  readonly look: () => HookNow;
}): Hooks => {
  const { clock, log, run, look } = settings;
  const lanes = new Map(kinds.map((kind) => [kind, newLane()] as const));
  let hook: HookSettings | null = null;
  /** Since when pf is being written; null while it is not. */
  let busySince: Mono | null = null;

  const start = (kind: HookKind, lane: Lane, { command, timeout }: HookSettings): void => {
    const startedAt = clock.now();
    const { digest, events, dropped } = takeDigest(lane.digest, startedAt);
    lane.digest = digest;
    const document = { version: HOOK_VERSION, kind, events, dropped, now: look() } as const;
    let lines = 0;
    const program = run({
      command,
      environment: renderHookEnvironment(document),
      stdin: `${JSON.stringify(document)}\n`,
      timeoutMs: timeout,
      onLine: (line, isError) => {
        lines += 1;
        if (lines <= MAX_LINES) log.write(isError ? 'warning' : 'info', `hook ${kind}: ${line}`);
      },
    });
    lane.running = program;
    void program.ended.then((end) => {
      lane.running = null;
      const took = since(clock.now(), startedAt);
      const complaint = complaintOf(end, took);
      if (lines > MAX_LINES) log.write('info', `hook ${kind}: ${lines - MAX_LINES} more lines`);
      if (complaint === null) {
        lane.succeeded += 1;
        log.write('debug', `hook ${kind}: done in ${renderDuration(took)}`);
      } else {
        if (end.kind === 'timed-out') lane.timedOut += 1;
        else lane.failed += 1;
        log.write('warning', `hook ${kind}: ${command[0]}: ${complaint}`);
      }
      plan(kind, lane);
    });
  };

  /** Starts what is due, or sets a timer for when it will be. */
  const plan = (kind: HookKind, lane: Lane): void => {
    lane.cancelTimer();
    lane.cancelTimer = () => {};
    if (hook === null || lane.running !== null) return;
    const due = digestDue(lane.digest, hook.digest);
    if (due === null) return;
    const now = clock.now();
    const restsAt = busySince === null ? now : plus(busySince, LONGEST_WAIT);
    const wait = Math.max(since(due, now), since(restsAt, now));
    if (wait <= 0) start(kind, lane, hook);
    else lane.cancelTimer = clock.after(millis(Math.ceil(wait)), () => plan(kind, lane));
  };

  return {
    tell: (notes, isBusy) => {
      const isNews = isBusy !== (busySince !== null);
      if (isNews) busySince = isBusy ? clock.now() : null;
      if (hook === null) return;
      const told = notes.map((note) => hookEventOf(note, clock.wall())).filter((event) => event !== null);
      for (const [kind, lane] of lanes) {
        const events = told.filter((event) => event.kind === kind);
        lane.events += events.length;
        lane.digest = stepDigest(lane.digest, events, hook.digest, clock.now());
        if (events.length > 0 || isNews) plan(kind, lane);
      }
    },
    configure: (wanted) => {
      hook = wanted;
      for (const [kind, lane] of lanes) plan(kind, lane);
    },
    stop: () => {
      hook = null;
      for (const lane of lanes.values()) {
        lane.cancelTimer();
        lane.running?.stop();
      }
    },
    counts: () =>
      [...lanes].map(([kind, { succeeded, failed, timedOut, events, running }]) => ({
        kind,
        succeeded,
        failed,
        timedOut,
        events,
        running: running !== null,
      })),
  };
};
