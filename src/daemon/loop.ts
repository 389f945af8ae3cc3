/**
 * The loop: the only holder of mutable state. It feeds observations to the core, carries out what the core hands out,
 * and keeps the one timer. Observations of one I/O event are settled together, in the microtask that follows it.
 *
 * Everything that touches the machine comes in through ports, so the same loop runs in virtual time.
 */

import type { CarpTransaction } from '../core/carp.ts';
import { type Engine, newEngine } from '../core/engine.ts';
import { sayFarewell } from '../core/farewell.ts';
import { pooledOf, usersOf } from '../core/inherited.ts';
import { type Memory, memoryKey, rememberPresent } from '../core/memory.ts';
import { rememberMeters } from '../core/meter.ts';
import type { AdminMode, Settings } from '../core/model.ts';
import { type Note, type NoteSeverity, renderNote } from '../core/note.ts';
import type { Observation } from '../core/observation.ts';
import { observe } from '../core/observe.ts';
import { isKillWanted, isSweepWanted } from '../core/plan.ts';
import { rememberRecords } from '../core/record.ts';
import { FIRST_RTABLE } from '../core/rtable.ts';
import { type Millis, type Mono, millis, mono, since } from '../core/time.ts';
import type { Kill, PfTransaction, RouteTransaction, Sweep } from '../core/transaction.ts';
import { settle, type Turn } from '../core/turn.ts';
import type { CarpCounter } from '../port/carp.ts';
import type { CarrierWatch } from '../port/carrier.ts';
import type { Clock } from '../port/clock.ts';
import type { Firewall } from '../port/firewall.ts';
import type { Log } from '../port/log.ts';
import type { MemoryStore } from '../port/memory-store.ts';
import type { Prober } from '../port/prober.ts';
import type { Routes } from '../port/routes.ts';
import { readCalendar } from './calendar.ts';

/** What was available when is written this often, if nothing else is to be kept. */
const RECORDS_EVERY = 3_600_000;
/** A clock that has not been set yet is looked at this often. */
const CLOCK_EVERY = 600_000;
/** Entries of history and reactions that are kept. */
const REMEMBERED = 256;

export interface Ports {
  readonly clock: Clock;
  readonly carrier: CarrierWatch;
  readonly prober: Prober;
  readonly firewall: Firewall;
  readonly routes: Routes;
  readonly carp: CarpCounter;
  readonly log: Log;
  readonly memory: MemoryStore;
}

export interface Event {
  readonly atMs: number;
  readonly severity: NoteSeverity;
  readonly text: string;
}

/** From the line of `route monitor` to the start of `pfctl -f -`, to its end, and to the end of the transaction. */
export interface Reaction {
  readonly cause: string;
  readonly toLoadMs: number;
  readonly toLoadedMs: number;
  readonly toDoneMs: number;
}

/** What others count and tell people of: it is past, and none of them has a part in what is done. */
export type Done =
  /** A turn is carried out as far as we can; `isBusy`: pf is being written or looked at. */
  | { readonly kind: 'turn'; readonly notes: readonly Note[]; readonly isBusy: boolean }
  | {
      readonly kind: 'pf';
      readonly transaction: PfTransaction['kind'];
      readonly isDone: boolean;
      readonly took: Millis;
    }
  /** From the kernel's word of a change to the end of the transaction that answers it. */
  | { readonly kind: 'reaction'; readonly took: Millis };

export interface Loop {
  start(settings: Settings): void;
  /** New settings for the running daemon. */
  reload(settings: Settings): void;
  /** An operator's word on a link; what follows is decided when this returns. */
  admin(link: string, mode: AdminMode): void;
  /** Writes one line to the log, the history and the monitors. */
  say(severity: NoteSeverity, text: string): void;
  /** Calls `listener` with each event from now on; the returned function ends that. */
  listen(listener: (event: Event) => void): () => void;
  /** Calls `follower` with everything that is done from now on. */
  follow(follower: (done: Done) => void): void;
  stop(): void;
  /** Stops, and takes out what the settings say is not to stay. Resolves when that is done, or could not be. */
  leave(): Promise<void>;
  readonly engine: () => Engine;
  readonly history: () => readonly Event[];
  readonly reactions: () => readonly Reaction[];
}

export const createLoop = (ports: Ports): Loop => {
  const { clock, carrier, prober, firewall, routes, carp: carpCounter, log, memory } = ports;
  let engine: Engine = newEngine;
  let isRunning = false;
  let hasTurn = false;
  let cancelTimer = (): void => {};
  /** The oldest carrier event that no ruleset has answered yet. */
  let cause: { readonly text: string; readonly at: Mono } | null = null;
  let history: readonly Event[] = [];
  let reactions: readonly Reaction[] = [];
  /** What the memory store holds, to write only what differs. */
  let kept = '';
  let keptOf: readonly unknown[] = [];
  const listeners = new Set<(event: Event) => void>();
  const followers: ((done: Done) => void)[] = [];

  const say = (severity: NoteSeverity, text: string): void => {
    log.write(severity, text);
    const event = { atMs: clock.wall(), severity, text };
    if (severity !== 'debug') history = [...history, event].slice(-REMEMBERED);
    for (const listener of listeners) listener(event);
  };

  const take = (observation: Observation): void => {
    if (!isRunning) return;
    const now = clock.now();
    if (observation.kind === 'interface-status') {
      cause ??= { text: `${observation.name} ${observation.up ? observation.carrier : 'not up'}`, at: now };
    }
    engine = observe(engine, observation, now);
    if (observation.kind === 'admin') {
      turn();
      return;
    }
    if (observation.kind === 'interface-status') {
      // Not batched: the watcher starts an ifconfig next, and starting a process takes milliseconds.
      turn();
      return;
    }
    if (hasTurn) return;
    hasTurn = true;
    // For every answer to a ping: queueMicrotask would make an AsyncResource each time.
    void Promise.resolve().then(turn);
  };

  /** The pf transaction under way. */
  let carrying: Promise<void> = Promise.resolve();
  const carryPf = (transaction: PfTransaction): void => {
    const answers = transaction.kind === 'apply' && transaction.ruleset !== null ? cause : null;
    if (answers !== null) cause = null;
    let loadedAt: Mono | null = null;
    const loading = (): void => {
      loadedAt = clock.now();
    };
    const startedAt = clock.now();
    const finding = transaction.kind === 'inspect' && !engine.isNumbered ? routes.find(FIRST_RTABLE) : null;
    const isWanted = (kill: Kill): boolean => isKillWanted(engine, kill, clock.now());
    carrying = firewall.carry(transaction, { loading, isWanted }).then(async (result) => {
      if (finding !== null) take({ kind: 'tables', found: await finding });
      const took = since(clock.now(), startedAt);
      const isDone = result.kind !== 'failed';
      for (const follow of followers) follow({ kind: 'pf', transaction: transaction.kind, isDone, took });
      if (answers !== null && loadedAt !== null && result.kind === 'applied') {
        const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
        const toLoad = since(loadedAt, answers.at);
        const reaction = {
          cause: answers.text,
          toLoadMs: rounded(toLoad),
          toLoadedMs: rounded(toLoad + (result.loadTook ?? 0)),
          toDoneMs: rounded(since(clock.now(), answers.at)),
        };
        reactions = [...reactions, reaction].slice(-REMEMBERED);
        for (const follow of followers) follow({ kind: 'reaction', took: since(clock.now(), answers.at) });
      }
      take({ kind: 'pf', id: transaction.id, result });
    });
  };

  const carrySweep = (sweep: Sweep): void => {
    const isWanted = (gateway: string): boolean => isSweepWanted(engine, gateway, clock.now());
    void firewall.sweep(sweep, isWanted).then((result) => take({ kind: 'swept', id: sweep.id, result }));
  };

  /** The routes that are being set. */
  let routing: Promise<void> = Promise.resolve();
  const carryRoutes = ({ id, wishes }: RouteTransaction): void => {
    routing = routes.ensure(wishes).then((results) => take({ kind: 'routes', id, results }));
  };

  const carryCarp = (transaction: CarpTransaction): void => {
    void carpCounter
      .carry(transaction)
      .then((failure) => take({ kind: 'carp', id: transaction.id, failure }));
  };

  const carryCount = ({ id, anchor }: NonNullable<Turn['count']>): void => {
    void firewall.count(anchor).then((counted) => take({ kind: 'counted', id, counted }));
  };

  /** What was kept last, in this life or before it, and when it was written or read. */
  let left: { readonly memory: Memory; readonly at: Mono } | null = null;
  let wordsKept = '[]';
  const keep = (present: Memory): void => {
    left = { memory: present, at: clock.now() };
    wordsKept = JSON.stringify(present.admin);
    memory.keep(present);
  };
  /** While nothing is known of some path, all but an operator's words stays as it was kept, and as old; those must not wait. */
  const keepWords = (): void => {
    const now = clock.now();
    const bare = rememberPresent([], engine.rtables, engine.admin, engine.carp.added, now);
    if (JSON.stringify(bare.admin) === wordsKept) return;
    kept = '';
    keep(
      left === null
        ? bare
        : { ...left.memory, admin: bare.admin, age: millis(left.memory.age + since(now, left.at)) },
    );
  };

  const rememberAll = (isLast = false): void => {
    // What is kept of a path is part of how it stands: what follows from that, and its books, tell whether to look at all. A path that
    // is not used may change with nothing to follow from it.
    const hour = Math.floor(clock.now() / RECORDS_EVERY);
    const { settings, rtables, admin, former, leftBehind, records, sweep } = engine;
    const { holders, pooledBefore } = sweep;
    const conclusions = engine.concluded?.conclusions;
    const these = [
      conclusions,
      settings,
      rtables,
      admin,
      former,
      leftBehind,
      records,
      holders,
      pooledBefore,
      hour,
    ];
    if (!isLast && these.every((each, at) => each === keptOf[at])) return;
    // Before the first reading of ifconfig nothing is known: what was kept is better than that.
    if ([...engine.paths.values()].some((path) => path.evidence === null)) {
      keepWords();
      return;
    }
    const present = rememberPresent(engine.paths.values(), rtables, admin, engine.carp.added, clock.now(), {
      leftBehind,
      users: usersOf(engine),
      pooled: pooledOf(engine),
    });
    const key = `${hour} ${memoryKey(present)}`;
    keptOf = these;
    if (!isLast && key === kept) return;
    kept = key;
    keep({
      ...present,
      months: rememberMeters(engine.meters, engine.calendar?.month ?? null),
      records: rememberRecords(engine.records, engine.paths, clock.now()),
    });
  };

  const carryOut = (next: Turn): void => {
    engine = next.engine;
    if (next.pf !== null) carryPf(next.pf);
    // An event that changed no ruleset is not what a later one answers.
    else if (engine.pf.inFlight === null) cause = null;
    for (const note of next.notes) {
      const { severity, text } = renderNote(note);
      say(severity, text);
    }
    prober.want(next.probes);
    carrier.learn(next.learn);
    if (next.sweep !== null) carrySweep(next.sweep);
    if (next.routes !== null) carryRoutes(next.routes);
    if (next.count !== null) carryCount(next.count);
    rememberAll();
    // After that: what is about to be added must be known to the next one, whatever becomes of us.
    if (next.carp !== null) carryCarp(next.carp);
    cancelTimer();
    cancelTimer =
      next.deadline === null
        ? () => {}
        : clock.after(millis(Math.max(1, since(next.deadline, clock.now()))), turn);
    const isBusy = engine.pf.inFlight !== null;
    for (const follow of followers) follow({ kind: 'turn', notes: next.notes, isBusy });
  };

  const stop = (): void => {
    if (isRunning && engine.paths.size > 0) rememberAll(true);
    isRunning = false;
    cancelTimer();
    carrier.stop();
    prober.stop();
  };

  const leave = async (): Promise<void> => {
    stop();
    const farewell = sayFarewell(engine);
    if (farewell === null) return;
    // Whatever it is about to load would come after us.
    await Promise.all([carrying, routing]);
    const [result] = await Promise.all([firewall.carry(farewell.pf), routes.ensure(farewell.routes)]);
    if (result.kind === 'failed') say('warning', `pf: not everything was taken out: ${result.failure.text}`);
  };

  /** Every hour, with what is written then, and when a month ends. */
  let calendarDue = mono(0);
  const lookAtCalendar = (): void => {
    const now = clock.now();
    if (now < calendarDue || engine.settings === null) return;
    const calendar = readCalendar(clock.wall());
    const hour = (Math.floor(now / RECORDS_EVERY) + 1) * RECORDS_EVERY;
    calendarDue = mono(Math.min(hour, now + (calendar?.left ?? CLOCK_EVERY) + 1));
    if (calendar !== null) engine = observe(engine, { kind: 'calendar', ...calendar }, now);
  };

  function turn(): void {
    hasTurn = false;
    if (!isRunning) return;
    lookAtCalendar();
    carryOut(settle(engine, clock.now()));
  }

  return {
    start: (settings) => {
      isRunning = true;
      const found = memory.recall();
      if (found !== null) {
        left = { memory: found, at: clock.now() };
        wordsKept = JSON.stringify(found.admin);
        take({ kind: 'memory', memory: found });
      }
      take({ kind: 'settings', settings });
      prober.start(take);
      // What the first reading has to look for must be known by then.
      turn();
      carrier.start(take);
    },
    reload: (settings) => take({ kind: 'settings', settings }),
    admin: (link, mode) => take({ kind: 'admin', link, mode }),
    say,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    follow: (follower) => {
      followers.push(follower);
    },
    stop,
    leave,
    engine: () => engine,
    history: () => history,
    reactions: () => reactions,
  };
};
