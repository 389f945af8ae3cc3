/** health.json: what is written is read back, within a boot; beyond it only what an operator has said. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createMemoryFile } from '../../src/adapter/memory-file.ts';
import type { Memory } from '../../src/core/memory.ts';
import { millis } from '../../src/core/time.ts';

const damping = { penalty: 1000, isSuppressed: false, ago: millis(7) };

const memory: Memory = {
  age: millis(0),
  paths: [
    {
      path: 'a/inet',
      identity: '1:x>y',
      health: 'degraded',
      reason: 'probe-latency',
      lasted: millis(5),
      damping,
    },
    { path: 'b/inet6', identity: '2:x>y', health: 'unknown', reason: 'hold', lasted: millis(0), damping },
  ],
  rtables: [{ link: 'a', rtable: 101 }],
  rdomains: [{ link: 'a', rdomain: 103 }],
  left: [{ path: 'c/inet', gateway: '192.0.2.1', address: '192.0.2.2', rdomain: 0 }],
  users: [{ path: 'a/inet', policies: ['default', 'voip'] }],
  pooled: ['a/inet'],
  rdomainsSeen: [0],
  carp: { group: 'carp', by: 50 },
  months: [{ link: 'a', months: [{ month: '2026-11', bytes: 31_200_000 }] }],
  records: [
    {
      path: 'a/inet',
      transitions: [
        { ago: millis(9000), from: 'up', to: 'degraded', reason: 'probe-latency', lasted: millis(77) },
      ],
      availability: {
        hours: [[['up', 'answering', 1, 3600]], []],
        hourLeft: millis(100),
        days: [
          [
            ['up', 'answering', 1, 3600],
            ['down', 'probe-loss', 2, 5],
          ],
        ],
        dayLeft: millis(100_000),
      },
    },
  ],
  admin: [{ link: 'b', mode: 'drained' }],
};

const open = (t: Test) => {
  const directory = mkdtempSync(join(tmpdir(), 'uplinkd-memory-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const said: string[] = [];
  const state = join(directory, 'state');
  const store = createMemoryFile(state, { write: (severity, text) => said.push(`${severity} ${text}`) });
  return { store, said, state, file: join(state, 'health.json') };
};

/** How long ago it was kept is not the same twice. */
const recall = (store: ReturnType<typeof open>['store']): Memory | null => {
  const kept = store.recall();
  return kept === null ? null : { ...kept, age: millis(0) };
};

t.test('how long ago it was kept', async (t) => {
  const { store, file } = open(t);
  store.keep(memory);
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  const rows: readonly (readonly [string, object, number])[] = [
    ['just now', kept, 0],
    // However long ago this machine was booted.
    ['half as long after the boot', { ...kept, uptimeMs: kept.uptimeMs / 2 }, kept.uptimeMs / 2],
    ['whatever the wall clock says', { ...kept, keptAtMs: kept.keptAtMs - 86_400_000 }, 0],
    [
      'an hour ago, in another boot',
      { ...kept, bootedAtMs: kept.bootedAtMs - 7_200_000, keptAtMs: kept.keptAtMs - 3_600_000 },
      3_600_000,
    ],
    ['never in the future', { ...kept, bootedAtMs: 0, keptAtMs: kept.keptAtMs + 3_600_000 }, 0],
  ];
  for (const [name, text, wanted] of rows) {
    writeFileSync(file, JSON.stringify(text));
    const age = store.recall()?.age ?? -1;
    t.ok(age >= wanted && age < wanted + 600_000, `${name}: ${age}`);
  }
});

t.test('what was kept', async (t) => {
  const { store, said, state } = open(t);
  t.equal(store.recall(), null);
  store.keep(memory);
  t.strictSame(recall(store), memory);
  t.strictSame(readdirSync(state), ['health.json']);
  t.strictSame(said, []);
});

t.test('of another boot', async (t) => {
  const { store, file } = open(t);
  store.keep(memory);
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...kept, bootedAtMs: kept.bootedAtMs - 60_000 }));
  t.strictSame(recall(store), {
    ...memory,
    paths: [],
    rtables: [],
    rdomains: [],
    left: [],
    users: [],
    pooled: [],
    rdomainsSeen: [],
    carp: null,
  });
});

t.test('of a version that knew no word by hand', async (t) => {
  const { store, file } = open(t);
  store.keep(memory);
  const { admin: _, carp: __, ...kept } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify(kept));
  t.strictSame(recall(store), { ...memory, carp: null, admin: [] });
});

t.test('records that are not understood are thrown away, and nothing else', async (t) => {
  const { store, said, file } = open(t);
  store.keep(memory);
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...kept, records: [{ path: 'a/inet', availability: 7 }] }));
  t.strictSame(recall(store), { ...memory, records: [] });
  t.strictSame(said, []);
});

t.test('not understood', async (t) => {
  const { store, said, file } = open(t);
  store.keep(memory);
  writeFileSync(file, '{');
  t.equal(store.recall(), null);
  t.match(said, [/^warning .*health\.json: not understood, ignored$/]);
});

t.test(
  'names and addresses that no uplinkd has written: pfctl and ifconfig would be called with them',
  async (t) => {
    const { store, said, file } = open(t);
    store.keep(memory);
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    const left = memory.left[0];
    for (const strange of [
      { rtables: [{ link: '-k', rtable: 101 }] },
      { rtables: [{ link: '', rtable: 101 }] },
      { admin: [{ link: 'a b', mode: 'drained' }] },
      { users: [{ path: 'ü/inet', policies: [] }] },
      { users: [{ path: 'a/inet', policies: ['A'] }] },
      { left: [{ ...left, gateway: '192.0.2.256' }] },
      { left: [{ ...left, address: 'any' }] },
      { carp: { group: 'em0', by: 50 } },
      { carp: { group: '-g', by: 50 } },
    ]) {
      writeFileSync(file, JSON.stringify({ ...kept, ...strange }));
      t.equal(store.recall(), null, JSON.stringify(strange));
    }
    t.equal(said.length, 9);
  },
);

t.test('nowhere to write: said once', async (t) => {
  const { store, said, state } = open(t);
  writeFileSync(state, '');
  store.keep(memory);
  store.keep(memory);
  t.match(said, [/^warning .*a restart will forget health$/]);
});
