/** The pf lane by itself: what is handed out, in which order, and what is remembered of the results. */
import t from 'tap';
import { decidePolicy } from '../../src/core/decide.ts';
import type { PathKey } from '../../src/core/model.ts';
import { renderNote } from '../../src/core/note.ts';
import {
  backoff,
  type DesiredPf,
  forgetApplied,
  isSettled,
  newPfLane,
  type PfLane,
  type PfPlanInput,
  pfDeadline,
  planPf,
  stepPfResult,
} from '../../src/core/reconcile.ts';
import type { PoolAnchor } from '../../src/core/rule.ts';
import { desireRuleset } from '../../src/core/ruleset.ts';
import { millis, mono } from '../../src/core/time.ts';
import type { PfResult, PfStep, PfTransaction } from '../../src/core/transaction.ts';
import { labelKill, linkSettings, newPaths, readyPath, settingsOf } from './example.ts';
import { tell } from './world.ts';

const links = [linkSettings('a', 0), linkSettings('b', 1)];
const settings = settingsOf(links);
const nothing = settings.policies.flatMap((policy) => decidePolicy(policy, settings, new Map()));
const input = { settings, decisions: nothing, paths: newPaths(settings), stranded: [] };
const health = new Map(
  links.map((link, n) => {
    const path = readyPath(link, n);
    return [path.key, path];
  }),
);

/** Content that differs by one word. */
const desired = (
  word: string,
  paths: readonly PathKey[] = ['a/inet', 'b/inet'],
  pools: readonly PoolAnchor[] = [],
): DesiredPf => ({
  anchor: 'uplinkd',
  ruleset: [...desireRuleset(input), { kind: 'refuse', policy: word }],
  tables: [
    { name: 'uplinkd_local', addresses: ['::1'] },
    { name: 'uplinkd_default', addresses: [word] },
  ],
  paths,
  pools,
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
      const common = { desired: what, unwanted: [], health, mayWrite: true, mayKill: true, now: mono(now) };
      const planned = planPf(at, { ...common, ...more });
      at = planned.lane;
      flight = planned.transaction ?? flight;
      return planned.transaction === null ? null : tell(planned.transaction);
    },
    /** `rules`, tables, pools with a slash in them. */
    inspected: (now: number, differ: readonly string[], isCalled: boolean | null = true, rulesHeld = 5) =>
      result(now, {
        kind: 'inspected',
        differences: differ,
        rulesDiffer: differ.includes('rules'),
        tablesThatDiffer: differ.filter((each) => each.startsWith('uplinkd_')),
        poolsThatDiffer: differ.filter((each) => each.includes('/')),
        isCalled,
        rulesHeld,
        rtablesHeld: [],
        fingerprint: ['as printed'],
      }),
    /** `spared`: kills of this link were not wanted any more. */
    applied: (now: number, spared = '') => {
      const kills = flight?.kind === 'apply' ? flight.kills : [];
      const isLoad = flight?.kind === 'apply' && flight.ruleset !== null;
      return result(now, {
        kind: 'applied',
        fingerprint: isLoad ? ['as printed'] : null,
        loadTook: isLoad ? millis(3) : null,
        killed: kills.map(({ link }) => (link === spared ? null : 7)),
      });
    },
    failed: (now: number, step: PfStep | 'inspect', text = 'no') =>
      result(now, { kind: 'failed', step, failure: { text, line: null, rule: null } }),
  };
};

const isHeld = (lane: PfLane, what: DesiredPf): boolean => lane.appliedRules === JSON.stringify(what.ruleset);
const one = desired('one');
const two = desired('two', ['b/inet']);

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

t.test('a look that is asked for during another one follows it, after what is urgent', async (t) => {
  const lane = loaded();
  t.equal(lane.plan(30_002, one), 'inspect');
  lane.change((at) => ({ ...at, inspectAt: mono(30_003) }));
  t.equal(lane.plan(30_003, one), null, 'one after the other');
  lane.inspected(30_004, []);
  t.equal(lane.plan(30_004, two), 'load, uplinkd_default=1');
  lane.applied(30_005);
  t.equal(lane.plan(30_005, two), 'inspect');
  t.same(lane.inspected(30_006, ['rules']), ['pf: changed by somebody else, putting it back: rules']);
  t.equal(lane.plan(30_006, two), 'load');
  lane.applied(30_007);
  t.equal(pfDeadline(lane.lane(), []), 60_006, 'and no more');
});

t.test('not before it may', async (t) => {
  const lane = drive();
  lane.plan(0, one, { mayWrite: false });
  lane.inspected(5, ['rules', 'uplinkd_local']);
  t.equal(lane.plan(5, one, { mayWrite: false }), null);
  t.equal(lane.plan(6, one, { mayWrite: false, unwanted: ['a/inet'] }), null, 'nor does it kill');
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
  t.equal(lane.plan(100, two, { unwanted: ['a/inet'] }), 'load, uplinkd_default=1, kill a');
  t.same(lane.applied(110), ['pf: anchor uplinkd loaded, 6 rules, 3 ms', 'pf: killed 7 states of a']);
  t.equal(pfDeadline(lane.lane(), ['a/inet']), 1110);
  t.equal(lane.plan(1109, two, { unwanted: ['a/inet'] }), null);
  t.equal(lane.plan(1110, two, { unwanted: ['a/inet'] }), 'kill a again');
  t.same(lane.applied(1115), ['pf: killed 7 states of a (stragglers)']);
  t.equal(lane.plan(9999, two, { unwanted: ['a/inet'] }), null);
  t.equal(lane.lane().counts.killed, 14);
  t.equal(lane.lane().counts.loads, 2);
});

t.test('a kill that was not wanted any more is due still', async (t) => {
  const lane = loaded();
  t.equal(lane.plan(100, two, { unwanted: ['a/inet', 'b/inet'] }), 'load, uplinkd_default=1, kill a, kill b');
  t.same(lane.applied(110, 'a'), ['pf: anchor uplinkd loaded, 6 rules, 3 ms', 'pf: killed 7 states of b']);
  t.equal(lane.plan(111, two), null);
  t.equal(lane.plan(112, two, { unwanted: ['a/inet'] }), 'kill a', 'at once, when it is wanted again');
});

t.test('what a path has outlived, not killed by the backup of a pair, is to go still', async (t) => {
  const lane = loaded();
  const kills = [labelKill('a'), labelKill('b')];
  lane.change((at) => ({ ...at, outlived: kills }));
  lane.plan(100, two);
  lane.applied(110, 'a');
  t.same(lane.lane().outlived, [kills[0]]);
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
      lane.plan(now, two, { unwanted: ['a/inet'] });
      lane.failed(now, 'kill');
      t.equal(pfDeadline(lane.lane(), ['a/inet']), now + wait);
      now += wait;
      t.equal(lane.plan(now, two, { unwanted: ['a/inet'] }), 'inspect');
      t.same(lane.inspected(now, []), []);
    }
    t.test('but by being done', async (t) => {
      const other = drive(lane.lane());
      t.equal(other.plan(now, two, { unwanted: ['a/inet'] }), 'kill a');
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
  // What a life before had started may have written behind our back: the first look is sooner.
  t.equal(pfDeadline(lane.lane(), []), 15_001);
  t.equal(lane.plan(15_000, one), null);
  t.equal(lane.plan(15_001, one), 'inspect');
  t.same(lane.inspected(15_002, []), []);
  t.equal(pfDeadline(lane.lane(), []), 45_002);
  t.equal(lane.plan(45_002, one), 'inspect');
  t.match(lane.flight(), { fingerprint: ['as printed'] }, 'compares with what pf printed after the load');
  t.same(lane.inspected(45_003, []), []);
  t.equal(lane.plan(75_003, one), 'inspect');
  t.same(lane.inspected(75_004, ['rules', 'uplinkd_local']), [
    'pf: changed by somebody else, putting it back: rules; uplinkd_local',
  ]);
  t.equal(lane.plan(75_004, one), 'load, uplinkd_local=1');

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
  t.equal(lane.plan(30_002, two, { unwanted: ['a/inet'] }), 'load, uplinkd_default=1, kill a');
});

t.test('and does not put it off: who writes often looks as often', async (t) => {
  const lane = loaded();
  for (const [at, what] of [
    [5000, two],
    [10_000, one],
    [15_000, two],
  ] as const) {
    t.equal(lane.plan(at, what), 'load, uplinkd_default=1');
    lane.applied(at + 1);
  }
  t.equal(lane.plan(15_002, two), 'inspect');
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
  t.equal(pfDeadline(lane.lane(), ['a/inet']), null);
});

t.test('an anchor that nobody calls is told once, until it is called', async (t) => {
  const uncalled = 'pf: the main rule set does not use the anchor; add the line to pf.conf: anchor "uplinkd"';
  const lane = drive();
  lane.plan(0, one);
  t.same(lane.inspected(1, ['rules'], false), [uncalled]);
  t.equal(lane.plan(1, one), 'check, load', 'it is loaded all the same: the line may follow');
  lane.applied(2);
  let now = 2;
  const look = (isCalled: boolean | null): readonly string[] => {
    now += 30_000;
    t.equal(lane.plan(now, one), 'inspect');
    return lane.inspected(now, [], isCalled);
  };
  t.same(look(false), []);
  t.same(look(null), [], 'cannot be told');
  t.same(look(false), []);
  t.ok(lane.lane().isUncalled);
  t.same(look(true), []);
  t.notOk(lane.lane().isUncalled);
  t.same(look(null), []);
  t.same(look(false), [uncalled], 'a reload of pf.conf lost it');
});

t.test('pools', async (t) => {
  const pool = (weights: Readonly<Record<string, number>>, sticky = false): PoolAnchor => ({
    anchor: 'uplinkd/default',
    rules: [
      {
        kind: 'pool',
        policy: 'default',
        family: 'inet',
        table: 'pool_inet',
        balance: 'least-states',
        sticky,
        hashKey: null,
        marks: { prio: null, tos: null },
      },
    ],
    tables: [
      {
        name: 'pool_inet',
        entries: Object.entries(weights).map(([address, weight]) => ({ address, weight })),
      },
    ],
  });
  const pooled = (what: PoolAnchor, word = 'one'): DesiredPf => desired(word, ['a/inet', 'b/inet'], [what]);
  const ab = pooled(pool({ a: 3, b: 1 }));
  const onlyA = pooled(pool({ a: 3 }));
  const weighed = pooled(pool({ a: 1, b: 1 }));
  const sticky = pooled(pool({ a: 3, b: 1 }, true));

  /** A lane that holds `what`. */
  const holding = (what: DesiredPf = ab) => {
    const lane = drive();
    lane.plan(0, what);
    lane.inspected(1, ['rules', 'uplinkd_local', 'uplinkd_default', 'uplinkd/default']);
    t.match(
      lane.plan(1, what),
      /^pool default, (reweigh .*, )?check, load, uplinkd_local=1, uplinkd_default=1$/,
    );
    lane.applied(2);
    t.ok(isSettled(lane.lane(), what));
    return lane;
  };

  const rows: readonly (readonly [string, DesiredPf, string | null])[] = [
    ['nothing new', ab, null],
    ['a member goes: no load', onlyA, 'default.pool_inet=1'],
    ['all go', pooled(pool({})), 'default.pool_inet=0'],
    ['one comes', pooled(pool({ a: 3, b: 1, c: 1 })), 'default.pool_inet=3'],
    ['another one', pooled(pool({ a: 3, c: 1 })), 'default.pool_inet=2'],
    ['a weight', weighed, 'reweigh default.pool_inet'],
    [
      'a weight, and one comes',
      pooled(pool({ a: 1, b: 1, c: 1 })),
      'default.pool_inet=3, reweigh default.pool_inet',
    ],
    ['a weight of what stands alone then', pooled(pool({ a: 9 })), 'default.pool_inet=1'],
    ['rules', sticky, 'pool default'],
    [
      'rules and weights: a load changes none',
      pooled(pool({ a: 1, b: 1 }, true)),
      'pool default, reweigh default.pool_inet',
    ],
    ['another order is the same', pooled(pool({ b: 1, a: 3 })), null],
  ];
  for (const [name, what, wanted] of rows) {
    const lane = holding();
    t.equal(lane.plan(100, what), wanted, name);
    if (wanted === null) continue;
    t.notOk(isSettled(lane.lane(), what), `${name}: under way`);
    lane.applied(101);
    t.ok(isSettled(lane.lane(), what), `${name}: done`);
    t.equal(lane.plan(102, what), null, `${name}: and rests`);
  }

  t.test('before the rules that call them, and kills after all', async (t) => {
    const lane = holding();
    const gone = desired('two', ['a/inet'], [pool({ a: 3 })]);
    const unwanted: readonly PathKey[] = ['b/inet'];
    t.equal(lane.plan(100, gone, { unwanted }), 'default.pool_inet=1, load, uplinkd_default=1, kill b');
  });

  t.test('a load or a replace may bring states where they were killed', async (t) => {
    const lane = holding(onlyA);
    const unwanted: readonly PathKey[] = ['b/inet'];
    lane.plan(100, onlyA, { unwanted });
    lane.applied(101);
    lane.plan(1101, onlyA, { unwanted });
    lane.applied(1102);
    t.equal(lane.plan(5000, onlyA, { unwanted }), null);
    lane.plan(5001, ab);
    lane.applied(5002);
    t.equal(lane.plan(5003, onlyA, { unwanted }), 'default.pool_inet=1, kill b');
  });

  t.test('what stood alone under another weight is weighed when it is no longer alone', async (t) => {
    const lane = holding();
    lane.plan(100, onlyA);
    lane.applied(101);
    const lighter = pooled(pool({ a: 1 }));
    t.equal(lane.plan(200, lighter), null, 'alone it does not matter');
    t.ok(isSettled(lane.lane(), lighter));
    t.equal(lane.plan(300, weighed), 'default.pool_inet=2, reweigh default.pool_inet');
    lane.applied(301);
    t.equal(lane.plan(302, weighed), null);
  });

  t.test('SIGHUP', async (t) => {
    for (const [name, what, differ, wanted] of [
      ['with the same: looked at, and left alone', ab, [], null],
      ['with a weight, which no inspection sees', weighed, [], 'reweigh default.pool_inet'],
      ['with one member less', onlyA, ['uplinkd/default'], 'default.pool_inet=1'],
      ['with other rules', sticky, ['uplinkd/default'], 'pool default'],
    ] as const) {
      const lane = holding();
      lane.change((each) => ({ ...forgetApplied(each), mustCheck: true }));
      t.equal(lane.plan(100, what), 'inspect', name);
      t.notOk(isSettled(lane.lane(), what), `${name}: not settled while nothing is known`);
      t.same(lane.inspected(101, differ), [], `${name}: nobody else wrote`);
      t.equal(lane.plan(101, what), wanted, name);
    }
  });

  t.test('somebody else writes', async (t) => {
    const lane = holding();
    t.equal(lane.plan(30_002, ab), 'inspect');
    t.same(lane.inspected(30_003, ['uplinkd/default']), [
      'pf: changed by somebody else, putting it back: uplinkd/default',
    ]);
    t.equal(
      lane.plan(30_003, ab),
      'pool default, reweigh default.pool_inet',
      'all of it: nothing is known of it',
    );
    lane.applied(30_004);
    t.equal(lane.plan(30_005, ab), null);
  });

  t.test('and all the same where one stands alone under a weight of before', async (t) => {
    const lane = holding();
    lane.plan(100, onlyA);
    lane.applied(101);
    const lighter = pooled(pool({ a: 1 }));
    t.equal(lane.plan(30_101, lighter), 'inspect');
    t.equal(lane.inspected(30_102, ['uplinkd/default']).length, 1, 'told');
    t.equal(lane.plan(30_102, lighter), 'pool default');
  });

  t.test('after a failure everything is looked at again', async (t) => {
    t.test('of the load: what was written is found', async (t) => {
      const lane = holding();
      const next = desired('two', ['a/inet'], [pool({ a: 3 })]);
      t.equal(lane.plan(100, next), 'default.pool_inet=1, load, uplinkd_default=1');
      lane.failed(101, 'load');
      t.notOk(isSettled(lane.lane(), next));
      t.equal(lane.plan(201, next), 'inspect');
      lane.inspected(202, ['rules', 'uplinkd_default']);
      t.equal(lane.plan(202, next), 'load, uplinkd_default=1');
    });
    t.test('of the load: weights are not seen, so they are set again', async (t) => {
      const lane = holding();
      const next = desired('two', ['a/inet'], [pool({ a: 1, b: 1 })]);
      t.equal(lane.plan(100, next), 'reweigh default.pool_inet, load, uplinkd_default=1');
      lane.failed(101, 'load');
      lane.plan(201, next);
      lane.inspected(202, ['rules', 'uplinkd_default']);
      t.equal(lane.plan(202, next), 'reweigh default.pool_inet, load, uplinkd_default=1');
    });
    t.test('of the pool: what differs is loaded as a whole', async (t) => {
      const lane = holding();
      t.equal(lane.plan(100, onlyA), 'default.pool_inet=1');
      lane.failed(101, 'pool');
      t.equal(lane.plan(201, onlyA), 'inspect');
      lane.inspected(202, ['uplinkd/default']);
      t.equal(lane.plan(202, onlyA), 'pool default');
      lane.applied(203);
      t.equal(lane.plan(204, onlyA), null);
    });
  });

  t.test("a pool that is no longer wanted is nobody's business", async (t) => {
    const lane = holding();
    lane.change(forgetApplied);
    lane.plan(100, one);
    lane.inspected(101, []);
    t.equal(lane.plan(101, one), null);
    lane.change(forgetApplied);
    t.equal(lane.plan(200, weighed), 'inspect');
    lane.inspected(201, ['uplinkd/default']);
    t.equal(
      lane.plan(201, weighed),
      'pool default, reweigh default.pool_inet',
      'what was known of it then is forgotten',
    );
  });
});
