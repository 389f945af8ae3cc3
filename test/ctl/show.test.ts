import t from 'tap';
import type { View } from '../../src/ctl/command.ts';
import { renderEntry, renderView, selectView, withOnlyLink } from '../../src/ctl/show.ts';
import { inColour, plain } from '../../src/ctl/terminal.ts';
import { type Status, statusSchema } from '../../src/wire/status.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { exampleStatus } from '../wire/example.ts';

process.env['TZ'] = 'UTC';

const views: readonly View[] = ['summary', 'links', 'policies', 'probes', 'rules', 'history'];

const text: Readonly<Record<View, string>> = {
  summary: `\
uplinkd 0.1.0, pid 4711, up 3d04h, /etc/uplinkd.conf read 3h07m ago
pf: anchor uplinkd in place, 2 rules, 12 loads, 1 failed, 312 states killed
carp: master, group carp demoted by 50, no link for policy guest

LINK  FAM   HEALTH   SINCE RTT(p50/p95) LOSS SHARE   WHY
fibre inet  up       3d04h 8.1/11.2ms   0.8% 67-100% 2/3 targets answer
fibre inet6 degraded 4m12s 310/402ms    0%   100%    probe-latency, 1/1 answer
dsl   inet  unknown  3.1s  41/388ms     0%   0-33%   hold, up in 7s
lte   inet  down     4m12s -            -    0%      carrier-down
radio inet  down     2.1s  -            100% 0%      probe-loss, 0/2 answer

POLICY   FAM               ACTIVE      SINCE  SHARES
default  inet              up          3.1s   fibre 100%
default  inet6 from fibre  degraded    4m12s  fibre 100%
voip     inet              recovering  1.0s   fibre 67% dsl 33%
guest    inet              none        4m12s  refused
`,
  links: `\
LINK   FAM    HEALTH    IFACE  CARRIER  GATEWAY       RTABLE  TIER  WEIGHT  NAT
fibre  inet   up        em0    up       203.0.113.1      101     1       3  nat
fibre  inet6  degraded  em0    up       fe80::1          101     1       3  no
dsl    inet   unknown   em1    up       198.51.100.1     102     1       1  nat
lte    inet   down      em3    down     192.0.2.1        103     2       3  nat
radio  inet   down      em4    up       100.64.0.1       104     2       1  no
`,
  policies: `\
POLICY  FAM              ACTIVE     SINCE SHARES            WHY
default inet             up         3.1s  fibre 100%        tier 1; dsl hold
default inet6 from fibre degraded   4m12s fibre 100%        fibre probe-latency
voip    inet             recovering 1.0s  fibre 67% dsl 33% dsl hold
guest   inet             none       4m12s refused           lte carrier-down
`,
  probes: `\
LINK  FAM   TARGET      VERDICT  SENT LOST LATE DUP LOSS RTT(p50/p95) WHY
fibre inet  gateway     answers 86400   10    0   0   0% 0.4/0.9ms
fibre inet  9.9.9.9     answers 86400   10    0   0 0.8% 8.1/11.2ms
fibre inet  1.1.1.1     failed  86400   10    0   0 100% -
fibre inet6 2620:fe::fe answers 86400   10    0   0   0% 310/402ms
dsl   inet  9.9.9.9     answers 86400   10    2   1   0% 41/388ms
radio inet  gateway     failed  86400   10    0   0 100% -            ping: sendmsg: Host is down
radio inet  9.9.9.9     unknown 86400   10    0   0    - -
`,
  rules: `\
# anchor "uplinkd", 2 rules, in place
pass in quick inet all flags S/SA label "uplink:fibre" tagged uplink_default route-to 203.0.113.1
block return in quick all label "uplink::default" tagged uplink_default
# anchor "uplinkd/guest"
table <pool_inet> persist { }
pass in quick inet all flags S/SA label "uplink::guest" tagged uplink_guest route-to <pool_inet> least-states sticky-address
`,
  history: `\
2026-11-20 09:05:03 notice link lte inet: up -> down (carrier-down), up for 3d04h
2026-11-20 09:05:03 warning pf: killed 312 states of lte
`,
};

t.test('the example is a status', async (t) => {
  t.strictSame(statusSchema.parse(JSON.parse(JSON.stringify(exampleStatus))), exampleStatus);
});

t.test('text', async (t) => {
  for (const view of views) t.equal(renderView(view, exampleStatus, plain), text[view], view);
});

t.test('what depends on nobody choosing long names fits into 80 columns', async (t) => {
  for (const view of ['summary', 'links', 'policies'] as const) {
    const widest = Math.max(
      ...renderView(view, exampleStatus, plain)
        .split('\n')
        .map((line) => line.length),
    );
    t.ok(widest <= 80, `${view}: ${widest}`);
  }
});

t.test('colours change nothing but colours', async (t) => {
  for (const view of views) {
    const coloured = renderView(view, exampleStatus, inColour);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of
    t.equal(coloured.replace(/\u001b\[[0-9]+m/g, ''), text[view], view);
  }
  t.match(renderView('summary', exampleStatus, inColour), '\u001b[32mup\u001b[0m       3d04h');
  t.match(renderView('links', exampleStatus, inColour), '\u001b[31mdown\u001b[0m');
  t.match(renderView('links', exampleStatus, inColour), '\u001b[33mdegraded\u001b[0m');
  t.match(renderView('policies', exampleStatus, inColour), '\u001b[33mdegraded\u001b[0m');
});

t.test('pf trouble is told', async (t) => {
  const failure = { text: 'pfctl: uplinkd:3: syntax error', retryInMs: 1_200 };
  const status: Status = {
    ...exampleStatus,
    pf: { ...exampleStatus.pf, applied: 'unknown', failure, rules: [], pools: [] },
  };
  t.match(
    renderView('summary', status, plain),
    'pf: anchor uplinkd not known to be in place, 0 rules, 12 loads, 1 failed, 312 states killed\n' +
      'pf: failed: pfctl: uplinkd:3: syntax error, again in 2s\n',
  );
  t.equal(
    renderView('rules', status, plain),
    '# anchor "uplinkd", 0 rules, not known to be in place\n# failed: pfctl: uplinkd:3: syntax error\n',
  );
});

t.test('a main rule set that does not call the anchor is told, with the line to add', async (t) => {
  const status: Status = { ...exampleStatus, pf: { ...exampleStatus.pf, called: false } };
  const told = 'the main rule set lacks this line, add it to pf.conf: anchor "uplinkd"';
  t.match(renderView('summary', status, plain), `312 states killed\npf: ${told}\n`);
  t.match(renderView('rules', status, plain), `, in place\n# ${told}\npass in `);
  t.notMatch(renderView('summary', exampleStatus, plain), 'lacks');
});

t.test('one of a thing is not called many', async (t) => {
  const status: Status = {
    ...exampleStatus,
    pf: { ...exampleStatus.pf, rules: ['pass'], loads: 1, kills: 1 },
  };
  t.match(renderView('summary', status, plain), 'in place, 1 rule, 1 load, 1 failed, 1 state killed\n');
});

t.test('nothing to show is a line of titles', async (t) => {
  const status: Status = { ...exampleStatus, links: [], policies: [], history: [] };
  t.equal(renderView('policies', status, plain), 'POLICY  FAM  ACTIVE  SINCE  SHARES  WHY\n');
  t.equal(renderView('history', status, plain), '');
});

t.test('text from elsewhere cannot write to the terminal', async (t) => {
  const entry = { atMs: 0, severity: 'err', text: 'a\u001b[2J\u009b1m\nb' } as const;
  t.equal(renderEntry(entry, plain), '1970-01-01 00:00:00 err a\\x1b[2J\\x9b1m\\x0ab\n');
  t.equal(
    renderEntry(entry, inColour),
    '1970-01-01 00:00:00 \u001b[31merr a\\x1b[2J\\x9b1m\\x0ab\u001b[0m\n',
  );
  t.equal(renderEntry({ ...entry, atMs: 1e300 }, plain).slice(0, 6), '- err ');
});

t.test('JSON: the document or a part of it', async (t) => {
  const { version, links, policies, pf, history } = exampleStatus;
  t.strictSame(selectView('summary', exampleStatus), exampleStatus);
  t.strictSame(selectView('links', exampleStatus), { version, links });
  t.strictSame(selectView('probes', exampleStatus), { version, links });
  t.strictSame(selectView('policies', exampleStatus), { version, policies });
  t.strictSame(selectView('rules', exampleStatus), { version, pf });
  t.strictSame(selectView('history', exampleStatus), { version, history });
});

t.test('one link alone', async (t) => {
  const only = withOnlyLink(exampleStatus, 'dsl');
  t.strictSame(
    only?.links.map((link) => link.name),
    ['dsl'],
  );
  t.equal(withOnlyLink(exampleStatus, 'nosuch'), null);
});

const free = [
  'name',
  'interface',
  'gateway',
  'target',
  'why',
  'text',
  'anchor',
  'config',
  'link',
  'tag',
  'rules',
];

/** The same status with other texts and numbers wherever the schema leaves them open. */
const scrambled = (value: unknown, texts: readonly string[], numbers: readonly number[]): unknown => {
  let at = 0;
  const walk = (each: unknown, key: string): unknown => {
    at += 1;
    if (Array.isArray(each)) return each.map((one) => walk(one, key));
    if (typeof each === 'object' && each !== null)
      return Object.fromEntries(Object.entries(each).map(([name, one]) => [name, walk(one, name)]));
    if (typeof each === 'number' && /Ms|ercent/.test(key)) return numbers[at % numbers.length];
    return typeof each === 'string' && free.includes(key) ? texts[at % texts.length] : each;
  };
  return walk(value, '');
};

t.test('whatever a status holds: whole lines that no terminal obeys', async (t) => {
  const texts = fc.array(fc.string({ unit: 'binary' }), { minLength: 1 });
  const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
  check(
    t,
    fc.property(texts, numbers, fc.constantFrom(...views), (someTexts, someNumbers, view) => {
      const status = statusSchema.parse(scrambled(exampleStatus, someTexts, someNumbers));
      const lines = renderView(view, status, plain).split('\n');
      must(lines.pop() === '', 'the last line ends');
      must(lines.length === text[view].split('\n').length - 1, 'a text adds no line');
      must(!lines.some((line) => /\p{Cc}/u.test(line)), 'no control characters');
    }),
    200,
  );
});
