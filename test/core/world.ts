/**
 * A machine in virtual time for the engine: pf, routing tables and ping children that do what they are told or fail as
 * the test says. Every turn is checked for what must hold always: one transaction of a kind under way, a second settle
 * at the same instant hands out nothing, the deadline lies ahead, nothing is killed or swept that is in trusted use, and
 * no sweep begins before the rules are settled. pf is strict: it knows no routing table that was never set, changes no
 * weight of a standing entry by a replace or a load, and has no pool before it was loaded.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Counted } from '../../src/core/counting.ts';
import { type Engine, newEngine } from '../../src/core/engine.ts';
import { findLeaving, findLeft, findStranded, linkLabel } from '../../src/core/kill.ts';
import {
  type InterfaceTable,
  type PathKey,
  type Probe,
  pathKey,
  type Settings,
} from '../../src/core/model.ts';
import { renderNote } from '../../src/core/note.ts';
import type { Observation } from '../../src/core/observation.ts';
import { observe } from '../../src/core/observe.ts';
import { isUsable } from '../../src/core/path.ts';
import { isKillWanted, isSweepWanted } from '../../src/core/plan.ts';
import { isSettled } from '../../src/core/reconcile.ts';
import type { Rule, Ruleset } from '../../src/core/rule.ts';
import { isAcquitted } from '../../src/core/target.ts';
import { type Mono, millis, mono } from '../../src/core/time.ts';
import type {
  PfResult,
  PfStep,
  PfTransaction,
  PoolWork,
  RouteResult,
  RouteTransaction,
  Sweep,
  SweepResult,
} from '../../src/core/transaction.ts';
import { desiredNow, forgetWorkedOut, settle, type Turn } from '../../src/core/turn.ts';

const PF_TAKES = 5;
const ROUTE_TAKES = 3;
const PING_STARTS_IN = 20;
/** The witness of a burst: no link is in its way. */
const OURSELVES = '127.0.0.1';
const COUNT_TAKES = 4;

export interface World {
  readonly now: () => number;
  readonly engine: () => Engine;
  /** `12.345 text`, one a note since the last call. */
  readonly takeNotes: () => readonly string[];
  /** Transactions begun since the last call, in few words. */
  readonly takePfLog: () => readonly string[];
  /** Sweeps begun since the last call: `a`, `a again`, `a b/inet6`. */
  readonly takeSweepLog: () => readonly string[];
  /** What pf holds, by policy: `a/1 b/2` of its choose rules of inet, or of inet6 with `a>` before the source's owner. */
  readonly held: (family?: 'inet' | 'inet6') => string;
  /** `10.0.0.1/3 10.1.0.1/1` of a pool that is called; null: the rules do not call it. */
  readonly heldPool: (policy: string, family?: 'inet' | 'inet6') => string | null;
  /** Rules, and what tables and pools there should be now, as text that is equal for what is equal. */
  readonly heldText: () => string;
  readonly holding: () => Holding;
  /** By link, or by path: `a/inet6`. */
  readonly statesOf: (link: string) => number;
  /** States that a pool has pinned to a path's gateway. */
  readonly pinnedOf: (link: string) => number;
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
  /** The machine is suspended: nothing happens, children included, answers under way are lost, and it is `ms` later. */
  suspend(ms: number): void;
  /** The clock says that it is so much later, or earlier, for one turn; nothing else has happened. */
  misread(ms: number): void;
  /**
   * The round-trip time of answers, null for silence, of a path (`a`) or of one target (`a 9.9.9.9`); all paths answer
   * after 20 ms at first.
   */
  answers(path: string, fate: Fate): void;
  /** Requests sent since the last call. */
  takeSent(): number;
  /** What pf counts, when it is asked; null: it does not say. */
  counts(counted: (() => readonly Counted[]) | null): void;
  /** How long children of a burst, its witness among them, take until they send: the machine is busy. */
  slowBursts(ms: number): void;
  /** This machine may not ping itself. */
  barWitness(isBarred: boolean): void;
  /** ping will not run faster than once a second. */
  refuseBursts(refuses: boolean): void;
  killPing(path: string, restartIn: number): void;
  /** Its children, or those for one target, neither send nor end any more. */
  hangPing(path: string): void;
  /** A line of ping that is heard as if its child had printed it. */
  forge(
    path: string,
    line: { readonly seq: number; readonly rtt: number | null; readonly duplicate?: true },
  ): void;
  breakPf(step: PfStep | 'inspect' | null, text?: string): void;
  breakRoute(path: string, text: string | null): void;
  /** Somebody takes the default route out of a table, and the kernel tells of it. */
  loseRoute(rtable: number): void;
  hangPf(hangs: boolean): void;
  /** Somebody else writes: the anchor is empty afterwards. */
  flushPf(): void;
  /** Somebody else empties a policy's own anchor. */
  flushPool(policy: string): void;
  /** Somebody else gives an entry of every table of a policy's own anchor a weight, or takes it away. */
  spoilPool(policy: string, address: string, weight: number | null): void;
  /** The main rule set calls the anchor, or does not; null: cannot be told. */
  callAnchor(isCalled: boolean | null): void;
  breakSweep(text: string | null): void;
  /** How long a sweep takes, in ms. */
  slowSweep(ms: number): void;
  grow(link: string, states: number): void;
  pin(link: string, states: number): void;
}

export type Fate = number | null | (() => number | null);

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

interface PoolHolding {
  readonly rules: string;
  /** By table: weights by address. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export interface Holding {
  readonly rules: string;
  readonly tables: ReadonlyMap<string, string>;
  readonly pools?: ReadonlyMap<string, PoolHolding>;
}

const emptyPf: Holding = { rules: '[]', tables: new Map() };

/** `a` for its inet path, `a/inet6`. */
const shortPath = (path: string): string => path.replace(/\/inet$/, '');
const longPath = (path: string): PathKey => (path.endsWith('/inet6') ? (path as PathKey) : `${path}/inet`);

const poolOf = (anchor: string): string => anchor.replace(/^.*\//, '');

const tellPool = ({ anchor, load, replace, reweigh }: PoolWork): readonly string[] => [
  ...(load === null ? [] : [`pool ${poolOf(anchor)}`]),
  ...replace.map((table) => `${poolOf(anchor)}.${table.name}=${table.entries.length}`),
  ...reweigh.map((table) => `reweigh ${poolOf(anchor)}.${table.name}`),
];

export const tell = (transaction: PfTransaction): string => {
  switch (transaction.kind) {
    case 'inspect':
      return 'inspect';
    case 'apply': {
      const { check, ruleset, tables, pools, kills } = transaction;
      const parts = [
        ...pools.flatMap(tellPool),
        ...(check ? ['check'] : []),
        ...(ruleset === null ? [] : ['load']),
        ...tables.map((table) => `${table.name}=${table.addresses.length}`),
        ...kills.map((kill) => `kill ${shortPath(kill.path)}${kill.again ? ' again' : ''}`),
      ];
      return parts.join(', ');
    }
  }
};

const must = (claim: boolean, text: string): void => {
  if (!claim) throw new Error(text);
};

const poolText = ({ rules, tables }: PoolHolding): string =>
  JSON.stringify([rules, [...tables].map(([name, entries]) => [name, [...entries].sort()]).sort()]);

/** What an inspection sees of it: the weight of what stands alone means nothing. */
const seenText = ({ rules, tables }: PoolHolding): string => {
  const seen = [...tables].map(([name, entries]): [string, Entries] => [
    name,
    entries.size < 2 ? new Map([...entries].map(([address]) => [address, 1])) : entries,
  ]);
  return poolText({ rules, tables: new Map(seen) });
};

type Entries = ReadonlyMap<string, number>;

/**
 * pf's way with a pool's anchor: what stands keeps its weight at a replace and at a load; a replace makes a table that
 * somebody has taken away. Null: refused.
 */
const workOn = (held: PoolHolding | undefined, work: PoolWork): PoolHolding | null => {
  const { anchor, load, replace, reweigh } = work;
  must(load !== null || replace.length + reweigh.length > 0, `nothing to do for ${anchor}`);
  must(load === null || replace.length === 0, 'a load and a replace');
  const tables = new Map(held?.tables);
  for (const { name, entries } of load?.tables ?? replace) {
    const standing: Entries = tables.get(name) ?? new Map();
    tables.set(
      name,
      new Map(entries.map(({ address, weight }) => [address, standing.get(address) ?? weight])),
    );
  }
  for (const { name, entries } of reweigh) {
    if (!tables.has(name)) return null;
    must(entries.length > 1, `${name} would be empty for a moment`);
    tables.set(name, new Map(entries.map(({ address, weight }) => [address, weight])));
  }
  if (load === null) return { rules: held?.rules ?? '[]', tables };
  const named = new Set(load.tables.map(({ name }) => name));
  return {
    rules: JSON.stringify(load.rules),
    tables: new Map([...tables].filter(([name]) => named.has(name))),
  };
};

const rtablesOf = (rules: Ruleset): readonly { readonly link: string; readonly rtable: number }[] =>
  rules.flatMap((rule) =>
    rule.kind === 'choose' && rule.via.kind === 'rtable'
      ? [{ link: rule.link, rtable: rule.via.rtable }]
      : [],
  );

const viasOf = (rule: Rule): readonly number[] =>
  rule.kind === 'choose' && rule.via.kind === 'rtable' ? [rule.via.rtable] : [];

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
  let pf = {
    rules: holding.rules,
    tables: new Map(holding.tables),
    pools: new Map<string, PoolHolding>(holding.pools),
  };
  let isCalled: boolean | null = true;
  /** Somebody else wrote to a pool since it was last found to be as it should. */
  let isSpoilt = false;
  let sweepBusy = false;
  let sweepTakes = 1500;
  let sweepFailure: string | null = null;
  const sweepLog: string[] = [];
  const pinned = new Map<PathKey, number>();
  const states = new Map<PathKey, number>();
  const rtts = new Map<string, Fate>();
  let sent = 0;
  /** Answers of an earlier one were under way when the machine was suspended. */
  let wakes = 0;
  let counting: (() => readonly Counted[]) | null = null;
  let isRefusing = false;
  let burstStartsIn = PING_STARTS_IN;
  let isWitnessBarred = false;
  const routeFailures = new Map<string, string>();
  const routed = new Map<string, string>();
  const children = new Map<string, Child>();
  let facts: Observation[] = [];

  const at = (when: number, fire: () => void): void => {
    order += 1;
    queue.push({ at: when, order, fire });
    queue.sort((a, b) => a.at - b.at || a.order - b.order);
  };

  const send = (key: string, child: Child): void => {
    if (!child.alive) return;
    if (child.sends === child.probe.count) return;
    const seq = child.sends % 65_536;
    child.sends += 1;
    const { path, ask, count, interval, longest, address } = child.probe;
    if (address === OURSELVES) {
      if (isWitnessBarred)
        facts.push({ kind: 'probe-error', probe: key, text: 'sendmsg: Permission denied' });
      else facts.push({ kind: 'probe-answer', probe: key, seq, rtt: millis(0), duplicate: false });
      at(clock + interval, () => send(key, child));
      return;
    }
    sent += 1;
    const name = key.slice(path.length + 1).split(' ')[0];
    const fate = [`${path} ${name}`, path].map((each) => rtts.get(each)).find((each) => each !== undefined);
    const rtt = fate === undefined ? 20 : typeof fate === 'function' ? fate() : fate;
    if (ask.kind !== 'ping' && count === null) {
      facts.push({ kind: 'probe-sent', probe: key });
      const isAnswered = rtt !== null && rtt <= longest;
      const takes = isAnswered ? rtt : longest;
      at(clock + takes, () => {
        if (!child.alive) return;
        facts.push(
          isAnswered
            ? { kind: 'probe-answer', probe: key, seq, rtt: millis(rtt), duplicate: false }
            : { kind: 'probe-error', probe: key, text: 'timed out' },
        );
      });
      at(clock + Math.max(takes, interval), () => send(key, child));
      return;
    }
    if (rtt !== null) {
      const rttMs = millis(rtt);
      const since = wakes;
      at(clock + rtt, () => {
        if (child.alive && since === wakes)
          facts.push({ kind: 'probe-answer', probe: key, seq, rtt: rttMs, duplicate: false });
      });
    }
    at(clock + child.probe.interval, () => send(key, child));
  };

  const start = (probe: Probe): void => {
    const child: Child = { probe, sends: 0, alive: true };
    children.set(probe.key, child);
    started.push(probe.key);
    facts.push({ kind: 'probe-started', probe: probe.key });
    if (probe.count !== null && isRefusing) {
      child.alive = false;
      at(clock + 3, () =>
        facts.push({
          kind: 'probe-refused',
          probe: probe.key,
          text: 'ping: only root may use an interval smaller than one second',
        }),
      );
      return;
    }
    at(clock + (probe.count === null ? PING_STARTS_IN : burstStartsIn), () => send(probe.key, child));
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
      const poolsThatDiffer = transaction.pools
        .filter((pool) => {
          const held = pf.pools.get(pool.anchor);
          const work: PoolWork = { anchor: pool.anchor, load: pool, replace: [], reweigh: [] };
          const wanted = workOn(undefined, work);
          return held === undefined || wanted === null || seenText(held) !== seenText(wanted);
        })
        .map(({ anchor }) => anchor);
      isSpoilt &&= poolsThatDiffer.length > 0;
      return {
        kind: 'inspected',
        differences: [...(rulesDiffer ? ['rules'] : []), ...poolsThatDiffer, ...tablesThatDiffer],
        rulesDiffer,
        tablesThatDiffer,
        poolsThatDiffer,
        isCalled,
        rulesHeld: JSON.parse(pf.rules).length,
        rtablesHeld: rtablesOf(JSON.parse(pf.rules)),
        fingerprint: [pf.rules],
      };
    }
    const { check, ruleset, tables, pools, kills } = transaction;
    for (const work of pools) {
      const refused = refuse('pool');
      if (refused !== null) return refused;
      const worked = workOn(pf.pools.get(work.anchor), work);
      if (worked === null)
        return { kind: 'failed', step: 'pool', failure: { text: 'no table', line: null, rule: null } };
      pf.pools.set(work.anchor, worked);
    }
    if (ruleset !== null) {
      for (const rtable of ruleset.flatMap(viasOf))
        must(
          [...routed.keys()].some((key) => key.startsWith(`${rtable} `)),
          `rtable ${rtable} does not exist`,
        );
      const refused = (check ? refuse('check') : null) ?? refuse('load');
      if (refused !== null) return refused;
      pf.rules = JSON.stringify(ruleset);
    }
    for (const table of tables) {
      const refused = refuse('table');
      if (refused !== null) return refused;
      pf.tables.set(table.name, table.addresses.join(' '));
    }
    const rulesNow: Ruleset = JSON.parse(pf.rules);
    for (const rule of rulesNow) {
      if (rule.kind !== 'call' || isSpoilt) continue;
      const table = pf.pools.get(`${transaction.anchor}/${rule.policy}`)?.tables.get(`pool_${rule.family}`);
      must((table?.size ?? 0) > 0, `the empty pool of ${rule.policy} ${rule.family} is called`);
    }
    const readBack = ruleset === null ? null : refuse('read-back');
    if (readBack !== null) return readBack;
    const killed: (number | null)[] = [];
    for (const kill of kills) {
      if (!isKillWanted(engine, kill, mono(clock))) {
        killed.push(null);
        continue;
      }
      const { link, what, path } = kill;
      const refused = refuse('kill');
      if (refused !== null) return refused;
      const label = what.kind === 'label' ? what.label : what.network;
      const own = linkLabel(link, path.endsWith('6') ? 'inet6' : 'inet');
      must(
        what.kind === 'source' || [own, `${own}:in`, `${own}:probe`].includes(label),
        `${label} for ${path}`,
      );
      if (label !== own) {
        killed.push(0);
        continue;
      }
      killed.push(states.get(path) ?? 0);
      states.delete(path);
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
        const { id } = wish;
        const text = routeFailures.get(id);
        if (text !== undefined) return { kind: 'failed', id, text };
        const key = wish.kind === 'path' ? `${wish.rtable} ${wish.family}` : wish.id;
        const held = wish.kind === 'path' ? wish.gateway : wish.kind === 'own' ? wish.gateways.join(' ') : '';
        const changed = (routed.get(key) ?? '') !== held;
        routed.set(key, held);
        return { kind: 'ensured', id, changed, warning: null };
      });
      facts.push({ kind: 'routes', id: transaction.id, results });
    });
  };

  const startCount = ({ id }: NonNullable<Turn['count']>): void => {
    at(clock + COUNT_TAKES, () => facts.push({ kind: 'counted', id, counted: counting?.() ?? null }));
  };

  const startSweep = (sweep: Sweep): void => {
    must(!sweepBusy, 'two sweeps under way');
    must(sweep.gateways.length > 0, 'a sweep for nothing');
    sweepBusy = true;
    sweepLog.push(
      sweep.gateways.map(({ path, again }) => `${shortPath(path)}${again ? ' again' : ''}`).join(' '),
    );
    at(clock + sweepTakes, () => {
      sweepBusy = false;
      const wanted = sweep.gateways.filter(({ gateway }) => isSweepWanted(engine, gateway, mono(clock)));
      const swept = (): SweepResult => ({
        kind: 'swept',
        spared: sweep.gateways.filter((each) => !wanted.includes(each)).map(({ gateway }) => gateway),
        killed: wanted.map(({ path, link, again }) => {
          const count = pinned.get(path) ?? 0;
          pinned.delete(path);
          return { link, count, again };
        }),
      });
      const result: SweepResult =
        sweepFailure === null
          ? swept()
          : { kind: 'failed', failure: { text: sweepFailure, line: null, rule: null } };
      facts.push({ kind: 'swept', id: sweep.id, result });
    });
  };

  /** Per path, when it was last neither usable nor on hold. */
  const badAt = new Map<PathKey, number>();

  const checkHold = (next: Turn): void => {
    for (const [key, path] of next.engine.paths) {
      const was = engine.settled.get(key);
      if (!isUsable(path) && path.reason !== 'hold' && path.reason !== 'damped') badAt.set(key, clock);
      if (!isUsable(path) || was === undefined || isUsable(was) || was.reason === 'starting') continue;
      // It was never down: its answers were slow.
      if (was.fell !== null && path.targets.some((target) => isAcquitted(target, was.fell))) continue;
      const good = clock - (badAt.get(key) ?? 0);
      must(good >= path.settings.hold, `${key} is up after ${good} ms, before its hold`);
    }
  };

  const checkTurn = (next: Turn): void => {
    checkHold(next);
    const again = settle(next.engine, mono(clock));
    must(
      again.pf === null &&
        again.count === null &&
        again.sweep === null &&
        again.routes === null &&
        again.notes.length === 0,
      'settled twice, different work',
    );
    must(again.deadline === next.deadline, 'settled twice, different deadline');
    must(
      next.deadline === null || next.deadline > clock,
      `deadline ${next.deadline} is not after now ${clock}: a busy loop`,
    );
    checkEnds(next);
  };

  /** What was kept from earlier turns must be what would be worked out now. */
  const checkAfresh = (before: Engine, next: Turn): void => {
    const worked = settle(forgetWorkedOut(before), mono(clock));
    // Since when the lanes rest is all that tells when they were planned.
    const from = next.engine.resting?.from ?? mono(0);
    const { resting } = worked.engine;
    const afresh = {
      ...worked,
      engine: { ...worked.engine, resting: resting === null ? null : { ...resting, from } },
    };
    for (const part of Object.keys(afresh.engine) as (keyof Engine)[])
      must(
        isDeepStrictEqual(afresh.engine[part], next.engine[part]),
        `${part} is not what it would be afresh`,
      );
    // That takes most of the time that all these tests take: not twice.
    const { engine: _, ...rest } = afresh;
    const { engine: __, ...others } = next;
    must(isDeepStrictEqual(rest, others), 'another turn than it would be afresh');
  };

  /** What is ended, by label or by gateway, must be unwanted, and in no use that can be trusted. */
  const checkEnds = ({ engine: after, pf: transaction, sweep }: Turn): void => {
    const { settings, paths, decisions, decidedAt } = after;
    const ended = [
      ...(transaction?.kind === 'apply' ? transaction.kills : []),
      ...(sweep === null ? [] : sweep.gateways),
    ];
    if (settings === null || ended.length === 0) return;
    const { left } = findLeft(findLeaving(settings, paths, decisions), decidedAt, mono(clock));
    const unwanted = [...findStranded(settings, paths, decisions, after.former), ...left];
    const trusted = decisions.filter(({ rung }) => ['up', 'degraded', 'recovering'].includes(rung));
    const used = trusted.flatMap(({ family, shares }) => shares.map(({ link }) => pathKey(link, family)));
    // What a path has left behind goes in any case.
    const outlived: readonly { readonly path: PathKey }[] = [...after.pf.outlived, ...after.sweep.outlived];
    for (const one of ended) {
      if (outlived.includes(one)) continue;
      const { path } = one;
      must(unwanted.includes(path), `${path} is ended, yet wanted`);
      must(!used.includes(path), `${path} is in use, yet ended`);
    }
    if (sweep === null) return;
    const desired = desiredNow(after);
    must(desired !== null && isSettled(after.pf, desired), 'a sweep before the rules are settled');
    must(!pfBusy && transaction === null, 'a sweep beside a transaction that was begun before it');
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
      checkAfresh(engine, next);
      engine = next.engine;
      deadline = next.deadline;
      for (const note of next.notes) notes.push(`${(clock / 1000).toFixed(3)} ${renderNote(note).text}`);
      if (next.pf !== null) startPf(next.pf);
      if (next.sweep !== null) startSweep(next.sweep);
      if (next.count !== null) startCount(next.count);
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

  const rulesHeld = (): Ruleset => JSON.parse(pf.rules);

  return {
    now: () => clock,
    engine: () => engine,
    takeNotes: () => notes.splice(0),
    takePfLog: () => pfLog.splice(0),
    takeSweepLog: () => sweepLog.splice(0),
    held: (family = 'inet') =>
      rulesHeld()
        .flatMap((rule) => {
          if (rule.kind !== 'choose' || rule.family !== family) return [];
          const from = rule.from === null ? '' : `${rule.from.address}>`;
          return [`${from}${rule.link}/${rule.probability}`];
        })
        .join(' '),
    heldPool: (policy, family = 'inet') => {
      const called = rulesHeld().some(
        (rule) => rule.kind === 'call' && rule.policy === policy && rule.family === family,
      );
      const entries = pf.pools.get(`uplinkd/${policy}`)?.tables.get(`pool_${family}`);
      return called
        ? [...(entries ?? [])].map(([address, weight]) => `${address}/${weight}`).join(' ')
        : null;
    },
    heldText: () => {
      const desired = desiredNow(engine);
      const tables = [...pf.tables].filter(([name]) => desired?.tables.some((table) => table.name === name));
      const pools = [...pf.pools].filter(([name]) => desired?.pools.some(({ anchor }) => anchor === name));
      const poolTexts = pools.map(([anchor, pool]) => [anchor, seenText(pool)]);
      // A routing table number follows from all that was ever seen; what counts is whose it is.
      const rules = [...engine.rtables.byLink].reduce(
        (text, [link, rtable]) => text.replaceAll(`"rtable":${rtable}}`, `"rtable":"${link}"}`),
        pf.rules,
      );
      return JSON.stringify([rules, tables.sort(), poolTexts.sort()]);
    },
    holding: () => ({ rules: pf.rules, tables: new Map(pf.tables), pools: new Map(pf.pools) }),
    statesOf: (link) => states.get(longPath(link)) ?? 0,
    pinnedOf: (link) => pinned.get(longPath(link)) ?? 0,
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
    suspend: (ms) => {
      wakes += 1;
      clock += ms;
      queue = queue.map((entry) => ({ ...entry, at: entry.at + ms }));
      turn();
    },
    misread: (ms) => {
      const right = clock;
      clock = right + ms;
      turn();
      clock = right;
    },
    answers: (name, fate) => {
      const [path = '', address] = name.split(' ');
      rtts.set(address === undefined ? longPath(path) : `${longPath(path)} ${address}`, fate);
    },
    takeSent: () => {
      const since = sent;
      sent = 0;
      return since;
    },
    counts: (counted) => {
      counting = counted;
    },
    slowBursts: (ms) => {
      burstStartsIn = ms;
    },
    barWitness: (isBarred) => {
      isWitnessBarred = isBarred;
    },
    refuseBursts: (refuses) => {
      isRefusing = refuses;
    },
    killPing: (path, restartIn) => {
      for (const [key, child] of children) {
        if (child.probe.path !== longPath(path)) continue;
        child.alive = false;
        facts.push({ kind: 'probe-ended', probe: key, how: 'killed', restartIn: millis(restartIn) });
        at(clock + restartIn, () => {
          if (children.get(key) === child) start(child.probe);
        });
      }
      turn();
    },
    hangPing: (name) => {
      const [path = '', address] = name.split(' ');
      for (const child of children.values()) {
        const isIt = address === undefined || child.probe.address === address;
        if (child.probe.path === longPath(path) && isIt) child.alive = false;
      }
    },
    forge: (path, { seq, rtt, duplicate = false }) => {
      const [key] = [...children].find(([, { probe }]) => probe.path === longPath(path)) ?? [''];
      facts.push({
        kind: 'probe-answer',
        probe: key,
        seq,
        rtt: rtt === null ? null : millis(rtt),
        duplicate,
      });
      turn();
    },
    breakPf: (step, text = 'no') => {
      failure = step === null ? null : { step, text };
    },
    loseRoute: (rtable) => {
      routed.delete(`${rtable} inet`);
      facts.push({ kind: 'route-event', rtable });
      at(clock, () => {});
    },
    breakRoute: (path, text) => {
      const key = longPath(path);
      if (text === null) routeFailures.delete(key);
      else routeFailures.set(key, text);
    },
    hangPf: (hangs) => {
      pfHangs = hangs;
    },
    flushPf: () => {
      pf = { ...pf, rules: '[]', tables: new Map() };
    },
    flushPool: (policy) => {
      isSpoilt = true;
      pf.pools.delete(`uplinkd/${policy}`);
    },
    spoilPool: (policy, address, weight) => {
      const held = pf.pools.get(`uplinkd/${policy}`);
      if (held === undefined) return;
      isSpoilt = true;
      const tables = [...held.tables].map(([name, entries]): [string, ReadonlyMap<string, number>] => {
        const rest = [...entries].filter(([each]) => each !== address);
        return [name, new Map(weight === null ? rest : [...rest, [address, weight]])];
      });
      pf.pools.set(`uplinkd/${policy}`, { rules: held.rules, tables: new Map(tables) });
    },
    callAnchor: (called) => {
      isCalled = called;
    },
    breakSweep: (text) => {
      sweepFailure = text;
    },
    slowSweep: (ms) => {
      sweepTakes = ms;
    },
    grow: (link, count) => {
      states.set(longPath(link), count);
    },
    pin: (link, count) => {
      pinned.set(longPath(link), count);
    },
  };
};
