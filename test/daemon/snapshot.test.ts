/** The status document of a whole engine in virtual time, and what is said of it in the log. */
import t from 'tap';
import type { Settings } from '../../src/core/model.ts';
import { mono } from '../../src/core/time.ts';
import { renderFullStatus } from '../../src/daemon/full-status.ts';
import { takeSnapshot } from '../../src/daemon/snapshot.ts';
import { type PolicyFamilyStatus, type Status, statusSchema } from '../../src/wire/status.ts';
import { interfacesOf6, linkSettings, linkSettings6, policySettings, settingsOf } from '../core/example.ts';
import { createWorld, type World } from '../core/world.ts';
import { exampleStatus } from '../wire/example.ts';

const facts = {
  version: '0.1.0',
  pid: 1,
  config: '/etc/uplinkd.conf',
  startedAt: mono(0),
  settingsLoadedAt: mono(0),
};

const steady = (settings: Settings): World => {
  const world = createWorld();
  world.load(settings);
  world.interfaces(interfacesOf6(3));
  world.run(60_000);
  return world;
};
const snapshotOf = (world: World): Status => takeSnapshot(world.engine(), facts, [], [], mono(world.now()));

/** `b 100% (up)`, what would follow the loss of these links. */
const fallbacks = ({ failovers }: PolicyFamilyStatus): readonly string[] =>
  failovers.map(
    ({ lost, rung, shares }) =>
      `${lost.join(' ')}: ${shares.map(({ link, percent }) => `${link} ${percent}%`).join(' ')} (${rung})`,
  );
const decisionsOf = (status: Status): readonly PolicyFamilyStatus[] => status.policies[0]?.families ?? [];

const a = linkSettings('a', 0, { weight: 3 });
const b = linkSettings('b', 1);
const c = linkSettings('c', 2, { tier: 2, metered: true });

t.test('what would follow is what does follow', async (t) => {
  const world = steady(settingsOf([a, b, c]));
  const status = snapshotOf(world);
  t.strictSame(statusSchema.parse(JSON.parse(JSON.stringify(status))), status, 'it is a status document');
  t.strictSame(decisionsOf(status).map(fallbacks), [['a: b 100% (up)', 'a b: c 100% (up)']]);
  const unplug = (number: number): void =>
    world.tell({ kind: 'interface-status', name: `em${number}`, up: true, carrier: 'down' });
  unplug(0);
  world.run(100);
  t.match(decisionsOf(snapshotOf(world)), [{ rung: 'up', shares: [{ link: 'b', percent: 100 }] }]);
  t.strictSame(
    decisionsOf(snapshotOf(world)).map(fallbacks),
    [['b: c 100% (up)']],
    'the best is all there is',
  );
  unplug(1);
  world.run(100);
  t.strictSame(decisionsOf(snapshotOf(world)).map(fallbacks), [['c:  (none)']]);
  unplug(2);
  world.run(100);
  t.match(decisionsOf(snapshotOf(world)), [{ rung: 'none', failovers: [] }]);
});

t.test('families, sources and the balance in force', async (t) => {
  const links = [linkSettings6('a', 0), linkSettings6('b', 1)];
  const pooled = policySettings(links, { balance: 'least-states', sticky: true });
  const status = snapshotOf(steady(settingsOf(links, [pooled])));
  t.strictSame(
    decisionsOf(status).map(({ family, source, balance }) => [family, source, balance]),
    [
      ['inet', null, 'least-states'],
      ['inet6', 'a', 'weight'],
      ['inet6', 'b', 'weight'],
    ],
    'no pool can have what takes only its own prefix',
  );
  t.strictSame(decisionsOf(status).map(fallbacks), [
    ['a: b 100% (up)', 'a b:  (none)'],
    ['a:  (none)'],
    ['b:  (none)'],
  ]);
  t.match(status.links, [
    { gateway: '10.0.0.1', gateway6: '2001:db8:0::1', nat6: 'no', prefix6: ['2001:db8:100::/48'] },
    { gateway: '10.1.0.1', nat6: 'no', metered: false },
  ]);
  t.match(status.policies, [{ balance: 'least-states', sticky: true, failback: null, empty: 'last-resort' }]);
  t.match(status.pf.pools, [{ anchor: 'uplinkd/default', rules: [/^table <pool_inet> /, /^pass in /] }]);
});

t.test('who carries what is of this machine itself', async (t) => {
  const own = (over: Partial<Settings>) => {
    const world = steady(settingsOf([a, b, c], [policySettings([a, b, c])], over));
    return { world, now: () => snapshotOf(world).ownTraffic };
  };
  t.strictSame(own({ defaultRoute: 'leave' }).now(), {
    mode: 'leave',
    families: [{ family: 'inet', links: [] }],
  });
  const best = own({ defaultRoute: 'best' });
  t.strictSame(best.now(), { mode: 'best', families: [{ family: 'inet', links: ['a'] }] });
  best.world.tell({ kind: 'interface-status', name: 'em0', up: true, carrier: 'down' });
  best.world.run(100);
  t.strictSame(best.now().families, [{ family: 'inet', links: ['b'] }]);
  t.strictSame(own({ defaultRoute: 'multipath' }).now().families, [{ family: 'inet', links: ['a', 'b'] }]);
});

t.test('everything that is known, as log lines', async (t) => {
  const lines = renderFullStatus(exampleStatus);
  const about = (start: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`status: ${start}`));
  t.strictSame(about('link lte'), [
    'status: link lte inet: down (carrier-down) for 4m12s, em3 down, gateway 192.0.2.1, rtable 103, penalty 1450, held back for 1m04s',
    'status: link lte inet: available 99.99% of 24h, 0.00% of 7d, - of 30d, 9.30% since the start',
  ]);
  t.match(about('link dsl'), [
    'status: link dsl inet: unknown (hold) for 3.1s, up in 6.9s, em1 up, gateway 198.51.100.1, rtable 102',
    /^status: link dsl inet: available 99\.53% of 24h/,
    'status: link dsl inet: target 9.9.9.9: answers, 86390 answered, 10 lost, 2 late, 1 duplicates, loss 0.0%, rtt p50 41.3 ms, p95 388.0 ms, jitter 0.4 ms',
  ]);
  t.match(about('link radio').at(-1), /target 9\.9\.9\.9: unknown, .* loss -$/);
  t.strictSame(about('own'), ['status: own traffic inet: fibre', 'status: own traffic inet6: nothing']);
  const paths = exampleStatus.links.flatMap((link) =>
    link.paths.map(({ family }) => `link ${link.name} ${family}: `),
  );
  const decisions = exampleStatus.policies.flatMap(({ name, families }) =>
    families.map(
      ({ family, source }) => `policy ${name} ${family}${source === null ? '' : ` from ${source}`}: `,
    ),
  );
  for (const each of [...paths, ...decisions]) t.ok(about(each).length > 0, each);
  t.ok(
    lines.every((line) => line.startsWith('status: ') && !line.includes('\n')),
    'a fact a line',
  );
});

t.test('as log lines', async (t) => {
  const lines = renderFullStatus(snapshotOf(steady(settingsOf([linkSettings6('a', 0)])))).join('\n');
  t.match(lines, /link a inet: up .* gateway 10\.0\.0\.1, rtable 101\n/);
  t.match(lines, /link a inet6: up .* gateway 2001:db8:0::1, rtable 101\n/);
  t.match(lines, /policy default inet: a 100% \(up\) for .*, balance weight$/m);
  t.match(lines, /policy default inet6 from a: a 100% \(up\) for .*, balance weight$/m);
  t.match(lines, /status: pf: anchor uplinkd known, \d+ rules, 0 pools, 1 loads, /);
});
