import t from 'tap';
import type { Evidence } from '../../src/core/evidence.ts';
import {
  holdEnds,
  isAnswering,
  pathDeadline,
  retunePath,
  stepEvidence,
  stepPath,
  stepRoute,
} from '../../src/core/health.ts';
import type { LinkSettings, ProbeSettings, Reason, Target } from '../../src/core/model.ts';
import { isUsable, newPath, type PathHealth } from '../../src/core/path.ts';
import { quorumOf } from '../../src/core/quorum.ts';
import { type Mono, millis, mono } from '../../src/core/time.ts';
import { startWindow, stepAnswer, stepSendError, type Window } from '../../src/core/window.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { linkSettings, probeSettings, ready, toAddress, toGateway } from './example.ts';

/** Losses and latency that no row speaks of decide nothing but what the defaults make of them. */
const probing = (more: Partial<ProbeSettings> = {}): ProbeSettings =>
  probeSettings({
    loss: { degraded: 10, recover: null, down: 50, window: millis(30_000) },
    latency: { degraded: null, recover: null },
    ...more,
  });

type Happening =
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  | { readonly kind: 'route'; readonly done: boolean }
  /** The nth target answers, or an error says at once that it does not. */
  | { readonly kind: 'answer'; readonly target: number; readonly rtt: number }
  | { readonly kind: 'loss'; readonly target: number }
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
const answer = (target = 0, after = 1000, rtt = 1): Step => ({
  after,
  happening: { kind: 'answer', target, rtt },
});
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
        return stepAnswer(started, { seq, rtt: millis(happening.rtt), duplicate: false }, now);
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
  look: (path: PathHealth, now: Mono) => void = () => {},
): { readonly path: PathHealth; readonly now: Mono; readonly seen: readonly string[] } => {
  let now = mono(0);
  let path = newPath(
    linkSettings('a', 0, { probe: probing({ timeout: NEVER, ...probe }) }),
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
    look(path, now);
  }
  return { path, now, seen };
};

const a = (count: number): string => 'a'.repeat(count);
const s = (count: number): string => 's'.repeat(count);
/** How each target fares, a column a second: answers in 1 ms, in 220 ms, in 500 ms, is lost, or is not asked. */
const RTTS: { readonly [fate: string]: number } = { a: 1, m: 220, s: 500 };
const rounds = (...fates: readonly string[]): readonly Step[] =>
  Array.from(fates[0] ?? '', (_, second) => [
    wait(1000),
    ...fates.flatMap((fate, target) => {
      const is = fate[second] ?? '-';
      const rtt = RTTS[is];
      if (rtt !== undefined) return [answer(target, 0, rtt)];
      return is === 'l' ? [loss(target, 0)] : [];
    }),
  ]).flat();

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
      { loss: { degraded: 90, recover: null, down: 90, window: millis(30_000) } },
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
        missing('no-gateway'),
      ],
      'down (interface-absent) > down (interface-down) > down (no-address) > down (gateway-off-link) > down (no-gateway)',
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
    [
      'degraded, and the cable is pulled',
      [...start, ...rounds('aalaalalaa'), missing('carrier-down'), there()],
      'unknown (starting) > up (answering) > degraded (probe-loss) > down (carrier-down) > unknown (probing)',
    ],
    [
      'degraded, and another address: another path, with windows of its own',
      [...start, ...rounds('aalaalalaa'), there('10.0.0.7'), routed, ...rounds(a(20))],
      'unknown (starting) > up (answering) > degraded (probe-loss) > unknown (probing) > unknown (hold) > up (answering)',
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

/** The second of each change, and what it was then. */
const story = (fates: readonly string[], probe: Partial<ProbeSettings> = {}): string => {
  const told: string[] = [];
  let was = '';
  play([...start, ...rounds(...fates)], probe, (path, now) => {
    const is = `${path.health} (${path.reason})`;
    if (is !== was) told.push(`${now / 1000} ${is}`);
    was = is;
  });
  return told.slice(1).join(', ');
};

const slow = { latency: { degraded: millis(250), recover: null } };
const lossy = (degraded: number, down: number, window = 30_000): Partial<ProbeSettings> => ({
  loss: { degraded, recover: null, down, window: millis(window) },
});
const one = toAddress('9.9.9.9');

t.test('loss and latency, row by row', async (t) => {
  const rows: readonly (readonly [string, readonly string[], string, Partial<ProbeSettings>?])[] = [
    // loss, of one target
    ['one loss after a start', [`aaal${a(40)}`], '1 up (answering)'],
    ['two of nine mean nothing yet', ['aalaalaaa'], '1 up (answering)'],
    ['two of ten are chance', ['aalaalaaaa'], '1 up (answering)'],
    ['three of ten are not', ['aalaalalaa'], '1 up (answering), 10 degraded (probe-loss)'],
    ['one of ten is chance', [`${a(9)}l${a(30)}`], '1 up (answering)', lossy(10, 50, 10_000)],
    ['and fails no target either', [`${a(9)}l${a(30)}`], '1 up (answering)', lossy(5, 5, 10_000)],
    ['just below the mark', [`${a(28)}ll${a(9)}`], '1 up (answering)'],
    [
      'at the mark, until it is below half of it',
      [`${a(240)}${'la'.repeat(30)}${a(320)}`],
      '1 up (answering), 299 degraded (probe-loss), 571 up (answering)',
      lossy(10, 50, 300_000),
    ],
    [
      'in a window so short that the mark may be chance, only six of thirty are none',
      [`${a(27)}laaalaaalaaalaaalaaalaaal${a(40)}`],
      '1 up (answering), 48 degraded (probe-loss), 78 up (answering)',
    ],
    [
      'half of it is not below half of it',
      [`${a(15)}lalalalal${a(26)}`],
      '1 up (answering), 22 degraded (probe-loss), 44 up (answering)',
      lossy(10, 50, 20_000),
    ],
    [
      '15 % for two minutes (S18)',
      ['aaaaalaaaaaalaaaaaal'.repeat(6) + a(40), 'aaaaalaaaaaalaaaaaal'.repeat(6) + a(40)],
      '1 up (answering), 26 degraded (probe-loss), 143 up (answering)',
      { targets: targets.slice(0, 2) },
    ],
    [
      'fall, and there is no grace for a degraded path',
      ['aalaalaaaalll'],
      '1 up (answering), 11 degraded (probe-loss), 13 down (probe-loss)',
    ],
    // loss.down
    [
      'every second one is lost: failed without `fall` in a row; and back by `rise` and `hold`',
      [a(10) + 'la'.repeat(15) + a(30)],
      '1 up (answering), 17 degraded (probe-loss), 39 down (probe-loss), 44 unknown (hold), 54 up (answering)',
    ],
    [
      'after a long silence `rise` answers are enough: the outage is forgotten',
      [a(5) + 'l'.repeat(60) + a(40)],
      '1 up (answering), 8 down (probe-loss), 70 unknown (hold), 80 up (answering)',
    ],
    [
      'one mark for both',
      [`aalaalaaaa${a(20)}`],
      '1 up (answering), 10 down (probe-loss), 11 unknown (hold), 21 up (answering)',
      lossy(20, 20, 10_000),
    ],
    ['lost from the start', ['l'.repeat(12)], '10 down (probe-loss)', { fall: 60 }],
    // latency
    ['latency that nobody asked for', [s(60)], '1 up (answering)'],
    ['slow from the start', [s(40)], '1 up (answering), 10 degraded (probe-latency)', slow],
    ['a bit below the mark', ['m'.repeat(60)], '1 up (answering)', slow],
    [
      'at the mark, until it is below 80 % of it',
      [`${a(12)}${s(12)}${'m'.repeat(40)}${a(9)}`],
      '1 up (answering), 24 degraded (probe-latency), 67 up (answering)',
      slow,
    ],
    [
      'a saturated link, with a loss (S17)',
      [`${s(20)}l${s(40)}`],
      '1 up (answering), 10 degraded (probe-latency)',
      slow,
    ],
    [
      'loss on top of latency, and gone again',
      [`${s(20)}lslslslslsl${s(40)}`],
      '1 up (answering), 10 degraded (probe-latency), 29 degraded (probe-loss), 59 degraded (probe-latency)',
      slow,
    ],
    [
      'latency is gone, and loss not well below its mark',
      [`${s(30)}lal${a(40)}`],
      '1 up (answering), 10 degraded (probe-latency), 49 degraded (probe-loss), 61 up (answering)',
      slow,
    ],
    // several targets
    ['one of three is dead (S3)', [a(600), 'l'.repeat(600), a(600)], '1 up (answering)', { targets }],
    [
      'one of three dies, and comes back',
      [a(200), a(20) + 'l'.repeat(100) + a(80), a(200)],
      '1 up (answering)',
      { targets },
    ],
    [
      'one of two answers, and the other comes back with a bad window',
      [a(200), a(20) + 'l'.repeat(100) + a(80)],
      '1 up (answering)',
      { targets: targets.slice(0, 2) },
    ],
    ['one of three is lossy', [a(60), 'aaaal'.repeat(12), a(60)], '1 up (answering)', { targets }],
    [
      'two of three are',
      [a(60), 'aaaal'.repeat(12), 'aaaal'.repeat(12)],
      '1 up (answering), 25 degraded (probe-loss)',
      { targets },
    ],
    [
      'two of three are, and the third has failed',
      ['l'.repeat(60), 'aaaal'.repeat(12), 'aaaal'.repeat(12)],
      '1 up (answering), 10 degraded (probe-loss)',
      { targets },
    ],
    [
      'one of three is lossy, and measured first',
      ['aaaal'.repeat(12), a(60), a(60)],
      '1 up (answering)',
      { targets },
    ],
    ['one of two is slow', [a(60), s(60)], '1 up (answering)', { ...slow, targets: targets.slice(0, 2) }],
    [
      'one is lossy and one is slow, and one is neither',
      [a(60), 'aaaal'.repeat(12), s(60)],
      '1 up (answering)',
      { ...slow, targets },
    ],
    [
      'a clean gateway says nothing of what is behind it',
      [a(60), 'aaaal'.repeat(12)],
      '1 up (answering), 20 degraded (probe-loss)',
      { targets: [toGateway, one] },
    ],
    [
      'nor does one that drops pings',
      ['aaaal'.repeat(12), a(60)],
      '1 up (answering)',
      { targets: [toGateway, one] },
    ],
    [
      'unless it is all that is pinged',
      ['aaaal'.repeat(12)],
      '1 up (answering), 20 degraded (probe-loss)',
      { targets: [toGateway] },
    ],
  ];
  for (const [name, fates, wanted, probe] of rows) t.equal(story(fates, probe), wanted, name);
});

t.test('a path that was degraded before a restart is until it has been measured', async (t) => {
  for (const reason of ['probe-loss', 'probe-latency'] as const) {
    const rows: readonly (readonly [string, string, string])[] = [
      [a(9), 'degraded', reason],
      [a(10), 'up', 'answering'],
      [s(10), 'degraded', 'probe-latency'],
      ['aalaalaaaaa', 'degraded', 'probe-loss'],
      ['lll', 'down', 'probe-loss'],
    ];
    for (const [fate, health, why] of rows) {
      let path: PathHealth = { ...play(start).path, health: 'degraded', reason, settings: probing(slow) };
      let now = mono(0);
      for (const { after, happening } of rounds(fate)) {
        now = mono(now + after);
        path = stepPath(happen(path, happening, now), now);
      }
      t.match(path, { health, reason: why }, `${reason}, then ${fate}`);
    }
  }
});

t.test('usable', async (t) => {
  const rows: readonly (readonly [readonly Step[], boolean])[] = [
    [start, false],
    [up, true],
    [[...start, ...rounds('aalaalalaa')], true],
    [dead, false],
    [[...dead, ...times(5, answer())], false],
    [[...up, missing('carrier-down')], false],
  ];
  for (const [steps, wanted] of rows) {
    const { path, seen } = play(steps);
    t.equal(isUsable(path), wanted, seen.at(-1) ?? '');
  }
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
    ask: { kind: 'ping' },
    longest: 1_000_000_000,
    address: '10.0.0.1',
    rtable: 101,
    interval: 1000,
    count: null,
  });
});

t.test('targets of inet6', async (t) => {
  const toAddress6 = (address: string): Target => ({ kind: 'address', family: 'inet6', address });
  const both = probing({
    targets: [toGateway, toAddress('9.9.9.9'), toAddress6('2620:fe::fe'), toAddress6('fe80::1')],
    quorum: 3,
  });
  const path6 = (link: Partial<LinkSettings>, gateway: string, number = 0): PathHealth => {
    const settings = linkSettings('a', number, { gateway6: gateway, probe: both, ...link });
    const evidence: Evidence = {
      kind: 'ready',
      gateway,
      address: 'fe80::2',
      identity: `${number + 1}:fe80::2>${gateway}`,
    };
    return stepEvidence(newPath(settings, 'inet6', 101, mono(0)), evidence, mono(0));
  };
  const asked = (path: PathHealth) => path.targets.map(({ target, probe }) => [target, probe.address]);

  const local = path6({}, 'fe80::1');
  t.same(
    asked(local),
    [
      ['gateway', 'fe80::1%em0'],
      ['2620:fe::fe', '2620:fe::fe'],
    ],
    'those of its family; a link-local one with its scope, and once',
  );
  t.equal(quorumOf(local), 2);
  t.same(local.targets[0]?.probe, {
    key: 'a/inet6/fe80::1%em0 1:fe80::2>fe80::1@101/1000',
    path: 'a/inet6',
    family: 'inet6',
    ask: { kind: 'ping' },
    longest: 1000,
    address: 'fe80::1%em0',
    rtable: 101,
    interval: 1000,
    count: null,
  });
  t.same(asked(path6({}, '2001:db8::1')), [
    ['gateway', '2001:db8::1'],
    ['2620:fe::fe', '2620:fe::fe'],
    ['fe80::1', 'fe80::1%em0'],
  ]);

  const keys = (path: PathHealth) => path.targets.map((target) => target.probe.key);
  t.same(keys(path6({ weight: 9 }, 'fe80::1')), keys(local), 'the same way of measuring, the same probes');
  t.same(keys(retunePath(local, { ...both, fall: 9, hold: millis(1) })), keys(local));
  const other = path6({ name: 'b' }, 'fe80::1', 1);
  t.equal(other.targets[0]?.probe.address, 'fe80::1%em1', 'the same gateway on two links is two (S36)');
  t.equal(new Set([...keys(local), ...keys(other)]).size, 4);

  const inet = stepEvidence(
    newPath(linkSettings('a', 0, { probe: both }), 'inet', 101, mono(0)),
    ready(0),
    mono(0),
  );
  t.same(asked(inet), [
    ['gateway', '10.0.0.1'],
    ['9.9.9.9', '9.9.9.9'],
  ]);
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
    ['degraded', [...start, ...rounds('aalaaaalaa'), ...rounds('laa')], true],
    ['degraded, and the last one lost', [...start, ...rounds('aalaaaalaa'), ...rounds('l')], true],
    ['degraded, until it is down', [...start, ...rounds('aaaaaaaalaaalll')], false],
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
    const retuned = retunePath(path, probing({ fall: 2, timeout: millis(300) }));
    t.equal(retuned.targets[0]?.window.lossesInRow, 2);
    t.equal(retuned.targets[0]?.window.timeout, 300);
    t.equal(retuned.targets[0]?.probe.key, path.targets[0]?.probe.key);
    const stricter = retunePath(path, probing({ fall: 2, timeout: NEVER }));
    t.equal(stepPath(stricter, now).reason, 'probe-loss', 'and is judged by them at once');
  });
  t.test('by another interval takes new children, and keeps the health', async (t) => {
    const retuned = retunePath(path, probing({ interval: millis(500) }));
    t.equal(retuned.health, 'up');
    t.equal(retuned.targets[0]?.window.answered, 0);
    t.not(retuned.targets[0]?.probe.key, path.targets[0]?.probe.key);
  });
  t.test('by other targets keeps those that stay', async (t) => {
    const retuned = retunePath(path, probing({ targets: [toAddress('1.1.1.1'), toAddress('9.9.9.9')] }));
    t.same(
      retuned.targets.map((each) => each.window.answered),
      [0, 1],
    );
  });
  t.test('by another window and other marks', async (t) => {
    const { path, now } = play([...start, ...rounds(`${a(25)}lalalalal${a(6)}`)]);
    t.equal(path.reason, 'answering');
    const shorter = retunePath(path, probing({ timeout: NEVER, ...lossy(10, 50, 20_000) }));
    t.equal(shorter.targets[0]?.window.outcomes.length, 20);
    t.equal(shorter.targets[0]?.probe.key, path.targets[0]?.probe.key);
    t.equal(stepPath(shorter, now).health, 'degraded');
    const stricter = retunePath(path, probing({ timeout: NEVER, ...lossy(6, 50) }));
    t.equal(stepPath(stricter, now).health, 'degraded');
    const laxer = retunePath(stepPath(stricter, now), probing({ timeout: NEVER, ...lossy(40, 50) }));
    t.equal(stepPath(laxer, now).health, 'up');
  });
  t.test('by another interval, a degraded path is so until the new windows tell', async (t) => {
    const { path, now } = play([...start, ...rounds('aalaalalaa')]);
    const retuned = retunePath(path, probing({ interval: millis(500) }));
    t.match(stepPath(retuned, now), { health: 'degraded', reason: 'probe-loss', since: path.since });
  });
  t.test('without evidence there is nothing to keep', async (t) => {
    const bare = play([missing('no-address')]).path;
    const settings = probing({ fall: 9 });
    t.same(retunePath(bare, settings), { ...bare, settings });
  });
});

// ---- properties ----------------------------------------------------------------------------------------------------

/** What becomes of each request of a target: a round-trip time, perhaps beyond the time-out, or nothing at all. */
type Fates = readonly (number | null)[];

/** Plays fates by time, as the engine does: a look at every answer and whenever the path wants one. */
const live = (
  fates: readonly Fates[],
  probe: ProbeSettings,
  look: (path: PathHealth, before: PathHealth, now: Mono) => void,
): void => {
  const link = linkSettings('a', 0, { probe });
  let path = stepRoute(stepEvidence(newPath(link, 'inet', 101, mono(0)), ready(0), mono(0)), true, mono(0));
  path = fates.reduce((so, _, n) => inWindow(so, n, (window) => startWindow(window, mono(0))), path);
  const sentAt = (seq: number): number => 500 + seq * probe.interval;
  const arrivals = fates
    .flatMap((each, target) =>
      each.flatMap((rtt, seq) => (rtt === null ? [] : [{ at: sentAt(seq) + rtt, target, seq, rtt }])),
    )
    .sort((a, b) => a.at - b.at);
  const end = Math.min(...fates.map((each) => sentAt(each.length) - 1));
  const turn = (next: PathHealth, now: Mono): void => {
    const stepped = stepPath(next, now);
    look(stepped, path, now);
    path = stepped;
  };
  const wakeUntil = (until: number): void => {
    for (let at = pathDeadline(path); at !== null && at < until; at = pathDeadline(path)) turn(path, at);
  };
  for (const { at, target, seq, rtt } of arrivals) {
    if (at >= end) break;
    wakeUntil(at);
    const answered = { seq, rtt: millis(rtt), duplicate: false };
    turn(
      inWindow(path, target, (window) => stepAnswer(window, answered, mono(at))),
      mono(at),
    );
  }
  wakeUntil(end);
};

const someTargets = (count: number): readonly Target[] => targets.slice(0, count);

t.test('latency alone takes no path down, and no target (S17)', async (t) => {
  const slowness = fc.record({
    // Within the time-out: whether an answer of the very instant in which it is over was in time depends on what is looked at first.
    fates: fc.array(fc.array(fc.nat(4999), { minLength: 40, maxLength: 40 }), { minLength: 1, maxLength: 3 }),
    mark: fc.integer({ min: 1, max: 5000 }),
    timeout: fc.constantFrom(5000, 8000),
  });
  check(
    t,
    fc.property(slowness, ({ fates, mark, timeout }) => {
      const probe = probing({
        targets: someTargets(fates.length),
        quorum: fates.length,
        timeout: millis(timeout),
        fall: 1,
        ...lossy(1, 1),
        latency: { degraded: millis(mark), recover: null },
      });
      live(fates, probe, (path) => {
        must(path.health !== 'down', 'down');
        must(path.reason !== 'probe-loss', 'lossy');
        must(!path.targets.some((target) => target.verdict === 'failed'), 'a target failed');
      });
    }),
    150,
  );
});

/** The lower median, by sorting. */
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;

t.test('degraded if, and only if, the outcomes say so', async (t) => {
  const history = fc.record({
    fates: fc.array(
      fc.tuple(fc.constantFrom(0, 5, 15, 40), fc.constantFrom(20, 400, 1500)).chain(([lost, longest]) =>
        fc.array(
          fc
            .tuple(fc.nat(99), fc.nat(longest))
            .map(([chance, rtt]): number | null => (chance < lost ? null : rtt)),
          { minLength: 80, maxLength: 80 },
        ),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    withGateway: fc.boolean(),
    degraded: fc.integer({ min: 10, max: 30 }),
    down: fc.integer({ min: 30, max: 100 }),
    window: fc.integer({ min: 1000, max: 50_000 }),
    latency: fc.option(fc.integer({ min: 10, max: 1000 })),
    timeout: fc.constantFrom(300, 1000, 2500),
    fall: fc.integer({ min: 1, max: 10 }),
    hold: fc.integer({ min: 0, max: 15_000 }),
  });
  const reached = new Map<string, number>();
  check(
    t,
    fc.property(history, (given) => {
      const { fates, withGateway, degraded, down, window, latency, timeout, fall, hold } = given;
      const probe = probing({
        targets: withGateway ? [toGateway, ...someTargets(fates.length - 1)] : someTargets(fates.length),
        timeout: millis(timeout),
        fall,
        hold: millis(hold),
        loss: { degraded, recover: null, down, window: millis(window) },
        latency: { degraded: latency === null ? null : millis(latency), recover: null },
      });
      live(fates, probe, (path, before, now) => {
        must(JSON.stringify(stepPath(path, now)) === JSON.stringify(path), 'a second look changes something');
        if (isUsable(path) && !isUsable(before) && before.reason !== 'starting')
          must(before.reason === 'hold' || hold === 0, `usable after ${before.reason}`);
        if (before.reason === 'hold' && isUsable(path))
          must(now >= (before.goodSince ?? Number.NaN) + hold, 'usable before the hold was over');
        if (!isUsable(path)) return;
        const turned = `${before.health} > ${path.health} (${path.reason})`;
        reached.set(turned, (reached.get(turned) ?? 0) + 1);
        const voters = path.targets
          .filter((each) => each.verdict !== 'failed')
          .filter((each) => each.target !== 'gateway' || path.targets.length === 1);
        const measured = voters
          .map((each) => each.window.outcomes)
          .filter((outcomes) => outcomes.length >= 10);
        if (2 * measured.length <= voters.length) {
          must(path.health === before.health || path.health === 'up', 'changed by too few outcomes');
          return;
        }
        const loss = median(
          measured.map((all) => (100 * all.filter((each) => each === null).length) / all.length),
        );
        const rtt = median(
          measured.map((all) => {
            const answers = all.filter((each) => each !== null);
            return answers.reduce((sum, each) => sum + each, 0) / answers.length;
          }),
        );
        const mark = latency ?? Number.POSITIVE_INFINITY;
        const [all, gone] = measured.reduce(
          (sum, outcomes) => [
            sum[0] + outcomes.length,
            sum[1] + outcomes.filter((each) => each === null).length,
          ],
          [0, 0] as readonly [number, number],
        );
        const half = degraded / 200;
        const isChance = gone < all * half + 3 * Math.sqrt(all * half * (1 - half));
        // More than a tenth of ten or more is no single loss.
        const isBad = (loss >= degraded && loss > 10 && !isChance) || rtt >= mark;
        const isWell = loss < degraded / 2 && rtt < 0.8 * mark - 1e-9;
        if (path.health === 'up') must(!isBad, `up with ${loss} % and ${rtt} ms`);
        else must(!isWell, `degraded with ${loss} % and ${rtt} ms`);
        if (path.reason === 'probe-loss') must(loss >= degraded / 2, `lossy with ${loss} %`);
        if (path.reason === 'probe-latency') must(rtt >= 0.8 * mark - 1e-9, `slow with ${rtt} ms`);
      });
    }),
    200,
  );
  t.comment([...reached].map(([turned, count]) => `${turned}: ${count}`).join(', '));
});

t.test('never degraded by fewer than ten outcomes', async (t) => {
  const fate = fc.array(fc.option(fc.nat(999), { freq: 3 }), { minLength: 9, maxLength: 9 });
  check(
    t,
    fc.property(fc.array(fate, { minLength: 1, maxLength: 3 }), (fates) => {
      const probe = probing({
        targets: someTargets(fates.length),
        ...lossy(1, 1),
        latency: { degraded: millis(1), recover: null },
      });
      live(fates, probe, (path) => must(path.health !== 'degraded', 'degraded'));
    }),
    200,
  );
});

t.test('up and degraded change no faster than the marks allow, whatever is lost', async (t) => {
  const history = fc.record({
    size: fc.integer({ min: 20, max: 40 }),
    mark: fc.integer({ min: 10, max: 30 }),
    percent: fc.integer({ min: 1, max: 45 }),
    chances: fc.array(fc.nat(99), { minLength: 200, maxLength: 200 }),
  });
  let changes = 0;
  check(
    t,
    fc.property(history, ({ size, mark, percent, chances }) => {
      const good = chances.map((chance) => chance >= percent);
      const fate = good.map((isGood) => (isGood ? 'a' : 'l')).join('');
      const turns: { readonly at: number; readonly to: string }[] = [];
      play([...start, ...rounds(fate)], { fall: 60, ...lossy(mark, 100, size * 1000) }, (path, now) => {
        if (path.health !== turns.at(-1)?.to) turns.push({ at: now / 1000, to: path.health });
      });
      if (turns.some(({ to }) => to === 'down')) return;
      const known = turns.filter(({ to }) => to !== 'unknown');
      const recount = (at: number): { readonly all: number; readonly lost: number } => {
        const last = good.slice(Math.max(0, at - size), at);
        return { all: last.length, lost: last.filter((isGood) => !isGood).length };
      };
      /** How soon at best: every new outcome is of the one kind, and every one that is forgotten of the other. */
      const fewest = ({ all, lost }: { readonly all: number; readonly lost: number }, to: string): number => {
        for (let more = 1; ; more += 1) {
          const next = Math.min(size, all + more);
          const left = Math.max(0, lost - Math.max(0, all + more - size));
          if (to === 'up' && (100 * left) / next < mark / 2) return more;
          if (to === 'degraded' && lost + more >= 2 && (100 * (lost + more)) / next >= mark) return more;
        }
      };
      for (const [n, { at, to }] of known.entries()) {
        const last = known[n - 1];
        if (last === undefined) continue;
        changes += 1;
        const wait = fewest(recount(last.at), to);
        must(at - last.at >= wait, `${to} ${at - last.at} s after the last change, and not ${wait}`);
        if (last.at >= size) must(at - last.at >= 2, 'from one outcome to the next');
      }
      // From below half of the mark to the mark it takes as many new losses as lie between.
      const entries = known.filter(({ at, to }) => to === 'degraded' && at > size).length;
      const losses = good.slice(size).filter((isGood) => !isGood).length;
      must(entries <= 1 + losses / ((mark * size) / 200), `${entries} times degraded by ${losses} losses`);
    }),
    200,
  );
  t.ok(changes > 50, `${changes} changes were seen`);
});
