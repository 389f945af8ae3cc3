/** What the control socket's requests do: one reply each, and links told apart from what is none. */
import t from 'tap';
import { answerRequest, type ControlActions, renderOutcome } from '../../src/daemon/control.ts';
import type { Reply } from '../../src/wire/control.ts';
import { exampleStatus } from '../wire/example.ts';

const ask = (request: object, over: Partial<ControlActions> = {}) => {
  const replies: Reply[] = [];
  const done: string[] = [];
  const actions: ControlActions = {
    status: () => exampleStatus,
    statusWithStates: async () => ({ ...exampleStatus, policies: [] }),
    reload: () => [],
    admin: (link, mode) => {
      if (link !== 'dsl') return null;
      done.push(`${link} ${mode}`);
      return ['policy default inet: fibre 100%'];
    },
    probe: () => () => {},
    metrics: async () => 'uplinkd_x 1\n',
    setVerbose: (verbose) => done.push(`verbose ${verbose}`),
    listen: () => () => {},
    ...over,
  };
  let closed = 0;
  const client = {
    reply: (value: unknown) => replies.push(value as Reply),
    close: () => {
      closed += 1;
    },
    onClose: () => {},
  };
  answerRequest({ version: 1, ...request }, client, actions);
  return { replies, done, closed };
};

t.test('a word on a link', async (t) => {
  t.strictSame(ask({ command: 'admin', link: 'dsl', mode: 'drained' }), {
    replies: [{ kind: 'done', text: 'link dsl is drained\npolicy default inet: fibre 100%' }],
    done: ['dsl drained'],
    closed: 1,
  });
  t.strictSame(ask({ command: 'admin', link: 'ds', mode: 'drained' }), {
    replies: [{ kind: 'error', text: 'unknown link: ds: not fibre, dsl, lte, radio' }],
    done: [],
    closed: 1,
  });
  t.match(ask({ command: 'admin', link: 'dsl', mode: 'off' }), { replies: [{ kind: 'error' }], done: [] });
});

t.test('a burst of pings', async (t) => {
  const ping = {
    kind: 'ping',
    link: 'dsl',
    family: 'inet',
    target: 'gateway',
    address: '192.0.2.1',
    seq: 0,
    outcome: 'answered',
    rttMs: 1,
    why: null,
  } as const;
  const request = { command: 'probe', link: 'dsl', count: 1 };
  const asked = ask(request, {
    probe: (link, count, tell, end) => {
      tell({ ...ping, link, seq: count });
      end();
      return () => {};
    },
  });
  t.strictSame(asked.replies, [{ ...ping, seq: 1 }, { kind: 'done' }]);
  t.strictSame(ask(request, { probe: () => 'busy' }).replies, [{ kind: 'error', text: 'busy' }]);
  t.match(ask({ ...request, link: 'x' }).replies, [{ kind: 'error', text: /^unknown link: x: not fibre, / }]);
  t.match(ask({ ...request, count: 101 }).replies, [{ kind: 'error', text: /count/ }]);
});

t.test('where new connections go', async (t) => {
  const decision = {
    policy: 'default',
    family: 'inet',
    source: null,
    rung: 'up',
    shares: [
      { link: 'a', weight: 3 },
      { link: 'b', weight: 1 },
    ],
    members: ['a', 'b', 'c'].map((link) => ({ link, tier: 1, weight: 1, used: true, why: '' })),
  } as const;
  t.strictSame(
    renderOutcome(
      [
        decision,
        { ...decision, family: 'inet6', source: 'a', rung: 'degraded' },
        { ...decision, policy: 'voip', rung: 'none', shares: [] },
        { ...decision, policy: 'other', members: [] },
      ],
      'c',
    ),
    [
      'policy default inet: a 75% b 25%',
      'policy default inet6 from a: a 75% b 25% (degraded)',
      'policy voip inet: refused, no member can take it',
    ],
  );
});

t.test('the others', async (t) => {
  t.match(ask({ command: 'show' }).replies, [{ kind: 'status', status: { policies: [{}, {}, {}] } }]);
  t.match(ask({ command: 'show', states: false }).replies, [{ kind: 'status' }]);
  t.strictSame(ask({ command: 'reload' }).replies, [{ kind: 'done' }]);
  t.strictSame(ask({ command: 'reload' }, { reload: () => ['x:1:1: no'] }).replies, [
    { kind: 'refused', errors: ['x:1:1: no'] },
  ]);
  t.strictSame(ask({ command: 'log', level: 'verbose' }).done, ['verbose true']);
  t.equal(ask({ command: 'monitor' }).closed, 0);
});

t.test('a status with the states of pf counted comes when they are', async (t) => {
  const asked = ask({ command: 'show', states: true });
  t.strictSame(asked.replies, []);
  await new Promise((resolve) => setImmediate(resolve));
  t.match(asked.replies, [{ kind: 'status', status: { policies: [] } }]);
  const broken = ask(
    { command: 'show', states: true },
    { statusWithStates: () => Promise.reject(new Error('x')) },
  );
  await new Promise((resolve) => setImmediate(resolve));
  t.match(broken.replies, [{ kind: 'error' }]);
});

t.test('figures, and none', async (t) => {
  const asked = ask({ command: 'metrics' });
  await new Promise((resolve) => setImmediate(resolve));
  t.strictSame(asked.replies, [{ kind: 'metrics', text: 'uplinkd_x 1\n' }]);
  const broken = ask({ command: 'metrics' }, { metrics: () => Promise.reject(new Error('x')) });
  await new Promise((resolve) => setImmediate(resolve));
  t.match(broken.replies, [{ kind: 'error' }]);
});
