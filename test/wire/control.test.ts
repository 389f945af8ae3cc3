import t from 'tap';
import { parseReply, parseRequest, type Reply, type Request } from '../../src/wire/control.ts';
import { statusSchema } from '../../src/wire/status.ts';
import fc from '../chance.ts';
import { check } from '../text/random.ts';
import { exampleStatus } from './example.ts';

const requests: readonly Request[] = [
  { version: 1, command: 'show' },
  { version: 1, command: 'monitor' },
  { version: 1, command: 'reload' },
  { version: 1, command: 'admin', link: 'fibre', mode: 'drained' },
  { version: 1, command: 'probe', link: 'fibre', count: 5 },
  { version: 1, command: 'log', level: 'brief' },
  { version: 1, command: 'log', level: 'verbose' },
];

const replies: readonly Reply[] = [
  { kind: 'status', status: exampleStatus },
  {
    kind: 'event',
    atMs: 1_795_165_503_123,
    severity: 'notice',
    text: 'link fibre inet: up -> down (carrier-down)',
  },
  {
    kind: 'ping',
    link: 'fibre',
    family: 'inet',
    target: 'gateway',
    address: '203.0.113.1',
    seq: 3,
    outcome: 'answered',
    rttMs: 8.1,
    why: null,
  },
  {
    kind: 'ping',
    link: 'fibre',
    family: 'inet6',
    target: null,
    address: null,
    seq: 0,
    outcome: 'not-sent',
    rttMs: null,
    why: 'no-address',
  },
  { kind: 'done' },
  { kind: 'done', text: 'configuration unchanged' },
  { kind: 'refused', errors: ['/etc/uplinkd.conf:3:1: gateway: expected an address'] },
  { kind: 'error', text: 'no' },
];

t.test('round trips', async (t) => {
  for (const request of requests) {
    t.strictSame(parseRequest(JSON.parse(JSON.stringify(request))), { kind: 'request', request });
  }
  for (const reply of replies) {
    t.strictSame(parseReply(JSON.parse(JSON.stringify(reply))), { kind: 'reply', reply });
  }
});

t.test('a request of another version names both versions', async (t) => {
  const text = (theirs: string): string =>
    `uplinkd speaks version 1 of the control protocol, the request is of version ${theirs}`;
  for (const version of [0, 2, 1.5, -1]) {
    const wanted = { kind: 'other-version', text: text(String(version)) };
    t.strictSame(parseRequest({ version, command: 'show' }), wanted);
    t.strictSame(parseRequest({ version, command: 'later', more: [] }), wanted, 'whatever else it holds');
  }
});

t.test('a status of another version names both versions', async (t) => {
  t.strictSame(parseReply({ kind: 'status', status: { ...exampleStatus, version: 2 } }), {
    kind: 'other-version',
    text: 'uplinkctl reads version 1 of the status document, uplinkd sent version 2',
  });
});

t.test('requests that are none', async (t) => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [null, /expected object/],
    [[], /expected object/],
    ['show', /expected object/],
    [{ command: 'show' }, /^malformed request: version: /],
    [{ version: '1', command: 'show' }, /^malformed request: version: /],
    [
      { version: 1 },
      /^malformed request: command: .*'show' \| 'metrics' \| 'monitor' \| 'reload' \| 'admin' \| 'probe' \| 'log'/,
    ],
    [{ version: 1, command: 'toString' }, /^malformed request: command: /],
    [{ version: 1, command: 'log' }, /^malformed request: level: .*"brief"\|"verbose"/],
    [{ version: 1, command: 'show', view: 'links' }, /^malformed request: Unrecognized key: "view"$/],
    [
      { version: 1, command: 'show', 'a\u001b[2J\nb': 1 },
      /^malformed request: Unrecognized key: "a \[2J b"$/,
    ],
    [{ version: 1, command: 'show', ['x'.repeat(5000)]: 1 }, /^.{30,240}$/],
  ];
  for (const [value, text] of rows)
    t.match(parseRequest(value), { kind: 'malformed', text }, JSON.stringify(value));
});

t.test('replies that are none', async (t) => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /expected object/],
    [{ kind: 'dont' }, /^malformed reply: kind: /],
    [{ kind: 'done', text: 1 }, /^malformed reply: text: /],
    [{ kind: 'refused', errors: 'no' }, /^malformed reply: errors: /],
    [{ kind: 'event', atMs: 1, severity: 'loud', text: '' }, /^malformed reply: severity: /],
    [{ kind: 'status' }, /^malformed reply: status: /],
    [{ kind: 'status', status: { version: '1' } }, /^malformed reply: status\.version: /],
    [
      {
        kind: 'status',
        status: { ...exampleStatus, links: [{ ...exampleStatus.links[0], carrier: 'maybe' }] },
      },
      /^malformed reply: status\.links\.0\.carrier: /,
    ],
  ];
  for (const [value, text] of rows)
    t.match(parseReply(value), { kind: 'malformed', text }, JSON.stringify(value));
});

t.test('fields that a newer daemon adds do no harm', async (t) => {
  const parsed = statusSchema.parse({ ...exampleStatus, later: true, pf: { ...exampleStatus.pf, later: 1 } });
  t.strictSame(parsed, exampleStatus);
});

/** Every way to spoil one place of a JSON value: taken out, or another value in its stead. */
const spoil = (value: unknown, path: readonly number[], instead: unknown): unknown => {
  const [at, ...rest] = path;
  if (at === undefined || typeof value !== 'object' || value === null) return instead;
  const entries = Object.entries(value);
  const chosen = entries[at % Math.max(1, entries.length)];
  if (chosen === undefined) return instead;
  const changed = spoil(chosen[1], rest, instead);
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === chosen[0] ? changed : each));
  return { ...value, [chosen[0]]: changed };
};

t.test('whatever comes: a message or a refusal of one bounded line', async (t) => {
  const judge = (parsed: ReturnType<typeof parseRequest> | ReturnType<typeof parseReply>): void => {
    if (parsed.kind === 'request' || parsed.kind === 'reply') return;
    if (!/^[^\p{Cc}]{1,260}$/u.test(parsed.text))
      throw new Error(`bad refusal: ${JSON.stringify(parsed.text)}`);
  };
  const both = (value: unknown): void => {
    judge(parseRequest(value));
    judge(parseReply(value));
  };
  check(t, fc.property(fc.anything(), both));
  check(t, fc.property(fc.jsonValue(), both));
  const near = fc
    .tuple(
      fc.constantFrom<unknown>(...requests, ...replies),
      fc.array(fc.nat(20), { maxLength: 6 }),
      fc.jsonValue(),
    )
    .map(([value, path, instead]) => spoil(value, path, instead));
  check(t, fc.property(near, both));
});
