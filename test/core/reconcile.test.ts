/** The pf lane by itself: what is handed out, in which order, and what is remembered of the results. */
import t from 'tap';
import { decidePolicy } from '../../src/core/decide.ts';
import { renderNote } from '../../src/core/note.ts';
import {
  backoff,
  type DesiredPf,
  forgetApplied,
  newPfLane,
  type PfLane,
  type PfPlanInput,
  pfDeadline,
  planPf,
  stepPfResult,
} from '../../src/core/reconcile.ts';
import { desireRuleset } from '../../src/core/ruleset.ts';
import { millis, mono } from '../../src/core/time.ts';
import type { PfResult, PfStep, PfTransaction } from '../../src/core/transaction.ts';
import { linkSettings, settingsOf } from './example.ts';
import { tell } from './world.ts';

const settings = settingsOf([linkSettings('a', 0), linkSettings('b', 1)]);
const nothing = settings.policies.map((policy) => decidePolicy(policy, 'inet', new Map()));

/** Content that differs by one word. */
const desired = (word: string, links: readonly string[] = ['a', 'b']): DesiredPf => ({
  anchor: 'uplinkd',
  ruleset: [...desireRuleset(settings, nothing), { kind: 'refuse', policy: word }],
  tables: [
    { name: 'uplinkd_local', addresses: ['::1'] },
    { name: 'uplinkd_default', addresses: [word] },
  ],
  links,
});

const RECONCILE = millis(30_000);

/** A lane with a clock, and what it hands out in few words. */
const drive = (lane: PfLane = newPfLane) => {
  let at = lane;
  let flight: PfTransaction | null = null;
  const result = (now: number, what: PfResult): readonly string[] => {
    if (flight === null) throw new Error('nothing under way');
    const { id } = flight;
    flight = null;
    const stepped = stepPfResult(at, id, what, RECONCILE, mono(now));
    at = stepped.lane;
    return stepped.notes.map((note) => renderNote(note).text);
  };
  return {
    lane: () => at,
    flight: () => flight,
    change: (step: (lane: PfLane) => PfLane) => {
      at = step(at);
    },
    plan: (now: number, what: DesiredPf, more: Partial<PfPlanInput> = {}): string | null => {
      const planned = planPf(at, { desired: what, stranded: [], mayWrite: true, now: mono(now), ...more });
      at = planned.lane;
      flight = planned.transaction ?? flight;
      return planned.transaction === null ? null : tell(planned.transaction);
    },
    inspected: (now: number, differ: readonly string[], rulesHeld = 5) =>
      result(now, {
        kind: 'inspected',
        differences: differ,
        rulesDiffer: differ.includes('rules'),
        tablesThatDiffer: differ.filter((each) => each !== 'rules'),
        rulesHeld,
        fingerprint: ['as printed'],
      }),
    applied: (now: number) => {
      const kills = flight?.kind === 'apply' ? flight.kills : [];
      const isLoad = flight?.kind === 'apply' && flight.ruleset !== null;
      return result(now, {
        kind: 'applied',
        fingerprint: isLoad ? ['as printed'] : null,
        loadTook: isLoad ? millis(3) : null,
        killed: kills.map(({ link, again }) => ({ link, count: 7, again })),
      });
    },
    failed: (now: number, step: PfStep | 'inspect', text = 'no') =>
      result(now, { kind: 'failed', step, failure: { text, line: null, rule: null } }),
  };
};

const isHeld = (lane: PfLane, what: DesiredPf): boolean => lane.appliedRules === JSON.stringify(what.ruleset);
const one = desired('one');
const two = desired('two', ['b']);

t.test('looks before it writes, and writes only what differs', async (t) => {
  const rows: readonly (readonly [readonly string[], string | null])[] = [
    [[], null],
    [['rules'], 'check, load'],
    [['uplinkd_local'], 'uplinkd_local=1'],
    [['rules', 'uplinkd_default'], 'check, load, uplinkd_default=1'],
  ];
  for (const [differ, wanted] of rows) {
    const lane = drive();
    t.equal(lane.plan(0, one), 'inspect');
    t.equal(lane.lane().appliedRules, null);
    t.same(lane.inspected(5, differ), [], 'who wrote what was there before us is not our business');
    t.equal(lane.plan(5, one), wanted, `differs: ${differ}`);
    if (wanted === null) continue;
    t.equal(isHeld(lane.lane(), one), !differ.includes('rules'), 'tried is not applied');
    lane.applied(10);
    t.ok(isHeld(lane.lane(), one));
    t.equal(lane.plan(10, one), null, 'and then rests');
  }
});

t.test('not before it may', async (t) => {
  const lane = drive();
  lane.plan(0, one, { mayWrite: false });
  lane.inspected(5, ['rules', 'uplinkd_local']);
  t.equal(lane.plan(5, one, { mayWrite: false }), null);
  t.equal(lane.plan(6, one, { mayWrite: false, stranded: ['a'] }), null, 'nor does it kill');
  t.equal(lane.plan(7, one), 'check, load, uplinkd_local=1');
});

const loaded = () => {
  const lane = drive();
  lane.plan(0, one);
  lane.inspected(1, ['rules', 'uplinkd_local', 'uplinkd_default']);
  lane.plan(1, one);
  t.same(lane.applied(2), ['pf: anchor uplinkd loaded, 6 rules, 3 ms']);
  return lane;
};

t.test('one under way, newest wins', async (t) => {
  const lane = loaded();
  t.equal(lane.plan(100, two), 'load, uplinkd_default=1', 'no check: the settings are known to be good');
  t.equal(lane.plan(101, desired('three')), null);
  t.equal(lane.plan(102, desired('four')), null);
  lane.applied(110);
  t.ok(isHeld(lane.lane(), two));
  t.equal(lane.plan(110, desired('four')), 'load, uplinkd_default=1', 'three was never loaded');
});

t.test('results of other transactions are ignored', async (t) => {
  const lane = loaded();
  lane.plan(100, two);
  const before = lane.lane();
  const stray = stepPfResult(
    before,
    1,
    { kind: 'applied', fingerprint: null, loadTook: null, killed: [] },
    RECONCILE,
    mono(101),
  );
  t.same(stray, { lane: before, notes: [] });
});

t.test('kills come with the load, and once more', async (t) => {
  const lane = loaded();
  t.equal(lane.plan(100, two, { stranded: ['a'] }), 'load, uplinkd_default=1, kill a');
  t.same(lane.applied(110), ['pf: anchor uplinkd loaded, 6 rules, 3 ms', 'pf: killed 7 states of a']);
  t.equal(pfDeadline(lane.lane(), ['a']), 1110);
  t.equal(lane.plan(1109, two, { stranded: ['a'] }), null);
  t.equal(lane.plan(1110, two, { stranded: ['a'] }), 'kill a again');
  t.same(lane.applied(1115), ['pf: killed 7 states of a (stragglers)']);
  t.equal(lane.plan(9999, two, { stranded: ['a'] }), null);
  t.equal(lane.lane().counts.killed, 14);
  t.equal(lane.lane().counts.loads, 2);
});

t.test('failure', async (t) => {
  t.test('backoff', async (t) => {
    t.same(
      [1, 2, 3, 4, 8, 9, 10, 11, 99, 5000].map(backoff),
      [100, 200, 400, 800, 12_800, 25_600, 30_000, 30_000, 30_000, 30_000],
    );
  });

  t.test('of a load: looks, and tries again, ever more slowly, and says so once', async (t) => {
    const lane = loaded();
    let now = 100;
    let told = 0;
    for (const wait of [100, 200, 400, 800]) {
      t.equal(lane.plan(now, two), wait === 100 ? 'load, uplinkd_default=1' : 'load, uplinkd_default=1');
      told += lane.failed(now + 1, 'load').length;
      t.equal(lane.lane().appliedRules, null);
      t.equal(pfDeadline(lane.lane(), []), now + 1 + wait);
      t.equal(lane.plan(now + wait, two), null);
      now += 1 + wait;
      t.equal(lane.plan(now, two), 'inspect', 'nothing is written blindly');
      t.same(lane.inspected(now, ['rules', 'uplinkd_default']), [], 'not mended, and nobody else wrote');
    }
    t.equal(told, 1);
    t.equal(lane.lane().counts.failures, 4);
    t.equal(lane.plan(now, two), 'load, uplinkd_default=1');
    t.same(lane.applied(now + 1), [
      'pf: anchor uplinkd: works again after 4 failures',
      'pf: anchor uplinkd loaded, 6 rules, 3 ms',
    ]);
    t.equal(lane.lane().failure, null);
  });

  t.test('of one content does not keep another waiting', async (t) => {
    const lane = loaded();
    lane.plan(100, two);
    lane.failed(101, 'load');
    t.equal(lane.plan(102, two), null);
    t.equal(lane.plan(103, desired('three')), 'inspect');
    lane.inspected(104, ['rules', 'uplinkd_default']);
    t.equal(lane.plan(104, desired('three')), 'load, uplinkd_default=1');
  });

  t.test('whose content turns out to be there is over', async (t) => {
    const lane = loaded();
    lane.plan(100, two);
    lane.failed(101, 'read-back', 'timed out');
    lane.plan(201, two);
    t.same(lane.inspected(202, []), ['pf: anchor uplinkd: works again after a failure']);
    t.equal(lane.plan(203, two), null);
    t.ok(isHeld(lane.lane(), two));
  });

  t.test('of a kill is not mended by finding the rules in place', async (t) => {
    const lane = loaded();
    let now = 100;
    for (const wait of [100, 200, 400, 800, 1600]) {
      lane.plan(now, two, { stranded: ['a'] });
      lane.failed(now, 'kill');
      t.equal(pfDeadline(lane.lane(), ['a']), now + wait);
      now += wait;
      t.equal(lane.plan(now, two, { stranded: ['a'] }), 'inspect');
      t.same(lane.inspected(now, []), []);
    }
    t.test('but by being done', async (t) => {
      const other = drive(lane.lane());
      t.equal(other.plan(now, two, { stranded: ['a'] }), 'kill a');
      t.match(other.applied(now), [
        'pf: anchor uplinkd: works again after 5 failures',
        'pf: killed 7 states of a',
      ]);
    });
    t.test('or by there being nothing left to kill', async (t) => {
      t.equal(lane.plan(now, two), null);
      t.equal(lane.plan(now + 30_000, two), 'inspect');
      t.same(lane.inspected(now + 30_000, []), ['pf: anchor uplinkd: works again after 5 failures']);
    });
  });

  t.test('of an inspection', async (t) => {
    const lane = drive();
    lane.plan(0, one);
    t.equal(lane.failed(1, 'inspect').length, 1);
    t.equal(lane.plan(100, one), null);
    t.equal(lane.plan(101, one), 'inspect');
  });

  t.test('with other words is told again', async (t) => {
    const lane = loaded();
    lane.plan(100, two);
    lane.failed(101, 'load', 'no');
    lane.plan(201, two);
    t.equal(lane.failed(202, 'inspect', 'other').length, 1);
  });
});

t.test('somebody else writes', async (t) => {
  const lane = loaded();
  t.equal(pfDeadline(lane.lane(), []), 30_002);
  t.equal(lane.plan(30_001, one), null);
  t.equal(lane.plan(30_002, one), 'inspect');
  t.match(lane.flight(), { fingerprint: ['as printed'] }, 'compares with what pf printed after the load');
  t.same(lane.inspected(30_003, []), []);
  t.equal(lane.plan(60_003, one), 'inspect');
  t.same(lane.inspected(60_004, ['rules', 'uplinkd_local']), [
    'pf: changed by somebody else, putting it back: rules; uplinkd_local',
  ]);
  t.equal(lane.plan(60_004, one), 'load, uplinkd_local=1');

  t.test('is not said of what was never there', async (t) => {
    const waiting = drive();
    waiting.plan(0, one, { mayWrite: false });
    waiting.inspected(1, ['rules']);
    t.equal(waiting.plan(30_001, one, { mayWrite: false }), 'inspect');
    t.same(waiting.inspected(30_002, ['rules']), []);
    const changed = drive();
    changed.plan(0, one, { mayWrite: false });
    changed.inspected(1, []);
    t.equal(changed.plan(30_001, two, { mayWrite: false }), 'inspect');
    t.same(changed.inspected(30_002, ['rules', 'uplinkd_default']), []);
  });
});

t.test('what is urgent goes before what is routine', async (t) => {
  const lane = loaded();
  t.equal(lane.plan(30_002, two, { stranded: ['a'] }), 'load, uplinkd_default=1, kill a');
});

t.test('after new settings', async (t) => {
  const renew = (lane: PfLane): PfLane => ({ ...forgetApplied(lane), mustCheck: true });

  t.test('looks once, and checks what it loads', async (t) => {
    const lane = loaded();
    lane.change(renew);
    t.equal(lane.plan(100, two), 'inspect');
    lane.inspected(101, ['rules', 'uplinkd_default']);
    t.equal(lane.plan(101, two), 'check, load, uplinkd_default=1');
    lane.applied(105);
    t.equal(lane.plan(106, one), 'load, uplinkd_default=1');
  });

  t.test('that come while the last are being loaded, checks again', async (t) => {
    const lane = loaded();
    lane.change(renew);
    lane.plan(100, two);
    lane.inspected(101, ['rules', 'uplinkd_default']);
    t.equal(lane.plan(101, two), 'check, load, uplinkd_default=1');
    lane.change(renew);
    lane.applied(105);
    t.equal(lane.plan(106, one), 'inspect');
    lane.inspected(107, ['rules', 'uplinkd_default']);
    t.equal(lane.plan(107, one), 'check, load, uplinkd_default=1');
  });

  t.test('a check that failed is not taken for done', async (t) => {
    const lane = loaded();
    lane.change(renew);
    lane.plan(100, two);
    lane.inspected(101, ['rules', 'uplinkd_default']);
    lane.plan(101, two);
    lane.failed(102, 'check');
    lane.plan(202, two);
    lane.inspected(203, ['rules', 'uplinkd_default']);
    t.equal(lane.plan(203, two), 'check, load, uplinkd_default=1');
  });
});

t.test('nothing wakes a lane that has a transaction under way', async (t) => {
  const lane = loaded();
  lane.plan(100, two);
  t.equal(pfDeadline(lane.lane(), ['a']), null);
});
