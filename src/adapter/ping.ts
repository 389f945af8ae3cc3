/**
 * Probes: one `ping -n -V RTABLE` a probe, each line of which is an observation; those that ask in another way are
 * single-probe.ts. Children that die or fall silent are started again, but for those that only have a few requests to send
 * (`-c`, a burst). What a missing answer means is not judged here: losses are known by time, in the core.
 */
import type { Probe } from '../core/model.ts';
import type { Observation } from '../core/observation.ts';
import { millis, renderDuration, since } from '../core/time.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands, Stream } from '../port/commands.ts';
import type { Prober } from '../port/prober.ts';
import { parseInet6 } from '../text/address.ts';
import { createLineReader } from '../text/lines.ts';
import { parsePingError, parsePingLine } from '../text/ping.ts';
import type { Means } from './ask.ts';
import { createBackoff } from './backoff.ts';
import { renderStreamEnd } from './ending.ts';
import { runProgram } from './program.ts';
import { prepareSingle } from './single-probe.ts';

const FIRST_DELAY = millis(100);
const LONGEST_DELAY = millis(10_000);
/**
 * A dead target is silent as well, so silence alone is no reproach: a child is only replaced, in case it is the child (or
 * a stale pf state, which the new ICMP id shakes off), and less and less often.
 */
const SHORTEST_SILENCE_MS = 15_000;
const SILENT_INTERVALS = 10;
const LONGEST_SILENCE_MS = 300_000;
/** Where another child has just been answered by the same target, nothing is left to reproach but the child itself. */
const DOUBTED_INTERVALS = 3;
const MAX_LINE = 1024;
/**
 * Processes that are started in one go: each takes milliseconds, on a busy machine tens, and what has come in meanwhile may tell that
 * the next ones are not needed.
 */
const AT_ONCE = 8;

interface Running {
  start(): void;
  /** Starts nothing any more, and nothing of it is observed. */
  end(): void;
  /** Another child that asks the same has been answered: one that has been silent for too long is replaced. */
  doubt?(): void;
}

/** ping.c: `only root may use an interval smaller than one second`. */
const REFUSES = /interval smaller than one second/;

const argumentsOf = (probe: Probe): readonly string[] => {
  const interval = probe.interval === 1000 ? [] : ['-i', String(probe.interval / 1000)];
  const count = probe.count === null ? [] : ['-c', String(probe.count)];
  return ['-n', '-V', String(probe.rtable), ...interval, ...count, probe.address];
};

/** Something else that answers in the target's place, such as a modem, is not the target. */
const isFrom = (probe: Probe, from: string): boolean =>
  probe.family === 'inet' ? from === probe.address : parseInet6(from) === parseInet6(probe.address);

const prepare = (
  commands: Commands,
  clock: Clock,
  probe: Probe,
  firstIn: number,
  observe: (observation: Observation) => void,
  onAnswer: () => void,
): Running => {
  const key = probe.key;
  const program = probe.family === 'inet' ? 'ping' : 'ping6';
  const shortestSilence = Math.max(SHORTEST_SILENCE_MS, SILENT_INTERVALS * probe.interval);
  const backoff = createBackoff(FIRST_DELAY, LONGEST_DELAY);
  let silence = shortestSilence;
  let child: Stream | null = null;
  let ended = false;
  let cancelStart = () => {};
  let cancelSilence = () => {};
  let muteFor: number | null = null;
  let heardAt = clock.now();

  const replace = (): void => {
    muteFor = since(clock.now(), heardAt);
    cancelSilence();
    child?.stop();
  };

  const start = (): void => {
    const lines = createLineReader({ maxLength: MAX_LINE });
    const errors = createLineReader({ maxLength: MAX_LINE });
    let lastWords = '';
    muteFor = null;

    const listen = (wait: number): void => {
      cancelSilence();
      cancelSilence = clock.after(millis(wait), () => {
        // Lines come all the time, and the timer is not set again for each. One may fire a little early.
        const left = silence - since(clock.now(), heardAt);
        if (left >= 1) return listen(left);
        silence = Math.max(shortestSilence, Math.min(silence * 2, LONGEST_SILENCE_MS));
        replace();
      });
    };
    const hearLine = (): void => {
      if (muteFor !== null) return;
      heardAt = clock.now();
      if (silence === shortestSilence) return;
      silence = shortestSilence;
      listen(silence);
    };
    const say = (line: string): void => {
      hearLine();
      const said = parsePingLine(line);
      if (said.kind !== 'answer' || !isFrom(probe, said.from)) return;
      backoff.reset();
      onAnswer();
      const rtt = said.rttMs === null ? null : millis(said.rttMs);
      observe({ kind: 'probe-answer', probe: key, seq: said.seq, rtt, duplicate: said.duplicate });
    };
    const complain = (line: string): void => {
      hearLine();
      const said = parsePingError(line);
      switch (said.kind) {
        case 'send-failed':
          observe({ kind: 'probe-error', probe: key, text: said.error });
          return;
        case 'fatal':
          lastWords = said.text;
          return;
        case 'unrecognised':
          lastWords = said.line;
          return;
        case 'warning':
          return;
      }
    };

    heardAt = clock.now();
    listen(silence);
    observe({ kind: 'probe-started', probe: key });
    // Whoever was told may have ended it.
    if (ended) return;
    child = commands.stream(program, argumentsOf(probe), {
      onStdout: (chunk) => {
        for (const line of lines.push(chunk)) if (!ended) say(line);
      },
      onStderr: (chunk) => {
        for (const line of errors.push(chunk)) if (!ended) complain(line);
      },
      onEnd: (end) => {
        child = null;
        cancelSilence();
        if (ended) return;
        const how =
          muteFor === null
            ? renderStreamEnd(program, end, errors.end() ?? lastWords)
            : `${program}: silent for ${renderDuration(millis(muteFor))}`;
        if (probe.count !== null) {
          // Short-lived by nature: nobody wants another.
          if (REFUSES.test(how)) observe({ kind: 'probe-refused', probe: key, text: how });
          else observe({ kind: 'probe-ended', probe: key, how, restartIn: millis(0) });
          return;
        }
        const restartIn = muteFor === null ? backoff.next() : FIRST_DELAY;
        cancelStart = clock.after(restartIn, start);
        observe({ kind: 'probe-ended', probe: key, how, restartIn });
      },
    });
  };

  return {
    start: () => {
      if (firstIn > 0) cancelStart = clock.after(millis(firstIn), start);
      else start();
    },
    end: () => {
      ended = true;
      cancelStart();
      cancelSilence();
      child?.stop();
    },
    doubt: () => {
      // What could still be answered is waited for.
      const patience = Math.max(DOUBTED_INTERVALS * probe.interval, probe.longest + probe.interval);
      if (child !== null && muteFor === null && since(clock.now(), heardAt) > patience) replace();
    },
  };
};

/** Probes of both families. Observations of a probe end with its last `want`, those of all with `stop`. */
export const createProber = (
  settings: { readonly commands: Commands; readonly clock: Clock } & Partial<Means>,
): Prober => {
  const { commands, clock } = settings;
  const means: Means = { run: runProgram, route: '/sbin/route', ...settings };
  const probes = new Map<string, Running>();
  let waiting: readonly (readonly [string, Running])[] = [];
  let cancelWaiting = (): void => {};
  let observe: ((observation: Observation) => void) | null = null;
  let wanted: readonly Probe[] = [];

  const startSome = (): void => {
    cancelWaiting();
    // Whoever was told of one may have ended others.
    const isWanted = ([key, running]: (typeof waiting)[number]): boolean => probes.get(key) === running;
    for (let n = 0; n < AT_ONCE; n += 1) {
      const [next, ...others] = waiting.filter(isWanted);
      waiting = others;
      next?.[1].start();
    }
    if (waiting.length > 0) cancelWaiting = clock.after(millis(1), startSome);
  };

  const follow = (): void => {
    const listener = observe;
    if (listener === null) return;
    const keys = new Set(wanted.map((probe) => probe.key));
    for (const [key, running] of probes) {
      if (keys.has(key)) continue;
      running.end();
      probes.delete(key);
    }
    const fresh = wanted.filter(
      (probe, at) => !probes.has(probe.key) && wanted.findIndex((each) => each.key === probe.key) === at,
    );
    const lasting = fresh.filter((probe) => probe.count === null);
    const prepared = fresh.map((probe): readonly [string, Running] => {
      // Requests of many probes at one instant would queue behind each other on every link.
      const phase = (probe.interval * Math.max(0, lasting.indexOf(probe))) / Math.max(1, lasting.length);
      const { ask } = probe;
      // Those of a burst are called after the steady one (core/confirm.ts).
      const steady = probe.key.slice(0, Math.max(0, probe.key.lastIndexOf('#')));
      const running =
        ask.kind === 'ping'
          ? prepare(commands, clock, probe, phase, listener, () => probes.get(steady)?.doubt?.())
          : prepareSingle(means, probe, ask, millis(phase), listener);
      probes.set(probe.key, running);
      return [probe.key, running];
    });
    const isIdle = waiting.length === 0;
    waiting = [...waiting, ...prepared];
    if (isIdle) startSome();
  };

  return {
    start: (listener) => {
      observe = listener;
      follow();
    },
    want: (these) => {
      if (these === wanted) return;
      wanted = these;
      follow();
    },
    stop: () => {
      observe = null;
      cancelWaiting();
      waiting = [];
      for (const running of probes.values()) running.end();
      probes.clear();
    },
  };
};
