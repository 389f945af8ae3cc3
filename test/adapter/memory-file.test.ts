/** health.json: what is written is read back, within a boot; beyond it only what an operator has said. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createMemoryFile } from '../../src/adapter/memory-file.ts';
import type { Memory } from '../../src/core/memory.ts';
import { millis } from '../../src/core/time.ts';

const memory: Memory = {
  paths: [
    { path: 'a/inet', identity: '1:x>y', health: 'degraded', reason: 'probe-latency', lasted: millis(5) },
    { path: 'b/inet6', identity: '2:x>y', health: 'unknown', reason: 'hold', lasted: millis(0) },
  ],
  rtables: [{ link: 'a', rtable: 101 }],
  rdomains: [{ link: 'a', rdomain: 103 }],
  rdomainsSeen: [0],
  carp: { group: 'carp', by: 50 },
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

t.test('what was kept', async (t) => {
  const { store, said, state } = open(t);
  t.equal(store.recall(), null);
  store.keep(memory);
  t.strictSame(store.recall(), memory);
  t.strictSame(readdirSync(state), ['health.json']);
  t.strictSame(said, []);
});

t.test('of another boot', async (t) => {
  const { store, file } = open(t);
  store.keep(memory);
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...kept, bootedAtMs: kept.bootedAtMs - 60_000 }));
  t.strictSame(store.recall(), {
    ...memory,
    paths: [],
    rtables: [],
    rdomains: [],
    rdomainsSeen: [],
    carp: null,
  });
});

t.test('of a version that knew no word by hand', async (t) => {
  const { store, file } = open(t);
  store.keep(memory);
  const { admin: _, carp: __, ...kept } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify(kept));
  t.strictSame(store.recall(), { ...memory, carp: null, admin: [] });
});

t.test('not understood', async (t) => {
  const { store, said, file } = open(t);
  store.keep(memory);
  writeFileSync(file, '{');
  t.equal(store.recall(), null);
  t.match(said, [/^warning .*health\.json: not understood, ignored$/]);
});

t.test('nowhere to write: said once', async (t) => {
  const { store, said, state } = open(t);
  writeFileSync(state, '');
  store.keep(memory);
  store.keep(memory);
  t.match(said, [/^warning .*a restart will forget health$/]);
});
