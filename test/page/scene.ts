/**
 * An hour in the life of a router, for the page: the real loop over the emulated router in virtual time, and the page served by
 * the real server. Day and month cannot be lived through in a test, so their rings are filled with what such days look like.
 */
import type { Test } from 'tap';
import { createClock } from '../../src/adapter/clock.ts';
import { createWebServer } from '../../src/adapter/http-server.ts';
import { newTally } from '../../src/core/tally.ts';
import { mono } from '../../src/core/time.ts';
import { createPlots } from '../../src/daemon/plots.ts';
import { takeSnapshot } from '../../src/daemon/snapshot.ts';
import { createWeb } from '../../src/daemon/web.ts';
import { renderFamilies } from '../../src/wire/exposition.ts';
import { metricsOf } from '../../src/wire/metrics.ts';
import { type OutcomeSample, restoreSeries, type SeriesStore, stepSeries } from '../../src/wire/series.ts';
import { createVirtualWorld } from '../system/virtual.ts';

const config = `
default_route = "best"
[probe]
targets = ["gateway", "9.9.9.9"]
rise = 3
hold = "5s"
[link.fibre]
interface = "em1"
gateway = "192.0.2.1"
weight = 3
[link.dsl]
interface = "em2"
gateway = "198.51.100.1"
[link.lte]
interface = "em3"
gateway = "203.0.113.1"
tier = 2
metered = true
[link.lte.probe]
interval = "5s"
[policy.default]
[policy.voip]
members = ["dsl", { link = "fibre", tier = 2 }]
empty = "drop"
[policy.guest]
members = ["dsl"]
empty = "drop"
`;

/** Of no sequence that anybody could tell from chance, and the same each time. */
const chance = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Days before the hour: busy evenings, a night on which fibre was out, a line that loses a little. */
const days = (store: SeriesStore, endMs: number): SeriesStore => {
  const random = chance(7);
  const targets: readonly (readonly [string, number, number])[] = [
    ['fibre/inet gateway', 1.2, 0],
    ['fibre/inet 9.9.9.9', 8, 0],
    ['dsl/inet gateway', 1.2, 0.002],
    ['dsl/inet 9.9.9.9', 24, 0.004],
    ['lte/inet gateway', 1.2, 0.01],
    ['lte/inet 9.9.9.9', 40, 0.012],
  ];
  let filled = store;
  const step = 180_000;
  for (let at = endMs - 31 * 86_400_000; at < endMs; at += at < endMs - 86_400_000 ? 3_600_000 : step) {
    const hour = new Date(at).getUTCHours();
    const evening = Math.max(0, 1 - Math.abs(hour - 20) / 4);
    const samples = targets.map(([key, base, lossy]): OutcomeSample => {
      const hoursAgo = (endMs - at) / 3_600_000;
      const isOut =
        key.startsWith('fibre') && (Math.abs(hoursAgo - 9) < 0.35 || Math.abs(hoursAgo - 260) < 4);
      const sent = 60;
      const share = isOut ? 1 : lossy * (0.3 + random()) + evening * lossy * 4 + (random() < 0.02 ? 0.08 : 0);
      const lost = Math.min(sent, Math.round(sent * share));
      const rttsMs = Array.from(
        { length: sent - lost },
        () => base * (1 + evening * 0.7 * random() + 0.25 * random() ** 3),
      );
      return { key, sent, lost, rttsMs };
    });
    filled = stepSeries(filled, samples, at, mono(at));
  }
  return { ...filled, anchor: null, doubtSince: null };
};

export const openScene = async (t: Pick<Test, 'teardown'>, ends: 'well' | 'trouble' | 'dark' = 'trouble') => {
  const world = await createVirtualWorld(config);
  const { clock, router, loop } = world;
  const startMs = clock.wall();
  const status = () =>
    takeSnapshot(
      loop.engine(),
      {
        version: '0.1.0',
        pid: 4711,
        config: '/etc/uplinkd.conf',
        startedAt: mono(0),
        settingsLoadedAt: mono(0),
      },
      loop.history(),
      loop.reactions(),
      clock.now(),
    );
  const plots = createPlots({
    clock,
    engine: loop.engine,
    file: { read: () => [], write: () => {} },
  });
  plots.configure(true);
  await world.run(600_000);
  router.setLoss('b', 0.12);
  router.setLatency('b', 60, 25);
  await world.run(420_000);
  router.setLoss('b', 0);
  router.setLatency('b', 24, 3);
  await world.run(900_000);
  router.setCarrier('em1', false);
  await world.run(240_000);
  router.setCarrier('em1', true);
  await world.run(900_000);
  if (ends !== 'well') {
    router.setDark('a', true);
    router.setLatency('b', 90, 40);
    router.setLoss('b', 0.04);
    await world.run(ends === 'dark' ? 60_000 : 312_000);
  }
  if (ends === 'dark') {
    for (const nic of ['em2', 'em3']) router.setCarrier(nic, false);
    await world.run(45_000);
  }
  const past = days(restoreSeries([], mono(0)), startMs);
  const withPast = (): SeriesStore => ({
    ...plots.store(),
    series: plots.store().series.map((each) => {
      const [, day, month] = past.series.find(({ key }) => key === each.key)?.rings ?? each.rings;
      const merge = (older: typeof day, newer: typeof day) => ({
        bins: [...older.bins, ...newer.bins],
        open: newer.open,
      });
      return {
        key: each.key,
        rings: [each.rings[0], merge(day, each.rings[1]), merge(month, each.rings[2])],
      };
    }),
  });
  const figures = {
    reloaded: () => {},
    read: async () =>
      renderFamilies(
        metricsOf({
          status: status(),
          tally: newTally,
          hooks: [],
          reloads: { succeeded: 0, failed: 0, isLastGood: true, lastGoodAtMs: 0 },
          states: null,
          process: { startedAtMs: 0, cpuSeconds: 0, residentBytes: 0, node: '20' },
        }),
        'prometheus',
      ),
  };
  // Pages are told in real time; what they are told is of the router's.
  const real = createClock();
  const asked: string[] = [];
  const answer = createWeb({
    clock: { ...real, wall: clock.wall },
    loop,
    figures,
    status,
    series: withPast,
    hostname: 'gate.example.org',
  });
  const server = createWebServer({
    clock: real,
    say: () => {},
    answer: (request) => {
      asked.push(request.path);
      return answer(request);
    },
  });
  server.configure({ address: '127.0.0.1', port: 0, hosts: [], isPublic: false });
  while (server.listening() === null) await new Promise((resolve) => setImmediate(resolve));
  t.teardown(async () => {
    plots.stop();
    world.stop();
    await server.close();
  });
  return { ...world, asked, url: `http://127.0.0.1:${server.listening()?.port ?? 0}` };
};
