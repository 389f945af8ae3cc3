/**
 * health.json: what is read is written so that it reads to the same; and whatever it says, the core that it is recalled into asks pf and
 * ifconfig for nothing that it could not have asked for by itself.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseConfig } from '../config/parse.ts';
import { parseAddress } from '../core/address.ts';
import { type Engine, newEngine } from '../core/engine.ts';
import type { Memory } from '../core/memory.ts';
import type { InterfaceTable } from '../core/model.ts';
import { renderNote } from '../core/note.ts';
import type { Observation } from '../core/observation.ts';
import { observe } from '../core/observe.ts';
import { type Mono, millis, mono } from '../core/time.ts';
import type { PfResult, SweepResult } from '../core/transaction.ts';
import { settle, type Turn } from '../core/turn.ts';
import { renderRuleset } from '../text/pf.ts';
import { parseMemory, renderMemory } from '../wire/memory.ts';
import { type Subject, shapeOf, type Verdict } from './subject.ts';

/** Something in each member, so that every key of the file is damaged; test/fuzz compares it with what is read back. */
export const FULL_MEMORY: Memory = {
  age: millis(0),
  paths: [
    {
      path: 'fibre/inet',
      identity: '1:192.0.2.2>192.0.2.1',
      health: 'up',
      reason: 'answering',
      lasted: millis(5000),
      damping: { penalty: 1.5, isSuppressed: false, ago: millis(10) },
    },
    {
      path: 'dsl/inet',
      identity: '2:198.51.100.9>198.51.100.1',
      health: 'down',
      reason: 'damped',
      lasted: millis(700),
      damping: { penalty: 3.5, isSuppressed: true, ago: millis(0) },
    },
    {
      path: 'gone/inet6',
      identity: '7:fe80::2>fe80::1',
      health: 'degraded',
      reason: 'probe-latency',
      lasted: millis(60_000),
      damping: { penalty: 0, isSuppressed: false, ago: millis(0) },
    },
  ],
  left: [
    { path: 'lte/inet', gateway: '203.0.113.1', address: '203.0.113.7', rdomain: 3 },
    { path: 'fibre/inet', gateway: '192.0.2.254', address: '192.0.2.2', rdomain: 0 },
    { path: 'gone/inet', gateway: '100.64.0.1', address: '100.64.0.2', rdomain: 0 },
  ],
  users: [{ path: 'dsl/inet', policies: ['default', 'voip'] }],
  pooled: ['fibre/inet', 'gone/inet'],
  rtables: [
    { link: 'fibre', rtable: 101 },
    { link: 'dsl', rtable: 102 },
    { link: 'gone', rtable: 103 },
  ],
  rdomains: [{ link: 'lte', rdomain: 3 }],
  rdomainsSeen: [0, 3],
  carp: { group: 'carp', by: 20 },
  records: [
    {
      path: 'fibre/inet',
      transitions: [
        { ago: millis(9000), from: 'down', to: 'up', reason: 'answering', lasted: millis(4000) },
        { ago: millis(100), from: 'up', to: 'degraded', reason: 'probe-loss', lasted: millis(8900) },
      ],
      availability: {
        hours: [
          [
            ['up', 'answering', 1, 3500],
            ['down', 'probe-loss', 2, 100],
          ],
          [],
        ],
        hourLeft: millis(10_000),
        days: [[['up', 'answering', 1, 86_000]]],
        dayLeft: millis(5000),
      },
    },
  ],
  months: [{ link: 'lte', months: [{ month: '2026-11', bytes: 123_456 }] }],
  admin: [
    { link: 'dsl', mode: 'drained' },
    { link: 'lte', mode: 'disabled' },
  ],
};

const FULL_FILE = renderMemory(FULL_MEMORY, {
  bootedAtMs: 1_795_000_000_000,
  keptAtMs: 1_795_000_100_000,
  uptimeMs: 100_000,
});

/** JSON has a -0 that is written as 0. */
const again = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const memory: Subject = {
  name: 'memory',
  seeds: [FULL_FILE],
  judge: (input) => {
    const parsed = parseMemory(input);
    if (parsed === null) return { complaint: null, shape: 'nothing' };
    const { memory: kept, ...when } = parsed;
    const isSame = isDeepStrictEqual(again(parseMemory(renderMemory(kept, when))), again(parsed));
    return { complaint: isSame ? null : 'print: reads otherwise', shape: shapeOf(parsed) };
  },
};

const CONFIG = `[carp]
[link.fibre]
interface = "em1"
gateway = "192.0.2.1"
[link.dsl]
interface = "em2"
gateway = "198.51.100.1"
[link.lte]
interface = "em3"
gateway = "203.0.113.254"
[policy.default]
balance = "round-robin"
`;

const own = (name: string, index: number, address: string, rdomain = 0): InterfaceTable[number] => ({
  name,
  index,
  up: true,
  carrier: 'up',
  rdomain,
  addresses: [{ family: 'inet', address, prefixLength: 24, peer: null }],
});
const INTERFACES: InterfaceTable = [
  own('em1', 1, '192.0.2.2'),
  own('em2', 2, '198.51.100.2'),
  own('em3', 3, '203.0.113.7', 3),
];

/** pf holds nothing of ours. */
const EMPTY: PfResult = {
  kind: 'inspected',
  differences: ['anchor uplinkd holds 0 rules'],
  rulesDiffer: true,
  tablesThatDiffer: [],
  poolsThatDiffer: ['uplinkd/default'],
  isCalled: true,
  rulesHeld: 0,
  rtablesHeld: [],
  fingerprint: [],
};

const LABEL = /^uplink:[a-z][a-z0-9_]{0,14}(?::inet6)?(?::in|:probe)?$/;

/** What no turn may hand out. */
const complainOfTurn = ({ pf, sweep, carp, deadline, notes }: Turn, now: Mono): string | null => {
  if (deadline !== null && !(deadline > now)) return `deadline: ${deadline} at ${now}`;
  const kills = pf?.kind === 'apply' ? pf.kills : [];
  for (const { what, rdomains } of kills) {
    if (what.kind === 'label' && !LABEL.test(what.label)) return `label: ${what.label}`;
    if (rdomains.some((each) => !(each >= 0 && each <= 255))) return `rdomain: ${rdomains}`;
  }
  const gateway = sweep?.gateways.find((each) => parseAddress(each.gateway) === null)?.gateway;
  if (gateway !== undefined) return `gateway: ${gateway}`;
  if (carp !== null && !/^[A-Za-z][A-Za-z0-9_]{0,14}$/.test(carp.group)) return `group: ${carp.group}`;
  if (pf !== null && pf.ruleset !== null) renderRuleset(pf.ruleset);
  const said = notes.map((note) => renderNote(note).text).find((text) => /\p{Cc}|NaN|Infinity/u.test(text));
  return said === undefined ? null : `note: ${said}`;
};

/** A start with this memory: settings, interfaces, a look at pf, a load, the sweep behind it. */
const recalled: Subject = {
  name: 'memory-recalled',
  seeds: [FULL_FILE],
  judge: (input): Verdict => {
    const parsed = parseMemory(input);
    const config = parseConfig(CONFIG, 'uplinkd.conf');
    if (config.kind !== 'ok') throw new Error('the configuration of this subject is refused');
    if (parsed === null) return { complaint: null, shape: 'nothing' };
    const begins: readonly Observation[] = [
      { kind: 'memory', memory: parsed.memory },
      { kind: 'settings', settings: config.settings },
      { kind: 'interfaces', interfaces: INTERFACES },
    ];
    let now = mono(1_000_000);
    let engine: Engine = begins.reduce((so, each) => observe(so, each, now), newEngine);
    const kinds: string[] = [];
    for (let step = 0; step < 8; step++) {
      const turn = settle(engine, now);
      const complaint = complainOfTurn(turn, now);
      if (complaint !== null) return { complaint, shape: '' };
      const { pf, sweep } = turn;
      kinds.push(
        `${pf?.kind} ${pf?.kind === 'apply' ? pf.kills.length : ''} ${sweep?.gateways.length ?? ''}`,
      );
      engine = turn.engine;
      now = mono(now + 2000);
      if (pf !== null) {
        const applied: PfResult = { kind: 'applied', fingerprint: [], loadTook: millis(5), killed: [1] };
        const result = pf.kind === 'inspect' ? EMPTY : applied;
        engine = observe(engine, { kind: 'pf', id: pf.id, result }, now);
      }
      if (sweep !== null) {
        const killed = [{ link: 'dsl', count: 1, again: false }];
        const result: SweepResult = { kind: 'swept', killed, spared: [] };
        engine = observe(engine, { kind: 'swept', id: sweep.id, result }, now);
      }
    }
    const healths = [...engine.paths.values()].map(({ health, reason }) => `${health} ${reason}`);
    return { complaint: null, shape: [...kinds, ...healths].join() };
  },
};

export const memorySubjects: readonly Subject[] = [memory, recalled];
