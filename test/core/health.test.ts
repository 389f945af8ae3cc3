import t from 'tap';
import type { Evidence } from '../../src/core/evidence.ts';
import {
  holdEnds,
  isAnswering,
  newPath,
  type PathHealth,
  pathDeadline,
  quorumOf,
  retunePath,
  stepEvidence,
  stepPath,
  stepRoute,
} from '../../src/core/health.ts';
import type { ProbeSettings, Reason } from '../../src/core/model.ts';
import { type Mono, millis, mono } from '../../src/core/time.ts';
import { startWindow, stepAnswer, stepSendError, type Window } from '../../src/core/window.ts';
import { linkSettings, probeSettings, ready, toAddress, toGateway } from './example.ts';

type Happening =
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  | { readonly kind: 'route'; readonly done: boolean }
  /** The nth target answers, or an error says at once that it does not. */
  | { readonly kind: 'answer' | 'loss'; readonly target: number }
  | { readonly kind: 'wait' };

interface Step {
  readonly after: number;
  readonly happening: Happening;
}

const missing = (reason: Reason): Step => ({
  after: 0,
  happening: { kind: 'evidence', evidence: { kind: 'missing', reason } },
});
const there = (address?: string): Step => ({
  after: 0,
  happening: { kind: 'evidence', evidence: ready(0, address) },
});
const routed: Step = { after: 0, happening: { kind: 'route', done: true } };
const unrouted: Step = { after: 0, happening: { kind: 'route', done: false } };
const answer = (target = 0, after = 1000): Step => ({ after, happening: { kind: 'answer', target } });
const loss = (target = 0, after = 1000): Step => ({ after, happening: { kind: 'loss', target } });
const wait = (after: number): Step => ({ after, happening: { kind: 'wait' } });
const times = (count: number, ...steps: readonly Step[]): readonly Step[] =>
  Array.from({ length: count }, () => steps).flat();

/** A time-out under which a request is answered or lost when the step says so, and not by time. */
const NEVER = millis(1e9);

const inWindow = (path: PathHealth, target: number, step: (window: Window) => Window): PathHealth => ({
  ...path,
  targets: path.targets.map((each, n) => (n === target ? { ...each, window: step(each.window) } : each)),
});

const happen = (path: PathHealth, happening: Happening, now: Mono): PathHealth => {
  switch (happening.kind) {
    case 'evidence':
      return stepEvidence(path, happening.evidence, now);
    case 'route':
      return stepRoute(path, happening.done, now);
    case 'answer':
      return inWindow(path, happening.target, (window) => {
        const seq = window.answered + window.lost;
        const started = window.known === null ? startWindow(window, now) : window;
        return stepAnswer(started, { seq, rtt: millis(1), duplicate: false }, now);
      });
    case 'loss':
      return inWindow(path, happening.target, (window) => {
        const started = window.known === null ? startWindow(window, now) : window;
        return stepSendError(started, now);
      });
    case 'wait':
      return path;
  }
};

const play = (
  steps: readonly Step[],
  probe: Partial<ProbeSettings> = {},
): { readonly path: PathHealth; readonly now: Mono; readonly seen: readonly string[] } => {
  let now = mono(0);
  let path = newPath(
    linkSettings('a', 0, { probe: probeSettings({ timeout: NEVER, ...probe }) }),
    'inet',
    101,
    now,
  );
  const seen: string[] = [];
  for (const { after, happening } of steps) {
    now = mono(now + after);
    path = stepPath(happen(path, happening, now), now);
    const is = `${path.health} (${path.reason})`;
    if (seen.at(-1) !== is) seen.push(is);
  }
  return { path, now, seen };
};

const start = [there(), routed];
const up = [...start, answer()];
const dead = [...up, ...times(3, loss())];
const targets = [toAddress('9.9.9.9'), toAddress('1.1.1.1'), toAddress('8.8.8.8')];

t.test('its table, row by row', async (t) => {
  const rows: readonly (readonly [string, readonly Step[], string, Partial<ProbeSettings>?])[] = [
    ['nothing is known', [], ''],
    ['evidence is not yet health', start, 'unknown (starting)'],
    ['one answer is enough for a start', up, 'unknown (starting) > up (answering)'],
    ['losses at the start', [...start, ...times(3, loss())], 'unknown (starting) > down (probe-loss)'],
    ['fall', dead, 'unknown (starting) > up (answering) > down (probe-loss)'],
    [
      'losses that are not in a row',
      [...up, ...times(10, loss(), loss(), answer())],
      'unknown (starting) > up (answering)',
    ],
    [
      'up, and the cable is pulled',
      [...up, missing('carrier-down')],
      'unknown (starting) > up (answering) > down (carrier-down)',
    ],
    ['never there', [missing('interface-absent')], 'down (interface-absent)'],
    [
      'one reason after the other',
      [
        missing('interface-absent'),
        missing('interface-down'),
        missing('no-address'),
        missing('gateway-off-link'),
        missing('other-rdomain'),
      ],
      'down (interface-absent) > down (interface-down) > down (no-address) > down (gateway-off-link) > down (other-rdomain)',
    ],
    [
      'the cable is back',
      [...up, missing('carrier-down'), there()],
      'unknown (starting) > up (answering) > down (carrier-down) > unknown (probing)',
    ],
    [
      'back, but not for rise answers',
      [missing('carrier-down'), there(), routed, ...times(4, answer())],
      'down (carrier-down) > unknown (probing)',
    ],
    [
      'back for rise answers: on hold',
      [missing('carrier-down'), there(), routed, ...times(5, answer())],
      'down (carrier-down) > unknown (probing) > unknown (hold)',
    ],
    [
      'not a millisecond before it has held',
      [missing('carrier-down'), there(), routed, ...times(5, answer()), wait(9999)],
      'down (carrier-down) > unknown (probing) > unknown (hold)',
    ],
    [
      'and up when it has held',
      [missing('carrier-down'), there(), routed, ...times(5, answer()), wait(9999), wait(1)],
      'down (carrier-down) > unknown (probing) > unknown (hold) > up (answering)',
    ],
    [
      'a single loss does not end the hold',
      [missing('carrier-down'), there(), routed, ...times(5, answer()), loss(), ...times(9, answer())],
      'down (carrier-down) > unknown (probing) > unknown (hold) > up (answering)',
    ],
    [
      'fall losses do',
      [missing('carrier-down'), there(), routed, ...times(5, answer()), ...times(3, loss()), wait(20_000)],
      'down (carrier-down) > unknown (probing) > unknown (hold) > down (probe-loss)',
    ],
    [
      'probe-loss, and back',
      [...dead, ...times(5, answer()), wait(10_000)],
      'unknown (starting) > up (answering) > down (probe-loss) > unknown (hold) > up (answering)',
    ],
    [
      'no hold',
      [...dead, ...times(5, answer())],
      'unknown (starting) > up (answering) > down (probe-loss) > up (answering)',
      { hold: millis(0) },
    ],
    [
      'back, and lost while probing',
      [missing('carrier-down'), there(), routed, ...times(3, loss())],
      'down (carrier-down) > unknown (probing) > down (probe-loss)',
    ],
    ['its routing table cannot be set', [there(), unrouted], 'unknown (starting) > down (no-route)'],
    [
      'and then it can',
      [there(), unrouted, routed],
      'unknown (starting) > down (no-route) > unknown (probing)',
    ],
    ['a path whose probes run is judged by them', [...up, unrouted], 'unknown (starting) > up (answering)'],
    ['the same evidence again', [...up, there(), there()], 'unknown (starting) > up (answering)'],
    [
      'another address: another path',
      [...up, there('10.0.0.7')],
      'unknown (starting) > up (answering) > unknown (probing)',
    ],
    ['quorum 2 of 3: one is not enough', [...start, answer(0)], 'unknown (starting)', { targets, quorum: 2 }],
    [
      'quorum 2 of 3: two are',
      [...start, answer(0), answer(2)],
      'unknown (starting) > up (answering)',
      { targets, quorum: 2 },
    ],
    [
      'quorum 2 of 3: one may fail',
      [...start, answer(0), answer(1), answer(2), ...times(9, loss(2), answer(0), answer(1))],
      'unknown (starting) > up (answering)',
      { targets, quorum: 2 },
    ],
    [
      'quorum 2 of 3: two may not',
      [...start, answer(0), answer(1), answer(2), ...times(3, loss(2), loss(1), answer(0))],
      'unknown (starting) > up (answering) > down (probe-loss)',
      { targets, quorum: 2 },
    ],
    [
      'quorum on hold: no longer enough of them',
      [
        missing('carrier-down'),
        there(),
        routed,
        ...times(5, answer(0), answer(1)),
        ...times(3, loss(0), answer(1)),
      ],
      'down (carrier-down) > unknown (probing) > unknown (hold) > unknown (probing)',
      { targets, quorum: 2 },
    ],
    [
      'a live gateway in front of a dead network (S2)',
      [...start, answer(0), answer(1), ...times(3, answer(0), loss(1))],
      'unknown (starting) > up (answering) > down (probe-loss)',
      { targets: [toGateway, toAddress('9.9.9.9')] },
    ],
    [
      'the gateway alone, where it is all that is pinged',
      up,
      'unknown (starting) > up (answering)',
      { targets: [toGateway] },
    ],
    [
      'a gateway that does not answer pings',
      [...start, answer(1), ...times(9, loss(0), answer(1))],
      'unknown (starting) > up (answering)',
      { targets: [toGateway, toAddress('9.9.9.9')] },
    ],
  ];
  for (const [name, steps, wanted, probe] of rows) t.equal(play(steps, probe).seen.join(' > '), wanted, name);
});

t.test('since when', async (t) => {
  const first = play([...up, missing('carrier-down')]).path;
  t.equal(first.since, 1000);
  const other = stepEvidence(first, { kind: 'missing', reason: 'interface-down' }, mono(5000));
  t.equal(other.since, 1000, 'down for another reason is not down anew');
  t.equal(stepEvidence(other, ready(0), mono(7000)).since, 7000);
});

t.test('missing evidence takes the probes away', async (t) => {
  const { path } = play([...up, missing('carrier-down')]);
  t.same(path.targets, []);
  t.equal(path.isRouted, false);
  t.equal(pathDeadline(path), null);
});

t.test('targets', async (t) => {
  const { path } = play(start, {
    targets: [toGateway, toAddress('10.0.0.1'), toAddress('9.9.9.9')],
    quorum: 3,
  });
  t.same(
    path.targets.map((target) => target.target),
    ['gateway', '9.9.9.9'],
    'one address is pinged once',
  );
  t.equal(quorumOf(path), 2);
  t.same(path.targets[0]?.probe, {
    key: 'a/inet/10.0.0.1 1:10.0.0.2>10.0.0.1@101/1000',
    path: 'a/inet',
    family: 'inet',
    address: '10.0.0.1',
    rtable: 101,
    interval: 1000,
  });
});

t.test('answering again', async (t) => {
  const rows: readonly (readonly [string, readonly Step[], boolean])[] = [
    ['no evidence', [missing('carrier-down')], false],
    ['nothing heard yet', start, false],
    ['up', up, true],
    ['dead', dead, false],
    ['its first answer (S32)', [...dead, answer()], true],
    ['and lost again', [...dead, answer(), loss()], false],
    ['on hold', [...dead, ...times(5, answer())], true],
    ['on hold, and the last one lost', [...dead, ...times(5, answer()), loss()], true],
  ];
  for (const [name, steps, wanted] of rows) t.equal(isAnswering(play(steps).path), wanted, name);
});

t.test('deadlines', async (t) => {
  const { path, now } = play([...dead, ...times(5, answer())]);
  t.equal(holdEnds(path), now + 10_000);
  t.equal(pathDeadline(path), now + 10_000, 'the windows of this test know no losses');
  t.equal(holdEnds(play(up).path), null);
});

t.test('retuned', async (t) => {
  const { path, now } = play([...up, ...times(2, loss())]);
  t.same(retunePath(path, path.settings), path, 'equal settings change nothing');
  t.test('by other numbers keeps windows and children', async (t) => {
    const retuned = retunePath(path, probeSettings({ fall: 2, timeout: millis(300) }));
    t.equal(retuned.targets[0]?.window.lossesInRow, 2);
    t.equal(retuned.targets[0]?.window.timeout, 300);
    t.equal(retuned.targets[0]?.probe.key, path.targets[0]?.probe.key);
    const stricter = retunePath(path, probeSettings({ fall: 2, timeout: NEVER }));
    t.equal(stepPath(stricter, now).reason, 'probe-loss', 'and is judged by them at once');
  });
  t.test('by another interval takes new children, and keeps the health', async (t) => {
    const retuned = retunePath(path, probeSettings({ interval: millis(500) }));
    t.equal(retuned.health, 'up');
    t.equal(retuned.targets[0]?.window.answered, 0);
    t.not(retuned.targets[0]?.probe.key, path.targets[0]?.probe.key);
  });
  t.test('by other targets keeps those that stay', async (t) => {
    const retuned = retunePath(
      path,
      probeSettings({ targets: [toAddress('1.1.1.1'), toAddress('9.9.9.9')] }),
    );
    t.same(
      retuned.targets.map((each) => each.window.answered),
      [0, 1],
    );
  });
  t.test('without evidence there is nothing to keep', async (t) => {
    const bare = play([missing('no-address')]).path;
    const settings = probeSettings({ fall: 9 });
    t.same(retunePath(bare, settings), { ...bare, settings });
  });
});
