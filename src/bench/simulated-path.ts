/**
 * One path under the real core in virtual time: pings that send when they would, a channel that loses and delays, one turn
 * an answer, as in the daemon's loop. pf and routes do at once what they are told. Since the engine is a value, a simulation
 * can be copied at any instant, and another future tried from there.
 */
import { type Engine, newEngine } from '../core/engine.ts';
import type { Health, InterfaceTable, Probe, Settings } from '../core/model.ts';
import type { Observation } from '../core/observation.ts';
import { observe } from '../core/observe.ts';
import { millis, mono } from '../core/time.ts';
import { settle, type Turn } from '../core/turn.ts';
import { createRandom, type Random } from '../emulator/random.ts';
import {
  advanceChannel,
  beginClosure,
  type Channel,
  copyChannel,
  createChannel,
  drawRtt,
  type LinkModel,
  nextClosure,
} from './channel.ts';
import { GATEWAY, NEAR } from './watched-path.ts';

interface Child {
  readonly probe: Probe;
  readonly isGateway: boolean;
  /** Null once it has been. */
  startsAt: number | null;
  seq: number;
  sendsAt: number;
  /** Requests that it has still to send. */
  left: number;
  /** Its last request was lost, or its answer took far longer than most. */
  isAmiss: boolean;
}

interface Answer {
  readonly at: number;
  readonly probe: string;
  readonly seq: number;
  readonly rtt: number;
}

export interface SimulatedPath {
  now: number;
  engine: Engine;
  deadline: number;
  health: Health;
  children: Child[];
  /** Under way, the next first. */
  answers: Answer[];
  channel: Channel;
  /** Chance that a request is lost by itself: the model's, or another for the sake of rare events. */
  loss: number;
  /** How much likelier this history is than under that other chance. */
  weight: number;
}

const interfaces: InterfaceTable = [
  {
    name: 'em1',
    index: 1,
    up: true,
    carrier: 'up',
    rdomain: 0,
    addresses: [{ family: 'inet', address: NEAR, prefixLength: 24, peer: null }],
  },
];

/** The witness of a burst: no link is in its way. */
const OURSELVES = '127.0.0.1';

/** How long ping takes to be started. */
const START_MS = 5;

const healthOf = (engine: Engine): Health => engine.paths.get('wire/inet')?.health ?? 'unknown';

const take = (path: SimulatedPath, observation: Observation): void => {
  path.engine = observe(path.engine, observation, mono(path.now));
};

const follow = (path: SimulatedPath, probes: readonly Probe[]): void => {
  if (
    probes.length === path.children.length &&
    probes.every((each, at) => each.key === path.children[at]?.probe.key)
  )
    return;
  const fresh = probes.filter((probe) => !path.children.some((child) => child.probe.key === probe.key));
  const lasting = fresh.filter((probe) => probe.count === null);
  path.children = probes.map((probe) => {
    const running = path.children.find((child) => child.probe.key === probe.key);
    if (running !== undefined) return running;
    // As the prober does it: those that last are spread over one interval, a burst starts at once.
    const phase = (probe.interval * Math.max(0, lasting.indexOf(probe))) / Math.max(1, lasting.length);
    return {
      probe,
      isGateway: probe.address === GATEWAY,
      startsAt: path.now + phase,
      seq: 0,
      sendsAt: path.now + phase + START_MS,
      left: probe.count ?? Number.POSITIVE_INFINITY,
      isAmiss: false,
    };
  });
};

const carryOut = (path: SimulatedPath, turn: Turn): void => {
  path.engine = turn.engine;
  path.health = healthOf(turn.engine);
  path.deadline = turn.deadline ?? Number.POSITIVE_INFINITY;
  follow(path, turn.probes);
  if (turn.routes !== null) {
    const results = turn.routes.wishes.map(
      ({ id }) => ({ kind: 'ensured', id, changed: true, warning: null }) as const,
    );
    take(path, { kind: 'routes', id: turn.routes.id, results });
  }
  if (turn.pf !== null) {
    take(path, {
      kind: 'pf',
      id: turn.pf.id,
      result:
        turn.pf.kind === 'inspect'
          ? {
              kind: 'inspected',
              differences: [],
              rulesDiffer: false,
              tablesThatDiffer: [],
              poolsThatDiffer: [],
              isCalled: true,
              rulesHeld: 1,
              rtablesHeld: [],
              fingerprint: [],
            }
          : { kind: 'applied', fingerprint: null, loadTook: null, killed: [] },
    });
  }
  // An idle link: pf has no packets to tell of.
  if (turn.count !== null) take(path, { kind: 'counted', id: turn.count.id, counted: null });
  if (turn.routes !== null || turn.pf !== null || turn.count !== null)
    carryOut(path, settle(path.engine, mono(path.now)));
};

export const createSimulatedPath = (settings: Settings, model: LinkModel, seed: number): SimulatedPath => {
  const path: SimulatedPath = {
    now: 0,
    engine: newEngine,
    deadline: Number.POSITIVE_INFINITY,
    health: 'unknown',
    children: [],
    answers: [],
    channel: createChannel(model, createRandom(seed)),
    loss: model.loss,
    weight: 1,
  };
  take(path, { kind: 'settings', settings });
  take(path, { kind: 'interfaces', interfaces });
  carryOut(path, settle(path.engine, mono(0)));
  return path;
};

/** The same present with another future. */
export const forkPath = (path: SimulatedPath, random: Random, loss: number): SimulatedPath => ({
  ...path,
  children: path.children.map((child) => ({ ...child })),
  answers: [...path.answers],
  channel: copyChannel(path.channel, random),
  loss,
  weight: 1,
});

/** The fate of one request, and true when it is lost or late by itself. */
const send = (path: SimulatedPath, child: Child): boolean => {
  const { channel, loss, now } = path;
  const { seq, probe } = child;
  child.seq += 1;
  child.left -= 1;
  child.sendsAt = child.left === 0 ? Number.POSITIVE_INFINITY : child.sendsAt + probe.interval;
  if (probe.address === OURSELVES) {
    path.answers.unshift({ at: now, probe: probe.key, seq, rtt: 0 });
    return false;
  }
  advanceChannel(channel, now);
  child.isAmiss = true;
  if (channel.isDead) return false;
  const isLost = channel.random.next() < loss;
  path.weight *= isLost ? channel.model.loss / loss : (1 - channel.model.loss) / (1 - loss);
  if (isLost) return true;
  const { rttMs, isSpike } = drawRtt(channel, now, child.isGateway);
  child.isAmiss = isSpike;
  const answer: Answer = { at: now + rttMs, probe: probe.key, seq: seq % 65_536, rtt: rttMs };
  const after = path.answers.findIndex((each) => each.at > answer.at);
  path.answers.splice(after === -1 ? path.answers.length : after, 0, answer);
  return isSpike;
};

/** Nothing is amiss: the last request to every target was answered in a common time, or will be. */
export const isQuiet = (path: SimulatedPath): boolean => !path.children.some((child) => child.isAmiss);

export type Happening = 'loss' | 'closure' | 'turn' | 'nothing';

/**
 * Goes on to the next thing that happens, but not past `end`. A turn may have changed the path's health. At `closure` a
 * burst or stall is due: it is begun by the next step, or by the caller, as he likes it.
 */
export const stepSimulatedPath = (path: SimulatedPath, end: number): Happening => {
  let next: Child | null = null;
  let at = Math.min(path.deadline, path.answers[0]?.at ?? Number.POSITIVE_INFINITY);
  for (const child of path.children) {
    const due = child.startsAt ?? child.sendsAt;
    if (due < at) {
      at = due;
      next = child;
    }
  }
  const closes = nextClosure(path.channel);
  if (closes <= at && closes <= end) {
    if (path.now < closes) {
      path.now = closes;
      return 'closure';
    }
    beginClosure(path.channel, closes, null);
    return 'nothing';
  }
  path.now = Math.max(path.now, Math.min(at, end));
  if (at > end) return 'nothing';
  if (next !== null && next.startsAt === null) return send(path, next) ? 'loss' : 'nothing';
  if (next !== null) {
    next.startsAt = null;
    take(path, { kind: 'probe-started', probe: next.probe.key });
    carryOut(path, settle(path.engine, mono(path.now)));
    return 'turn';
  }
  const answer = path.answers[0];
  if (answer !== undefined && answer.at <= path.now) {
    path.answers.shift();
    take(path, {
      kind: 'probe-answer',
      probe: answer.probe,
      seq: answer.seq,
      rtt: millis(answer.rtt),
      duplicate: false,
    });
  }
  carryOut(path, settle(path.engine, mono(path.now)));
  return 'turn';
};

/** Begins the closure that is due, of a length near `typicalMs`; the path's weight is that of the length. */
export const closeNow = (path: SimulatedPath, typicalMs: number): void => {
  path.weight *= beginClosure(path.channel, path.now, typicalMs);
};
