/**
 * A machine in virtual time for the engine: pf, routing tables and ping children that do what they are told or fail as
 * the test says. Every turn is checked for what must hold always: one transaction of a kind under way, a second settle
 * at the same instant hands out nothing, the deadline lies ahead.
 */
import { type Engine, newEngine, observe, settle, type Turn } from '../../src/core/engine.ts';
import { findStranded } from '../../src/core/kill.ts';
import type { InterfaceTable, PathKey, Probe, Settings } from '../../src/core/model.ts';
import { renderNote } from '../../src/core/note.ts';
import type { Observation } from '../../src/core/observation.ts';
import { type Mono, millis, mono } from '../../src/core/time.ts';
import type {
  PfResult,
  PfStep,
  PfTransaction,
  RouteResult,
  RouteTransaction,
} from '../../src/core/transaction.ts';

const PF_TAKES = 5;
const ROUTE_TAKES = 3;
const PING_STARTS_IN = 20;

export interface World {
  readonly now: () => number;
  readonly engine: () => Engine;
  /** `12.345 text`, one a note since the last call. */
  readonly takeNotes: () => readonly string[];
  /** Transactions begun since the last call, in few words. */
  readonly takePfLog: () => readonly string[];
  /** What pf holds, by policy: `a/1 b/2` of its choose rules. */
  readonly held: () => string;
  readonly heldText: () => string;
  readonly statesOf: (link: string) => number;
  readonly running: () => readonly string[];
  /** Keys of children started since the last call. */
  readonly takeStarted: () => readonly string[];
  readonly turns: () => number;
  tell(...observations: readonly Observation[]): void;
  load(settings: Settings): void;
  interfaces(table: InterfaceTable): void;
  /** Runs what happens within `ms`. */
  run(ms: number): void;
  /** Time passes for the world, but we are not running; then everything arrives at once. */
  stall(ms: number): void;
  /** The round-trip time of answers, null for silence; all paths answer after 20 ms at first. */
  answers(path: string, rtt: number | null): void;
  killPing(path: string, restartIn: number): void;
  breakPf(step: PfStep | 'inspect' | null, text?: string): void;
  breakRoute(path: string, text: string | null): void;
  hangPf(hangs: boolean): void;
  /** Somebody else writes: the anchor is empty afterwards. */
  flushPf(): void;
  grow(link: string, states: number): void;
}

interface Child {
  readonly probe: Probe;
  sends: number;
  alive: boolean;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

export interface Holding {
  readonly rules: string;
  readonly tables: ReadonlyMap<string, string>;
}

const emptyPf: Holding = { rules: '[]', tables: new Map() };

export const tell = (transaction: PfTransaction): string => {
  switch (transaction.kind) {
    case 'inspect':
      return 'inspect';
    case 'apply': {
      const { check, ruleset, tables, kills } = transaction;
      const parts = [
        ...(check ? ['check'] : []),
        ...(ruleset === null ? [] : ['load']),
        ...tables.map((table) => `${table.name}=${table.addresses.length}`),
        ...kills.map((kill) => `kill ${kill.link}${kill.again ? ' again' : ''}`),
      ];
      return parts.join(', ');
    }
  }
};

const must = (claim: boolean, text: string): void => {
  if (!claim) throw new Error(text);
};

export const createWorld = (holding: Holding = emptyPf): World => {
  let clock = 0;
  let order = 0;
  let engine = newEngine;
  let queue: Entry[] = [];
  let deadline: Mono | null = null;
  const notes: string[] = [];
  const pfLog: string[] = [];
  const started: string[] = [];
  let turns = 0;
  let idleTurns = 0;
  let pfBusy = false;
  let routesBusy = false;
  let pfHangs = false;
  let failure: { readonly step: PfStep | 'inspect'; readonly text: string } | null = null;
  let pf = { rules: holding.rules, tables: new Map(holding.tables) };
  const states = new Map<string, number>();
  const rtts = new Map<string, number | null>();
  const routeFailures = new Map<string, string>();
  const routed = new Map<number, string>();
  const children = new Map<string, Child>();
  let facts: Observation[] = [];

  const at = (when: number, fire: () => void): void => {
    order += 1;
    queue.push({ at: when, order, fire });
    queue.sort((a, b) => a.at - b.at || a.order - b.order);
  };

  const send = (key: string, child: Child): void => {
    if (!child.alive) return;
    const seq = child.sends % 65_536;
    child.sends += 1;
    const rtt = rtts.has(child.probe.path) ? (rtts.get(child.probe.path) ?? null) : 20;
    if (rtt !== null) {
      const rttMs = millis(rtt);
      at(clock + rtt, () => {
        if (child.alive) facts.push({ kind: 'probe-answer', probe: key, seq, rtt: rttMs, duplicate: false });
      });
    }
    at(clock + child.probe.interval, () => send(key, child));
  };

  const start = (probe: Probe): void => {
    const child: Child = { probe, sends: 0, alive: true };
    children.set(probe.key, child);
    started.push(probe.key);
    facts.push({ kind: 'probe-started', probe: probe.key });
    at(clock + PING_STARTS_IN, () => send(probe.key, child));
  };

  const want = (probes: readonly Probe[]): void => {
    for (const [key, child] of children) {
      if (probes.some((probe) => probe.key === key)) continue;
      child.alive = false;
      children.delete(key);
    }
    for (const probe of probes) if (!children.has(probe.key)) start(probe);
  };

  const carry = (transaction: PfTransaction): PfResult => {
    const refuse = (step: PfStep | 'inspect'): PfResult | null =>
      failure?.step === step
        ? { kind: 'failed', step, failure: { text: failure.text, line: null, rule: null } }
        : null;
    if (transaction.kind === 'inspect') {
      const refused = refuse('inspect');
      if (refused !== null) return refused;
      const rulesDiffer = pf.rules !== JSON.stringify(transaction.ruleset);
      const tablesThatDiffer = transaction.tables
        .filter(({ name, addresses }) => pf.tables.get(name) !== addresses.join(' '))
        .map(({ name }) => name);
      return {
        kind: 'inspected',
        differences: [...(rulesDiffer ? ['rules'] : []), ...tablesThatDiffer],
        rulesDiffer,
        tablesThatDiffer,
        rulesHeld: JSON.parse(pf.rules).length,
        fingerprint: [pf.rules],
      };
    }
    const { check, ruleset, tables, kills } = transaction;
    if (ruleset !== null) {
      const refused = (check ? refuse('check') : null) ?? refuse('load');
      if (refused !== null) return refused;
      pf.rules = JSON.stringify(ruleset);
    }
    for (const table of tables) {
      const refused = refuse('table');
      if (refused !== null) return refused;
      pf.tables.set(table.name, table.addresses.join(' '));
    }
    const readBack = ruleset === null ? null : refuse('read-back');
    if (readBack !== null) return readBack;
    const killed: { link: string; count: number; again: boolean }[] = [];
    for (const { link, again } of kills) {
      const refused = refuse('kill');
      if (refused !== null) return refused;
      killed.push({ link, count: states.get(link) ?? 0, again });
      states.delete(link);
    }
    const loadTook = ruleset === null ? null : millis(3);
    return { kind: 'applied', fingerprint: ruleset === null ? null : [pf.rules], loadTook, killed };
  };

  const startPf = (transaction: PfTransaction): void => {
    must(!pfBusy, 'two pf transactions under way');
    pfBusy = true;
    pfLog.push(tell(transaction));
    const end = (): void => {
      if (pfHangs) {
        at(clock + 100, end);
        return;
      }
      pfBusy = false;
      facts.push({ kind: 'pf', id: transaction.id, result: carry(transaction) });
    };
    at(clock + PF_TAKES, end);
  };

  const startRoutes = (transaction: RouteTransaction): void => {
    must(!routesBusy, 'two routing transactions under way');
    routesBusy = true;
    at(clock + ROUTE_TAKES, () => {
      routesBusy = false;
      const results = transaction.wishes.map((wish): RouteResult => {
        const text = routeFailures.get(wish.path);
        if (text !== undefined) return { kind: 'failed', path: wish.path, text };
        const changed = routed.get(wish.rtable) !== wish.gateway;
        routed.set(wish.rtable, wish.gateway);
        return { kind: 'ensured', path: wish.path, changed };
      });
      facts.push({ kind: 'routes', id: transaction.id, results });
    });
  };

  /** Per path, when it was last neither up nor on hold. */
  const badAt = new Map<PathKey, number>();

  const checkHold = (next: Turn): void => {
    for (const [key, path] of next.engine.paths) {
      const was = engine.settled.get(key);
      if (path.reason !== 'answering' && path.reason !== 'hold') badAt.set(key, clock);
      if (path.health !== 'up' || was === undefined || was.health === 'up' || was.reason === 'starting')
        continue;
      const good = clock - (badAt.get(key) ?? 0);
      must(good >= path.settings.hold, `${key} is up after ${good} ms, before its hold`);
    }
  };

  const checkTurn = (next: Turn): void => {
    checkHold(next);
    const again = settle(next.engine, mono(clock));
    must(
      again.pf === null && again.routes === null && again.notes.length === 0,
      'settled twice, different work',
    );
    must(again.deadline === next.deadline, 'settled twice, different deadline');
    must(
      next.deadline === null || next.deadline > clock,
      `deadline ${next.deadline} is not after now ${clock}: a busy loop`,
    );
    if (next.pf?.kind !== 'apply') return;
    const { kills } = next.pf;
    const { settings, paths, decisions } = next.engine;
    const stranded = settings === null ? [] : findStranded(settings, paths, decisions);
    for (const { link } of kills) {
      must(stranded.includes(link), `${link} is killed, yet not stranded`);
      const trusted = decisions.filter(({ rung }) => rung === 'up' || rung === 'recovering');
      must(
        !trusted.some(({ shares }) => shares.some((share) => share.link === link)),
        `${link} is in use, yet killed`,
      );
    }
  };

  /** Takes in what is there, and settles until nothing new comes at this instant. */
  const turn = (): void => {
    for (let round = 0; ; round += 1) {
      must(round < 20, 'no rest at one instant');
      const these = facts;
      facts = [];
      for (const fact of these) engine = observe(engine, fact, mono(clock));
      const next = settle(engine, mono(clock));
      turns += 1;
      checkTurn(next);
      engine = next.engine;
      deadline = next.deadline;
      for (const note of next.notes) notes.push(`${(clock / 1000).toFixed(3)} ${renderNote(note).text}`);
      if (next.pf !== null) startPf(next.pf);
      if (next.routes !== null) startRoutes(next.routes);
      want(next.probes);
      if (facts.length === 0) break;
    }
  };

  const fireDue = (): void => {
    for (let first = queue[0]; first !== undefined && first.at <= clock; first = queue[0]) {
      queue = queue.slice(1);
      first.fire();
    }
  };

  const run = (ms: number): void => {
    const end = clock + ms;
    for (;;) {
      const next = Math.min(queue[0]?.at ?? Infinity, deadline ?? Infinity);
      if (next > end) break;
      const before = clock;
      clock = Math.max(clock, next);
      fireDue();
      turn();
      idleTurns = clock === before ? idleTurns + 1 : 0;
      must(idleTurns < 50, 'a busy loop');
    }
    clock = end;
  };

  return {
    now: () => clock,
    engine: () => engine,
    takeNotes: () => notes.splice(0),
    takePfLog: () => pfLog.splice(0),
    held: () =>
      JSON.parse(pf.rules)
        .filter((rule: { kind: string }) => rule.kind === 'choose')
        .map((rule: { link: string; probability: number }) => `${rule.link}/${rule.probability}`)
        .join(' '),
    heldText: () => JSON.stringify([pf.rules, [...pf.tables].sort()]),
    statesOf: (link) => states.get(link) ?? 0,
    running: () => [...children.keys()].sort(),
    takeStarted: () => started.splice(0),
    turns: () => turns,
    tell: (...observations) => {
      facts.push(...observations);
      turn();
    },
    load: (settings) => {
      facts.push({ kind: 'settings', settings });
      turn();
    },
    interfaces: (table) => {
      facts.push({ kind: 'interfaces', interfaces: table });
      turn();
    },
    run,
    stall: (ms) => {
      const end = clock + ms;
      for (let first = queue[0]; first !== undefined && first.at <= end; first = queue[0]) {
        clock = Math.max(clock, first.at);
        queue = queue.slice(1);
        first.fire();
      }
      clock = end;
      turn();
    },
    answers: (path, rtt) => rtts.set(`${path}/inet`, rtt),
    killPing: (path, restartIn) => {
      for (const [key, child] of children) {
        if (child.probe.path !== `${path}/inet`) continue;
        child.alive = false;
        facts.push({ kind: 'probe-ended', probe: key, how: 'killed', restartIn: millis(restartIn) });
        at(clock + restartIn, () => {
          if (children.get(key) === child) start(child.probe);
        });
      }
      turn();
    },
    breakPf: (step, text = 'no') => {
      failure = step === null ? null : { step, text };
    },
    breakRoute: (path, text) => {
      const key: PathKey = `${path}/inet`;
      if (text === null) routeFailures.delete(key);
      else routeFailures.set(key, text);
    },
    hangPf: (hangs) => {
      pfHangs = hangs;
    },
    flushPf: () => {
      pf = { rules: '[]', tables: new Map() };
    },
    grow: (link, count) => {
      states.set(link, count);
    },
  };
};
