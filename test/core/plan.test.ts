/** Whether what was planned to be killed is wanted still when its turn comes. */
import t from 'tap';
import type { Engine } from '../../src/core/engine.ts';
import type { CarpSettings } from '../../src/core/model.ts';
import { isKillWanted, isSweepWanted } from '../../src/core/plan.ts';
import { millis, mono } from '../../src/core/time.ts';
import { forgetWorkedOut } from '../../src/core/turn.ts';
import { em, interfacesOf, labelKill, linkSettings, policySettings, settingsOf } from './example.ts';
import { createWorld } from './world.ts';

const carp: CarpSettings = { group: 'carp', demote: 50, hold: millis(10_000) };
const links = [linkSettings('a', 0), linkSettings('b', 1)];
const settings = settingsOf(links, [policySettings(links, { balance: 'random' })], { carp });
const LATE = mono(1_000_000);
const swept = (link: string, gateway: string) =>
  ({ path: `${link}/inet`, link, gateway, again: false }) as const;

/** a is out, b carries everything. */
const failedOver = (carrier: 'up' | 'down'): Engine => {
  const world = createWorld();
  world.load(settings);
  world.interfaces([...interfacesOf(2), em(8, { name: 'carp1', carrier })]);
  world.tell({ kind: 'interface-status', name: 'em0', up: true, carrier: 'down' });
  world.run(60_000);
  const engine = world.engine();
  const gateways = [swept('a', '10.0.0.1'), swept('b', '10.1.0.1'), swept('b', '10.1.0.9')];
  return { ...engine, sweep: { ...engine.sweep, inFlight: { id: 1, gateways, exempt: [] } } };
};

t.test('by what is decided now', async (t) => {
  const engine = failedOver('up');
  t.ok(isKillWanted(engine, labelKill('a'), LATE));
  t.notOk(isKillWanted(engine, labelKill('b'), LATE), 'it works');
  t.ok(isSweepWanted(engine, '10.0.0.1', LATE));
  t.notOk(isSweepWanted(engine, '10.1.0.1', LATE));
  t.notOk(isSweepWanted(engine, '10.7.0.1', LATE), 'of no path that is swept');
  const none = { ...engine, sweep: { ...engine.sweep, inFlight: null } };
  t.notOk(isSweepWanted(none, '10.0.0.1', LATE), 'nothing is swept');
});

t.test('what is outlived goes in any case', async (t) => {
  const before = failedOver('up');
  const kill = labelKill('b');
  const [, , old = swept('b', '')] = before.sweep.inFlight?.gateways ?? [];
  const engine: Engine = {
    ...before,
    pf: { ...before.pf, outlived: [kill] },
    sweep: { ...before.sweep, outlived: [{ ...old, isKept: false }] },
  };
  t.ok(isKillWanted(engine, kill, LATE));
  t.notOk(isKillWanted(engine, labelKill('b'), LATE), 'an equal one was replaced by it, and is done with it');
  t.notOk(isSweepWanted(engine, old.gateway, LATE), 'the same of a gateway');
  const { outlived } = engine.sweep;
  const under = { ...engine.sweep, inFlight: { id: 1, gateways: outlived, exempt: [] } };
  t.ok(isSweepWanted({ ...engine, sweep: under }, old.gateway, LATE));
});

t.test('nothing is killed by the backup of a pair, nor while nothing is decided', async (t) => {
  const kill = labelKill('a');
  for (const engine of [failedOver('down'), forgetWorkedOut(failedOver('up'))]) {
    t.notOk(isKillWanted(engine, kill, LATE));
    t.notOk(isSweepWanted(engine, '10.0.0.1', LATE));
    const left: Engine = { ...engine, pf: { ...engine.pf, outlived: [kill] } };
    t.notOk(isKillWanted(left, kill, LATE));
  }
});
