/** Demotion, step by step: when, by how much, never twice, and what is left after a crash at any point. */
import t from 'tap';
import {
  type CarpAdded,
  type CarpLane,
  carpRoleOf,
  newCarpLane,
  planCarp,
  recallCarp,
  stepCarpResult,
} from '../../src/core/carp.ts';
import type { Decision, Rung } from '../../src/core/decide.ts';
import type { CarpSettings } from '../../src/core/model.ts';
import { renderNote } from '../../src/core/note.ts';
import { millis, mono } from '../../src/core/time.ts';
import { em, interfacesOf, linkSettings, policySettings, settingsOf } from './example.ts';

const carp: CarpSettings = { group: 'carp', demote: 50, hold: millis(10_000) };
const links = [linkSettings('a', 0)];
const settingsWith = (its: CarpSettings | null) => settingsOf(links, [policySettings(links)], { carp: its });
const decision = (policy: string, rung: Rung, family: 'inet' | 'inet6' = 'inet'): Decision => ({
  policy,
  family,
  source: null,
  rung,
  shares: [],
  members: [],
});
const good = [decision('default', 'up')];
const lost = [decision('default', 'last-resort')];

/** A lane over a group's counter that does what it is told, or fails. */
const createPatient = (lane: CarpLane = newCarpLane) => {
  let at = lane;
  const counters = new Map<string, number>([['carp', 0]]);
  const notes: string[] = [];
  const asked: string[] = [];
  const plan = (
    now: number,
    decisions: readonly Decision[],
    its: CarpSettings | null = carp,
    judged = true,
  ) => {
    const planned = planCarp(at, settingsWith(its), interfacesOf(1), decisions, judged, mono(now));
    at = planned.lane;
    notes.push(...planned.notes.map((note) => renderNote(note).text));
    return planned;
  };
  /** As adapter/carp.ts does it. */
  const carry = (transaction: NonNullable<ReturnType<typeof plan>['transaction']>): void => {
    const counter = counters.get(transaction.group) ?? 0;
    const ours = Math.min(transaction.from, counter);
    counters.set(transaction.group, counter - ours + transaction.to);
    asked.push(`${transaction.group} ${transaction.from}->${transaction.to}`);
  };
  return {
    lane: () => at,
    counter: (group = 'carp') => counters.get(group) ?? 0,
    set: (value: number) => counters.set('carp', value),
    take: () => ({ notes: notes.splice(0), asked: asked.splice(0) }),
    plan,
    carry,
    step: (now: number, decisions: readonly Decision[], its: CarpSettings | null = carp, judged = true) => {
      for (;;) {
        const { transaction, deadline } = plan(now, decisions, its, judged);
        if (transaction === null) return deadline;
        carry(transaction);
        at = stepCarpResult(at, transaction.id, null, mono(now)).lane;
      }
    },
    fail: (now: number, id: number) => {
      const stepped = stepCarpResult(at, id, 'ifconfig: exit 1', mono(now));
      at = stepped.lane;
      notes.push(...stepped.notes.map((note) => renderNote(note).text));
    },
  };
};

t.test('demoted at once, undone after hold, each once', async (t) => {
  const patient = createPatient();
  patient.step(0, good);
  t.strictSame(patient.take(), { notes: [], asked: [] }, 'a router that is well is not asked');
  patient.step(1000, lost);
  patient.step(2000, lost);
  t.equal(patient.counter(), 50);
  t.strictSame(patient.take(), {
    notes: ['carp: group carp demoted by 50: no link to trust for policy default'],
    asked: ['carp 0->50'],
  });
  t.equal(patient.step(3000, good), 13_000, 'it wants to be woken when hold is over');
  t.equal(patient.step(5000, lost), null);
  patient.step(6000, good);
  patient.step(15_999, good);
  t.equal(patient.counter(), 50, 'good again, but not for long');
  patient.step(16_000, good);
  t.equal(patient.counter(), 0);
  t.strictSame(patient.take(), { notes: ['carp: group carp no longer demoted'], asked: ['carp 50->0'] });
});

t.test('which decisions count', async (t) => {
  const rows: readonly (readonly [string, readonly Decision[], boolean])[] = [
    ['up', good, false],
    ['degraded', [decision('default', 'degraded')], false],
    ['just started', [decision('default', 'unproven')], false],
    ['refused', [decision('default', 'none')], true],
    ['one family is enough', [decision('default', 'none'), decision('default', 'up', 'inet6')], false],
    ['one policy of two', [...good, decision('voip', 'none')], true],
  ];
  for (const [name, decisions, demoted] of rows) {
    const patient = createPatient();
    patient.step(0, decisions);
    t.equal(patient.counter(), demoted ? 50 : 0, name);
  }
  const patient = createPatient();
  patient.step(0, lost, carp, false);
  t.equal(patient.counter(), 0, 'not before every path is judged');
  patient.step(0, lost, null);
  t.equal(patient.counter(), 0, 'not without [carp]');
});

t.test('never twice: a crash before, within and after', async (t) => {
  const restart = (added: CarpAdded | null) => createPatient(recallCarp(added));
  const before = createPatient();
  const planned = before.plan(0, lost);
  t.strictSame(before.lane().added, { group: 'carp', by: 50 }, 'remembered before it is done');
  const undone = restart(before.lane().added);
  undone.step(0, lost);
  t.equal(undone.counter(), 50, 'it had not been done');
  if (planned.transaction !== null) before.carry(planned.transaction);
  const done = restart(before.lane().added);
  done.set(50);
  done.step(0, lost);
  t.equal(done.counter(), 50, 'it had been done');
  const others = restart(before.lane().added);
  others.set(178);
  others.step(0, lost);
  t.equal(others.counter(), 178, 'and what is another’s is not counted as missing');
  const well = restart(before.lane().added);
  well.set(178);
  well.step(0, good, carp, false);
  t.equal(well.counter(), 178, 'nor undone before it is known');
  well.step(0, good);
  well.step(9_999, good);
  t.equal(well.counter(), 178);
  well.step(10_000, good);
  t.equal(well.counter(), 128);
  t.equal(well.lane().added, null);
  const taking = createPatient();
  taking.step(0, lost);
  taking.step(0, good);
  taking.plan(10_000, good);
  t.strictSame(taking.lane().added, { group: 'carp', by: 50 }, 'remembered until it is taken away');
});

t.test('failure: said once, tried again, not added twice', async (t) => {
  const patient = createPatient();
  patient.plan(0, lost);
  t.equal(patient.plan(1, lost).transaction, null, 'one at a time');
  patient.fail(1, 1);
  t.equal(patient.plan(50, lost).transaction, null, 'not at once');
  const again = patient.plan(200, lost);
  t.match(again.transaction, { group: 'carp', to: 50 });
  patient.fail(200, 2);
  patient.step(60_000, lost);
  t.equal(patient.counter(), 50);
  t.strictSame(
    patient.take().notes.filter((note) => note.includes('cannot')),
    ['carp: cannot change the demote counter of carp: ifconfig: exit 1; again in 100ms'],
  );
  t.strictSame(stepCarpResult(patient.lane(), 99, 'late', mono(0)).lane, patient.lane(), 'another’s result');
});

t.test('a reload', async (t) => {
  const patient = createPatient();
  patient.step(0, lost);
  patient.step(0, lost, { ...carp, demote: 20 });
  t.equal(patient.counter(), 20);
  patient.step(0, lost, { ...carp, group: 'lan' });
  t.equal(patient.counter(), 0, 'nothing is left on the old group');
  t.equal(patient.counter('lan'), 50);
  patient.step(0, lost, null);
  t.equal(patient.counter('lan'), 0);
});

t.test('the role', async (t) => {
  const settings = settingsWith(carp);
  const carp1 = (carrier: 'up' | 'down', up = true) => em(8, { name: 'carp1', carrier, up });
  const carp2 = { ...carp1('up'), name: 'carp2' };
  t.equal(carpRoleOf(settings, interfacesOf(1)), null);
  t.equal(carpRoleOf(settings, [carp1('down')]), 'backup');
  t.equal(carpRoleOf(settings, [carp1('up')]), 'master');
  t.equal(carpRoleOf(settings, [carp1('down'), carp2]), 'master', 'of one network is enough');
  t.equal(carpRoleOf(settings, [carp1('down', false)]), null);
  t.equal(carpRoleOf(settingsWith(null), [carp1('down')]), null);
});
