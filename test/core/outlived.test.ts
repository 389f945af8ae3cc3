/** What a path leaves behind when it becomes another one, and which links the kernel cannot tell apart. */
import t from 'tap';
import { findConflicts } from '../../src/core/conflict.ts';
import { type Engine, newEngine } from '../../src/core/engine.ts';
import { stepEvidence } from '../../src/core/health.ts';
import { type Memory, rememberPresent } from '../../src/core/memory.ts';
import type { Interface, LinkSettings, Settings } from '../../src/core/model.ts';
import { findLostPrefixes, findOutlived, findRemoved, recallPlace } from '../../src/core/outlived.ts';
import { newPath, type PathHealth } from '../../src/core/path.ts';
import { allocateRtables, noRtables } from '../../src/core/rtable.ts';
import { keepOutlived, newSweepLane } from '../../src/core/sweep.ts';
import { millis, mono } from '../../src/core/time.ts';
import { em, linkSettings, linkSettings6, prefix6, settingsOf } from './example.ts';

const at = (link: LinkSettings, gateway: string, address: string, rdomain = 0): PathHealth =>
  stepEvidence(
    newPath(link, 'inet', 101, mono(0), rdomain),
    { kind: 'ready', gateway, address, identity: `1:${address}>${gateway}` },
    mono(0),
  );

/** `LABEL in 0,103; …`, and the gateway to be swept. */
const left = (link: LinkSettings, before: PathHealth, after: PathHealth, wasPooled = false): string => {
  const { kills, sweep } = findOutlived(link, before, after, wasPooled);
  const killed = kills.map(
    ({ what, rdomains }) => `${what.kind === 'label' ? what.label : what.network} in ${rdomains.join(',')}`,
  );
  return [...killed, ...(sweep === null ? [] : [`sweep ${sweep.gateway}`])].join('; ');
};

t.test('states go with what they depend on, and with nothing else', async (t) => {
  const nat = linkSettings('a', 0);
  const routed = linkSettings('a', 0, { nat: false });
  const byTable = linkSettings('a', 0, { via: 'rtable' });
  const all = (domains = '0') =>
    ['uplink:a', 'uplink:a:in', 'uplink:a:probe'].map((label) => `${label} in ${domains}`).join('; ');
  const rows: readonly (readonly [string, LinkSettings, PathHealth, PathHealth, string])[] = [
    ['the same again', nat, at(nat, '10.0.0.1', '10.0.0.2'), at(nat, '10.0.0.1', '10.0.0.2'), ''],
    [
      'another gateway',
      nat,
      at(nat, '10.0.0.1', '10.0.0.2'),
      at(nat, '10.0.0.9', '10.0.0.2'),
      `${all()}; sweep 10.0.0.1`,
    ],
    ['another address', nat, at(nat, '10.0.0.1', '10.0.0.2'), at(nat, '10.0.0.1', '10.0.0.3'), all()],
    [
      'another address, and nothing is translated to it',
      routed,
      at(routed, '10.0.0.1', '10.0.0.2'),
      at(routed, '10.0.0.1', '10.0.0.3'),
      '',
    ],
    [
      'another gateway, which is in a routing table alone',
      byTable,
      at(byTable, '10.0.0.1', '10.0.0.2'),
      at(byTable, '10.0.0.9', '10.0.0.2'),
      '',
    ],
    [
      'another routing domain',
      nat,
      at(nat, '10.0.0.1', '10.0.0.2', 103),
      at(nat, '10.0.0.1', '10.0.0.2', 0),
      all('0,103'),
    ],
  ];
  for (const [name, link, before, after, wanted] of rows) t.equal(left(link, before, after), wanted, name);
  const addresses = [at(nat, '10.0.0.1', '10.0.0.2'), at(nat, '10.0.0.1', '10.0.0.3')] as const;
  t.equal(
    left(nat, ...addresses, true),
    `${all()}; sweep 10.0.0.1`,
    'what a pool had pinned has no guard now',
  );
  const { sweep } = findOutlived(nat, ...addresses, true);
  t.equal(sweep?.isKept, true);
  const lane = { ...newSweepLane, outlived: sweep === null ? [] : [sweep] };
  t.equal(keepOutlived(lane, ['10.0.0.1', '10.1.0.1']), lane, 'swept although it is its gateway still');
  t.same(keepOutlived(lane, ['10.0.0.1', '10.0.0.1']).outlived, [], 'not if it is that of another one, too');
  // As a reload leaves it: the path is new, and knows what it was.
  const before = at(nat, '10.0.0.1', '10.0.0.2', 0);
  const moved = { ...newPath(nat, 'inet', 103, mono(0), 103), lastReady: before.lastReady };
  const evidence = { kind: 'ready', gateway: '10.0.0.1', address: '10.0.0.2', identity: 'x' } as const;
  t.equal(left(nat, moved, stepEvidence(moved, evidence, mono(1))), all('0,103'), 'an interface that moves');
});

t.test('over a restart, whatever is seen first', async (t) => {
  const link = linkSettings('a', 0);
  const was = at(link, '10.0.0.1', '10.0.0.2');
  const is = {
    kind: 'ready',
    gateway: '10.0.0.9',
    address: '10.0.0.3',
    identity: '1:10.0.0.3>10.0.0.9',
  } as const;
  const numbers = { ...noRtables, rdomains: new Map([['a', 7]]) };
  const keep = (path: PathHealth) => rememberPresent([path], numbers, new Map(), null, mono(0));
  const fresh = newPath(link, 'inet', 101, mono(0), 0);
  const gone = (memory: Memory): string => {
    const recalled = recallPlace(fresh, memory);
    // In the middle of a session's end, as it may be.
    const down = stepEvidence(recalled, { kind: 'missing', reason: 'carrier-down' }, mono(1));
    return left(link, down, stepEvidence(down, is, mono(2)));
  };
  const judged = keep({ ...was, health: 'up', reason: 'answering' });
  t.same(judged.left, []);
  t.match(gone(judged), /^uplink:a in 0,7; /);
  const lost = keep(stepEvidence(was, { kind: 'missing', reason: 'no-address' }, mono(0)));
  t.same(lost.paths, []);
  t.match(gone(lost), /^uplink:a in 0; .*; sweep 10\.0\.0\.1$/, 'not ready when it was remembered');
  t.equal(recallPlace(was, lost), was, 'what this life has seen is newer');
  t.equal(recallPlace(fresh, null).lastReady, null);
  for (const identity of ['', '1:10.0.0.2', '1:10.0.0.2>', '1:10.0.0.2>10.0.0.256', '1:x>10.0.0.1']) {
    const paths = judged.paths.map((each) => ({ ...each, identity }));
    t.equal(recallPlace(fresh, { ...judged, paths }).lastReady, null, `no place: ${identity}`);
  }
});

t.test('a prefix that was taken back', async (t) => {
  const two = [prefix6('2001:db8:1::'), prefix6('2001:db8:2::')];
  const [one] = two;
  const of = (more: Partial<LinkSettings>) => settingsOf([linkSettings6('a', 0, more)]);
  const lost = (before: Partial<LinkSettings>, after: Partial<LinkSettings>) =>
    findLostPrefixes(of(before), of(after), noRtables).map(({ what }) =>
      what.kind === 'source' ? what.network : what.label,
    );
  t.same(lost({ prefix6: two }, { prefix6: one === undefined ? [] : [one] }), ['2001:db8:2::/48']);
  t.same(lost({ prefix6: two }, { prefix6: two }), []);
  t.same(lost({ prefix6: two, nat6: 'nat' }, { prefix6: [], nat6: 'nat' }), [], 'translated states go on');
  t.same(findLostPrefixes(null, of({}), noRtables), []);
  t.same(
    lost({ prefix6: two }, { prefix6: [] }),
    ['uplink:a:inet6'],
    'by the link alone where all are gone: another may translate the same source',
  );
});

t.test('a link that is taken out leaves nothing behind', async (t) => {
  const a = linkSettings6('a', 0);
  const b = linkSettings('b', 1);
  const ready = at(a, '10.0.0.1', '10.0.0.2');
  const six = newPath(a, 'inet6', 101, mono(0));
  const inB = newPath(b, 'inet', 102, mono(0));
  const engine = { ...newEngine, paths: new Map([ready, six, inB].map((path) => [path.key, path] as const)) };
  const removed = (of: Engine, settings: Settings) =>
    findRemoved(of, settings).map(({ kills, sweep }) =>
      [
        ...kills.map(({ what }) => (what.kind === 'label' ? what.label : what.network)),
        ...(sweep === null ? [] : [`sweep ${sweep.gateway}`]),
      ].join('; '),
    );
  t.same(removed(engine, settingsOf([a, b])), []);
  t.same(removed(engine, settingsOf([b])), [
    'uplink:a; uplink:a:in; sweep 10.0.0.1',
    'uplink:a:inet6; uplink:a:inet6:in',
  ]);
  t.same(removed(engine, settingsOf([{ ...a, gateway6: null }, b])), ['uplink:a:inet6; uplink:a:inet6:in']);
  const memory: Memory = {
    paths: [
      {
        path: 'a/inet',
        identity: '1:10.0.0.2>10.0.0.1',
        health: 'up',
        reason: 'answering',
        lasted: millis(5),
        damping: { penalty: 0, isSuppressed: false, ago: millis(0) },
      },
    ],
    rtables: [
      { link: 'a', rtable: 101 },
      { link: 'b', rtable: 102 },
    ],
    rdomains: [],
    left: [],
    users: [],
    pooled: [],
    rdomainsSeen: [0],
    carp: null,
    admin: [],
    age: millis(0),
    records: [],
    months: [],
  };
  t.same(
    removed({ ...newEngine, memory }, settingsOf([b])),
    ['uplink:a; uplink:a:in; sweep 10.0.0.1', 'uplink:a:inet6; uplink:a:inet6:in'],
    'over a restart as well',
  );
});

t.test('links that the kernel cannot tell apart', async (t) => {
  const conflicts = (links: readonly LinkSettings[], interfaces: readonly Interface[]) =>
    [
      ...findConflicts(
        links,
        { interfaces, learnt: [] },
        allocateRtables(noRtables, links, interfaces),
      ).values(),
    ].map(({ path, reason, with: rival, what }) => `${path} ${reason} ${rival} ${what}`);
  const on = (number: number, address: string, more: Partial<Interface> = {}): Interface =>
    em(number, { addresses: [{ family: 'inet', address, prefixLength: 24, peer: null }], ...more });
  const a = linkSettings('a', 0, { gateway: '192.168.1.1' });
  const b = linkSettings('b', 1, { gateway: '192.168.1.1' });
  const c = linkSettings('c', 2, { gateway: '192.168.1.254' });
  t.same(conflicts([a, b], [on(0, '192.168.1.2'), on(1, '192.168.1.3')]), [
    'b/inet same-gateway a 192.168.1.1',
  ]);
  t.same(conflicts([a, c], [on(0, '192.168.1.2'), on(2, '192.168.1.3')]), [
    'c/inet same-network a 192.168.1.0/24',
  ]);
  const own = [on(0, '192.168.1.2', { rdomain: 101 }), on(1, '192.168.1.2', { rdomain: 102 })];
  t.same(conflicts([a, b], own), [], 'a routing domain each is the cure');
  const shared = [on(0, '192.168.1.2', { rdomain: 101 }), on(2, '192.168.9.2', { rdomain: 101 })];
  t.same(conflicts([a, linkSettings('c', 2, { gateway: '192.168.9.1' })], shared), [
    'c/inet same-rdomain a rdomain 101',
  ]);
  t.same(conflicts([a, b], [on(0, '192.168.1.2')]), [], 'one that is not there is in nobody’s way');
  const down = on(0, '192.168.1.2', { carrier: 'down' });
  t.equal(
    conflicts([a, b], [down, on(1, '192.168.1.3')]).length,
    1,
    'its address is in the way all the same',
  );
});
